//! The ends of the ledger's range, from outside: neither charges nor openings bring an account there.

use crate::harness::{ACCOUNTS, Harness, PAYMENTS};
use paygate_core::account::SystemAccount;
use paygate_core::account::headroom::BALANCE_LIMIT_MINOR;
use paygate_core::id::AccountId;
use paygate_core::money::Currency;
use serde_json::json;

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// The acquirer's and the merchant's.
fn accounts(harness: &Harness) -> (AccountId, AccountId) {
    harness.api.standing.charge(&paygate_testkit::build::house(), usd()).unwrap()
}

/// A charge of so much.
fn charge(amount: &str, reference: usize) -> String {
    format!(r#"{{"amount":{amount},"currency":"USD","reference":"R-{reference}"}}"#)
}

#[actix_web::test]
async fn a_charge_beyond_the_greatest_amount_or_the_room_stores_nothing() {
    let harness = Harness::new().await;
    let answer = harness.post(charge("999999999999999", 0)).await;
    answer.is_problem(422, "amount-too-large");
    assert_eq!(harness.get(PAYMENTS).await.json()["items"], json!([]));
    let (acquirer, merchant) = accounts(&harness);
    let full = BALANCE_LIMIT_MINOR - 100;
    harness.broken();
    harness.set_account(acquirer, &format!("posted_minor = {}", -full));
    harness.set_account(merchant, &format!("posted_minor = {full}"));
    harness.post(charge("1.01", 1)).await.is_problem(422, "overflow");
    assert_eq!(harness.get(PAYMENTS).await.json()["items"], json!([]));
    let answer = harness.post(charge("1.00", 1)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[actix_web::test]
async fn an_opening_balance_beyond_the_greatest_amount_opens_nothing() {
    let harness = Harness::new().await;
    let open = |amount: &str| format!(r#"{{"currency":"USD","opening_balance":{amount}}}"#);
    let answer = harness.post_to(ACCOUNTS, open("999999999999999")).await;
    answer.is_problem(422, "amount-too-large");
    let answer = harness.post_to(ACCOUNTS, open("9999999999999.99")).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    // So many were opened that there is no room for another.
    let equity = harness.api.standing.system(SystemAccount::OpeningEquity, usd()).unwrap();
    harness.broken();
    harness.set_account(equity, &format!("posted_minor = {}", 99 - BALANCE_LIMIT_MINOR));
    harness.post_to(ACCOUNTS, open("1")).await.is_problem(422, "overflow");
    assert_eq!(harness.post_to(ACCOUNTS, open("0.99")).await.status, 201);
}
