//! What the documents name is there: each path, each test, each thing of the code. A page that tells
//! of modules long gone misleads more than no page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The pages that name the code.
const PAGES: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs"];
/// Where names are made.
const SOURCES: &[&str] = &["crates", "bins", "xtask", "tools", "migrations", "Cargo.toml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// All files below a path, or itself.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.flat_map(|entry| files(&entry.unwrap().path())).collect()
}

/// Words as code has them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// What stands between backticks outside of blocks.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// Whether a word can only be a name of the code: `may_become`, `SweepStep`, `LockAccounts`.
fn is_a_name(word: &str) -> bool {
    let inner = word.get(1..).unwrap_or_default();
    let camel = inner.contains(|c: char| c.is_ascii_uppercase())
        && word.contains(|c: char| c.is_ascii_lowercase());
    camel || word.trim_matches('_').contains('_')
}

/// Whether a path that a page names is there: from the root, or the end of some file's.
fn is_there(path: &str, all: &[String]) -> bool {
    let end = format!("/{path}");
    root().join(path).exists() || all.iter().any(|file| file.ends_with(&end))
}

#[test]
fn what_the_documents_name_exists() {
    let sources: Vec<PathBuf> = SOURCES.iter().flat_map(|it| files(&root().join(it))).collect();
    let texts: Vec<String> = sources.iter().filter_map(|it| fs::read_to_string(it).ok()).collect();
    let known: BTreeSet<&str> = texts.iter().flat_map(|text| words(text)).collect();
    let paths: Vec<String> = sources.iter().map(|it| it.display().to_string()).collect();
    let mut missing = Vec::new();
    for page in PAGES.iter().flat_map(|it| files(&root().join(it))) {
        let text = fs::read_to_string(&page).unwrap();
        for name in quoted(&text) {
            let is_path = name.ends_with(".rs") || name.starts_with("crates/");
            let found = if is_path && !name.contains(['<', '*', '{', ' ']) {
                is_there(name, &paths)
            } else {
                words(name).filter(|word| is_a_name(word)).all(|word| known.contains(word))
            };
            if !found {
                missing.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "the documents name what is not there:\n{}", missing.join("\n"));
}

/// The ports of the code and their methods, as the table of ARCHITECTURE.md would tell them.
fn ports() -> BTreeMap<String, BTreeSet<String>> {
    let mut ports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files(&root().join("crates/ports/src")) {
        let text = fs::read_to_string(file).unwrap();
        for port in text.split("\npub trait ").skip(1) {
            let (body, _) = port.split_once("\n}").unwrap();
            let name = words(body).next().unwrap().to_owned();
            let methods = body.split(" fn ").skip(1).map(|it| words(it).next().unwrap().to_owned());
            ports.insert(name, methods.collect());
        }
    }
    ports
}

#[test]
fn the_table_of_ports_tells_each_with_its_methods() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = text.split_once("\n## Ports\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut told = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        // A row may tell of several ports, their methods parted by a semicolon.
        for (port, methods) in words(cells[0]).zip(cells[1].split(';')) {
            told.insert(port.to_owned(), words(methods).map(ToOwned::to_owned).collect());
        }
    }
    assert_eq!(told, ports());
}

#[test]
fn a_name_is_told_from_a_word() {
    for name in ["may_become", "SweepStep", "SWEEP_AFTER", "a_redelivered_message_settles_once"] {
        assert!(is_a_name(name), "{name}");
    }
    for word in ["decide", "Book", "SUCCESS", "HTTP", "limit"] {
        assert!(!is_a_name(word), "{word}");
    }
    assert!(is_there("crates/core/src/lib.rs", &[]));
    assert!(!is_there("crates/core/src/gone.rs", &["/x/crates/core/src/lib.rs".to_owned()]));
}
