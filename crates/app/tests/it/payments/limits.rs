//! The least and the most that a transfer may be, in one reference currency for all.

use crate::rig::{Rig, WE, code, money, refused};
use paygate_app::Refusal;
use paygate_core::id::AccountId;
use std::sync::atomic::Ordering;

const BELOW: &str = "risk-below-min";
const ABOVE: &str = "risk-above-max";

/// Sends amounts between two accounts; each is accepted, or refused with that code.
async fn check(rig: &Rig, from: AccountId, to: AccountId, amounts: &[(&str, Option<&str>)]) {
    for (amount, expected) in amounts {
        let stored = rig.payments();
        let sent = rig.transfers.create(&WE, rig.transfer_in(from, to, amount)).await;
        assert_eq!(sent.as_ref().err().map(code), *expected, "{amount}: {sent:?}");
        let more = rig.payments() - stored;
        assert_eq!(more, usize::from(expected.is_none()), "{amount}");
    }
}

#[tokio::test]
async fn both_limits_are_inclusive() {
    let rig = Rig::new().await;
    let from = rig.wallet("900000000.00 IDR").await;
    let to = rig.empty_wallet("IDR").await;
    let amounts = [
        ("999 IDR", Some(BELOW)),
        ("999.99 IDR", Some(BELOW)),
        ("1000 IDR", None),
        ("10000000 IDR", None),
        ("10000000.01 IDR", Some(ABOVE)),
        ("10000001 IDR", Some(ABOVE)),
        ("9999999999999 IDR", Some(ABOVE)),
    ];
    check(&rig, from, to, &amounts).await;
}

#[tokio::test]
async fn other_currencies_are_compared_by_their_worth() {
    let rig = Rig::new().await;
    let from = rig.wallet("90000.00 USD").await;
    let (dollars, rupiah) = (rig.empty_wallet("USD").await, rig.empty_wallet("IDR").await);
    // 15,500 to the dollar: 930 and 1,085; 9,999,980 and 10,000,135.
    let in_dollars = [
        ("0.01 USD", Some(BELOW)),
        ("0.06 USD", Some(BELOW)),
        ("0.07 USD", None),
        ("645.16 USD", None),
        ("645.17 USD", Some(ABOVE)),
    ];
    check(&rig, from, dollars, &in_dollars).await;
    check(&rig, from, rupiah, &in_dollars).await;
    // An exact credit is compared by what it costs: 0.0645… is 0.07, 645.161… is 645.17.
    let exact = [("930 IDR", Some(BELOW)), ("1000 IDR", None), ("9999980 IDR", None)];
    check(&rig, from, rupiah, &exact).await;
    check(&rig, from, rupiah, &[("9999980.01 IDR", Some(ABOVE))]).await;
    // An amount in a third currency is compared by what it moves.
    let from = rig.wallet("90000000.00 IDR").await;
    check(&rig, from, rupiah, &in_dollars).await;
}

#[tokio::test]
async fn a_rate_however_stale_is_good_enough_to_compare() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("90000.00 USD").await, rig.empty_wallet("USD").await);
    rig.rates.stale(true);
    let amounts = [("0.06 USD", Some(BELOW)), ("1 USD", None), ("645.17 USD", Some(ABOVE))];
    check(&rig, from, to, &amounts).await;
    rig.rates.ignorant.store(true, Ordering::SeqCst);
    check(&rig, from, to, &[("1 USD", Some("fx-unavailable"))]).await;
    rig.rates.stale(false);
    check(&rig, from, to, &[("1 USD", Some("fx-not-quoted"))]).await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    check(&rig, from, to, &[("1000 IDR", None), ("999 IDR", Some(BELOW))]).await;
}

#[tokio::test]
async fn a_refusal_names_the_limit() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("9.00 IDR").await, rig.empty_wallet("IDR").await);
    let sent = |amount| rig.transfers.create(&WE, rig.transfer(from, to, amount));
    let (least, most) = (money("1000 IDR"), money("10000000 IDR"));
    assert_eq!(refused(sent("1").await), Refusal::BelowMin(format!("{least} IDR")));
    assert_eq!(refused(sent("90000000").await), Refusal::AboveMax(format!("{most} IDR")));
}
