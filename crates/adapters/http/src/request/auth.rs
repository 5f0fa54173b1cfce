//! Who asks.
//!
//! What must stay true: a handler learns who asks from a [`Caller`] alone, and there is no other way
//! to get one than the [`Authenticator`]. No use case works without a principal.

use crate::problem::{Code, Problem, SecurityEvent};
use crate::request::origin;
use crate::server::state::State;
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use paygate_core::identity::{Principal, View};
use paygate_ports::{AuthError, Authenticator, Credential};
use std::future::Future;
use std::pin::Pin;

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Caller(pub Principal);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { counted(&request).await })
    }
}

/// Whether a request comes from somebody who sees all, and one more is taken of it. Where there is no
/// API, nobody does.
pub async fn sees_all(request: &HttpRequest) -> bool {
    counted(request).await.is_ok_and(|Caller(principal)| principal.view() == View::All)
}

/// Who sent a request, if one more is taken of it.
async fn counted(request: &HttpRequest) -> Result<Caller, Problem> {
    let state = state(request)?;
    let (authenticator, limits): (&dyn Authenticator, _) = (&*state.authenticator, &state.limits);
    match authenticator.authenticate(credential(request.headers())).await {
        Ok(principal) => {
            limits.authenticated(&principal)?;
            Ok(Caller(principal))
        }
        Err(error @ AuthError::Store(_)) => Err(error.into()),
        Err(error) => {
            limits.public(origin::client(request).address)?;
            Err(error.into())
        }
    }
}

fn state(request: &HttpRequest) -> Result<&State, Problem> {
    let state = request.app_data::<web::Data<State>>();
    state.map(|state| &***state).ok_or_else(|| Problem::internal("a route has no state"))
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => {
                Self::new(Code::Unauthorized, "send Authorization: Bearer and the token")
            }
            AuthError::Invalid => Self::new(Code::Unauthorized, "the token is not valid")
                .seen_as(SecurityEvent::AuthnLoginFail),
            AuthError::Store(error) => error.into(),
        }
    }
}

/// The token of the one `Authorization` header (RFC 6750 section 2.1; the scheme's name in any
/// case, RFC 9110 section 11.1).
fn credential(headers: &HeaderMap) -> Credential<'_> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return Credential::None };
    match value.as_bytes().split_at_checked("Bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => {
            Credential::Bearer(token.trim_ascii())
        }
        _ => Credential::None,
    }
}
