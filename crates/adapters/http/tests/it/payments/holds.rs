use crate::harness::{ACCOUNTS, Answer, EXAMPLE, Harness, PAYMENTS, UNKNOWN};
use actix_web::test::TestRequest;
use paygate_core::id::PaymentId;
use serde_json::json;

/// Alice holds 10.50 for Bob.
async fn held() -> (Harness, PaymentId) {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("bob", "USD", "1").await;
    let hold = r#"{"source":"alice","destination":"bob","amount":10.5,"capture":false}"#;
    let id = harness.transferred("k", hold).await;
    (harness, id)
}

async fn ask(harness: &Harness, id: impl ToString, what: &str, body: &str) -> Answer {
    harness.post_to(&format!("{PAYMENTS}/{}/{what}", id.to_string()), body).await
}

async fn balances(harness: &Harness, name: &str) -> (f64, f64) {
    let account = harness.get(&format!("{ACCOUNTS}/{name}")).await.json();
    (account["posted"].as_f64().unwrap(), account["held"].as_f64().unwrap())
}

#[actix_web::test]
async fn a_hold_is_captured_once() {
    let (harness, id) = held().await;
    let shown = harness.get(&format!("{PAYMENTS}/{id}")).await.json();
    assert_eq!((&shown["status"], &shown["capture"]), (&json!("AUTHORIZED"), &json!(false)));
    assert_eq!(shown["expires_at"], "2026-02-07T12:00:00.123456Z");
    assert_eq!(shown.get("captured_amount"), None);
    assert_eq!(balances(&harness, "alice").await, (100.0, 10.5));

    let bare = TestRequest::post().uri(&format!("{PAYMENTS}/{id}/capture"));
    let captured = harness.send(bare).await;
    assert_eq!(captured.status, 200, "{captured:?}");
    assert!(captured.text.contains(r#""capture":false,"captured_amount":10.50,"#), "{captured:?}");
    assert_eq!(captured.json()["status"], "SUCCESS");
    assert_eq!(balances(&harness, "alice").await, (89.5, 0.0));
    assert_eq!(balances(&harness, "bob").await, (11.5, 0.0));
    for same in
        ["", "{}", "null", r#"{"amount":null}"#, r#"{"amount":10.5}"#, r#"{"amount":"10.50"}"#]
    {
        assert_eq!(ask(&harness, id, "capture", same).await.text, captured.text, "{same}");
    }
    let other = ask(&harness, id, "capture", r#"{"amount":10.4}"#).await;
    other.is_problem(409, "payment-not-authorized");
    assert!(other.json()["detail"].as_str().unwrap().contains("SUCCESS"));
    ask(&harness, id, "void", "").await.is_problem(409, "payment-not-authorized");
}

#[actix_web::test]
async fn a_part_can_be_captured_and_the_rest_is_given_back() {
    let (harness, id) = held().await;
    let more = ask(&harness, id, "capture", r#"{"amount":10.51}"#).await;
    more.is_problem(422, "amount-exceeds-authorization");
    let captured = ask(&harness, id, "capture", r#"{"amount":4}"#).await;
    assert!(captured.text.contains(r#""captured_amount":4.00"#), "{captured:?}");
    assert_eq!(balances(&harness, "alice").await, (96.0, 0.0));
}

#[actix_web::test]
async fn too_small_a_part_is_not_captured() {
    let harness = Harness::new().await;
    harness.wallet("yuki", "JPY", "100000").await;
    harness.wallet("alice", "USD", "1").await;
    let hold = r#"{"source":"yuki","destination":"alice","amount":1000,"capture":false}"#;
    let id = harness.transferred("k", hold).await;
    ask(&harness, id, "capture", r#"{"amount":1}"#).await.is_problem(422, "amount-too-small");
    let bad = ask(&harness, id, "capture", r#"{"amount":1.5}"#).await;
    bad.is_problem(400, "invalid-request");
    assert_eq!(bad.violations(), ["amount too-many-decimals"]);
}

#[actix_web::test]
async fn a_hold_is_voided_once() {
    let (harness, id) = held().await;
    let voided = ask(&harness, id, "void", "").await;
    assert_eq!((voided.status.as_u16(), &voided.json()["status"]), (200, &json!("VOIDED")));
    assert_eq!(balances(&harness, "alice").await, (100.0, 0.0));
    assert_eq!(ask(&harness, id, "void", "{}").await.text, voided.text);
    let captured = ask(&harness, id, "capture", "").await;
    captured.is_problem(409, "payment-not-authorized");
    assert!(captured.json()["detail"].as_str().unwrap().contains("VOIDED"));
}

#[actix_web::test]
async fn a_rule_of_the_accounts_is_told() {
    let (harness, id) = held().await;
    let bob = harness.closed("bob", "1").await;
    ask(&harness, id, "capture", "").await.is_problem(422, "account-closed");
    harness.broken();
    harness.set_account(bob, &format!("closed_at = NULL, posted_minor = {}", i64::MAX));
    ask(&harness, id, "capture", "").await.is_problem(422, "overflow");
}

#[actix_web::test]
async fn what_is_not_held_can_be_neither_captured_nor_voided() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    for what in ["capture", "void"] {
        ask(&harness, id, what, "").await.is_problem(409, "payment-not-authorized");
        for unknown in [UNKNOWN, "x", "%00"] {
            ask(&harness, unknown, what, "").await.is_problem(404, "payment-not-found");
        }
        let path = format!("{PAYMENTS}/{id}/{what}");
        let answer = harness.get(&path).await;
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
}

#[actix_web::test]
async fn every_broken_rule_is_told() {
    let (harness, id) = held().await;
    for (body, violations) in [
        (r#"{"amount":0}"#, &["amount not-positive"][..]),
        (r#"{"amount":-1}"#, &["amount not-positive"]),
        (r#"{"amount":{}}"#, &["amount wrong-type"]),
        (r#"{"amount":1e2}"#, &["amount exponent-not-allowed"]),
        (r#"{"amount":1.005}"#, &["amount too-many-decimals"]),
        (r#"{"amount":1,"amount":1,"rest":1}"#, &["amount duplicate-field", "rest unknown-field"]),
    ] {
        let answer = ask(&harness, id, "capture", body).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{body}");
    }
    let answer = ask(&harness, id, "void", r#"{"amount":1}"#).await;
    assert_eq!(answer.violations(), ["amount unknown-field"]);
    assert_eq!(balances(&harness, "alice").await, (100.0, 10.5));
}
