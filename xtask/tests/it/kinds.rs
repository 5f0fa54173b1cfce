//! No kind of payment is passed over in silence: what depends on a kind is said by the table in
//! `crates/core/src/kind.rs`, and whoever asks it matches every answer.
//!
//! The check reads text, not types. It finds a `match` whose subject is called `kind`, or that has an
//! arm which names a kind or an answer of the table, and in it an arm for whatever is left; such names
//! compared by `==` or `!=`, or asked for by `matches!` or `let`; and SQL that names a kind. What goes
//! by another name (a kind renamed, or turned into text first) it does not find. Tests are not read.

use crate::code::{Read, is_of_a_name, length_of_brackets, outside, patterns, read, split, words};
use crate::workspace::{self, Source};
use std::collections::BTreeSet;

/// The table, which says what is to be looked for.
const TABLE: &str = include_str!("../../../crates/core/src/kind.rs");
/// What is no part of the service: support for tests, and these tasks.
const NOT_SHIPPED: [&str; 2] = ["paygate-testkit", "xtask"];

/// What is looked for.
struct Names {
    /// As Rust names them: `Kind::Charge`, and `Way::` for each answer of the table.
    rust: Vec<String>,
    /// As SQL names them: `'charge'`.
    sql: Vec<String>,
}

impl Names {
    fn of(table: &str) -> Self {
        let mut names = Self { rust: Vec::new(), sql: Vec::new() };
        for line in table.lines().map(str::trim) {
            if let Some((variant, text)) = line.trim_end_matches(',').split_once(" = \"") {
                names.rust.push(format!("Kind::{variant}"));
                names.sql.push(format!("'{}'", text.trim_end_matches('"')));
            } else if let Some(answer) = line.strip_prefix("pub enum ") {
                names.rust.push(format!("{}::", answer.trim_end_matches(" {")));
            }
        }
        names
    }

    /// Whether Rust code names one of them; not as a part of a longer name.
    fn are_in(&self, code: &str) -> bool {
        self.rust.iter().any(|name| {
            let mut places = code.match_indices(name.as_str());
            places.any(|(at, _)| !code[..at].ends_with(is_of_a_name))
        })
    }
}

/// Whether a pattern takes whatever comes: `_`, `..`, or a name. A guard does not save it.
fn takes_anything(pattern: &str) -> bool {
    let is_name = |it: &str| {
        it.starts_with(|it: char| it.is_lowercase() || it == '_') && it.chars().all(is_of_a_name)
    };
    let alternatives = split(pattern, "|");
    alternatives.iter().any(|it| {
        let it = words(it, "if").next().map_or(it.as_str(), |guard| &it[..guard]).trim();
        is_name(it) && it != "true" && it != "false"
    })
}

/// What a tuple, or what `Some`, `Ok` or `Err` holds, consists of; anything else of itself.
fn elements(code: &str) -> Vec<String> {
    let code = words(code, "if").next().map_or(code, |guard| &code[..guard]).trim();
    let inner =
        ["Some", "Ok", "Err", ""].iter().find_map(|it| code.strip_prefix(it)?.strip_prefix('('));
    match inner.and_then(|it| it.strip_suffix(')')) {
        Some(inner) => split(inner, ",").iter().map(|it| it.trim().to_owned()).collect(),
        None => vec![code.to_owned()],
    }
}

fn is_called_kind(code: &str) -> bool {
    let code = code.trim().trim_end_matches(".clone()");
    code.ends_with("kind") && !code[..code.len() - 4].ends_with(is_of_a_name)
}

/// The places of catch-all arms in matches on a kind, or on an answer of the table.
fn catch_alls(code: &str, names: &Names, found: &mut Vec<usize>) {
    for at in words(code, "match") {
        let Some(open) = outside(&code[at..], "{").or_else(|| code[at..].find('{')) else {
            continue;
        };
        let subject = elements(&code[at + 5..at + open]);
        let length = length_of_brackets(&code[at + open..]);
        let start = at + open + 1;
        let body = &code[start..(at + open + length).saturating_sub(1).max(start)];
        let arms = patterns(body);
        // By place in the tuple, if it is one: which of them are about kinds.
        let named = |place: usize| {
            subject.get(place).is_some_and(|it| is_called_kind(it))
                || arms
                    .iter()
                    .flat_map(|(_, it)| split(it, "|"))
                    .any(|it| elements(&it).get(place).is_some_and(|element| names.are_in(element)))
        };
        let longest = arms.iter().flat_map(|(_, it)| split(it, "|"));
        let places = longest.map(|it| elements(&it).len()).max().unwrap_or(0);
        let about: BTreeSet<usize> = (0..places).filter(|place| named(*place)).collect();
        for (place, pattern) in arms.iter().filter(|_| !about.is_empty()) {
            let left = takes_anything(pattern)
                || split(pattern, "|").iter().any(|it| {
                    let elements = elements(it);
                    about.iter().any(|at| elements.get(*at).is_some_and(|it| takes_anything(it)))
                });
            if left {
                found.push(start + place);
            }
        }
    }
}

/// The places where a kind, or an answer of the table, is compared or asked for alone, so that the
/// others pass.
fn comparisons(code: &str, names: &Names, found: &mut Vec<usize>) {
    for operator in ["==", "!="] {
        for (at, _) in code.match_indices(operator) {
            let line =
                code[..at].rfind(['\n', ';', '{', '}', ',', '|', '&']).map_or(0, |it| it + 1);
            let after = &code[at + 2..];
            let end = after.find(['\n', ';', '{', '}', ',', '|', '&']).unwrap_or(after.len());
            let left = code[line..at].rsplit("=>").next().unwrap_or_default();
            let right = &after[..end];
            let negated = operator == "!=" && (is_called_kind(left) || is_called_kind(right));
            if negated || names.are_in(left) || names.are_in(right) {
                found.push(at);
            }
        }
    }
    for at in words(code, "matches!") {
        let open = at + "matches!".len();
        if names.are_in(&code[open..open + length_of_brackets(&code[open..])]) {
            found.push(at);
        }
    }
    for at in words(code, "let") {
        let end = code[at..].find('=').unwrap_or(0);
        if names.are_in(&code[at..at + end]) {
            found.push(at);
        }
    }
}

/// The violations in a source, as `line: what`.
fn violations(text: &str, names: &Names) -> Vec<String> {
    // The table calls its kinds `Self`.
    let is_table = text.contains("pub const fn rules(self)");
    let Read { code, texts } = match is_table {
        true => read(&text.replace("Self::", "Kind::")),
        false => read(text),
    };
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    let code = &code[..end];
    let (mut arms, mut compared) = (Vec::new(), Vec::new());
    catch_alls(code, names, &mut arms);
    comparisons(code, names, &mut compared);
    let in_sql = texts.iter().filter(|(at, text)| {
        *at < end && names.sql.iter().any(|name| text.contains(name.as_str()))
    });
    let mut found: BTreeSet<(usize, &str)> = BTreeSet::new();
    found.extend(arms.into_iter().map(|at| (at, "an arm for whatever kind is left")));
    found.extend(compared.into_iter().map(|at| (at, "a kind asked for alone")));
    found.extend(in_sql.map(|(at, _)| (*at, "SQL that names a kind")));
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    found.into_iter().map(|(at, what)| format!("{}: {what}", line(at))).collect()
}

/// Whether a file is of tests: by its name, or declared so by another of its package.
fn is_of_tests(path: &str, sources: &[Source]) -> bool {
    let by_name = path.ends_with("/tests.rs") || path.contains("/tests/");
    by_name
        || sources.iter().any(|source| {
            let folder = match source
                .path
                .strip_suffix("/lib.rs")
                .or(source.path.strip_suffix("/main.rs"))
            {
                Some(folder) => folder,
                None => source.path.trim_end_matches(".rs"),
            };
            source.text.split("#[cfg(test)]").skip(1).any(|after| {
                let line = after.trim_start().lines().next().unwrap_or_default();
                let name = line.split("mod ").nth(1).and_then(|it| it.strip_suffix(';'));
                name.is_some_and(|name| {
                    let module = format!("{folder}/{name}");
                    path == format!("{module}.rs") || path.starts_with(&format!("{module}/"))
                })
            })
        })
}

#[test]
fn no_kind_is_passed_over_in_silence() {
    let names = Names::of(TABLE);
    let mut found = Vec::new();
    for package in workspace::read() {
        if NOT_SHIPPED.contains(&package.name.as_str()) {
            continue;
        }
        for Source { path, text } in &package.sources {
            if !is_of_tests(path, &package.sources) {
                let lines = violations(text, &names);
                found.extend(lines.iter().map(|it| format!("{} {path}:{it}", package.name)));
            }
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_table_says_what_is_looked_for() {
    let names = Names::of(TABLE);
    assert_eq!(
        names.sql,
        ["'charge'", "'transfer'", "'payout'", "'deposit'", "'refund'", "'opening'"]
    );
    for name in ["Kind::Charge", "Kind::Opening", "Way::", "Party::", "DecidedBy::", "RefundedBy::"]
    {
        assert!(names.rust.iter().any(|it| it == name), "{name} is not among {:?}", names.rust);
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(violations(text, &Names::of(TABLE)), expected, "{text}");
}

#[test]
fn an_arm_for_whatever_is_left_is_found() {
    let left = ["3: an arm for whatever kind is left"];
    for last in ["_ => 2,", "other => f(other),", "_ if late => 2,", "Kind::Refund | _ => 2,"] {
        check(&format!("match payment.kind {{\n Kind::Charge => {{ 1 }}\n {last}\n}}"), &left);
        check(&format!("match *it {{\n Kind::Charge => 1,\n {last}\n}}"), &left);
    }
    check("match kind.rules().way {\n Way::Between { .. } => 1,\n _ => 2\n}", &left);
    check(
        "match find(|it| it.kind) {\n Some(Kind::Charge) => 1,\n Some(_) => 2,\n None => 3\n}",
        &left,
    );
    check(
        "match (it.kind, it.status) {\n (Kind::Charge, _) => 1,\n (_, Status::Failed) => 2\n}",
        &left,
    );
    check("match payment.kind {\n kind => 1\n}", &["2: an arm for whatever kind is left"]);
    check("f(match (a, b) {\n _ => match it.kind {\n _ => 1 } })", &left);
}

#[test]
fn a_catch_all_in_the_table_itself_is_found() {
    let last = "Self::Opening => Rules";
    let line = TABLE[..TABLE.find(last).unwrap()].lines().count();
    let planted = TABLE.replace(last, "_ => Rules");
    check(&planted, &[&format!("{line}: an arm for whatever kind is left")]);
    check(TABLE, &[]);
}

#[test]
fn what_names_every_kind_is_fine() {
    check(
        "match payment.kind { Kind::Charge | Kind::Payout => 1, Kind::Refund if late => 2 }",
        &[],
    );
    check("match query.kind { None => 1, Some(Kind::Charge) => 2, Some(Kind::Payout) => 3 }", &[]);
    check("match (it.kind, it.status) { (Kind::Charge, _) => 1, (Kind::Payout, other) => 2 }", &[]);
    check("match status { Status::Failed => NewPayment { kind: Kind::Charge }, _ => 2 }", &[]);
    check("match error.kind() { ErrorKind::NotFound => 1, _ => 2 }", &[]);
    check("match error { DatabaseError(Kind::Unknown, it) => 1, other => 2 }", &[]);
    check("match payment.kind.rules().way { Way::Between { from, .. } => 1, Way::Back => 2 }", &[]);
}

#[test]
fn a_kind_asked_for_alone_is_found() {
    let found = ["1: a kind asked for alone"];
    for code in [
        "if payment.kind != other {}",
        "if a && it.kind != Kind::Charge {}",
        "let charge = it.kind == Kind::Charge;",
        "if Way::Back == way {}",
        "f(!matches!(it.kind, Kind::Charge | Kind::Payout))",
        "if let Kind::Charge = kind {}",
        "let Way::Between { from, to } = way else { return };",
    ] {
        check(code, &found);
    }
    check("if query.kind == payment.kind {} let kind = Kind::Charge; if a != Kind::ALL {}", &[]);
    check("match way { Way::Back => a == b, Way::Between { .. } => true }", &[]);
    check("matches!(status, Status::Failed); it.kind = Kind::Charge; if mankind != 1 {}", &[]);
}

#[test]
fn sql_that_names_a_kind_is_found_and_no_comment_or_test_is() {
    check("const A: &str =\n \"WHERE kind IN ('payout', ?)\";", &["2: SQL that names a kind"]);
    check("const A: &str = r#\"kind <> 'charge'\"#;", &["1: SQL that names a kind"]);
    check("const A: &str = \"kind = ? AND status = 'PENDING'\"; // kind = 'charge'", &[]);
    check("// if kind != Kind::Charge\nlet a = \"kind != Kind::Charge\";\nlet b = '\"';", &[]);
    check(
        "fn a() {}\n#[cfg(test)]\nmod tests {\n  f(it.kind != Kind::Charge, \"'charge'\")\n}",
        &[],
    );
}

#[test]
fn files_of_tests_are_known() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let sources = [
        source("src/lib.rs", "mod a;\n#[cfg(test)]\nmod plans;\n#[cfg(test)]\npub(crate) mod b;"),
        source("src/a.rs", "#[cfg(test)]\nmod fixtures;"),
    ];
    for (path, expected) in [
        ("src/lib.rs", false),
        ("src/a.rs", false),
        ("src/a/fixtures.rs", true),
        ("src/fixtures.rs", false),
        ("src/plans.rs", true),
        ("src/plans/cases.rs", true),
        ("src/b.rs", true),
        ("src/c/tests.rs", true),
        ("src/c/tests/more.rs", true),
    ] {
        assert_eq!(is_of_tests(path, &sources), expected, "{path}");
    }
}
