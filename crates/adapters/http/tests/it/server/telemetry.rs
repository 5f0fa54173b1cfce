use crate::harness::{EXAMPLE, Harness, PAYMENTS, Tokens, UNKNOWN, post};

use actix_web::test::TestRequest;
use metrics_exporter_prometheus::PrometheusBuilder;
use paygate_http::{HttpConfig, RateLimits};
use paygate_ports::StoreError;
use paygate_testkit::build::acting;
use serde_json::Value;
use std::cell::RefCell;
use std::io::Write;
use std::num::NonZeroU32;

#[actix_web::test]
async fn a_request_id_is_echoed_or_made() {
    let harness = Harness::new().await;
    let long = "i".repeat(128);
    for good in ["a", "A-1_~!", &long] {
        let request = TestRequest::get().uri("/health").insert_header(("X-Request-Id", good));
        assert_eq!(harness.send(request).await.header("x-request-id"), Some(good));
    }
    let too_long = "i".repeat(129);
    for bad in ["", "a b", "ü", &too_long] {
        let request = TestRequest::get().uri("/nothing").insert_header(("X-Request-Id", bad));
        let answer = harness.send(request).await;
        answer.is_problem(404, "route-not-found");
        assert_eq!(answer.header("x-request-id").unwrap().len(), 36, "{bad}");
    }
    let twice = TestRequest::get()
        .uri("/health")
        .append_header(("X-Request-Id", "a"))
        .append_header(("X-Request-Id", "b"));
    assert_eq!(harness.send(twice).await.header("x-request-id").unwrap().len(), 36);
}

#[actix_web::test]
async fn every_answer_has_the_security_headers() {
    let harness = Harness::new().await;
    let paths = ["/health", PAYMENTS, "/nothing", "/", "/api/v1/docs/", "/api/v1/openapi.json"];
    for path in paths {
        let answer = harness.get(path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
}

#[actix_web::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let harness = Harness::new().await;
    harness.send(post(EXAMPLE)).await;
    harness.send(post("{}")).await;
    harness.get(&format!("{PAYMENTS}/{UNKNOWN}")).await;
    harness.get(&format!("{PAYMENTS}/x")).await;
    harness.get("/secret/path").await;
    harness.ask("BREW", "/health").await;
    let text = handle.render();
    for (method, route, status, count) in [
        ("POST", "/api/v1/payments", 201, 1),
        ("POST", "/api/v1/payments", 400, 1),
        ("GET", "/api/v1/payments/{id}", 404, 2),
        ("GET", "unmatched", 404, 1),
        ("other", "/health", 405, 1),
    ] {
        let line = format!(
            "paygate_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
        );
        assert!(text.contains(&line), "{line} in\n{text}");
    }
    assert!(text.contains(
        "paygate_http_request_seconds_count{method=\"POST\",route=\"/api/v1/payments\"} 2"
    ));
    assert!(!text.contains("secret") && !text.contains(UNKNOWN) && !text.contains("BREW"));
}

#[actix_web::test]
async fn what_may_be_an_attack_is_counted_by_its_name() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let config = HttpConfig {
        rate_limits: RateLimits { public: NonZeroU32::new(1), authenticated: None },
        ..HttpConfig::default()
    };
    let harness = Harness::guarded_with(config, Tokens::of([("one", acting("one"))])).await;
    let by = |token: &str, path: &str| {
        let request = TestRequest::get().uri(path);
        harness.send(request.insert_header(("Authorization", format!("Bearer {token}"))))
    };
    by("one", PAYMENTS).await;
    by("one", "/api/v1/merchants/one").await.is_problem(403, "forbidden");
    by("wrong", PAYMENTS).await.is_problem(401, "unauthorized");
    while by("wrong", PAYMENTS).await.status != 429 {}
    let text = handle.render();
    for (event, status) in [("authz_fail", 403), ("excess_rate_limit_exceeded", 429)] {
        let line = format!("paygate_security_events_total{{event=\"{event}\"}} 1");
        assert!(text.contains(&line), "{line} of {status} in\n{text}");
    }
    assert!(text.contains("paygate_security_events_total{event=\"authn_login_fail\"}"), "{text}");
}

thread_local! {
    /// What was logged on this thread, which is one test's.
    static LOG: RefCell<Vec<u8>> = RefCell::default();
}

struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(line))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged() -> Vec<Value> {
    let text = String::from_utf8(LOG.take()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn a_failure_is_logged_with_its_cause_and_its_request_and_a_success_not_at_all() {
    // For the whole process: which spans and events anybody wants is remembered for all threads,
    // and the first to meet one decides, which may be a thread without a subscriber of its own.
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(|| Log)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let harness = Harness::new().await;
    let id = harness.post(EXAMPLE).await.id();
    harness.post("{}").await;
    // What others met in the moment of the installation is asked about again.
    tracing::callsite::rebuild_interest_cache();
    assert_eq!(logged(), [Value::Null; 0], "nothing above debug per payment");

    let path = format!("{PAYMENTS}/{id}");
    let path_of_one = "/api/v1/payments/{id}";
    let asked = || TestRequest::get().uri(&path).insert_header(("X-Request-Id", "mine"));
    harness.fail_with(StoreError::Refused("its cause".to_owned()));
    harness.send(asked()).await;
    harness.fail_with(StoreError::Unavailable("its cause".to_owned()));
    harness.send(asked()).await;
    let lines = logged();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, (level, status)) in lines.iter().zip([("ERROR", 500), ("INFO", 503)]) {
        assert_eq!(line["level"], level);
        assert!(line["fields"]["cause"].as_str().unwrap().contains("its cause"), "{line}");
        let span = &line["span"];
        assert_eq!(span["request_id"], "mine", "{line}");
        assert_eq!(span["payment_id"], id.to_string());
        assert_eq!(span["method"], "GET");
        let fields = &line["fields"];
        assert_eq!(
            (&fields["route"], &fields["status"]),
            (&Value::from(path_of_one), &status.into())
        );
    }
}
