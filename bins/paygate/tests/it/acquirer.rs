//! The simulated acquirer's journal: what was really asked of it, and how often money was taken.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// The effects that the lines of a journal file tell, by key, in order.
pub fn effects_in(file: &Path) -> BTreeMap<Uuid, Vec<String>> {
    let mut effects: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| line[field].as_str().unwrap();
        effects.entry(text("key").parse().unwrap()).or_default().push(text("effect").to_owned());
    }
    effects
}

/// How often these effects took money.
pub fn taken(effects: &[String]) -> usize {
    effects.iter().filter(|effect| *effect == "approved").count()
}
