//! Installing what is missing, where that can be done without asking: on Debian, as root.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{account, programs};

/// Debian asks this program before it starts a service; 101 means "do not".
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Makes sure that PostgreSQL and RabbitMQ can be started: installs the Debian packages as root,
/// without letting them start a service.
///
/// # Errors
///
/// One line that says what to install, or what went wrong with installing it.
pub fn ensure_installed() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(apt_get) = programs::on_path("apt-get").into_iter().next() else {
        return Err(advice(&missing));
    };
    if !account::is_root()? {
        return Err(advice(&missing));
    }
    eprintln!("installing {} with apt-get, which may take some minutes", missing.join(" and "));
    let _policy = Policy::forbid_services(Path::new(POLICY))?;
    run(Command::new(&apt_get).arg("update"))?;
    run(Command::new(&apt_get)
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    let missing = self::missing();
    if missing.is_empty() { Ok(()) } else { Err(advice(&missing)) }
}

/// The Debian packages of what is not there.
fn missing() -> Vec<&'static str> {
    let has_postgres = programs::postgres_folder().is_ok();
    let has_rabbitmq = programs::rabbitmq_server().is_ok() && programs::epmd().is_ok();
    [("postgresql", has_postgres), ("rabbitmq-server", has_rabbitmq)]
        .into_iter()
        .filter_map(|(package, is_there)| (!is_there).then_some(package))
        .collect()
}

fn advice(missing: &[&str]) -> String {
    format!(
        "missing: {}; install them (Debian, Ubuntu: apt-get install {}), or set \
         TEST_DATABASE_URL and TEST_RABBITMQ_URL to servers that run",
        missing.join(" and "),
        missing.join(" "),
    )
}

/// Runs quietly; the output matters only when it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("apt-get: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("apt-get failed ({}): {}", output.status, text.trim()))
}

/// Forbids services to start as long as it lives. A policy that the system has already stays.
struct Policy(Option<PathBuf>);

impl Policy {
    fn forbid_services(file: &Path) -> Result<Self, String> {
        let failed = |error| format!("{}: {error}", file.display());
        if file.exists() {
            return Ok(Self(None));
        }
        let mut options = fs::OpenOptions::new();
        let mut script =
            options.write(true).create_new(true).mode(0o755).open(file).map_err(failed)?;
        let policy = Self(Some(file.to_path_buf()));
        script.write_all(b"#!/bin/sh\nexit 101\n").map_err(failed)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;
    use std::process::Command;
    use std::{env, fs, process};

    #[test]
    fn the_policy_answers_101_and_goes_when_it_was_ours() {
        let file = env::temp_dir().join(format!("paygate-policy-{}", process::id()));
        let policy = Policy::forbid_services(&file).unwrap();
        let answer = Command::new(&file).arg("postgresql").arg("start").status().unwrap();
        assert_eq!(answer.code(), Some(101));
        drop(policy);
        assert!(!file.exists());
    }

    #[test]
    fn a_policy_that_was_there_stays() {
        let file = env::temp_dir().join(format!("paygate-policy-kept-{}", process::id()));
        fs::write(&file, "theirs").unwrap();
        drop(Policy::forbid_services(&file).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        fs::remove_file(&file).unwrap();
    }
}
