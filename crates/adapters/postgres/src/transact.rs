//! The transaction at the heart: lock, load a Book, let core decide, write what it changed.
//!
//! It runs in a task of its own: a caller that goes away can't leave it half done in a pooled
//! connection. The writes go out together, in one round trip.

use crate::PostgresStore;
use crate::error::{PgError, Remedy, check_affected};
use crate::pool::Connection;
use crate::rows::{
    AccountRow, AccountTypes, PaymentRow, PaymentTypes, account_columns, payment_columns,
};
use crate::statement::{Param, Sql, Statement, statement};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::account::Account;
use paygate_core::book::{Book, Changes};
use paygate_core::id::PaymentId;
use paygate_core::journal::{Entry, Posting};
use paygate_core::payment::{NewPayment, Payment};
use paygate_ports::{Accepted, Decide, PaymentStore, StoreError};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use uuid::Uuid;

/// How often a transaction is tried that loses against others.
const MAX_TRIES: u32 = 8;

struct LockPayments;
impl Sql for LockPayments {
    const TEXT: &'static str = concat!(
        "SELECT ",
        payment_columns!(),
        " FROM payments p WHERE p.id = ANY(?) ORDER BY p.id FOR NO KEY UPDATE"
    );
    type Row = PaymentTypes;
}

struct LockAccounts;
impl Sql for LockAccounts {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.id = ANY(?) ORDER BY a.id FOR NO KEY UPDATE"
    );
    type Row = AccountTypes;
}

struct Now;
impl Sql for Now {
    const TEXT: &'static str = "SELECT clock_timestamp()";
    type Row = Timestamptz;
}

struct UpdatePayments;
impl Sql for UpdatePayments {
    const TEXT: &'static str = "UPDATE payments p SET status = c.status, \
         failure_code = c.failure_code, failure_detail = c.failure_detail, \
         attempts = c.attempts, lease_until = c.lease_until, transitions = c.transitions, \
         updated_at = c.updated_at \
         FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::integer[], ?::timestamptz[], \
         ?::integer[], ?::timestamptz[]) AS c (id, status, failure_code, failure_detail, \
         attempts, lease_until, transitions, updated_at) WHERE p.id = c.id";
    type Row = ();
}

struct UpdateAccounts;
impl Sql for UpdateAccounts {
    const TEXT: &'static str = "UPDATE accounts a SET posted_minor = c.posted_minor, \
         held_minor = c.held_minor, last_seq = c.last_seq, last_entry_at = c.last_entry_at \
         FROM unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[]) \
         AS c (id, posted_minor, held_minor, last_seq, last_entry_at) WHERE a.id = c.id";
    type Row = ();
}

struct InsertTransitions;
impl Sql for InsertTransitions {
    const TEXT: &'static str = "INSERT INTO payment_transitions \
         (payment_id, seq, from_status, to_status, actor, reason, at) \
         SELECT * FROM unnest(?::uuid[], ?::integer[], ?::text[], ?::text[], ?::text[], ?::text[], \
         ?::timestamptz[])";
    type Row = ();
}

/// Transitions, entries and postings in one statement: each refers to the one before, and foreign
/// keys are checked when the statement ends.
struct InsertJournal;
impl Sql for InsertJournal {
    const TEXT: &'static str = "WITH transition AS (INSERT INTO payment_transitions \
         (payment_id, seq, from_status, to_status, actor, reason, at) \
         SELECT * FROM unnest(?::uuid[], ?::integer[], ?::text[], ?::text[], ?::text[], ?::text[], \
         ?::timestamptz[])), \
         entry AS (INSERT INTO journal_entries (payment_id, transition_seq, at) \
         SELECT * FROM unnest(?::uuid[], ?::integer[], ?::timestamptz[])) \
         INSERT INTO postings (account_id, account_seq, payment_id, transition_seq, amount_minor, \
         currency, balance_after_minor) \
         SELECT * FROM unnest(?::uuid[], ?::bigint[], ?::uuid[], ?::integer[], ?::bigint[], \
         ?::text[], ?::bigint[])";
    type Row = ();
}

struct UpsertDue;
impl Sql for UpsertDue {
    const TEXT: &'static str = "INSERT INTO due (payment_id, republish_at) \
         SELECT * FROM unnest(?::uuid[], ?::timestamptz[]) ON CONFLICT (payment_id) \
         DO UPDATE SET republish_at = excluded.republish_at, republished = 0";
    type Row = ();
}

#[async_trait]
impl PaymentStore for PostgresStore {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        self.accept_batch(batch).await
    }

    async fn transact(&self, ids: Vec<PaymentId>, decide: Decide) -> Result<Changes, StoreError> {
        self.in_own_task(ids, decide, Locked::WithAccounts).await
    }

    async fn transact_payments(
        &self,
        ids: Vec<PaymentId>,
        decide: Decide,
    ) -> Result<Changes, StoreError> {
        self.in_own_task(ids, decide, Locked::PaymentsOnly).await
    }
}

/// What a transaction locks and loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Locked {
    PaymentsOnly,
    WithAccounts,
}

impl PostgresStore {
    async fn in_own_task(
        &self,
        ids: Vec<PaymentId>,
        decide: Decide,
        locked: Locked,
    ) -> Result<Changes, StoreError> {
        if ids.is_empty() {
            return Ok(Changes::default());
        }
        let (store, ids) = (self.clone(), ids.into_iter().map(|id| id.0).collect::<Vec<_>>());
        let transaction =
            tokio::spawn(async move { store.transact_until_won(&ids, &decide, locked).await });
        transaction.await.unwrap_or_else(|error| match error.is_panic() {
            true => Err(StoreError::Refused("the transaction panicked".to_owned())),
            false => Err(StoreError::Unavailable("the process is stopping".to_owned())),
        })
    }

    /// Repeats a transaction that loses against others, a bounded number of times.
    async fn transact_until_won(
        &self,
        ids: &[Uuid],
        decide: &Decide,
        locked: Locked,
    ) -> Result<Changes, StoreError> {
        let mut tries = 1;
        loop {
            match self.transact_once(ids, decide, locked).await {
                Err(error) if error.remedy() == Remedy::Again && tries < MAX_TRIES => {
                    tracing::debug!(?error, tries, "a transaction is tried again");
                    metrics::counter!("paygate_transaction_retries_total").increment(1);
                    pause_before_retry(tries).await;
                    tries += 1;
                }
                result => return result.map_err(|error| self.pool.learn(error)),
            }
        }
    }

    async fn transact_once(
        &self,
        ids: &[Uuid],
        decide: &Decide,
        locked: Locked,
    ) -> Result<Changes, PgError> {
        let mut connection: Connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let book = load(connection, ids, locked).await?;
                let changes = decided(book, decide)?;
                write(connection, &changes).await?;
                Ok(changes)
            })
            .await
    }
}

/// Locks payments, then accounts, each by id; reads the time when all locks are held.
async fn load(
    connection: &AsyncPgConnection,
    ids: &[Uuid],
    locked: Locked,
) -> Result<Book, PgError> {
    let lock = statement::<LockPayments>([Param::Ids(ids.to_vec())]);
    let now = statement::<Now>([]);
    // What is joined here is sent together and run one after the other: the clock is read under
    // the locks.
    if locked == Locked::PaymentsOnly {
        let (rows, now) = tokio::try_join!(
            lock.load::<PaymentRow>(&mut &*connection),
            now.get_result::<DateTime<Utc>>(&mut &*connection)
        )?;
        return Ok(Book::new(now, payments(rows)?, Vec::new()));
    }
    let payments = payments(lock.load::<PaymentRow>(&mut &*connection).await?)?;
    let ids: BTreeSet<Uuid> =
        payments.iter().flat_map(|it| [it.source.0, it.destination.0]).collect();
    let lock = statement::<LockAccounts>([Param::Ids(ids.into_iter().collect())]);
    let (rows, now) = tokio::try_join!(
        lock.load::<AccountRow>(&mut &*connection),
        now.get_result::<DateTime<Utc>>(&mut &*connection)
    )?;
    let accounts = rows.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Book::new(now, payments, accounts))
}

fn payments(rows: Vec<PaymentRow>) -> Result<Vec<Payment>, PgError> {
    Ok(rows.into_iter().map(Payment::try_from).collect::<Result<_, _>>()?)
}

/// Lets core decide. A panic there is caught, so that the transaction ends in an orderly way.
fn decided(mut book: Book, decide: &Decide) -> Result<Changes, PgError> {
    let deciding = AssertUnwindSafe(|| {
        decide(&mut book);
        book
    });
    match catch_unwind(deciding) {
        Ok(book) => Ok(book.into_changes()),
        Err(_) => Err(StoreError::Refused("the decision panicked".to_owned()).into()),
    }
}

/// Writes the changes. The statements are independent of each other and go out together.
async fn write(connection: &AsyncPgConnection, changes: &Changes) -> Result<(), PgError> {
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
        let upsert = statement::<UpsertDue>([Param::Ids(ids), Param::Times(times)]);
        let affected = upsert.execute(&mut &*connection).await?;
        check_affected("due", changes.due.len(), affected)
    };
    tokio::try_join!(payments, accounts, journal, due)?;
    Ok(())
}

fn update_payments(changes: &Changes) -> Statement<UpdatePayments> {
    let rows = &changes.payments;
    let failure = |of: fn(&paygate_core::payment::Failure) -> &str| {
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
    let texts = |of: fn(&paygate_core::payment::Transition) -> &'static str| {
        Param::Texts(rows.iter().map(|row| of(row).to_owned()).collect())
    };
    vec![
        Param::Ids(rows.iter().map(|row| row.payment.0).collect()),
        Param::Ints(rows.iter().map(|row| row.seq).collect()),
        texts(|row| row.from.as_str()),
        texts(|row| row.to.as_str()),
        texts(|row| row.actor.as_str()),
        texts(|row| row.reason.as_str()),
        Param::Times(rows.iter().map(|row| row.at).collect()),
    ]
}

fn insert_journal(changes: &Changes) -> Statement<InsertJournal> {
    let entries = &changes.entries;
    let postings: Vec<(&Entry, &Posting)> = entries
        .iter()
        .flat_map(|entry| entry.postings.iter().map(move |posting| (entry, posting)))
        .collect();
    let numbers =
        |of: fn(&Posting) -> i64| Param::BigInts(postings.iter().map(|(_, it)| of(it)).collect());
    let mut params = transition_params(changes);
    params.extend([
        Param::Ids(entries.iter().map(|entry| entry.payment.0).collect()),
        Param::Ints(entries.iter().map(|entry| entry.transition_seq).collect()),
        Param::Times(entries.iter().map(|entry| entry.at).collect()),
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

/// Waits a little, longer each time and never the same, before a transaction is tried again.
pub(crate) async fn pause_before_retry(tries: u32) {
    // A fresh RandomState is keyed at random: jitter without a further dependency.
    let random = RandomState::new().build_hasher().finish();
    let most_ms = 5u64.saturating_mul(1 << tries.min(6));
    tokio::time::sleep(Duration::from_millis(1 + random % most_ms)).await;
}
