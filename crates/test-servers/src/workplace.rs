//! Programs of this workspace, run for a while in a temporary folder: like the servers, they end
//! with their owner, whatever ends it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::place::Place;
use crate::process::{self, Process};

/// What our programs need to finish what is in hand.
const GRACE: Duration = Duration::from_secs(5);

/// A temporary folder and the programs that run in it. Dropping it ends them, the last first, and
/// removes the folder.
#[derive(Debug)]
pub struct Workplace {
    // Before `place`: dropped in this order, so that the processes have gone when the folder goes.
    processes: Vec<Process>,
    place: Place,
}

impl Workplace {
    /// A new folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn new(name: &str) -> Result<Self, String> {
        Ok(Self { processes: Vec::new(), place: Place::temporary(name, None)? })
    }

    /// The folder; each program's own folder and log are below it.
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Starts a program in a new folder called `name`, with this environment and nothing of ours,
    /// and answers its process id. Its output goes to `name.log` beside the folder.
    ///
    /// # Errors
    ///
    /// When `name` is taken or the program cannot be started.
    pub fn start(
        &mut self,
        name: &str,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<u32, String> {
        let folder = self.place.path(name);
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut command = self.place.command(program);
        command.args(arguments).current_dir(folder);
        command.env_clear().envs(environment.iter().copied());
        let marker = program.display().to_string();
        let process = self.place.spawn(&mut command, &format!("{name}.log"), &marker, "TERM")?;
        let pid = process.pid();
        self.processes.push(process);
        Ok(pid)
    }

    /// Whether a program started here still runs.
    pub fn is_running(&mut self, pid: u32) -> bool {
        self.processes.iter_mut().any(|process| process.pid() == pid && process.is_alive())
    }

    /// Ends a program started here by SIGTERM, after a time by SIGKILL. One that has ended already
    /// is no error.
    ///
    /// # Errors
    ///
    /// When it cannot be ended.
    pub fn end(&mut self, pid: u32) -> Result<(), String> {
        let Some(index) = self.processes.iter().position(|process| process.pid() == pid) else {
            return Ok(());
        };
        let mut process = self.processes.remove(index);
        process.end("TERM", GRACE)?;
        self.place.forget(&process)
    }

    /// The last lines of a program's log, for an error that must explain itself.
    pub fn log_tail(&self, name: &str) -> String {
        process::tail(&self.place.path(&format!("{name}.log")))
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        while let Some(mut process) = self.processes.pop() {
            let _ = process.end("TERM", GRACE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Workplace;
    use crate::process::{Process, wait_until};
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn programs_run_in_their_own_folder_and_end_with_the_workplace() {
        let mut workplace = Workplace::new("workplace-test").unwrap();
        let script = "pwd; echo \"$GREETING\"; exec sleep 4321";
        let pid = workplace
            .start("one", Path::new("/bin/sh"), &["-c", script], &[("GREETING", "hello")])
            .unwrap();
        let (folder, own) = (workplace.folder().to_path_buf(), workplace.folder().join("one"));
        let expected = format!("{}\nhello", own.display());
        assert!(wait_until(Duration::from_secs(5), || {
            workplace.log_tail("one").ends_with(&expected)
        }));
        assert!(workplace.is_running(pid));
        workplace.start("one", Path::new("/bin/sh"), &[], &[]).unwrap_err();
        let other = workplace.start("two", Path::new("/bin/sleep"), &["4321"], &[]).unwrap();
        workplace.end(other).unwrap();
        workplace.end(other).unwrap();
        assert!(!workplace.is_running(other));

        drop(workplace);

        assert!(Process::find(pid, "4321").is_none() && !folder.exists());
    }
}
