//! Whom the house takes payments for.

use super::actor::Actor;
use super::key::Idempotency;
use super::owner::MerchantId;
use crate::Timestamp;
use crate::text::Label;

/// A merchant to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMerchant {
    /// Its name for programs, for good.
    pub id: MerchantId,
    /// Its name for people.
    pub name: Option<Label>,
    /// Who takes it in.
    pub created_by: Actor,
    /// The client's key, if it sent one.
    pub sent: Option<Idempotency>,
}

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Its name for programs.
    pub id: MerchantId,
    /// Its name for people.
    pub name: Option<Label>,
    /// Who took it in.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
}
