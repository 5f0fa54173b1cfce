//! Who did what, as the operator sees it.

use crate::harness::{Answer, Harness, post};
use serde_json::{Value, json};

const AUDIT: &str = "/api/v1/audit";

/// A house in which a merchant was taken in, and a key of it made, rotated and revoked.
async fn house() -> (Harness, String) {
    let harness = Harness::new().await;
    harness.post_to("/api/v1/merchants", r#"{"id":"shop"}"#).await;
    let key = r#"{"merchant_id":"shop","name":"x","scopes":["payments:read"]}"#;
    let id =
        harness.post_to("/api/v1/api-keys", key).await.json()["id"].as_str().unwrap().to_owned();
    for step in ["rotate", "revoke"] {
        let request = post("").uri(&format!("/api/v1/api-keys/{id}/{step}"));
        let request = request.peer_addr("192.0.2.7:4711".parse().unwrap());
        assert!(harness.send(request).await.status.is_success());
    }
    (harness, id)
}

fn actions(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap().iter().map(|it| it["action"].clone()).collect()
}

#[actix_web::test]
async fn what_was_done_is_told_with_who_and_from_where() {
    let (harness, id) = house().await;
    let all = harness.get(AUDIT).await;
    let expected = [
        "api-key-revoked",
        "api-key-created",
        "api-key-rotated",
        "api-key-created",
        "merchant-created",
        "merchant-created",
    ];
    assert_eq!(actions(&all), expected);
    let newest = &all.json()["items"][0];
    let expected = json!({"id": newest["id"], "at": "2026-01-31T12:00:00.123456Z",
        "principal": "sandbox", "action": "api-key-revoked", "target": format!("api-key:{id}"),
        "request_id": "fixed", "address": "192.0.2.7"});
    assert_eq!(*newest, expected);
    let first = &all.json()["items"][5];
    assert_eq!(
        (&first["principal"], &first["target"]),
        (&json!("worker"), &json!("merchant:default"))
    );

    for (query, expected) in [
        ("?action=api-key-rotated".to_owned(), vec!["api-key-rotated"]),
        ("?target=merchant:shop".to_owned(), vec!["merchant-created"]),
        ("?principal=worker".to_owned(), vec!["merchant-created"]),
        (format!("?target=api-key:{id}&limit=1"), vec!["api-key-revoked"]),
        ("?from=2026-02-01T00:00:00Z".to_owned(), vec![]),
        ("?to=2026-01-31T12:00:00Z".to_owned(), vec![]),
    ] {
        assert_eq!(actions(&harness.get(&format!("{AUDIT}{query}")).await), expected, "{query}");
    }
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let page = harness.get(&format!("{AUDIT}?limit=2{cursor}")).await;
        seen.extend(actions(&page));
        let Some(next) = page.json()["next_cursor"].as_str().map(ToOwned::to_owned) else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, actions(&all));
}

#[actix_web::test]
async fn what_is_no_question_is_refused_by_name() {
    let harness = Harness::new().await;
    let refused =
        harness.get(&format!("{AUDIT}?principal=x&action=y&target=z&from=w&cursor=v")).await;
    let violations = refused.is_problem(400, "invalid-request").violations();
    let expected = [
        "principal unknown",
        "action unknown",
        "target unknown",
        "from malformed",
        "cursor malformed",
    ];
    assert_eq!(violations, expected);
}
