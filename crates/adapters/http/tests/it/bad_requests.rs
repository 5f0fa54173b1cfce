//! Every way to send a bad body, with the document it is answered with.

use crate::harness::{Harness, PAYMENTS, TRANSFERS, UNKNOWN, post};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use paygate_http::HttpConfig;
use std::fmt::Write as _;
use std::str::FromStr;

async fn check(name: &str, bodies: &[&[u8]]) {
    let harness = Harness::new().await;
    let mut told = String::new();
    for body in bodies {
        let answer = harness.send(post(*body)).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        answer.is_problem(400, &answer.code());
        writeln!(told, "{}", String::from_utf8_lossy(body).escape_debug()).unwrap();
        writeln!(told, "{}\n", serde_json::to_string_pretty(&answer.json()).unwrap()).unwrap();
    }
    assert_eq!(harness.rows("payments"), 0);
    insta::assert_snapshot!(name, told);
}

#[actix_web::test]
async fn what_is_no_json_object() {
    let bodies: &[&[u8]] = &[
        b"",
        b" \n ",
        b"{",
        b"{\"amount\":1,}",
        b"{\n  \"amount\": 1\n  \"currency\": \"USD\"\n}",
        b"{\"amount\":01}",
        b"{'amount':1}",
        b"{\"amount\":1} {}",
        b"{\"reference\":\"a\nb\"}",
        b"{\"reference\":\"\\x\"}",
        b"{\"\\ud800\":1}",
        b"\xef\xbb\xbf{\"amount\":1}",
        b"{\"amount\":1,\n\"reference\":\"\xff\"}",
        b"{\"amount\":1}\0",
        b"\0",
        b"[]",
        b"null",
        b"\"text\"",
        b"1",
    ];
    check("malformed", bodies).await;
}

#[actix_web::test]
async fn fields_that_break_a_rule() {
    let bodies: &[&str] = &[
        "{}",
        r#"{"amount":null,"currency":null,"reference":null}"#,
        r#"{"amount":[1],"currency":1,"reference":{},"metadata":[]}"#,
        r#"{"amount":true,"currency":true,"reference":true,"metadata":"{}"}"#,
        r#"{"amount":0,"currency":"usd","reference":"r","colour":"red"}"#,
        r#"{"amount":1,"amount":2,"currency":"USD","currency":"USD","reference":"r"}"#,
        r#"{"amount":-1,"currency":"ZZZ","reference":""}"#,
        r#"{"amount":"","currency":"","reference":" \t "}"#,
        r#"{"amount":1e2,"currency":"Usd","reference":"a\nb"}"#,
        r#"{"amount":"1E2","currency":"KWD","reference":"a\u0000b"}"#,
        r#"{"amount":"1,000","currency":" USD","reference":"\ud800"}"#,
        r#"{"amount":1.005,"currency":"USD","reference":"\u0085"}"#,
        r#"{"amount":1.5,"currency":"JPY","reference":"r"}"#,
        r#"{"amount":1.005,"currency":"KWD","reference":"r"}"#,
        r#"{"amount":1234567890123456,"currency":"USD","reference":"r"}"#,
        r#"{"amount":1,"currency":"XAU","reference":"r"}"#,
        r#"{"Amount":1,"currency":"USD","reference":"r"}"#,
    ];
    let bodies: Vec<_> = bodies.iter().map(|body| body.as_bytes()).collect();
    check("fields", &bodies).await;
}

#[actix_web::test]
async fn metadata_that_breaks_a_rule() {
    let harness = Harness::new().await;
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(4_089));
    for (metadata, violation) in [
        (r#"{"a":"\u0000"}"#, "metadata nul-character"),
        (r#"{"a":"\ud800"}"#, "metadata malformed-object"),
        (&deep, "metadata too-deep"),
        (&long, "metadata too-long"),
        ("[]", "metadata wrong-type"),
        ("1", "metadata wrong-type"),
    ] {
        let body =
            format!(r#"{{"amount":1,"currency":"USD","reference":"r","metadata":{metadata}}}"#);
        assert_eq!(harness.post(body).await.violations(), [violation]);
    }
}

#[actix_web::test]
async fn depth_and_number_of_fields_do_no_harm() {
    let harness = Harness::new().await;
    let deep = "[".repeat(60_000);
    harness.post(deep.clone()).await.is_problem(400, "invalid-request");
    let nested = format!(r#"{{"amount":{deep}"#);
    harness.post(nested).await.is_problem(400, "malformed-json");
    let many = (0..6_000).map(|at| format!("\"{at}\":0,")).collect::<String>();
    let answer = harness.post(format!("{{{many}\"amount\":1}}")).await;
    answer.is_problem(400, "invalid-request");
    assert!(answer.violations().len() <= 50 && answer.text.len() < 10_000);
    let long_name = format!("{{\"{}\":1}}", "n".repeat(50_000));
    assert!(harness.post(long_name).await.text.len() < 2_000);
}

#[actix_web::test]
async fn a_reference_may_not_be_too_long() {
    let harness = Harness::new().await;
    let body = format!(r#"{{"amount":1,"currency":"USD","reference":"{}"}}"#, "ü".repeat(256));
    assert_eq!(harness.post(body).await.violations(), ["reference too-long"]);
}

#[actix_web::test]
async fn metadata_is_text_and_comes_back_as_it_was() {
    let harness = Harness::new().await;
    for (at, metadata) in [
        r#"{"a":{"$serde_json::private::RawValue":"x"}}"#,
        r#"{"$serde_json::private::RawValue":{"b":1}}"#,
        r#"{"a":1e400,"b":0.10,"c":123456789012345678901234567890}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let body =
            format!(r#"{{"amount":1,"currency":"USD","reference":"r{at}","metadata":{metadata}}}"#);
        let answer = harness.post(body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert!(answer.text.contains(&format!(r#""metadata":{metadata}"#)), "{answer:?}");
        let shown = harness.get(answer.header("location").unwrap()).await;
        assert!(shown.text.contains(metadata), "{shown:?}");
    }
}

/// What is dropped silently was perhaps the point of the request.
#[actix_web::test]
async fn no_operation_takes_a_query_parameter_it_does_not_know() {
    let config = HttpConfig { sandbox: true, ..HttpConfig::default() };
    let harness = Harness::with(config).await;
    let document = harness.get("/api/v1/openapi.json").await.json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace("{id}", UNKNOWN).replace("{account}", "alice");
            let request = TestRequest::with_uri(&format!("{path}?amount=5&colour=red"))
                .method(Method::from_str(&method.to_uppercase()).unwrap())
                .insert_header(("content-type", "application/json"))
                .set_payload("{}");
            let answer = harness.send(request).await;
            answer.is_problem(400, "invalid-request");
            let told = answer.violations();
            assert!(told.contains(&"colour unknown-parameter".to_owned()), "{path}: {told:?}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}

#[actix_web::test]
async fn references_that_look_the_same_are_the_same() {
    let harness = Harness::new().await;
    let body =
        |reference: &str| format!(r#"{{"amount":1,"currency":"USD","reference":"{reference}"}}"#);
    let composed = harness.post_keyed(PAYMENTS, "k", body("caf\u{e9}")).await;
    assert_eq!(composed.status, 201);
    assert_eq!(composed.json()["reference"], "caf\u{e9}");
    let decomposed = harness.post_keyed(PAYMENTS, "k", body("cafe\u{301}")).await;
    assert_eq!((decomposed.status.as_u16(), decomposed.id()), (201, composed.id()));
    assert_eq!(decomposed.header("idempotent-replayed"), Some("true"));
    harness.post(body("cafe\u{301}")).await.is_problem(409, "reference-already-exists");
    let found = harness.get(&format!("{PAYMENTS}?reference=cafe%CC%81")).await;
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 1);
    for hidden in ["\u{200b}", "caf\u{e9}\u{200b}", "\u{202e}abc"] {
        let told = harness.post(body(hidden)).await.violations();
        assert_eq!(told, ["reference invisible-character"], "{hidden:?}");
    }
    assert_eq!(harness.rows("payments"), 1);
}

#[actix_web::test]
async fn times_that_no_answer_could_repeat_are_refused_everywhere() {
    let harness = Harness::new().await;
    harness.wallet("a", "USD", "1").await;
    for (time, code) in [
        ("9999-12-31T23:59:59-01:00", "out-of-range"),
        ("0000-01-01T00:00:00%2B00:01", "out-of-range"),
        ("2026-03-01T10:00:60Z", "no-leap-second"),
        ("2026-03-01", "malformed"),
    ] {
        let body = format!(
            r#"{{"source":"a","destination":"b","amount":1,"tx_date":"{}"}}"#,
            time.replace("%2B", "+")
        );
        let told = harness.post_keyed(TRANSFERS, "k", body).await.violations();
        assert_eq!(told, [format!("tx_date {code}")]);
        for (path, name) in [
            (PAYMENTS, "created_after"),
            (PAYMENTS, "created_before"),
            ("/api/v1/accounts/a/statement", "from"),
            ("/api/v1/accounts/a/statement", "to"),
            ("/api/v1/accounts/a/balance", "at"),
        ] {
            let told = harness.get(&format!("{path}?{name}={time}")).await.violations();
            assert_eq!(told, [format!("{name} {code}")]);
        }
    }
}
