//! A shell that outlives us for a moment, to end our servers when we could not.
//!
//! It reads a pipe whose only writing end we hold. Whatever ends us closes the pipe, SIGKILL
//! included; the shell then ends every process group it was told of and removes the folder, if there
//! is one. It is in a group of its own, so that Ctrl-C at the terminal reaches us and not it.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Reads `watch SIGNAL GROUP`, `forget GROUP` and `done`. After the signal a group has 5 s to go
/// before SIGKILL: PostgreSQL needs them to remove its shared memory.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
folder=$1
watched=''
while read -r word first second; do
    case $word in
        watch) watched="$watched $first:$second" ;;
        forget)
            kept=''
            for entry in $watched; do
                [ "${entry#*:}" = "$first" ] || kept="$kept $entry"
            done
            watched=$kept
            ;;
        done) exit 0 ;;
    esac
done
for entry in $watched; do
    kill -s "${entry%%:*}" -- "-${entry#*:}"
done
tries=0
for entry in $watched; do
    while [ "$tries" -lt 50 ] && kill -s 0 -- "-${entry#*:}"; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -s KILL -- "-${entry#*:}"
done
[ -z "$folder" ] || rm -rf -- "$folder"
"#;

/// The shell and our end of its pipe.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
    orders: ChildStdin,
}

impl Watchdog {
    /// Starts watching over processes, and over `folder`, which goes when we go.
    pub(crate) fn start(folder: Option<&Path>) -> Result<Self, String> {
        // Nothing of ours may stay open in the shell: whoever waits for the end of our output
        // would wait for the shell too.
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "paygate-watchdog"])
            .arg(folder.unwrap_or(Path::new("")))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the watchdog's sh: {error}"))?;
        let orders = shell.stdin.take().ok_or("the watchdog has no pipe")?;
        Ok(Self { shell, orders })
    }

    /// Ends process group `group` by `signal` when we go.
    pub(crate) fn watch(&mut self, signal: &str, group: u32) -> Result<(), String> {
        self.order(&format!("watch {signal} {group}"))
    }

    /// Leaves `group` alone from now on: it has ended, and its number may be used again.
    pub(crate) fn forget(&mut self, group: u32) -> Result<(), String> {
        self.order(&format!("forget {group}"))
    }

    fn order(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.orders, "{line}").map_err(|error| format!("the watchdog has gone: {error}"))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Its owner has stopped the servers and removes the folder itself. When the shell has
        // gone already there is nothing to tell it.
        let _ = self.order("done");
        let _ = self.shell.wait();
    }
}
