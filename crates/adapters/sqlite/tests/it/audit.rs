//! What an audit shows of a ledger that its database would not have let become like this.

use crate::support::{SystemClock, TempDir, connect, under_test};
use diesel::connection::SimpleConnection;
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::proof::{Fact, RefundSums, Scope};
use paygate_ports::silent;
use paygate_ports::{Audit, Examiner};
use paygate_sqlite::{SqliteConfig, SqliteStore};
use paygate_testkit::build::{Pair, open_usd_pair};
use paygate_testkit::store::StoreUnderTest;
use std::sync::Arc;

#[derive(Default)]
struct Collected(Vec<Fact>);

impl Examiner for Collected {
    fn see(&mut self, fact: Fact) {
        self.0.push(fact);
    }
}

async fn facts(store: &StoreUnderTest) -> Vec<Fact> {
    let mut collected = Collected::default();
    store.audit.examine(Scope::Whole, &mut collected).await.unwrap();
    collected.0
}

fn fact_of(facts: &[Fact], id: PaymentId) -> &paygate_core::proof::PaymentFact {
    let of = facts.iter().find_map(|fact| match fact {
        Fact::Payment(fact) if fact.record.payment.id == id => Some(fact),
        _ => None,
    });
    of.unwrap()
}

fn held(facts: &[Fact], id: AccountId) -> Option<i128> {
    let of = facts.iter().find_map(|fact| match fact {
        Fact::Account { account, held_minor, .. } if account.id == id => Some(*held_minor),
        _ => None,
    });
    of.unwrap()
}

async fn settle_first(store: &StoreUnderTest, pair: &Pair) -> [PaymentId; 3] {
    let charges = pair.charges(3);
    let ids = [charges[0].id, charges[1].id, charges[2].id];
    store.payments.accept(charges).await.unwrap();
    let approve = move |book: &mut paygate_core::book::Book| {
        use paygate_core::provider::{ClaimPolicy, Verdict, settle};
        settle(book, ids[0], 1, Verdict::Approved, &ClaimPolicy::default()).unwrap();
    };
    store.payments.transact(ids.to_vec(), Loads::Accounts, silent(approve)).await.unwrap();
    ids
}

#[tokio::test]
async fn what_hangs_together_with_nothing_is_shown() {
    let folder = TempDir::new();
    let file = folder.file("p.db");
    let store = SqliteStore::open(SqliteConfig::file(&file), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let store = under_test(store, Box::new(()));
    let pair = open_usd_pair(&store).await;
    let ids = settle_first(&store, &pair).await;
    let (second, third) = ((store.id_literal)(ids[1].0), (store.id_literal)(ids[2].0));
    let merchant = (store.id_literal)(pair.merchant.id.0);
    let broken = format!(
        "PRAGMA foreign_keys = OFF; DROP TRIGGER journal_entries_balance; \
         INSERT INTO postings VALUES ({merchant}, 2, {second}, 1, 5, 'USD', 105); \
         INSERT INTO postings VALUES ({merchant}, 3, {second}, 2, 5, 'QQQ', 110); \
         INSERT INTO journal_entries VALUES ({third}, 1, 5); \
         INSERT INTO journal_entries VALUES ({third}, 2, 9223372036854775807)"
    );
    connect(&file).batch_execute(&broken).unwrap();

    let facts = facts(&store).await;
    let orphans: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Posting { posting, payment, at: None, .. } => {
                Some((posting.account_seq, *payment))
            }
            _ => None,
        })
        .collect();
    assert_eq!(orphans, [(2, ids[1])]);
    let mut unreadable: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Unreadable { table, id, .. } => Some((*table, id.clone())),
            _ => None,
        })
        .collect();
    unreadable.sort();
    let expected = [
        ("journal_entries", format!("{} 2", ids[2])),
        ("postings", format!("{} 3", pair.merchant.id)),
    ];
    assert_eq!(unreadable, expected);
    assert_eq!(fact_of(&facts, ids[1]).entries, []);
    let [entry] = &fact_of(&facts, ids[2]).entries[..] else { panic!("one entry can be read") };
    assert_eq!((entry.transition_seq, entry.postings.len()), (1, 0));
    assert_eq!(fact_of(&facts, ids[0]).entries[0].postings.len(), 2);
}

#[tokio::test]
async fn sums_go_beyond_what_a_column_holds() {
    let store = SqliteStore::open(SqliteConfig::memory(), Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let store = under_test(store, Box::new(()));
    let pair = open_usd_pair(&store).await;
    let ids = settle_first(&store, &pair).await;
    let original = (store.id_literal)(ids[0].0);
    let (merchant, acquirer) =
        ((store.id_literal)(pair.merchant.id.0), (store.id_literal)(pair.acquirer.id.0));
    let insert = |number: u8, kind: &str, parent: &str, status: &str| {
        format!(
            "INSERT INTO payments (id, kind, owner, asked_by, amount_minor, currency, \
                source_id, destination_id, parent_id, status, created_at, updated_at) \
             VALUES (unhex(format('%032x', {number})), '{kind}', 'merchant:m', 'operator', 9223372036854775807, \
                'USD', {merchant}, {acquirer}, {parent}, '{status}', 1, 1);"
        )
    };
    let rows = [
        insert(1, "payout", "NULL", "PROCESSING"),
        insert(2, "payout", "NULL", "MANUAL_REVIEW"),
        insert(3, "refund", &original, "PROCESSING"),
        insert(4, "refund", &original, "MANUAL_REVIEW"),
        insert(5, "refund", &original, "SUCCESS"),
        insert(6, "refund", &original, "SUCCESS"),
        insert(7, "refund", &original, "SUCCESS"),
        insert(8, "transfer", "NULL", "PROCESSING"),
        insert(9, "transfer", "NULL", "MANUAL_REVIEW"),
    ];
    (store.sql)(rows.concat()).await.unwrap();
    let facts = facts(&store).await;
    let most = i128::from(i64::MAX);
    assert_eq!(held(&facts, pair.merchant.id), Some(5 * most));
    assert_eq!(held(&facts, pair.acquirer.id), Some(0));
    let refunds = RefundSums {
        refunded_minor: 3 * most,
        taken_back_minor: 3 * most,
        refunding_minor: 2 * most,
    };
    assert_eq!(fact_of(&facts, ids[0]).refunds, refunds);
}

/// Goes away at its first fact.
struct Gone(Option<tokio::sync::oneshot::Sender<()>>);

impl Examiner for Gone {
    fn see(&mut self, _: Fact) {
        if let Some(first) = self.0.take() {
            let _ = first.send(());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_examiner_who_goes_away_gives_its_connection_back() {
    let folder = TempDir::new();
    let config = SqliteConfig { readers: 1, ..SqliteConfig::file(folder.file("p.db")) };
    let store = SqliteStore::open(config, Arc::new(SystemClock)).unwrap();
    store.migrate().await.unwrap();
    let under_test = under_test(store.clone(), Box::new(()));
    let pair = open_usd_pair(&under_test).await;
    under_test.payments.accept(pair.charges(2_000)).await.unwrap();
    for _ in 0..20 {
        let (first, seen) = tokio::sync::oneshot::channel();
        let store = store.clone();
        let examining =
            tokio::spawn(async move { store.examine(Scope::Whole, &mut Gone(Some(first))).await });
        seen.await.unwrap();
        examining.abort();
    }
    assert_eq!(facts(&under_test).await.len(), 2 + 2 + 2_000);
}
