//! Who calls.
//!
//! What must stay true: every handler of the API takes a [`Caller`], and there is no other way to
//! get one than presenting the token, where one is set.

use crate::problem::{Code, Problem};
use crate::server::state::State;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use paygate_core::id::{CallerId, MerchantId};
use std::future::{Ready, ready};

/// Who sent a request, and for whom. There is one of each until real credentials exist.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Within whom idempotency keys are unique.
    pub id: CallerId,
    /// Whose payments it may make and see.
    pub merchant: MerchantId,
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identify(request))
    }
}

/// Whether a request comes from somebody who may call the API. Where there is no API, nobody may.
pub fn is_known(request: &HttpRequest) -> bool {
    identify(request).is_ok()
}

fn identify(request: &HttpRequest) -> Result<Caller, Problem> {
    let state = request.app_data::<web::Data<State>>();
    let state = state.ok_or_else(|| Problem::internal("a route has no state"))?;
    let Some(token) = &state.token else { return Ok(Caller::default()) };
    match bearer(request.headers()) {
        Some(presented) if token.is(presented) => Ok(Caller::default()),
        Some(_) => Err(Problem::new(Code::Unauthorized, "the token is not valid")),
        None => Err(Problem::new(Code::Unauthorized, "send Authorization: Bearer and the token")),
    }
}

/// The token of the one `Authorization` header (RFC 6750 section 2.1; the scheme's name in any
/// case, RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next()?.as_bytes();
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}
