//! Every way to send a bad body, with the document it is answered with.

use crate::harness::{Harness, post};
use std::fmt::Write as _;

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
        (r#"{"a":1e999}"#, "metadata malformed-object"),
        (&deep, "metadata malformed-object"),
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
