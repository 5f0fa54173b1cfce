//! A key as the table holds it.

use crate::rows::{Broken, id, optional_time, read, shown, time};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{Actor, ApiKey, MerchantId, RequestHash, Scopes};
use paygate_core::text::Label;
use paygate_ports::StoreError;

/// The columns of a [`KeyRow`].
macro_rules! key_columns {
    () => {
        "id, merchant_id, name, secret_hash, hint, scopes, created_by, created_at, expires_at, \
         last_used_at, replaced_by, revoked_at, request_hash"
    };
}
pub(crate) use key_columns;

#[derive(QueryableByName)]
pub(crate) struct KeyRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    merchant_id: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Binary)]
    pub(crate) secret_hash: Vec<u8>,
    #[diesel(sql_type = Text)]
    hint: String,
    #[diesel(sql_type = Text)]
    scopes: String,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    expires_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_used_at: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    replaced_by: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    revoked_at: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    request_hash: Option<Vec<u8>>,
}

impl KeyRow {
    pub(crate) fn key(&self) -> Result<ApiKey, StoreError> {
        self.parse().map_err(|broken| broken.in_row("api_keys", shown(&self.id)))
    }

    /// Whether it was made by that request.
    pub(crate) fn is_of(&self, hash: RequestHash) -> bool {
        self.request_hash.as_deref() == Some(&hash.0[..])
    }

    fn parse(&self) -> Result<ApiKey, Broken> {
        let replaced_by = self.replaced_by.as_deref();
        let replaced_by = replaced_by.map(|bytes| id("replaced_by", bytes).map(ApiKeyId));
        let merchant = MerchantId::parse(&self.merchant_id).ok();
        Ok(ApiKey {
            id: ApiKeyId(id("id", &self.id)?),
            merchant: read("merchant_id", &self.merchant_id, merchant)?,
            name: read("name", &self.name, Label::parse(&self.name).ok())?,
            hint: self.hint.clone(),
            scopes: read("scopes", &self.scopes, Scopes::parse(&self.scopes))?,
            created_by: read("created_by", &self.created_by, Actor::parse(&self.created_by))?,
            created_at: time("created_at", self.created_at)?,
            expires_at: optional_time("expires_at", self.expires_at)?,
            last_used_at: optional_time("last_used_at", self.last_used_at)?,
            replaced_by: replaced_by.transpose()?,
            revoked_at: optional_time("revoked_at", self.revoked_at)?,
        })
    }
}
