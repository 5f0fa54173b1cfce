//! The ledger as a model: everything that must be true of the whole of it, recomputed from the
//! journal. Run after every test, whatever the test did.

use super::StoreUnderTest;
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, MerchantId, PaymentId};
use paygate_core::journal::{Entry, Posting};
use paygate_core::money::Currency;
use paygate_core::payment::Payment;
use paygate_core::status::Status;
use paygate_ports::{AccountStore, JournalReader, PaymentQuery, PaymentReader};
use std::collections::BTreeMap;

/// [`check_ledger`] of a store under test and its default merchant.
///
/// # Panics
/// When the ledger breaks a rule.
pub async fn assert_ledger_holds(store: &StoreUnderTest) {
    let merchants = [MerchantId::default()];
    check_ledger(&*store.reader, &*store.accounts, &*store.journal, &merchants).await;
}

/// Checks the whole journal against the accounts and the payments: each entry sums to zero per
/// currency; each account's postings are numbered without a gap, carry its running balance, never
/// go back in time, and end at what the account says; each of the merchants' payments has one entry
/// if it is SUCCESS and none otherwise, and as many transitions as it says.
///
/// # Panics
/// When one of these is not so.
pub async fn check_ledger(
    reader: &dyn PaymentReader,
    accounts: &dyn AccountStore,
    journal: &dyn JournalReader,
    merchants: &[MerchantId],
) {
    let entries = all_entries(journal).await;
    entries.iter().for_each(sums_to_zero);

    let mut postings: BTreeMap<AccountId, Vec<(Timestamp, Posting)>> = BTreeMap::new();
    let mut per_payment: BTreeMap<PaymentId, u32> = BTreeMap::new();
    for entry in &entries {
        *per_payment.entry(entry.payment).or_default() += 1;
        for posting in &entry.postings {
            postings.entry(posting.account).or_default().push((entry.at, *posting));
        }
    }
    for (id, mut of_account) in postings {
        of_account.sort_by_key(|(_, posting)| posting.account_seq);
        let (balance, last_at) = running_balance(id, &of_account);
        let account = accounts.account(id).await.unwrap().expect("a posted account exists");
        let last_seq = i64::try_from(of_account.len()).unwrap();
        assert_eq!(account.posted_minor, balance, "{id} stands where its last posting left it");
        assert_eq!(account.last_seq, last_seq, "{id} knows its last posting");
        assert_eq!(account.last_entry_at, last_at, "{id} knows when that was");
    }

    for (id, count) in &per_payment {
        let payment = reader.payment(*id).await.unwrap().expect("a posted payment exists").payment;
        assert_eq!(payment.status, Status::Success, "{id} has {count} entries");
    }
    for merchant in merchants {
        for payment in all_payments(reader, merchant).await {
            let expected = u32::from(payment.status == Status::Success);
            let count = per_payment.get(&payment.id).copied().unwrap_or(0);
            assert_eq!(count, expected, "entries of {} in {}", payment.id, payment.status);
            let timeline = reader.timeline(payment.id).await.unwrap();
            let seqs: Vec<i32> = timeline.iter().map(|transition| transition.seq).collect();
            assert_eq!(seqs, (1..=payment.transitions).collect::<Vec<_>>(), "{}", payment.id);
            let last = timeline.last().map_or(Status::Pending, |transition| transition.to);
            assert_eq!(last, payment.status, "{} is where its timeline ends", payment.id);
        }
    }
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

async fn all_payments(reader: &dyn PaymentReader, merchant: &MerchantId) -> Vec<Payment> {
    let mut query = PaymentQuery {
        merchant: merchant.clone(),
        status: None,
        kind: None,
        currency: None,
        reference: None,
        created_after: None,
        created_before: None,
        limit: 200,
        cursor: None,
    };
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
