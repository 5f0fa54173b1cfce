//! The paths to modules of its own crate that a source file names. Read as text: enough for code that
//! rustfmt has laid out.

use crate::code::{self, is_of_a_name};

/// The modules that a file declares to be files of their own.
pub fn declared_modules(text: &str) -> Vec<String> {
    let declared = |line: &str| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
    };
    text.lines().filter_map(declared).collect()
}

/// Every path into the crate that the code of a module names, from the crate's root.
pub fn mentioned(text: &str, module: &[String], children: &[String]) -> Vec<Vec<String>> {
    let code = code(text);
    let mut paths = Vec::new();
    for (start, _) in code.match_indices(|it: char| it.is_ascii_lowercase()) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|it| it == ':' || it == '.' || is_of_a_name(it)) {
            continue;
        }
        paths.extend(absolute(&code[start..], module, children));
    }
    paths
}

/// What a module exports again: how it is known there, and its path.
pub fn exported(text: &str, module: &[String], children: &[String]) -> Vec<(String, Vec<String>)> {
    let code = code(text);
    let trees = code.split(';').filter_map(|statement| {
        let (before, tree) = statement.rsplit_once("use ")?;
        (before.ends_with("pub ") || before.ends_with("pub(crate) ")).then_some(tree)
    });
    let paths = trees.flat_map(|tree| absolute(tree, module, children));
    paths.filter_map(|path| Some((path.last()?.clone(), path))).map(renamed).collect()
}

/// `X as Y` is known as `Y`.
fn renamed((name, mut path): (String, Vec<String>)) -> (String, Vec<String>) {
    match name.split_once(" as ") {
        Some((of, known_as)) => {
            path.pop();
            path.push(of.to_owned());
            (known_as.to_owned(), path)
        }
        None => (name, path),
    }
}

/// The code without comments and texts, and without the tests at its end.
fn code(text: &str) -> String {
    let code = code::read(text).code;
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The paths of the tree at the beginning of `text`, if it leads into the crate.
fn absolute(text: &str, module: &[String], children: &[String]) -> Vec<Vec<String>> {
    let Some((first, rest)) = text.split_once("::") else { return Vec::new() };
    let mut base = match first {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => parent(module),
        child if children.iter().any(|it| it == child) => [module, &[child.to_owned()]].concat(),
        _ => return Vec::new(),
    };
    let mut rest = rest;
    while let Some(further) = rest.strip_prefix("super::") {
        (base, rest) = (parent(&base), further);
    }
    let mut paths = Vec::new();
    tree(rest, &base, &mut paths);
    paths
}

fn parent(module: &[String]) -> Vec<String> {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// Adds the paths of a use tree (`a::{b, c::D as E}`) below `base`; returns what stands behind it.
fn tree<'a>(text: &'a str, base: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut inner) = text.strip_prefix('{') {
        loop {
            inner = tree(inner, base, paths).trim_start();
            match inner.strip_prefix(',') {
                Some(next) if !next.trim_start().starts_with('}') => inner = next,
                Some(next) => return next.trim_start().strip_prefix('}').unwrap_or(""),
                None => return inner.strip_prefix('}').unwrap_or(inner),
            }
        }
    }
    let end = text.find(|it: char| !is_of_a_name(it)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if let Some(further) = rest.strip_prefix("::") {
        return tree(further, &[base, &[name.to_owned()]].concat(), paths);
    }
    let (name, rest) = match rest.strip_prefix(" as ") {
        Some(alias) => {
            let end = alias.find(|it: char| !is_of_a_name(it));
            let (alias, rest) = alias.split_at(end.unwrap_or(alias.len()));
            (format!("{name} as {alias}"), rest)
        }
        None => (name.to_owned(), rest),
    };
    let itself = name == "self" || name.is_empty();
    paths.push(if itself { base.to_vec() } else { [base, &[name]].concat() });
    rest
}
