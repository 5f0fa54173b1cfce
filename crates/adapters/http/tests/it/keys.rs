//! Keys of what is opened and promised, and of what has no need of them.

use crate::harness::{ACCOUNTS, Answer, Harness, PAYMENTS, TRANSFERS};
use serde_json::json;

const QUOTES: &str = "/api/v1/fx/quotes";

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[actix_web::test]
async fn a_key_opens_one_account() {
    let harness = Harness::new().await;
    let body = r#"{"currency":"USD","opening_balance":100}"#;
    let first = harness.post_keyed(ACCOUNTS, "k", body).await;
    assert_eq!((first.status.as_u16(), replayed(&first)), (201, false), "{first:?}");
    // As it is written does not count.
    let again = r#"{"opening_balance":"100.00","currency":"USD"}"#;
    let again = harness.post_keyed(ACCOUNTS, "k", again).await;
    assert_eq!((again.status.as_u16(), replayed(&again)), (201, true), "{again:?}");
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("location"), first.header("location"));
    let other = r#"{"currency":"USD","opening_balance":101}"#;
    let other = harness.post_keyed(ACCOUNTS, "k", other).await;
    other.is_problem(422, "idempotency-key-reused");
    let (one, two) = (
        harness.post_keyed(ACCOUNTS, "l", body).await.json(),
        harness.post_to(ACCOUNTS, body).await.json(),
    );
    let ids = [&first.json()["id"], &one["id"], &two["id"]].map(ToString::to_string);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    let bad = harness.post_keyed(ACCOUNTS, "a b", "{}").await;
    let expected = ["currency missing-field", "Idempotency-Key invalid"];
    assert_eq!(bad.is_problem(400, "invalid-request").violations(), expected);
}

#[actix_web::test]
async fn a_key_promises_one_rate() {
    let harness = Harness::new().await;
    let body = r#"{"base":"USD","quote":"IDR","amount":10}"#;
    let first = harness.post_keyed(QUOTES, "k", body).await;
    assert_eq!((first.status.as_u16(), replayed(&first)), (201, false), "{first:?}");
    harness.clock.advance(std::time::Duration::from_secs(5));
    let again = harness.post_keyed(QUOTES, "k", body).await;
    assert_eq!((again.status.as_u16(), replayed(&again)), (201, true), "{again:?}");
    assert_eq!(again.json(), first.json());
    let other = r#"{"base":"USD","quote":"IDR","amount":11}"#;
    let other = harness.post_keyed(QUOTES, "k", other).await;
    other.is_problem(422, "idempotency-key-reused");
    let fresh = harness.post_keyed(QUOTES, "l", body).await;
    assert_ne!(fresh.json()["id"], first.json()["id"]);
}

#[actix_web::test]
async fn what_leads_to_a_state_takes_a_key_and_needs_none() {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("bob", "USD", "0").await;
    let hold = r#"{"source":"alice","destination":"bob","amount":10,"capture":false}"#;
    let held = harness.post_keyed(TRANSFERS, "hold", hold).await.id();
    harness.work().await;
    let capture = format!("{PAYMENTS}/{held}/capture");
    for key in ["k", "k", "l"] {
        let captured = harness.post_keyed(&capture, key, "{}").await;
        assert_eq!(captured.json()["status"], json!("SUCCESS"), "{captured:?}");
    }
    for path in [capture, format!("{PAYMENTS}/{held}/void"), format!("{ACCOUNTS}/bob/close")] {
        let bad = harness.post_keyed(&path, "a b", "{}").await;
        let violations = bad.is_problem(400, "invalid-request").violations();
        assert_eq!(violations, ["Idempotency-Key invalid"], "{path}");
    }
}
