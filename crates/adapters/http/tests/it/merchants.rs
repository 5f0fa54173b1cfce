//! Merchants are taken in by the operator.

use crate::harness::{Answer, Harness, Tokens, post};
use actix_web::test::TestRequest;
use paygate_core::identity::Principal;
use paygate_testkit::build::acting;
use serde_json::json;

const MERCHANTS: &str = "/api/v1/merchants";

#[actix_web::test]
async fn a_merchant_is_taken_in_and_shown() {
    let harness = Harness::new().await;
    let body = r#"{"id":"shop-1","name":"  A Shop "}"#;
    let first = harness.post_to(MERCHANTS, body).await;
    assert_eq!(first.status, 201, "{first:?}");
    let expected = json!({"id": "shop-1", "name": "A Shop", "created_by": "sandbox",
        "created_at": "2026-01-31T12:00:00.123456Z"});
    assert_eq!(first.json(), expected);
    assert_eq!(first.header("location"), Some("/api/v1/merchants/shop-1"));
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(harness.get("/api/v1/merchants/shop-1").await.json(), expected);

    let again = harness.post_to(MERCHANTS, body).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, expected));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = harness.post_to(MERCHANTS, r#"{"id":"shop-1"}"#).await;
    other.is_problem(409, "merchant-already-exists");
    for unknown in ["shop-2", "SHOP-1", "%20", "a%2fb"] {
        let path = format!("{MERCHANTS}/{unknown}");
        harness.get(&path).await.is_problem(404, "merchant-not-found");
    }
}

#[actix_web::test]
async fn a_key_takes_in_one_merchant() {
    let harness = Harness::new().await;
    let first = harness.post_keyed(MERCHANTS, "k", r#"{"id":"shop-1"}"#).await;
    let again = harness.post_keyed(MERCHANTS, "k", r#"{"id":"shop-1","name":null}"#).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, first.json()));
    let other = harness.post_keyed(MERCHANTS, "k", r#"{"id":"shop-2"}"#).await;
    other.is_problem(422, "idempotency-key-reused");
}

#[actix_web::test]
async fn what_is_no_merchant_is_refused_by_name() {
    let harness = Harness::new().await;
    for (body, violations) in [
        ("{}", vec!["id missing-field"]),
        (r#"{"id":"A"}"#, vec!["id not-a-merchant-id"]),
        (r#"{"id":7,"name":""}"#, vec!["id wrong-type", "name empty"]),
        (r#"{"id":"a","secret":1}"#, vec!["secret unknown-field"]),
    ] {
        let refused = harness.post_to(MERCHANTS, body).await;
        assert_eq!(refused.is_problem(400, "invalid-request").violations(), violations);
    }
    assert_eq!(harness.rows("merchants"), 1, "the house alone");
}

#[actix_web::test]
async fn merchants_are_listed_by_id_and_seen_by_the_operator() {
    let tokens = [("operator", Principal::Operator), ("one", acting("one"))];
    let harness = Harness::guarded(Tokens::of(tokens)).await;
    let by = |token: &str, request: TestRequest| {
        request.insert_header(("Authorization", format!("Bearer {token}")))
    };
    let get = async |token: &str, path: &str| -> Answer {
        harness.send(by(token, TestRequest::get().uri(path))).await
    };
    for id in ["one", "two"] {
        let request = post(format!(r#"{{"id":"{id}"}}"#)).uri(MERCHANTS);
        assert_eq!(harness.send(by("operator", request)).await.status, 201);
    }
    let page = get("operator", "/api/v1/merchants?limit=2").await.json();
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][1]["id"]),
        (&json!("default"), &json!("one"))
    );
    assert_eq!(page["next_cursor"], "one");
    let page = get("operator", "/api/v1/merchants?limit=2&cursor=one").await.json();
    assert_eq!((&page["items"][0]["id"], &page["next_cursor"]), (&json!("two"), &json!(null)));
    get("operator", "/api/v1/merchants?cursor=A").await.is_problem(400, "invalid-request");

    get("one", "/api/v1/merchants/two").await.is_problem(404, "merchant-not-found");
    get("one", "/api/v1/merchants/one").await.is_problem(403, "forbidden");
    get("one", MERCHANTS).await.is_problem(403, "forbidden");
}
