//! Keys of merchants' programs: what each is for, and how long it opens.

use super::actor::Actor;
use super::key::Idempotency;
use super::owner::MerchantId;
use super::principal::{KeyInHand, Principal};
use super::scope::Scopes;
use super::secret::SecretHash;
use crate::Timestamp;
use crate::id::ApiKeyId;
use crate::status::named;
use crate::text::Label;
use thiserror::Error;

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: Label,
    /// What is kept of its secret.
    pub secret: SecretHash,
    /// What of its secret may be seen.
    pub hint: String,
    /// What it is for.
    pub scopes: Scopes,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub created_by: Actor,
    /// By which key, if by one.
    pub made_with: Option<ApiKeyId>,
    /// The client's idempotency key, if it sent one.
    pub sent: Option<Idempotency>,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: Label,
    /// What of its secret may be seen.
    pub hint: String,
    /// What it is for.
    pub scopes: Scopes,
    /// Who made it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it opened last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The key that was made in its place.
    pub replaced_by: Option<ApiKeyId>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

named! {
    /// What a key is good for.
    KeyState {
        /// It opens.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// Somebody ended it.
        Revoked = "revoked",
    }
}

/// Why a key is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotMade {
    /// It would open nothing.
    #[error("the key's time would be over already")]
    AlreadyOver,
    /// The key by which it is made was ended or rotated meanwhile.
    #[error("the key by which it is made is over")]
    MakerIsOver,
}

impl NewApiKey {
    /// Whether it may be made at that moment, by that key if by one: under its lock, so that a key that
    /// is ended makes no other.
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn makable(&self, maker: Option<&ApiKey>, now: Timestamp) -> Result<(), NotMade> {
        if self.made_with.is_some() && maker.is_none_or(|maker| maker.rotatable(now).is_err()) {
            return Err(NotMade::MakerIsOver);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(NotMade::AlreadyOver),
            _ => Ok(()),
        }
    }
}

/// Why no other key is made in a key's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotRotatable {
    /// It opens nothing any more.
    #[error("the key is {0}; make a new one")]
    Over(KeyState),
    /// Another was.
    #[error("the key {0} was made in its place already")]
    Replaced(ApiKeyId),
    /// None is made at all.
    #[error(transparent)]
    NotMade(#[from] NotMade),
}

impl ApiKey {
    /// What it is good for at that moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => KeyState::Revoked,
            (None, Some(end)) if end <= now => KeyState::Expired,
            (None, _) => KeyState::Active,
        }
    }

    /// Who shows it, if it opens at that moment.
    #[must_use]
    pub fn opens_for(&self, now: Timestamp) -> Option<Principal> {
        let principal = || Principal::Merchant {
            id: self.merchant.clone(),
            scopes: self.scopes.clone(),
            key: Some(KeyInHand { id: self.id, expires_at: self.expires_at }),
        };
        (self.state(now) == KeyState::Active).then(principal)
    }

    /// Whether another may be made in its place at that moment.
    ///
    /// # Errors
    /// [`NotRotatable`].
    pub fn rotatable(&self, now: Timestamp) -> Result<(), NotRotatable> {
        match (self.state(now), self.replaced_by) {
            (KeyState::Active, None) => Ok(()),
            (KeyState::Active, Some(other)) => Err(NotRotatable::Replaced(other)),
            (over, _) => Err(NotRotatable::Over(over)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{at, merchant};
    use crate::identity::Scope;
    use uuid::Uuid;

    fn key() -> ApiKey {
        ApiKey {
            id: ApiKeyId(Uuid::from_u128(1)),
            merchant: merchant(),
            name: Label::parse("till").unwrap(),
            hint: "pgk_00000000".to_owned(),
            scopes: Scopes::of(&[Scope::PaymentsRead]),
            created_by: Actor::Operator,
            created_at: at(0),
            expires_at: None,
            last_used_at: None,
            replaced_by: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_key_that_is_over_makes_no_other() {
        let new = |made_with, expires_at| NewApiKey {
            id: ApiKeyId(Uuid::from_u128(9)),
            merchant: merchant(),
            name: Label::parse("till").unwrap(),
            secret: SecretHash([0; 32]),
            hint: "pgk_00000000".to_owned(),
            scopes: Scopes::of(&[]),
            expires_at,
            created_by: Actor::Operator,
            made_with,
            sent: None,
        };
        let own = Some(key().id);
        let revoked = ApiKey { revoked_at: Some(at(5)), ..key() };
        let replaced = ApiKey { replaced_by: Some(ApiKeyId(Uuid::from_u128(2))), ..key() };
        let ending = ApiKey { expires_at: Some(at(10)), ..key() };
        for (made_with, maker, end, makable) in [
            (None, None, None, Ok(())),
            (None, None, Some(at(11)), Ok(())),
            (None, None, Some(at(10)), Err(NotMade::AlreadyOver)),
            (own, Some(key()), None, Ok(())),
            (own, None, None, Err(NotMade::MakerIsOver)),
            (own, Some(revoked), None, Err(NotMade::MakerIsOver)),
            (own, Some(replaced), None, Err(NotMade::MakerIsOver)),
            (own, Some(ending), None, Err(NotMade::MakerIsOver)),
        ] {
            let new = new(made_with, end);
            assert_eq!(new.makable(maker.as_ref(), at(10)), makable, "{maker:?} {end:?}");
        }
    }

    #[test]
    fn a_key_opens_until_its_end() {
        let other = ApiKeyId(Uuid::from_u128(2));
        let ending = ApiKey { expires_at: Some(at(10)), ..key() };
        let revoked = ApiKey { revoked_at: Some(at(5)), ..ending.clone() };
        let replaced = ApiKey { replaced_by: Some(other), ..ending.clone() };
        let over = |state| Err(NotRotatable::Over(state));
        for (key, now, state, rotatable) in [
            (&key(), 1_000_000, KeyState::Active, Ok(())),
            (&ending, 9, KeyState::Active, Ok(())),
            (&ending, 10, KeyState::Expired, over(KeyState::Expired)),
            (&revoked, 0, KeyState::Revoked, over(KeyState::Revoked)),
            (&revoked, 99, KeyState::Revoked, over(KeyState::Revoked)),
            (&replaced, 9, KeyState::Active, Err(NotRotatable::Replaced(other))),
            (&replaced, 10, KeyState::Expired, over(KeyState::Expired)),
        ] {
            assert_eq!(key.state(at(now)), state, "{now} {key:?}");
            assert_eq!(key.rotatable(at(now)), rotatable, "{now} {key:?}");
            let opens = (state == KeyState::Active).then(|| Principal::Merchant {
                id: merchant(),
                scopes: Scopes::of(&[Scope::PaymentsRead]),
                key: Some(KeyInHand { id: key.id, expires_at: key.expires_at }),
            });
            assert_eq!(key.opens_for(at(now)), opens, "{now} {key:?}");
        }
    }
}
