//! How many requests a second are taken: of each principal, and of each address that shows nothing that
//! proves who it is.
//!
//! What must stay true: memory is bounded however many addresses come. Addresses share a fixed number
//! of buckets, by a hash that is another in each process; an IPv6 address counts as its /64, which is
//! what one household has. Principals have a bucket each: there are as many as are known.

use crate::problem::{Exceeded, Problem};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use paygate_core::identity::{Actor, Principal};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// After how many requests of principals those that were not seen for a while are forgotten.
const TIDIED_EACH: u32 = 10_000;

/// Requests a second, and as many at once; no limit, if `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RateLimits {
    /// Of an address, that prove nothing.
    pub public: Option<NonZeroU32>,
    /// Of a principal.
    pub authenticated: Option<NonZeroU32>,
}

/// The buckets.
pub struct Limits {
    public: Option<Tier<u16>>,
    authenticated: Option<Tier<Actor>>,
    hasher: RandomState,
    seen: AtomicU32,
}

impl Limits {
    /// Full buckets.
    #[must_use]
    pub fn new(rates: RateLimits) -> Self {
        Self {
            public: rates.public.map(|rate| Tier::new("public", rate)),
            authenticated: rates.authenticated.map(|rate| Tier::new("authenticated", rate)),
            hasher: RandomState::new(),
            seen: AtomicU32::new(0),
        }
    }

    /// Takes a request of an address that proved nothing.
    ///
    /// # Errors
    /// [`Problem`], if that is one too many.
    pub fn public(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        let Some(tier) = &self.public else { return Ok(()) };
        let network = network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let [high, low, ..] = self.hasher.hash_one(network).to_be_bytes();
        tier.take(&u16::from_be_bytes([high, low]))
    }

    /// Takes a request of a principal. Where nothing is real, nobody is counted.
    ///
    /// # Errors
    /// [`Problem`], if that is one too many.
    pub fn authenticated(&self, principal: &Principal) -> Result<(), Problem> {
        let Some(tier) = &self.authenticated else { return Ok(()) };
        if matches!(principal, Principal::Sandbox) {
            return Ok(());
        }
        if self.seen.fetch_add(1, Ordering::Relaxed) % TIDIED_EACH == TIDIED_EACH - 1 {
            tier.buckets.retain_recent();
        }
        tier.take(&principal.actor())
    }
}

/// The buckets of those who are counted alike.
struct Tier<K: Hash + Eq + Clone> {
    name: &'static str,
    rate: NonZeroU32,
    buckets: DefaultKeyedRateLimiter<K>,
}

impl<K: Hash + Eq + Clone> Tier<K> {
    fn new(name: &'static str, rate: NonZeroU32) -> Self {
        Self { name, rate, buckets: RateLimiter::keyed(Quota::per_second(rate)) }
    }

    fn take(&self, key: &K) -> Result<(), Problem> {
        self.buckets.check_key(key).map_err(|empty| {
            let wait = empty.wait_time_from(DefaultClock::default().now());
            let seconds = wait.as_secs().saturating_add(1);
            Problem::rate_limited(Exceeded { tier: self.name, rate: self.rate, seconds })
        })
    }
}

/// What is counted of an address: all of IPv4's, the network of IPv6's.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::identity::{MerchantId, Scopes};

    fn rate(requests: u32) -> Option<NonZeroU32> {
        NonZeroU32::new(requests)
    }

    fn merchant(id: &str) -> Principal {
        Principal::Merchant { id: MerchantId::parse(id).unwrap(), scopes: Scopes::all(), key: None }
    }

    /// How many of a hundred are taken that come at once. (A slow machine takes some that come later.)
    fn taken(take: impl Fn() -> Result<(), Problem>) -> usize {
        (0..100).filter(|_| take().is_ok()).count()
    }

    #[test]
    fn each_principal_has_a_bucket_of_its_own() {
        let limits = Limits::new(RateLimits { public: None, authenticated: rate(2) });
        let narrow = Principal::Merchant {
            id: MerchantId::parse("one").unwrap(),
            scopes: Scopes::of(&[]),
            key: None,
        };
        for one in [merchant("one"), merchant("two"), Principal::Operator] {
            let taken = taken(|| limits.authenticated(&one));
            assert!((2..50).contains(&taken), "{one:?}: {taken}");
        }
        // All keys of a merchant are counted together.
        assert!(taken(|| limits.authenticated(&narrow)) < 2);
    }

    #[test]
    fn an_address_is_counted_however_it_is_written_and_a_household_once() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        let all = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"].map(of);
        assert_eq!(all.into_iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        let limits = Limits::new(RateLimits { public: rate(2), authenticated: None });
        let taken = taken(|| limits.public(Some("192.0.2.1".parse().unwrap())));
        assert!((2..50).contains(&taken), "{taken}");
    }

    #[test]
    fn nobody_is_counted_where_nothing_is_real_or_without_a_limit() {
        let limits = Limits::new(RateLimits { public: rate(1), authenticated: rate(1) });
        assert!((0..100).all(|_| limits.authenticated(&Principal::Sandbox).is_ok()));
        let none = Limits::new(RateLimits::default());
        assert!((0..100).all(|_| none.authenticated(&merchant("one")).is_ok()));
        assert!((0..100).all(|_| none.public(None).is_ok()));
    }

    #[test]
    fn as_many_addresses_as_there_are_take_bounded_memory() {
        let limits = Limits::new(RateLimits { public: rate(1), authenticated: None });
        for address in 0..300_000_u32 {
            let _ = limits.public(Some(Ipv4Addr::from_bits(address).into()));
        }
        assert!(limits.public.unwrap().buckets.len() <= 1 << 16);
    }

    #[test]
    fn principals_that_are_gone_are_forgotten() {
        let limits = Limits::new(RateLimits { public: None, authenticated: rate(1_000_000) });
        for turn in 0..2 * TIDIED_EACH {
            limits.authenticated(&merchant(&format!("m{turn}"))).unwrap();
        }
        let kept = limits.authenticated.unwrap().buckets.len();
        assert!(kept < usize::try_from(2 * TIDIED_EACH).unwrap(), "{kept}");
    }
}
