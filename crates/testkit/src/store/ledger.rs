//! The ledger as a model: everything that must be true of the whole of it, recomputed from the
//! journal. Run after every test, whatever the test did.

use super::helpers::everything;
use super::under_test::StoreUnderTest;
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::journal::{Entry, Posting};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Payment, share};
use paygate_core::status::Status;
use paygate_ports::{AccountStore, JournalReader, PaymentQuery, PaymentReader};
use std::collections::{BTreeMap, BTreeSet};

/// [`check_ledger`] of a store under test.
///
/// # Panics
/// When the ledger breaks a rule.
pub async fn assert_ledger_holds(store: &StoreUnderTest) {
    check_ledger(&*store.reader, &*store.accounts, &*store.journal).await;
    assert_nothing_is_forgotten(store).await;
}

/// Checks that every payment that a worker has something to do for, and that is not parked, is named
/// by a watch or is due: whatever happens to its hint, a sweeper finds it.
async fn assert_nothing_is_forgotten(store: &StoreUnderTest) {
    store.ripen_all().await;
    // A forgotten one would be made due at no time, which the database refuses.
    let forgotten = "INSERT INTO due (payment_id, republish_at) SELECT id, NULL FROM payments \
         WHERE status IN ('PENDING', 'PROCESSING', 'AUTHORIZED') AND parked_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM due WHERE payment_id = id)";
    store.run(forgotten.to_owned()).await;
}

/// Checks the whole journal against the accounts and the payments: each entry sums to zero per
/// currency; each account's postings are numbered without a gap, carry its running balance, never
/// go back in time, and end at what the account says; all balances sum to zero per currency. Each
/// payment has one entry, of what it moved, if it is SUCCESS or REVERSED and none
/// otherwise, as many transitions as it says, and the refunds it says. An account holds what its
/// payments hold of it.
///
/// # Panics
/// When one of these is not so.
pub async fn check_ledger(
    reader: &dyn PaymentReader,
    accounts: &dyn AccountStore,
    journal: &dyn JournalReader,
) {
    let entries = all_entries(journal).await;
    entries.iter().for_each(sums_to_zero);
    let payments = all_payments(reader).await.into_iter().map(|it| (it.id, it));
    let payments: BTreeMap<PaymentId, Payment> = payments.collect();

    let mut postings: BTreeMap<AccountId, Vec<(Timestamp, Posting)>> = BTreeMap::new();
    let mut by_payment: BTreeMap<PaymentId, Vec<&Entry>> = BTreeMap::new();
    for entry in &entries {
        by_payment.entry(entry.payment).or_default().push(entry);
        for posting in &entry.postings {
            postings.entry(posting.account).or_default().push((entry.at, *posting));
        }
    }
    for id in by_payment.keys() {
        let payment = reader.payment(*id).await.unwrap().expect("a posted payment exists").payment;
        assert!(has_moved(payment.status), "{id} is {} and has entries", payment.status);
    }
    check_accounts(accounts, postings, &payments).await;
    check_refunds(&payments);
    for payment in payments.values() {
        let of = by_payment.get(&payment.id).map_or(&[][..], Vec::as_slice);
        assert_eq!(of.len(), usize::from(has_moved(payment.status)), "entries of {}", payment.id);
        of.iter().for_each(|entry| moves_its_sides(payment, entry));
        let timeline = reader.timeline(payment.id).await.unwrap();
        let seqs: Vec<i32> = timeline.iter().map(|transition| transition.seq).collect();
        assert_eq!(seqs, (1..=payment.transitions).collect::<Vec<_>>(), "{}", payment.id);
        let last = timeline.last().map_or(Status::Pending, |transition| transition.to);
        assert_eq!(last, payment.status, "{} is where its timeline ends", payment.id);
    }
}

fn has_moved(status: Status) -> bool {
    matches!(status, Status::Success | Status::Reversed)
}

async fn check_accounts(
    accounts: &dyn AccountStore,
    mut postings: BTreeMap<AccountId, Vec<(Timestamp, Posting)>>,
    payments: &BTreeMap<PaymentId, Payment>,
) {
    let mut held: BTreeMap<AccountId, i64> = BTreeMap::new();
    let mut known: BTreeSet<AccountId> = postings.keys().copied().collect();
    for payment in payments.values() {
        known.extend([payment.source, payment.destination]);
        *held.entry(payment.source).or_default() += payment.held().map_or(0, |money| money.minor);
    }
    let mut totals: BTreeMap<Currency, i128> = BTreeMap::new();
    for id in known {
        let mut of_account = postings.remove(&id).unwrap_or_default();
        of_account.sort_by_key(|(_, posting)| posting.account_seq);
        let (balance, last_at) = running_balance(id, &of_account);
        let account = accounts.account(id).await.unwrap().expect("an account in use exists");
        let last_seq = i64::try_from(of_account.len()).unwrap();
        assert_eq!(account.posted_minor, balance, "{id} stands where its last posting left it");
        assert_eq!(account.last_seq, last_seq, "{id} knows its last posting");
        assert_eq!(account.last_entry_at, last_at, "{id} knows when that was");
        let held = held.get(&id).copied().unwrap_or(0);
        assert_eq!(account.held_minor, held, "{id} holds what its payments hold of it");
        *totals.entry(account.currency).or_default() += i128::from(balance);
    }
    assert!(totals.values().all(|total| *total == 0), "balances do not sum to zero: {totals:?}");
}

/// Each payment says of its refunds what these say themselves, and they have taken back their share.
fn check_refunds(payments: &BTreeMap<PaymentId, Payment>) {
    for payment in payments.values() {
        let refunds = || payments.values().filter(|refund| refund.parent == Some(payment.id));
        let sum = |of: fn(&Payment) -> Money, states: &[Status]| -> i64 {
            let refunds = refunds().filter(|refund| states.contains(&refund.status));
            refunds.map(|refund| of(refund).minor).sum()
        };
        let refunded = sum(|refund| refund.credit, &[Status::Success]);
        let taken_back = sum(|refund| refund.debit, &[Status::Success]);
        let claimed = [Status::Processing, Status::ManualReview];
        let refunding = sum(|refund| refund.credit, &claimed);
        let id = payment.id;
        assert_eq!(payment.refunded_minor, refunded, "refunded of {id}");
        assert_eq!(payment.refunding_minor, refunding, "about to be refunded of {id}");
        let (debit, credit) = payment.moved();
        let whole = refunded > 0 && refunded == debit.minor;
        assert_eq!(payment.status == Status::Reversed, whole, "{id} is refunded as a whole");
        // While some are under way, or were given up, the shares lie wherever these were.
        if refunding == 0 && refunds().all(|refund| refund.status != Status::Failed) {
            assert_eq!(taken_back, share(credit.minor, refunded, debit.minor), "shares of {id}");
        }
        assert!(refunded + refunding <= debit.minor, "{id} is refunded beyond what it moved");
        assert!(payment.kind == Kind::Refund || payment.parent.is_none());
    }
}

/// An entry takes the payment's debit from its source and gives its credit to its destination.
fn moves_its_sides(payment: &Payment, entry: &Entry) {
    let of = |account| {
        let posting = entry.postings.iter().find(|posting| posting.account == account);
        posting.map_or(0, |posting| posting.amount.minor)
    };
    let (debit, credit) = payment.moved();
    assert_eq!(of(payment.source), -debit.minor, "what {} took", payment.id);
    assert_eq!(of(payment.destination), credit.minor, "what {} gave", payment.id);
}

fn sums_to_zero(entry: &Entry) {
    assert!(entry.postings.len() >= 2, "{} has a one-sided entry", entry.payment);
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for posting in &entry.postings {
        *sums.entry(posting.amount.currency).or_default() += i128::from(posting.amount.minor);
    }
    assert!(sums.values().all(|sum| *sum == 0), "{} does not balance: {sums:?}", entry.payment);
}

fn running_balance(id: AccountId, postings: &[(Timestamp, Posting)]) -> (i64, Option<Timestamp>) {
    let (mut balance, mut last_at) = (0, None);
    for (seq, (at, posting)) in (1..).zip(postings) {
        balance += posting.amount.minor;
        assert_eq!(posting.account_seq, seq, "{id} has a gap or a double");
        assert_eq!(posting.balance_after_minor, balance, "the running balance of {id} at {seq}");
        assert!(last_at <= Some(*at), "{id} goes back in time at {seq}");
        last_at = Some(*at);
    }
    (balance, last_at)
}

async fn all_entries(journal: &dyn JournalReader) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let cursor = entries.last().map(|entry| (entry.payment, entry.transition_seq));
        let page = journal.entries(cursor, 200).await.unwrap();
        let last = page.len() < 200;
        entries.extend(page);
        if last {
            return entries;
        }
    }
}

async fn all_payments(reader: &dyn PaymentReader) -> Vec<Payment> {
    let mut query = PaymentQuery { limit: 200, ..everything() };
    let mut payments = Vec::new();
    loop {
        let page = reader.payments(query.clone()).await.unwrap();
        payments.extend(page.items.into_iter().map(|record| record.payment));
        query.cursor = page.next;
        if query.cursor.is_none() {
            return payments;
        }
    }
}
