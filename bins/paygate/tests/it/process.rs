//! Paygate's programs as processes: started with an environment of their own, signalled by their
//! own id, gone with the value.

use crate::wait::{PATIENCE, until};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// All the environment a process gets.
pub type Environment = BTreeMap<&'static str, String>;

/// An environment of these variables.
pub fn environment(variables: &[(&'static str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// What can be started.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// Everything in one, and the operator's commands.
    Paygate,
    /// The API.
    Api,
    /// A worker.
    Worker,
}

impl Program {
    /// Where it is: what cargo has just built for these tests.
    pub fn path(self) -> &'static Path {
        Path::new(match self {
            Self::Paygate => env!("CARGO_BIN_EXE_paygate"),
            Self::Api => env!("CARGO_BIN_EXE_paygate-api"),
            Self::Worker => env!("CARGO_BIN_EXE_paygate-worker"),
        })
    }
}

/// A folder that goes with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("paygate").join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running program. What it prints goes to a file, whose end is shown when the test fails.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it in `folder`, with this environment and nothing else.
    pub fn start(
        program: Program,
        arguments: &[&str],
        environment: &Environment,
        folder: &Path,
    ) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let log = folder.join(format!("{program:?}-{number}.log"));
        let output = File::create(&log).unwrap();
        let child = Command::new(program.path())
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// All it has printed.
    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The first line that contains `text`, once it has been printed.
    pub async fn line(&mut self, text: &str) -> String {
        until(&format!("a line with {text:?}"), PATIENCE, async || {
            let ended = self.child.try_wait().unwrap();
            let printed = self.printed();
            let mut lines = printed.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            let found = lines.find(|line| line.contains(text)).map(ToOwned::to_owned);
            assert!(found.is_some() || ended.is_none(), "it ended before: {ended:?}\n{printed}");
            found
        })
        .await
    }

    /// The URL of the loopback address that the line with `text` tells.
    pub async fn url(&mut self, text: &str) -> String {
        const HOST: &str = "127.0.0.1:";
        let line = self.line(text).await;
        let (_, rest) = line.split_once(HOST).unwrap_or_else(|| panic!("no address: {line}"));
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        format!("http://{HOST}{port}")
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends SIGTERM, and answers how long it took to end.
    ///
    /// # Panics
    /// When it does not end with code 0 within that time.
    pub async fn terminate(self, within: Duration) -> Duration {
        let begin = Instant::now();
        self.ask_to_stop();
        self.ends_well(within).await;
        begin.elapsed()
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        // The standard library knows SIGKILL only.
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s TERM \"$1\"", "kill", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// # Panics
    /// When it does not end with code 0 within that time.
    pub async fn ends_well(mut self, within: Duration) {
        let ended: ExitStatus =
            until("its end", within, async || self.child.try_wait().unwrap()).await;
        assert_eq!(ended.code(), Some(0), "it ended with {ended}");
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) {
        assert!(self.is_running(), "it ended before it was killed");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let printed = self.printed();
            let lines: Vec<&str> = printed.lines().collect();
            let end = lines.get(lines.len().saturating_sub(40)..).unwrap_or_default();
            println!("--- the end of {}\n{}\n---", self.log.display(), end.join("\n"));
        }
    }
}

/// What a program that ended by itself has left.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end.
pub async fn run(
    program: Program,
    arguments: &[&str],
    environment: &Environment,
    folder: &Path,
) -> Finished {
    let running = tokio::process::Command::new(program.path())
        .args(arguments)
        .env_clear()
        .envs(environment)
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await;
    let output = output.unwrap_or_else(|_| panic!("{program:?} {arguments:?} goes on")).unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `paygate prove`, run there, finds nothing.
pub async fn assert_proves(environment: &Environment, folder: &Folder) {
    let proof = run(Program::Paygate, &["prove"], environment, folder.path()).await;
    assert_eq!(proof.code, Some(0), "{proof:?}");
    assert!(proof.stdout.ends_with("the ledger holds\n"), "{proof:?}");
}
