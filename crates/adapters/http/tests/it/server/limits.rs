//! How many requests are taken, from whom they come, and what browsers are told.

use crate::harness::{Answer, Harness, PAYMENTS, Tokens};
use actix_web::test::TestRequest;
use paygate_core::identity::Principal;
use paygate_http::{HttpConfig, RateLimits};
use paygate_testkit::build::acting;
use std::num::NonZeroU32;

fn tokens() -> Tokens {
    Tokens::of([("operator", Principal::Operator), ("one", acting("one")), ("two", acting("two"))])
}

async fn limited(public: u32, authenticated: u32) -> Harness {
    let config = HttpConfig {
        rate_limits: RateLimits {
            public: NonZeroU32::new(public),
            authenticated: NonZeroU32::new(authenticated),
        },
        trusted_proxies: "10.0.0.1".parse().unwrap(),
        ..HttpConfig::default()
    };
    Harness::guarded_with(config, tokens()).await
}

fn from(address: &str) -> TestRequest {
    let proxy = TestRequest::get().uri(PAYMENTS).peer_addr("10.0.0.1:4711".parse().unwrap());
    proxy.insert_header(("X-Forwarded-For", address))
}

fn by(token: &str) -> TestRequest {
    from("192.0.2.1").insert_header(("Authorization", format!("Bearer {token}")))
}

/// The first answer that is too many, of those that come at once.
async fn first_refused(harness: &Harness, request: impl Fn() -> TestRequest) -> Answer {
    for _ in 0..50 {
        let answer = harness.send(request()).await;
        if answer.status == 429 {
            return answer;
        }
    }
    panic!("all were taken");
}

#[actix_web::test]
async fn a_principal_has_so_many_requests_a_second() {
    let harness = limited(100, 2).await;
    let refused = first_refused(&harness, || by("one")).await;
    refused.is_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""authenticated";q=2;w=1"#));
    assert_eq!(refused.header("ratelimit"), Some(r#""authenticated";r=0;t=1"#));
    // Others are not in its way, nor is who asks how the service is.
    assert_eq!(harness.send(by("two")).await.status, 200);
    for _ in 0..20 {
        assert_eq!(harness.get("/health").await.status, 200);
    }
    // It is taken again.
    while harness.send(by("one")).await.status == 429 {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn who_proves_nothing_has_so_many_for_an_address() {
    let harness = limited(2, 100).await;
    for request in [|| from("192.0.2.1"), || by("wrong")] {
        let refused = first_refused(&harness, request).await;
        refused.is_problem(429, "rate-limited");
        assert_eq!(refused.header("ratelimit-policy"), Some(r#""public";q=2;w=1"#));
    }
    harness.send(from("192.0.2.2")).await.is_problem(401, "unauthorized");
    // Who is known from the same address is not shut out with the others.
    assert_eq!(harness.send(by("one")).await.status, 200);
}

#[actix_web::test]
async fn what_an_untrusted_client_says_of_itself_is_not_believed() {
    let harness = limited(2, 100).await;
    let mut turn = 0;
    let mut lying = || {
        turn += 1;
        let stranger =
            TestRequest::get().uri(PAYMENTS).peer_addr("198.51.100.1:80".parse().unwrap());
        stranger.insert_header(("X-Forwarded-For", format!("192.0.2.{turn}")))
    };
    let mut statuses = Vec::new();
    for _ in 0..50 {
        statuses.push(harness.send(lying()).await.status.as_u16());
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[actix_web::test]
async fn who_came_by_https_is_told_to_stay() {
    let harness = limited(100, 100).await;
    let secure = harness.send(by("one").insert_header(("X-Forwarded-Proto", "https"))).await;
    assert_eq!(secure.header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(harness.send(by("one")).await.header("strict-transport-security"), None);
    let stranger = TestRequest::get().uri("/health").peer_addr("198.51.100.1:80".parse().unwrap());
    let lying = stranger.insert_header(("X-Forwarded-Proto", "https"));
    assert_eq!(harness.send(lying).await.header("strict-transport-security"), None);
}

const SHOP: &str = "https://shop.example";

fn preflight(origin: &str) -> TestRequest {
    TestRequest::with_uri(PAYMENTS)
        .method(actix_web::http::Method::OPTIONS)
        .insert_header(("Origin", origin))
        .insert_header(("Access-Control-Request-Method", "POST"))
        .insert_header(("Access-Control-Request-Headers", "authorization,idempotency-key"))
}

#[actix_web::test]
async fn pages_of_named_origins_may_call() {
    let config = HttpConfig { cors_origins: vec![SHOP.to_owned()], ..HttpConfig::default() };
    let harness = Harness::with(config).await;
    let allowed = harness.send(preflight(SHOP)).await;
    assert_eq!(allowed.status, 200, "{allowed:?}");
    assert_eq!(allowed.header("access-control-allow-origin"), Some(SHOP));
    assert!(allowed.header("access-control-allow-methods").unwrap().contains("POST"));
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    let called = TestRequest::get().uri(PAYMENTS).insert_header(("Origin", SHOP));
    let called = harness.send(called).await;
    assert_eq!(
        (called.status.as_u16(), called.header("access-control-allow-origin")),
        (200, Some(SHOP))
    );
    assert!(called.header("access-control-expose-headers").unwrap().contains("x-request-id"));

    let other = harness.send(preflight("https://evil.example")).await;
    other.is_problem(400, "bad-request");
    let other = TestRequest::get().uri(PAYMENTS).insert_header(("Origin", "https://evil.example"));
    assert_eq!(harness.send(other).await.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn without_named_origins_no_page_may_call() {
    let harness = Harness::new().await;
    let refused = harness.send(preflight(SHOP)).await;
    refused.is_problem(405, "method-not-allowed");
    assert_eq!(refused.header("access-control-allow-origin"), None);
}
