//! The transaction at the heart: lock, load a Book, let core decide, write what it changed.
//!
//! It runs in a task of its own: a caller that goes away can't leave it half done in a pooled
//! connection.

use crate::error::{PgError, Remedy};
use crate::payments::changes::write;
use crate::pool::Connection;
use crate::rows::{
    AccountRow, AccountTypes, PaymentRow, PaymentTypes, account_columns, payment_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use paygate_core::account::Account;
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::payment::{NewPayment, Payment};
use paygate_ports::{Accepted, Decide, PaymentStore, StoreError, Transacted};
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

/// With the liquidity accounts of these currencies.
struct LockLiquidity;
impl Sql for LockLiquidity {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.id IN (SELECT unnest(?::uuid[]) UNION \
         SELECT l.id FROM accounts l WHERE l.system_code = 'fx_liquidity' AND l.currency = ANY(?)) \
         ORDER BY a.id FOR NO KEY UPDATE OF a"
    );
    type Row = AccountTypes;
}

/// Not locked: what claims ask of these is right however old it is.
struct SeeAccounts;
impl Sql for SeeAccounts {
    const TEXT: &'static str =
        concat!("SELECT ", account_columns!(), " FROM accounts a WHERE a.id = ANY(?)");
    type Row = AccountTypes;
}

pub(crate) struct Now;
impl Sql for Now {
    const TEXT: &'static str = "SELECT clock_timestamp()";
    type Row = Timestamptz;
}

#[async_trait]
impl PaymentStore for PostgresStore {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        self.accept_batch(batch).await
    }

    async fn transact(
        &self,
        ids: Vec<PaymentId>,
        loads: Loads,
        decide: Decide,
    ) -> Result<Transacted, StoreError> {
        if ids.is_empty() {
            return Ok(Transacted::default());
        }
        let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
        let store = self.clone();
        self.spawned(
            async move { store.until_won(|| store.transact_once(&ids, loads, &decide)).await },
        )
        .await
    }
}

impl PostgresStore {
    /// Runs a transaction in a task of its own, so that a caller that goes away can't leave it half
    /// done in a pooled connection.
    pub(crate) async fn spawned<T: Send + 'static>(
        &self,
        transaction: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        tokio::spawn(transaction).await.unwrap_or_else(|error| match error.is_panic() {
            true => Err(StoreError::Refused("the transaction panicked".to_owned())),
            false => Err(StoreError::Unavailable("the process is stopping".to_owned())),
        })
    }

    /// Repeats a transaction that loses against others, a bounded number of times.
    pub(crate) async fn until_won<T, F>(&self, transaction: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, PgError>>,
    {
        let mut tries = 1;
        loop {
            match transaction().await {
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

    /// Begins anew with the payments that refunds among these refund, if there are any: all are
    /// locked in one order, and few batches have refunds, so the others pay nothing for it.
    async fn transact_once(
        &self,
        ids: &[Uuid],
        loads: Loads,
        decide: &Decide,
    ) -> Result<Transacted, PgError> {
        let mut connection: Connection = self.pool.get().await?;
        let mut ids = ids.to_vec();
        loop {
            let transaction = connection.transaction(async |connection| {
                let book = load(connection, &ids, loads).await?;
                let transacted = decided(book, decide)?;
                write(connection, &transacted.changes).await?;
                Ok(transacted)
            });
            match transaction.await {
                Err(PgError::NeedsParents(parents)) => ids.extend(parents),
                done => return done,
            }
        }
    }
}

/// Locks payments, then accounts, each by id; reads the time when all locks are held.
pub(crate) async fn load(
    connection: &AsyncPgConnection,
    ids: &[Uuid],
    loads: Loads,
) -> Result<Book, PgError> {
    let lock = statement::<LockPayments>([Param::Ids(ids.to_vec())]);
    let now = statement::<Now>([]);
    // What is joined here is sent together and run one after the other: the clock is read under
    // the locks.
    let (rows, time) = tokio::try_join!(
        lock.load::<PaymentRow>(&mut &*connection),
        now.get_result::<DateTime<Utc>>(&mut &*connection)
    )?;
    let payments = payments(rows)?;
    let parents = parents_left_out(&payments, ids);
    if !parents.is_empty() {
        return Err(PgError::NeedsParents(parents));
    }
    let movers = || payments.iter().filter(|payment| loads.locks_accounts_of(payment));
    let ids: BTreeSet<Uuid> = movers().flat_map(|it| [it.source.0, it.destination.0]).collect();
    let claimed = payments.iter().filter(|payment| loads.sees_accounts_of(payment));
    let seen: BTreeSet<Uuid> = claimed.flat_map(|it| [it.source.0, it.destination.0]).collect();
    let seen: Vec<Uuid> = seen.difference(&ids).copied().collect();
    if ids.is_empty() {
        let accounts = see_accounts(connection, seen).await?;
        return Ok(Book::new(time, payments, Vec::new()).seeing(accounts));
    }
    let converted = movers().filter(|it| it.debit.currency != it.credit.currency);
    let liquidity: BTreeSet<&str> =
        converted.flat_map(|it| [it.debit.currency.code(), it.credit.currency.code()]).collect();
    let liquidity: Vec<String> = liquidity.into_iter().map(str::to_owned).collect();
    let now = statement::<Now>([]);
    let (locked, time, seen) = tokio::try_join!(
        lock_accounts(connection, ids.into_iter().collect(), liquidity),
        async { Ok(now.get_result::<DateTime<Utc>>(&mut &*connection).await?) },
        see_accounts(connection, seen)
    )?;
    Ok(Book::new(time, payments, locked).seeing(seen))
}

async fn lock_accounts(
    connection: &AsyncPgConnection,
    ids: Vec<Uuid>,
    liquidity: Vec<String>,
) -> Result<Vec<Account>, PgError> {
    let ids = Param::Ids(ids);
    let rows = if liquidity.is_empty() {
        statement::<LockAccounts>([ids]).load::<AccountRow>(&mut &*connection).await?
    } else {
        let lock = statement::<LockLiquidity>([ids, Param::Texts(liquidity)]);
        lock.load::<AccountRow>(&mut &*connection).await?
    };
    accounts(rows)
}

/// Accounts as they stand, without a lock.
async fn see_accounts(
    connection: &AsyncPgConnection,
    ids: Vec<Uuid>,
) -> Result<Vec<Account>, PgError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let see = statement::<SeeAccounts>([Param::Ids(ids)]);
    accounts(see.load::<AccountRow>(&mut &*connection).await?)
}

/// The payments that refunds among these refund, as far as they were not asked for.
fn parents_left_out(payments: &[Payment], asked: &[Uuid]) -> Vec<Uuid> {
    let parents: BTreeSet<Uuid> =
        payments.iter().filter_map(|it| it.parent).map(|parent| parent.0).collect();
    parents.into_iter().filter(|parent| !asked.contains(parent)).collect()
}

fn payments(rows: Vec<PaymentRow>) -> Result<Vec<Payment>, PgError> {
    Ok(rows.into_iter().map(Payment::try_from).collect::<Result<_, _>>()?)
}

fn accounts(rows: Vec<AccountRow>) -> Result<Vec<Account>, PgError> {
    Ok(rows.into_iter().map(Account::try_from).collect::<Result<_, _>>()?)
}

/// Lets core decide. A panic there is caught, so that the transaction ends in an orderly way.
pub(crate) fn decided(mut book: Book, decide: &Decide) -> Result<Transacted, PgError> {
    let deciding = AssertUnwindSafe(|| {
        let verdicts = decide(&mut book);
        (book, verdicts)
    });
    match catch_unwind(deciding) {
        Ok((book, verdicts)) => Ok(Transacted { changes: book.into_changes(), verdicts }),
        Err(_) => Err(StoreError::Refused("the decision panicked".to_owned()).into()),
    }
}

/// Waits a little, longer each time and never the same, before a transaction is tried again.
pub(crate) async fn pause_before_retry(tries: u32) {
    // A fresh RandomState is keyed at random: jitter without a further dependency.
    let random = RandomState::new().build_hasher().finish();
    let most_ms = 5u64.saturating_mul(1 << tries.min(6));
    tokio::time::sleep(Duration::from_millis(1 + random % most_ms)).await;
}

crate::statement::statements!(LockPayments, LockAccounts, LockLiquidity, SeeAccounts, Now);
