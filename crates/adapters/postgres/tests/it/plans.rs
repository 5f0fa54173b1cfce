//! How the statements are run: along indexes, also when they were planned on empty tables.
#![allow(clippy::unwrap_used, reason = "a test's set-up fails the test")]
#![allow(clippy::disallowed_methods, reason = "a test needs ids that were never given")]

use crate::database::Database;
use chrono::DateTime;
use paygate_core::account::{
    Account, AccountNumber, AccountRef, Alias, NewWallet, Role, SystemAccount,
};
use paygate_core::book::Book;
use paygate_core::fx::{AppliedRate, Quote, Rate};
use paygate_core::id::{AccountId, CallerId, MerchantId, PaymentId, QuoteId};
use paygate_core::money::Currency;
use paygate_core::payment::{NewPayment, RequestHash};
use paygate_core::provider::{ClaimPolicy, Verdict, claim, settle};
use paygate_core::status::Kind;
use paygate_core::text::IdempotencyKey;
use paygate_core::work::{self, WorkPolicy};
use paygate_ports::{
    AccountQuery, AccountReader, AccountStore, DueStore, JournalReader, Opened, PaymentQuery,
    PaymentReader, PaymentStore, Quarantine, QuoteStore,
};
use paygate_postgres::PostgresStore;
use paygate_testkit::build;
use std::sync::Arc;
use uuid::Uuid;

/// Uses every statement that touches payments once, on tables that begin empty.
async fn use_everything(store: &PostgresStore) {
    let acquirer = Role::System(SystemAccount::Acquirer);
    let wanted =
        vec![build::new_account(acquirer, "USD"), build::merchant_account("default", "USD")];
    let accounts = store.open(wanted).await.unwrap();
    let payment =
        || build::new_payment(accounts[0].id, accounts[1].id, build::money("1.00", "USD"));
    let batch: Vec<_> = (0..20).map(|_| payment()).collect();
    let ids: Vec<PaymentId> = batch.iter().map(|payment| payment.id).collect();
    // A second time all of it is blocked, and has to be classified.
    store.accept(batch.clone()).await.unwrap();
    store.accept(batch).await.unwrap();

    store.ripen(std::time::Duration::ZERO, 100).await.unwrap();
    store.take_due(5).await.unwrap();
    store.oldest().await.unwrap();
    store.redelivered(ids.clone(), 3).await.unwrap();
    store.park(ids[0], "as the test wants it").await.unwrap();
    assert_eq!(store.parked(10).await.unwrap().len(), 1);
    store.unpark(ids[0]).await.unwrap();

    let policy = ClaimPolicy::default();
    let each = |decide: fn(&mut Book, PaymentId, &ClaimPolicy)| {
        let (ids, policy) = (ids.clone(), policy.clone());
        Arc::new(move |book: &mut Book| ids.iter().for_each(|id| decide(book, *id, &policy)))
    };
    let claims = each(|book, id, policy| claim(book, id, policy).unwrap());
    store.claim(ids.clone(), claims).await.unwrap();
    let settles = each(|book, id, policy| settle(book, id, 1, Verdict::Approved, policy).unwrap());
    assert_eq!(store.transact(ids.clone(), settles).await.unwrap().entries.len(), 20);

    store.payment(ids[0]).await.unwrap();
    store.timeline(ids[0]).await.unwrap();
    store.entries_of(ids[0]).await.unwrap();
    store.entries(None, 100).await.unwrap();
    let query = PaymentQuery {
        merchant: MerchantId::default(),
        status: None,
        kind: None,
        currency: None,
        parent: None,
        reference: None,
        created_after: None,
        created_before: None,
        limit: 5,
        cursor: None,
    };
    store.payments(query.clone()).await.unwrap();

    refund(store, ids[0], accounts[0].id, accounts[1].id).await;
    store.payments(PaymentQuery { parent: Some(ids[0]), ..query }).await.unwrap();
    store.by_key(&CallerId::default(), Kind::Charge, &key()).await.unwrap();
    read_accounts(store, accounts[1].clone()).await;
    store.keep(quote()).await.unwrap();
    store.quote(quote().id).await.unwrap().unwrap();
}

/// Refunds a settled charge, so that its original is locked with it.
async fn refund(store: &PostgresStore, of: PaymentId, acquirer: AccountId, merchant: AccountId) {
    let refund = NewPayment {
        kind: Kind::Refund,
        parent: Some(of),
        ..build::new_payment(merchant, acquirer, build::money("0.50", "USD"))
    };
    let id = refund.id;
    store.accept(vec![refund]).await.unwrap();
    let begin = move |book: &mut Book| work::process(book, id, &WorkPolicy::default()).unwrap();
    let changes = store.claim(vec![id], Arc::new(begin)).await.unwrap();
    assert_eq!(changes.payments.len(), 2, "the refund and what it refunds");
}

async fn read_accounts(store: &PostgresStore, merchant: Account) {
    let alias = Alias::parse("shop").unwrap();
    let names = vec![
        AccountRef::Id(merchant.id),
        AccountRef::Number(merchant.number),
        AccountRef::Alias(alias.clone()),
    ];
    let found = store.find(names).await.unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
    store.accounts(AccountQuery { limit: 5, ..AccountQuery::default() }).await.unwrap();
    let now = store.now().await.unwrap();
    let position = store.position_at(merchant.id, now).await.unwrap();
    assert_eq!(position.seq, 20);
    assert_eq!(store.lines(merchant.id, 3, 20, 5).await.unwrap().len(), 5);
    let wallet = NewWallet {
        id: AccountId(Uuid::now_v7()),
        number: AccountNumber::from_random(99),
        currency: merchant.currency,
        overdraft: false,
        name: None,
        alias: Some(alias),
        metadata: None,
        hash: RequestHash([7; 32]),
    };
    store.create(wallet.clone(), None).await.unwrap();
    assert!(matches!(store.create(wallet.clone(), None).await.unwrap(), Opened::Created(_)));
    store.close(wallet.id).await.unwrap().unwrap().unwrap();
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse("never-used").unwrap()
}

fn quote() -> Quote {
    let rate = Rate::one(Currency::parse("USD").unwrap());
    let at = DateTime::UNIX_EPOCH;
    let applied = AppliedRate { rate, source: "test".to_owned(), as_of: at };
    Quote { id: QuoteId(Uuid::from_u128(5)), applied, expires_at: at }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_that_grows_is_read_whole() {
    let Some(database) = Database::migrated().await else { return };
    let store = database.store();
    use_everything(&store).await;
    // A session hands its counts in when it ends.
    drop(store);
    let client = database.client().await;
    let counts = "SELECT relname::text, seq_scan, idx_scan FROM pg_stat_user_tables \
         WHERE relname IN ('payments', 'payment_transitions', 'journal_entries', 'postings')";
    let counts = paygate_testkit::store::eventually("the counts are there", async || {
        let rows = client.query(counts, &[]).await.unwrap();
        let counts: Vec<(String, i64, i64)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let used = counts.iter().any(|(name, _, index)| name == "payments" && *index > 20);
        used.then_some(counts)
    })
    .await;
    for (table, whole, _) in counts {
        assert_eq!(whole, 0, "{table}");
    }
}
