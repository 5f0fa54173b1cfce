//! `paygate` alone in a folder of its own: one process, a file, no servers.

use crate::acquirer::{effects_in, taken};
use crate::client::{Client, expected_status};
use crate::load::Accepted;
use crate::process::{Environment, Folder, Process, Program, assert_proves, environment};
use paygate_core::Timestamp;
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::ManualClock;
use paygate_testkit::store::check_ledger;
use std::path::PathBuf;
use std::sync::Arc;

/// A folder and an environment that `paygate` is started in, again and again.
pub struct House {
    pub folder: Folder,
    pub environment: Environment,
}

impl House {
    /// An empty folder, a free port, and these variables besides.
    pub fn new(variables: &[(&'static str, &str)]) -> Self {
        let mut environment = environment(variables);
        environment.insert("PORT", "0".to_owned());
        Self { folder: Folder::new(), environment }
    }

    /// Little patience with what was lost, so that a test need not wait for it.
    pub fn impatient(variables: &[(&'static str, &str)]) -> Self {
        let mut house = Self::new(&[
            ("ACQUIRER_TIMEOUT", "500ms"),
            ("CLAIM_LEASE", "2s"),
            ("SWEEP_AFTER", "500ms"),
            ("SWEEP_INTERVAL", "100ms"),
            ("SHUTDOWN_TIMEOUT", "10s"),
        ]);
        house.environment.extend(environment(variables));
        house
    }

    pub async fn open(&self) -> (Process, Client) {
        let path = self.folder.path();
        let mut process = Process::start(Program::Paygate, &[], &self.environment, path);
        let url = process.url("Paygate listens on").await;
        (process, Client::new(&url))
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("paygate-acquirer.jsonl")
    }

    /// Checks all that must be true when nothing runs and everything has settled: the ledger, and
    /// that the acquirer took money once for each SUCCESS and for nothing else.
    pub async fn assert_invariants(&self, accepted: &[Accepted]) {
        self.assert_ledger_holds().await;
        let effects = effects_in(&self.journal());
        for payment in accepted {
            let taken = effects.get(&payment.id).map_or(0, |effects| taken(effects));
            let expected = usize::from(expected_status(payment.minor) == "SUCCESS");
            assert_eq!(taken, expected, "money taken for {payment:?}");
        }
        let most = effects.values().map(|effects| taken(effects)).max().unwrap_or(0);
        assert!(most <= 1, "money was taken {most} times for one payment");
    }

    /// Recomputes the whole ledger from the file itself.
    pub async fn assert_ledger_holds(&self) {
        let store = self.store();
        check_ledger(&store, &store, &store).await;
    }

    /// The file itself, past the processes.
    pub fn store(&self) -> SqliteStore {
        let file = SqliteConfig::file(self.folder.path().join("paygate.db"));
        let clock = Arc::new(ManualClock::new(Timestamp::default()));
        SqliteStore::open(file, clock).unwrap()
    }

    /// `paygate prove` finds nothing.
    pub async fn proves(&self) {
        assert_proves(&self.environment, &self.folder).await;
    }
}
