use crate::harness::{ACCOUNTS, Answer, Harness};
use actix_web::body::MessageBody;
use actix_web::http::Method;
use actix_web::test::{self, TestRequest};
use futures_util::future::join;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{Operation, Principal};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Details, NewPayment};
use paygate_core::terms::Terms;
use paygate_core::text::Label;
use paygate_http::HttpConfig;
use paygate_ports::{IdSource, PaymentStore, StoreError};
use paygate_testkit::build::owned_by;
use paygate_testkit::faults;
use serde_json::json;
use std::time::Duration;

const A: &str = "/api/v1/accounts/a/statement";

/// Wallet `a` with its opening balance of 100 and, an hour later, a payment to and one from `b`.
async fn moved() -> Harness {
    let harness = Harness::new().await;
    harness.wallet("a", "USD", "100").await;
    let body =
        r#"{"currency":"USD","alias":"b","name":"=Bob, \"the\" Builder","opening_balance":50}"#;
    harness.post_to(ACCOUNTS, body).await;
    harness.clock.advance(Duration::from_secs(3_600));
    let out = r#"{"source":"a","destination":"b","amount":10,"description":"-rent"}"#;
    harness.transferred("k", out).await;
    harness.clock.advance(Duration::from_secs(3_600));
    harness.transferred("l", r#"{"source":"b","destination":"a","amount":2.5}"#).await;
    harness
}

async fn csv(harness: &Harness, path: &str) -> Answer {
    harness.send(TestRequest::get().uri(path).insert_header(("Accept", "text/csv"))).await
}

#[actix_web::test]
async fn a_statement_tells_what_happened_between_two_balances() {
    let harness = moved().await;
    let told = harness.get(A).await;
    let document = told.json();
    assert_eq!(document["account"]["alias"], "a");
    assert_eq!(
        (&document["opening_balance"], &document["closing_balance"]),
        (&json!(0.0), &json!(92.5))
    );
    assert_eq!((document.get("from"), document.get("to")), (None, None));
    assert_eq!(document["next_cursor"], json!(null));
    let items = document["items"].as_array().unwrap();
    let line = |at: usize| {
        let it = &items[at];
        (
            it["seq"].as_i64().unwrap(),
            it["direction"].as_str().unwrap(),
            it["kind"].as_str().unwrap(),
        )
    };
    assert_eq!(
        (line(0), line(1), line(2)),
        ((1, "credit", "opening"), (2, "debit", "transfer"), (3, "credit", "transfer"))
    );
    assert!(told.text.contains(
        r#""at":"2026-01-31T13:00:00.123456Z","direction":"debit","amount":10.00,"balance_after":90.00,"kind":"transfer","payment_id":""#
    ));
    assert_eq!(items[0]["counterparty"]["role"], "opening_equity");
    assert_eq!(items[0]["description"], "Opening balance");
    let other = &items[1]["counterparty"];
    assert_eq!((&other["alias"], &other["role"]), (&json!("b"), &json!("wallet")));
    assert_eq!(other["name"], "=Bob, \"the\" Builder", "JSON is no spreadsheet");
    assert_eq!((&items[1]["description"], items[2].get("description")), (&json!("-rent"), None));
}

#[actix_web::test]
async fn a_period_has_its_first_moment_and_not_its_last() {
    let harness = moved().await;
    for (query, opening, seqs, closing) in [
        ("from=2026-01-31T13:00:00.123456Z", 100.0, &[2, 3][..], 92.5),
        ("from=2026-01-31T13:00:00.123456001Z", 90.0, &[3], 92.5),
        ("to=2026-01-31T13:00:00.123456Z", 0.0, &[1], 100.0),
        ("from=2026-01-31T13:00:00Z&to=2026-01-31T14:00:00Z", 100.0, &[2], 90.0),
        ("from=2026-01-31T14:00:00Z&to=2026-01-31T13:00:00Z", 90.0, &[], 90.0),
        ("from=9999-12-31T23:59:59Z", 92.5, &[], 92.5),
        ("to=0000-01-01T00:00:00Z", 0.0, &[], 0.0),
        ("limit=1", 0.0, &[1], 92.5),
        ("limit=1&cursor=1", 0.0, &[2], 92.5),
        ("cursor=3", 0.0, &[], 92.5),
        ("cursor=999999999999999999", 0.0, &[], 92.5),
    ] {
        let told = harness.get(&format!("{A}?{query}")).await.json();
        let items = told["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|it| it["seq"].as_i64().unwrap()).collect();
        assert_eq!(found, seqs, "{query}");
        assert_eq!(
            (&told["opening_balance"], &told["closing_balance"]),
            (&json!(opening), &json!(closing)),
            "{query}"
        );
    }
    let first = harness.get(&format!("{A}?limit=2")).await.json();
    assert_eq!(first["next_cursor"], "2");
    let last = harness.get(&format!("{A}?limit=2&cursor=2")).await.json();
    assert_eq!(last["next_cursor"], json!(null));
}

#[actix_web::test]
async fn a_statement_is_a_file_for_those_who_want_one() {
    let harness = moved().await;
    let number = harness.get(&format!("{ACCOUNTS}/a")).await.json()["number"].clone();
    let file = csv(&harness, &format!("{A}?limit=1&cursor=2")).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let disposition =
        format!("attachment; filename=\"statement-{}.csv\"", number.as_str().unwrap());
    assert_eq!(file.header("content-disposition"), Some(&*disposition));
    let rows: Vec<_> = file.text.split("\r\n").collect();
    assert_eq!(rows.len(), 5, "header, three lines, and nothing after the last: {}", file.text);
    assert_eq!(
        rows[0],
        "seq,at,direction,amount,balance_after,currency,kind,payment_id,counterparty_id,counterparty_number,counterparty_alias,counterparty_name,counterparty_role,description"
    );
    let start = "2,2026-01-31T13:00:00.123456Z,debit,10.00,90.00,USD,transfer,";
    let end = r#",b,"'=Bob, ""the"" Builder",wallet,'-rent"#;
    assert!(rows[2].starts_with(start) && rows[2].ends_with(end), "{}", rows[2]);
    assert_eq!(rows[4], "");

    let part = csv(&harness, &format!("{A}?from=2026-01-31T14:00:00Z")).await;
    assert_eq!(part.text.lines().count(), 2);
    let none = csv(&harness, &format!("{A}?to=2020-01-01T00:00:00Z")).await;
    assert_eq!(none.text.lines().count(), 1);
    assert!(csv(&harness, "/api/v1/accounts/x/statement").await.status == 404);
}

#[actix_web::test]
async fn a_negative_balance_stays_a_number() {
    let harness = Harness::new().await;
    harness.post_to(ACCOUNTS, r#"{"currency":"USD","alias":"a","overdraft":true}"#).await;
    harness.wallet("b", "USD", "1").await;
    harness.transferred("k", r#"{"source":"a","destination":"b","amount":5}"#).await;
    let file = csv(&harness, A).await;
    assert!(file.text.contains(",debit,5.00,-5.00,USD,"), "{}", file.text);
}

/// Posts so many lines to wallet `a`.
pub async fn lines(harness: &Harness, number: u32) {
    let a = harness.wallet("a", "USD", "1").await;
    let usd = Currency::parse("USD").unwrap();
    let overdrawn = r#"{"currency":"USD","alias":"overdrawn","overdraft":true}"#;
    let overdrawn = harness.post_to(ACCOUNTS, overdrawn).await.json()["id"].clone();
    let source: AccountId = overdrawn.as_str().unwrap().parse().unwrap();
    let payment = |number| NewPayment {
        id: PaymentId(harness.ids.uuid_v7()),
        kind: Kind::Transfer,
        terms: Terms::plain(Money { minor: 100, currency: usd }),
        source,
        destination: a,
        parent: None,
        hold: false,
        request: Details {
            description: Label::parse(&format!("No. {number}, \"quoted\"")).ok(),
            ..Details::default()
        }
        .request(&Principal::Sandbox, Operation::Transfer, owned_by("default")),
    };
    harness.store.accept((0..number).map(payment).collect()).await.unwrap();
    harness.work().await;
    harness.faults.forget_calls();
}

#[actix_web::test]
async fn many_lines_are_written_page_by_page_as_they_are_read() {
    for (number, pages) in [(999, 1), (1_000, 2), (2_500, 3)] {
        let harness = Harness::new().await;
        lines(&harness, number).await;
        let file = csv(&harness, A).await;
        let rows: Vec<_> = file.text.lines().collect();
        // The header and the opening balance, too.
        assert_eq!(rows.len(), usize::try_from(number).unwrap() + 2);
        for (seq, row) in rows.iter().skip(1).enumerate() {
            let seq = seq + 1;
            assert!(row.starts_with(&format!("{seq},2026-")), "{row}");
            assert!(row.contains(&format!(",1.00,{seq}.00,USD,")), "{row}");
        }
        assert!(rows[2].ends_with(r#","No. 0, ""quoted""""#), "{}", rows[2]);
        assert_eq!(harness.pages(), vec![1_000; pages], "{number}");
    }
}

#[actix_web::test]
async fn only_what_the_client_takes_is_read() {
    let harness = Harness::new().await;
    lines(&harness, 2_500).await;
    let service = test::init_service(harness.app.build()).await;
    let request = TestRequest::get().uri(A).insert_header(("Accept", "text/csv")).to_request();
    let response = test::call_service(&service, request).await;
    assert_eq!(harness.pages().len(), 1);
    drop(response);
    assert_eq!(harness.pages().len(), 1);

    let head = TestRequest::with_uri(A).method(Method::HEAD).insert_header(("Accept", "text/csv"));
    let answer = harness.send(head).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, ""));
    assert_eq!(harness.pages().len(), 1, "nothing is read for HEAD");
}

/// How fast a client takes its file is its own matter, and nobody else's.
#[actix_web::test]
async fn clients_that_do_not_read_keep_nobody_from_a_file() {
    let harness = Harness::new().await;
    lines(&harness, 2_500).await;
    let service = test::init_service(harness.app.build()).await;
    let ask = || TestRequest::get().uri(A).insert_header(("Accept", "text/csv")).to_request();
    let mut idle = Vec::new();
    for _ in 0..100 {
        let response = test::call_service(&service, ask()).await;
        assert_eq!(response.status(), 200);
        idle.push(response);
    }
    let file = test::read_body(test::call_service(&service, ask()).await).await;
    assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2_502);
    assert_eq!(harness.pages().len(), 100 + 3, "of the others the first page only");
}

#[actix_web::test]
async fn a_store_that_fails_midway_ends_the_file_before_its_end() {
    let harness = Harness::new().await;
    lines(&harness, 2_500).await;
    harness.faults.on(faults::Method::Lines).sparing(2).fails_before();
    let service = test::init_service(harness.app.build()).await;
    let request = TestRequest::get().uri(A).insert_header(("Accept", "text/csv")).to_request();
    let response = test::call_service(&service, request).await;
    assert_eq!(response.status(), 200);
    let mut body = Box::pin(response.into_body());
    let (mut rows, mut failed) = (0, false);
    while let Some(chunk) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        match chunk {
            Ok(chunk) => rows += chunk.iter().filter(|byte| **byte == b'\n').count(),
            Err(_) => failed = true,
        }
        if failed {
            break;
        }
    }
    assert_eq!((rows, failed), (2_001, true), "two pages, then the end of the connection");

    harness.faults.on(faults::Method::Lines).fails_before();
    csv(&harness, A).await.is_problem(503, "store-unavailable");
    harness.fail_with(StoreError::Refused("secret".to_owned()));
    csv(&harness, A).await.is_problem(500, "internal-error");
}

#[actix_web::test]
async fn more_statements_than_can_be_read_at_once_are_turned_away() {
    let harness = Harness::with(HttpConfig {
        statement_reads: 2,
        statement_patience: Duration::from_millis(100),
        ..HttpConfig::default()
    });
    let harness = harness.await;
    lines(&harness, 3).await;
    let gate = harness.faults.gate(faults::Method::Lines);
    gate.shut();
    let reading = join(csv(&harness, A), csv(&harness, A));
    let refused = async {
        while gate.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        let refused = tokio::time::timeout(Duration::from_secs(10), csv(&harness, A)).await;
        gate.open();
        refused.expect("it is not let in")
    };
    let ((first, second), refused) = join(reading, refused).await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.is_problem(503, "overloaded");
    // A turned away request has read nothing, and those that were let in have all.
    for file in [first, second, csv(&harness, A).await] {
        assert_eq!((file.status.as_u16(), file.text.lines().count()), (200, 5));
    }
    assert_eq!(harness.pages().len(), 3);
}
