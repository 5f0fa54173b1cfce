//! The principal: its name, what it sees, and what it may do.

use super::actor::Actor;
use super::operation::Operation;
use super::owner::{MerchantId, Owner};
use super::scope::{Scope, Scopes};
use crate::Timestamp;
use crate::id::{ApiKeyId, UserId};
use thiserror::Error;

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Who runs the house: sees all, and may do all.
    Operator,
    /// A merchant, by a key of its own: sees its own, and may do what the key is for.
    Merchant {
        /// Which.
        id: MerchantId,
        /// What its key is for.
        scopes: Scopes,
        /// Which key it has shown, if by a key it is known.
        key: Option<KeyInHand>,
    },
    /// A person: sees the person's own, and may transfer from it.
    User {
        /// Who.
        id: UserId,
    },
    /// The house at work: workers, sweeper, reconciler. It asks for nothing on behalf of others.
    System,
    /// Whoever comes where nothing is real and nobody is asked for a name: as the operator.
    Sandbox,
}

/// A key that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyInHand {
    /// Which.
    pub id: ApiKeyId,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
}

/// Why a principal may not do what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denied {
    /// Such a principal never may.
    #[error("this is not for you to do")]
    Forbidden,
    /// The key is for other things.
    #[error("the key lacks the scope {0}")]
    InsufficientScope(Scope),
    /// A key would open for longer than the one that makes it.
    #[error("a key opens for no longer than the one that makes it")]
    OutlivesKey,
}

impl Denied {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forbidden | Self::OutlivesKey => "forbidden",
            Self::InsufficientScope(_) => "insufficient-scope",
        }
    }
}

/// What of all there is a principal sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything, the house's own accounts included.
    All,
    /// What belongs to one owner.
    Of(Owner),
}

impl View {
    /// Whose things are listed: everybody's, if `None`.
    #[must_use]
    pub fn owner(self) -> Option<Owner> {
        match self {
            Self::All => None,
            Self::Of(owner) => Some(owner),
        }
    }
}

impl Principal {
    /// Its name in timelines, and the scope of its idempotency keys. All keys of a merchant have one.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Operator => Actor::Operator,
            Self::Merchant { id, .. } => Actor::Merchant(id.clone()),
            Self::User { id } => Actor::User(*id),
            Self::System => Actor::Worker,
            Self::Sandbox => Actor::Sandbox,
        }
    }

    /// Which merchant it is.
    #[must_use]
    pub fn merchant(&self) -> Option<&MerchantId> {
        match self {
            Self::Merchant { id, .. } => Some(id),
            Self::Operator | Self::User { .. } | Self::System | Self::Sandbox => None,
        }
    }

    /// The key it has shown.
    #[must_use]
    pub fn key(&self) -> Option<KeyInHand> {
        match self {
            Self::Merchant { key, .. } => *key,
            Self::Operator | Self::User { .. } | Self::System | Self::Sandbox => None,
        }
    }

    /// Whether a key that it makes may be for these, and open until then: for no more and for no longer
    /// than its own.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn may_grant(&self, asked: &Scopes, until: Option<Timestamp>) -> Result<(), Denied> {
        let scopes = match self {
            Self::Operator | Self::Sandbox => return Ok(()),
            Self::User { .. } | Self::System => return Err(Denied::Forbidden),
            Self::Merchant { scopes, .. } => scopes,
        };
        if let Some(scope) = asked.beyond(scopes) {
            return Err(Denied::InsufficientScope(scope));
        }
        let own_end = self.key().and_then(|key| key.expires_at);
        match own_end.is_none_or(|own| until.is_some_and(|until| until <= own)) {
            true => Ok(()),
            false => Err(Denied::OutlivesKey),
        }
    }

    /// Who owns what it makes, if that is its own; the house otherwise.
    #[must_use]
    pub fn own(&self) -> Option<Owner> {
        match self {
            Self::Merchant { id, .. } => Some(Owner::Merchant(id.clone())),
            Self::User { id } => Some(Owner::User(*id)),
            Self::Operator | Self::System | Self::Sandbox => None,
        }
    }

    /// For whom it acts: itself, or else the merchant that the house itself is.
    #[must_use]
    pub fn acts_for(&self, house: &MerchantId) -> Owner {
        self.own().unwrap_or_else(|| Owner::Merchant(house.clone()))
    }

    /// What it sees.
    #[must_use]
    pub fn view(&self) -> View {
        match self {
            Self::Operator | Self::System | Self::Sandbox => View::All,
            Self::Merchant { .. } | Self::User { .. } => self.own().map_or(View::All, View::Of),
        }
    }

    /// Whether it sees what belongs to that owner; to the house itself, if `None`.
    #[must_use]
    pub fn sees(&self, owner: Option<&Owner>) -> bool {
        match self.view() {
            View::All => true,
            View::Of(own) => owner == Some(&own),
        }
    }

    /// Whether it may let money leave what belongs to that owner. The house's own money moves only
    /// as the kinds of payments say, whoever asks.
    #[must_use]
    pub fn may_spend(&self, owner: Option<&Owner>) -> bool {
        match self {
            Self::Operator | Self::Sandbox => owner.is_some(),
            Self::Merchant { .. } | Self::User { .. } => {
                owner.is_some() && owner == self.own().as_ref()
            }
            Self::System => false,
        }
    }

    /// Whether it may do such a thing at all, to what it sees.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn may(&self, operation: Operation) -> Result<(), Denied> {
        let allowed = match self {
            Self::Operator | Self::Sandbox => true,
            Self::System => operation.is_for_system(),
            Self::User { .. } => operation.is_for_users(),
            Self::Merchant { scopes, .. } => match operation.scope() {
                Some(scope) if scopes.has(scope) => true,
                Some(scope) => return Err(Denied::InsufficientScope(scope)),
                None => false,
            },
        };
        if allowed { Ok(()) } else { Err(Denied::Forbidden) }
    }
}
