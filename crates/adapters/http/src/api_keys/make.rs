//! `POST /api/v1/api-keys`

use super::made::made;
use crate::openapi::parameters::{MayHaveId, MayHaveKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields::{self, Fields};
use crate::request::idempotency::{self, Canonical};
use crate::request::json::{text, texts};
use crate::request::origin::origin;
use crate::request::rules;
use crate::request::violations::{Broken, Read};
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::MakeKey;
use paygate_core::Timestamp;
use paygate_core::identity::{MerchantId, Scope, Scopes, SentKey};
use paygate_core::text::{IdempotencyKey, Label};
use paygate_wire::{ApiKeyBody, LabelSchema, MerchantIdSchema, ScopeSchema, TimeSchema, time};
use utoipa::ToSchema;

/// The most scopes in one request: more than there are.
const MAX_SCOPES: usize = 100;

/// A key to be made.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = CreateApiKey, example = json!({
    "merchant_id": "shop-1", "name": "Till 1", "scopes": ["payments:read", "payments:write"],
}))]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// Whose it is: your own, if you are a merchant, and else the house's, if it is left out.
    #[schema(value_type = Option<MerchantIdSchema>, required = false)]
    merchant_id: Read<Option<MerchantId>>,
    /// What people call it: 1 to 255 characters after trimming and NFC, no control or invisible
    /// characters.
    #[schema(value_type = LabelSchema, required = true)]
    name: Read<Label>,
    /// What it is for: one or more, none that your own key lacks.
    #[schema(value_type = Vec<ScopeSchema>, required = true, min_items = 1, max_items = 100)]
    scopes: Read<Scopes>,
    /// From when on it opens nothing (RFC 3339); never, if it is left out.
    #[schema(value_type = Option<TimeSchema>, required = false)]
    expires_at: Read<Option<Timestamp>>,
}

/// Makes a key for a merchant's programs
///
/// Its `secret` is told in this answer and never again: not when the request is repeated with the same
/// `Idempotency-Key`, either.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "api-keys",
    operation_id = "create_api_key", security((), ("token" = ["api-keys:write"])),
    request_body(content = KeyRequest, content_type = "application/json"),
    params(
        MayHaveKey,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "Made, now or by an earlier request with the same key.",
            body = ApiKeyBody, headers(
                ("Location" = String, description = "The key's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
            )),
        Writing,
        (status = 422, description = "`idempotency-key-reused` or `merchant-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn make(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_json(&request, payload, state.body_timeout).await?;
    let asked = read_key(&request, &body)?;
    made(&state, &state.api.api_keys.make(&principal, origin(&request), asked).await?)
}

fn read_key(request: &HttpRequest, body: &[u8]) -> Result<MakeKey, Problem> {
    let mut fields = fields::read(body)?;
    let asked = KeyRequest::read(&mut fields);
    let key = idempotency::key(request.headers(), &mut fields);
    fields.finish(asked.key(key))
}

impl KeyRequest {
    /// Reads the fields, in the order violations are told.
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            merchant_id: fields.optional("merchant_id", text(rules::merchant_id)),
            name: fields.required("name", text(rules::label)),
            scopes: fields.required("scopes", |json| some(texts(MAX_SCOPES, rules::scope)(json)?)),
            expires_at: fields.optional("expires_at", text(rules::moment)),
        }
    }

    /// The key, under its idempotency key if there is one.
    ///
    /// # Errors
    /// Noted, if a field or the key was.
    fn key(self, key: Read<Option<IdempotencyKey>>) -> Read<MakeKey> {
        let mut asked = MakeKey {
            merchant: self.merchant_id?,
            name: self.name?,
            scopes: self.scopes?,
            expires_at: self.expires_at?,
            key: None,
        };
        let hash = Canonical::of("create-api-key")
            .with("merchant_id", asked.merchant.as_ref().map(MerchantId::as_str))
            .with("name", asked.name.as_str())
            .with("scopes", &*asked.scopes.to_string())
            .with("expires_at", asked.expires_at.map(time).as_deref())
            .hash();
        asked.key = key?.map(|key| SentKey { key, hash });
        Ok(asked)
    }
}

/// One scope or more.
fn some(scopes: Vec<Scope>) -> Result<Scopes, Broken> {
    match scopes.is_empty() {
        true => Err(("empty", "must have one scope or more".to_owned())),
        false => Ok(Scopes::of(&scopes)),
    }
}
