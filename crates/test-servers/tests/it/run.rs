//! `paygate-test-servers run`. The servers are named here, so that none is started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::wait::eventually;

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_paygate-test-servers")
}

/// A call of `run` with this script as its command.
fn run(script: &str) -> Command {
    let mut command = Command::new(program());
    command.args(["run", "--", "sh", "-c", script]);
    named(&mut command);
    command
}

fn named(command: &mut Command) {
    command
        .env("TEST_DATABASE_URL", "postgres://somebody:secret@elsewhere/x")
        .env("TEST_RABBITMQ_URL", "amqp://elsewhere")
        .env_remove("TEST_SERVERS_REQUIRED");
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_command_finds_the_servers_and_its_exit_code_is_handed_on() {
    let script = "echo $TEST_DATABASE_URL $TEST_RABBITMQ_URL $TEST_SERVERS_REQUIRED; exit 7";
    let output = run(script).output().unwrap();
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(7), "{err}");
    assert_eq!(out, "postgres://somebody:secret@elsewhere/x amqp://elsewhere 1\n");
    assert!(!err.contains("secret"), "{err}");
    assert!(run("exit 0").output().unwrap().status.success());
    assert!(!run("kill -KILL $$").output().unwrap().status.success());
}

#[test]
fn a_command_hears_nothing_of_the_package_that_runs_it() {
    let mut seen = run("env");
    seen.env("CARGO_PKG_NAME", "x")
        .env("CARGO_MANIFEST_DIR", "/x")
        .env("CARGO_TERM_COLOR", "never");
    let (out, _) = said(&seen.output().unwrap());
    assert!(!out.contains("CARGO_PKG_") && !out.contains("CARGO_MANIFEST_"), "{out}");
    assert!(out.contains("CARGO_TERM_COLOR=never"), "{out}");
}

#[test]
fn what_is_not_understood_is_answered_with_the_usage() {
    for wrong in [&[][..], &["run"], &["run", "sh"], &["up"], &["sideways", "x"]] {
        let output = Command::new(program()).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(said(&output).1.contains("usage:"), "{wrong:?}");
    }
}

/// A command that writes its own process id, and that of its child, and then goes on for long.
struct Endless {
    pids: PathBuf,
}

impl Endless {
    fn new(name: &str) -> Self {
        let file = format!("paygate-run-{name}-{}", std::process::id());
        let pids = std::env::temp_dir().join(file);
        let _ = fs::remove_file(&pids);
        Self { pids }
    }

    fn script(&self) -> String {
        format!("sleep 4321 & echo $$ $! > '{}'; wait", self.pids.display())
    }

    /// Their process ids, once it has begun.
    fn begun(&self) -> Vec<String> {
        let read = || fs::read_to_string(&self.pids).unwrap_or_default();
        assert!(eventually(|| read().ends_with('\n')), "it does not begin");
        read().split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.pids);
    }
}

/// One that has ended counts as gone, also before somebody has asked how it ended: who inherits
/// orphans may never ask.
fn is_alive(pid: &str) -> bool {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(command_line) => !command_line.is_empty(),
        Err(_) => !Path::new("/proc/self").exists() && signal("0", pid),
    }
}

fn signal(signal: &str, pid: &str) -> bool {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$1" "$2""#, "kill", signal, pid]).stderr(Stdio::null());
    kill.status().unwrap().success()
}

fn check_ends_with(owner: &mut Child, killed_by: &str, endless: &Endless) {
    let pids = endless.begun();
    assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(pid)), "{pids:?}");
    assert!(signal(killed_by, &owner.id().to_string()));
    owner.wait().unwrap();
    for pid in pids {
        assert!(eventually(|| !is_alive(&pid)), "{pid} goes on after SIG{killed_by}");
    }
}

#[test]
fn a_command_ends_with_who_runs_it() {
    for killed_by in ["INT", "TERM", "KILL"] {
        // A shell starts what is to run in the background deaf to it, and all that comes of that.
        if killed_by == "INT" && ignores_interrupts() {
            continue;
        }
        let endless = Endless::new(killed_by);
        let mut runner = run(&endless.script()).stderr(Stdio::null()).spawn().unwrap();
        check_ends_with(&mut runner, killed_by, &endless);
    }
}

/// Whether this process ignores SIGINT: the second bit of its mask (proc(5)).
fn ignores_interrupts() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 2 != 0)
}

#[test]
fn a_command_ends_when_the_parent_of_who_runs_it_has_gone() {
    let endless = Endless::new("parent");
    let mut parent = Command::new("sh");
    parent.args(["-c", r#""$0" run -- sh -c "$1" & wait"#, program(), &endless.script()]);
    named(&mut parent);
    let mut parent = parent.stderr(Stdio::null()).spawn().unwrap();
    check_ends_with(&mut parent, "KILL", &endless);
}
