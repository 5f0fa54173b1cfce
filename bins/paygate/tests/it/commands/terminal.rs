//! A person's terminal, and how to read what is shown in it.

use crate::client::Client;
use crate::process::{Environment, Finished, Folder, Process, Program, environment, run};
use paygate_core::Timestamp;
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::ManualClock;
use serde_json::Value;
use std::sync::Arc;

/// A terminal in a folder with nothing in it.
pub struct Terminal {
    pub folder: Folder,
    pub environment: Environment,
}

impl Terminal {
    pub fn new(variables: &[(&'static str, &str)]) -> Self {
        Self { folder: Folder::new(), environment: environment(variables) }
    }

    /// One with what `paygate demo` leaves.
    pub async fn with_demo() -> Self {
        let terminal = Self::new(&[]);
        terminal.shown(&["demo"]).await;
        terminal
    }

    pub async fn run(&self, arguments: &[&str]) -> Finished {
        run(Program::Paygate, arguments, &self.environment, self.folder.path()).await
    }

    /// What a command that goes well prints.
    pub async fn shown(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        let told = (ended.code, ended.stderr.as_str());
        assert_eq!(told, (Some(0), ""), "{arguments:?}: {ended:?}");
        ended.stdout
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        let shown = self.shown(arguments).await;
        serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
    }

    /// The API on the same store.
    pub async fn open(&self) -> (Process, Client) {
        let mut environment = self.environment.clone();
        environment.insert("PORT", "0".to_owned());
        let path = self.folder.path();
        let mut process = Process::start(Program::Paygate, &[], &environment, path);
        let url = process.url("Paygate listens on").await;
        (process, Client::new(&url))
    }

    pub fn store(&self) -> SqliteStore {
        let file = SqliteConfig::file(self.folder.path().join("paygate.db"));
        SqliteStore::open(file, Arc::new(ManualClock::new(Timestamp::default()))).unwrap()
    }

    pub async fn sql(&self, sql: &str) {
        self.store().run_raw(sql.to_owned()).await.unwrap();
    }
}

pub fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().unwrap()
}

/// The values of one field of each item.
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let text = |item: &Value| item[field].as_str().unwrap_or("-").to_owned();
    items(list).iter().map(text).collect()
}

/// The lines of the table whose first title is `first`: the titles, then its rows.
pub fn table<'a>(shown: &'a str, first: &str) -> Vec<&'a str> {
    let lines = shown.lines().skip_while(|line| !line.starts_with(first));
    let table: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    assert!(table.len() > 1, "no table of {first}: {shown}");
    table
}

/// Every cell of the table stands below its title: those of `right` end where that ends, the others
/// begin where it begins, and two spaces are before it.
pub fn assert_aligned(table: &[&str], titles: &[&str], right: &[&str]) {
    let letters = |line: &str| line.chars().collect::<Vec<char>>();
    let head = table[0];
    let mut from = 0;
    for title in titles {
        let begin = from + head[from..].find(title).unwrap_or_else(|| panic!("{title}: {head}"));
        from = begin + title.len();
        for line in table {
            let line = letters(line);
            let at = |place: usize| line.get(place).copied().unwrap_or(' ');
            let shown: String = line.iter().collect();
            if right.contains(title) {
                let stands = at(from - 1) != ' ' && at(from) == ' ' && at(from + 1) == ' ';
                assert!(stands, "{title} does not end there: {shown}\n{head}");
            } else {
                let gap = begin == 0 || (at(begin - 1) == ' ' && at(begin - 2) == ' ');
                assert!(gap && at(begin) != ' ', "{title} does not begin there: {shown}\n{head}");
            }
        }
    }
}
