//! Telling the statements of a worker's batches from each other and from all else it asks.

use std::cmp::Reverse;

use crate::report;

const BEGIN: &str = "BEGIN";
/// Once in each batch that moves money.
const ONCE_A_BATCH: &str = "update accounts";
const CLOCK: &str = "read the clock";
/// How the last statement of a sweeper's look begins. Its first reads the clock, as a batch does.
const SWEEPER_LOOK: &str = "SELECT p.created_at FROM due";
/// So many of the other statements are named.
const NAMED: usize = 3;

/// How often each statement was called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    /// Those of the transactions on payments, in their order there.
    parts: Vec<(&'static str, u64)>,
    /// By their texts, the most frequent first.
    others: Vec<(String, u64)>,
}

impl Calls {
    /// From rows such as `12 COMMIT`; none if there was no batch.
    pub(crate) fn read(rows: &[String]) -> Option<Self> {
        let mut parts = PARTS.map(|(name, _)| (name, 0));
        let (mut others, mut looks) = (Vec::new(), 0);
        for (calls, text) in rows.iter().filter_map(|row| row.split_once(' ')) {
            let calls: u64 = calls.parse().ok()?;
            let place = PARTS.iter().position(|(_, is_it)| is_it(text));
            match place.and_then(|place| parts.get_mut(place)) {
                Some((_, sum)) => *sum += calls,
                None => others.push((text.to_owned(), calls)),
            }
            if text.starts_with(SWEEPER_LOOK) {
                looks += calls;
            }
        }
        others.sort_by_key(|(_, calls)| Reverse(*calls));
        for (name, calls) in &mut parts {
            if *name == CLOCK {
                *calls = calls.saturating_sub(looks);
            }
        }
        let calls =
            Self { parts: parts.into_iter().filter(|(_, calls)| *calls > 0).collect(), others };
        (calls.batches() > 0).then_some(calls)
    }

    /// How many batches moved money.
    pub(crate) fn batches(&self) -> u64 {
        self.times(ONCE_A_BATCH)
    }

    fn times(&self, part: &str) -> u64 {
        self.parts.iter().find(|(name, _)| *name == part).map_or(0, |(_, calls)| *calls)
    }

    /// How many transactions on payments there were.
    pub(crate) fn transactions(&self) -> u64 {
        self.times(BEGIN)
    }

    /// How many statements they had, all together.
    pub(crate) fn of_batches(&self) -> u64 {
        self.parts.iter().map(|(_, calls)| calls).sum()
    }

    /// What these were: `BEGIN 1.00, COMMIT 1.00`.
    pub(crate) fn parts_of_a_batch(&self) -> String {
        let each =
            |(name, calls): &(&str, u64)| format!("{name} {:.2}", share(*calls, self.batches()));
        self.parts.iter().map(each).collect::<Vec<_>>().join(", ")
    }

    /// How many more there were, and what the most frequent were.
    pub(crate) fn others(&self) -> String {
        let all = report::count(self.others.iter().map(|(_, calls)| calls).sum());
        let shortened = |text: &str| text.chars().take(30).collect::<String>();
        let named = self.others.iter().take(NAMED);
        let named = named
            .map(|(text, calls)| format!("{} `{}…`", report::count(*calls), shortened(text)))
            .collect::<Vec<_>>();
        if named.is_empty() { all } else { format!("{all}, most of all {}", named.join(", ")) }
    }
}

/// A name for the table, and what statements it is for.
type Part = (&'static str, fn(&str) -> bool);

/// What a transaction on payments consists of, in its order. All else is told beside: sweepers,
/// proofs of the ledger, new connections.
const PARTS: [Part; 9] = [
    (BEGIN, |text| text == "BEGIN"),
    ("lock payments", |text| locks(text, "payments")),
    ("lock accounts", |text| locks(text, "accounts")),
    (CLOCK, |text| text == "SELECT clock_timestamp()"),
    ("update payments", |text| text.starts_with("UPDATE payments ")),
    (ONCE_A_BATCH, |text| text.starts_with("UPDATE accounts ")),
    ("insert timelines and journal", inserts_journal),
    ("insert due", |text| text.starts_with("INSERT INTO due ")),
    ("COMMIT", |text| text == "COMMIT"),
];

fn locks(text: &str, table: &str) -> bool {
    text.starts_with("SELECT ")
        && text.contains(" FOR NO KEY UPDATE")
        && text.contains(&format!(" FROM {table} "))
}

/// Timelines, entries and postings, in one statement or in some.
fn inserts_journal(text: &str) -> bool {
    let is_write = text.starts_with("INSERT INTO ") || text.starts_with("WITH ");
    let tables = ["payment_transitions", "journal_entries", "postings"];
    is_write && tables.iter().any(|table| text.contains(&format!("INSERT INTO {table} ")))
}

/// How many there are for each batch.
pub(crate) fn share(number: u64, batches: u64) -> f64 {
    number as f64 / batches.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::Calls;

    fn rows(rows: &[(u64, &str)]) -> Vec<String> {
        rows.iter().map(|(calls, text)| format!("{calls} {text}")).collect()
    }

    #[test]
    fn statements_are_told_apart_and_shared_among_the_batches() {
        let rows = rows(&[
            (21, "COMMIT"),
            (20, "BEGIN"),
            (1, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            (
                20,
                "SELECT p.id FROM payments p WHERE p.id = ANY($1) ORDER BY p.id FOR NO KEY UPDATE",
            ),
            (20, "SELECT a.id FROM accounts a WHERE a.id IN ($1) FOR NO KEY UPDATE OF a"),
            (46, "SELECT clock_timestamp()"),
            (6, "SELECT p.created_at FROM due d CROSS JOIN LATERAL (SELECT 1) p"),
            (20, "UPDATE payments p SET status = c.status"),
            (20, "UPDATE accounts a SET posted_minor = c.posted_minor"),
            (20, "WITH transition AS (INSERT INTO payment_transitions (payment_id) SELECT $1)"),
            (9, "WITH page AS (SELECT id FROM payments WHERE id > $1) SELECT $2"),
            (
                2,
                "WITH l AS (SELECT id FROM payments FOR NO KEY UPDATE) UPDATE payments p SET x = 1",
            ),
        ]);
        let calls = Calls::read(&rows).unwrap();
        assert_eq!((calls.batches(), calls.transactions(), calls.of_batches()), (20, 20, 181));
        let each = "BEGIN 1.00, lock payments 1.00, lock accounts 1.00, read the clock 2.00, \
                    update payments 1.00, update accounts 1.00, insert timelines and journal 1.00, \
                    COMMIT 1.05";
        assert_eq!(calls.parts_of_a_batch(), each);
        assert_eq!(
            calls.others(),
            "18, most of all 9 `WITH page AS (SELECT id FROM p…`, \
             6 `SELECT p.created_at FROM due d…`, 2 `WITH l AS (SELECT id FROM paym…`"
        );
    }

    #[test]
    fn without_a_batch_nothing_is_told() {
        assert_eq!(Calls::read(&[]), None);
        assert_eq!(Calls::read(&rows(&[(3, "COMMIT")])), None);
        let alone = Calls::read(&rows(&[(3, "UPDATE accounts a SET x = 1")])).unwrap();
        assert_eq!(alone.others(), "0");
    }
}
