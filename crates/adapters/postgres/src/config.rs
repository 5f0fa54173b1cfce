//! How to reach the database, and what to do about a slow one.

use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// The configuration of the store.
#[derive(Clone)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/database?sslmode=disable|require|verify-full`, with an
    /// optional `sslrootcert` (a PEM file, for `verify-full`). No `sslmode` is `disable`.
    pub url: String,
    /// The most connections.
    pub pool_size: usize,
    /// How long to wait for a connection of the pool, and for a new one to come up.
    pub acquire_timeout: Duration,
    /// `lock_timeout` of each session.
    pub lock_timeout: Duration,
    /// `statement_timeout` of each session.
    pub statement_timeout: Duration,
    /// `idle_in_transaction_session_timeout` of each session.
    pub idle_in_transaction_timeout: Duration,
}

impl PostgresConfig {
    /// The defaults for a database.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool_size: 8,
            acquire_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_secs(30),
        }
    }
}

/// Without the URL: it may hold a password.
impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig").field("pool_size", &self.pool_size).finish_non_exhaustive()
    }
}

/// Why a configuration can't work.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// `sslmode` is not one of the supported.
    #[error("sslmode={0} is not supported; use disable, require or verify-full")]
    SslMode(String),
    /// The URL is no PostgreSQL URL.
    #[error("not a PostgreSQL URL: {0}")]
    Url(String),
    /// The certificates to trust can't be loaded.
    #[error("the trusted certificates can't be loaded: {0}")]
    Certificates(String),
    /// The pool can't be built.
    #[error("the connection pool can't be built: {0}")]
    Pool(String),
}

/// How a connection is protected; the names are libpq's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// Not at all.
    Disable,
    /// Encrypted, the server's certificate not checked.
    Require,
    /// Encrypted, the certificate checked against these roots and the host name.
    VerifyFull {
        /// A PEM file of roots; the system's if `None`.
        root_certificates: Option<String>,
    },
}

/// Takes the TLS parameters out of a URL: `tokio-postgres` refuses the ones it does not know.
pub(crate) fn split_ssl(url: &str) -> Result<(String, SslMode), ConfigError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => roots = Some(value.replace("%2F", "/")),
            _ => rest.push(pair),
        }
    }
    let mode = match mode {
        None | Some("disable") => SslMode::Disable,
        Some("require") => SslMode::Require,
        Some("verify-full") => SslMode::VerifyFull { root_certificates: roots },
        Some(other) => return Err(ConfigError::SslMode(other.to_owned())),
    };
    let separator = if rest.is_empty() { "" } else { "?" };
    Ok((format!("{base}{separator}{}", rest.join("&")), mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ssl_mode_is_one_of_three() {
        let split = |query: &str| split_ssl(&format!("postgres://u@h/d{query}"));
        let plain = || "postgres://u@h/d".to_owned();
        assert_eq!(split("").unwrap(), (plain(), SslMode::Disable));
        assert_eq!(split("?sslmode=disable").unwrap(), (plain(), SslMode::Disable));
        assert_eq!(split("?sslmode=require").unwrap(), (plain(), SslMode::Require));
        assert_eq!(
            split("?sslmode=verify-full&sslrootcert=/ca.pem&application_name=x").unwrap(),
            (
                "postgres://u@h/d?application_name=x".to_owned(),
                SslMode::VerifyFull { root_certificates: Some("/ca.pem".into()) }
            )
        );
        for bad in ["prefer", "allow", "verify-ca", "on", ""] {
            assert!(
                matches!(split(&format!("?sslmode={bad}")), Err(ConfigError::SslMode(m)) if m == bad)
            );
        }
    }
}
