//! The dependency rule of ARCHITECTURE.md as tables, what checks them, and proof that it can fail.
//!
//! `core` ← `ports` ← `app` ← `http`, `console` ← `runtime` ← the binaries; `wire` sees `core` only;
//! every other adapter sees `core` and `ports` only, and no adapter sees another.

use crate::workspace::{self, Package, Source};

const CORE: &str = "paygate-core";
const PORTS: &str = "paygate-ports";
const APP: &str = "paygate-app";
const WIRE: &str = "paygate-wire";
const HTTP: &str = "paygate-http";
const CONSOLE: &str = "paygate-console";
const RABBITMQ: &str = "paygate-rabbitmq";
const POSTGRES: &str = "paygate-postgres";
const SQLITE: &str = "paygate-sqlite";
const ACQUIRER: &str = "paygate-acquirer";
const MEMORY: &str = "paygate-memory";
const SECRETS: &str = "paygate-secrets";
const RUNTIME: &str = "paygate-runtime";
const PAYGATE: &str = "paygate";
const TESTKIT: &str = "paygate-testkit";
const TEST_SERVERS: &str = "paygate-test-servers";
const BENCH: &str = "paygate-bench";
const XTASK: &str = "xtask";

const ADAPTERS: [&str; 8] = [HTTP, CONSOLE, RABBITMQ, POSTGRES, SQLITE, ACQUIRER, MEMORY, SECRETS];
/// What `runtime` puts together; the binaries see the same, and `runtime`.
const COMPOSED: [&str; 10] =
    [CORE, PORTS, APP, HTTP, CONSOLE, RABBITMQ, POSTGRES, SQLITE, ACQUIRER, MEMORY];
/// What is in the binaries, but for themselves.
const SHIPPED: [&str; 12] =
    [CORE, PORTS, APP, WIRE, HTTP, CONSOLE, RABBITMQ, POSTGRES, SQLITE, ACQUIRER, MEMORY, RUNTIME];

/// What one package may use of the workspace.
struct Rule {
    package: &'static str,
    /// In what is shipped.
    normal: &'static [&'static str],
    /// The adapters its tests may use; the rest of the workspace is theirs anyway.
    dev_adapters: &'static [&'static str],
}

const RULES: [Rule; 18] = [
    Rule { package: CORE, normal: &[], dev_adapters: &[] },
    Rule { package: PORTS, normal: &[CORE], dev_adapters: &[] },
    Rule { package: APP, normal: &[CORE, PORTS], dev_adapters: &[MEMORY, SQLITE] },
    Rule { package: WIRE, normal: &[CORE], dev_adapters: &[] },
    Rule { package: HTTP, normal: &[CORE, PORTS, APP, WIRE], dev_adapters: &[MEMORY, SQLITE] },
    Rule { package: CONSOLE, normal: &[CORE, PORTS, APP, WIRE], dev_adapters: &[MEMORY, SQLITE] },
    Rule { package: RABBITMQ, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: POSTGRES, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: SQLITE, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: ACQUIRER, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: MEMORY, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: SECRETS, normal: &[CORE, PORTS], dev_adapters: &[] },
    Rule { package: RUNTIME, normal: &COMPOSED, dev_adapters: &ADAPTERS },
    Rule { package: PAYGATE, normal: &SHIPPED, dev_adapters: &ADAPTERS },
    Rule { package: TESTKIT, normal: &[CORE, PORTS], dev_adapters: &[SQLITE] },
    Rule { package: TEST_SERVERS, normal: &[], dev_adapters: &[] },
    Rule { package: BENCH, normal: &[TEST_SERVERS], dev_adapters: &[] },
    Rule { package: XTASK, normal: &[], dev_adapters: &[] },
];

/// Libraries that belong to one place: a name's beginning, and who may name it.
const OWNED: [(&str, &[&str]); 9] = [
    ("diesel", &[POSTGRES, SQLITE]),
    ("actix", &[HTTP]),
    ("lapin", &[RABBITMQ]),
    ("governor", &[HTTP]),
    ("argon2", &[SECRETS]),
    ("jsonwebtoken", &[SECRETS]),
    ("comfy-table", &[CONSOLE]),
    ("indicatif", &[CONSOLE, BENCH]),
    // One web framework is enough.
    ("axum", &[]),
];

/// What `core` must do without: runtimes, serialisation, randomness, logging.
const NOT_IN_CORE: [&str; 5] = ["tokio", "serde", "rand", "async-trait", "tracing"];

/// Reading the environment or the command line. `env::var` covers `vars` and `var_os` too.
const ENVIRONMENT: [&str; 2] = ["env::var", "env::args"];
/// Who reads it: the composition root, the binaries, and what is never shipped.
const READS_ENVIRONMENT: [&str; 6] = [RUNTIME, PAYGATE, TESTKIT, TEST_SERVERS, BENCH, XTASK];

/// Everything in `packages` that breaks a rule, one line each.
fn violations(packages: &[Package]) -> Vec<String> {
    let ours: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in packages {
        check_workspace_dependencies(package, &ours, &mut found);
        check_libraries(package, &mut found);
        check_layout(package, &mut found);
        check_sources(package, &mut found);
    }
    found
}

fn check_workspace_dependencies(package: &Package, ours: &[&str], found: &mut Vec<String>) {
    let name = &package.name;
    let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
        found.push(format!("{name}: no rule says what it may depend on; add one to RULES"));
        return;
    };
    for used in package.normal.iter().map(String::as_str) {
        if ours.contains(&used) && !rule.normal.contains(&used) {
            let allowed = rule.normal.join(", ");
            found.push(format!("{name}: depends on {used}; of the workspace only on [{allowed}]"));
        }
    }
    for used in package.dev.iter().map(String::as_str) {
        if ADAPTERS.contains(&used) && !rule.dev_adapters.contains(&used) {
            let allowed = rule.dev_adapters.join(", ");
            found.push(format!("{name}: tests use adapter {used}; only [{allowed}]"));
        }
    }
}

fn check_libraries(package: &Package, found: &mut Vec<String>) {
    let name = package.name.as_str();
    for used in &package.normal {
        for (library, owners) in OWNED {
            if used.starts_with(library) && !owners.contains(&name) {
                found.push(format!("{name}: depends on {used}; only [{}]", owners.join(", ")));
            }
        }
        if name == CORE && NOT_IN_CORE.iter().any(|library| used.starts_with(library)) {
            found.push(format!("{name}: depends on {used}; core is pure"));
        }
    }
}

/// The lints are the workspace's, or they do not hold.
fn check_layout(package: &Package, found: &mut Vec<String>) {
    let mut lines = package.manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]");
    lines.next();
    let mut table = lines.take_while(|line| !line.starts_with('['));
    if !table.any(|line| line.replace(' ', "") == "workspace=true") {
        found.push(format!("{}: Cargo.toml lacks [lints] workspace = true", package.name));
    }
}

fn check_sources(package: &Package, found: &mut Vec<String>) {
    let name = package.name.as_str();
    for Source { path, text } in &package.sources {
        if !text.starts_with("//!") {
            found.push(format!("{name}: {path} does not open with a //! line"));
        }
        if READS_ENVIRONMENT.contains(&name) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment && ENVIRONMENT.iter().any(|reading| line.contains(reading)) {
                let place = format!("{path}:{}", number + 1);
                found.push(format!("{name}: {place} reads the environment; only runtime and bins"));
            }
        }
    }
}

#[test]
fn the_workspace_keeps_the_rule() {
    let packages = workspace::read();
    let found = violations(&packages);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// A table for packages that are no more would check nothing.
#[test]
fn every_rule_has_its_package() {
    let packages = workspace::read();
    for rule in &RULES {
        assert!(packages.iter().any(|package| package.name == rule.package), "{}", rule.package);
    }
    assert!(packages.iter().all(|package| !package.sources.is_empty()));
    let http = packages.iter().find(|package| package.name == HTTP).unwrap();
    assert!(http.normal.iter().any(|name| name == "actix-web"), "metadata is not read");
}

/// A package without fault, all of the workspace around it.
fn faultless(name: &str) -> Package {
    Package {
        name: name.to_owned(),
        manifest: "[package]\n[lints]\nworkspace = true\n[dependencies]\n".to_owned(),
        ..Package::default()
    }
}

/// Checks `package` in a workspace where every other package is without fault.
fn check(package: Package, expected: &[&str]) {
    let mut packages: Vec<Package> = RULES.iter().map(|rule| faultless(rule.package)).collect();
    packages.retain(|other| other.name != package.name);
    packages.push(package);
    assert_eq!(violations(&packages), expected);
}

fn check_normal(name: &str, dependencies: &[&str], expected: &[&str]) {
    let normal = dependencies.iter().map(ToString::to_string).collect();
    check(Package { normal, ..faultless(name) }, expected);
}

fn check_dev(name: &str, dependencies: &[&str], expected: &[&str]) {
    let dev = dependencies.iter().map(ToString::to_string).collect();
    check(Package { dev, ..faultless(name) }, expected);
}

fn check_source(name: &str, text: &str, expected: &[&str]) {
    let sources = vec![Source { path: "src/lib.rs".to_owned(), text: text.to_owned() }];
    check(Package { sources, ..faultless(name) }, expected);
}

#[test]
fn a_dependency_against_the_direction_is_found() {
    check_normal(CORE, &["uuid"], &[]);
    check_normal(
        CORE,
        &[PORTS],
        &["paygate-core: depends on paygate-ports; of the workspace only on []"],
    );
    let only = "of the workspace only on [paygate-core, paygate-ports]";
    check_normal(APP, &[HTTP], &[&format!("paygate-app: depends on paygate-http; {only}")]);
    check_normal(SQLITE, &[POSTGRES], &[&format!("{SQLITE}: depends on {POSTGRES}; {only}")]);
    check_normal(RABBITMQ, &[APP], &[&format!("{RABBITMQ}: depends on {APP}; {only}")]);
    check_normal(HTTP, &[CORE, PORTS, APP, WIRE], &[]);
    check_normal(CONSOLE, &[CORE, PORTS, APP, WIRE], &[]);
    let only = "of the workspace only on [paygate-core, paygate-ports, paygate-app, paygate-wire]";
    check_normal(CONSOLE, &[HTTP], &[&format!("paygate-console: depends on {HTTP}; {only}")]);
    let only_core = "of the workspace only on [paygate-core]";
    check_normal(WIRE, &[PORTS], &[&format!("paygate-wire: depends on {PORTS}; {only_core}")]);
    check_normal(RUNTIME, &COMPOSED, &[]);
    check_normal(PAYGATE, &SHIPPED, &[]);
}

#[test]
fn test_support_in_what_is_shipped_is_found() {
    for shipped in SHIPPED.into_iter().chain([PAYGATE]) {
        for support in [TESTKIT, TEST_SERVERS, BENCH, XTASK] {
            let package = Package { normal: vec![support.to_owned()], ..faultless(shipped) };
            let found = violations(&[package, faultless(support)]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("{shipped}: depends on {support};")));
            check_dev(shipped, &[support], &[]);
        }
    }
}

#[test]
fn an_adapter_in_the_tests_of_another_is_found() {
    check_dev(
        POSTGRES,
        &[SQLITE],
        &["paygate-postgres: tests use adapter paygate-sqlite; only []"],
    );
    check_dev(HTTP, &[MEMORY, SQLITE, TESTKIT], &[]);
    check_dev(APP, &[MEMORY, SQLITE], &[]);
    check_dev(
        APP,
        &[HTTP],
        &["paygate-app: tests use adapter paygate-http; only [paygate-memory, paygate-sqlite]"],
    );
}

#[test]
fn a_library_out_of_its_place_is_found() {
    check_normal(POSTGRES, &["diesel", "diesel-async", "diesel_migrations"], &[]);
    check_normal(
        RUNTIME,
        &["diesel-async", "actix-web", "lapin", "comfy-table"],
        &[
            "paygate-runtime: depends on diesel-async; only [paygate-postgres, paygate-sqlite]",
            "paygate-runtime: depends on actix-web; only [paygate-http]",
            "paygate-runtime: depends on lapin; only [paygate-rabbitmq]",
            "paygate-runtime: depends on comfy-table; only [paygate-console]",
        ],
    );
    check_normal(ACQUIRER, &["hyper"], &[]);
    check_normal(ACQUIRER, &["axum"], &["paygate-acquirer: depends on axum; only []"]);
    check_dev(PAYGATE, &["lapin", "actix-web"], &[]);
    check_normal(CORE, &["tokio"], &["paygate-core: depends on tokio; core is pure"]);
    check_normal(PORTS, &["tokio", "async-trait"], &[]);
}

#[test]
fn a_package_without_rule_or_lints_is_found() {
    check(
        faultless("paygate-newcomer"),
        &["paygate-newcomer: no rule says what it may depend on; add one to RULES"],
    );
    let lacks = "paygate-core: Cargo.toml lacks [lints] workspace = true";
    for manifest in ["[package]\n", "[lints]\n[dependencies]\nworkspace = true\n"] {
        check(Package { manifest: manifest.to_owned(), ..faultless(CORE) }, &[lacks]);
    }
}

#[test]
fn a_source_that_reads_the_environment_or_says_nothing_is_found() {
    let reads = "//! Reads.\nuse std::env;\nfn f() {\n    env::var_os(\"X\");\n}\n";
    let found = "paygate-http: src/lib.rs:4 reads the environment; only runtime and bins";
    check_source(HTTP, reads, &[found]);
    check_source(RUNTIME, reads, &[]);
    check_source(HTTP, "//! Never calls `env::var`.\n/// Nor `std::env::args`.\n", &[]);
    let silent = "paygate-core: src/lib.rs does not open with a //! line";
    check_source(CORE, "// Not this.\n", &[silent]);
    check_source(CORE, "", &[silent]);
}
