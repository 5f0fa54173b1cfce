//! `POST /api/v1/merchants`

use crate::answer;
use crate::openapi::parameters::{MayHaveId, MayHaveKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields::{self, Fields};
use crate::request::idempotency::{self, Canonical};
use crate::request::json::text;
use crate::request::origin::origin;
use crate::request::rules;
use crate::request::violations::Read;
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::TakeIn;
use paygate_core::identity::{MerchantId, SentKey};
use paygate_core::text::{IdempotencyKey, Label};
use paygate_wire::{LabelSchema, MerchantBody, MerchantIdSchema};
use utoipa::ToSchema;

/// A merchant to be taken in.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = CreateMerchant, example = json!({"id": "shop-1", "name": "A Shop"}))]
#[serde(deny_unknown_fields)]
pub struct MerchantRequest {
    /// Its name for programs, for good: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or
    /// digit.
    #[schema(value_type = MerchantIdSchema, required = true)]
    id: Read<MerchantId>,
    /// Its name for people: 1 to 255 characters after trimming and NFC, no control or invisible
    /// characters.
    #[schema(value_type = Option<LabelSchema>, required = false)]
    name: Read<Option<Label>>,
}

/// Takes a merchant in
///
/// For the operator. The request may be repeated: a merchant of the same id and name is answered as
/// it is.
#[utoipa::path(post, path = "/api/v1/merchants", tag = "merchants",
    operation_id = "create_merchant", security((), ("token" = [])),
    request_body(content = MerchantRequest, content_type = "application/json"),
    params(
        MayHaveKey,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "It is in, now or by an earlier request.", body = MerchantBody,
            headers(
                ("Location" = String, description = "The merchant's path."),
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
            )),
        Writing,
        (status = 409, description = "`merchant-already-exists`: of that id and another name.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn create(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_json(&request, payload, state.body_timeout).await?;
    let asked = read_merchant(&request, &body)?;
    let taken = state.api.merchants.take_in(&principal, origin(&request), asked).await;
    let (merchant, replayed) = taken?;
    let path = format!("/api/v1/merchants/{}", merchant.id);
    answer::with(answer::made_at(path, replayed), &MerchantBody::of(&merchant))
}

fn read_merchant(request: &HttpRequest, body: &[u8]) -> Result<TakeIn, Problem> {
    let mut fields = fields::read(body)?;
    let asked = MerchantRequest::read(&mut fields);
    let key = idempotency::key(request.headers(), &mut fields);
    fields.finish(asked.take_in(key))
}

impl MerchantRequest {
    /// Reads the fields, in the order violations are told.
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            id: fields.required("id", text(rules::merchant_id)),
            name: fields.optional("name", text(rules::label)),
        }
    }

    /// The merchant, under its key if there is one.
    ///
    /// # Errors
    /// Noted, if a field or the key was.
    fn take_in(self, key: Read<Option<IdempotencyKey>>) -> Read<TakeIn> {
        let (id, name) = (self.id?, self.name?);
        let hash = Canonical::of("create-merchant")
            .with("id", id.as_str())
            .with("name", name.as_ref().map(Label::as_str))
            .hash();
        Ok(TakeIn { id, name, key: key?.map(|key| SentKey { key, hash }) })
    }
}
