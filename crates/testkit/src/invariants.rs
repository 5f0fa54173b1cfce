//! What must be true of a store after every test, whatever the test did.

use chrono::TimeDelta;
use paygate_core::proof::{Fact, Proof, Scope};
use paygate_ports::{Audit, Examiner};

/// Fails unless the whole ledger holds, by the same proof that operators run.
///
/// # Panics
/// When a row breaks a rule.
pub async fn assert_proven(audit: &dyn Audit) {
    let mut found = Vec::new();
    let summary = {
        let report = |violation| found.push(violation);
        let mut seeing = Seeing(Proof::new(Scope::Whole, TimeDelta::MAX, report));
        audit.examine(Scope::Whole, &mut seeing).await.unwrap();
        seeing.0.finish()
    };
    assert_eq!(found, [], "{summary:?}");
}

struct Seeing<'a>(Proof<'a>);

impl Examiner for Seeing<'_> {
    fn see(&mut self, fact: Fact) {
        self.0.see(fact);
    }
}
