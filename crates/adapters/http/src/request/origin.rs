//! How a request came, for what is written down of it.

use crate::request::request_id::RequestId;
use crate::server::proxies::Client;
use actix_web::{HttpMessage, HttpRequest};
use paygate_core::identity::Origin;

/// The request's id, and the address it came from.
#[must_use]
pub fn origin(request: &HttpRequest) -> Origin {
    Origin {
        request_id: request.extensions().get::<RequestId>().map(|id| id.as_str().to_owned()),
        address: client(request).address,
    }
}

/// Who sent it, as far as the network tells.
#[must_use]
pub fn client(request: &HttpRequest) -> Client {
    request.extensions().get().copied().unwrap_or_default()
}
