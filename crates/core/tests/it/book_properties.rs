//! Whatever is asked of a `Book`, in whatever order, the ledger's rules hold in it, and what it
//! says has changed is exactly what has.

use crate::book_model::{Operation, at, operation, rows};
use paygate_core::Timestamp;
use paygate_core::account::Account;
use paygate_core::book::{Book, Changes};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::payment::Payment;
use paygate_core::status::Status;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Rows = (Vec<Payment>, Vec<Account>);

/// What the successful ones of the operations touched.
#[derive(Default)]
struct Touched {
    payments: BTreeSet<PaymentId>,
    accounts: BTreeSet<AccountId>,
}

/// Runs the operations. Each is accepted or rejected as the model says, and a rejected one leaves
/// no trace.
fn run(rows: Rows, operations: &[Operation]) -> Result<(Book, Touched), TestCaseError> {
    let mut book = Book::new(at(0), rows.0, rows.1);
    let mut touched = Touched::default();
    for operation in operations {
        let broken = operation.broken_rules(&book);
        let accounts = operation.accounts(&book);
        let before = format!("{book:?}");
        match operation.apply(&mut book) {
            Ok(()) => {
                prop_assert!(broken.is_empty(), "{operation:?} broke {broken:?} and was accepted");
                touched.payments.insert(operation.payment());
                touched.accounts.extend(accounts);
            }
            Err(rejection) => {
                prop_assert!(broken.contains(rejection.code()), "{operation:?}: {rejection:?}");
                prop_assert_eq!(format!("{book:?}"), before, "{:?} left a trace", operation);
            }
        }
    }
    Ok((book, touched))
}

/// The journal continues each account's positions, balances and times, and sums to zero.
fn check_entries(changes: &Changes, now: Timestamp, start: &[Account]) {
    let mut last: BTreeMap<AccountId, (i64, i64)> = start
        .iter()
        .map(|account| (account.id, (account.last_seq, account.posted_minor)))
        .collect();
    let mut dated: BTreeMap<AccountId, Option<Timestamp>> =
        start.iter().map(|account| (account.id, account.last_entry_at)).collect();
    for entry in &changes.entries {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        let earlier = entry.postings.iter().filter_map(|posting| dated[&posting.account]);
        assert_eq!(entry.at, earlier.fold(now, Timestamp::max), "{entry:?}");
        for posting in &entry.postings {
            dated.insert(posting.account, Some(entry.at));
            *sums.entry(posting.amount.currency.code()).or_default() +=
                i128::from(posting.amount.minor);
            let (seq, balance) = last[&posting.account];
            assert_eq!(posting.account_seq, seq + 1);
            assert_eq!(
                i128::from(posting.balance_after_minor),
                i128::from(balance) + i128::from(posting.amount.minor)
            );
            last.insert(posting.account, (posting.account_seq, posting.balance_after_minor));
        }
        assert!(entry.postings.len() >= 2 && sums.values().all(|sum| *sum == 0), "{entry:?}");
        let made_with = |row: &&paygate_core::payment::Transition| {
            (row.payment, row.seq) == (entry.payment, entry.transition_seq)
        };
        assert_eq!(changes.transitions.iter().filter(made_with).count(), 1, "{entry:?}");
    }
    let before: BTreeMap<AccountId, &Account> = start.iter().map(|it| (it.id, it)).collect();
    for account in &changes.accounts {
        assert_eq!((account.last_seq, account.posted_minor), last[&account.id], "{account:?}");
        assert_eq!(account.last_entry_at, dated[&account.id]);
        let available = i128::from(account.posted_minor) - i128::from(account.held_minor);
        assert!(account.overdraft || available >= 0, "{account:?}");
        assert!(!account.closed || account.last_seq == before[&account.id].last_seq);
    }
}

/// What accounts hold has changed by what their payments hold, and is never negative.
fn check_holds(changes: &Changes, start: &Rows) {
    let held_by = |payments: &[Payment], account: AccountId| -> i128 {
        let of_it = payments.iter().filter(|payment| payment.source == account);
        of_it.filter_map(Payment::held).map(|money| i128::from(money.minor)).sum()
    };
    let changed: BTreeSet<_> = changes.payments.iter().map(|payment| payment.id).collect();
    let before: Vec<_> =
        start.0.iter().filter(|payment| changed.contains(&payment.id)).cloned().collect();
    for account in &start.1 {
        let now = changes.accounts.iter().find(|it| it.id == account.id).unwrap_or(account);
        let by = i128::from(now.held_minor) - i128::from(account.held_minor);
        let expected = held_by(&changes.payments, account.id) - held_by(&before, account.id);
        assert_eq!(by, expected, "{now:?}");
        assert!(now.held_minor >= 0, "{now:?}");
    }
}

/// Each payment's timeline goes on without a gap, by the table, from where it was to where it is.
fn check_timeline(changes: &Changes, start: &[Payment]) {
    let mut last: BTreeMap<PaymentId, (i32, Status)> =
        start.iter().map(|payment| (payment.id, (payment.transitions, payment.status))).collect();
    for row in &changes.transitions {
        let (seq, status) = last[&row.payment];
        assert_eq!((row.seq, row.from), (seq + 1, status));
        assert!(row.from.may_become(row.to), "{row:?}");
        let end =
            row.from.is_terminal() && (row.from, row.to) != (Status::Success, Status::Reversed);
        assert!(!end, "{row:?}");
        last.insert(row.payment, (row.seq, row.to));
    }
    for payment in &changes.payments {
        assert_eq!((payment.transitions, payment.status), last[&payment.id]);
        assert_eq!(payment.failure.is_some(), payment.status == Status::Failed, "{payment:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_ledger_holds_whatever_is_asked(
        rows in rows(), operations in prop::collection::vec(operation(), 0..25)
    ) {
        let (book, _) = run(rows.clone(), &operations)?;
        let now = book.now();
        prop_assert_eq!(now, at(0));
        let changes = book.into_changes();
        check_entries(&changes, now, &rows.1);
        check_timeline(&changes, &rows.0);
        check_holds(&changes, &rows);
    }

    #[test]
    fn changes_are_what_differs_from_the_start(
        rows in rows(), operations in prop::collection::vec(operation(), 0..25)
    ) {
        let (book, touched) = run(rows.clone(), &operations)?;
        let changes = book.clone().into_changes();
        let payments: BTreeSet<_> = changes.payments.iter().map(|it| it.id).collect();
        let accounts: BTreeSet<_> = changes.accounts.iter().map(|it| it.id).collect();
        prop_assert_eq!(&payments, &touched.payments);
        prop_assert_eq!(&accounts, &touched.accounts);
        prop_assert!(changes.payments.is_sorted_by_key(|it| it.id));
        prop_assert!(changes.accounts.is_sorted_by_key(|it| it.id));
        for payment in &changes.payments {
            prop_assert_eq!(Some(payment), book.payment(payment.id));
        }
        for account in &changes.accounts {
            prop_assert_eq!(Some(account), book.account(account.id));
        }
        for payment in rows.0.iter().filter(|it| !payments.contains(&it.id)) {
            prop_assert_eq!(Some(payment), book.payment(payment.id));
        }
        for account in rows.1.iter().filter(|it| !accounts.contains(&it.id)) {
            prop_assert_eq!(Some(account), book.account(account.id));
        }
        let due: BTreeMap<_, _> = changes.due.iter().copied().collect();
        prop_assert_eq!(due.len(), changes.due.len());
        prop_assert!(due.keys().all(|id| payments.contains(id)));
        prop_assert_eq!(changes.is_empty(), touched.payments.is_empty());
    }
    #[test]
    fn what_is_done_together_is_done_whole_or_not_at_all(
        rows in rows(), groups in prop::collection::vec(group(), 0..6)
    ) {
        let mut book = Book::new(at(0), rows.0, rows.1);
        let mut plain = book.clone();
        for group in groups {
            group.run_kept(&mut plain);
            _ = group.run(&mut book);
            prop_assert_eq!(format!("{:?}", book), format!("{:?}", plain));
        }
    }
}

/// Operations that are done together, then others together inside, and perhaps a change of mind.
#[derive(Clone, Debug)]
struct Group {
    operations: Vec<Operation>,
    inner: Option<Box<Group>>,
    keep: bool,
}

fn group() -> impl Strategy<Value = Group> {
    let leaf = (prop::collection::vec(operation(), 0..5), any::<bool>())
        .prop_map(|(operations, keep)| Group { operations, inner: None, keep });
    leaf.prop_recursive(3, 12, 1, |inner| {
        (prop::collection::vec(operation(), 0..5), inner, any::<bool>()).prop_map(
            |(operations, inner, keep)| Group { operations, inner: Some(Box::new(inner)), keep },
        )
    })
}

impl Group {
    /// Runs it; rejected operations change nothing and do not end it.
    fn run(&self, book: &mut Book) -> Result<(), ()> {
        book.atomically(|book| {
            for operation in &self.operations {
                _ = operation.apply(book);
            }
            if let Some(inner) = &self.inner {
                _ = inner.run(book);
            }
            if self.keep { Ok(()) } else { Err(()) }
        })
    }

    /// Runs what is kept of it, and nothing of it together.
    fn run_kept(&self, book: &mut Book) {
        if self.keep {
            self.operations.iter().for_each(|operation| _ = operation.apply(book));
            if let Some(inner) = &self.inner {
                inner.run_kept(book);
            }
        }
    }
}
