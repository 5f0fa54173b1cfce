//! Keys of merchants' programs: from the one that makes them to the request that they open.

use crate::harness::{Answer, Harness, PAYMENTS, Tokens, UNKNOWN, post};
use actix_web::test::TestRequest;
use paygate_core::identity::Principal;
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;
use paygate_testkit::store::eventually;
use serde_json::{Value, json};
use std::time::Duration;

const KEYS: &str = "/api/v1/api-keys";

/// A house with two merchants, where keys are all that is known besides the operator.
struct House(Harness);

impl House {
    async fn open() -> Self {
        let house = Self(Harness::guarded(Tokens::of([("operator", Principal::Operator)])).await);
        for id in ["one", "two"] {
            let body = format!(r#"{{"id":"{id}"}}"#);
            assert_eq!(house.post("operator", "/api/v1/merchants", &body).await.status, 201);
        }
        house
    }

    async fn send(&self, token: &str, request: TestRequest) -> Answer {
        let request = request.insert_header(("Authorization", format!("Bearer {token}")));
        self.0.send(request).await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, TestRequest::get().uri(path)).await
    }

    async fn post(&self, token: &str, path: &str, body: &str) -> Answer {
        self.send(token, post(body.to_owned()).uri(path)).await
    }

    /// A key of a merchant: its id and its secret.
    async fn key(&self, by: &str, merchant: &str, scopes: &str) -> (String, String) {
        let body = format!(r#"{{"merchant_id":"{merchant}","name":"x","scopes":[{scopes}]}}"#);
        made(&self.post(by, KEYS, &body).await)
    }
}

fn made(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 201, "{answer:?}");
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

const READING: &str = r#""payments:read""#;
const TRUSTED: &str = r#""payments:read","api-keys:read","api-keys:write""#;

#[actix_web::test]
async fn a_key_opens_what_it_is_for() {
    let house = House::open().await;
    let body = r#"{"merchant_id":"one","name":" Till 1 ","scopes":["payments:write","payments:read"],
        "expires_at":"2026-02-01T00:00:00Z"}"#;
    let answer = house.post("operator", KEYS, body).await;
    let (id, secret) = made(&answer);
    assert!(secret.starts_with("pgk_") && secret.len() == 68, "{secret}");
    let expected = json!({"id": id, "secret": secret, "hint": secret[..12], "merchant_id": "one",
        "name": "Till 1", "scopes": ["payments:read", "payments:write"], "status": "active",
        "created_by": "operator", "created_at": "2026-01-31T12:00:00.123456Z",
        "expires_at": "2026-02-01T00:00:00.000000Z"});
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("location"), Some(&*format!("{KEYS}/{id}")));

    let charge = r#"{"amount":5,"currency":"USD","reference":"R"}"#;
    let charged = house.post(&secret, PAYMENTS, charge).await;
    assert_eq!(charged.status, 201, "{charged:?}");
    let path = format!("{PAYMENTS}/{}", charged.id());
    assert_eq!(house.get(&secret, &path).await.status, 200);
    house.get(&secret, "/api/v1/accounts").await.is_problem(403, "insufficient-scope");
    let (_, other) = house.key("operator", "two", READING).await;
    house.get(&other, &path).await.is_problem(404, "payment-not-found");

    // It was used, and is over a day later.
    let shown = eventually("the use is remembered", async || {
        let shown = house.get("operator", &format!("{KEYS}/{id}")).await.json();
        (!shown["last_used_at"].is_null()).then_some(shown)
    })
    .await;
    assert_eq!((&shown["last_used_at"], &shown["secret"]), (&expected["created_at"], &Value::Null));
    house.0.clock.advance(Duration::from_secs(86_400));
    house.get(&secret, &path).await.is_problem(401, "unauthorized");
    assert_eq!(house.get("operator", &format!("{KEYS}/{id}")).await.json()["status"], "expired");
}

#[actix_web::test]
async fn what_is_no_key_opens_nothing() {
    let house = House::open().await;
    let (_, secret) = house.key("operator", "one", READING).await;
    let mut nearly = secret.clone();
    nearly.replace_range(67.., if nearly.ends_with('0') { "1" } else { "0" });
    for wrong in ["pgk_", &secret[..67], &format!("{secret}0"), &nearly, &secret.to_uppercase()] {
        house.get(wrong, PAYMENTS).await.is_problem(401, "unauthorized");
    }
    assert_eq!(house.get(&secret, PAYMENTS).await.status, 200);
}

#[actix_web::test]
async fn a_dead_key_opens_nothing_either_where_everybody_else_may_enter() {
    let harness = Harness::new().await;
    let body = r#"{"name":"x","scopes":["payments:read"]}"#;
    let (id, secret) = made(&harness.post_to(KEYS, body).await);
    let by = |secret: &str| {
        let request = TestRequest::get().uri(PAYMENTS);
        request.insert_header(("Authorization", format!("Bearer {secret}")))
    };
    assert_eq!(harness.get(PAYMENTS).await.status, 200, "as the sandbox");
    assert_eq!(harness.send(by(&secret)).await.status, 200, "as the merchant");
    harness.post_to(&format!("{KEYS}/{id}/revoke"), "").await;
    for dead in [&secret, "pgk_", &secret.replace('0', "1")] {
        harness.send(by(dead)).await.is_problem(401, "unauthorized");
    }
}

#[actix_web::test]
async fn a_key_makes_none_that_opens_for_longer() {
    let house = House::open().await;
    let ending = format!(
        r#"{{"merchant_id":"one","name":"x","scopes":[{TRUSTED}],"expires_at":"2026-02-01T00:00:00Z"}}"#
    );
    let (_, ending) = made(&house.post("operator", KEYS, &ending).await);
    let (endless, _) = house.key("operator", "one", READING).await;
    let asked = |end: &str| format!(r#"{{"name":"y","scopes":[{READING}]{end}}}"#);
    for longer in ["", r#","expires_at":"2026-02-01T00:00:00.000001Z""#] {
        house.post(&ending, KEYS, &asked(longer)).await.is_problem(403, "forbidden");
    }
    let rotate = format!("{KEYS}/{endless}/rotate");
    house.post(&ending, &rotate, "").await.is_problem(403, "forbidden");
    let answer = house.post(&ending, KEYS, &asked(r#","expires_at":"2026-02-01T00:00:00Z""#)).await;
    let (made, _) = made(&answer);
    // The log says by which key.
    let told = house.get("operator", &format!("/api/v1/audit?target=api-key:{made}")).await.json();
    assert_eq!(told["items"][0]["principal"], "merchant:one");
    assert!(told["items"][0]["key_id"].is_string(), "{told}");
}

#[actix_web::test]
async fn a_revoked_key_opens_nothing_from_then_on() {
    let house = House::open().await;
    let (id, secret) = house.key("operator", "one", READING).await;
    assert_eq!(house.get(&secret, PAYMENTS).await.status, 200);
    let path = format!("{KEYS}/{id}/revoke");
    let revoked = house.post("operator", &path, "").await;
    assert_eq!((revoked.status.as_u16(), &revoked.json()["status"]), (200, &json!("revoked")));
    house.get(&secret, PAYMENTS).await.is_problem(401, "unauthorized");
    assert_eq!(
        house.post("operator", &path, "{}").await.json(),
        revoked.json(),
        "it keeps its time"
    );
    let rotate = format!("{KEYS}/{id}/rotate");
    house.post("operator", &rotate, "").await.is_problem(409, "api-key-not-active");
}

#[actix_web::test]
async fn a_rotated_key_opens_for_a_while() {
    let house = House::open().await;
    let (id, secret) = house.key("operator", "one", READING).await;
    let path = format!("{KEYS}/{id}/rotate");
    let rotated = house.post("operator", &path, r#"{"overlap_seconds":60.0}"#).await;
    let (next, new_secret) = made(&rotated);
    assert_eq!(rotated.json()["scopes"], json!(["payments:read"]));
    assert_ne!((&next, &new_secret), (&id, &secret));
    let old = house.get("operator", &format!("{KEYS}/{id}")).await.json();
    assert_eq!((&old["replaced_by"], &old["status"]), (&json!(next), &json!("active")));
    for secret in [&secret, &new_secret] {
        assert_eq!(house.get(secret, PAYMENTS).await.status, 200);
    }
    house.post("operator", &path, "").await.is_problem(409, "api-key-already-rotated");
    house.0.clock.advance(Duration::from_secs(60));
    house.get(&secret, PAYMENTS).await.is_problem(401, "unauthorized");
    assert_eq!(house.get(&new_secret, PAYMENTS).await.status, 200);
    for (body, code) in [
        (r#"{"overlap_seconds":-1}"#, "out-of-range"),
        (r#"{"overlap_seconds":2592001}"#, "out-of-range"),
        (r#"{"overlap_seconds":1.5}"#, "out-of-range"),
        (r#"{"overlap_seconds":true}"#, "wrong-type"),
    ] {
        let refused = house.post("operator", &format!("{KEYS}/{next}/rotate"), body).await;
        let violations = refused.is_problem(400, "invalid-request").violations();
        assert_eq!(violations, [format!("overlap_seconds {code}")]);
    }
}

#[actix_web::test]
async fn a_secret_is_told_once() {
    let house = House::open().await;
    let body = r#"{"merchant_id":"one","name":"x","scopes":["payments:read"]}"#;
    let keyed = || post(body).uri(KEYS).insert_header(("Idempotency-Key", "k"));
    let (id, _) = made(&house.send("operator", keyed()).await);
    let again = house.send("operator", keyed()).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!((&again.json()["id"], &again.json()["secret"]), (&json!(id), &Value::Null));
    let other = body.replace("payments:read", "refunds:write");
    let other = post(other).uri(KEYS).insert_header(("Idempotency-Key", "k"));
    house.send("operator", other).await.is_problem(422, "idempotency-key-reused");

    let rotate = || {
        let request = post("{}").uri(&format!("{KEYS}/{id}/rotate"));
        request.insert_header(("Idempotency-Key", "k"))
    };
    let (next, secret) = made(&house.send("operator", rotate()).await);
    let again = house.send("operator", rotate()).await.json();
    assert_eq!((&again["id"], &again["secret"]), (&json!(next), &Value::Null));
    let listed = house.get("operator", KEYS).await;
    assert!(!listed.text.contains(&secret[12..]), "{listed:?}");
}

#[actix_web::test]
async fn a_merchant_keeps_its_own_keys_and_grants_no_more_than_it_has() {
    let house = House::open().await;
    let (one, trusted) = house.key("operator", "one", TRUSTED).await;
    let (two, _) = house.key("operator", "two", READING).await;
    let (_, reading) = house.key("operator", "one", READING).await;

    // Its own, without naming itself.
    let answer = house.post(&trusted, KEYS, r#"{"name":"y","scopes":["payments:read"]}"#).await;
    let (own, _) = made(&answer);
    assert_eq!(answer.json()["merchant_id"], "one");
    assert_eq!(answer.json()["created_by"], "merchant:one");
    let more = r#"{"name":"y","scopes":["payments:read","refunds:write"]}"#;
    let refused = house.post(&trusted, KEYS, more).await;
    refused.is_problem(403, "insufficient-scope");
    assert!(refused.text.contains("refunds:write"), "{refused:?}");
    let theirs = r#"{"merchant_id":"two","name":"y","scopes":["payments:read"]}"#;
    house.post(&trusted, KEYS, theirs).await.is_problem(422, "merchant-not-found");

    let (greater, _) = house.key("operator", "one", r#""refunds:write""#).await;
    let rotate = |id: &str| format!("{KEYS}/{id}/rotate");
    house.post(&trusted, &rotate(&greater), "").await.is_problem(403, "insufficient-scope");
    for id in [&*two, UNKNOWN, "x"] {
        for step in ["rotate", "revoke"] {
            let path = format!("{KEYS}/{id}/{step}");
            house.post(&trusted, &path, "").await.is_problem(404, "api-key-not-found");
        }
        house.get(&trusted, &format!("{KEYS}/{id}")).await.is_problem(404, "api-key-not-found");
    }
    let ids = |answer: &Answer| -> Vec<Value> {
        answer.json()["items"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect()
    };
    let listed = house.get(&trusted, KEYS).await;
    assert!(ids(&listed).contains(&json!(one)) && !ids(&listed).contains(&json!(two)));
    assert_eq!(ids(&house.get(&trusted, &format!("{KEYS}?merchant_id=two")).await), [""; 0]);
    assert_eq!(ids(&house.get("operator", &format!("{KEYS}?merchant_id=two")).await), [two]);

    assert_eq!(house.post(&trusted, &format!("{KEYS}/{own}/revoke"), "").await.status, 200);
    house.post(&reading, &rotate(&one), "").await.is_problem(403, "insufficient-scope");
    house.get(&reading, KEYS).await.is_problem(403, "insufficient-scope");
}

#[actix_web::test]
async fn what_is_no_request_for_a_key_is_refused_by_name() {
    let house = House::open().await;
    for (body, violations) in [
        ("{}", vec!["name missing-field", "scopes missing-field"]),
        (r#"{"name":"x","scopes":[]}"#, vec!["scopes empty"]),
        (r#"{"name":"x","scopes":"payments:read"}"#, vec!["scopes wrong-type"]),
        (r#"{"name":"x","scopes":[1]}"#, vec!["scopes wrong-type"]),
        (r#"{"name":"x","scopes":["all"]}"#, vec!["scopes unknown-scope"]),
        (
            r#"{"name":"x","scopes":["payments:read"],"expires_at":"soon"}"#,
            vec!["expires_at malformed"],
        ),
        (
            r#"{"name":"x","scopes":["payments:read"],"expires_at":"2026-01-31T12:00:00Z"}"#,
            vec!["expires_at in-the-past"],
        ),
    ] {
        let refused = house.post("operator", KEYS, body).await;
        let told = refused.is_problem(400, "invalid-request").violations();
        assert_eq!(told, violations, "{body}");
    }
    let many = [r#""payments:read""#; 101].join(",");
    let many = house.post("operator", KEYS, &format!(r#"{{"name":"x","scopes":[{many}]}}"#)).await;
    assert_eq!(many.is_problem(400, "invalid-request").violations(), ["scopes too-many"]);
    let unknown = r#"{"merchant_id":"three","name":"x","scopes":["payments:read"]}"#;
    house.post("operator", KEYS, unknown).await.is_problem(422, "merchant-not-found");
    assert_eq!(house.0.rows("api_keys"), 0);
}

#[actix_web::test]
async fn while_keys_can_not_be_looked_up_the_operator_still_enters() {
    let house = House::open().await;
    let (_, secret) = house.key("operator", "one", READING).await;
    let away = || StoreError::Unavailable("as the test wants it".to_owned());
    house.0.faults.on(Method::ShownKeys).always().fails_before_with(away());
    let answer = house.get(&secret, PAYMENTS).await;
    answer.is_problem(503, "store-unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(house.get("operator", PAYMENTS).await.status, 200);
    house.0.faults.lift();
    // What is not remembered of a use is no reason to turn anybody away.
    house.0.faults.on(Method::KeysUsed).always().fails_before_with(away());
    assert_eq!(house.get(&secret, PAYMENTS).await.status, 200);
    eventually("the use is to be remembered", async || {
        (!house.0.faults.calls(Method::KeysUsed).is_empty()).then_some(())
    })
    .await;
    house.0.faults.lift();
}

#[actix_web::test]
async fn those_who_come_together_are_looked_up_together() {
    let house = House::open().await;
    let (_, one) = house.key("operator", "one", READING).await;
    let (_, two) = house.key("operator", "two", READING).await;
    let before = house.0.faults.calls(Method::ShownKeys).len();
    let answers = futures_util::future::join_all(
        (0..40).map(|turn| house.get(if turn % 2 == 0 { &one } else { &two }, PAYMENTS)),
    );
    assert!(answers.await.iter().all(|answer| answer.status == 200));
    let calls = house.0.faults.calls(Method::ShownKeys).len() - before;
    assert!(calls < 20, "{calls} calls for 40 requests");
}
