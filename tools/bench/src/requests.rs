//! The requests that are sent.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Uri};

/// `GET` of a path.
pub(crate) fn get(path: &'static str) -> Request<Full<Bytes>> {
    request(Method::GET, path, Bytes::new())
}

/// `POST` of a JSON document.
pub(crate) fn post(path: &'static str, body: String) -> Request<Full<Bytes>> {
    let mut request = request(Method::POST, path, body.into());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

/// A request to create a payment. The amounts vary and none of them is magic: the last two digits
/// of its cents are never 01 to 05, by which the simulated acquirer is told to misbehave.
pub(crate) fn create_payment(
    reference: &str,
    number: u64,
    wait_seconds: Option<u64>,
) -> Request<Full<Bytes>> {
    waiting(wait_seconds, post("/api/v1/payments", payment(reference, number)))
}

fn payment(reference: &str, number: u64) -> String {
    let cents = 10 + number % 90;
    format!(r#"{{"amount":"12.{cents}","currency":"USD","reference":"{reference}-{number}"}}"#)
}

/// Asks to wait for the outcome, if it is asked for.
pub(crate) fn waiting(
    seconds: Option<u64>,
    mut request: Request<Full<Bytes>>,
) -> Request<Full<Bytes>> {
    if let Some(seconds) = seconds {
        with_header(&mut request, "prefer", &format!("wait={seconds}"));
    }
    request
}

/// Adds a header. A value that can't be one is left out.
pub(crate) fn with_header(request: &mut Request<Full<Bytes>>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        request.headers_mut().insert(name, value);
    }
}

fn request(method: Method, path: &'static str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_static(path);
    request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
    request
}

#[cfg(test)]
mod tests {
    use super::{create_payment, payment};
    use std::collections::BTreeSet;

    #[test]
    fn no_amount_is_magic_and_references_differ() {
        let bodies: BTreeSet<String> = (0..500).map(|number| payment("a", number)).collect();
        assert_eq!(bodies.len(), 500);
        for body in bodies {
            let cents = body.split("12.").nth(1).unwrap().get(..2).unwrap();
            assert!((10..100).contains(&cents.parse::<u32>().unwrap()), "{body}");
        }
    }

    #[test]
    fn who_waits_says_so() {
        assert_eq!(create_payment("a", 1, Some(5)).headers()["prefer"], "wait=5");
        let silent = create_payment("a", 1, None);
        assert!(!silent.headers().contains_key("prefer"));
        assert_eq!((silent.method().as_str(), silent.uri().path()), ("POST", "/api/v1/payments"));
    }
}
