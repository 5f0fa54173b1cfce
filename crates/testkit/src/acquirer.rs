//! What every acquirer adapter must do, as one test per rule: `acquirer_contract!`.
//!
//! It needs an acquirer that follows the magic amounts of the simulated one, and a way to see how
//! often a key was called and how often money was taken for it.

use paygate_core::charge::Decline;
use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use paygate_ports::{Acquirer, AcquirerError, Authorization, Decision, KnownOutcome};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Longer than any call of an adapter under test may take: its own timeouts are shorter.
const BOUND: Duration = Duration::from_secs(10);

/// Authorizations received for a key, and how often money was taken for it.
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
    let currency = Currency::parse("USD").unwrap();
    Authorization { key: PaymentId(Uuid::from_u128(key)), amount: Money { minor, currency } }
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
