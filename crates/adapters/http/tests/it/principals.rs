//! Two merchants, a user and the operator beside each other: who sees and may do what.

use crate::harness::{ACCOUNTS, Answer, Harness, PAYMENTS, TRANSFERS, Tokens, post};
use actix_web::test::TestRequest;
use paygate_core::id::UserId;
use paygate_core::identity::{Principal, Scope, Scopes};
use paygate_core::status::Status;
use paygate_testkit::build::{acting, merchant};
use serde_json::json;
use uuid::Uuid;

/// One principal at the door.
struct Door<'a> {
    harness: &'a Harness,
    token: &'static str,
}

impl Door<'_> {
    fn with_token(&self, request: TestRequest) -> TestRequest {
        request.insert_header(("Authorization", format!("Bearer {}", self.token)))
    }

    async fn get(&self, path: &str) -> Answer {
        self.harness.send(self.with_token(TestRequest::get().uri(path))).await
    }

    async fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        let request = post(body.to_owned()).uri(path).insert_header(("Idempotency-Key", key));
        self.harness.send(self.with_token(request)).await
    }

    async fn open(&self, body: &str) -> String {
        let answer = self.post(ACCOUNTS, &format!("open {body}").replace(' ', "-"), body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

async fn house() -> Harness {
    let only = |scopes: &[Scope]| Principal::Merchant {
        id: merchant("one"),
        scopes: Scopes::of(scopes),
        key: None,
    };
    Harness::guarded(Tokens::of([
        ("operator", Principal::Operator),
        ("one", acting("one")),
        ("two", acting("two")),
        ("reads", only(&[Scope::PaymentsRead, Scope::AccountsRead])),
        ("user", Principal::User { id: UserId(Uuid::from_u128(7)) }),
    ]))
    .await
}

fn doors(harness: &Harness) -> [Door<'_>; 5] {
    ["operator", "one", "two", "reads", "user"].map(|token| Door { harness, token })
}

const CHARGE: &str = r#"{"amount":5,"currency":"USD","reference":"ORDER-1"}"#;

#[actix_web::test]
async fn equal_keys_references_and_aliases_of_two_merchants_are_two() {
    let harness = house().await;
    let [operator, one, two, ..] = doors(&harness);
    let mut ids = Vec::new();
    for door in [&one, &two] {
        let charged = door.post(PAYMENTS, "key-1", CHARGE).await;
        assert_eq!(charged.status, 201, "{charged:?}");
        assert_eq!(charged.header("idempotent-replayed"), None);
        ids.push(charged.id());
        let again = door.post(PAYMENTS, "key-1", CHARGE).await;
        assert_eq!(
            (again.id(), again.header("idempotent-replayed")),
            (ids[ids.len() - 1], Some("true"))
        );
        let taken = door.post(PAYMENTS, "key-2", CHARGE).await;
        taken.is_problem(409, "reference-already-exists");
        assert_eq!(taken.json()["payment_id"], ids[ids.len() - 1].to_string());
    }
    assert_ne!(ids[0], ids[1]);
    for (door, own, other) in [(&one, ids[0], ids[1]), (&two, ids[1], ids[0])] {
        let listed = door.get(&format!("{PAYMENTS}?reference=ORDER-1")).await.json();
        assert_eq!(listed["items"][0]["id"], own.to_string());
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(door.get(&format!("{PAYMENTS}/{own}")).await.status, 200);
        for path in ["", "/timeline", "/refunds"] {
            let path = format!("{PAYMENTS}/{other}{path}");
            door.get(&path).await.is_problem(404, "payment-not-found");
        }
    }
    let all = operator.get(&format!("{PAYMENTS}?reference=ORDER-1")).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);

    let wallet = r#"{"currency":"USD","alias":"main"}"#;
    let accounts = [one.open(wallet).await, two.open(wallet).await];
    assert_ne!(accounts[0], accounts[1]);
    for (door, own, other) in [(&one, 0, 1), (&two, 1, 0)] {
        let main = door.get(&format!("{ACCOUNTS}/main")).await.json();
        assert_eq!(main["id"], json!(accounts[own]));
        for path in ["", "/balance", "/statement"] {
            let path = format!("{ACCOUNTS}/{}{path}", accounts[other]);
            door.get(&path).await.is_problem(404, "account-not-found");
        }
        let close = format!("{ACCOUNTS}/{}/close", accounts[other]);
        door.post(&close, "close", "{}").await.is_problem(404, "account-not-found");
        let listed = door.get(&format!("{ACCOUNTS}?alias=main")).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }
    let named = operator.get(&format!("{ACCOUNTS}?alias=main")).await.json();
    assert_eq!(named["items"].as_array().unwrap().len(), 2);
    // The operator acts for the house, which has none of that name.
    operator.get(&format!("{ACCOUNTS}/main")).await.is_problem(404, "account-not-found");
}

#[actix_web::test]
async fn money_leaves_only_whose_it_is_and_reaches_anybody() {
    let harness = house().await;
    let [operator, one, two, _, user] = doors(&harness);
    let charged =
        one.post(PAYMENTS, "k", r#"{"amount":50,"currency":"USD","reference":"R"}"#).await;
    harness.settle(charged.id(), Status::Success).await;
    let till = harness.api.standing.charge(&merchant("one"), currency()).unwrap().1;
    let theirs = two.open(r#"{"currency":"USD","alias":"main"}"#).await;

    let pay =
        |from: &str, to: &str| format!(r#"{{"source":"{from}","destination":"{to}","amount":2}}"#);
    let paid = one.post(TRANSFERS, "t", &pay(&till.to_string(), &theirs)).await;
    assert_eq!(paid.status, 201, "{paid:?}");
    harness.work().await;
    // An alias is one of one's own; another's account is no source.
    let unknown = one.post(TRANSFERS, "u", &pay(&till.to_string(), "main")).await;
    unknown.is_problem(422, "account-not-found");
    for thief in [&two, &user] {
        let stolen = thief.post(TRANSFERS, "v", &pay(&till.to_string(), &theirs)).await;
        stolen.is_problem(422, "account-not-found");
    }
    // Who was paid sees that, and of the payer no more than the account's id; not the payment.
    let lines = two.get(&format!("{ACCOUNTS}/main/statement")).await.json();
    assert_eq!(lines["items"][0]["counterparty"], json!({"id": till.to_string()}));
    two.get(&format!("{PAYMENTS}/{}", paid.id())).await.is_problem(404, "payment-not-found");
    let seen = operator.get(&format!("{ACCOUNTS}/{theirs}/statement")).await.json();
    assert_eq!(seen["items"][0]["counterparty"]["role"], "merchant");
    // What was given is not taken back by the giver.
    let back = |id| format!("{PAYMENTS}/{id}/refunds");
    let reason = r#"{"reason":"again"}"#;
    one.post(&back(paid.id()), "w", reason).await.is_problem(403, "forbidden");
    two.post(&back(paid.id()), "w", reason).await.is_problem(404, "payment-not-found");
    let refund = operator.post(&back(paid.id()), "w", reason).await;
    assert_eq!(refund.status, 201, "{refund:?}");
    // It is the payment's owner's, whoever asked for it.
    assert_eq!(one.get(&format!("{PAYMENTS}/{}", refund.id())).await.status, 200);
    harness.work().await;
}

#[actix_web::test]
async fn what_is_anothers_is_neither_captured_nor_voided_nor_paid_with() {
    let harness = house().await;
    let [operator, one, two, _, user] = doors(&harness);
    let rich = r#"{"currency":"USD","alias":"rich","opening_balance":100}"#;
    let (from, to) = (operator.open(rich).await, two.open(r#"{"currency":"USD"}"#).await);
    let hold = format!(r#"{{"source":"{from}","destination":"{to}","amount":10,"capture":false}}"#);
    let held = operator.post(TRANSFERS, "h", &hold).await.id();
    harness.settle(held, Status::Authorized).await;
    for stranger in [&one, &two, &user] {
        for step in ["capture", "void"] {
            let path = format!("{PAYMENTS}/{held}/{step}");
            stranger.post(&path, step, "{}").await.is_problem(404, "payment-not-found");
        }
    }
    let shown = operator.get(&format!("{PAYMENTS}/{held}")).await.json();
    assert_eq!(shown["status"], "AUTHORIZED");
    let captured = operator.post(&format!("{PAYMENTS}/{held}/capture"), "c", "{}").await;
    assert_eq!(captured.status, 200, "{captured:?}");

    let asked = one.post("/api/v1/fx/quotes", "q", r#"{"base":"USD","quote":"JPY"}"#).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let quote = asked.json()["id"].as_str().unwrap().to_owned();
    let yen = two.open(r#"{"currency":"JPY"}"#).await;
    let pay =
        format!(r#"{{"source":"{to}","destination":"{yen}","amount":2,"quote_id":"{quote}"}}"#);
    two.post(TRANSFERS, "p", &pay).await.is_problem(422, "quote-not-found");
}

fn currency() -> paygate_core::money::Currency {
    paygate_core::money::Currency::parse("USD").unwrap()
}

#[actix_web::test]
async fn what_is_seen_and_not_allowed_is_refused_by_name() {
    let harness = house().await;
    let [operator, one, _, reads, user] = doors(&harness);
    let id = one.post(PAYMENTS, "k", CHARGE).await.id();
    harness.settle(id, Status::Success).await;
    one.open(r#"{"currency":"USD","alias":"main"}"#).await;

    assert_eq!(reads.get(&format!("{PAYMENTS}/{id}")).await.status, 200);
    let lacks = |answer: &Answer, scope: &str| {
        answer.is_problem(403, "insufficient-scope");
        assert!(answer.json()["detail"].as_str().unwrap().contains(scope), "{answer:?}");
    };
    lacks(&reads.post(PAYMENTS, "k", CHARGE).await, "payments:write");
    let refund = reads.post(&format!("{PAYMENTS}/{id}/refunds"), "r", r#"{"reason":"x"}"#).await;
    lacks(&refund, "refunds:write");
    lacks(&reads.post(&format!("{PAYMENTS}/{id}/void"), "v", "{}").await, "transfers:write");
    lacks(&reads.post(&format!("{ACCOUNTS}/main/close"), "c", "{}").await, "accounts:write");
    lacks(&reads.get("/api/v1/fx/rates").await, "rates:read");

    for body in
        [r#"{"currency":"USD","opening_balance":1}"#, r#"{"currency":"USD","overdraft":true}"#]
    {
        one.post(ACCOUNTS, "o", body).await.is_problem(403, "forbidden");
        assert_eq!(operator.post(ACCOUNTS, &body.len().to_string(), body).await.status, 201);
    }
    for door in [&one, &user] {
        door.get("/api/v1/integrity").await.is_problem(403, "forbidden");
        door.get("/api/v1/sandbox/random-accounts").await.is_problem(403, "forbidden");
    }
    user.post(PAYMENTS, "k", CHARGE).await.is_problem(403, "forbidden");
    user.post(ACCOUNTS, "o", r#"{"currency":"USD"}"#).await.is_problem(403, "forbidden");
    assert_eq!(user.get(PAYMENTS).await.json()["items"], json!([]));
    assert_eq!(operator.get("/api/v1/integrity").await.status, 200);
}
