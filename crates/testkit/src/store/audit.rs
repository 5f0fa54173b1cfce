//! `Audit`: the facts of the ledger, complete, in order and of one moment.

use super::helpers::eventually;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, conversion, merchant_account, open_empty_wallet, open_liquidity, open_usd_pair,
    open_wallet, refund, transfer,
};
use paygate_core::Timestamp;
use paygate_core::account::{Account, Role, SystemAccount};
use paygate_core::decision::Loads;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::Posting;
use paygate_core::payment::share;
use paygate_core::proof::{Fact, PaymentFact, Position, RefundSums, Scope};
use paygate_core::status::Status;
use paygate_ports::Examiner;
use paygate_ports::silent;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
struct Collected(Vec<Fact>);

impl Examiner for Collected {
    fn see(&mut self, fact: Fact) {
        self.0.push(fact);
    }
}

/// All facts, as they come.
pub(super) async fn facts(store: &StoreUnderTest, scope: Scope) -> Vec<Fact> {
    let mut collected = Collected::default();
    store.audit.examine(scope, &mut collected).await.unwrap();
    collected.0
}

/// How much a size says is to come: accounts, payments, postings, transitions.
type Counts = [u64; 4];

/// An account as it was shown.
struct ShownAccount {
    account: Account,
    start: Position,
    held_minor: Option<i128>,
    postings: Vec<(Posting, PaymentId, i32, Timestamp)>,
}

/// What was shown, read apart. That it came in order has been checked.
struct Shown {
    now: Timestamp,
    /// What the size said; `None` if it said nothing.
    size: Option<Counts>,
    counts: Counts,
    accounts: Vec<ShownAccount>,
    payments: Vec<PaymentFact>,
}

async fn shown(store: &StoreUnderTest, scope: Scope) -> Shown {
    let mut facts = facts(store, scope).await.into_iter();
    let Some(Fact::AsOf(now)) = facts.next() else { panic!("the time comes first") };
    let (accounts, payments) = (Vec::new(), Vec::new());
    let mut shown = Shown { now, size: None, counts: [0; 4], accounts, payments };
    for fact in facts {
        match fact {
            Fact::AsOf(_) => panic!("the time comes once"),
            Fact::Size { accounts, payments, postings, transitions } => {
                assert!(shown.size.is_none() && shown.accounts.is_empty(), "the size comes second");
                shown.size = Some([accounts, payments, postings, transitions]);
            }
            Fact::Account { account, start, held_minor } => {
                assert!(shown.payments.is_empty(), "accounts come before payments");
                shown.accounts.push(ShownAccount {
                    account,
                    start,
                    held_minor,
                    postings: Vec::new(),
                });
            }
            Fact::Posting { posting, payment, transition_seq, at } => {
                assert!(shown.payments.is_empty(), "postings come before payments");
                let of = shown.accounts.last_mut().expect("a posting comes after its account");
                assert_eq!(posting.account, of.account.id, "a posting comes after its account");
                of.postings.push((posting, payment, transition_seq, at.expect("it has an entry")));
            }
            Fact::Payment(payment) => shown.payments.push(*payment),
            Fact::Unreadable { .. } => panic!("{fact:?}"),
        }
    }
    assert!(shown.accounts.is_sorted_by(|one, next| one.account.id < next.account.id));
    assert!(
        shown.payments.is_sorted_by(|one, next| one.record.payment.id < next.record.payment.id)
    );
    let seen =
        |numbers: &mut dyn Iterator<Item = usize>| u64::try_from(numbers.sum::<usize>()).unwrap();
    shown.counts = [
        seen(&mut [shown.accounts.len()].into_iter()),
        seen(&mut [shown.payments.len()].into_iter()),
        seen(&mut shown.accounts.iter().map(|account| account.postings.len())),
        seen(&mut shown.payments.iter().map(|payment| payment.transitions.len())),
    ];
    // Only the whole is counted: what is new costs as much to count as to show.
    let size = (scope == Scope::Whole).then_some(shown.counts);
    assert_eq!(shown.size, size, "what came is as much as was said");
    shown
}

/// What must hold of whatever is shown as of one moment. What new refunds refund may be older than
/// `since`, and then its postings are not shown with accounts.
fn fits_together(shown: &Shown, since: Option<Timestamp>) {
    let mut totals: BTreeMap<_, i64> = BTreeMap::new();
    let mut posted: BTreeSet<(PaymentId, i32, AccountId, i64)> = BTreeSet::new();
    for ShownAccount { account, start, postings, .. } in &shown.accounts {
        let mut at = *start;
        let mut last = None;
        for (posting, payment, seq, time) in postings {
            at.seq += 1;
            at.balance_minor += posting.amount.minor;
            assert_eq!(
                (posting.account_seq, posting.balance_after_minor),
                (at.seq, at.balance_minor)
            );
            assert!(last <= Some(*time));
            last = Some(*time);
            posted.insert((*payment, *seq, account.id, posting.amount.minor));
        }
        assert_eq!((account.last_seq, account.posted_minor), (at.seq, at.balance_minor));
        assert_eq!(account.last_entry_at, last.or(account.last_entry_at));
        *totals.entry(account.currency).or_default() += account.posted_minor - start.balance_minor;
    }
    assert!(totals.values().all(|total| *total == 0), "{totals:?}");
    for PaymentFact { record, transitions, entries, .. } in &shown.payments {
        let payment = &record.payment;
        let seqs: Vec<i32> = transitions.iter().map(|transition| transition.seq).collect();
        assert_eq!(seqs, (1..=payment.transitions).collect::<Vec<_>>());
        let moved = matches!(payment.status, Status::Success | Status::Reversed);
        assert_eq!(entries.len(), usize::from(moved), "{}", payment.id);
        for entry in entries {
            assert!(entry.postings.is_sorted_by_key(|posting| posting.account));
            for posting in &entry.postings {
                let key = (payment.id, entry.transition_seq, posting.account, posting.amount.minor);
                let old = since.is_some_and(|since| entry.at < since);
                assert!(posted.remove(&key) || old, "{key:?} is shown with its account, too");
            }
        }
    }
    assert_eq!(posted, BTreeSet::new(), "postings whose payments were not shown");
}

/// Something of everything: charges, transfers, conversions, holds, refunds, failures.
async fn varied(store: &StoreUnderTest) {
    let pair = open_usd_pair(store).await;
    open_liquidity(store, ["USD", "EUR"]).await;
    let from = open_wallet(store, "USD", "100.00").await;
    let to = open_empty_wallet(store, "USD").await;
    let euro = open_wallet(store, "EUR", "50.00").await;
    let charges = store.created(&pair.charges(4)).await;
    store.claim(&charges[..3]).await;
    store.approve(&charges[..2]).await;
    let sent = store.worked(transfer(&from, &to, "30.00")).await;
    store.worked(conversion(&from, &euro, "10.01", "0.92")).await;
    store.worked(transfer(&from, &to, "5.00").held()).await;
    store.worked(transfer(&from, &euro, "1.00")).await;
    store.worked(conversion(&euro, &to, "3.00", "1.08").held()).await;
    store.worked(refund(&sent, 1_000)).await;
    store.worked(refund(&store.payment(sent.id).await, 500)).await;
    let charge = store.payment(charges[0]).await;
    store.worked(refund(&charge, 40)).await;
    let review = store.worked(refund(&charge, 20)).await;
    store.moved(&[review.id], Status::ManualReview).await;
}

pub async fn the_whole_ledger_is_shown_as_it_is(store: StoreUnderTest) {
    let nothing = shown(&store, Scope::Whole).await;
    assert_eq!(nothing.counts, [0; 4]);
    varied(&store).await;
    let before = store.now().await;
    let shown = shown(&store, Scope::Whole).await;
    assert!(before <= shown.now && shown.now <= store.now().await);
    fits_together(&shown, None);
    for account in &shown.accounts {
        assert_eq!(store.account(account.account.id).await, account.account);
        assert_eq!(account.start, Position::START);
        assert_eq!(account.held_minor, Some(i128::from(account.account.held_minor)));
    }
    assert_eq!(shown.accounts.len(), 9);
    assert_eq!(shown.accounts.iter().filter(|it| it.account.held_minor > 0).count(), 3);
    let records = store.reader.payments(super::helpers::everything()).await.unwrap().items;
    assert_eq!(records.len(), shown.payments.len());
    for (fact, record) in shown.payments.iter().zip(records.into_iter().rev()) {
        let id = record.payment.id;
        assert_eq!(fact.record, record);
        assert_eq!(fact.transitions, store.reader.timeline(id).await.unwrap());
        assert_eq!(fact.entries, store.journal.entries_of(id).await.unwrap());
        let (debit, credit) = record.payment.moved();
        let refunded = record.payment.refunded_minor;
        let expected = RefundSums {
            refunded_minor: refunded.into(),
            taken_back_minor: share(credit.minor, refunded, debit.minor).into(),
            refunding_minor: record.payment.refunding_minor.into(),
        };
        assert_eq!(fact.refunds, expected);
    }
    let refunds = |of: fn(&RefundSums) -> i128| -> i128 {
        shown.payments.iter().map(|fact| of(&fact.refunds)).sum()
    };
    assert_eq!((refunds(|it| it.refunded_minor), refunds(|it| it.refunding_minor)), (1_500, 60));
    assert_ledger_holds(&store).await;
}

pub async fn a_ledger_of_many_pages_is_shown_whole(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let more = (0..600).map(|number| merchant_account(&format!("m{number}"), "USD"));
    let more = store.accounts.open(more.collect()).await.unwrap();
    let busy = &more[300];
    for _ in 0..3 {
        let charges = pair.charges(500).into_iter().enumerate();
        let batch: Vec<_> = charges
            .map(|(place, charge)| match place % 3 {
                0 => charge.with_destination(busy.id),
                _ => charge.with_destination(more[place].id),
            })
            .collect();
        let ids = store.created(&batch).await;
        store.approve(&ids).await;
    }
    let whole = shown(&store, Scope::Whole).await;
    fits_together(&whole, None);
    assert_eq!(whole.counts, [602, 1_500, 3_000, 1_500]);
    let since = shown(&store, Scope::Since(whole.now - chrono::TimeDelta::days(1))).await;
    fits_together(&since, None);
    assert_eq!(since.counts, [335, 1_500, 3_000, 1_500]);
}

/// Entries of before and after a moment that lies between them.
pub async fn only_what_is_new_since_a_time_is_shown(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let [from, to] =
        [open_wallet(&store, "USD", "100.00").await, open_empty_wallet(&store, "USD").await];
    let charges = store.created(&pair.charges(5)).await;
    store.approve(&charges[..2]).await;
    let old = store.worked(transfer(&from, &to, "30.00")).await;
    let last = store.journal.entries_of(old.id).await.unwrap()[0].at;
    eventually("the clock to go on", async || (store.now().await > last).then_some(())).await;

    let since = store.now().await;
    store.approve(&charges[2..4]).await;
    let refunded = store.worked(refund(&old, 700)).await;
    let held = store.worked(transfer(&from, &to, "1.00").held()).await;
    assert_eq!(held.status, Status::Authorized);
    let new = shown(&store, Scope::Since(since)).await;
    fits_together(&new, Some(since));

    let ids: Vec<_> = new.payments.iter().map(|fact| fact.record.payment.id).collect();
    let mut expected = vec![charges[2], charges[3], refunded.id, old.id];
    expected.sort();
    assert_eq!(ids, expected);
    let mut starts: BTreeMap<_, _> = BTreeMap::new();
    for account in &new.accounts {
        assert_eq!(account.account, store.account(account.account.id).await);
        assert_eq!(account.held_minor, None);
        let seqs: Vec<i64> = account.postings.iter().map(|(it, ..)| it.account_seq).collect();
        let all: Vec<i64> = (account.start.seq + 1..=account.account.last_seq).collect();
        assert_eq!(seqs, all);
        starts.insert(account.account.id, (account.start.seq, account.start.balance_minor));
    }
    let mut shown_accounts = new.accounts.iter().map(|shown| &shown.account);
    let equity = shown_accounts.find(|it| it.role == Role::System(SystemAccount::OpeningEquity));
    let expected = BTreeMap::from([
        // Nothing of it is new, but it may be what an entry is made of.
        (equity.unwrap().id, (1, -10_000)),
        (pair.merchant.id, (2, 200)),
        (pair.acquirer.id, (2, -200)),
        (from.id, (2, 7_000)),
        (to.id, (1, 3_000)),
    ]);
    assert_eq!(starts, expected);
    assert_eq!(new.counts, [5, 4, 6, 4]);

    // Exactly at the time of an entry that is new, too; after the last there is nothing.
    let entry = store.journal.entries_of(refunded.id).await.unwrap().remove(0);
    let at = shown(&store, Scope::Since(entry.at)).await;
    assert!(at.payments.iter().any(|fact| fact.record.payment.id == refunded.id));
    let after = entry.at + chrono::TimeDelta::microseconds(1);
    assert_eq!(shown(&store, Scope::Since(after)).await.counts, [2, 0, 0, 0], "the system");
    assert_ledger_holds(&store).await;
}

/// Whatever is settled meanwhile, what is shown is of one moment.
pub async fn what_is_shown_is_of_one_moment(store: StoreUnderTest) {
    open_liquidity(&store, ["USD", "EUR"]).await;
    let one = open_wallet(&store, "USD", "1000.00").await;
    let two = open_wallet(&store, "EUR", "1000.00").await;
    let start = store.now().await;
    let pay = |number: usize| match number % 4 {
        0 => conversion(&one, &two, "1.00", "0.92"),
        1 => conversion(&two, &one, "1.00", "1.08"),
        2 => conversion(&one, &two, "1.00", "0.92").held(),
        _ => conversion(&two, &one, "1.00", "1.08").held(),
    };
    let batch: Vec<_> = (0..400).map(pay).collect();
    let ids = store.created(&batch).await;
    let done = Arc::new(AtomicBool::new(false));
    let writer = {
        let (payments, done) = (Arc::clone(&store.payments), Arc::clone(&done));
        tokio::spawn(async move {
            for id in ids {
                let decide = silent(super::helpers::each_of(&[id], |book, id| {
                    let policy = paygate_core::work::WorkPolicy::default();
                    paygate_core::work::process(book, id, &policy).unwrap();
                }));
                payments.transact(vec![id], Loads::ForClaims, decide).await.unwrap();
                tokio::task::yield_now().await;
            }
            done.store(true, Ordering::Relaxed);
        })
    };
    let mut moments = BTreeSet::new();
    loop {
        let last = done.load(Ordering::Relaxed);
        let whole = shown(&store, Scope::Whole).await;
        fits_together(&whole, None);
        for account in &whole.accounts {
            assert_eq!(account.held_minor, Some(i128::from(account.account.held_minor)));
        }
        fits_together(&shown(&store, Scope::Since(start)).await, Some(start));
        moments.insert(whole.counts);
        if last {
            break;
        }
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert!(!moments.is_empty());
    assert_ledger_holds(&store).await;
}
