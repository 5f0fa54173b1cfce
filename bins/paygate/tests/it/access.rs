//! Keys, at the processes of production: what one API has made and ended holds at another, no secret is
//! in the database or in a log, and it outlives a restart.

use crate::client::{Answer, Client};
use crate::house::House;
use crate::shape::Shape;
use crate::stack::Stack;
use crate::wait::{PATIENCE, until};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "operators-token";
const KEYS: &str = "/api/v1/api-keys";
const PAYMENTS: &str = "/api/v1/payments";

async fn get(client: &Client, token: &str, path: &str) -> Answer {
    client.send(client.request(Method::GET, path).bearer_auth(token)).await.unwrap()
}

async fn post(client: &Client, token: &str, path: &str, body: &Value) -> Answer {
    client.send(client.json(path, body).bearer_auth(token)).await.unwrap()
}

/// A key of a merchant: its id and its secret.
async fn made(client: &Client, scopes: &[&str]) -> (String, String) {
    let body = json!({"merchant_id": "shop", "name": "till", "scopes": scopes});
    let answer = post(client, TOKEN, KEYS, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (answer.text("id"), answer.text("secret"))
}

/// Everything that is in the database, as text.
async fn all_rows(stack: &Stack) -> String {
    let dump = "SELECT string_agg(query_to_xml(format('SELECT * FROM %I', tablename), true, false, '') \
         ::text, '') FROM pg_tables WHERE schemaname = 'public'";
    stack.database.query(dump, &[]).await[0].get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_proxies_and_origins_are_as_they_are_set() {
    let house = House::new(&[
        ("AUTH", "required"),
        ("PAYGATE_API_TOKEN", TOKEN),
        ("RATE_LIMIT_PUBLIC", "1"),
        ("RATE_LIMIT_AUTHENTICATED", "2"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("CORS_ORIGINS", "https://shop.example"),
    ]);
    let (paygate, client) = house.open().await;
    let from = async |address: &str, token: &str| {
        let request = client.request(Method::GET, PAYMENTS).header("X-Forwarded-For", address);
        client.send(request.bearer_auth(token)).await.unwrap()
    };
    // All from this machine; the proxy says from where.
    let first = from("192.0.2.1", "wrong").await;
    assert_eq!(first.status, 401, "{first:?}");
    let limited = async |policy: &str, address: &str, token: &str| {
        until("it is one too many", PATIENCE, async || {
            let answer = from(address, token).await;
            (answer.status == 429).then(|| assert_eq!(answer.header("ratelimit-policy"), policy))
        })
        .await;
    };
    limited(r#""public";q=1;w=1"#, "192.0.2.1", "wrong").await;
    assert_eq!(from("192.0.2.2", "wrong").await.status, 401);
    limited(r#""authenticated";q=2;w=1"#, "192.0.2.1", TOKEN).await;
    let page = client.request(Method::GET, "/health").header("Origin", "https://shop.example");
    let page = client.send(page).await.unwrap();
    assert_eq!(page.header("access-control-allow-origin"), "https://shop.example");
    paygate.terminate(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_made_at_one_api_opens_and_ends_at_another() {
    let variables = [("AUTH", "required"), ("PAYGATE_API_TOKEN", TOKEN), ("RUST_LOG", "debug")];
    let Some(Shape::Production(mut stack)) = Shape::production(&variables).await else { return };
    let first = stack.client.clone();
    let process = stack.replace_api().await;
    stack.is_ready("ok").await;
    let second = stack.client.clone();

    let merchant = post(&first, TOKEN, "/api/v1/merchants", &json!({"id": "shop"})).await;
    assert_eq!(merchant.status, 201, "{merchant:?}");
    let (id, secret) = made(&first, &["payments:read", "payments:write"]).await;
    let charge = json!({"amount": 5, "currency": "USD", "reference": "ORDER"});
    let charged = post(&second, &secret, PAYMENTS, &charge).await;
    assert_eq!(charged.status, 201, "{charged:?}");
    for client in [&first, &second] {
        let payment = get(client, &secret, &format!("{PAYMENTS}/{}", charged.id())).await;
        assert_eq!(payment.status, 200, "{payment:?}");
        assert_eq!(client.get(PAYMENTS).await.status, 401);
    }
    // From the answer on, wherever it was asked for.
    let revoked = post(&first, TOKEN, &format!("{KEYS}/{id}/revoke"), &json!({})).await;
    assert_eq!(revoked.text("status"), "revoked");
    for client in [&second, &first] {
        assert_eq!(get(client, &secret, PAYMENTS).await.status, 401);
    }

    let rows = all_rows(&stack).await;
    assert!(rows.contains("api-key-revoked") && rows.contains(&secret[..12]), "{rows}");
    assert!(!rows.contains(&secret[12..]) && !rows.contains(TOKEN), "{rows}");
    let logged = process.printed();
    assert!(logged.contains("authn_login_fail"), "{logged}");
    assert!(!logged.contains(&secret[4..]) && !logged.contains(TOKEN), "{logged}");
    process.terminate(PATIENCE).await;
    stack.all_rest(PATIENCE).await;
    stack.proves().await;
    stack.stop().await;
}
