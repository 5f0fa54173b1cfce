//! Which user a server runs as, and which folders that user can reach.
//!
//! PostgreSQL refuses to run as root. Under root it runs as `postgres`, else as `nobody`, and its
//! folder must lie where that user may go: a checkout under `/root` is not such a place.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The numeric user id.
    pub(crate) uid: u32,
    /// The numeric id of the user's own group.
    pub(crate) gid: u32,
}

/// The user to drop to: none unless this process is root.
pub(crate) fn unprivileged() -> Result<Option<Account>, String> {
    if !is_root()? {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")
        .map_err(|error| format!("PostgreSQL refuses to run as root, and /etc/passwd: {error}"))?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| find(&users, name))
        .map(Some)
        .ok_or_else(|| "PostgreSQL refuses to run as root; add a user `postgres`".to_owned())
}

/// Whether this process has root's rights. The standard library cannot say; `id` can.
pub(crate) fn is_root() -> Result<bool, String> {
    let output =
        Command::new("id").arg("-u").output().map_err(|error| format!("id -u: {error}"))?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// A folder for temporary servers that `account` can reach.
pub(crate) fn temporary_folder(account: Option<&Account>) -> PathBuf {
    let chosen = env::temp_dir();
    if can_reach(&chosen, account) { chosen } else { PathBuf::from("/tmp") }
}

/// Where servers for work by hand keep their data: `wanted`, or a folder of the same purpose in
/// the system's temporary folder when PostgreSQL's user cannot reach `wanted`.
///
/// # Errors
///
/// When this process is root and no user to drop to exists.
pub fn services_folder(wanted: &Path) -> Result<PathBuf, String> {
    let account = unprivileged()?;
    if can_reach(wanted, account.as_ref()) {
        return Ok(wanted.to_path_buf());
    }
    let name = format!("paygate-services-{}", process::id());
    Ok(temporary_folder(account.as_ref()).join(name))
}

/// Whether `account` may enter `folder` and all that is above it; what does not exist yet counts
/// as reachable. No account means the present user, who made the folder.
fn can_reach(folder: &Path, account: Option<&Account>) -> bool {
    let Some(account) = account else { return true };
    folder.ancestors().all(|part| match fs::metadata(part) {
        Ok(found) if found.uid() == account.uid => found.mode() & 0o100 != 0,
        Ok(found) if found.gid() == account.gid => found.mode() & 0o010 != 0,
        Ok(found) => found.mode() & 0o001 != 0,
        Err(_) => true,
    })
}

/// A user by name in the text of `/etc/passwd` (`name:password:uid:gid:…`).
fn find(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::{Account, can_reach, find};
    use std::os::unix::fs::PermissionsExt;
    use std::{env, fs, process};

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/:";
        assert_eq!(find(users, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find(users, "nobody"), None);
    }

    #[test]
    fn a_closed_parent_folder_cannot_be_reached_by_another_user() {
        let outer = env::temp_dir().join(format!("paygate-reach-{}", process::id()));
        let inner = outer.join("inner");
        fs::create_dir_all(&inner).unwrap();
        let stranger = Account { uid: 4_000_000, gid: 4_000_000 };

        fs::set_permissions(&outer, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(can_reach(&inner, Some(&stranger)));
        fs::set_permissions(&outer, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!can_reach(&inner, Some(&stranger)));
        assert!(can_reach(&inner, None));

        fs::remove_dir_all(&outer).unwrap();
    }
}
