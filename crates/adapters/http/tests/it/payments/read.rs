use crate::harness::{EXAMPLE, Harness, PAYMENTS, UNKNOWN};
use paygate_core::status::Status;
use std::time::Duration;

#[actix_web::test]
async fn a_failure_says_why() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    harness.settle(id, Status::Failed).await;
    harness.set_payment(id, r#"failure_detail = 'the payer''s bank said "no"'"#);
    let shown = harness.get(&format!("{PAYMENTS}/{id}")).await;
    assert_eq!(shown.json()["status"], "FAILED");
    let failure = serde_json::json!({"code": "declined", "detail": "the payer's bank said \"no\""});
    assert_eq!(shown.json()["failure"], failure);
}

#[actix_web::test]
async fn the_timeline_has_every_step_in_order() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    let path = format!("{PAYMENTS}/{id}/timeline");
    let empty = serde_json::json!({"payment_id": id.to_string(), "items": []});
    assert_eq!(harness.get(&path).await.json(), empty);
    harness.clock.advance(Duration::from_millis(250));
    harness.settle(id, Status::Processing).await;
    harness.clock.advance(Duration::from_millis(250));
    harness.settle(id, Status::Success).await;
    let told = harness.get(&path).await;
    assert_eq!(
        told.json()["items"],
        serde_json::json!([
            {"seq": 1, "from": "PENDING", "to": "PROCESSING", "actor": "worker",
             "reason": "claimed", "at": "2026-01-31T12:00:00.373456Z"},
            {"seq": 2, "from": "PROCESSING", "to": "SUCCESS", "actor": "worker",
             "reason": "settled", "at": "2026-01-31T12:00:00.623456Z"},
        ])
    );
}

#[actix_web::test]
async fn an_id_that_names_nothing_is_not_found() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    let bare = id.to_string().replace('-', "");
    for unknown in [UNKNOWN, "x", "1", "%00", "%ff", "%2e%2e", &bare, &format!("%7B{id}%7D")] {
        for path in [format!("{PAYMENTS}/{unknown}"), format!("{PAYMENTS}/{unknown}/timeline")] {
            harness.get(&path).await.is_problem(404, "payment-not-found");
        }
    }
    let upper = id.to_string().to_uppercase();
    assert_eq!(harness.get(&format!("{PAYMENTS}/{upper}")).await.id(), id);
}

#[actix_web::test]
async fn head_is_answered_as_get_is() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    for path in [&*format!("{PAYMENTS}/{id}"), PAYMENTS, "/health", "/metrics"] {
        let answer = harness.ask("HEAD", path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            harness.get(path).await.header("content-type"),
            "{path}"
        );
    }
    let missing = harness.ask("HEAD", &format!("{PAYMENTS}/{UNKNOWN}")).await;
    assert_eq!(missing.status, 404);
}
