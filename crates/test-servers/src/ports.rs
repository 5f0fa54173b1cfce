//! Free loopback ports that stay free while their server is down.
//!
//! Asking the system for "any port" answers from the range it also takes client ports from. A
//! server that stops and starts again on its port would now and then find it taken by somebody's
//! outgoing connection. So ports come from below that range, chosen at random (test binaries run
//! side by side) and never twice in one process.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// Below the client port range of Linux (from 32768) and of macOS (from 49152).
const FIRST: u16 = 16_000;
const COUNT: u16 = 14_000;

/// How often a first start tries other ports: between choosing one and listening on it, somebody
/// else may have taken it.
pub(crate) const RETRIES: usize = 3;

static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that nobody listens on and that this process has not been given before.
///
/// # Errors
///
/// When every port tried is taken.
pub fn free_port() -> Result<u16, String> {
    for _ in 0..1_000 {
        let random = RandomState::new().build_hasher().finish() % u64::from(COUNT);
        let port = FIRST + u16::try_from(random).unwrap_or(0);
        let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !given.contains(&port) && is_free(port) {
            given.insert(port);
            return Ok(port);
        }
    }
    Err("no free loopback port found".to_owned())
}

/// Whether a server could listen on this loopback port now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{free_port, is_free};
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn no_port_is_given_twice() {
        let ports: BTreeSet<u16> = (0..200).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn a_port_somebody_listens_on_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }
}
