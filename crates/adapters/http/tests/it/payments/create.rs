use crate::harness::{EXAMPLE, Harness, post};
use actix_web::test;
use paygate_ports::Deliveries;

#[actix_web::test]
async fn the_seeds_example_is_accepted_with_its_amount_exact() {
    let harness = Harness::new().await;
    let answer = harness.post(EXAMPLE).await;
    assert_eq!(answer.status, 201);
    let id = answer.id();
    assert_eq!(
        answer.text,
        format!(
            r#"{{"id":"{id}","kind":"charge","amount":100.50,"currency":"USD","reference":"REF-001","status":"PENDING","created_at":"2026-01-31T12:00:00.123456Z","updated_at":"2026-01-31T12:00:00.123456Z"}}"#
        )
    );
    assert_eq!(answer.header("location"), Some(&*format!("/api/v1/payments/{id}")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("idempotent-replayed"), None);
    assert_eq!(harness.get(answer.header("location").unwrap()).await.text, answer.text);
}

#[actix_web::test]
async fn amounts_go_out_with_the_scale_of_their_currency() {
    let harness = Harness::new().await;
    for (amount, currency, out) in [
        ("100.5", "USD", "100.50"),
        ("\"100.5\"", "USD", "100.50"),
        ("\"\\u0031.5\"", "USD", "1.50"),
        ("100", "USD", "100.00"),
        ("0.01", "EUR", "0.01"),
        ("7", "JPY", "7"),
        ("9999999999999.99", "USD", "9999999999999.99"),
        ("999999999999999", "JPY", "999999999999999"),
    ] {
        let reference = format!("{amount} {currency}").replace(['"', '\\'], "'");
        let body =
            format!(r#"{{"amount":{amount},"currency":"{currency}","reference":"{reference}"}}"#);
        let answer = harness.post(body).await;
        assert!(answer.text.contains(&format!(r#""amount":{out},"#)), "{answer:?}");
    }
}

#[actix_web::test]
async fn metadata_and_reference_survive_in_any_script() {
    let harness = Harness::new().await;
    let metadata = r#"{ "b" : 1e3, "a":"\u00e9ü😀", "b": [ null ] , "deep":{"x":1.10}}"#;
    let body = format!(
        r#"{{"metadata": {metadata} ,"amount":1,"currency":"USD","reference":"  Zahlung № 5 支払い \ud83d\ude00 "}}"#
    );
    let answer = harness.post(body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.text.contains(&format!(r#""metadata":{metadata},"#)), "{answer:?}");
    assert_eq!(answer.json()["reference"], "Zahlung № 5 支払い 😀");
    let shown = harness.get(answer.header("location").unwrap()).await;
    assert_eq!(shown.text, answer.text);
}

#[actix_web::test]
async fn the_limits_themselves_are_inside() {
    let harness = Harness::new().await;
    let reference = "ü".repeat(255);
    let filler = "x".repeat(4096 - r#"{"a":""}"#.len());
    let body = format!(
        r#"{{"amount":1,"currency":"USD","reference":"{reference}","metadata":{{"a":"{filler}"}}}}"#
    );
    assert_eq!(harness.post(body).await.status, 201);

    let short = r#"{"amount":1,"currency":"USD","reference":"padded"}"#;
    let padded = format!("{short}{}", " ".repeat(64 * 1024 - short.len()));
    assert_eq!(padded.len(), 65_536);
    assert_eq!(harness.post(padded.clone()).await.status, 201);
    harness.post(padded + " ").await.is_problem(413, "payload-too-large");
    assert_eq!(harness.rows("payments"), 2);
}

#[actix_web::test]
async fn null_metadata_is_none() {
    let harness = Harness::new().await;
    let body = r#"{"amount":1,"currency":"USD","reference":"r","metadata":null}"#;
    let answer = harness.post(body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json().get("metadata"), None);
}

#[actix_web::test]
async fn json_may_say_its_charset_and_must_be_said() {
    let harness = Harness::new().await;
    for (number, good) in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON; Charset=\"utf-8\"",
    ]
    .iter()
    .enumerate()
    {
        let body = format!(r#"{{"amount":1,"currency":"USD","reference":"{number}"}}"#);
        let answer = harness.send(post(body).insert_header(("content-type", *good))).await;
        assert_eq!(answer.status, 201, "{good}: {answer:?}");
    }
    for bad in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/problem+json",
        "application/json-seq",
        "json",
    ] {
        let answer = harness.send(post(EXAMPLE).insert_header(("content-type", bad))).await;
        answer.is_problem(415, "unsupported-media-type");
    }
    let bare = test::TestRequest::post().uri("/api/v1/payments").set_payload(EXAMPLE);
    harness.send(bare).await.is_problem(415, "unsupported-media-type");
    let packed = post(EXAMPLE).insert_header(("content-encoding", "gzip"));
    harness.send(packed).await.is_problem(415, "unsupported-media-type");
}

#[actix_web::test]
async fn twins_without_a_key_are_told_apart_by_their_reference() {
    let harness = Harness::new().await;
    let service = test::init_service(harness.app.build()).await;
    let twins = (0..20).map(|_| test::call_service(&service, post(EXAMPLE).to_request()));
    let answers = futures_util::future::join_all(twins).await;
    let created = answers.iter().filter(|it| it.status() == 201).count();
    let refused = answers.iter().filter(|it| it.status() == 409).count();
    assert_eq!((created, refused, harness.rows("payments")), (1, 19, 1));
}

#[actix_web::test]
async fn a_taken_reference_names_the_payment_that_has_it() {
    let harness = Harness::new().await;
    let existing = harness.post(EXAMPLE).await.id();
    let answer = harness.post(EXAMPLE).await;
    answer.is_problem(409, "reference-already-exists");
    assert_eq!(answer.json()["payment_id"], existing.to_string());
    let link = format!("</api/v1/payments/{existing}>; rel=\"related\"");
    assert_eq!(answer.header("link"), Some(&*link));
}

#[actix_web::test]
async fn the_hint_carries_the_requests_context() {
    let harness = Harness::new().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let deliveries = harness.queue.deliveries();
    harness.send(post(EXAMPLE).insert_header(("traceparent", trace))).await;
    let hint = deliveries.next(1).await.unwrap().remove(0).hint.unwrap();
    assert_eq!(hint.context.request_id.as_deref(), Some("fixed"));
    assert_eq!(hint.context.traceparent.as_deref(), Some(trace));

    let other = EXAMPLE.replace("001", "002");
    harness.send(post(other).insert_header(("traceparent", "00-nonsense"))).await;
    let hint = deliveries.next(1).await.unwrap().remove(0).hint.unwrap();
    let made = hint.context.traceparent.unwrap();
    assert_eq!((made.len(), &made[..3], &made[52..]), (55, "00-", "-00"), "{made}");
}
