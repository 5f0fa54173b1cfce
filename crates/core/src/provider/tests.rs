//! What claiming and settling decide, as tables: every state a row can be in against everything
//! that can be said of it.

mod refunds;

use super::*;
use crate::account::{Account, Role, SystemAccount};
use crate::fixtures::{self, at, money};
use crate::id::AccountId;
use crate::kind::Kind;
use crate::money::Currency;
use crate::payment::Failure;
use chrono::DateTime;
use uuid::Uuid;

const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const SOURCE: AccountId = AccountId(Uuid::from_u128(1));
const DESTINATION: AccountId = AccountId(Uuid::from_u128(2));

fn account(id: AccountId, overdraft: bool) -> Account {
    let role = Role::System(SystemAccount::Acquirer);
    Account { role, overdraft, ..fixtures::account(id, "USD") }
}

/// A charge in that state, claimed `attempts` times, its lease over at second `lease`.
fn charge(status: Status, attempts: i32, lease: Option<i64>) -> Payment {
    let charge = fixtures::payment(ID, Kind::Charge, money(1_000, "USD"), (SOURCE, DESTINATION));
    let failure = (status == Status::Failed)
        .then(|| Failure { code: Reason::Declined, detail: String::new() });
    Payment { status, failure, attempts, lease_until: lease.map(at), transitions: 1, ..charge }
}

fn book(payment: Payment) -> Book {
    Book::new(at(0), vec![payment], vec![account(SOURCE, true), account(DESTINATION, false)])
}

fn policy() -> ClaimPolicy {
    ClaimPolicy::default()
}

/// Claims the charge at second 0 and answers what it is then, `None` if it was left alone.
fn claimed(payment: Payment) -> Option<(Status, i32, Option<Timestamp>)> {
    let mut book = book(payment);
    claim(&mut book, ID, &policy()).unwrap();
    let changed = book.into_changes().payments.pop()?;
    Some((changed.status, changed.attempts, changed.lease_until))
}

#[test]
fn a_charge_is_claimed_exactly_when_it_is_free() {
    use Status::*;
    let leased_anew = Some(at(30));
    for (case, payment, expected) in [
        ("pending", charge(Pending, 0, None), Some((Processing, 1, leased_anew))),
        ("pending, given back", charge(Pending, 0, Some(0)), Some((Processing, 1, leased_anew))),
        ("pending, not yet due", charge(Pending, 0, Some(1)), None),
        ("leased", charge(Processing, 1, Some(1)), None),
        ("lease ends now", charge(Processing, 1, Some(0)), Some((Processing, 2, leased_anew))),
        ("lease is over", charge(Processing, 4, Some(-1)), Some((Processing, 5, leased_anew))),
        ("no lease", charge(Processing, 1, None), Some((Processing, 2, leased_anew))),
        ("parked", Payment { parked: true, ..charge(Pending, 0, None) }, None),
        ("parked later", Payment { parked: true, ..charge(Processing, 1, Some(-1)) }, None),
        ("in review", charge(ManualReview, 5, None), None),
        ("authorized", charge(Authorized, 1, None), None),
        ("success", charge(Success, 1, None), None),
        ("failed", charge(Failed, 1, None), None),
        ("reversed", charge(Reversed, 1, None), None),
        ("voided", charge(Voided, 1, None), None),
        ("expired", charge(Expired, 1, None), None),
        (
            "calls used up: may still ask",
            charge(Processing, 9, None),
            Some((Processing, 10, leased_anew)),
        ),
        ("given up", charge(Processing, 10, None), Some((ManualReview, 10, None))),
        ("given up, but leased", charge(Processing, 10, Some(1)), None),
        ("given up before it began", charge(Pending, 10, None), Some((ManualReview, 10, None))),
    ] {
        assert_eq!(claimed(payment), expected, "{case}");
    }
}

#[test]
fn a_claim_makes_a_timeline_row_only_when_the_state_changes() {
    let rows = |payment| {
        let mut book = book(payment);
        claim(&mut book, ID, &policy()).unwrap();
        let rows = book.into_changes().transitions;
        rows.into_iter().map(|row| (row.seq, row.from, row.to, row.reason)).collect::<Vec<_>>()
    };
    let (pending, processing) = (Status::Pending, Status::Processing);
    assert_eq!(rows(charge(pending, 0, None)), [(2, pending, processing, Reason::Claimed)]);
    assert_eq!(rows(charge(processing, 1, None)), []);
    let given_up = (2, processing, Status::ManualReview, Reason::ProviderOutcomeUnknown);
    assert_eq!(rows(charge(processing, 10, None)), [given_up]);
}

/// Claims a charge between accounts that are changed like this, locked or only seen.
fn claimed_between(change: fn(&mut [Account]), payment: &Payment, locked: bool) -> Payment {
    let mut accounts = [account(SOURCE, true), account(DESTINATION, false)].to_vec();
    change(&mut accounts);
    let payment = vec![payment.clone()];
    let mut book = match locked {
        true => Book::new(at(0), payment, accounts),
        false => Book::new(at(0), payment, Vec::new()).seeing(accounts),
    };
    claim(&mut book, ID, &policy()).unwrap();
    book.payment(ID).unwrap().clone()
}

#[test]
fn what_could_not_be_posted_is_not_asked_for() {
    use crate::account::headroom::BALANCE_LIMIT_MINOR as LIMIT;
    for (reason, change) in [
        (Reason::Overflow, (|them| them[1].posted_minor = LIMIT - 999) as fn(&mut [Account])),
        (Reason::Overflow, |them| them[0].posted_minor = 999 - LIMIT),
        (Reason::AccountClosed, |them| them[1].closed = true),
        (Reason::AccountNotFound, |them| them[1].id = AccountId(Uuid::from_u128(9))),
        (Reason::CurrencyMismatch, |them| them[1].currency = money(1, "EUR").currency),
    ] {
        for locked in [false, true] {
            let failed = claimed_between(change, &charge(Status::Pending, 0, None), locked);
            assert_eq!((failed.status, failed.attempts), (Status::Failed, 0), "{reason}");
            assert_eq!(failed.failure.map(|failure| failure.code), Some(reason));
            // The provider was asked before: it may have the money, and must be asked what became
            // of it.
            let asked = claimed_between(change, &charge(Status::Processing, 1, None), locked);
            assert_eq!((asked.status, asked.attempts), (Status::Processing, 2), "{reason}");
        }
    }
    let room = |them: &mut [Account]| them[1].posted_minor = LIMIT - 1_000;
    let claimed = claimed_between(room, &charge(Status::Pending, 0, None), false);
    assert_eq!((claimed.status, claimed.attempts), (Status::Processing, 1));
}

#[test]
fn an_unknown_id_is_left_alone() {
    let mut book = book(charge(Status::Pending, 0, None));
    let other = PaymentId(Uuid::from_u128(7));
    claim(&mut book, other, &policy()).unwrap();
    settle(&mut book, other, 1, Verdict::Approved, &policy()).unwrap();
    assert!(book.into_changes().is_empty());
}

#[test]
fn a_claim_that_cannot_be_made_whole_changes_nothing() {
    let poison = [
        (policy(), DateTime::<chrono::Utc>::MAX_UTC, 1),
        (ClaimPolicy { lease: TimeDelta::MAX, ..policy() }, at(0), 1),
        (policy(), at(0), i32::MAX),
    ];
    for (policy, now, transitions) in poison {
        let payment = Payment { transitions, ..charge(Status::Pending, 0, None) };
        let mut book = Book::new(now, vec![payment], vec![]);
        assert_eq!(claim(&mut book, ID, &policy), Err(Rejection::Overflow));
        assert!(book.into_changes().is_empty(), "{policy:?} at {now}");
    }
}

/// What a settlement came to.
#[derive(Debug, PartialEq)]
enum Came {
    /// The book is untouched.
    Nothing,
    /// The money is posted.
    Posted,
    /// The charge failed for that reason.
    Refused(Reason),
    /// A person must look, for that reason.
    Review(Reason),
    /// The next attempt is due at that second.
    Retry(i64),
    /// The claim was given back: due now, the attempt not counted.
    Release,
}

/// Settles with the answer to attempt `attempt`.
fn settled(mut book: Book, attempt: i32, verdict: Verdict) -> Came {
    let before = book.payment(ID).unwrap().clone();
    settle(&mut book, ID, attempt, verdict, &policy()).unwrap();
    let changes = book.into_changes();
    let Some(after) = changes.payments.first() else {
        assert!(changes.is_empty());
        return Came::Nothing;
    };
    let entries = usize::from(after.status == Status::Success);
    assert_eq!((changes.entries.len(), changes.accounts.len()), (entries, entries * 2));
    match (after.status, changes.transitions.first()) {
        (Status::Success, Some(_)) => Came::Posted,
        (Status::Failed, Some(row)) => Came::Refused(row.reason),
        (Status::ManualReview, Some(row)) => Came::Review(row.reason),
        (Status::Processing, None) if after.attempts == before.attempts => {
            assert_eq!(changes.due, [(ID, after.lease_until.unwrap())]);
            Came::Retry((changes.due[0].1 - at(0)).num_seconds())
        }
        (Status::Processing, None) => {
            assert_eq!(
                (after.attempts, &changes.due[..]),
                (before.attempts - 1, &[(ID, at(0))][..])
            );
            Came::Release
        }
        other => panic!("{other:?}"),
    }
}

/// Of the claim whose lease is over at that second.
fn not_asked(lease: Option<i64>) -> Verdict {
    Verdict::NotAsked { lease_until: lease.map(at) }
}

const DECLINED: Verdict = Verdict::Declined(Decline::Generic);

#[test]
fn a_verdict_counts_by_the_state_and_by_who_brings_it() {
    use Came::*;
    use Status::*;
    use Verdict::*;
    let declined = || Refused(Reason::Declined);
    let unknown = || Review(Reason::ProviderOutcomeUnknown);
    for (status, attempts, attempt, verdict, expected) in [
        // The attempt that holds the claim.
        (Processing, 1, 1, Approved, Posted),
        (Processing, 1, 1, DECLINED, declined()),
        (Processing, 1, 1, Unknown, Retry(1)),
        (Processing, 5, 5, Unknown, unknown()),
        (Processing, 6, 6, Unknown, unknown()),
        (Processing, 1, 1, not_asked(Some(10)), Release),
        // A stale attempt: only what is definitive counts.
        (Processing, 2, 1, Approved, Posted),
        (Processing, 2, 1, DECLINED, declined()),
        (Processing, 2, 1, Unknown, Nothing),
        (Processing, 6, 5, Unknown, Nothing),
        (Processing, 2, 1, not_asked(Some(10)), Nothing),
        // A person's to decide; a late answer decides it.
        (ManualReview, 5, 5, Approved, Posted),
        (ManualReview, 5, 1, Approved, Posted),
        (ManualReview, 5, 5, DECLINED, declined()),
        (ManualReview, 5, 5, Unknown, Nothing),
        (ManualReview, 5, 5, not_asked(Some(10)), Nothing),
    ] {
        let book = book(charge(status, attempts, Some(10)));
        let case = format!("{status} {attempts}: {verdict:?} to {attempt}");
        assert_eq!(settled(book, attempt, verdict), expected, "{case}");
    }
}

#[test]
fn nothing_that_is_said_of_a_charge_at_its_end_changes_it() {
    for status in Status::ALL.iter().filter(|status| status.is_terminal()) {
        for verdict in [Verdict::Approved, DECLINED, Verdict::Unknown, not_asked(None)] {
            let came = settled(book(charge(*status, 1, None)), 1, verdict);
            assert_eq!(came, Came::Nothing, "{status} {verdict:?}");
        }
    }
}

#[test]
fn the_wait_doubles_from_a_second_and_a_person_comes_after_the_fifth_attempt() {
    let came = |attempt| {
        settled(book(charge(Status::Processing, attempt, Some(9))), attempt, Verdict::Unknown)
    };
    assert_eq!([1, 2, 3, 4].map(came), [1, 2, 4, 8].map(Came::Retry));
    assert_eq!(came(5), Came::Review(Reason::ProviderOutcomeUnknown));
}

#[test]
fn the_wait_stays_in_range_whatever_the_policy() {
    for attempt in [i32::MIN, -1, 0, 1, 17, 100, i32::MAX] {
        let wait = policy().backoff_after(attempt);
        assert!((1..=65_536).contains(&wait.num_seconds()), "{attempt}: {wait}");
        let huge = ClaimPolicy { backoff: TimeDelta::MAX, ..policy() };
        let _ = huge.backoff_after(attempt);
    }
    let impatient = ClaimPolicy { max_attempts: i32::MAX, ..policy() };
    let mut book = book(charge(Status::Processing, i32::MAX - 1, None));
    settle(&mut book, ID, i32::MAX - 1, Verdict::Unknown, &impatient).unwrap();
    assert_eq!(book.payment(ID).unwrap().status, Status::Processing);
}

#[test]
fn both_refusals_fail_with_their_own_code_and_a_sentence() {
    for (decline, code) in [
        (Decline::Generic, Reason::Declined),
        (Decline::InsufficientFunds, Reason::PayerInsufficientFunds),
    ] {
        let mut book = book(charge(Status::Processing, 1, Some(9)));
        settle(&mut book, ID, 1, Verdict::Declined(decline), &policy()).unwrap();
        let failure = book.payment(ID).unwrap().failure.clone().unwrap();
        assert_eq!(failure.code, code);
        assert!(failure.detail.ends_with('.'), "{failure:?}");
    }
}

#[test]
fn an_approved_charge_moves_its_amount_from_source_to_destination() {
    let mut book = book(charge(Status::Processing, 1, Some(9)));
    settle(&mut book, ID, 1, Verdict::Approved, &policy()).unwrap();
    let posted = |id| book.account(id).unwrap().posted_minor;
    assert_eq!((posted(SOURCE), posted(DESTINATION)), (-1_000, 1_000));
}

#[test]
fn money_that_was_taken_and_cannot_be_posted_is_a_persons_to_look_at() {
    let full = |status| {
        let full = Account { posted_minor: i64::MAX, ..account(DESTINATION, false) };
        Book::new(at(0), vec![charge(status, 1, None)], vec![account(SOURCE, true), full])
    };
    let missing = |status| Book::new(at(0), vec![charge(status, 1, None)], vec![]);
    let yen = |status| {
        let currency = Currency::parse("JPY").unwrap();
        let account = |id| Account { currency, ..account(id, true) };
        Book::new(at(0), vec![charge(status, 1, None)], vec![account(SOURCE), account(DESTINATION)])
    };
    let rejected = || Came::Review(Reason::PostingRejected);
    for make in [full as fn(Status) -> Book, missing, yen] {
        assert_eq!(settled(make(Status::Processing), 1, Verdict::Approved), rejected());
        assert_eq!(settled(make(Status::Processing), 0, Verdict::Approved), rejected());
        assert_eq!(settled(make(Status::ManualReview), 1, Verdict::Approved), Came::Nothing);
    }
}

#[test]
fn a_row_that_can_take_no_step_is_named_as_poison() {
    for verdict in [Verdict::Approved, DECLINED] {
        let worn = Payment { transitions: i32::MAX, ..charge(Status::Processing, 1, None) };
        let mut book = book(worn);
        assert_eq!(settle(&mut book, ID, 1, verdict, &policy()), Err(Rejection::Overflow));
        assert!(book.into_changes().is_empty());
    }
    let authorized = book(charge(Status::Authorized, 1, None));
    let illegal = Rejection::IllegalTransition { from: Status::Authorized, to: Status::Failed };
    assert_eq!(settle(&mut { authorized }, ID, 1, DECLINED, &policy()), Err(illegal));
}

#[test]
fn calls_are_used_up_after_the_last_attempt() {
    let policy = policy();
    assert_eq!([1, 5, 6, 10].map(|attempt| policy.only_asks(attempt)), [false, false, true, true]);
}

#[test]
fn a_claim_that_is_given_back_twice_takes_nobody_elses() {
    let mut earlier = book(charge(Status::Pending, 0, None));
    claim(&mut earlier, ID, &policy()).unwrap();
    settle(&mut earlier, ID, 1, not_asked(Some(30)), &policy()).unwrap();
    let given_back = earlier.payment(ID).cloned().unwrap();
    assert_eq!((given_back.attempts, given_back.lease_until), (0, Some(at(0))));

    let mut later = Book::new(at(5), vec![given_back], vec![]);
    claim(&mut later, ID, &policy()).unwrap();
    let claimed_by_another = later.payment(ID).cloned();
    assert_eq!(claimed_by_another.as_ref().map(|payment| payment.attempts), Some(1));
    // The first answer of the commit was lost, so the worker repeats what it had to say.
    settle(&mut later, ID, 1, not_asked(Some(30)), &policy()).unwrap();
    assert_eq!(later.payment(ID).cloned(), claimed_by_another);
}

/// A payout that reached a provider would be authorised: money taken instead of paid.
#[test]
fn what_no_provider_decides_about_is_neither_claimed_nor_settled_by_one() {
    let none = Err(Rejection::UnsupportedKind);
    let asked = [
        (Kind::Charge, Ok(Call::Authorize)),
        (Kind::Transfer, none),
        (Kind::Payout, none),
        (Kind::Deposit, none),
        (Kind::Refund, Err(Rejection::UnknownPayment)),
        (Kind::Opening, none),
    ];
    assert_eq!(asked.map(|(kind, _)| kind), Kind::ALL);
    for (kind, expected) in asked {
        let payment = Payment { kind, ..charge(Status::Processing, 1, None) };
        assert_eq!(call(&payment), expected, "{kind}");
        let Err(expected) = expected else { continue };
        let mut book = book(payment);
        assert_eq!(claim(&mut book, ID, &policy()), Err(expected), "{kind}");
        let not_asked = Verdict::NotAsked { lease_until: None };
        let declined = Verdict::Declined(Decline::Generic);
        for verdict in [Verdict::Approved, declined, Verdict::Unknown, not_asked] {
            let settled = settle(&mut book, ID, 1, verdict, &policy());
            assert_eq!(settled, Err(expected), "{kind} {verdict:?}");
        }
        assert!(book.into_changes().is_empty(), "{kind}");
    }
}
