use crate::harness::{Answer, EXAMPLE, Harness, answer, post};
use actix_web::test;
use paygate_core::status::Status;

async fn keyed(harness: &Harness, key: &str, body: &str) -> Answer {
    harness.send(post(body).insert_header(("Idempotency-Key", key))).await
}

#[actix_web::test]
async fn a_repeated_request_is_answered_with_the_payment_as_it_is_then() {
    let harness = Harness::new().await;
    let first = keyed(&harness, "k", EXAMPLE).await;
    harness.settle(first.id(), Status::Success).await;
    let second = keyed(&harness, "k", EXAMPLE).await;
    assert_eq!((second.status.as_u16(), second.id()), (201, first.id()));
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.json()["status"], "SUCCESS");
    assert_eq!(harness.rows("payments"), 1);
}

#[actix_web::test]
async fn the_same_request_may_be_written_in_another_way() {
    let harness = Harness::new().await;
    keyed(&harness, "k", r#"{"amount":1.5,"currency":"USD","reference":"r"}"#).await;
    for same in [
        r#"{"amount":"1.50","currency":"USD","reference":"r"}"#,
        r#" { "reference" : " r ", "metadata":null, "currency":"USD","amount":1.50 } "#,
        r#"{"amount":1.5,"currency":"USD","reference":"\u0072"}"#,
    ] {
        let answer = keyed(&harness, "k", same).await;
        assert_eq!(answer.header("idempotent-replayed"), Some("true"), "{same}: {answer:?}");
    }
    for other in [
        r#"{"amount":1.51,"currency":"USD","reference":"r"}"#,
        r#"{"amount":1.5,"currency":"EUR","reference":"r"}"#,
        r#"{"amount":1.5,"currency":"USD","reference":"R"}"#,
        r#"{"amount":1.5,"currency":"USD","reference":"r","metadata":{}}"#,
    ] {
        keyed(&harness, "k", other).await.is_problem(422, "idempotency-key-reused");
    }
    let other_key = keyed(&harness, "l", r#"{"amount":1.5,"currency":"USD","reference":"r"}"#);
    other_key.await.is_problem(409, "reference-already-exists");
}

#[actix_web::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let harness = Harness::new().await;
    let bad = EXAMPLE.replace("100.50", "-1");
    keyed(&harness, "k", &bad).await.is_problem(400, "invalid-request");
    let answer = keyed(&harness, "k", EXAMPLE).await;
    assert_eq!((answer.status.as_u16(), answer.header("idempotent-replayed")), (201, None));
}

#[actix_web::test]
async fn of_twenty_identical_requests_at_once_one_is_accepted_and_all_are_answered() {
    let harness = Harness::new().await;
    let service = test::init_service(harness.app.build()).await;
    let twins = (0..20).map(|_| {
        let request = post(EXAMPLE).insert_header(("Idempotency-Key", "k"));
        async { answer(test::try_call_service(&service, request.to_request()).await).await }
    });
    let answers = futures_util::future::join_all(twins).await;
    let id = answers[0].id();
    assert!(answers.iter().all(|it| it.status == 201 && it.id() == id), "{answers:?}");
    let replayed = answers.iter().filter(|it| it.header("idempotent-replayed").is_some()).count();
    assert_eq!((replayed, harness.rows("payments")), (19, 1));
}

#[actix_web::test]
async fn a_bad_key_is_one_violation_among_the_others() {
    let harness = Harness::new().await;
    let too_long = "k".repeat(256);
    for bad in ["", "a b", "ü", &too_long] {
        let answer = keyed(&harness, bad, r#"{"amount":0,"currency":"usd","reference":"r"}"#).await;
        answer.is_problem(400, "invalid-request");
        assert_eq!(
            answer.violations(),
            ["amount not-positive", "currency not-upper-case", "Idempotency-Key invalid"]
        );
    }
    let twice = post(EXAMPLE)
        .append_header(("Idempotency-Key", "a"))
        .append_header(("Idempotency-Key", "a"));
    assert_eq!(harness.send(twice).await.violations(), ["Idempotency-Key repeated"]);
    assert_eq!(keyed(&harness, &"k".repeat(255), EXAMPLE).await.status, 201);
}
