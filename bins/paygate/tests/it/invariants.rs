//! What must be true of a stack at rest, whatever happened to it.

use crate::client::expected_status;
use crate::load::Accepted;
use crate::stack::Stack;
use crate::wait::SWEEPERS_PATIENCE;
use paygate_postgres::{PostgresConfig, PostgresStore};
use paygate_testkit::store::check_ledger;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Counted in the database itself, past all code of ours; each must be 0.
const VIOLATIONS: &[(&str, &str)] = &[
    (
        "currencies whose entries do not sum to zero",
        "SELECT count(*) FROM (SELECT FROM postings GROUP BY currency \
         HAVING sum(amount_minor) <> 0) AS it",
    ),
    (
        "entries that do not sum to zero",
        "SELECT count(*) FROM (SELECT FROM postings GROUP BY payment_id, currency \
         HAVING sum(amount_minor) <> 0) AS it",
    ),
    (
        "payments with another number of entries than one if money moved and none otherwise",
        "SELECT count(*) FROM payments p WHERE (p.status IN ('SUCCESS', 'REVERSED'))::int <> \
         (SELECT count(DISTINCT transition_seq) FROM postings t WHERE t.payment_id = p.id)",
    ),
    (
        "payments whose debit did not leave the source",
        "SELECT count(*) FROM payments p WHERE p.status IN ('SUCCESS', 'REVERSED') AND \
         -coalesce(p.captured_minor, p.debit_minor, p.amount_minor) <> \
         (SELECT coalesce(sum(t.amount_minor), 0) FROM postings t \
         WHERE t.payment_id = p.id AND t.account_id = p.source_id)",
    ),
    (
        "payments whose credit did not reach the destination",
        "SELECT count(*) FROM payments p WHERE p.status IN ('SUCCESS', 'REVERSED') AND \
         CASE WHEN p.debit_minor IS NULL THEN coalesce(p.captured_minor, p.amount_minor) \
         WHEN p.captured_minor IS NULL THEN p.credit_minor \
         ELSE div(p.credit_minor::numeric * p.captured_minor, p.debit_minor) END <> \
         (SELECT coalesce(sum(t.amount_minor), 0) FROM postings t \
         WHERE t.payment_id = p.id AND t.account_id = p.destination_id)",
    ),
    (
        "payments that were refunded by something else than their refunds",
        "SELECT count(*) FROM payments p WHERE p.refunded_minor <> \
         (SELECT coalesce(sum(r.amount_minor), 0) FROM payments r \
         WHERE r.parent_id = p.id AND r.status = 'SUCCESS')",
    ),
    (
        "accounts that do not have the sum of their postings",
        "SELECT count(*) FROM accounts a WHERE a.posted_minor <> \
         (SELECT coalesce(sum(amount_minor), 0) FROM postings p WHERE p.account_id = a.id)",
    ),
    (
        "accounts that do not hold what is authorized",
        "SELECT count(*) FROM accounts a WHERE a.held_minor <> \
         (SELECT coalesce(sum(coalesce(debit_minor, amount_minor)), 0) FROM payments p \
         WHERE p.source_id = a.id AND p.status = 'AUTHORIZED')",
    ),
    (
        "accounts with a gap in their sequence",
        "SELECT count(*) FROM accounts a WHERE (a.last_seq, a.last_seq) IS DISTINCT FROM \
         (SELECT (coalesce(max(account_seq), 0), count(*)) FROM postings p \
         WHERE p.account_id = a.id)",
    ),
    (
        "running balances that are not the sum so far",
        "SELECT count(*) FROM (SELECT balance_after_minor, sum(amount_minor) OVER \
         (PARTITION BY account_id ORDER BY account_seq) AS balance FROM postings) AS it \
         WHERE balance_after_minor <> balance",
    ),
    (
        "timelines that do not lead from PENDING to the payment's status",
        "SELECT count(*) FROM payments p WHERE p.status <> coalesce((SELECT to_status \
         FROM payment_transitions t WHERE t.payment_id = p.id ORDER BY seq DESC LIMIT 1), \
         'PENDING') OR EXISTS (SELECT FROM (SELECT from_status, lag(to_status, 1, 'PENDING') \
         OVER (ORDER BY seq) AS before FROM payment_transitions t WHERE t.payment_id = p.id) \
         AS it WHERE from_status <> before)",
    ),
];

/// Waits until no payment is on its way, then checks that each payment answered with 201 is there
/// and where its amount leads, that the ledger holds, and that the acquirer took money once for
/// each SUCCESS and for nothing else. Other payments than `accepted` may be there: those whose
/// answer was lost.
pub async fn assert_invariants(stack: &Stack, accepted: &[Accepted]) {
    stack.all_rest(SWEEPERS_PATIENCE).await;
    let sql = "SELECT id::text, reference, amount_minor, status FROM payments";
    let rows = stack.database.query(sql, &[]).await;
    let stored: BTreeMap<Uuid, (String, i64, String)> = rows
        .iter()
        .map(|row| {
            let id = row.get::<_, String>(0);
            (id.parse().unwrap(), (row.get(1), row.get(2), row.get(3)))
        })
        .collect();
    for payment in accepted {
        let found = stored.get(&payment.id).unwrap_or_else(|| panic!("{payment:?} is lost"));
        assert_eq!((&found.0, found.1), (&payment.reference, payment.minor));
    }
    let mut successes = 0;
    for (id, (reference, minor, status)) in &stored {
        assert_eq!(status, expected_status(*minor), "{id}, {reference} over {minor}");
        let (_, effects) = stack.asked(*id).await;
        assert_eq!(effects, u64::from(status == "SUCCESS"), "money taken for {id} in {status}");
        successes += effects;
    }
    let totals = stack.acquirer.get("/v1/journal").await.json();
    assert_eq!(totals["effects"].as_u64(), Some(successes), "money taken for nothing of ours");

    assert_rows_hold(stack).await;
}

/// Checks what must be true of the rows at rest, whatever was asked for.
pub async fn assert_rows_hold(stack: &Stack) {
    for (what, sql) in VIOLATIONS {
        assert_eq!(stack.database.number(sql).await, 0, "{what}");
    }
    let store = PostgresStore::new(PostgresConfig::new(stack.database.url())).unwrap();
    check_ledger(&store, &store, &store).await;
}
