use crate::harness::{ACCOUNTS, Harness};
use paygate_http::HttpConfig;
use std::collections::BTreeSet;

const RANDOM: &str = "/api/v1/sandbox/random-accounts";

#[actix_web::test]
async fn a_sandbox_offers_open_wallets_to_try_with() {
    let harness = Harness::with(HttpConfig { sandbox: true, ..HttpConfig::default() }).await;
    assert_eq!(harness.get(RANDOM).await.text, r#"{"items":[]}"#);
    for alias in ["a", "b", "c", "d", "e"] {
        harness.wallet(alias, "USD", "1").await;
    }
    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"gone"}"#).await;
    harness.post_to(&format!("{ACCOUNTS}/gone/close"), "").await;

    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        let items = harness.get(RANDOM).await.json()["items"].as_array().unwrap().clone();
        let aliases: BTreeSet<_> =
            items.iter().map(|it| it["alias"].as_str().unwrap().to_owned()).collect();
        assert_eq!(aliases.len(), 2, "two different ones");
        seen.extend(aliases);
    }
    assert_eq!(seen.into_iter().collect::<String>(), "abcde");
    for (count, items) in [("1", 1), ("5", 5), ("10", 5)] {
        let told = harness.get(&format!("{RANDOM}?count={count}")).await.json();
        assert_eq!(told["items"].as_array().unwrap().len(), items);
    }
    for bad in ["0", "11", "-1", "x", "", "99999999999999999999"] {
        let answer = harness.get(&format!("{RANDOM}?count={bad}")).await;
        assert_eq!(answer.violations(), ["count out-of-range"]);
    }
}

#[actix_web::test]
async fn elsewhere_there_is_nothing_at_its_path() {
    let harness = Harness::new().await;
    harness.get(RANDOM).await.is_problem(404, "route-not-found");
}
