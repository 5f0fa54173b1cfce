//! The tables past the ports: to look at rows between the turns of others, and to break them.

use super::app::Rig;
use super::store::key;
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::status::Status;
use paygate_testkit::at_once;
use std::fmt::Display;
use std::str::FromStr;

/// What tests ask of the tables where no port tells it, and what they do to them behind everybody's
/// back.
impl Rig {
    /// Runs SQL that must succeed.
    pub fn run(&self, sql: impl Display) {
        let sql = sql.to_string();
        let done = at_once(self.store.inner().run_raw(sql.clone()));
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The value that SQL finds.
    pub fn value<T: FromStr>(&self, sql: &str) -> Option<T> {
        let found = at_once(self.store.inner().read_raw(sql.to_owned()));
        let text = found.unwrap_or_else(|error| panic!("{sql}: {error}"))?;
        Some(text.parse().ok().unwrap_or_else(|| panic!("{sql}: {text}")))
    }

    /// How many rows of a table are like that.
    pub fn rows(&self, of: &str) -> usize {
        self.value(&format!("SELECT count(*) FROM {of}")).unwrap()
    }

    /// How many payments there are.
    pub fn payments(&self) -> usize {
        self.rows("payments")
    }

    /// How many payments are in that state.
    pub fn count(&self, status: Status) -> usize {
        self.rows(&format!("payments WHERE status = '{}'", status.as_str()))
    }

    /// Whether all of these are in that state.
    pub fn all(&self, ids: &[PaymentId], status: Status) -> bool {
        let keys: Vec<String> = ids.iter().map(|id| key(id.0)).collect();
        let (keys, status) = (keys.join(","), status.as_str());
        self.rows(&format!("payments WHERE status = '{status}' AND id IN ({keys})")) == ids.len()
    }

    /// How many payments wait for a worker, and are neither due nor watched.
    pub fn forgotten(&self) -> usize {
        self.rows(
            "payments WHERE status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') \
             AND parked_at IS NULL AND id NOT IN (SELECT payment_id FROM due) \
             AND hex(id) NOT IN (SELECT upper(value) FROM watches, json_each(payment_ids))",
        )
    }

    /// Changes columns of a payment.
    pub fn set_payment(&self, id: PaymentId, columns: &str) {
        self.run(format!("UPDATE payments SET {columns} WHERE id = {}", key(id.0)));
    }

    /// Changes columns of an account.
    pub fn set_account(&self, id: AccountId, columns: &str) {
        self.run(format!("UPDATE accounts SET {columns} WHERE id = {}", key(id.0)));
    }

    /// When a payment is due, if it is.
    pub fn due_at(&self, id: PaymentId) -> Option<Timestamp> {
        let at =
            self.value(&format!("SELECT republish_at FROM due WHERE payment_id = {}", key(id.0)));
        at.map(|micros| Timestamp::from_timestamp_micros(micros).unwrap())
    }

    /// The oldest payment.
    pub fn oldest(&self) -> PaymentId {
        PaymentId(self.value("SELECT lower(hex(min(id))) FROM payments").unwrap())
    }

    /// The newest payment.
    pub fn newest(&self) -> PaymentId {
        PaymentId(self.value("SELECT lower(hex(max(id))) FROM payments").unwrap())
    }

    /// From now on the database stores no payment of that amount.
    pub fn refuse_amount(&self, minor: i64) {
        self.run(format!(
            "CREATE TRIGGER refused BEFORE INSERT ON payments WHEN NEW.amount_minor = {minor} \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        ));
    }

    /// From now on the database moves no payment that is like that into another state.
    pub fn refuse_moves(&self, like: &str, why: &str) {
        self.run(format!(
            "CREATE TRIGGER unmoved BEFORE UPDATE OF status ON payments \
             WHEN NEW.status <> OLD.status AND {like} BEGIN SELECT RAISE(ABORT, '{why}'); END"
        ));
    }

    /// Makes a payment's row unreadable: no currency has that code.
    pub fn corrupt(&self, id: PaymentId) {
        self.set_payment(id, "currency = 'QQQ'");
    }

    /// Makes the row of a payment in dollars readable again.
    pub fn mend(&self, id: PaymentId) {
        self.set_payment(id, "currency = 'USD'");
    }
}
