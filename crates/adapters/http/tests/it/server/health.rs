use crate::harness::{Harness, Tokens};
use actix_web::test::TestRequest;
use paygate_core::identity::Principal;
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;
use serde_json::json;

fn away() -> StoreError {
    StoreError::Unavailable("refused".to_owned())
}

#[actix_web::test]
async fn a_process_that_runs_says_so_whatever_it_depends_on() {
    let harness = Harness::new().await;
    harness.fail_with(away());
    harness.queue.set_available(false);
    for path in ["/health", "/healthz", "/health/live"] {
        let answer = harness.get(path).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (200, r#"{"status":"ok"}"#), "{path}");
    }
    assert_eq!(harness.get("/health/ready").await.status, 503);
}

#[actix_web::test]
async fn readiness_names_each_component() {
    let harness = Harness::new().await;
    let up = json!({"status": "up"});
    let ready = harness.get("/health/ready").await;
    assert_eq!(ready.status, 200);
    let ok = json!({"status": "ok", "components": {"store": up, "broker": up}});
    assert_eq!(ready.json(), ok);

    harness.queue.set_available(false);
    let degraded = harness.get("/health/ready").await;
    assert_eq!(
        (degraded.status.as_u16(), degraded.json()["status"].as_str()),
        (200, Some("degraded"))
    );
    assert_eq!(degraded.json()["components"]["store"], up);
    assert_eq!(degraded.json()["components"]["broker"]["status"], "down");
    assert!(degraded.json()["components"]["broker"]["detail"].is_string());

    harness.fail_with(away());
    let down = harness.get("/health/ready").await;
    assert_eq!((down.status.as_u16(), down.json()["status"].as_str()), (503, Some("down")));
    assert_eq!(down.header("content-type"), Some("application/json"));
    assert_eq!(
        down.json()["components"]["store"],
        json!({"status": "down", "detail": "the store is unavailable: refused"})
    );
}

#[actix_web::test]
async fn metrics_come_from_the_process() {
    let answer = Harness::new().await.get("/metrics").await;
    assert_eq!(answer.text, "paygate_up 1\n");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
}

#[actix_web::test]
async fn a_stranger_is_told_that_it_is_down_and_not_why() {
    let harness = Harness::guarded(Tokens::of([("secret", Principal::Operator)])).await;
    harness.fail_with(away());
    let stranger = harness.get("/health/ready").await;
    assert_eq!(stranger.status, 503);
    assert_eq!(stranger.json()["components"]["store"], json!({"status": "down"}));
    assert!(!stranger.text.contains("refused"), "{stranger:?}");
    let ask = |token| {
        TestRequest::get()
            .uri("/health/ready")
            .insert_header(("Authorization", format!("Bearer {token}")))
    };
    let known = harness.send(ask("secret")).await.json();
    assert_eq!(known["components"]["store"]["detail"], "the store is unavailable: refused");
    let wrong = harness.send(ask("guess")).await.json();
    assert_eq!(wrong["components"]["store"], json!({"status": "down"}));
}

#[actix_web::test]
async fn a_credential_is_looked_up_only_where_that_changes_the_answer() {
    let harness = Harness::guarded(Tokens::of([("secret", Principal::Operator)])).await;
    let key = format!("Bearer pgk_{}", "0".repeat(64));
    let ask = || {
        let request = TestRequest::get().uri("/health/ready");
        request.insert_header(("Authorization", key.clone()))
    };
    assert_eq!(harness.send(ask()).await.status, 200);
    assert_eq!(harness.faults.calls(Method::ShownKeys), []);
    harness.queue.set_available(false);
    assert_eq!(harness.send(ask()).await.json()["status"], "degraded");
    assert_eq!(harness.faults.calls(Method::ShownKeys).len(), 1);
}
