//! Who may do what: every operation of the OpenAPI document by every kind of principal, on what is its
//! own and on what is another's. An operation that has no row here fails the test.

use crate::harness::{ACCOUNTS, Answer, Harness, PAYMENTS, Tokens, post};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use paygate_core::id::{AccountId, PaymentId, UserId};
use paygate_core::identity::{Principal, Scope, Scopes};
use paygate_testkit::build::{acting, merchant};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use uuid::Uuid;

/// What an operation is for, and a request of it that breaks no rule of its form.
struct Row {
    operation: &'static str,
    /// The scope that a merchant's key needs; `None` for what no merchant may.
    scope: Option<&'static str>,
    /// Whether users may.
    users: bool,
    query: &'static str,
    body: &'static str,
}

const fn row(operation: &'static str, scope: Option<&'static str>, users: bool) -> Row {
    Row { operation, scope, users, query: "", body: "{}" }
}

const fn asking(row: Row, query: &'static str) -> Row {
    Row { query, ..row }
}

const fn sending(row: Row, body: &'static str) -> Row {
    Row { body, ..row }
}

const ROWS: &[Row] = &[
    row("get /api/v1/accounts", Some("accounts:read"), true),
    sending(row("post /api/v1/accounts", Some("accounts:write"), false), r#"{"currency":"USD"}"#),
    row("get /api/v1/accounts/{account}", Some("accounts:read"), true),
    row("get /api/v1/accounts/{account}/balance", Some("accounts:read"), true),
    row("get /api/v1/accounts/{account}/statement", Some("accounts:read"), true),
    row("post /api/v1/accounts/{account}/close", Some("accounts:write"), false),
    row("get /api/v1/payments", Some("payments:read"), true),
    sending(
        row("post /api/v1/payments", Some("payments:write"), false),
        r#"{"amount":5,"currency":"USD","reference":"R"}"#,
    ),
    row("get /api/v1/payments/{id}", Some("payments:read"), true),
    row("get /api/v1/payments/{id}/timeline", Some("payments:read"), true),
    row("get /api/v1/payments/{id}/refunds", Some("payments:read"), true),
    sending(
        row("post /api/v1/payments/{id}/refunds", Some("refunds:write"), false),
        r#"{"reason":"x"}"#,
    ),
    row("post /api/v1/payments/{id}/capture", Some("transfers:write"), true),
    row("post /api/v1/payments/{id}/void", Some("transfers:write"), true),
    sending(
        row("post /api/v1/transfers", Some("transfers:write"), true),
        r#"{"source":"main","destination":"main","amount":5}"#,
    ),
    asking(row("get /api/v1/fx/rates", Some("rates:read"), true), "?base=USD"),
    asking(row("get /api/v1/fx/convert", Some("rates:read"), true), "?amount=1&from=USD&to=EUR"),
    sending(
        row("post /api/v1/fx/quotes", Some("quotes:write"), true),
        r#"{"base":"USD","quote":"EUR"}"#,
    ),
    row("get /api/v1/integrity", None, false),
    row("get /api/v1/sandbox/random-accounts", None, false),
    row("get /api/v1/merchants", None, false),
    sending(row("post /api/v1/merchants", None, false), r#"{"id":"new"}"#),
    row("get /api/v1/merchants/{merchant}", None, false),
    row("get /api/v1/api-keys", Some("api-keys:read"), false),
    sending(
        row("post /api/v1/api-keys", Some("api-keys:write"), false),
        r#"{"name":"x","scopes":["api-keys:write"]}"#,
    ),
    row("get /api/v1/api-keys/{id}", Some("api-keys:read"), false),
    row("post /api/v1/api-keys/{id}/rotate", Some("api-keys:write"), false),
    row("post /api/v1/api-keys/{id}/revoke", Some("api-keys:write"), false),
    row("get /api/v1/audit", None, false),
];

const ADA: UserId = UserId(Uuid::from_u128(7));
const BOB: UserId = UserId(Uuid::from_u128(8));

/// What there is of one owner.
struct Things {
    payment: PaymentId,
    account: AccountId,
    merchant: String,
    api_key: String,
}

impl Row {
    fn path(&self, things: &Things) -> String {
        let (_, path) = self.operation.split_once(' ').unwrap();
        let id = match path.contains("/api-keys/") {
            true => things.api_key.clone(),
            false => things.payment.to_string(),
        };
        let path = path.replace("{id}", &id).replace("{account}", &things.account.to_string());
        path.replace("{merchant}", &things.merchant) + self.query
    }

    async fn sent(&self, harness: &Harness, token: &str, things: &Things) -> Answer {
        let (method, _) = self.operation.split_once(' ').unwrap();
        let method = Method::from_str(&method.to_uppercase()).unwrap();
        let request = match method == Method::GET {
            true => TestRequest::get(),
            false => post(self.body).insert_header(("Idempotency-Key", token)),
        };
        let request = request.uri(&self.path(things));
        harness
            .send(match token {
                "nobody" => request,
                _ => request.insert_header(("Authorization", format!("Bearer {token}"))),
            })
            .await
    }
}

/// What became of a request, as far as who may is concerned: one that is refused by another rule was
/// granted.
#[derive(Debug, PartialEq)]
enum Access {
    Unknown,
    Hidden,
    Denied,
    Lacking,
    Granted,
}

fn access(answer: &Answer) -> Access {
    let code = || answer.code();
    match answer.status.as_u16() {
        401 => Access::Unknown,
        404 => Access::Hidden,
        403 if code() == "forbidden" => Access::Denied,
        403 if code() == "insufficient-scope" => Access::Lacking,
        200 | 201 | 409 | 422 => Access::Granted,
        _ => panic!("{answer:?}"),
    }
}

/// A house with a merchant, another, and two people; each scope has a key of the first merchant that is
/// for it alone, and one that is for all but it.
async fn house() -> Harness {
    let key = |scopes: Vec<Scope>| Principal::Merchant {
        id: merchant("one"),
        scopes: Scopes::of(&scopes),
        key: None,
    };
    let but = |scope: Scope| Scope::ALL.iter().copied().filter(|it| *it != scope).collect();
    let mut known = vec![
        ("operator", Principal::Operator),
        ("one", acting("one")),
        ("two", acting("two")),
        ("adas", acting("adas")),
        ("ada", Principal::User { id: ADA }),
        ("bob", Principal::User { id: BOB }),
    ];
    for scope in Scope::ALL {
        known.push((scope.as_str(), key(vec![*scope])));
        known.push((format!("but-{scope}").leak(), key(but(*scope))));
    }
    Harness::guarded(Tokens::of(known)).await
}

/// Makes what there is of a merchant.
async fn things_of(harness: &Harness, name: &'static str) -> Things {
    let ask = async |token: &str, path: &str, body: &str| {
        let request = post(body.to_owned()).uri(path);
        let request = request.insert_header(("Authorization", format!("Bearer {token}")));
        let answer = harness.send(request.insert_header(("Idempotency-Key", name))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let merchant = ask("operator", "/api/v1/merchants", &format!(r#"{{"id":"{name}"}}"#)).await;
    let account = ask(name, ACCOUNTS, r#"{"currency":"USD","alias":"main"}"#).await;
    let charge = r#"{"amount":5,"currency":"USD","reference":"THING"}"#;
    let payment = ask(name, PAYMENTS, charge).await;
    let api_key = r#"{"name":"till","scopes":["api-keys:write"]}"#;
    let api_key = ask(name, "/api/v1/api-keys", api_key).await;
    Things {
        payment: payment.parse().unwrap(),
        account: account.parse().unwrap(),
        merchant,
        api_key,
    }
}

/// Gives what there is of a merchant to a person.
async fn given_to(harness: &Harness, person: UserId, name: &'static str) -> Things {
    let things = things_of(harness, name).await;
    harness.set_account(things.account, &format!("owner = 'user:{person}'"));
    harness.set_payment(things.payment, &format!("owner = 'user:{person}'"));
    things
}

async fn described() -> BTreeMap<String, Value> {
    let document = serde_json::to_value(paygate_http::openapi_document()).unwrap();
    let mut described = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if path.starts_with("/api/v1/") {
                described.insert(format!("{method} {path}"), operation["security"].clone());
            }
        }
    }
    described
}

#[actix_web::test]
async fn every_operation_says_what_it_needs() {
    let described = described().await;
    let told: BTreeSet<&str> = ROWS.iter().map(|row| row.operation).collect();
    assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), told);
    for row in ROWS {
        let scopes: Vec<&str> = row.scope.into_iter().collect();
        let security = serde_json::json!([{}, {"token": scopes}]);
        assert_eq!(described[row.operation], security, "{}", row.operation);
    }
}

#[actix_web::test]
async fn every_operation_is_for_whom_it_is() {
    let harness = house().await;
    let one = things_of(&harness, "one").await;
    things_of(&harness, "two").await;
    let adas = given_to(&harness, ADA, "adas").await;
    for row in ROWS {
        let told = row.operation;
        let sent = async |token: &str, things| access(&row.sent(&harness, token, things).await);
        let is_for = |may: bool| if may { Access::Granted } else { Access::Denied };
        let of_another = |may| if told.contains('{') { Access::Hidden } else { is_for(may) };
        assert_eq!(sent("nobody", &one).await, Access::Unknown, "{told}");
        for things in [&one, &adas] {
            assert_eq!(sent("bob", things).await, of_another(row.users), "{told}");
        }
        // A person is no merchant, and has no keys.
        match told.contains("{merchant}") || told.contains("/api-keys/{id}") {
            true => assert_eq!(sent("ada", &adas).await, Access::Hidden, "{told}"),
            false => assert_eq!(sent("ada", &adas).await, is_for(row.users), "{told}"),
        }
        assert_eq!(sent("two", &one).await, of_another(row.scope.is_some()), "{told}");
        if let Some(scope) = row.scope {
            assert_eq!(sent(&format!("but-{scope}"), &one).await, Access::Lacking, "{told}");
            assert_eq!(sent(scope, &one).await, Access::Granted, "{told}");
        }
        assert_eq!(sent("one", &one).await, is_for(row.scope.is_some()), "{told}");
        assert_eq!(sent("operator", &one).await, Access::Granted, "{told}");
    }
}
