use crate::harness::{ACCOUNTS, Answer, Harness, PAYMENTS, TRANSFERS, post};
use actix_web::test::TestRequest;
use paygate_core::status::Status;
use paygate_ports::RateError;
use serde_json::json;

const TRANSFER: &str = r#"{"source":"alice","destination":"bob","amount":10.5}"#;

/// Alice and Bob with dollars, Yuki with yen.
async fn harness() -> Harness {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "1000").await;
    harness.wallet("bob", "USD", "1000").await;
    harness.wallet("yuki", "JPY", "100000").await;
    harness
}

async fn make(harness: &Harness, key: &str, body: &str) -> Answer {
    harness.post_keyed(TRANSFERS, key, body).await
}

async fn shown(harness: &Harness, answer: &Answer) -> serde_json::Value {
    harness.work().await;
    harness.get(answer.header("location").unwrap()).await.json()
}

#[actix_web::test]
async fn a_transfer_moves_money_and_is_a_payment() {
    let harness = harness().await;
    let body = r#"{"source":"alice","destination":"bob","amount":10.5,"currency":"USD","capture":true,
        "reference":" R-1 ","description":" rent ","tx_date":"2026-01-30T10:00:00.1234567+02:00",
        "metadata":{"a" : 1}}"#;
    let answer = make(&harness, "k", body).await;
    let id = answer.id();
    let parties = harness.parties("alice", "bob").await;
    assert_eq!(
        answer.text,
        format!(
            r#"{{"id":"{id}","kind":"transfer","amount":10.50,"currency":"USD","reference":"R-1","description":"rent","tx_date":"2026-01-30T08:00:00.123456Z","status":"PENDING",{parties},"metadata":{{"a" : 1}},"created_at":"2026-01-31T12:00:00.123456Z","updated_at":"2026-01-31T12:00:00.123456Z"}}"#
        )
    );
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), Some(&*format!("{PAYMENTS}/{id}")));
    assert_eq!(shown(&harness, &answer).await["status"], "SUCCESS");
    for (name, posted) in [("alice", 989.5), ("bob", 1010.5)] {
        let account = harness.get(&format!("{ACCOUNTS}/{name}")).await.json();
        assert_eq!(account["posted"], posted, "{name}");
    }
}

#[actix_web::test]
async fn both_sides_of_a_conversion_are_shown_with_their_rate() {
    let harness = harness().await;
    let pays = r#"{"source":"alice","destination":"yuki","amount":10}"#;
    let told = make(&harness, "k", pays).await;
    let parties = harness.parties("alice", "yuki").await;
    assert!(
        told.text.contains(&format!(
            r#""status":"PENDING",{parties},"credit":{{"amount":1500,"currency":"JPY"}},"fx":{{"base":"USD","quote":"JPY","rate":150,"source":"fixed","as_of":"2026-01-31T12:00:00.123456Z"}},"created_at""#
        )),
        "{}",
        told.text
    );
    let gets = r#"{"source":"alice","destination":"yuki","amount":"1000","currency":"JPY"}"#;
    let told = make(&harness, "l", gets).await.json();
    assert_eq!(told["debit"], json!({"amount": 6.67, "currency": "USD"}));
    assert_eq!((told.get("credit"), &told["currency"]), (None, &json!("JPY")));
    let named = r#"{"source":"alice","destination":"bob","amount":10,"currency":"EUR"}"#;
    let told = make(&harness, "m", named).await;
    let (debit, credit) = (&told.json()["debit"], &told.json()["credit"]);
    assert_eq!((debit, debit), (credit, &json!({"amount": 10.86, "currency": "USD"})));
    assert!(told.text.contains(r#""rate":1.08695652174,"#), "{}", told.text);
}

#[actix_web::test]
async fn a_quote_serves_one_payment() {
    let harness = harness().await;
    let quoted = |body: &'static str| harness.post_to("/api/v1/fx/quotes", body);
    let quote = quoted(r#"{"base":"USD","quote":"JPY"}"#).await.json();
    let quote = quote["id"].as_str().unwrap();
    let with = |quote: &str| {
        format!(r#"{{"source":"alice","destination":"yuki","amount":10,"quote_id":"{quote}"}}"#)
    };
    let first = make(&harness, "k", &with(quote)).await;
    assert_eq!((first.status.as_u16(), &first.json()["quote_id"]), (201, &json!(quote)));
    let second = make(&harness, "l", &with(quote)).await;
    second.is_problem(409, "quote-already-used");
    assert_eq!(second.json()["payment_id"], first.id().to_string());
    let unknown = with("018bcfe5-687b-7000-8000-00000000dead");
    make(&harness, "m", &unknown).await.is_problem(422, "quote-not-found");

    let other = quoted(r#"{"base":"JPY","quote":"USD"}"#).await.json();
    let other = with(other["id"].as_str().unwrap());
    make(&harness, "m", &other).await.is_problem(422, "currency-mismatch");

    let late = quoted(r#"{"base":"USD","quote":"JPY"}"#).await.json();
    harness.clock.advance(std::time::Duration::from_secs(30));
    let late = with(late["id"].as_str().unwrap());
    make(&harness, "m", &late).await.is_problem(422, "quote-expired");
}

#[actix_web::test]
async fn what_can_be_refused_at_once_is_told_by_its_rule() {
    let harness = harness().await;
    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"rich","overdraft":true}"#).await;
    harness.wallet("siti", "IDR", "1000000").await;
    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"gone"}"#).await;
    harness.post_to(&format!("{ACCOUNTS}/gone/close"), "").await;
    let bank = harness.get(&format!("{ACCOUNTS}?currency=USD")).await.json();
    let bank = bank["items"].as_array().unwrap().iter().find(|it| it["role"] == "bank").unwrap();
    let bank = bank["id"].as_str().unwrap();
    let to = |destination: &str, more: &str| {
        format!(r#"{{"source":"alice","destination":"{destination}",{more}}}"#)
    };
    let refused = [
        (to("alice", r#""amount":10"#), "same-party"),
        (to("nobody", r#""amount":10"#), "account-not-found"),
        (to(bank, r#""amount":10"#), "account-not-found"),
        (to("gone", r#""amount":10"#), "account-closed"),
        (to("bob", r#""amount":10,"currency":"KWD""#), "unsupported-currency"),
        (to("yuki", r#""amount":10,"currency":"EUR""#), "currency-mismatch"),
        (to("bob", r#""amount":1001"#).replace("alice", "rich"), "risk-above-max"),
        (to("bob", r#""amount":0.06"#), "risk-below-min"),
        (to("alice", r#""amount":150000"#).replace("\"alice\"", "\"yuki\""), "same-party"),
        (r#"{"source":"yuki","destination":"bob","amount":1}"#.to_owned(), "amount-too-small"),
        (to("siti", r#""amount":999999999999999"#).replace("alice", "rich"), "amount-too-large"),
        (
            r#"{"source":"siti","destination":"alice","amount":9999999}"#.to_owned(),
            "insufficient-funds",
        ),
    ];
    for (body, code) in &refused {
        let answer = make(&harness, "k", body).await;
        answer.is_problem(422, code);
    }
    *harness.rates.trouble.lock().unwrap() = Some(RateError::Unavailable("secret".to_owned()));
    let answer = make(&harness, "k", &to("yuki", r#""amount":10"#)).await;
    answer.is_problem(503, "fx-unavailable");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(!answer.text.contains("secret"));
    let accepted = make(&harness, "k", TRANSFER).await;
    assert_eq!(accepted.status, 201, "a refused request does not use up its key");
}

#[actix_web::test]
async fn amounts_must_fit_the_currency_they_turn_out_to_be_in() {
    let harness = harness().await;
    let yen = r#"{"source":"yuki","destination":"alice","amount":10.5}"#;
    let answer = make(&harness, "k", yen).await;
    answer.is_problem(400, "invalid-request");
    assert_eq!(answer.violations(), ["amount too-many-decimals"]);
}

#[actix_web::test]
async fn every_broken_rule_of_a_transfer_is_told() {
    let harness = harness().await;
    let long = format!(r#"{{"source":"{}","destination":"b","amount":1}}"#, "x".repeat(60_000));
    for (body, violations) in [
        ("{}", &["source missing-field", "destination missing-field", "amount missing-field"][..]),
        (
            r#"{"source":1,"destination":null,"amount":true,"currency":1,"quote_id":2,"capture":1,"reference":3,"description":[],"tx_date":5,"metadata":[]}"#,
            &[
                "source wrong-type",
                "destination wrong-type",
                "amount wrong-type",
                "currency wrong-type",
                "quote_id wrong-type",
                "capture wrong-type",
                "reference wrong-type",
                "description wrong-type",
                "tx_date wrong-type",
                "metadata wrong-type",
            ],
        ),
        (
            r#"{"source":"a b","destination":"123456789012","amount":-1,"currency":"usd","quote_id":"x","reference":"","description":" ","tx_date":"2026-01-31","metadata":{"a":"\ud800"},"memo":1}"#,
            &[
                "source not-an-account-name",
                "destination not-an-account-name",
                "amount not-positive",
                "currency not-upper-case",
                "quote_id malformed",
                "reference empty",
                "description empty",
                "tx_date malformed",
                "metadata malformed-object",
                "memo unknown-field",
            ],
        ),
        (
            r#"{"source":"älice","destination":"b","amount":1.5,"currency":"JPY"}"#,
            &["source not-an-account-name", "amount too-many-decimals"],
        ),
        (
            r#"{"source":"a","destination":"b","amount":"1e2","currency":"ZZZ"}"#,
            &["amount exponent-not-allowed", "currency unknown-currency"],
        ),
        (
            r#"{"source":"a","destination":"b","amount":123456789012345678901234567890}"#,
            &["amount too-many-digits"],
        ),
        (
            r#"{"source":"a","source":"a","destination":"b","amount":1,"amount":2}"#,
            &["source duplicate-field", "amount duplicate-field"],
        ),
        (
            r#"{"source":"a","destination":"b","amount":1,"quote_id":"018bcfe5687b7000800000000000dead"}"#,
            &["quote_id malformed"],
        ),
        (&long, &["source not-an-account-name"]),
    ] {
        let answer = make(&harness, "k", body).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{body}");
        assert!(answer.text.len() < 4_000);
    }
}

#[actix_web::test]
async fn a_transfer_needs_a_key() {
    let harness = harness().await;
    let answer = harness.post_to(TRANSFERS, TRANSFER).await;
    answer.is_problem(400, "invalid-request");
    assert_eq!(answer.violations(), ["Idempotency-Key idempotency-key-required"]);
    let broken = harness.post_to(TRANSFERS, r#"{"source":"alice","amount":1}"#).await;
    assert_eq!(
        broken.violations(),
        ["destination missing-field", "Idempotency-Key idempotency-key-required"]
    );
    assert_eq!(make(&harness, "a b", TRANSFER).await.violations(), ["Idempotency-Key invalid"]);
    assert_eq!(harness.rows("payments"), 3, "the opening balances only");
}

#[actix_web::test]
async fn the_same_request_is_accepted_once_however_it_is_written() {
    let harness = harness().await;
    let all = r#"{"source":"alice","destination":"bob","amount":"10.50","currency":"USD","capture":false,"reference":"r","description":"d","tx_date":"2026-01-31T12:00:00Z","metadata":{}}"#;
    let first = make(&harness, "k", all).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    harness.work().await;
    for same in [
        all.to_owned(),
        all.replace("\"10.50\"", "10.5").replace("\"r\"", "\" r \""),
        all.replace("12:00:00Z", "13:00:00.000+01:00").replace("\"quote_id\"", ""),
        all.replace("\"capture\"", "\"quote_id\":null,\"capture\""),
    ] {
        let answer = make(&harness, "k", &same).await;
        assert_eq!((answer.status.as_u16(), answer.id()), (201, first.id()), "{same}");
        assert_eq!(answer.header("idempotent-replayed"), Some("true"));
        assert_eq!(answer.json()["status"], "AUTHORIZED");
    }
    let number = harness.get(&format!("{ACCOUNTS}/alice")).await.json()["number"].clone();
    for other in [
        all.replace("10.50", "10.51"),
        all.replace("USD", "EUR"),
        all.replace("\"currency\":\"USD\",", ""),
        all.replace("false", "true"),
        all.replace("\"r\"", "\"s\""),
        all.replace("\"d\"", "\"e\""),
        all.replace("12:00:00Z", "12:00:01Z"),
        all.replace("{}}", "{ }}"),
        all.replace("bob", "yuki"),
        all.replace("alice", number.as_str().unwrap()),
        all.replace("\"bob\"", "\"nobody\""),
    ] {
        let answer = make(&harness, "k", &other).await;
        answer.is_problem(422, "idempotency-key-reused");
    }
    let taken = make(&harness, "l", all).await;
    taken.is_problem(409, "reference-already-exists");
    assert_eq!(taken.json()["payment_id"], first.id().to_string());
}

#[actix_web::test]
async fn what_became_of_the_accounts_does_not_change_the_answer_to_a_repetition() {
    let harness = harness().await;
    let all = TRANSFER.replace("10.5", "600");
    let first = make(&harness, "k", &all).await;
    harness.work().await;
    let again = make(&harness, "k", &all).await;
    assert_eq!((again.status.as_u16(), again.id()), (201, first.id()));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    make(&harness, "l", &all).await.is_problem(422, "insufficient-funds");
}

#[actix_web::test]
async fn a_client_that_waits_for_a_transfer_is_answered_with_the_outcome() {
    let harness = harness().await;
    let request = post(TRANSFER)
        .uri(TRANSFERS)
        .insert_header(("Idempotency-Key", "k"))
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
async fn a_transfer_that_fails_later_says_why() {
    let harness = harness().await;
    let first = make(&harness, "k", &TRANSFER.replace("10.5", "600")).await;
    let second = make(&harness, "l", &TRANSFER.replace("10.5", "500")).await;
    assert_eq!(shown(&harness, &first).await["status"], "SUCCESS");
    let failed = shown(&harness, &second).await;
    assert_eq!(
        (&failed["status"], &failed["failure"]["code"]),
        (&json!("FAILED"), &json!("insufficient-funds"))
    );
}

#[actix_web::test]
async fn transfers_can_only_be_posted() {
    let harness = harness().await;
    for method in ["GET", "HEAD", "PUT"] {
        let answer = harness.ask(method, TRANSFERS).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")));
    }
    let bare = TestRequest::post().uri(TRANSFERS).insert_header(("Idempotency-Key", "k"));
    harness.send(bare).await.is_problem(415, "unsupported-media-type");
}

#[actix_web::test]
async fn a_quote_is_of_no_use_between_accounts_of_one_currency() {
    let harness = harness().await;
    let quote = harness.post_to("/api/v1/fx/quotes", r#"{"base":"USD","quote":"JPY"}"#).await;
    let quote = quote.json()["id"].as_str().unwrap().to_owned();
    let body = TRANSFER.replace("10.5", &format!(r#"10.5,"quote_id":"{quote}""#));
    make(&harness, "k", &body).await.is_problem(422, "currency-mismatch");
}
