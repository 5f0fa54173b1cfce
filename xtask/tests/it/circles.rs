//! No circle of files: a file that imports another is not imported back by it, nor by what that
//! imports. What stands in a circle can only be read, moved and tested together.

mod paths;

use crate::workspace::{self, Source};
use paths::{declared_modules, exported, mentioned};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of a package that are files of their own, by their path from the crate's root.
type Modules<'a> = BTreeMap<Vec<String>, &'a Source>;
/// Which files each file needs.
type Needs = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// The circles among these files, each as the paths of its files.
fn circles(sources: &[Source]) -> Vec<String> {
    let modules: Modules<'_> =
        sources.iter().filter_map(|it| Some((module(&it.path)?, it))).collect();
    let needs: Needs = modules.keys().map(|it| (it.clone(), needed(it, &modules))).collect();
    let reached: Needs = needs.keys().map(|it| (it.clone(), reachable(it, &needs))).collect();
    let mut circles = BTreeSet::new();
    for (file, from_here) in &reached {
        let back = |other: &&Vec<String>| reached[*other].contains(file);
        let circle: Vec<&Vec<String>> = from_here.iter().filter(back).collect();
        if circle.len() > 1 {
            let paths: Vec<&str> = circle.iter().map(|it| modules[*it].path.as_str()).collect();
            circles.insert(paths.join(" ↔ "));
        }
    }
    circles.into_iter().collect()
}

/// The module that is the file at `path`; binaries besides the library are left out.
fn module(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    match inner {
        "lib" => Some(Vec::new()),
        _ if inner.starts_with("bin/") => None,
        "main" => None,
        _ => Some(inner.split('/').map(str::to_owned).collect()),
    }
}

/// The files that the file of a module takes anything from.
fn needed(file: &[String], modules: &Modules<'_>) -> BTreeSet<Vec<String>> {
    let text = &modules[file].text;
    let paths = mentioned(text, file, &declared_modules(text));
    let mut needed: BTreeSet<Vec<String>> =
        paths.iter().filter_map(|path| home(path, modules, 0)).collect();
    needed.remove(file);
    needed
}

/// The file in which what a path names is written; re-exports lead on to it.
fn home(path: &[String], modules: &Modules<'_>, followed: usize) -> Option<Vec<String>> {
    let longest = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (file, rest) = path.split_at(longest);
    let text = &modules[file].text;
    let again = rest.first().filter(|_| followed < 8).and_then(|name| {
        let exports = exported(text, file, &declared_modules(text));
        exports.into_iter().find(|(known_as, _)| known_as == name)
    });
    match again {
        Some((_, path)) => home(&path, modules, followed + 1),
        None => Some(file.to_vec()),
    }
}

/// A file and all it needs, however indirectly.
fn reachable(file: &[String], needs: &Needs) -> BTreeSet<Vec<String>> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file.to_vec()];
    while let Some(next) = open.pop() {
        if reached.insert(next.clone()) {
            open.extend(needs[&next].iter().cloned());
        }
    }
    reached
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for package in workspace::read() {
        for circle in circles(&package.sources) {
            found.push(format!("{}: {circle}", package.name));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn check(files: &[(&str, &str)], expected: &[&str]) {
    let source = |(path, text): &(&str, &str)| Source {
        path: format!("src/{path}.rs"),
        text: (*text).to_owned(),
    };
    let sources: Vec<Source> = files.iter().map(source).collect();
    assert_eq!(circles(&sources), expected, "{files:?}");
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let found = &["src/a.rs ↔ src/b.rs"];
    let root = ("lib", "mod a;\nmod b;\n");
    check(&[root, ("a", "use crate::b::X;\n"), ("b", "")], &[]);
    check(&[root, ("a", "use crate::b::X;\n"), ("b", "use crate::a::Y;\n")], found);
    check(&[root, ("a", "use super::b::X;\n"), ("b", "use crate::{a::{self, Y}, c};\n")], found);
    check(&[root, ("a", "fn f() { crate::b::x() }\n"), ("b", "use crate::a;\n")], found);
    // By way of a third.
    check(
        &[root, ("a", "use crate::b::X;\n"), ("b", "use crate::c::X;\n"), ("c", "use crate::a;\n")],
        &["src/a.rs ↔ src/b.rs ↔ src/c.rs"],
    );
}

#[test]
fn what_is_exported_again_is_looked_for_where_it_is_written() {
    let root = ("lib", "mod a;\nmod b;\npub use a::X;\npub use b::Y as Z;\n");
    check(&[root, ("a", "use crate::Z;\n"), ("b", "")], &[]);
    let found = &["src/a.rs ↔ src/b.rs"];
    check(&[root, ("a", "use crate::Z;\n"), ("b", "use crate::X;\n")], found);
}

#[test]
fn a_parent_that_uses_its_child_is_not_used_by_it() {
    let child = ("a/child", "use super::Parent;\n");
    check(&[("a", "mod child;\npub struct Parent;\n"), child], &[]);
    let found = &["src/a.rs ↔ src/a/child.rs"];
    check(&[("a", "mod child;\nfn f() { child::f() }\n"), child], found);
    check(&[("a", "mod child;\npub use child::f;\n"), child], found);
}

#[test]
fn tests_and_comments_do_not_count() {
    let a = "//! See [`crate::b`].\n#[cfg(test)]\nmod tests {\n    use crate::b::X;\n}\n";
    check(&[("a", a), ("b", "use crate::a::Y;\n")], &[]);
    check(&[("a", "#[cfg(test)]\nmod tests;\n"), ("a/tests", "use super::*;\n")], &[]);
}
