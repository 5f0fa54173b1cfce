//! The simulated acquirer's journal: what was really asked of it, and how often money moved.

use crate::client::Client;
use crate::wallets::minor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// The effects that the lines of a journal file tell, by key, in order.
pub fn effects_in(file: &Path) -> BTreeMap<Uuid, Vec<String>> {
    let mut effects: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for line in lines_of(file) {
        let text = |field: &str| line[field].as_str().unwrap();
        effects.entry(text("key").parse().unwrap()).or_default().push(text("effect").to_owned());
    }
    effects
}

/// How often these effects moved money.
pub fn taken(effects: &[String]) -> usize {
    effects.iter().filter(|effect| *effect == "approved").count()
}

/// How much the acquirer has taken and not given back, in minor units of one currency.
fn balance_in(file: &Path, currency: &str) -> i64 {
    let moved = |line: &Value| line["effect"] == "approved" && line["currency"] == currency;
    let signed = |line: &Value| {
        let minor = line["amount_minor"].as_i64().unwrap();
        if line["operation"] == "refund" { -minor } else { minor }
    };
    lines_of(file).iter().filter(|line| moved(line)).map(signed).sum()
}

fn lines_of(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks at rest that the acquirer moved money once for each charge and each refund of a charge
/// that succeeded, never for anything else, and as much as the ledger says.
pub async fn assert_moved_once(client: &Client, journal: &Path) {
    let payments = client.listed("/api/v1/payments", "").await;
    let charges: Vec<&str> = payments
        .iter()
        .filter(|payment| payment["kind"] == "charge")
        .map(|payment| payment["id"].as_str().unwrap())
        .collect();
    let mut effects = effects_in(journal);
    for payment in &payments {
        let of_charge = payment["parent_id"].as_str().is_some_and(|id| charges.contains(&id));
        let asks = payment["kind"] == "charge" || of_charge;
        let succeeded = payment["status"] == "SUCCESS" || payment["status"] == "REVERSED";
        let id: Uuid = payment["id"].as_str().unwrap().parse().unwrap();
        let moved = effects.remove(&id).map_or(0, |effects| taken(&effects));
        assert_eq!(moved, usize::from(asks && succeeded), "money moved for {payment}");
    }
    assert!(effects.is_empty(), "asked about nothing of ours: {effects:?}");
    for totals in client.integrity().await["totals"].as_array().unwrap() {
        let currency = totals["currency"].as_str().unwrap();
        let posted = minor(&totals["acquirer"], currency);
        assert_eq!(-posted, balance_in(journal, currency), "{currency}");
    }
}
