//! Who comes in by a key: all who come at the same time are looked up by one call. Nothing is remembered
//! of a key from one call to the next, so that one that is revoked opens nothing more.

use crate::support::coalescer::{Coalescer, Company, Submitted};
use crate::support::halved::halved;
use crate::support::overtaking::Overtaking;
use async_trait::async_trait;
use chrono::TimeDelta;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{ApiKey, KeySecret, Principal, SecretHash};
use paygate_ports::{ApiKeyReader, AuthError, Authenticator, Clock, Credential, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The most look-ups that wait; beyond, they are refused at once.
const MAX_WAITING: usize = 4096;
/// The most look-ups in one call.
const MAX_BATCH: usize = 500;
/// The most calls at once, of which all but one are slow: these, other look-ups and decisions leave some
/// of the usual number of connections to those who accept.
const MAX_CALLS: usize = 2;
/// How exactly it is known when a key was used last.
const USE_IS_KNOWN: TimeDelta = TimeDelta::minutes(1);

type Answer = Result<Option<Arc<ApiKey>>, StoreError>;

/// Knows merchants by their keys, and everybody else as another does.
pub struct Doors {
    others: Arc<dyn Authenticator>,
    clock: Arc<dyn Clock>,
    finding: Coalescer<SecretHash, Answer>,
}

impl Doors {
    /// Doors that these keys open, and those of the others. Starts the task that looks keys up, on the
    /// current runtime.
    #[must_use]
    pub fn new(
        others: Arc<dyn Authenticator>,
        reader: Arc<dyn ApiKeyReader>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (calls, uses) = (Overtaking::new(MAX_CALLS), Uses::new(&reader, &clock));
        let finding = Coalescer::start(MAX_WAITING, MAX_BATCH, Company::NONE, move |batch| {
            let (reader, calls, uses) = (Arc::clone(&reader), calls.clone(), uses.clone());
            Box::pin(async move {
                calls.run(answer(reader, uses, batch)).await;
                Ok(())
            })
        });
        Self { others, clock, finding }
    }
}

#[async_trait]
impl Authenticator for Doors {
    async fn authenticate(&self, shown: Credential<'_>) -> Result<Principal, AuthError> {
        let Credential::Bearer(token) = shown else { return self.others.authenticate(shown).await };
        if !KeySecret::is_meant_by(token) {
            return self.others.authenticate(shown).await;
        }
        // What is no key is not looked for.
        let secret = KeySecret::hash_of(token).ok_or(AuthError::Invalid)?;
        let found = self.finding.try_submit(secret).await;
        let found = found.unwrap_or_else(|why| Err(why.into()));
        let opens = found?.and_then(|key| key.opens_for(self.clock.now()));
        opens.ok_or(AuthError::Invalid)
    }
}

async fn answer(
    reader: Arc<dyn ApiKeyReader>,
    uses: Uses,
    batch: Vec<Submitted<SecretHash, Answer>>,
) {
    let find = |asked: &[Submitted<SecretHash, Answer>]| {
        let reader = Arc::clone(&reader);
        let secrets: Vec<SecretHash> =
            asked.iter().map(|asked| asked.item).collect::<BTreeSet<_>>().into_iter().collect();
        async move {
            let found = reader.shown(&secrets).await?.into_iter().map(|key| key.map(Arc::new));
            Ok(secrets.into_iter().zip(found).collect::<Vec<_>>())
        }
    };
    let mut known = Vec::new();
    for (group, found) in halved(batch, find).await {
        for asked in group {
            let own = |found: &Vec<(SecretHash, Option<Arc<ApiKey>>)>| {
                let place = found.binary_search_by_key(&asked.item, |(secret, _)| *secret).ok()?;
                found.get(place)?.1.clone()
            };
            // A client that went away needs no answer.
            let _ = asked.answer.send(found.as_ref().map(own).map_err(Clone::clone));
        }
        known.extend(found.into_iter().flatten().filter_map(|(_, key)| key));
    }
    uses.remember(known);
}

/// Remembers when keys were used, beside the look-ups: nobody waits for that.
#[derive(Clone)]
struct Uses {
    reader: Arc<dyn ApiKeyReader>,
    clock: Arc<dyn Clock>,
    /// The place of what is under way.
    place: Arc<Semaphore>,
}

impl Uses {
    fn new(reader: &Arc<dyn ApiKeyReader>, clock: &Arc<dyn Clock>) -> Self {
        let (reader, clock) = (Arc::clone(reader), Arc::clone(clock));
        Self { reader, clock, place: Arc::new(Semaphore::new(1)) }
    }

    /// Remembers the use of those keys that were not used for a while. While that is under way for
    /// others, these are left to the next time.
    fn remember(self, known: Vec<Arc<ApiKey>>) {
        let now = self.clock.now();
        let since = now - USE_IS_KNOWN;
        let opens = |key: &Arc<ApiKey>| key.opens_for(now).is_some();
        let used: Vec<ApiKeyId> = known
            .into_iter()
            .filter(|key| key.last_used_at.is_none_or(|last| last <= since) && opens(key))
            .map(|key| key.id)
            .collect();
        if used.is_empty() {
            return;
        }
        let Ok(place) = Arc::clone(&self.place).try_acquire_owned() else { return };
        tokio::spawn(async move {
            if let Err(error) = self.reader.used(&used, now, since).await {
                tracing::debug!(%error, "the use of keys is not remembered");
            }
            drop(place);
        });
    }
}
