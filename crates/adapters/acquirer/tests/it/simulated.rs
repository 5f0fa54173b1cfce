//! What the simulated acquirer does beyond the contract: chance, latency, bounds.

use crate::support::{back, key, request};
use paygate_acquirer::{FailRate, SimulatedAcquirer, SimulatorConfig, Totals};
use paygate_core::provider::Decline;
use paygate_ports::{Acquirer, AcquirerError, Decision, KnownOutcome};
use std::time::Duration;

const DECLINED: Decision = Decision::Declined(Decline::Generic);

async fn decisions(fail_rate: &str, seed: u64, calls: u128) -> Vec<Decision> {
    let fail_rate: FailRate = fail_rate.parse().unwrap();
    let config = SimulatorConfig { fail_rate, seed, ..SimulatorConfig::default() };
    let acquirer = SimulatedAcquirer::open(config).unwrap();
    let mut decisions = Vec::new();
    for n in 0..calls {
        decisions.push(acquirer.authorize(request(n, 10_000)).await.unwrap());
    }
    decisions
}

#[tokio::test]
async fn the_fail_rate_is_kept() {
    for (rate, least, most) in [("0", 0, 0), ("0.02", 300, 500), ("1", 20_000, 20_000)] {
        let declined = decisions(rate, 1, 20_000).await.iter().filter(|d| **d == DECLINED).count();
        assert!((least..=most).contains(&declined), "{rate}: {declined} of 20,000");
    }
}

#[tokio::test]
async fn the_seed_alone_chooses_what_is_declined() {
    let first = decisions("0.5", 1, 200).await;
    assert_eq!(first, decisions("0.5", 1, 200).await);
    assert_ne!(first, decisions("0.5", 2, 200).await);
}

#[tokio::test]
async fn chance_leaves_magic_amounts_alone() {
    let config = SimulatorConfig { fail_rate: "1".parse().unwrap(), ..SimulatorConfig::default() };
    let acquirer = SimulatedAcquirer::open(config).unwrap();
    let payer_is_poor = Decision::Declined(Decline::InsufficientFunds);
    assert_eq!(acquirer.authorize(request(2, 102)).await, Ok(payer_is_poor));
    for _ in 0..2 {
        assert!(acquirer.authorize(request(4, 104)).await.is_err());
    }
    assert_eq!(acquirer.authorize(request(4, 104)).await, Ok(Decision::Approved));
}

#[tokio::test]
async fn chance_declines_refunds_by_their_own_key() {
    let fail_rate: FailRate = "0.5".parse().unwrap();
    let config = SimulatorConfig { fail_rate, seed: 1, ..SimulatorConfig::default() };
    let acquirer = SimulatedAcquirer::open(config).unwrap();
    // A magic amount is taken whatever the odds.
    for _ in 0..3 {
        let _ = acquirer.authorize(request(1_000, 99_904)).await;
    }
    let mut refunds = Vec::new();
    for n in 0..200 {
        refunds.push(acquirer.refund(back(n, 1_000, 10)).await.unwrap());
    }
    assert_eq!(refunds, decisions("0.5", 1, 200).await);
}

#[tokio::test]
async fn what_may_not_be_given_back_is_declined_whatever_the_amount_asks_for() {
    let acquirer = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
    for minor in 100..=110 {
        let number = u128::try_from(minor).unwrap();
        assert_eq!(acquirer.refund(back(number, 1, minor)).await, Ok(DECLINED), "{minor}");
        let known = acquirer.status(key(number)).await;
        assert_eq!(known, Ok(KnownOutcome::Decided(DECLINED)), "{minor}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_latency_beyond_the_timeout_is_a_timeout_that_took_effect() {
    for (latency, timeout, answer) in [
        (100, 200, Ok(Decision::Approved)),
        (200, 200, Err(AcquirerError::TimedOut)),
        (60_000, 200, Err(AcquirerError::TimedOut)),
    ] {
        let (latency, timeout) = (Duration::from_millis(latency), Duration::from_millis(timeout));
        let config = SimulatorConfig { latency, timeout, ..SimulatorConfig::default() };
        let acquirer = SimulatedAcquirer::open(config).unwrap();
        let started = tokio::time::Instant::now();
        assert_eq!(acquirer.authorize(request(1, 10_000)).await, answer);
        assert_eq!(started.elapsed(), latency.min(timeout));
        assert_eq!(acquirer.calls(key(1)).effects, 1);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let acquirer = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
    let call = acquirer.authorize(request(1, 10_003));
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    let known = acquirer.status(key(1)).await;
    assert_eq!(known, Ok(KnownOutcome::Decided(Decision::Approved)));
}

#[tokio::test]
async fn nothing_moves_for_zero_or_less() {
    let acquirer = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
    for minor in [0, -1, -10_000, i64::MIN] {
        let answer = acquirer.authorize(request(1, minor)).await;
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{minor}: {answer:?}");
        let answer = acquirer.refund(back(2, 1, minor)).await;
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{minor}: {answer:?}");
    }
    assert_eq!(acquirer.totals(), Totals::default());
}

#[tokio::test]
async fn the_same_number_in_another_currency_is_another_amount() {
    let acquirer = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
    let mut other = request(1, 10_000);
    assert_eq!(acquirer.authorize(other.clone()).await, Ok(Decision::Approved));
    other.amount.currency = paygate_core::money::Currency::parse("EUR").unwrap();
    assert!(acquirer.authorize(other).await.is_err());
    assert_eq!(acquirer.totals(), Totals { keys: 1, authorizations: 2, refunds: 0, effects: 1 });
}
