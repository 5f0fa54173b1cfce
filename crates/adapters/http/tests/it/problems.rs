//! Problems that are not about the content of a request.

use crate::harness::{EXAMPLE, Harness, PAYMENTS, UNKNOWN, post};
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;

#[actix_web::test]
async fn a_path_that_names_nothing_is_a_problem() {
    let harness = Harness::new().await;
    for path in ["/nothing", "/api/v1/payment", "/api/v1/payments/", "/api/v2/payments", "/health/"]
    {
        let answer = harness.get(path).await;
        answer.is_problem(404, "route-not-found");
        assert_eq!(answer.json()["instance"], path);
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let harness = Harness::new().await;
    let one = format!("{PAYMENTS}/{UNKNOWN}");
    for (method, path, allow) in [
        ("PUT", PAYMENTS, "GET, HEAD, POST"),
        ("DELETE", PAYMENTS, "GET, HEAD, POST"),
        ("OPTIONS", PAYMENTS, "GET, HEAD, POST"),
        ("POST", &one, "GET, HEAD"),
        ("PATCH", &one, "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("POST", "/api/v1/docs/", "GET, HEAD"),
        ("BREW", "/metrics", "GET, HEAD"),
    ] {
        let answer = harness.ask(method, path).await;
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_store_that_is_away_is_worth_another_try() {
    let harness = Harness::new().await;
    let secret = StoreError::Unavailable("password is hunter2".to_owned());
    harness.fail_with(secret);
    let one = format!("{PAYMENTS}/{UNKNOWN}");
    let answers =
        [harness.post(EXAMPLE).await, harness.get(PAYMENTS).await, harness.get(&one).await];
    for answer in answers {
        answer.is_problem(503, "store-unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.text.contains("hunter2"));
    }
}

#[actix_web::test]
async fn what_another_try_does_not_help_is_our_failure_and_its_cause_stays_here() {
    let harness = Harness::new().await;
    let reason = "hunter2".to_owned();
    let corrupt = StoreError::Corrupt { table: "payments", id: UNKNOWN.to_owned(), reason };
    for error in [corrupt, StoreError::Refused("hunter2".to_owned())] {
        harness.fail_with(error);
        let one = format!("{PAYMENTS}/{UNKNOWN}");
        let timeline = format!("{one}/timeline");
        let answers = [
            harness.post(EXAMPLE).await,
            harness.get(&one).await,
            harness.get(&timeline).await,
            harness.get(PAYMENTS).await,
        ];
        for answer in answers {
            answer.is_problem(500, "internal-error");
            assert_eq!(answer.header("retry-after"), None);
            assert!(!answer.text.contains("hunter2"));
        }
    }
    harness.faults.lift();
    harness.refuse_payments("hunter2");
    let refused = harness.post(EXAMPLE).await;
    refused.is_problem(500, "internal-error");
    assert!(!refused.text.contains("hunter2"));
}

#[actix_web::test]
async fn a_handler_that_panics_answers_all_the_same() {
    let harness = Harness::new().await;
    harness.faults.on(Method::Payments).panics();
    let answer = harness.get(PAYMENTS).await;
    answer.is_problem(500, "internal-error");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn beyond_what_can_wait_requests_are_turned_away_at_once() {
    let harness = Harness::new().await;
    let service = actix_web::test::init_service(harness.app.build()).await;
    let gate = harness.faults.gate(Method::Accept);
    gate.shut();
    let request = |number: usize| {
        let body = EXAMPLE.replace("001", &number.to_string());
        actix_web::test::call_service(&service, post(body).to_request())
    };
    // One batch of at most 500 is under way, 4096 wait; what is more is too much.
    let all = futures_util::future::join_all((0..4_700).map(request));
    let open = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        gate.open();
    };
    let (answers, ()) = futures_util::future::join(all, open).await;
    let refused = answers.iter().filter(|it| it.status() == 503).count();
    let accepted = answers.iter().filter(|it| it.status() == 201).count();
    assert_eq!(accepted + refused, 4_700);
    assert!(refused >= 4_700 - 4_096 - 500, "{refused}");
    let refused = answers.into_iter().find(|it| it.status() == 503);
    let answer = crate::harness::answer(Ok(refused.unwrap())).await;
    answer.is_problem(503, "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
}
