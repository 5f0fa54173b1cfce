//! The payments, each with its timeline, its entries and what is known of its refunds.

use super::pages::{PAGE, unreadable};
use crate::error::PgError;
use crate::ledger::journal::{Line, LineTypes, entries};
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, TransitionRow, TransitionTypes,
    payment_columns, record, request_columns,
};
use crate::statement::{Param, Sql, statement};
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::id::PaymentId;
use paygate_core::journal::Entry;
use paygate_core::payment::Transition;
use paygate_core::proof::{Fact, PaymentFact, RefundSums, Scope};
use paygate_ports::Examiner;
use std::collections::HashMap;
use uuid::Uuid;

struct Page;
impl Sql for Page {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.id > ? ORDER BY p.id LIMIT ?"
    );
    type Row = (PaymentTypes, RequestTypes);
}

/// The payments that have new entries, and what new refunds refund.
struct OpenNew;
impl Sql for OpenNew {
    const TEXT: &'static str = "DECLARE moved NO SCROLL CURSOR FOR \
         WITH e AS MATERIALIZED (SELECT t.payment_id FROM payment_transitions t \
         WHERE t.at >= ? AND EXISTS (SELECT FROM postings l \
         WHERE l.payment_id = t.payment_id AND l.transition_seq = t.seq)) \
         SELECT payment_id FROM e UNION SELECT r.parent_id FROM e JOIN payments r \
         ON r.id = e.payment_id WHERE r.parent_id IS NOT NULL ORDER BY payment_id";
    type Row = ();
}

struct NextNew;
impl Sql for NextNew {
    const TEXT: &'static str = "FETCH 500 FROM moved";
    type Row = SqlUuid;
}

struct Some500;
impl Sql for Some500 {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        ", ",
        request_columns!(),
        " FROM payments p WHERE p.id = ANY(?) ORDER BY p.id"
    );
    type Row = (PaymentTypes, RequestTypes);
}

struct Timelines;
impl Sql for Timelines {
    const TEXT: &'static str = "SELECT payment_id, seq, from_status, to_status, actor, reason, at \
         FROM payment_transitions WHERE payment_id = ANY(?) ORDER BY payment_id, seq";
    type Row = TransitionTypes;
}

/// Entries: postings with the time of their step.
struct Postings;
impl Sql for Postings {
    const TEXT: &'static str = "SELECT l.payment_id, l.transition_seq, t.at, l.account_id, \
         l.account_seq, l.amount_minor, l.currency, l.balance_after_minor FROM postings l \
         JOIN payment_transitions t ON t.payment_id = l.payment_id AND t.seq = l.transition_seq \
         WHERE l.payment_id = ANY(?) ORDER BY l.payment_id, l.transition_seq, l.account_id";
    type Row = LineTypes;
}

struct Refunds;
impl Sql for Refunds {
    const TEXT: &'static str = "SELECT parent_id, \
         coalesce(sum(coalesce(credit_minor, amount_minor)) \
         FILTER (WHERE status = 'SUCCESS'), 0)::text, \
         coalesce(sum(coalesce(debit_minor, amount_minor)) \
         FILTER (WHERE status = 'SUCCESS'), 0)::text, \
         coalesce(sum(coalesce(credit_minor, amount_minor)) \
         FILTER (WHERE status IN ('PROCESSING', 'MANUAL_REVIEW')), 0)::text \
         FROM payments WHERE parent_id = ANY(?) GROUP BY parent_id";
    type Row = (SqlUuid, Text, Text, Text);
}

type RecordRow = (PaymentRow, RequestRow);

pub(super) async fn show(
    connection: &mut AsyncPgConnection,
    scope: Scope,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    if let Scope::Since(at) = scope {
        statement::<OpenNew>([Param::Time(at)]).execute(connection).await?;
    }
    let mut last = Uuid::nil();
    loop {
        let rows = match scope {
            Scope::Whole => {
                let page = statement::<Page>([Param::Id(last), Param::BigInt(PAGE)]);
                page.load::<RecordRow>(connection).await?
            }
            Scope::Since(_) => {
                let ids = statement::<NextNew>([]).load::<Uuid>(connection).await?;
                if ids.is_empty() {
                    return Ok(());
                }
                statement::<Some500>([Param::Ids(ids)]).load::<RecordRow>(connection).await?
            }
        };
        match (rows.last(), scope) {
            (Some((payment, _)), _) => last = payment.id(),
            (None, Scope::Whole) => return Ok(()),
            // Entries of payments that are not there.
            (None, Scope::Since(_)) => continue,
        }
        show_page(connection, rows, examiner).await?;
    }
}

async fn show_page(
    connection: &mut AsyncPgConnection,
    rows: Vec<RecordRow>,
    examiner: &mut dyn Examiner,
) -> Result<(), PgError> {
    let ids = || Param::Ids(rows.iter().map(|(payment, _)| payment.id()).collect());
    let transitions = statement::<Timelines>([ids()]).load::<TransitionRow>(connection).await?;
    let postings = statement::<Postings>([ids()]).load::<Line>(connection).await?;
    let refunds = statement::<Refunds>([ids()]);
    let refunds = refunds.load::<(Uuid, String, String, String)>(connection).await?;

    let mut timelines: HashMap<PaymentId, Vec<Transition>> = HashMap::new();
    for row in transitions {
        match Transition::try_from(row) {
            Ok(transition) => timelines.entry(transition.payment).or_default().push(transition),
            Err(error) => examiner.see(unreadable(error)),
        }
    }
    // A posting that names no step is told when its account is shown; so is one that can't be read.
    let mut journal: HashMap<PaymentId, Vec<Entry>> = HashMap::new();
    let readable = postings.into_iter().filter_map(|line| Some((line.posting().ok()?, line)));
    for entry in entries(readable) {
        journal.entry(entry.payment).or_default().push(entry);
    }
    let mut sums: HashMap<Uuid, RefundSums> = HashMap::new();
    for (id, refunded, taken_back, refunding) in refunds {
        let sum = |text: &str| text.parse().unwrap_or(i128::MAX);
        sums.insert(
            id,
            RefundSums {
                refunded_minor: sum(&refunded),
                taken_back_minor: sum(&taken_back),
                refunding_minor: sum(&refunding),
            },
        );
    }

    for row in rows {
        let id = row.0.id();
        examiner.see(match record(row) {
            Ok(record) => Fact::Payment(Box::new(PaymentFact {
                record,
                transitions: timelines.remove(&PaymentId(id)).unwrap_or_default(),
                entries: journal.remove(&PaymentId(id)).unwrap_or_default(),
                refunds: sums.remove(&id).unwrap_or_default(),
            })),
            Err(error) => unreadable(error),
        });
    }
    Ok(())
}

crate::statement::statements!(Page, OpenNew, NextNew, Some500, Timelines, Postings, Refunds);
