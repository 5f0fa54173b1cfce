use crate::harness::{Harness, PAYMENTS, Tokens, UNKNOWN, post};
use actix_web::test::TestRequest;
use paygate_core::identity::Principal;

async fn guarded() -> Harness {
    Harness::guarded(Tokens::of([("s3cret", Principal::Operator)])).await
}

#[actix_web::test]
async fn every_operation_of_the_api_needs_the_token() {
    let harness = guarded().await;
    let document = serde_json::to_value(paygate_http::openapi_document()).unwrap();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let one = path.replace("{id}", UNKNOWN).replace("{account}", UNKNOWN);
            let one = one.replace("{merchant}", "shop");
            let answer = harness.ask(&method.to_uppercase(), &one).await;
            if path.starts_with("/api/v1/") {
                answer.is_problem(401, "unauthorized");
                let challenge = answer.header("www-authenticate").unwrap();
                assert!(challenge.starts_with("Bearer"));
                asked += 1;
            } else {
                assert_eq!(answer.status, 200, "{path}");
            }
        }
    }
    assert_eq!(asked, 29);
    for open in ["/api/v1/openapi.json", "/api/v1/docs/"] {
        assert_eq!(harness.get(open).await.status, 200, "{open}");
    }
}

#[actix_web::test]
async fn only_the_token_itself_opens() {
    let harness = guarded().await;
    for good in ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret"] {
        let request = TestRequest::get().uri(PAYMENTS).insert_header(("Authorization", good));
        assert_eq!(harness.send(request).await.status, 200, "{good}");
    }
    for bad in ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic s3cret", "s3cret"]
    {
        let request = TestRequest::get().uri(PAYMENTS).insert_header(("Authorization", bad));
        harness.send(request).await.is_problem(401, "unauthorized");
    }
    let twice = TestRequest::get()
        .uri(PAYMENTS)
        .append_header(("Authorization", "Bearer s3cret"))
        .append_header(("Authorization", "Bearer s3cret"));
    harness.send(twice).await.is_problem(401, "unauthorized");
}

#[actix_web::test]
async fn a_stranger_learns_nothing_from_a_body() {
    let harness = guarded().await;
    harness.send(post("nonsense")).await.is_problem(401, "unauthorized");
}
