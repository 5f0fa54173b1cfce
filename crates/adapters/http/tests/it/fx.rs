use crate::harness::Harness;
use paygate_ports::{RateError, StoreError};

const RATES: &str = "/api/v1/fx/rates";
const CONVERT: &str = "/api/v1/fx/convert";
const QUOTES: &str = "/api/v1/fx/quotes";

#[actix_web::test]
async fn rates_are_shown_for_one_pair_or_for_many() {
    let harness = Harness::new().await;
    let one = harness.get(&format!("{RATES}?base=USD&quote=IDR")).await;
    assert_eq!(
        one.text,
        r#"{"items":[{"base":"USD","quote":"IDR","rate":15500,"source":"fixed","as_of":"2026-01-31T12:00:00.123456Z"}]}"#
    );
    let inverse = harness.get(&format!("{RATES}?base=IDR&quote=USD")).await;
    assert!(inverse.text.contains(r#""rate":0.0000645161290323,"#), "{inverse:?}");
    let same = harness.get(&format!("{RATES}?base=JPY&quote=JPY")).await;
    assert!(same.text.contains(r#""rate":1,"#), "{same:?}");
    let pairs = |query: &str| {
        let path = format!("{RATES}{query}");
        let harness = &harness;
        async move {
            let items = harness.get(&path).await.json()["items"].as_array().unwrap().clone();
            let pair = |it: &serde_json::Value| {
                format!("{}/{}", it["base"].as_str().unwrap(), it["quote"].as_str().unwrap())
            };
            items.iter().map(pair).collect::<Vec<_>>()
        }
    };
    assert_eq!(pairs("?base=USD").await, ["USD/EUR", "USD/IDR", "USD/JPY"]);
    assert_eq!(pairs("?quote=USD").await, ["EUR/USD", "IDR/USD", "JPY/USD"]);
    assert_eq!(pairs("").await.len(), 12);

    *harness.rates.trouble.lock().unwrap() = Some(RateError::NotQuoted);
    assert_eq!(pairs("").await, [""; 0]);
    for answer in [
        harness.get(&format!("{RATES}?base=USD&quote=JPY")).await,
        harness.get(&format!("{CONVERT}?from=USD&to=JPY&amount=1")).await,
        harness.post_to(QUOTES, r#"{"base":"USD","quote":"JPY"}"#).await,
    ] {
        answer.is_problem(422, "fx-not-quoted");
        assert_eq!(answer.json()["detail"], "there is no exchange rate from USD to JPY");
        assert_eq!(answer.header("retry-after"), None);
    }
}

#[actix_web::test]
async fn an_amount_is_converted_exactly() {
    let harness = Harness::new().await;
    let answer = harness.get(&format!("{CONVERT}?from=USD&to=IDR&amount=100.50")).await;
    assert_eq!(
        answer.text,
        r#"{"from":{"amount":100.50,"currency":"USD"},"to":{"amount":1557750.00,"currency":"IDR"},"rate":15500,"source":"fixed","as_of":"2026-01-31T12:00:00.123456Z"}"#
    );
    for (query, code) in [
        ("from=JPY&to=USD&amount=1", "amount-too-small"),
        ("from=USD&to=IDR&amount=999999999999999", "amount-too-large"),
    ] {
        harness.get(&format!("{CONVERT}?{query}")).await.is_problem(422, code);
    }
    for (query, violations) in [
        ("", &["from missing-parameter", "to missing-parameter", "amount missing-parameter"][..]),
        (
            "from=usd&to=ZZZ&amount=-1",
            &["from not-upper-case", "to unknown-currency", "amount not-positive"],
        ),
        ("from=KWD&to=USD&amount=1", &["from currency-not-enabled"]),
        ("from=JPY&to=USD&amount=1.5", &["amount too-many-decimals"]),
        ("from=USD&to=JPY&amount=1e3", &["amount exponent-not-allowed"]),
        ("from=USD&to=JPY&amount=", &["amount not-a-decimal"]),
        ("from=USD&to=JPY&amount=%D9%A1", &["amount not-a-decimal"]),
        ("from=USD&to=JPY&amount=1&amount=2", &["amount duplicate-parameter"]),
        ("from=USD&to=JPY&amount=1&at=now", &["at unknown-parameter"]),
    ] {
        let answer = harness.get(&format!("{CONVERT}?{query}")).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{query}");
    }
}

#[actix_web::test]
async fn a_rate_is_promised_for_a_while() {
    let harness = Harness::new().await;
    let answer = harness.post_to(QUOTES, r#"{"base":"USD","quote":"JPY","amount":"10.5"}"#).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.text,
        format!(
            r#"{{"id":"{id}","base":"USD","quote":"JPY","rate":150,"source":"fixed","as_of":"2026-01-31T12:00:00.123456Z","expires_at":"2026-01-31T12:00:30.123456Z","from":{{"amount":10.50,"currency":"USD"}},"to":{{"amount":1575,"currency":"JPY"}}}}"#
        )
    );
    assert_eq!(answer.status, 201);
    let without = harness.post_to(QUOTES, r#"{"base":"USD","quote":"JPY"}"#).await.json();
    assert_eq!((without.get("from"), without.get("to")), (None, None));

    let small = harness.post_to(QUOTES, r#"{"base":"JPY","quote":"USD","amount":1}"#).await;
    small.is_problem(422, "amount-too-small");
    let body = r#"{"base":"USD","quote":"IDR","amount":999999999999999}"#;
    harness.post_to(QUOTES, body).await.is_problem(422, "amount-too-large");
    assert_eq!(harness.rows("fx_quotes"), 2, "only what was answered is kept");
}

#[actix_web::test]
async fn every_broken_rule_of_a_quote_is_told() {
    let harness = Harness::new().await;
    for (body, violations) in [
        ("{}", &["base missing-field", "quote missing-field"][..]),
        (
            r#"{"base":1,"quote":[],"amount":{}}"#,
            &["base wrong-type", "quote wrong-type", "amount wrong-type"],
        ),
        (
            r#"{"base":"usd","quote":"KWD","amount":0}"#,
            &["base not-upper-case", "quote currency-not-enabled", "amount not-positive"],
        ),
        (r#"{"base":"USD","quote":"USD"}"#, &["quote same-currency"]),
        (r#"{"base":"JPY","quote":"USD","amount":1.5}"#, &["amount too-many-decimals"]),
        (r#"{"base":"JPY","quote":"USD","pair":1}"#, &["pair unknown-field"]),
    ] {
        let answer = harness.post_to(QUOTES, body).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{body}");
    }
    for (query, violations) in [
        ("base=usd&quote=KWD", &["base not-upper-case", "quote currency-not-enabled"][..]),
        ("from=USD", &["from unknown-parameter"]),
    ] {
        assert_eq!(harness.get(&format!("{RATES}?{query}")).await.violations(), violations);
    }
}

#[actix_web::test]
async fn without_rates_nothing_is_told_or_promised() {
    let harness = Harness::new().await;
    *harness.rates.trouble.lock().unwrap() = Some(RateError::Unavailable("secret".to_owned()));
    for answer in [
        harness.get(RATES).await,
        harness.get(&format!("{RATES}?base=USD")).await,
        harness.get(&format!("{CONVERT}?from=USD&to=IDR&amount=1")).await,
        harness.post_to(QUOTES, r#"{"base":"USD","quote":"IDR"}"#).await,
    ] {
        answer.is_problem(503, "fx-unavailable");
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert!(!answer.text.contains("secret"));
    }
    *harness.rates.trouble.lock().unwrap() = None;
    harness.fail_with(StoreError::Unavailable("secret".to_owned()));
    let answer = harness.post_to(QUOTES, r#"{"base":"USD","quote":"IDR"}"#).await;
    answer.is_problem(503, "store-unavailable");
}
