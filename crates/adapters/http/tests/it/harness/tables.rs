//! The tables past the ports: what the store was asked, what is in it, and what is broken there.

use super::app::Harness;
use paygate_core::id::{AccountId, PaymentId};
use paygate_ports::{PaymentQuery, StoreError};
use paygate_testkit::at_once;
use paygate_testkit::faults::{Asked, Method};
use std::fmt::Display;
use std::str::FromStr;
use uuid::Uuid;

fn key(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}

impl Harness {
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

    /// The newest payment.
    pub fn newest(&self) -> PaymentId {
        PaymentId(self.value("SELECT lower(hex(max(id))) FROM payments").unwrap())
    }

    /// Changes columns of a payment behind everybody's back.
    pub fn set_payment(&self, id: PaymentId, columns: &str) {
        self.run(format!("UPDATE payments SET {columns} WHERE id = {}", key(id.0)));
    }

    /// Changes columns of an account behind everybody's back.
    pub fn set_account(&self, id: AccountId, columns: &str) {
        self.run(format!("UPDATE accounts SET {columns} WHERE id = {}", key(id.0)));
    }

    /// The database stores no payment any more, and says why.
    pub fn refuse_payments(&self, why: &str) {
        self.run(format!(
            "CREATE TRIGGER refused BEFORE INSERT ON payments \
             BEGIN SELECT RAISE(ABORT, '{why}'); END"
        ));
    }

    /// Every call of the store fails like this, until the faults are lifted.
    pub fn fail_with(&self, error: StoreError) {
        self.faults.lift();
        self.faults.on_all().always().fails_before_with(error);
    }

    /// How many lines of statements were asked for at once, call by call.
    pub fn pages(&self) -> Vec<u32> {
        let limit = |asked| match asked {
            Asked::AtMost(limit) => limit,
            other => panic!("not a page of lines: {other:?}"),
        };
        self.faults.calls(Method::Lines).into_iter().map(|call| limit(call.asked)).collect()
    }

    /// What a list was last asked for.
    pub fn last_query(&self) -> PaymentQuery {
        match self.faults.calls(Method::Payments).pop().unwrap().asked {
            Asked::Query(query) => query,
            other => panic!("no query: {other:?}"),
        }
    }
}
