//! Whether accounts have room for a charge, so that a client hears at once what could not be taken.
//!
//! A worker looks again before the provider is asked, and what it says counts
//! ([`paygate_core::account::headroom::BALANCE_LIMIT_MINOR`]). So this need not look for every charge: after a
//! look it accepts a part of the room that it saw, and counts what it accepts as in flight, before it
//! looks again. An account is far from its limit all its life, and is then looked at once.

use crate::accounts::find::AccountFinder;
use crate::payments::create_error::{CreateError, Refusal};
use paygate_core::account::{Account, AccountKey};
use paygate_core::id::AccountId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What part of the room is accepted before the next look: one sixteenth, since others accept, too.
const PARTS: i64 = 16;

/// Knows roughly how much room accounts have.
#[derive(Clone)]
pub(crate) struct Headroom {
    accounts: AccountFinder,
    /// How much may still be accepted without a look, minor units.
    unseen: Arc<Mutex<BTreeMap<AccountId, i64>>>,
}

impl Headroom {
    pub(crate) fn new(accounts: AccountFinder) -> Self {
        Self { accounts, unseen: Arc::default() }
    }

    /// Whether so much can leave one account and arrive at the other.
    ///
    /// # Errors
    /// [`Refusal::NoRoom`], or what kept it from looking.
    pub(crate) async fn check(
        &self,
        source: AccountId,
        destination: AccountId,
        minor: i64,
    ) -> Result<(), CreateError> {
        if self.take([source, destination], minor) {
            return Ok(());
        }
        let names = [source, destination].map(AccountKey::Id);
        let found = self.accounts.find(names.to_vec()).await?;
        let found: Vec<Account> = found.into_iter().flatten().map(|it| it.account).collect();
        for account in &found {
            let signed = if account.id == source { minor.saturating_neg() } else { minor };
            if !account.has_room_for(signed) {
                return Err(Refusal::NoRoom.into());
            }
        }
        let mut unseen = self.unseen();
        for account in &found {
            let room = account.room_minor(account.id == destination);
            unseen.insert(account.id, (room / PARTS).saturating_sub(minor));
        }
        Ok(())
    }

    /// Takes so much of what both may have without a look; nothing if one of them may not.
    fn take(&self, accounts: [AccountId; 2], minor: i64) -> bool {
        let mut unseen = self.unseen();
        let rests =
            accounts.map(|id| unseen.get(&id).map_or(-1, |most| most.saturating_sub(minor)));
        let enough = rests.iter().all(|rest| *rest >= 0);
        if enough {
            unseen.extend(accounts.into_iter().zip(rests));
        }
        enough
    }

    fn unseen(&self) -> MutexGuard<'_, BTreeMap<AccountId, i64>> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
