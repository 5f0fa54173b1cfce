use crate::harness::{ACCOUNTS, Harness, TRANSFERS, UNKNOWN};
use actix_web::test::TestRequest;
use paygate_ports::StoreError;
use serde_json::json;
use std::time::Duration;

const ALICE: &str = r#"{"currency":"USD","name":" Alice Ä. ","alias":"alice","opening_balance":100.5,"metadata":{"a": 1.0}}"#;

#[actix_web::test]
async fn an_account_is_opened_with_what_it_has_from_the_start() {
    let harness = Harness::new().await;
    let answer = harness.post_to(ACCOUNTS, ALICE).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let told = answer.json();
    let (id, number) = (told["id"].as_str().unwrap(), told["number"].as_str().unwrap());
    assert_eq!(
        answer.text,
        format!(
            r#"{{"id":"{id}","number":"{number}","alias":"alice","name":"Alice Ä.","role":"wallet","currency":"USD","posted":100.50,"held":0.00,"available":100.50,"overdraft":false,"status":"open","metadata":{{"a": 1.0}},"created_at":"2026-01-31T12:00:00.123456Z"}}"#
        )
    );
    assert_eq!(answer.header("location"), Some(&*format!("{ACCOUNTS}/{id}")));
    assert_eq!(answer.header("idempotent-replayed"), None);
    for name in [id, number, "alice", &id.to_uppercase()] {
        assert_eq!(harness.get(&format!("{ACCOUNTS}/{name}")).await.text, answer.text, "{name}");
    }
}

#[actix_web::test]
async fn little_is_needed_to_open_one() {
    let harness = Harness::new().await;
    let body = r#"{"currency":"JPY","name":null,"alias":null,"overdraft":true,"opening_balance":null,"metadata":null}"#;
    for body in [r#"{"currency":"JPY","overdraft":true}"#, body] {
        let told = harness.post_to(ACCOUNTS, body).await.json();
        assert_eq!((&told["overdraft"], &told["posted"]), (&json!(true), &json!(0)));
        for absent in ["alias", "name", "metadata", "closed_at"] {
            assert_eq!(told.get(absent), None, "{absent}");
        }
    }
}

#[actix_web::test]
async fn the_same_request_for_an_alias_opens_one_account() {
    let harness = Harness::new().await;
    let first = harness.post_to(ACCOUNTS, ALICE).await;
    for same in [
        ALICE.to_owned(),
        ALICE.replace("100.5", "\"100.50\"").replace(" Alice Ä. ", "Alice \\u00c4."),
        ALICE.replace("\"currency\"", "\"overdraft\":false,\"currency\""),
    ] {
        let answer = harness.post_to(ACCOUNTS, same).await;
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &first.text));
        assert_eq!(answer.header("idempotent-replayed"), Some("true"));
        assert_eq!(answer.header("location"), first.header("location"));
    }
    for other in [
        ALICE.replace("USD", "EUR"),
        ALICE.replace("Ä.", "B."),
        ALICE.replace("100.5", "100.51"),
        ALICE.replace("1.0}", "1}"),
        ALICE.replace("\"currency\"", "\"overdraft\":true,\"currency\""),
        r#"{"currency":"USD","alias":"alice"}"#.to_owned(),
    ] {
        let answer = harness.post_to(ACCOUNTS, other).await;
        answer.is_problem(409, "alias-already-exists");
        let id = first.json()["id"].clone();
        assert_eq!(answer.json()["existing_account_id"], id);
        let link = format!("<{ACCOUNTS}/{}>; rel=\"related\"", id.as_str().unwrap());
        assert_eq!(answer.header("link"), Some(&*link));
    }
}

#[actix_web::test]
async fn every_broken_rule_of_an_account_is_told() {
    let harness = Harness::new().await;
    let long = format!(r#"{{"currency":"USD","alias":"{}"}}"#, "a".repeat(65));
    for (body, violations) in [
        ("{}", &["currency missing-field"][..]),
        (r#"{"currency":"usd"}"#, &["currency not-upper-case"]),
        (r#"{"currency":"ZZZ"}"#, &["currency unknown-currency"]),
        (r#"{"currency":"KWD"}"#, &["currency currency-not-enabled"]),
        (
            r#"{"currency":1,"name":2,"alias":[],"overdraft":"true","opening_balance":{},"metadata":1}"#,
            &[
                "currency wrong-type",
                "name wrong-type",
                "alias wrong-type",
                "overdraft wrong-type",
                "opening_balance wrong-type",
                "metadata wrong-type",
            ],
        ),
        (
            r#"{"metadata":{"a":"\u0000"},"opening_balance":-1,"alias":"a b","name":"","currency":"USD","balance":1}"#,
            &[
                "name empty",
                "alias not-an-alias",
                "opening_balance negative",
                "metadata nul-character",
                "balance unknown-field",
            ],
        ),
        (r#"{"currency":"USD","opening_balance":-1}"#, &["opening_balance negative"]),
        (r#"{"currency":"USD","opening_balance":1e3}"#, &["opening_balance exponent-not-allowed"]),
        (r#"{"currency":"JPY","opening_balance":1.5}"#, &["opening_balance too-many-decimals"]),
        (
            r#"{"currency":"USD","opening_balance":9999999999999999}"#,
            &["opening_balance too-many-digits"],
        ),
        (r#"{"currency":"USD","name":"a\nb"}"#, &["name control-character"]),
        (r#"{"currency":"USD","name":"\ud800"}"#, &["name not-unicode"]),
        (r#"{"currency":"USD","alias":"aliće"}"#, &["alias not-an-alias"]),
        (r#"{"currency":"USD","alias":""}"#, &["alias not-an-alias"]),
        (r#"{"currency":"USD","alias":"000000000000"}"#, &["alias not-an-alias"]),
        (
            r#"{"currency":"USD","alias":"018bcfe5-687b-7000-8000-00000000dead"}"#,
            &["alias not-an-alias"],
        ),
        (&long, &["alias not-an-alias"]),
        (r#"{"currency":"USD","currency":"USD"}"#, &["currency duplicate-field"]),
    ] {
        let answer = harness.post_to(ACCOUNTS, body).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{body}");
    }
    harness.post_to(ACCOUNTS, "[]").await.is_problem(400, "invalid-request");
    harness.post_to(ACCOUNTS, "{").await.is_problem(400, "malformed-json");
    harness.post_to(ACCOUNTS, " ".repeat(65 * 1024)).await.is_problem(413, "payload-too-large");
    let bare = TestRequest::post().uri(ACCOUNTS).set_payload(ALICE);
    harness.send(bare).await.is_problem(415, "unsupported-media-type");
}

#[actix_web::test]
async fn a_name_that_names_nothing_is_not_found() {
    let harness = Harness::new().await;
    for name in [UNKNOWN, "nobody", "000000000000", "123456789012", "a%20b", "%00", "%ff", "%C3%BC"]
    {
        for path in ["", "/balance", "/statement"] {
            let answer = harness.get(&format!("{ACCOUNTS}/{name}{path}")).await;
            answer.is_problem(404, "account-not-found");
        }
        let close = format!("{ACCOUNTS}/{name}/close");
        harness.post_to(&close, "{}").await.is_problem(404, "account-not-found");
    }
}

#[actix_web::test]
async fn accounts_are_listed_from_the_newest_to_the_oldest() {
    let harness = Harness::new().await;
    let mut ids = Vec::new();
    for alias in ["a", "b", "c"] {
        ids.push(harness.wallet(alias, "EUR", "1").await.to_string());
    }
    ids.reverse();
    let (mut seen, mut path) = (Vec::new(), format!("{ACCOUNTS}?currency=EUR&limit=2"));
    loop {
        let page = harness.get(&path).await.json();
        let items = page["items"].as_array().unwrap().clone();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{ACCOUNTS}?currency=EUR&limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 3 + 5, "the system's own and the merchant's, too");
    assert_eq!(seen[..3], ids);
    let roles = harness.get(&format!("{ACCOUNTS}?currency=EUR")).await.json();
    let roles: Vec<_> =
        roles["items"].as_array().unwrap().iter().map(|it| it["role"].clone()).collect();
    for role in ["wallet", "merchant", "acquirer", "bank", "fx_liquidity", "opening_equity"] {
        assert!(roles.contains(&role.into()), "{role}");
    }
    let one = harness.get(&format!("{ACCOUNTS}?alias=b")).await.json();
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    assert_eq!((&one["items"][0]["id"], &one["next_cursor"]), (&json!(ids[1]), &json!(null)));
}

#[actix_web::test]
async fn every_broken_parameter_is_told() {
    let harness = Harness::new().await;
    harness.wallet("a", "USD", "1").await;
    for (query, violations) in [
        ("?limit=0", &["limit out-of-range"][..]),
        (
            "?limit=201&currency=eur&alias=a+b",
            &["currency not-upper-case", "alias not-an-alias", "limit out-of-range"],
        ),
        ("?cursor=x", &["cursor malformed"]),
        ("?owner=me", &["owner unknown-parameter"]),
        ("/a/balance?at=yesterday", &["at malformed"]),
        ("/a/balance?at=2026-02-30T00:00:00Z", &["at malformed"]),
        ("/a/balance?at=2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z", &["at duplicate-parameter"]),
        (
            "/a/statement?from=1&to=2&limit=x&cursor=-1",
            &["from malformed", "to malformed", "limit out-of-range", "cursor malformed"],
        ),
        ("/a/statement?cursor=9223372036854775807", &["cursor malformed"]),
        ("/a/statement?cursor=%2B5", &["cursor malformed"]),
        ("/a/statement?format=csv", &["format unknown-parameter"]),
    ] {
        let answer = harness.get(&format!("{ACCOUNTS}{query}")).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(answer.violations(), violations, "{query}");
    }
}

#[actix_web::test]
async fn an_empty_wallet_can_be_closed_and_nothing_else() {
    let harness = Harness::new().await;
    let close = |name: &str| format!("{ACCOUNTS}/{name}/close");
    harness.wallet("full", "USD", "5").await;
    harness.post_to(&close("full"), "").await.is_problem(409, "account-not-empty");

    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"held","overdraft":true}"#).await;
    let hold = r#"{"source":"held","destination":"full","amount":1,"capture":false}"#;
    harness.transferred("k", hold).await;
    harness.post_to(&close("held"), "{}").await.is_problem(409, "account-has-holds");

    let system = harness.get(&format!("{ACCOUNTS}?currency=USD")).await.json();
    let bank = system["items"].as_array().unwrap().iter().find(|it| it["role"] == "bank").unwrap();
    let bank = bank["number"].as_str().unwrap();
    harness.post_to(&close(bank), "").await.is_problem(409, "account-not-closable");

    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"empty"}"#).await;
    harness.post_to(&close("empty"), r#"{"force":true}"#).await.is_problem(400, "invalid-request");
    let form = TestRequest::post()
        .uri("/api/v1/accounts/empty/close")
        .insert_header(("content-type", "application/x-www-form-urlencoded"));
    let closed = harness.send(form).await;
    assert_eq!((closed.status.as_u16(), &closed.json()["status"]), (200, &json!("closed")));
    assert_eq!(closed.json()["closed_at"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(harness.post_to(&close("empty"), "{}").await.text, closed.text, "again");
    let into = r#"{"source":"full","destination":"empty","amount":1}"#;
    harness.post_keyed(TRANSFERS, "l", into).await.is_problem(422, "account-closed");
}

#[actix_web::test]
async fn a_body_that_may_be_left_out_must_be_json_if_it_is_there() {
    let harness = Harness::new().await;
    harness.wallet("a", "USD", "1").await;
    let path = format!("{ACCOUNTS}/a/close");
    let bare = |body: String| TestRequest::post().uri(&path).set_payload(body);
    harness.send(bare("{}".to_owned())).await.is_problem(415, "unsupported-media-type");
    harness.send(bare(" ".repeat(65 * 1024))).await.is_problem(413, "payload-too-large");
    harness.send(bare(" \n".to_owned())).await.is_problem(409, "account-not-empty");
    harness.post_to(&path, "{").await.is_problem(400, "malformed-json");
    harness.post_to(&path, "[]").await.is_problem(400, "invalid-request");
}

#[actix_web::test]
async fn a_balance_is_that_of_now_or_of_a_moment() {
    let harness = Harness::new().await;
    let id = harness.wallet("a", "USD", "100").await;
    harness.wallet("b", "USD", "1").await;
    harness.clock.advance(Duration::from_secs(3_600));
    harness.transferred("k", r#"{"source":"a","destination":"b","amount":1.5}"#).await;
    let hold = r#"{"source":"a","destination":"b","amount":10,"capture":false}"#;
    harness.transferred("l", hold).await;
    let at = |query: &str| {
        let path = format!("{ACCOUNTS}/a/balance{query}");
        let harness = &harness;
        async move { harness.get(&path).await.text }
    };
    assert_eq!(
        at("").await,
        format!(
            r#"{{"account_id":"{id}","currency":"USD","posted":98.50,"held":10.00,"available":88.50}}"#
        )
    );
    for (asked, told, posted) in [
        ("2026-01-31T12:00:00.123455999Z", "2026-01-31T12:00:00.123455Z", "0.00"),
        ("2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z", "100.00"),
        ("2026-01-31T14:00:00.123455%2B01:00", "2026-01-31T13:00:00.123455Z", "100.00"),
        ("2026-01-31T13:00:00.123456Z", "2026-01-31T13:00:00.123456Z", "98.50"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z", "98.50"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z", "0.00"),
    ] {
        assert_eq!(
            at(&format!("?at={asked}")).await,
            format!(r#"{{"account_id":"{id}","currency":"USD","at":"{told}","posted":{posted}}}"#)
        );
    }
}

#[actix_web::test]
async fn a_store_that_is_away_is_told_by_every_operation() {
    let harness = Harness::new().await;
    harness.fail_with(StoreError::Unavailable("secret".to_owned()));
    for path in ["", "/a", "/a/balance", "/a/balance?at=2026-01-01T00:00:00Z", "/a/statement"] {
        let answer = harness.get(&format!("{ACCOUNTS}{path}")).await;
        answer.is_problem(503, "store-unavailable");
        assert!(!answer.text.contains("secret"));
    }
    for (path, body) in [(ACCOUNTS.to_owned(), ALICE), (format!("{ACCOUNTS}/a/close"), "{}")] {
        harness.post_to(&path, body).await.is_problem(503, "store-unavailable");
    }
    harness.fail_with(StoreError::Refused("secret".to_owned()));
    harness.post_to(ACCOUNTS, ALICE).await.is_problem(500, "internal-error");
}

#[actix_web::test]
async fn an_opening_balance_of_zero_is_none() {
    let harness = Harness::new().await;
    for (alias, zero) in [("number", "0"), ("decimals", "0.00"), ("text", "\"0\"")] {
        let body = format!(r#"{{"currency":"USD","alias":"{alias}","opening_balance":{zero}}}"#);
        let opened = harness.post_to(ACCOUNTS, body).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        assert!(opened.text.contains(r#""posted":0.00"#), "{opened:?}");
        // It is what an account without one is, also to who repeats the request without.
        let again = format!(r#"{{"currency":"USD","alias":"{alias}"}}"#);
        let again = harness.post_to(ACCOUNTS, again).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again:?}");
    }
    assert_eq!(harness.rows("payments"), 0);
    for (balance, code) in [
        ("-1", "negative"),
        ("-0", "negative"),
        ("0.001", "too-many-decimals"),
        ("0.000", "too-many-decimals"),
        ("1e2", "exponent-not-allowed"),
    ] {
        let body = format!(r#"{{"currency":"USD","opening_balance":{balance}}}"#);
        let told = harness.post_to(ACCOUNTS, body).await.violations();
        assert_eq!(told, [format!("opening_balance {code}")]);
    }
}
