use crate::harness::{Answer, EXAMPLE, Harness, PAYMENTS, UNKNOWN, post};
use actix_web::test::TestRequest;
use paygate_core::id::PaymentId;
use paygate_core::status::Status;
use serde_json::json;

/// Alice has paid Bob 10.
async fn paid() -> (Harness, PaymentId) {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("bob", "USD", "1").await;
    let body = r#"{"source":"alice","destination":"bob","amount":10}"#;
    let id = harness.transferred("k", body).await;
    (harness, id)
}

async fn refund(harness: &Harness, of: impl ToString, key: &str, body: &str) -> Answer {
    harness.post_keyed(&format!("{PAYMENTS}/{}/refunds", of.to_string()), key, body).await
}

#[actix_web::test]
async fn a_payment_is_given_back_in_parts() {
    let (harness, id) = paid().await;
    let first = refund(&harness, id, "a", r#"{"amount":4,"reason":" Returned "}"#).await;
    // Back the way it came.
    let parties = harness.parties("bob", "alice").await;
    assert_eq!(
        first.text,
        format!(
            r#"{{"id":"{}","kind":"refund","amount":4.00,"currency":"USD","description":"Returned","status":"PENDING",{parties},"parent_id":"{id}","created_at":"2026-01-31T12:00:00.123456Z","updated_at":"2026-01-31T12:00:00.123456Z"}}"#,
            first.id()
        )
    );
    assert_eq!(first.status, 201);
    assert_eq!(first.header("location"), Some(&*format!("{PAYMENTS}/{}", first.id())));
    harness.work().await;
    let original = harness.get(&format!("{PAYMENTS}/{id}")).await;
    assert!(original.text.contains(r#""refunded_amount":4.00,"#), "{original:?}");
    assert_eq!(original.json()["status"], "SUCCESS");

    let too_much = refund(&harness, id, "b", r#"{"amount":6.01,"reason":"r"}"#).await;
    too_much.is_problem(422, "refund-exceeds-remainder");
    let rest = refund(&harness, id, "b", r#"{"reason":"r"}"#).await;
    assert_eq!(rest.json()["amount"], 6.0);
    harness.work().await;
    let original = harness.get(&format!("{PAYMENTS}/{id}")).await.json();
    assert_eq!(
        (&original["status"], &original["refunded_amount"]),
        (&json!("REVERSED"), &json!(10.0))
    );
    let again = refund(&harness, id, "c", r#"{"reason":"r"}"#).await;
    again.is_problem(422, "refund-exceeds-remainder");

    let listed = harness.get(&format!("{PAYMENTS}/{id}/refunds?limit=1")).await.json();
    assert_eq!(listed["items"][0]["id"], rest.id().to_string());
    let cursor = listed["next_cursor"].as_str().unwrap();
    let listed = harness.get(&format!("{PAYMENTS}/{id}/refunds?cursor={cursor}")).await.json();
    assert_eq!(listed["items"][0]["id"], first.id().to_string());
    assert_eq!(listed["next_cursor"], json!(null));
    let query = harness.last_query();
    assert_eq!((query.parent, query.limit), (Some(id), 50));
}

#[actix_web::test]
async fn a_refund_between_two_currencies_shows_what_it_takes_back() {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("yuki", "JPY", "1").await;
    let body = r#"{"source":"alice","destination":"yuki","amount":10}"#;
    let id = harness.transferred("k", body).await;
    let told = refund(&harness, id, "a", r#"{"amount":3.33,"reason":"r"}"#).await.json();
    assert_eq!(told["debit"], json!({"amount": 499, "currency": "JPY"}));
    assert_eq!((told.get("credit"), told.get("fx")), (None, None));
}

#[actix_web::test]
async fn a_repeated_refund_is_made_once() {
    let (harness, id) = paid().await;
    let body = r#"{"amount":"10.00","reason":"r"}"#;
    let first = refund(&harness, id, "a", body).await;
    harness.work().await;
    for same in [body, r#"{"reason":" r ","amount":10}"#] {
        let again = refund(&harness, id, "a", same).await;
        assert_eq!((again.status.as_u16(), again.id()), (201, first.id()));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json()["status"], "SUCCESS");
    }
    for other in
        [r#"{"reason":"r"}"#, r#"{"amount":10,"reason":"s"}"#, r#"{"amount":9,"reason":"r"}"#]
    {
        refund(&harness, id, "a", other).await.is_problem(422, "idempotency-key-reused");
    }
}

#[actix_web::test]
async fn what_can_not_be_refunded_is_told_by_its_rule() {
    let (harness, id) = paid().await;
    let body = r#"{"reason":"r"}"#;
    let charge = harness.post(EXAMPLE).await.id();
    refund(&harness, charge, "a", body).await.is_problem(422, "payment-not-refundable");
    harness.settle(charge, Status::Success).await;
    let spent = r#"{"source":"MERCHANT","destination":"alice","amount":100.50}"#;
    let spent = spent.replace("MERCHANT", &harness.merchant("USD").to_string());
    harness.transferred("spent", &spent).await;
    let poor = refund(&harness, charge, "a", body).await;
    poor.is_problem(422, "insufficient-funds");
    for unknown in [UNKNOWN, "x"] {
        refund(&harness, unknown, "a", body).await.is_problem(404, "payment-not-found");
        let path = format!("{PAYMENTS}/{unknown}/refunds");
        harness.get(&path).await.is_problem(404, "payment-not-found");
    }
    harness.closed("bob", "11").await;
    refund(&harness, id, "a", body).await.is_problem(422, "account-closed");
}

#[actix_web::test]
async fn every_broken_rule_of_a_refund_is_told() {
    let (harness, id) = paid().await;
    let path = format!("{PAYMENTS}/{id}/refunds");
    let answer = harness.post_to(&path, "{}").await;
    answer.is_problem(400, "invalid-request");
    assert_eq!(
        answer.violations(),
        ["reason missing-field", "Idempotency-Key idempotency-key-required"]
    );
    let long = format!(r#"{{"reason":"{}"}}"#, "ü".repeat(256));
    for (body, violations) in [
        (r#"{"amount":0,"reason":""}"#, &["amount not-positive", "reason empty"][..]),
        (r#"{"amount":[],"reason":1}"#, &["amount wrong-type", "reason wrong-type"]),
        (r#"{"reason":"a\u0007"}"#, &["reason control-character"]),
        (r#"{"reason":"r","reason":"r"}"#, &["reason duplicate-field"]),
        (r#"{"amount":1.005,"reason":"r"}"#, &["amount too-many-decimals"]),
        (&long, &["reason too-long"]),
    ] {
        let answer = refund(&harness, id, "a", body).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{body}");
    }
    for (query, violation) in [
        ("limit=0", "limit out-of-range"),
        ("cursor=1", "cursor malformed"),
        ("status=SUCCESS", "status unknown-parameter"),
    ] {
        assert_eq!(harness.get(&format!("{path}?{query}")).await.violations(), [violation]);
    }
}

#[actix_web::test]
async fn a_client_that_waits_for_a_refund_is_answered_with_the_outcome() {
    let (harness, id) = paid().await;
    let request = post(r#"{"reason":"r"}"#)
        .uri(&format!("{PAYMENTS}/{id}/refunds"))
        .insert_header(("Idempotency-Key", "a"))
        .insert_header(("Prefer", "wait=3"));
    let worker = async {
        harness.clock.until_sleepers(1).await;
        let id = harness.newest();
        harness.settle(id, Status::Success).await;
    };
    let (answer, ()) = futures_util::future::join(harness.send(request), worker).await;
    assert_eq!(answer.json()["status"], "SUCCESS");
    assert_eq!(answer.header("preference-applied"), Some("wait=3"));
}

#[actix_web::test]
async fn a_refund_without_a_body_lacks_its_reason() {
    let harness = Harness::new().await;
    let path = format!("{PAYMENTS}/{UNKNOWN}/refunds");
    let bare = TestRequest::post().uri(&path).insert_header(("Idempotency-Key", "k"));
    assert_eq!(harness.send(bare).await.violations(), ["reason missing-field"]);
    let text = TestRequest::post().uri(&path).set_payload("reason");
    harness.send(text).await.is_problem(415, "unsupported-media-type");
}
