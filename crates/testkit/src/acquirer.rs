//! What every acquirer adapter must do, as one test per rule: `acquirer_contract!`.
//!
//! It needs an acquirer that follows the magic amounts of the simulated one, and a way to see how
//! often a key was called and how often money moved for it.

use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use paygate_core::provider::Decline;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Longer than any call of an adapter under test may take: its own timeouts are shorter.
const BOUND: Duration = Duration::from_secs(10);

const APPROVED: Result<Decision, AcquirerError> = Ok(Decision::Approved);
const DECLINED: Result<Decision, AcquirerError> = Ok(Decision::Declined(Decline::Generic));

/// Authorizations and refunds received for a key, and how often money moved for it.
pub type Counts = Pin<Box<dyn Future<Output = (u64, u64)> + Send>>;

/// A fresh acquirer for one test, with its timeouts short.
pub struct AcquirerUnderTest {
    pub acquirer: Arc<dyn Acquirer>,
    pub calls: Box<dyn Fn(PaymentId) -> Counts + Send + Sync>,
    /// What must live as long as the test, such as a server.
    pub keep: Box<dyn Any + Send>,
}

impl AcquirerUnderTest {
    async fn authorize(&self, key: u128, minor: i64) -> Result<Decision, AcquirerError> {
        within(self.acquirer.authorize(request(key, minor))).await
    }

    /// Takes money under the key `of`, to be given back.
    async fn take(&self, of: u128, minor: i64) {
        assert_eq!(self.authorize(of, minor).await, APPROVED);
    }

    async fn refund(&self, key: u128, of: u128, minor: i64) -> Result<Decision, AcquirerError> {
        within(self.acquirer.refund(back(key, of, minor))).await
    }

    async fn status(&self, key: u128) -> Result<KnownOutcome, AcquirerError> {
        within(self.acquirer.status(PaymentId(Uuid::from_u128(key)))).await
    }

    async fn calls(&self, key: u128) -> (u64, u64) {
        within((self.calls)(PaymentId(Uuid::from_u128(key)))).await
    }
}

async fn within<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, call).await.expect("every call ends in bounded time")
}

fn request(key: u128, minor: i64) -> Authorization {
    Authorization { key: PaymentId(Uuid::from_u128(key)), amount: usd(minor) }
}

fn back(key: u128, of: u128, minor: i64) -> RefundRequest {
    let [key, of] = [key, of].map(|number| PaymentId(Uuid::from_u128(number)));
    RefundRequest { key, of, amount: usd(minor) }
}

fn usd(minor: i64) -> Money {
    Money { minor, currency: Currency::parse("USD").unwrap() }
}

/// Declares one test per rule. `$make` is the path of an async function without arguments that
/// returns a fresh [`AcquirerUnderTest`].
#[macro_export]
macro_rules! acquirer_contract {
    ($make:path) => {
        $crate::acquirer_contract! { $make:
            an_approval_is_repeated_and_takes_effect_once
            declines_carry_their_reason_and_are_repeated
            an_unknown_key_is_not_found
            an_approval_that_is_not_heard_is_known_afterwards
            two_failures_then_an_approval_take_effect_once
            what_never_answers_is_given_up_in_bounded_time
            concurrent_calls_with_one_key_take_effect_once
            many_keys_at_once_are_each_decided
            a_key_is_not_approved_again_for_another_amount
            a_refund_is_repeated_and_takes_effect_once
            concurrent_refunds_with_one_key_take_effect_once
            what_was_never_taken_is_not_given_back
            money_is_not_given_back_in_another_currency
            refunds_never_exceed_what_was_taken
            concurrent_refunds_never_exceed_what_was_taken
            declined_refunds_carry_their_reason_and_are_repeated
            a_refund_that_is_not_heard_is_known_afterwards_and_counts
            two_failures_then_a_refund_take_effect_once
            a_refund_that_never_answers_is_given_up_in_bounded_time
            a_refund_key_is_for_one_refund_only
        }
    };
    ($make:path: $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::acquirer::$rule($make().await).await;
            }
        )+
    };
}

pub async fn an_approval_is_repeated_and_takes_effect_once(it: AcquirerUnderTest) {
    for _ in 0..3 {
        assert_eq!(it.authorize(1, 10_050).await, Ok(Decision::Approved));
        assert_eq!(it.status(1).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    }
    assert_eq!(it.calls(1).await, (3, 1));
}

pub async fn declines_carry_their_reason_and_are_repeated(it: AcquirerUnderTest) {
    for (key, minor, why) in [(1, 10_001, Decline::Generic), (2, 2, Decline::InsufficientFunds)] {
        for _ in 0..2 {
            assert_eq!(it.authorize(key, minor).await, Ok(Decision::Declined(why)));
        }
        let known = KnownOutcome::Decided(Decision::Declined(why));
        assert_eq!(it.status(key).await, Ok(known));
        assert_eq!(it.calls(key).await, (2, 0));
    }
}

pub async fn an_unknown_key_is_not_found(it: AcquirerUnderTest) {
    assert_eq!(it.authorize(1, 10_000).await, Ok(Decision::Approved));
    assert_eq!(it.status(2).await, Ok(KnownOutcome::NotFound));
    assert_eq!(it.calls(2).await, (0, 0));
}

pub async fn an_approval_that_is_not_heard_is_known_afterwards(it: AcquirerUnderTest) {
    assert_eq!(it.authorize(1, 10_003).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.status(1).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(it.authorize(1, 10_003).await, Ok(Decision::Approved), "the first decision again");
    assert_eq!(it.calls(1).await, (2, 1));
}

pub async fn two_failures_then_an_approval_take_effect_once(it: AcquirerUnderTest) {
    for calls in 1..=2 {
        let answer = it.authorize(1, 10_004).await;
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{answer:?}");
        assert_eq!(it.status(1).await, Ok(KnownOutcome::NotFound));
        assert_eq!(it.calls(1).await, (calls, 0));
    }
    for calls in 3..=4 {
        assert_eq!(it.authorize(1, 10_004).await, Ok(Decision::Approved));
        assert_eq!(it.calls(1).await, (calls, 1));
    }
}

pub async fn what_never_answers_is_given_up_in_bounded_time(it: AcquirerUnderTest) {
    assert_eq!(it.authorize(1, 10_005).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.status(1).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.authorize(1, 10_005).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.calls(1).await, (2, 0));
}

pub async fn concurrent_calls_with_one_key_take_effect_once(it: AcquirerUnderTest) {
    let answers = at_once(&it, (0..50).map(|_| request(1, 10_000))).await;
    assert_eq!(answers, vec![Ok(Decision::Approved); 50]);
    assert_eq!(it.calls(1).await, (50, 1));
}

pub async fn many_keys_at_once_are_each_decided(it: AcquirerUnderTest) {
    let answers = at_once(&it, (1..=200).map(|key| request(key, 10_000))).await;
    assert_eq!(answers, vec![Ok(Decision::Approved); 200]);
    for key in 1..=200 {
        assert_eq!(it.calls(key).await, (1, 1));
    }
}

pub async fn a_key_is_not_approved_again_for_another_amount(it: AcquirerUnderTest) {
    assert_eq!(it.authorize(1, 10_000).await, Ok(Decision::Approved));
    let answer = it.authorize(1, 20_000).await;
    assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{answer:?}");
    assert_eq!(it.status(1).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(it.authorize(1, 10_000).await, Ok(Decision::Approved));
    assert_eq!(it.calls(1).await, (3, 1));
}

pub async fn a_refund_is_repeated_and_takes_effect_once(it: AcquirerUnderTest) {
    it.take(1, 10_050).await;
    for _ in 0..3 {
        assert_eq!(it.refund(2, 1, 10_050).await, APPROVED);
        assert_eq!(it.status(2).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    }
    assert_eq!(it.calls(2).await, (3, 1));
    assert_eq!(it.status(1).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(it.calls(1).await, (1, 1), "the payment was not called again");
}

pub async fn concurrent_refunds_with_one_key_take_effect_once(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    let answers = refunds_at_once(&it, (0..50).map(|_| back(2, 1, 6_000))).await;
    assert_eq!(answers, vec![APPROVED; 50]);
    assert_eq!(it.calls(2).await, (50, 1));
    assert_eq!(it.refund(3, 1, 4_000).await, APPROVED, "the rest is still there");
}

pub async fn what_was_never_taken_is_not_given_back(it: AcquirerUnderTest) {
    assert_eq!(it.authorize(1, 10_001).await, DECLINED);
    it.take(2, 10_000).await;
    assert_eq!(it.refund(3, 2, 5_000).await, APPROVED);
    for (key, of, what) in
        [(11, 1, "declined"), (12, 3, "a refund itself"), (13, 4, "unknown"), (14, 14, "itself")]
    {
        for _ in 0..2 {
            assert_eq!(it.refund(key, of, 5_000).await, DECLINED, "{what}");
        }
        let known = KnownOutcome::Decided(Decision::Declined(Decline::Generic));
        assert_eq!(it.status(key).await, Ok(known), "{what}");
        assert_eq!(it.calls(key).await, (2, 0), "{what}");
    }
    it.take(4, 10_000).await;
    assert_eq!(it.refund(13, 4, 5_000).await, DECLINED, "the first decision again");
    assert_eq!(it.refund(15, 4, 5_000).await, APPROVED);
}

pub async fn money_is_not_given_back_in_another_currency(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    let mut request = back(2, 1, 5_000);
    request.amount.currency = Currency::parse("EUR").unwrap();
    assert_eq!(within(it.acquirer.refund(request)).await, DECLINED);
    assert_eq!(it.calls(2).await, (1, 0));
    assert_eq!(it.refund(3, 1, 10_000).await, APPROVED);
}

pub async fn refunds_never_exceed_what_was_taken(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    it.take(2, 10_000).await;
    for (key, minor, expected) in [
        (11, 10_010, DECLINED),
        (12, 6_000, APPROVED),
        (13, 4_010, DECLINED),
        (14, 4_000, APPROVED),
        (15, 10, DECLINED),
    ] {
        assert_eq!(it.refund(key, 1, minor).await, expected, "{minor}");
        assert_eq!(it.calls(key).await, (1, u64::from(expected == APPROVED)), "{minor}");
    }
    assert_eq!(it.refund(12, 1, 6_000).await, APPROVED, "the first decision again");
    assert_eq!(it.refund(21, 2, 10_000).await, APPROVED, "another payment has its own sum");
}

pub async fn concurrent_refunds_never_exceed_what_was_taken(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    let answers = refunds_at_once(&it, (11..=60).map(|key| back(key, 1, 1_100))).await;
    let approved = answers.iter().filter(|answer| **answer == APPROVED).count();
    let declined = answers.iter().filter(|answer| **answer == DECLINED).count();
    assert_eq!((approved, declined), (9, 41));
    let mut effects = 0;
    for key in 11..=60 {
        effects += it.calls(key).await.1;
    }
    assert_eq!(effects, 9);
}

pub async fn declined_refunds_carry_their_reason_and_are_repeated(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    for (key, minor, why) in [(11, 5_001, Decline::Generic), (12, 2, Decline::InsufficientFunds)] {
        for _ in 0..2 {
            assert_eq!(it.refund(key, 1, minor).await, Ok(Decision::Declined(why)));
        }
        let known = KnownOutcome::Decided(Decision::Declined(why));
        assert_eq!(it.status(key).await, Ok(known));
        assert_eq!(it.calls(key).await, (2, 0));
    }
    assert_eq!(it.refund(13, 1, 10_000).await, APPROVED, "what was declined does not count");
}

pub async fn a_refund_that_is_not_heard_is_known_afterwards_and_counts(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    assert_eq!(it.refund(2, 1, 6_003).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.status(2).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(it.refund(3, 1, 6_000).await, DECLINED);
    assert_eq!(it.refund(2, 1, 6_003).await, APPROVED, "the first decision again");
    assert_eq!(it.calls(2).await, (2, 1));
}

pub async fn two_failures_then_a_refund_take_effect_once(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    for calls in 1..=2 {
        let answer = it.refund(2, 1, 6_004).await;
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{answer:?}");
        assert_eq!(it.status(2).await, Ok(KnownOutcome::NotFound));
        assert_eq!(it.calls(2).await, (calls, 0));
    }
    for calls in 3..=4 {
        assert_eq!(it.refund(2, 1, 6_004).await, APPROVED);
        assert_eq!(it.calls(2).await, (calls, 1));
    }
}

pub async fn a_refund_that_never_answers_is_given_up_in_bounded_time(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    assert_eq!(it.refund(2, 1, 6_005).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.status(2).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.refund(2, 1, 6_005).await, Err(AcquirerError::TimedOut));
    assert_eq!(it.calls(2).await, (2, 0));
    assert_eq!(it.refund(3, 1, 10_000).await, APPROVED, "nothing was given back");
}

pub async fn a_refund_key_is_for_one_refund_only(it: AcquirerUnderTest) {
    it.take(1, 10_000).await;
    it.take(2, 10_000).await;
    assert_eq!(it.refund(3, 1, 4_000).await, APPROVED);
    for (what, answer) in [
        ("another amount", it.refund(3, 1, 5_000).await),
        ("another payment", it.refund(3, 2, 4_000).await),
        ("an authorization", it.authorize(3, 4_000).await),
        ("the payment's own key", it.refund(1, 1, 10_000).await),
    ] {
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{what}: {answer:?}");
    }
    assert_eq!(it.status(3).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(it.calls(3).await, (4, 1));
    assert_eq!(it.refund(4, 1, 6_000).await, APPROVED);
    assert_eq!(it.refund(5, 2, 10_000).await, APPROVED);
}

async fn at_once(
    it: &AcquirerUnderTest,
    requests: impl Iterator<Item = Authorization>,
) -> Vec<Result<Decision, AcquirerError>> {
    let mut calls = JoinSet::new();
    for request in requests {
        let acquirer = Arc::clone(&it.acquirer);
        calls.spawn(async move { acquirer.authorize(request).await });
    }
    within(calls.join_all()).await
}

async fn refunds_at_once(
    it: &AcquirerUnderTest,
    requests: impl Iterator<Item = RefundRequest>,
) -> Vec<Result<Decision, AcquirerError>> {
    let mut calls = JoinSet::new();
    for request in requests {
        let acquirer = Arc::clone(&it.acquirer);
        calls.spawn(async move { acquirer.refund(request).await });
    }
    within(calls.join_all()).await
}
