use crate::harness::{Harness, PAYMENTS};
use paygate_core::kind::Kind;
use paygate_core::money::Currency;
use paygate_core::status::Status;

#[actix_web::test]
async fn pages_go_from_the_newest_to_the_oldest() {
    let harness = Harness::new().await;
    let mut ids = Vec::new();
    for reference in ["a", "b", "c", "d", "e"] {
        ids.push(harness.created(reference).await.to_string());
    }
    let (mut seen, mut path) = (Vec::new(), format!("{PAYMENTS}?limit=2"));
    for _ in 0..3 {
        let page = harness.get(&path).await.json();
        let items = page["items"].as_array().unwrap().clone();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{PAYMENTS}?limit=2&cursor={cursor}");
    }
    ids.reverse();
    assert_eq!(seen, ids);
}

#[actix_web::test]
async fn an_empty_list_has_no_next_page() {
    let harness = Harness::new().await;
    assert_eq!(harness.get(PAYMENTS).await.text, r#"{"items":[],"next_cursor":null}"#);
}

#[actix_web::test]
async fn every_filter_reaches_the_store() {
    let harness = Harness::new().await;
    let id = harness.created("a").await;
    let query = format!(
        "status=MANUAL_REVIEW&kind=charge&currency=KWD&reference=%20R%C3%A9f+1&limit=200&cursor={id}\
         &created_after=2026-01-01T01:00:00%2B01:00&created_before=2026-02-01T00:00:00.5Z"
    );
    assert_eq!(harness.get(&format!("{PAYMENTS}?{query}")).await.status, 200);
    let query = harness.last_query();
    assert_eq!(query.status, Some(Status::ManualReview));
    assert_eq!(query.kind, Some(Kind::Charge));
    assert_eq!(query.currency, Currency::parse("KWD").ok());
    assert_eq!(query.reference.unwrap().as_str(), "Réf 1");
    assert_eq!((query.limit, query.cursor), (200, Some(id)));
    assert_eq!(query.created_after, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(query.created_before, Some("2026-02-01T00:00:00.5Z".parse().unwrap()));
    assert_eq!(query.owner, None, "the sandbox sees everybody's");

    harness.get(PAYMENTS).await;
    assert_eq!(harness.last_query().limit, 50);
}

#[actix_web::test]
async fn every_broken_parameter_is_told() {
    let harness = Harness::new().await;
    for (query, violations) in [
        ("limit=0", &["limit out-of-range"][..]),
        ("limit=201", &["limit out-of-range"]),
        ("limit=-1", &["limit out-of-range"]),
        ("limit=ten", &["limit out-of-range"]),
        ("limit=", &["limit out-of-range"]),
        ("limit=1&limit=1", &["limit duplicate-parameter"]),
        ("Limit=1", &["Limit unknown-parameter"]),
        ("status=success", &["status unknown-value"]),
        ("status=", &["status unknown-value"]),
        ("kind=gift", &["kind unknown-value"]),
        ("currency=usd", &["currency not-upper-case"]),
        ("currency=ZZZ", &["currency unknown-currency"]),
        ("reference=", &["reference empty"]),
        ("created_after=yesterday", &["created_after malformed"]),
        ("created_before=2026-01-01", &["created_before malformed"]),
        ("cursor=1", &["cursor malformed"]),
        (
            "offset=5&status=x&limit=0",
            &["offset unknown-parameter", "status unknown-value", "limit out-of-range"],
        ),
    ] {
        let answer = harness.get(&format!("{PAYMENTS}?{query}")).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{query}");
    }
}
