//! What Docker Compose starts is what the page on operations tells, set by variables that exist.

use paygate_runtime::VARIABLES;
use std::collections::{BTreeMap, BTreeSet};

const COMPOSE: &str = include_str!("../../../../../docker-compose.yml");
const PAGE: &str = include_str!("../../../../../docs/operations.md");

/// What other images read.
const FOREIGN: [&str; 2] = ["POSTGRES_", "RABBITMQ_DEFAULT_"];

/// The services, each with the ports of 127.0.0.1 that it is published on.
fn services() -> BTreeMap<String, BTreeSet<String>> {
    let (_, services) = COMPOSE.split_once("\nservices:\n").unwrap();
    let (services, _) = services.split_once("\nvolumes:\n").unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in services.lines() {
        let key = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        if let Some(key) = key.filter(|key| !key.starts_with([' ', '#'])) {
            name = key.to_owned();
            found.insert(name.clone(), BTreeSet::new());
        }
        for published in line.split("\"127.0.0.1:").skip(1) {
            let port = published.split(':').next().unwrap().to_owned();
            found.get_mut(&name).unwrap().insert(port);
        }
        assert!(!line.contains("\"0.0.0.0"), "published beyond loopback: {line}");
    }
    found
}

#[test]
fn the_documents_tell_every_service_with_its_ports() {
    let (_, table) = PAGE.split_once("| service | on 127.0.0.1 | |\n|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with("| `"));
    let told = rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let name = cells[0].trim_matches(['|', ' ', '`']).to_owned();
        let ports = cells[1].split(|c: char| !c.is_ascii_digit()).filter(|port| !port.is_empty());
        (name, ports.map(ToOwned::to_owned).collect())
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), services());
}

#[test]
fn compose_sets_only_variables_that_exist() {
    let names = COMPOSE.lines().filter_map(|line| line.trim().split_once(": ").map(|it| it.0));
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let ours = names.filter(is_name).filter(|it| !FOREIGN.iter().any(|at| it.starts_with(at)));
    let ours: BTreeSet<&str> = ours.collect();
    assert!(ours.contains("INSECURE_NO_AUTH") && ours.contains("METRICS_PORT"), "{ours:?}");
    for name in ours {
        assert!(VARIABLES.iter().any(|it| it.name == name), "{name} is no variable");
    }
}
