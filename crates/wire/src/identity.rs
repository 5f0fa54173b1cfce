//! Merchants, their keys, and what was done, as they go out.

use crate::schema::{
    ActorSchema, AuditActionSchema, CursorSchema, KeyStateSchema, LabelSchema, MerchantIdSchema,
    ScopeSchema, TargetSchema, TimeSchema,
};
use crate::value::time;
use paygate_core::Timestamp;
use paygate_core::id::{ApiKeyId, AuditId};
use paygate_core::identity::{ApiKey, AuditRecord, KeySecret, Merchant, MerchantId, Scope};
use paygate_core::text::Label;
use serde::Serialize;
use utoipa::ToSchema;

/// A merchant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Merchant)]
pub struct MerchantBody<'a> {
    /// Its name for programs.
    #[schema(value_type = MerchantIdSchema)]
    id: &'a str,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<LabelSchema>, nullable = false)]
    name: Option<&'a str>,
    /// Who took it in.
    #[schema(value_type = ActorSchema)]
    created_by: String,
    #[schema(value_type = TimeSchema)]
    created_at: String,
}

impl<'a> MerchantBody<'a> {
    /// A merchant as it goes out.
    #[must_use]
    pub fn of(merchant: &'a Merchant) -> Self {
        Self {
            id: merchant.id.as_str(),
            name: merchant.name.as_ref().map(Label::as_str),
            created_by: merchant.created_by.to_string(),
            created_at: time(merchant.created_at),
        }
    }
}

/// A page of merchants, in the order of their ids.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MerchantPage)]
pub struct MerchantPageBody<'a> {
    /// At most as many as were asked for.
    items: Vec<MerchantBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(value_type = Option<MerchantIdSchema>, required = true)]
    next_cursor: Option<&'a str>,
}

impl<'a> MerchantPageBody<'a> {
    /// A page as it goes out; `next` is after which one the next one starts.
    #[must_use]
    pub fn of(items: &'a [Merchant], next: Option<&'a MerchantId>) -> Self {
        let items = items.iter().map(MerchantBody::of).collect();
        Self { items, next_cursor: next.map(MerchantId::as_str) }
    }
}

/// A key of a merchant's programs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyBody<'a> {
    #[schema(format = Uuid)]
    id: String,
    /// The key itself, to be sent as a bearer token. Told when it is made and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<&'a str>,
    /// How it begins.
    #[schema(example = "pgk_0a1b2c3d")]
    hint: &'a str,
    /// Whose it is.
    #[schema(value_type = MerchantIdSchema)]
    merchant_id: &'a str,
    /// What people call it.
    #[schema(value_type = LabelSchema)]
    name: &'a str,
    /// What it is for.
    #[schema(value_type = Vec<ScopeSchema>)]
    scopes: Vec<&'static str>,
    /// What it is good for now.
    #[schema(value_type = KeyStateSchema)]
    status: &'static str,
    /// Who made it.
    #[schema(value_type = ActorSchema)]
    created_by: String,
    #[schema(value_type = TimeSchema)]
    created_at: String,
    /// From when on it opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    expires_at: Option<String>,
    /// When it was used last, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    last_used_at: Option<String>,
    /// The key that was made in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    replaced_by: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TimeSchema>, nullable = false)]
    revoked_at: Option<String>,
}

impl<'a> ApiKeyBody<'a> {
    /// A key as it stands at that moment.
    #[must_use]
    pub fn of(key: &'a ApiKey, now: Timestamp) -> Self {
        Self {
            id: key.id.to_string(),
            secret: None,
            hint: &key.hint,
            merchant_id: key.merchant.as_str(),
            name: key.name.as_str(),
            scopes: key.scopes.iter().map(Scope::as_str).collect(),
            status: key.state(now).as_str(),
            created_by: key.created_by.to_string(),
            created_at: time(key.created_at),
            expires_at: key.expires_at.map(time),
            last_used_at: key.last_used_at.map(time),
            replaced_by: key.replaced_by.map(|id| id.to_string()),
            revoked_at: key.revoked_at.map(time),
        }
    }

    /// With its secret, for whom it is made for.
    #[must_use]
    pub fn with_secret(self, secret: Option<&'a KeySecret>) -> Self {
        Self { secret: secret.map(KeySecret::reveal), ..self }
    }
}

/// A page of keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyPage)]
pub struct ApiKeyPageBody<'a> {
    /// At most as many as were asked for.
    items: Vec<ApiKeyBody<'a>>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(value_type = Option<CursorSchema>, required = true)]
    next_cursor: Option<String>,
}

impl<'a> ApiKeyPageBody<'a> {
    /// A page as it goes out; `next` is where the next one starts.
    #[must_use]
    pub fn of(items: &'a [ApiKey], next: Option<ApiKeyId>, now: Timestamp) -> Self {
        let items = items.iter().map(|key| ApiKeyBody::of(key, now)).collect();
        Self { items, next_cursor: next.map(|id| id.to_string()) }
    }
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditBody {
    #[schema(format = Uuid)]
    id: String,
    #[schema(value_type = TimeSchema)]
    at: String,
    /// Who did it.
    #[schema(value_type = ActorSchema)]
    principal: String,
    /// By which key, if by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid, nullable = false)]
    key_id: Option<String>,
    /// What.
    #[schema(value_type = AuditActionSchema)]
    action: &'static str,
    /// To whom.
    #[schema(value_type = TargetSchema)]
    target: String,
    /// The request by which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// The address from which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "192.0.2.1")]
    address: Option<String>,
}

impl AuditBody {
    /// An entry as it goes out.
    #[must_use]
    pub fn of(record: &AuditRecord) -> Self {
        let entry = &record.entry;
        Self {
            id: entry.id.to_string(),
            at: time(record.at),
            principal: entry.principal.to_string(),
            key_id: entry.key.map(|key| key.to_string()),
            action: entry.action.as_str(),
            target: entry.target.to_string(),
            request_id: entry.origin.request_id.clone(),
            address: entry.origin.address.map(|address| address.to_string()),
        }
    }
}

/// A page of what was done, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub struct AuditPageBody {
    /// At most as many as were asked for.
    items: Vec<AuditBody>,
    /// The `cursor` of the next page; `null` at the end.
    #[schema(value_type = Option<CursorSchema>, required = true)]
    next_cursor: Option<String>,
}

impl AuditPageBody {
    /// A page as it goes out; `next` is where the next one starts.
    #[must_use]
    pub fn of(items: &[AuditRecord], next: Option<AuditId>) -> Self {
        let items = items.iter().map(AuditBody::of).collect();
        Self { items, next_cursor: next.map(|id| id.to_string()) }
    }
}
