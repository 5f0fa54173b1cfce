//! How the HTTP adapter is set up. The runtime fills this from the environment.

use crate::server::limits::RateLimits;
use crate::server::proxies::TrustedProxies;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// The adapter's settings.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The address or name to listen on.
    pub host: String,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Whether nobody is known without a credential. Otherwise whoever reaches the API may use it.
    pub guarded: bool,
    /// Allows to listen beyond loopback unguarded.
    pub insecure_no_auth: bool,
    /// Offers what is of use only where money is not real, such as accounts to try transfers with.
    pub sandbox: bool,
    /// How many requests a second are taken.
    pub rate_limits: RateLimits,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// The origins of pages that may call the API from a browser, such as `https://example.com`.
    pub cors_origins: Vec<String>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long a client may take to send a request's head.
    pub head_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// How many pages of CSV statements may be read at once.
    pub statement_reads: usize,
    /// How long a page waits to be read.
    pub statement_patience: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a stopping server lets requests finish, in whole seconds (rounded up).
    pub shutdown_timeout: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            guarded: false,
            insecure_no_auth: false,
            sandbox: false,
            rate_limits: RateLimits::default(),
            trusted_proxies: TrustedProxies::default(),
            cors_origins: Vec::new(),
            workers: 2,
            head_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            statement_reads: 8,
            statement_patience: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl HttpConfig {
    /// The addresses to listen on.
    ///
    /// # Errors
    /// When the host can't be resolved.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<_> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| io::Error::new(error.kind(), format!("HOST {}: {error}", self.host)))?
            .collect();
        if addresses.is_empty() {
            let why = format!("HOST {} has no address", self.host);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(addresses)
    }

    /// Refuses to offer the API beyond this machine to everybody, unless that is what was asked for.
    ///
    /// # Errors
    /// One line that says what to set.
    pub(crate) fn check_exposure(&self, addresses: &[SocketAddr]) -> io::Result<()> {
        let is_local = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        if self.guarded || self.insecure_no_auth || addresses.iter().all(is_local) {
            return Ok(());
        }
        let why = format!(
            "HOST {} is reachable from outside: set PAYGATE_API_TOKEN to the token clients must \
             present, AUTH=required to let in nobody without a key, or INSECURE_NO_AUTH=true to serve everybody",
            self.host
        );
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_not_offered_to_everybody_by_accident() {
        let check = |host: &str, change: fn(&mut HttpConfig)| {
            let mut config = HttpConfig { host: host.to_owned(), ..HttpConfig::default() };
            change(&mut config);
            config.check_exposure(&config.addresses().unwrap()).map_err(|error| error.to_string())
        };
        for local in ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"] {
            assert_eq!(check(local, |_| ()), Ok(()), "{local}");
        }
        for open in ["0.0.0.0", "::", "192.0.2.1"] {
            let refused = check(open, |_| ()).unwrap_err();
            assert!(refused.contains(open) && !refused.contains('\n'), "{refused}");
            assert_eq!(check(open, |config| config.insecure_no_auth = true), Ok(()));
            assert_eq!(check(open, |config| config.guarded = true), Ok(()));
        }
    }
}
