use crate::harness::{ACCOUNTS, Harness};
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;
use serde_json::json;
use std::time::Duration;

const INTEGRITY: &str = "/api/v1/integrity";

#[actix_web::test]
async fn a_ledger_that_holds_is_proved_and_added_up() {
    let harness = Harness::new().await;
    harness.wallet("alice", "USD", "100").await;
    harness.wallet("yuki", "JPY", "1000").await;
    let body = r#"{"source":"alice","destination":"yuki","amount":10}"#;
    harness.transferred("k", body).await;
    let answer = harness.get(INTEGRITY).await;
    let told = answer.json();
    assert_eq!((&told["ok"], &told["violation_count"]), (&json!(true), &json!(0)), "{told}");
    assert_eq!(told["violations"], json!([]));
    assert_eq!(told["as_of"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(
        (&told["payments"], &told["entries"], &told["postings"]),
        (&json!(3), &json!(3), &json!(8))
    );
    assert_eq!(told["accounts"], 4 * 5 + 2);
    let usd = r#"{"currency":"USD","wallets":90.00,"merchants":0.00,"acquirer":0.00,"bank":0.00,"fx_liquidity":10.00,"opening_equity":-100.00,"sum":0.00}"#;
    let jpy = r#"{"currency":"JPY","wallets":2500,"merchants":0,"acquirer":0,"bank":0,"fx_liquidity":-1500,"opening_equity":-1000,"sum":0}"#;
    assert!(answer.text.contains(usd) && answer.text.contains(jpy), "{}", answer.text);
}

#[actix_web::test]
async fn what_does_not_fit_is_told() {
    let harness = Harness::new().await;
    let id = harness.wallet("alice", "USD", "100").await;
    harness.broken();
    harness.set_account(id, "posted_minor = posted_minor + 1");
    let told = harness.get(INTEGRITY).await.json();
    assert_eq!(told["ok"], false);
    let violations = told["violations"].as_array().unwrap();
    assert_eq!(told["violation_count"], violations.len());
    let of_account =
        violations.iter().find(|it| it["row"].as_str().unwrap().contains(&id.to_string()));
    let of_account = of_account.unwrap();
    assert_eq!(of_account["currency"], "USD");
    assert!(of_account["check"].is_string() && of_account["detail"].is_string(), "{of_account}");
}

#[actix_web::test]
async fn of_many_violations_the_first_hundred_are_told_and_all_are_counted() {
    let harness = Harness::new().await;
    harness.broken();
    for number in 0..120 {
        let id = harness.wallet(&format!("w{number}"), "USD", "1").await;
        harness.set_account(id, "posted_minor = posted_minor + 1");
    }
    let told = harness.get(INTEGRITY).await.json();
    assert_eq!(told["violations"].as_array().unwrap().len(), 100);
    assert!(told["violation_count"].as_u64().unwrap() >= 120);
}

#[actix_web::test]
async fn there_is_one_proof_at_a_time() {
    let harness = Harness::new().await;
    let gate = harness.faults.gate(Method::Examine);
    gate.shut();
    let second = async {
        let under_way = async {
            while gate.waiting() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), under_way).await.expect("the first begins");
        let answer = harness.get(INTEGRITY).await;
        gate.open();
        answer
    };
    let (first, second) = futures_util::future::join(harness.get(INTEGRITY), second).await;
    second.is_problem(503, "proof-under-way");
    assert_eq!(second.header("retry-after"), Some("5"));
    assert_eq!(first.status, 200);
    assert_eq!(harness.get(INTEGRITY).await.status, 200);
}

#[actix_web::test]
async fn a_proof_needs_the_store_and_takes_no_parameter() {
    let harness = Harness::new().await;
    let answer = harness.get(&format!("{INTEGRITY}?since=now")).await;
    assert_eq!(answer.violations(), ["since unknown-parameter"]);
    harness.fail_with(StoreError::Unavailable("secret".to_owned()));
    harness.get(INTEGRITY).await.is_problem(503, "store-unavailable");
    assert_eq!(harness.get(ACCOUNTS).await.status, 503);
}
