//! Keys of merchants' programs: made, rotated and revoked by whom the operator or the merchant trusts
//! with that.

use crate::support::read_error::ReadError;
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::id::{ApiKeyId, AuditId};
use paygate_core::identity::{
    ApiKey, AuditAction, AuditEntry, Denied, KeySecret, MerchantId, NewApiKey, NotMade,
    NotRotatable, Operation, Origin, Owner, Principal, Scopes, SentKey, Target,
};
use paygate_core::text::Label;
use paygate_ports::{
    ApiKeyQuery, ApiKeyReader, ApiKeyStore, Clock, IdSource, Made, MerchantStore, PageOf, Rotated,
    StoreError,
};
use std::sync::Arc;
use thiserror::Error;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct MakeKey {
    /// Whose; its own, of who is a merchant, and else the house's.
    pub merchant: Option<MerchantId>,
    /// What people call it.
    pub name: Label,
    /// What it is for.
    pub scopes: Scopes,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// The client's idempotency key, if it sent one.
    pub key: Option<SentKey>,
}

/// A key to be made in place of another: for the same, and until the same time.
#[derive(Clone, Debug)]
pub struct RotateKey {
    /// How long the other still opens.
    pub overlap: TimeDelta,
    /// The client's idempotency key, if it sent one.
    pub key: Option<SentKey>,
}

/// A key that was made.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// The key.
    pub key: ApiKey,
    /// What to show. `None` if an earlier request made it: a secret is told once.
    pub secret: Option<KeySecret>,
}

/// Why a key was not made or not ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApiKeyError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such key.
    #[error("there is no such key")]
    NotFound,
    /// There is no merchant of that id.
    #[error("there is no merchant {0}")]
    MerchantNotFound(MerchantId),
    /// None is made.
    #[error(transparent)]
    NotMade(#[from] NotMade),
    /// The idempotency key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// No other is made in its place.
    #[error(transparent)]
    NotRotatable(#[from] NotRotatable),
    /// The store could not or would not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What keys are made with.
pub struct ApiKeyPorts {
    /// Makes and ends them.
    pub store: Arc<dyn ApiKeyStore>,
    /// Reads them.
    pub reader: Arc<dyn ApiKeyReader>,
    /// Knows whose they may be.
    pub merchants: Arc<dyn MerchantStore>,
    /// Tells when they are over.
    pub clock: Arc<dyn Clock>,
    /// Draws their secrets.
    pub ids: Arc<dyn IdSource>,
}

/// Makes, shows and ends keys.
#[derive(Clone)]
pub struct ApiKeys {
    ports: Arc<ApiKeyPorts>,
    house: MerchantId,
}

impl ApiKeys {
    /// Keys kept there. The house is the merchant of who names none and has none.
    #[must_use]
    pub fn new(ports: ApiKeyPorts, house: MerchantId) -> Self {
        Self { ports: Arc::new(ports), house }
    }

    /// Makes a key. It is for no more, and opens for no longer, than the key of who asks.
    ///
    /// # Errors
    /// [`ApiKeyError`]; then none was made (or, with a transient store error, it can't be told).
    pub async fn make(
        &self,
        principal: &Principal,
        origin: Origin,
        asked: MakeKey,
    ) -> Result<MadeKey, ApiKeyError> {
        principal.may(Operation::KeepKeys)?;
        let merchant = asked.merchant.or_else(|| principal.merchant().cloned());
        let merchant = merchant.unwrap_or_else(|| self.house.clone());
        let seen = principal.sees(Some(&Owner::Merchant(merchant.clone())));
        if !seen || self.ports.merchants.merchant(merchant.clone()).await?.is_none() {
            return Err(ApiKeyError::MerchantNotFound(merchant));
        }
        principal.may_grant(&asked.scopes, asked.expires_at)?;
        let sent = asked.key.map(|key| key.within(principal, Operation::KeepKeys));
        let (id, secret) = self.drawn();
        let key = NewApiKey {
            id,
            merchant,
            name: asked.name,
            secret: secret.hash(),
            hint: secret.hint(),
            scopes: asked.scopes,
            expires_at: asked.expires_at,
            created_by: principal.actor(),
            made_with: principal.key().map(|key| key.id),
            sent,
        };
        let audit = self.audit(principal, AuditAction::KeyCreated, key.id, origin);
        match self.ports.store.make(key, audit).await? {
            Ok(made) => told(made, secret),
            Err(why) => Err(why.into()),
        }
    }

    /// Makes a key in place of another, which still opens for a while.
    ///
    /// # Errors
    /// [`ApiKeyError`]; then none was made (or, with a transient store error, it can't be told).
    pub async fn rotate(
        &self,
        principal: &Principal,
        origin: Origin,
        id: ApiKeyId,
        asked: RotateKey,
    ) -> Result<MadeKey, ApiKeyError> {
        let old = self.seen(principal, id).await?.ok_or(ApiKeyError::NotFound)?;
        principal.may(Operation::RotateKey)?;
        principal.may_grant(&old.scopes, old.expires_at)?;
        let sent = asked.key.map(|key| key.within(principal, Operation::RotateKey));
        let (id, secret) = self.drawn();
        let audit = [(AuditAction::KeyRotated, old.id), (AuditAction::KeyCreated, id)]
            .map(|(action, key)| self.audit(principal, action, key, origin.clone()));
        let key = NewApiKey {
            id,
            merchant: old.merchant,
            name: old.name,
            secret: secret.hash(),
            hint: secret.hint(),
            scopes: old.scopes,
            expires_at: old.expires_at,
            created_by: principal.actor(),
            made_with: principal.key().map(|key| key.id),
            sent,
        };
        let overlap_ends = self.ports.clock.now() + asked.overlap;
        match self.ports.store.rotate(old.id, key, overlap_ends, audit).await? {
            Rotated::Made(made) => told(made, secret),
            Rotated::Refused(NotRotatable::NotMade(why)) => Err(why.into()),
            Rotated::Refused(why) => Err(why.into()),
            Rotated::NotFound => Err(ApiKeyError::NotFound),
        }
    }

    /// Ends a key at once. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`ApiKeyError`]; then it is not revoked.
    pub async fn revoke(
        &self,
        principal: &Principal,
        origin: Origin,
        id: ApiKeyId,
    ) -> Result<ApiKey, ApiKeyError> {
        self.seen(principal, id).await?.ok_or(ApiKeyError::NotFound)?;
        principal.may(Operation::KeepKeys)?;
        let audit = self.audit(principal, AuditAction::KeyRevoked, id, origin);
        self.ports.store.revoke(id, audit).await?.ok_or(ApiKeyError::NotFound)
    }

    /// One key, if the principal sees it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn get(
        &self,
        principal: &Principal,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, ReadError> {
        let Some(key) = self.seen(principal, id).await? else { return Ok(None) };
        principal.may(Operation::ReadKeys)?;
        Ok(Some(key))
    }

    /// The keys that the principal sees, newest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(
        &self,
        principal: &Principal,
        query: ApiKeyQuery,
    ) -> Result<PageOf<ApiKey, ApiKeyId>, ReadError> {
        principal.may(Operation::ReadKeys)?;
        let merchant = match (principal.merchant(), query.merchant) {
            (Some(own), Some(other)) if *own != other => {
                return Ok(PageOf { items: Vec::new(), next: None });
            }
            (Some(own), _) => Some(own.clone()),
            (None, asked) => asked,
        };
        Ok(self.ports.reader.keys(ApiKeyQuery { merchant, ..query }).await?)
    }

    /// What those that are listed are good for at this moment is told by this clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    async fn seen(
        &self,
        principal: &Principal,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, StoreError> {
        let key = self.ports.reader.key(id).await?;
        Ok(key.filter(|key| principal.sees(Some(&Owner::Merchant(key.merchant.clone())))))
    }

    fn drawn(&self) -> (ApiKeyId, KeySecret) {
        let ids = &self.ports.ids;
        let secret = KeySecret::from_random(std::array::from_fn(|_| ids.random()));
        (ApiKeyId(ids.uuid_v7()), secret)
    }

    fn audit(
        &self,
        principal: &Principal,
        action: AuditAction,
        key: ApiKeyId,
        origin: Origin,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId(self.ports.ids.uuid_v7()),
            principal: principal.actor(),
            key: principal.key().map(|key| key.id),
            action,
            target: Target::ApiKey(key),
            origin,
        }
    }
}

fn told(made: Made<ApiKey>, secret: KeySecret) -> Result<MadeKey, ApiKeyError> {
    match made {
        Made::Created(key) => Ok(MadeKey { key, secret: Some(secret) }),
        Made::Replayed(key) => Ok(MadeKey { key, secret: None }),
        Made::KeyReused => Err(ApiKeyError::KeyReused),
    }
}
