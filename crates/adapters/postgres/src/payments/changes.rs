//! Writing what a decision changed: a number of statements that does not depend on how much it is,
//! sent together in one round trip. Each must touch every row it is meant for.
//!
//! Arrays are taken apart in the SELECT's own list: as `FROM unnest(…)` each would be kept whole first.

use crate::error::{PgError, check_affected};
use crate::statement::{Param, Sql, Statement, statement};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::account::Account;
use paygate_core::book::Changes;
use paygate_core::journal::{Entry, Posting};
use paygate_core::payment::{Failure, Payment, Transition};

struct UpdatePayments;
impl Sql for UpdatePayments {
    const TEXT: &'static str = "UPDATE payments p SET status = c.status, \
         failure_code = c.failure_code, failure_detail = c.failure_detail, \
         attempts = c.attempts, lease_until = c.lease_until, transitions = c.transitions, \
         updated_at = c.updated_at, \
         debit_minor = CASE WHEN p.debit_minor IS NOT NULL THEN c.debit_minor END, \
         captured_minor = c.captured_minor, refunded_minor = c.refunded_minor, \
         refunding_minor = c.refunding_minor, expires_at = c.expires_at \
         FROM (SELECT unnest(?::uuid[]) AS id, unnest(?::text[]) AS status, \
         unnest(?::text[]) AS failure_code, unnest(?::text[]) AS failure_detail, \
         unnest(?::integer[]) AS attempts, unnest(?::timestamptz[]) AS lease_until, \
         unnest(?::integer[]) AS transitions, unnest(?::timestamptz[]) AS updated_at, \
         unnest(?::bigint[]) AS debit_minor, unnest(?::bigint[]) AS captured_minor, \
         unnest(?::bigint[]) AS refunded_minor, unnest(?::bigint[]) AS refunding_minor, \
         unnest(?::timestamptz[]) AS expires_at) AS c WHERE p.id = c.id";
    type Row = ();
}

struct UpdateAccounts;
impl Sql for UpdateAccounts {
    const TEXT: &'static str = "UPDATE accounts a SET posted_minor = c.posted_minor, \
         held_minor = c.held_minor, last_seq = c.last_seq, last_entry_at = c.last_entry_at \
         FROM (SELECT unnest(?::uuid[]) AS id, unnest(?::bigint[]) AS posted_minor, \
         unnest(?::bigint[]) AS held_minor, unnest(?::bigint[]) AS last_seq, \
         unnest(?::timestamptz[]) AS last_entry_at) AS c WHERE a.id = c.id";
    type Row = ();
}

macro_rules! insert_transitions {
    () => {
        "INSERT INTO payment_transitions \
         (payment_id, seq, from_status, to_status, actor, reason, at) \
         SELECT unnest(?::uuid[]), unnest(?::integer[]), unnest(?::text[]), unnest(?::text[]), \
         unnest(?::text[]), unnest(?::text[]), unnest(?::timestamptz[])"
    };
}

struct InsertTransitions;
impl Sql for InsertTransitions {
    const TEXT: &'static str = insert_transitions!();
    type Row = ();
}

/// Transitions and postings in one statement: the ones refer to the others, which is looked at when the
/// statement ends.
struct InsertJournal;
impl Sql for InsertJournal {
    const TEXT: &'static str = concat!(
        "WITH transition AS (",
        insert_transitions!(),
        ") INSERT INTO postings (account_id, account_seq, payment_id, transition_seq, amount_minor, \
         currency, balance_after_minor) \
         SELECT unnest(?::uuid[]), unnest(?::bigint[]), unnest(?::uuid[]), unnest(?::integer[]), \
         unnest(?::bigint[]), unnest(?::text[]), unnest(?::bigint[])"
    );
    type Row = ();
}

struct UpsertDue;
impl Sql for UpsertDue {
    const TEXT: &'static str = "INSERT INTO due (payment_id, republish_at, accepted_at) \
         SELECT unnest(?::uuid[]), unnest(?::timestamptz[]), unnest(?::timestamptz[]) \
         ON CONFLICT (payment_id) DO UPDATE SET republish_at = excluded.republish_at, \
         accepted_at = excluded.accepted_at, republished = 0";
    type Row = ();
}

struct ForgetDue;
impl Sql for ForgetDue {
    const TEXT: &'static str = "DELETE FROM due WHERE payment_id = ANY(?)";
    type Row = ();
}

/// Writes the changes. The statements are independent of each other and go out together.
pub(crate) async fn write(
    connection: &AsyncPgConnection,
    changes: &Changes,
) -> Result<(), PgError> {
    let payments = async {
        if changes.payments.is_empty() {
            return Ok(());
        }
        let affected = update_payments(changes).execute(&mut &*connection).await?;
        check_affected("payments", changes.payments.len(), affected)
    };
    let accounts = async {
        if changes.accounts.is_empty() {
            return Ok(());
        }
        let affected = update_accounts(changes).execute(&mut &*connection).await?;
        check_affected("accounts", changes.accounts.len(), affected)
    };
    let journal = async {
        if changes.transitions.is_empty() {
            return Ok(());
        }
        if changes.entries.is_empty() {
            let insert = statement::<InsertTransitions>(transition_params(changes));
            let affected = insert.execute(&mut &*connection).await?;
            return check_affected("payment_transitions", changes.transitions.len(), affected);
        }
        let postings = changes.entries.iter().map(|entry| entry.postings.len()).sum();
        let affected = insert_journal(changes).execute(&mut &*connection).await?;
        check_affected("postings", postings, affected)
    };
    let due = async {
        if changes.due.is_empty() {
            return Ok(());
        }
        let ids = changes.due.iter().map(|(id, _)| id.0).collect();
        let times = changes.due.iter().map(|(_, at)| *at).collect();
        let since = changes.due.iter().map(|(id, _)| changes.waiting_since(*id)).collect();
        let upsert = statement::<UpsertDue>([
            Param::Ids(ids),
            Param::Times(times),
            Param::MaybeTimes(since),
        ]);
        let affected = upsert.execute(&mut &*connection).await?;
        check_affected("due", changes.due.len(), affected)
    };
    let ended = changes.no_longer_due();
    let forgotten = async {
        if !ended.is_empty() {
            let ids = Param::Ids(ended.iter().map(|id| id.0).collect());
            statement::<ForgetDue>([ids]).execute(&mut &*connection).await?;
        }
        Ok(())
    };
    tokio::try_join!(payments, accounts, journal, due, forgotten)?;
    Ok(())
}

fn update_payments(changes: &Changes) -> Statement<UpdatePayments> {
    let rows = &changes.payments;
    let failure = |of: fn(&Failure) -> &str| {
        let text = |row: &Payment| row.failure.as_ref().map(|failure| of(failure).to_owned());
        Param::MaybeTexts(rows.iter().map(text).collect())
    };
    statement([
        Param::Ids(rows.iter().map(|row| row.id.0).collect()),
        Param::Texts(rows.iter().map(|row| row.status.as_str().to_owned()).collect()),
        failure(|failure| failure.code.as_str()),
        failure(|failure| &failure.detail),
        Param::Ints(rows.iter().map(|row| row.attempts).collect()),
        Param::MaybeTimes(rows.iter().map(|row| row.lease_until).collect()),
        Param::Ints(rows.iter().map(|row| row.transitions).collect()),
        Param::Times(rows.iter().map(|row| row.updated_at).collect()),
        Param::BigInts(rows.iter().map(|row| row.debit.minor).collect()),
        Param::MaybeBigInts(rows.iter().map(|row| row.captured_minor).collect()),
        Param::BigInts(rows.iter().map(|row| row.refunded_minor).collect()),
        Param::BigInts(rows.iter().map(|row| row.refunding_minor).collect()),
        Param::MaybeTimes(rows.iter().map(|row| row.expires_at).collect()),
    ])
}

fn update_accounts(changes: &Changes) -> Statement<UpdateAccounts> {
    let rows = &changes.accounts;
    let numbers = |of: fn(&Account) -> i64| Param::BigInts(rows.iter().map(of).collect());
    statement([
        Param::Ids(rows.iter().map(|row| row.id.0).collect()),
        numbers(|row| row.posted_minor),
        numbers(|row| row.held_minor),
        numbers(|row| row.last_seq),
        Param::MaybeTimes(rows.iter().map(|row| row.last_entry_at).collect()),
    ])
}

fn transition_params(changes: &Changes) -> Vec<Param> {
    let rows = &changes.transitions;
    let texts = |of: fn(&Transition) -> &'static str| {
        Param::Texts(rows.iter().map(|row| of(row).to_owned()).collect())
    };
    vec![
        Param::Ids(rows.iter().map(|row| row.payment.0).collect()),
        Param::Ints(rows.iter().map(|row| row.seq).collect()),
        texts(|row| row.from.as_str()),
        texts(|row| row.to.as_str()),
        Param::Texts(rows.iter().map(|row| row.actor.to_string()).collect()),
        texts(|row| row.reason.as_str()),
        Param::Times(rows.iter().map(|row| row.at).collect()),
    ]
}

fn insert_journal(changes: &Changes) -> Statement<InsertJournal> {
    let postings: Vec<(&Entry, &Posting)> = changes
        .entries
        .iter()
        .flat_map(|entry| entry.postings.iter().map(move |posting| (entry, posting)))
        .collect();
    let numbers =
        |of: fn(&Posting) -> i64| Param::BigInts(postings.iter().map(|(_, it)| of(it)).collect());
    let mut params = transition_params(changes);
    params.extend([
        Param::Ids(postings.iter().map(|(_, it)| it.account.0).collect()),
        numbers(|it| it.account_seq),
        Param::Ids(postings.iter().map(|(entry, _)| entry.payment.0).collect()),
        Param::Ints(postings.iter().map(|(entry, _)| entry.transition_seq).collect()),
        numbers(|it| it.amount.minor),
        Param::Texts(postings.iter().map(|(_, it)| it.amount.currency.code().into()).collect()),
        numbers(|it| it.balance_after_minor),
    ]);
    statement(params)
}

crate::statement::statements!(
    UpdatePayments,
    UpdateAccounts,
    InsertTransitions,
    InsertJournal,
    UpsertDue,
    ForgetDue
);
