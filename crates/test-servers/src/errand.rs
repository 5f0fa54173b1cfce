//! A command that is run to its end, and ends with us: whatever ends us, and when our parent has gone.

use std::env;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::process::Process;
use crate::watchdog::Watchdog;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// What it needs to end in order.
const GRACE: Duration = Duration::from_secs(5);

/// Runs `command` with no input. It is in a process group of its own, which the watchdog ends when
/// we are killed; a Ctrl-C at the terminal ends us, and so it.
///
/// # Errors
///
/// When it can't be run, and when our parent has gone meanwhile: then nobody waits for us.
pub fn run_errand(command: &mut Command) -> Result<ExitStatus, String> {
    let name = command.get_program().display().to_string();
    let failed = |error| format!("{name}: {error}");
    let mut watchdog = Watchdog::start(None)?;
    let parent = parent_id();
    let child = command.stdin(Stdio::null()).process_group(0).spawn();
    let mut process = Process::of(child.map_err(failed)?);
    watchdog.watch("TERM", process.pid())?;
    loop {
        if let Some(status) = process.status().map_err(failed)? {
            watchdog.forget(process.pid())?;
            return Ok(status);
        }
        if parent_id() != parent {
            process.end("TERM", GRACE)?;
            watchdog.forget(process.pid())?;
            return Err(format!("{name}: ended, for who asked for it has gone"));
        }
        thread::sleep(PAUSE);
    }
}

/// Lets a command hear nothing of the package that `cargo run` started us from. A cargo that is called
/// would build again what looks at these variables: ring's build script does, and with it all that
/// stands on TLS.
#[allow(clippy::disallowed_methods, reason = "their names are looked at, and nothing else")]
pub fn forget_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
}
