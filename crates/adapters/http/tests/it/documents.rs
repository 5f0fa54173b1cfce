//! The problem documents of what is valid and yet refused, one of each code.

use crate::harness::{ACCOUNTS, Answer, Harness, PAYMENTS, TRANSFERS, UNKNOWN};
use paygate_ports::RateError;
use std::fmt::Write as _;

/// Asks what is refused, and writes down how.
#[derive(Default)]
struct Told(String);

impl Told {
    fn note(&mut self, answer: &Answer) {
        answer.is_problem(answer.status.as_u16(), &answer.code());
        let document = serde_json::to_string_pretty(&answer.json()).unwrap();
        let link = answer.header("link").unwrap_or("none");
        let later = answer.header("retry-after").unwrap_or("never");
        writeln!(self.0, "{document}\nlink: {link}\nretry after: {later}\n").unwrap();
    }
}

#[actix_web::test]
async fn every_document_of_accounts() {
    let (harness, mut told) = (Harness::new().await, Told::default());
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("bob", "USD", "1").await;
    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"held","overdraft":true}"#).await;
    let hold = r#"{"source":"held","destination":"bob","amount":1,"capture":false}"#;
    harness.transferred("k", hold).await;
    let bank = harness.get(&format!("{ACCOUNTS}?currency=USD")).await.json();
    let bank = bank["items"].as_array().unwrap().iter().find(|it| it["role"] == "bank").unwrap();
    told.note(&harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"alice"}"#).await);
    for name in ["nobody", "alice", "held", bank["number"].as_str().unwrap()] {
        told.note(&harness.post_to(&format!("{ACCOUNTS}/{name}/close"), "").await);
    }
    insta::assert_snapshot!("accounts", told.0);
}

#[actix_web::test]
async fn every_document_of_payments() {
    let (harness, mut told) = (Harness::new().await, Told::default());
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("yuki", "JPY", "100000").await;
    let transfer = |more: &str| format!(r#"{{"source":"alice","destination":"yuki",{more}}}"#);
    told.note(&harness.post_to(TRANSFERS, transfer(r#""amount":1"#)).await);
    for more in [
        r#""amount":1,"currency":"KWD""#,
        r#""amount":1,"currency":"EUR""#,
        r#""amount":0.01"#,
        r#""amount":1001"#,
        r#""amount":101"#,
        r#""amount":1,"quote_id":"018bcfe5-687b-7000-8000-00000000dead""#,
    ] {
        told.note(&harness.post_keyed(TRANSFERS, "k", transfer(more)).await);
    }
    let unknown = r#"{"source":"alice","destination":"nobody","amount":1}"#;
    told.note(&harness.post_keyed(TRANSFERS, "k", unknown).await);
    let itself = r#"{"source":"alice","destination":"alice","amount":1}"#;
    told.note(&harness.post_keyed(TRANSFERS, "k", itself).await);

    let hold = transfer(r#""amount":10,"capture":false,"reference":"r""#);
    let id = harness.transferred("l", &hold).await;
    told.note(&harness.post_keyed(TRANSFERS, "l", transfer(r#""amount":1"#)).await);
    told.note(&harness.post_keyed(TRANSFERS, "m", hold).await);
    let more = r#"{"amount":10.01}"#;
    told.note(&harness.post_to(&format!("{PAYMENTS}/{id}/capture"), more).await);
    let refunds = format!("{PAYMENTS}/{id}/refunds");
    told.note(&harness.post_keyed(&refunds, "k", r#"{"reason":"r"}"#).await);
    harness.post_to(&format!("{PAYMENTS}/{id}/capture"), r#"{"amount":4}"#).await;
    told.note(&harness.post_to(&format!("{PAYMENTS}/{id}/void"), "").await);
    told.note(&harness.post_to(&format!("{PAYMENTS}/{UNKNOWN}/void"), "").await);
    let more = r#"{"amount":4.01,"reason":"r"}"#;
    told.note(&harness.post_keyed(&refunds, "k", more).await);

    *harness.rates.trouble.lock().unwrap() = Some(RateError::Unavailable("why".to_owned()));
    told.note(&harness.post_keyed(TRANSFERS, "k", transfer(r#""amount":1"#)).await);
    told.note(&harness.get("/api/v1/fx/convert?from=USD&to=JPY&amount=1").await);
    *harness.rates.trouble.lock().unwrap() = Some(RateError::NotQuoted);
    told.note(&harness.post_keyed(TRANSFERS, "k", transfer(r#""amount":1"#)).await);
    insta::assert_snapshot!("payments", told.0);
}
