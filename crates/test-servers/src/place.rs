//! The folder a server lives in, and who looks after it: for a temporary server the watchdog, and
//! `Drop`, which removes the folder; for one in a folder that stays, nobody.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::account::{self, Account};
use crate::process::Process;
use crate::watchdog::Watchdog;

/// Numbers the temporary folders of this process.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A server's folder.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    runs_as: Option<Account>,
    /// Present exactly when the folder is temporary.
    watchdog: Option<Watchdog>,
}

impl Place {
    /// A new folder in the system's temporary folder, gone when this value is dropped or its
    /// process dies.
    pub(crate) fn temporary(name: &str, runs_as: Option<Account>) -> Result<Self, String> {
        let parent = account::temporary_folder(runs_as.as_ref());
        let folder = loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!("paygate-{name}-{}-{number}", process::id()));
            match fs::create_dir(&folder) {
                Ok(()) => break folder,
                // Left behind by an earlier process of the same id.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("{}: {error}", folder.display())),
            }
        };
        let watchdog = Some(Watchdog::start(Some(&folder))?);
        let place = Self { folder, runs_as, watchdog };
        place.hand_over()?;
        Ok(place)
    }

    /// A folder that stays, with the servers started in it; made if it is not there yet.
    pub(crate) fn kept(folder: &Path, runs_as: Option<Account>) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let place = Self { folder: folder.to_path_buf(), runs_as, watchdog: None };
        place.hand_over()?;
        Ok(place)
    }

    /// The folder belongs to the server's user, and to nobody else: it holds passwordless data.
    fn hand_over(&self) -> Result<(), String> {
        let failed = |error| format!("{}: {error}", self.folder.display());
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        if let Some(account) = &self.runs_as {
            chown(&self.folder, Some(account.uid), Some(account.gid)).map_err(failed)?;
        }
        Ok(())
    }

    /// Whether the servers here end with their owner.
    pub(crate) fn is_temporary(&self) -> bool {
        self.watchdog.is_some()
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A command that will run in this folder, as the server's user.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("HOME", &self.folder).env("LANG", "C.UTF-8");
        if let Some(account) = &self.runs_as {
            command.gid(account.gid).uid(account.uid);
        }
        command
    }

    /// Starts a server that the watchdog ends with `signal` if we cannot.
    pub(crate) fn spawn(
        &mut self,
        command: &mut Command,
        log: &str,
        marker: &str,
        signal: &str,
    ) -> Result<Process, String> {
        let process = Process::spawn(command, &self.path(log), marker)?;
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.watch(signal, process.pid())?;
        }
        Ok(process)
    }

    /// Tells the watchdog that a server has ended.
    pub(crate) fn forget(&mut self, process: &Process) -> Result<(), String> {
        self.watchdog.as_mut().map_or(Ok(()), |watchdog| watchdog.forget(process.pid()))
    }

    /// Notes numbers (ports, process ids) in the folder, for [`Place::recall`] by a later process.
    pub(crate) fn note(&self, numbers: &[(&str, u32)]) -> Result<(), String> {
        let mut text = String::new();
        for (name, number) in numbers {
            let _ = writeln!(text, "{name}={number}");
        }
        let file = self.path("state");
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// A number noted earlier.
    pub(crate) fn recall(&self, name: &str) -> Option<u32> {
        let text = fs::read_to_string(self.path("state")).ok()?;
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key == name).then(|| value.parse().ok())?
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_temporary() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
