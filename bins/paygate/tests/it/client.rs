//! A client of Paygate's HTTP API, and of the acquirer's.

use crate::wait::until;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// Longer than any request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An HTTP client without TLS.
pub fn http() -> reqwest::Client {
    // reqwest wants a provider even where it speaks no TLS; the second call finds the first's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(TIMEOUT).build().unwrap()
}

/// Talks to one address.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A text field of the body, empty if it has none.
    pub fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_default().to_owned()
    }

    /// The id in the body of an accepted payment.
    pub fn id(&self) -> Uuid {
        assert_eq!(self.status, 201, "{self:?}");
        self.text("id").parse().unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub fn new(base: &str) -> Self {
        Self { http: http(), base: base.to_owned() }
    }

    /// The address itself.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// The answer, or why there is none.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.text().await? })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await.unwrap()
    }

    /// A request for a payment of `minor` US cents.
    pub fn order(&self, minor: i64, reference: &str) -> RequestBuilder {
        let amount = format!("{}.{:02}", minor / 100, minor % 100);
        let body =
            format!("{{\"amount\":{amount},\"currency\":\"USD\",\"reference\":\"{reference}\"}}");
        self.request(Method::POST, "/api/v1/payments")
            .header(CONTENT_TYPE, "application/json")
            .body(body)
    }

    /// A POST of JSON.
    pub fn json(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        request.body(body.to_string())
    }

    /// A POST of JSON under an idempotency key.
    pub fn keyed(&self, path: &str, key: &str, body: &Value) -> RequestBuilder {
        self.json(path, body).header("idempotency-key", key)
    }

    /// The answer to a POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.json(path, body)).await.unwrap()
    }

    /// All items of a list, page by page; `query` narrows it.
    pub async fn listed(&self, path: &str, query: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=200{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{page:?}");
            items.extend(page.json()["items"].as_array().unwrap().iter().cloned());
            match page.json()["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Returns when no payment is on its way.
    pub async fn all_rest(&self, within: Duration) {
        until("no payment is on its way", within, async || {
            for status in ["PENDING", "PROCESSING"] {
                let open = self.listed("/api/v1/payments", &format!("&status={status}")).await;
                if !open.is_empty() {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    /// Has a payment of `minor` US cents created, and answers its id.
    pub async fn create(&self, minor: i64, reference: &str) -> Uuid {
        self.send(self.order(minor, reference)).await.unwrap().id()
    }

    pub async fn payment(&self, id: Uuid) -> Answer {
        let answer = self.get(&format!("/api/v1/payments/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    pub async fn status(&self, id: Uuid) -> String {
        self.payment(id).await.text("status")
    }
}

/// The status a payment of that amount must come to, by the simulated acquirer's magic amounts.
pub fn expected_status(minor: i64) -> &'static str {
    match minor % 100 {
        1 | 2 => "FAILED",
        5 => "MANUAL_REVIEW",
        _ => "SUCCESS",
    }
}
