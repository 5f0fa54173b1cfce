//! A key as the table holds it.

use crate::rows::corrupt;
use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{Actor, ApiKey, MerchantId, Scopes};
use paygate_core::text::Label;
use paygate_ports::StoreError;
use uuid::Uuid;

/// The columns of a key, in the order of [`KeyTypes`].
macro_rules! key_columns {
    () => {
        "id, merchant_id, name, hint, scopes, created_by, created_at, expires_at, last_used_at, \
         replaced_by, revoked_at"
    };
}
pub(crate) use key_columns;

pub(crate) type KeyTypes = (
    SqlUuid,
    Text,
    Text,
    Text,
    Text,
    Text,
    Timestamptz,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<SqlUuid>,
    Nullable<Timestamptz>,
);

#[derive(Queryable)]
pub(crate) struct KeyRow {
    id: Uuid,
    merchant_id: String,
    name: String,
    hint: String,
    scopes: String,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    replaced_by: Option<Uuid>,
    revoked_at: Option<DateTime<Utc>>,
}

impl KeyRow {
    pub(crate) fn parse(self) -> Result<ApiKey, StoreError> {
        let id = ApiKeyId(self.id);
        let bad = |what: &str| corrupt("api_keys", id, format!("{what} breaks its rule"));
        Ok(ApiKey {
            id,
            merchant: MerchantId::parse(&self.merchant_id).map_err(|_| bad("merchant_id"))?,
            name: Label::parse(&self.name).map_err(|_| bad("name"))?,
            hint: self.hint,
            scopes: Scopes::parse(&self.scopes).ok_or_else(|| bad("scopes"))?,
            created_by: Actor::parse(&self.created_by).ok_or_else(|| bad("created_by"))?,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            replaced_by: self.replaced_by.map(ApiKeyId),
            revoked_at: self.revoked_at,
        })
    }
}
