//! One server process with its group: start it, signal it, wait for its end.
//!
//! The standard library can only send SIGKILL, and only to one process. Other signals, and
//! signals to a group, go through the shell's own `kill`, which even a minimal system has.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(10);

/// A running server: a child of ours, or one found again that an earlier process left running.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    child: Option<Child>,
    marker: String,
}

impl Process {
    /// Starts `command` in a process group of its own, its output appended to `log`. `marker` is
    /// a piece of its command line by which it can be told from a later process of the same id.
    pub(crate) fn spawn(command: &mut Command, log: &Path, marker: &str) -> Result<Self, String> {
        let failed = |error| format!("{}: {error}", command.get_program().display());
        let output = File::options().create(true).append(true).open(log);
        let output = output.map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = output.try_clone().map_err(failed)?;
        let name = command.get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{}: {error}", name.display()))?;
        Ok(Self { pid: child.id(), child: Some(child), marker: marker.to_owned() })
    }

    /// A child that somebody else started in a process group of its own.
    pub(crate) fn of(child: Child) -> Self {
        Self { pid: child.id(), child: Some(child), marker: String::new() }
    }

    /// Process `pid`, if it is still the one whose command line holds `marker`.
    pub(crate) fn find(pid: u32, marker: &str) -> Option<Self> {
        let mut process = Self { pid, child: None, marker: marker.to_owned() };
        process.is_alive().then_some(process)
    }

    /// Its id, which is also its group's.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs. A child that has ended is reaped.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => command_line(self.pid).is_some_and(|line| line.contains(&self.marker)),
        }
    }

    /// Sends `signal` to the process alone and waits for its end, then SIGKILL to the group: at
    /// once if the process has gone (what it leaves behind), else when `grace` is over.
    ///
    /// Nothing is sent if the process had gone before: its number may be somebody else's by now.
    pub(crate) fn end(&mut self, signal: &str, grace: Duration) -> Result<(), String> {
        if !self.is_alive() {
            return Ok(());
        }
        send(signal, &self.pid.to_string());
        self.wait(grace);
        send("KILL", &format!("-{}", self.pid));
        if self.wait(Duration::from_secs(10)) {
            return Ok(());
        }
        Err(format!("process {} is still there 10 s after SIGKILL", self.pid))
    }

    /// How it ended; `None` while it runs, and for one that is no child of ours.
    pub(crate) fn status(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.as_mut().map_or(Ok(None), Child::try_wait)
    }

    fn wait(&mut self, at_most: Duration) -> bool {
        wait_until(at_most, || !self.is_alive())
    }
}

/// Polls `condition` until it holds; false when `at_most` has passed first.
pub(crate) fn wait_until(at_most: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + at_most;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
}

/// The last lines of a log, for an error that must explain itself.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 25;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    let shown = lines.get(from..).unwrap_or_default().join("\n");
    format!("the end of {}:\n{shown}", log.display())
}

/// How much a log holds. One that is not there yet holds nothing.
pub(crate) fn length(log: &Path) -> u64 {
    fs::metadata(log).map_or(0, |found| found.len())
}

/// Whether a log holds this text behind its first so many bytes.
pub(crate) fn says(log: &Path, behind: u64, text: &str) -> bool {
    let mut written = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(behind))?;
        file.read_to_end(&mut written)
    });
    read.is_ok() && String::from_utf8_lossy(&written).contains(text)
}

/// Sends a signal to a process, or to a group if `target` starts with a minus. That nobody is
/// there to get it is no error: whoever sends then waits for the end.
fn send(signal: &str, target: &str) {
    let _ = Command::new("sh")
        .args(["-c", r#"kill -s "$1" -- "$2""#, "kill", signal, target])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// The command line of a process; none when it has gone or waits to be reaped.
fn command_line(pid: u32) -> Option<String> {
    let bytes = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?.stdout
    };
    let words: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let line = String::from_utf8_lossy(&words.join(&b' ')).trim().to_owned();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::Process;
    use std::process::Command;
    use std::time::Duration;
    use std::{env, fs, process};

    #[test]
    fn a_log_is_read_from_where_a_start_began() {
        let log = env::temp_dir().join(format!("paygate-log-{}", process::id()));
        assert_eq!(super::length(&log), 0);
        assert!(!super::says(&log, 0, "ready"));
        fs::write(&log, "ready\n").unwrap();
        let behind = super::length(&log);
        assert!(super::says(&log, 0, "ready") && !super::says(&log, behind, "ready"));
        fs::write(&log, "ready\nready again\n").unwrap();
        assert!(super::says(&log, behind, "ready again"));
        fs::remove_file(&log).unwrap();
    }

    /// A child that ignores SIGTERM must still end, and its own child with it.
    #[test]
    fn what_ignores_the_signal_is_killed_with_its_group() {
        let log = env::temp_dir().join(format!("paygate-process-{}", process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; sleep 987 & echo $!; wait; wait", "stubborn"]);
        let mut stubborn = Process::spawn(&mut command, &log, "stubborn").unwrap();
        let read_grandchild = || fs::read_to_string(&log).unwrap().trim().parse::<u32>().ok();
        assert!(super::wait_until(Duration::from_secs(5), || read_grandchild().is_some()));
        let grandchild = read_grandchild().unwrap();
        assert!(Process::find(stubborn.pid(), "stubborn").is_some());
        assert!(Process::find(stubborn.pid(), "somebody else").is_none());
        // A process that is being replaced by its program has no command line for a moment.
        assert!(super::wait_until(Duration::from_secs(5), || {
            Process::find(grandchild, "sleep 987").is_some()
        }));

        stubborn.end("TERM", Duration::from_millis(100)).unwrap();

        assert!(!stubborn.is_alive());
        assert!(super::wait_until(Duration::from_secs(5), || {
            Process::find(grandchild, "sleep 987").is_none()
        }));
        fs::remove_file(&log).unwrap();
    }
}
