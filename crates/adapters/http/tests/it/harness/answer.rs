//! Requests as tests write them, and what came back.

use super::PAYMENTS;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use paygate_core::id::PaymentId;
use serde_json::Value;

/// A JSON post, with a request id that does not change.
pub fn post(body: impl Into<Vec<u8>>) -> TestRequest {
    TestRequest::post()
        .uri(PAYMENTS)
        .insert_header(("content-type", "application/json"))
        .insert_header(("x-request-id", "fixed"))
        .set_payload(body.into())
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

/// Reads an answer, also one that travels as an error.
pub async fn answer(result: Result<actix_web::dev::ServiceResponse, actix_web::Error>) -> Answer {
    let response = match result {
        Ok(response) => response.into_parts().1,
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn id(&self) -> PaymentId {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{self:?}")).parse().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The violations as `field code`.
    pub fn violations(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.iter().map(|it| format!("{} {}", text(&it["field"]), text(&it["code"]))).collect()
    }

    /// Asserts that this is a problem document with this status and code.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        assert_eq!(document["code"], code, "{self:?}");
        assert_eq!(document["status"], status);
        assert_eq!(document["type"], format!("urn:paygate:problem:{code}"));
        assert_eq!(document["request_id"].as_str(), self.header("x-request-id"));
        for member in ["title", "detail", "instance"] {
            assert!(document[member].is_string(), "{member} of {document}");
        }
        self
    }
}
