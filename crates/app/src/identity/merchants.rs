//! Merchants: taken in by the operator.

use crate::support::read_error::ReadError;
use paygate_core::id::AuditId;
use paygate_core::identity::{
    Actor, AuditAction, AuditEntry, Denied, Merchant, MerchantId, NewMerchant, Operation, Origin,
    Owner, Principal, SentKey, Target,
};
use paygate_core::text::Label;
use paygate_ports::{IdSource, Made, MerchantQuery, MerchantStore, PageOf, StoreError, TakenIn};
use std::sync::Arc;
use thiserror::Error;

/// A merchant to be taken in.
#[derive(Clone, Debug)]
pub struct TakeIn {
    /// Its name for programs.
    pub id: MerchantId,
    /// Its name for people.
    pub name: Option<Label>,
    /// The client's key, if it sent one.
    pub key: Option<SentKey>,
}

/// Why a merchant was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TakeInError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The idempotency key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// There is one of that id, with another name.
    #[error("there is a merchant {0} of another name")]
    Taken(MerchantId),
    /// The store could not or would not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in and shows merchants.
#[derive(Clone)]
pub struct Merchants {
    store: Arc<dyn MerchantStore>,
    ids: Arc<dyn IdSource>,
}

impl Merchants {
    /// Merchants kept in this store.
    #[must_use]
    pub fn new(store: Arc<dyn MerchantStore>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, ids }
    }

    /// Takes a merchant in. Answers it, and whether it was there already: by the same key, or by the
    /// same id and name.
    ///
    /// # Errors
    /// [`TakeInError`]; then nothing was written (or, with a transient store error, it can't be told).
    pub async fn take_in(
        &self,
        principal: &Principal,
        origin: Origin,
        asked: TakeIn,
    ) -> Result<(Merchant, bool), TakeInError> {
        principal.may(Operation::Merchants)?;
        let merchant = NewMerchant {
            id: asked.id.clone(),
            name: asked.name,
            created_by: principal.actor(),
            sent: asked.key.map(|key| key.within(principal, Operation::Merchants)),
        };
        let audit = self.audit(principal.actor(), Target::Merchant(asked.id.clone()), origin);
        match self.store.create(merchant, audit).await? {
            TakenIn::Made(Made::Created(merchant)) => Ok((merchant, false)),
            TakenIn::Made(Made::Replayed(merchant)) => Ok((merchant, true)),
            TakenIn::Made(Made::KeyReused) => Err(TakeInError::KeyReused),
            TakenIn::Taken => Err(TakeInError::Taken(asked.id)),
        }
    }

    /// Takes in the merchant that the house itself is, unless it is there.
    ///
    /// # Errors
    /// [`StoreError`] of the store.
    pub async fn take_in_house(&self, house: &MerchantId) -> Result<(), StoreError> {
        let by = Principal::System.actor();
        let (id, target) = (house.clone(), Target::Merchant(house.clone()));
        let merchant = NewMerchant { id, name: None, created_by: by.clone(), sent: None };
        let audit = self.audit(by, target, Origin::default());
        self.store.create(merchant, audit).await.map(drop)
    }

    fn audit(&self, principal: Actor, target: Target, origin: Origin) -> AuditEntry {
        let id = AuditId(self.ids.uuid_v7());
        // No key is for this.
        let key = None;
        AuditEntry { id, principal, key, action: AuditAction::MerchantCreated, target, origin }
    }

    /// One merchant, if the principal sees it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn get(
        &self,
        principal: &Principal,
        id: MerchantId,
    ) -> Result<Option<Merchant>, ReadError> {
        if !principal.sees(Some(&Owner::Merchant(id.clone()))) {
            return Ok(None);
        }
        principal.may(Operation::Merchants)?;
        Ok(self.store.merchant(id).await?)
    }

    /// Merchants in the order of their ids.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn list(
        &self,
        principal: &Principal,
        query: MerchantQuery,
    ) -> Result<PageOf<Merchant, MerchantId>, ReadError> {
        principal.may(Operation::Merchants)?;
        Ok(self.store.merchants(query).await?)
    }
}
