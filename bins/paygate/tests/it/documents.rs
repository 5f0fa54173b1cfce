//! What the documents show is what happens. Each block of commands is given to a shell as it stands,
//! and what it answers is compared with the block below it.
//!
//! What must stay true: a page tells one story from top to bottom, on one service that begins empty,
//! so that a reader can follow it; and no block of commands is left out silently.

mod compose;
mod markdown;
mod names;
mod same;

use crate::house::House;
use crate::process::{Folder, Program};
use crate::wait::{PATIENCE, POLL};
use markdown::Scene;
use paygate_runtime::VARIABLES;
use same::Names;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

/// How long a page may take to show what it promises for "a moment later".
const A_MOMENT: Duration = Duration::from_secs(20);

/// Commands that a page may show and no test runs: they build, or need what is not here.
const NOT_RUN: &[&str] = &["cargo ", "docker ", "export ", "eval ", "target/", "METRICS_PORT="];

/// The service of a page, and the folder in which the commands are given.
struct Stage {
    base: String,
    folder: PathBuf,
    names: Names,
}

impl Stage {
    /// Gives the commands of a scene to a shell, one by one, and compares what they print.
    async fn play(&mut self, scene: &Scene) {
        let shown = scene.answers();
        assert!(shown.len() <= scene.commands.len(), "{scene}: more answers than commands");
        let unanswered = scene.commands.len() - shown.len();
        for (index, command) in scene.commands.iter().enumerate() {
            let shown = index.checked_sub(unanswered).map(|index| &*shown[index]);
            let what = format!("{scene}: {command}");
            if changes_something(command) {
                self.give(command, shown).await.unwrap_or_else(|why| panic!("{what}\n{why}"));
                continue;
            }
            let deadline = Instant::now() + A_MOMENT;
            while let Err(why) = self.give(command, shown).await {
                assert!(Instant::now() < deadline, "{what}\n{why}");
                sleep(POLL).await;
            }
        }
    }

    /// Runs a command once. An error says what differs.
    async fn give(&mut self, command: &str, shown: Option<&str>) -> Result<(), String> {
        let output = self.shell(command).await;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("{printed}\n{}", String::from_utf8_lossy(&output.stderr)));
        }
        // What `curl` was answered with, at the end of what it printed.
        let (printed, status) = match printed.rsplit_once(STATUS) {
            Some((printed, status)) => (printed, status.trim().parse::<u16>().unwrap()),
            None => (&*printed, 200),
        };
        let expected = shown.and_then(same::problem_status).unwrap_or(200);
        if status / 100 != expected / 100 || expected >= 400 && status != expected {
            return Err(format!("answered {status}: {printed}"));
        }
        shown.map_or(Ok(()), |shown| self.names.compare(shown, printed))
    }

    async fn shell(&self, command: &str) -> Output {
        let command = self.names.translate(command);
        let command = command.replace("http://localhost:8080", &self.base);
        let command = command.replace("http://127.0.0.1:8080", &self.base);
        let command = command.replace("localhost:8080", &self.base);
        let programs = Program::Paygate.path();
        let path = format!("PATH='{}':\"$PATH\"", programs.parent().unwrap().display());
        let curl = format!("curl() {{ command curl -sS -w '{STATUS}%{{http_code}}' \"$@\"; }}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{path}\n{curl}\n{command}")]);
        // A reader has set nothing.
        for variable in VARIABLES {
            shell.env_remove(variable.name);
        }
        let shell = shell.current_dir(&self.folder).stdin(Stdio::null()).output();
        shell.await.unwrap()
    }
}

/// Between what `curl` prints of a body and what it says of the status.
const STATUS: &str = "\u{1}status ";

/// Whether a command may be given only once.
fn changes_something(command: &str) -> bool {
    command.contains("POST") || command.contains("paygate demo")
}

/// Plays a page from top to bottom. It must have at least this many scenes.
async fn check(page: &str, text: &str, least: usize) {
    let house = House::new(&[]);
    let (paygate, client) = house.open().await;
    // The demo needs a folder that nobody else uses.
    let empty = Folder::new();
    let folder = if text.contains("\n```sh\npaygate demo") { &empty } else { &house.folder };
    let (base, folder) = (client.base().to_owned(), folder.path().to_owned());
    let mut stage = Stage { base, folder, names: Names::default() };
    let mut played = 0;
    for scene in markdown::scenes(page, text) {
        let is_left = |command: &String| NOT_RUN.iter().any(|start| command.starts_with(start));
        if scene.commands.iter().all(is_left) {
            continue;
        }
        assert!(!scene.commands.iter().any(is_left), "{scene}: run it all or nothing");
        stage.play(&scene).await;
        played += 1;
    }
    assert!(played >= least, "{page} has only {played} scenes that can be played");
    paygate.terminate(PATIENCE).await;
}

macro_rules! pages {
    ($($test:ident: $page:literal, $least:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            check($page, include_str!(concat!("../../../../", $page)), $least).await;
        }
    )+};
}

pages! {
    the_readme_works_as_shown: "README.md", 3;
    the_page_on_the_api_works_as_shown: "docs/api.md", 8;
    the_page_on_the_books_works_as_shown: "docs/finance.md", 1;
    the_page_on_operations_works_as_shown: "docs/operations.md", 1;
    the_runbook_works_as_shown: "docs/runbook.md", 1;
}
