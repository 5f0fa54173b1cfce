//! Argon2id, two at a time, on threads where it may block.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use paygate_core::identity::StoredSecret;
use paygate_ports::{HashError, SecretHasher};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// OWASP's minimum for Argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many are computed at once: each takes its memory, and a processor for its time.
const AT_ONCE: usize = 2;
/// How many may wait for that. Beyond, they are turned away: a client that waits longer has gone.
const MAX_WAITING: usize = 64;

/// What is mixed into every hash and is not in the database: who has that alone can't guess.
#[derive(Clone, Default)]
pub struct Pepper(Vec<u8>);

impl Pepper {
    /// This text; none, if it is empty.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(***)")
    }
}

/// Hashes by Argon2id.
#[derive(Clone, Debug)]
pub struct Argon2Hasher {
    pepper: Arc<Pepper>,
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Argon2Hasher {
    /// Hashes with this pepper. What was hashed with another matches nothing.
    #[must_use]
    pub fn new(pepper: Pepper) -> Self {
        let (places, waiting) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::default());
        Self { pepper: Arc::new(pepper), places, waiting }
    }

    /// Computes something slow, when there is a place for it. Who asked may go away meanwhile: the
    /// place is kept until it is done.
    async fn slowly<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&Argon2<'_>) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let waiting = Waiting::among(&self.waiting).ok_or(HashError::Overloaded)?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|error| HashError::Failed(error.to_string()))?;
        drop(waiting);
        let pepper = Arc::clone(&self.pepper);
        let computed = tokio::task::spawn_blocking(move || {
            let _place = place;
            compute(&hasher(&pepper)?)
        });
        computed.await.map_err(|error| HashError::Failed(error.to_string()))?
    }
}

#[async_trait]
impl SecretHasher for Argon2Hasher {
    async fn hash(&self, secret: &[u8]) -> Result<StoredSecret, HashError> {
        let secret = secret.to_vec();
        self.slowly(move |argon2| {
            let hash = argon2.hash_password(&secret).map_err(failed)?;
            Ok(StoredSecret(hash.to_string()))
        })
        .await
    }

    async fn matches(&self, secret: &[u8], stored: &StoredSecret) -> Result<bool, HashError> {
        let (secret, stored) = (secret.to_vec(), stored.clone());
        self.slowly(move |argon2| {
            let hash = PasswordHash::new(&stored.0).map_err(failed)?;
            match argon2.verify_password(&secret, &hash) {
                Ok(()) => Ok(true),
                Err(Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }
}

fn hasher(pepper: &Pepper) -> Result<Argon2<'_>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Argon2::new_with_secret(&pepper.0, Algorithm::Argon2id, Version::V0x13, params).map_err(failed)
}

fn failed(error: impl fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

/// One of those who wait, for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    /// `None` if there are too many.
    fn among(all: &'a AtomicUsize) -> Option<Self> {
        let waiting = Self(all);
        let before = all.fetch_add(1, Ordering::SeqCst);
        (before < MAX_WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Argon2Hasher {
        Argon2Hasher::new(Pepper::of("pepper"))
    }

    #[tokio::test]
    async fn a_secret_matches_its_hash_and_no_other() {
        let hasher = hasher();
        let stored = hasher.hash(b"correct horse").await.unwrap();
        assert!(stored.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.0);
        assert!(!stored.0.contains("correct"));
        assert_ne!(hasher.hash(b"correct horse").await.unwrap(), stored, "another salt each time");
        assert_eq!(hasher.matches(b"correct horse", &stored).await, Ok(true));
        for wrong in [&b""[..], b"Correct horse", b"correct horse ", b"correct"] {
            assert_eq!(hasher.matches(wrong, &stored).await, Ok(false));
        }
        let other = Argon2Hasher::new(Pepper::of("another"));
        assert_eq!(other.matches(b"correct horse", &stored).await, Ok(false));
    }

    #[tokio::test]
    async fn what_is_no_hash_matches_nothing() {
        for text in ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$"] {
            let matched = hasher().matches(b"x", &StoredSecret(text.to_owned())).await;
            assert!(matches!(matched, Err(HashError::Failed(_))), "{text}: {matched:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn beyond_a_few_who_wait_all_are_turned_away() {
        let hasher = hasher();
        let callers: Vec<_> = (0..200)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash(b"x").await })
            })
            .collect();
        let (mut hashed, mut refused) = (0, 0);
        for caller in callers {
            match caller.await.unwrap() {
                Ok(_) => hashed += 1,
                Err(HashError::Overloaded) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(hashed >= MAX_WAITING && refused > 0, "{hashed} {refused}");
        assert!(hasher.hash(b"x").await.is_ok(), "there is a place again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_are_computed_at_once_and_no_more() {
        let hasher = hasher();
        let under_way = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let (hasher, under_way) = (hasher.clone(), Arc::clone(&under_way));
                tokio::spawn(async move {
                    let compute = move |_: &Argon2<'_>| {
                        let others = under_way.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(std::time::Duration::from_millis(5));
                        under_way.fetch_sub(1, Ordering::SeqCst);
                        Ok(others)
                    };
                    hasher.slowly(compute).await.unwrap()
                })
            })
            .collect();
        let mut most = 0;
        for caller in callers {
            most = most.max(caller.await.unwrap());
        }
        assert_eq!(most, 1, "one beside each");
    }

    #[test]
    fn a_pepper_is_not_shown() {
        assert_eq!(format!("{:?}", Pepper::of("pepper")), "Pepper(***)");
    }
}
