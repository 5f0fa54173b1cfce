//! How the HTTP adapter is set up. The runtime fills this from the environment.

use sha2::{Digest, Sha256};
use std::fmt;
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
    /// What clients must present as `Authorization: Bearer …`; nothing if `None`.
    pub token: Option<ApiToken>,
    /// Allows to listen beyond loopback without a token.
    pub insecure_no_auth: bool,
    /// Offers what is of use only where money is not real, such as accounts to try transfers with.
    pub sandbox: bool,
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
            token: None,
            insecure_no_auth: false,
            sandbox: false,
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
        if self.token.is_some() || self.insecure_no_auth || addresses.iter().all(is_local) {
            return Ok(());
        }
        let why = format!(
            "HOST {} is reachable from outside: set PAYGATE_API_TOKEN to the token clients must \
             present, or INSECURE_NO_AUTH=true to serve everybody",
            self.host
        );
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}

/// The token clients must present. Only its hash is kept, and it is never shown.
#[derive(Clone)]
pub struct ApiToken {
    hash: [u8; 32],
}

/// The text is no token: empty, or more than visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one or more visible ASCII characters")]
pub struct ApiTokenError;

impl ApiToken {
    /// Takes a token.
    ///
    /// # Errors
    /// [`ApiTokenError`] when no client could send it in a header.
    pub fn parse(text: &str) -> Result<Self, ApiTokenError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiTokenError);
        }
        Ok(Self { hash: Sha256::digest(text).into() })
    }

    /// Whether this is the token, in a time that does not depend on where it differs.
    #[must_use]
    pub fn is(&self, presented: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::digest(presented).into();
        let pairs = self.hash.iter().zip(hash);
        pairs.fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs)) == 0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_only_and_never_shown() {
        let token = ApiToken::parse("s3cret").unwrap();
        assert!(token.is(b"s3cret"));
        for other in [&b""[..], b"s3cre", b"s3cret ", b"S3cret"] {
            assert!(!token.is(other));
        }
        let config = HttpConfig { token: Some(token), ..HttpConfig::default() };
        assert!(!format!("{config:?}").contains("s3cret"));
        assert!(ApiToken::parse("").is_err() && ApiToken::parse("a b").is_err());
    }

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
            assert_eq!(check(open, |config| config.token = ApiToken::parse("t").ok()), Ok(()));
        }
    }
}
