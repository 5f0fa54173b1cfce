use crate::harness::{EXAMPLE, Harness, PAYMENTS, post};
use actix_web::test::TestRequest;
use paygate_core::status::Status;
use std::time::Duration;

#[actix_web::test]
async fn a_client_that_waits_is_answered_with_the_outcome() {
    let harness = Harness::new().await;
    let asked = harness.send(post(EXAMPLE).insert_header(("Prefer", "respond-async, WAIT=3")));
    let worker = async {
        harness.clock.until_sleepers(1).await;
        let id = harness.newest();
        harness.settle(id, Status::Success).await;
    };
    let (answer, ()) = futures_util::future::join(asked, worker).await;
    assert_eq!((answer.status.as_u16(), answer.json()["status"].as_str()), (201, Some("SUCCESS")));
    assert_eq!(answer.header("preference-applied"), Some("wait=3"));
}

#[actix_web::test]
async fn running_out_of_time_is_pending_with_an_id() {
    let harness = Harness::new().await;
    let asked = harness.send(post(EXAMPLE).insert_header(("Prefer", "wait=99")));
    let time = async {
        for _ in 0..12 {
            harness.clock.until_sleepers(1).await;
            harness.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::select! {
        biased;
        answer = asked => answer,
        () = async { time.await; std::future::pending().await } => unreachable!(),
    };
    assert_eq!((answer.status.as_u16(), answer.json()["status"].as_str()), (201, Some("PENDING")));
    assert_eq!(answer.header("preference-applied"), Some("wait=10"));
}

#[actix_web::test]
async fn get_waits_too() {
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    let path = format!("{PAYMENTS}/{id}");
    let asked = harness.send(TestRequest::get().uri(&path).insert_header(("Prefer", "wait=10")));
    let worker = async {
        harness.clock.until_sleepers(1).await;
        harness.settle(id, Status::Failed).await;
    };
    let (answer, ()) = futures_util::future::join(asked, worker).await;
    assert_eq!(answer.json()["status"], "FAILED");
    assert_eq!(answer.header("preference-applied"), Some("wait=10"));
}

#[actix_web::test]
async fn a_preference_that_makes_no_sense_is_ignored() {
    let harness = Harness::new().await;
    for (number, prefer) in ["wait=soon", "return=minimal", "wait", ""].iter().enumerate() {
        let body = EXAMPLE.replace("001", &number.to_string());
        let answer = harness.send(post(body).insert_header(("Prefer", *prefer))).await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (201, None));
    }
    let none = post(EXAMPLE).insert_header(("Prefer", "wait=0"));
    assert_eq!(harness.send(none).await.header("preference-applied"), Some("wait=0"));
}
