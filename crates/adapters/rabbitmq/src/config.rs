//! What the operator can set. Parsed once; a value that can't work stops the start.

use lapin::uri::AMQPUri;
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// How to reach the broker and how to use it.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://`. Percent-encode what needs it; the
    /// default virtual host is `%2f`. A `heartbeat` parameter (seconds) overrides 10.
    pub url: String,
    /// Put before the name of every exchange and queue.
    pub prefix: String,
    /// How many payments share a message, 1 or more.
    pub ids_per_message: usize,
    /// How many messages a consumer may hold unacknowledged, 1 or more.
    pub prefetch: u16,
    /// What the broker's management page shows, followed by the purpose of the connection.
    pub connection_name: String,
    /// PEM certificates trusted besides the system's, for `amqps://`.
    pub ca_pem: Option<String>,
    /// How long opening a connection may take, topology included.
    pub connect_timeout: Duration,
    /// How long a publish may take until it is confirmed.
    pub confirm_timeout: Duration,
    /// How long the questions about depth and health may take.
    pub probe_timeout: Duration,
    /// How long to wait before the first attempt to reconnect; each further one waits twice as
    /// long.
    pub reconnect_min: Duration,
    /// How long to wait between attempts at most.
    pub reconnect_max: Duration,
}

impl RabbitConfig {
    /// The defaults, for a broker.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: String::new(),
            ids_per_message: 20,
            prefetch: 250,
            connection_name: "paygate".to_owned(),
            ca_pem: None,
            connect_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(5),
            probe_timeout: Duration::from_secs(2),
            reconnect_min: Duration::from_millis(100),
            reconnect_max: Duration::from_secs(10),
        }
    }

    /// The URL with its password masked, for logs.
    #[must_use]
    pub fn masked_url(&self) -> String {
        match self.url.parse::<AMQPUri>() {
            Ok(uri) => {
                let (authority, vhost) = (uri.authority, uri.vhost.replace('/', "%2f"));
                let (user, host, port) =
                    (authority.userinfo.username, authority.host, authority.port);
                format!("{}://{user}:***@{host}:{port}/{vhost}", uri.scheme)
            }
            // It may hold a password in a place where nobody finds it.
            Err(_) => "***".to_owned(),
        }
    }

    /// The URL, parsed, if everything can work.
    pub(crate) fn parse(&self) -> Result<AMQPUri, RabbitConfigError> {
        let mut uri: AMQPUri = self.url.parse().map_err(RabbitConfigError::Url)?;
        // Such a host is not understood by the parser, which silently takes localhost instead.
        if self.url.contains("://[") || self.url.contains("@[") {
            return Err(RabbitConfigError::Url("an IPv6 address can't be the host".to_owned()));
        }
        // `amqp://host:port/` names the empty virtual host by the letter; what is meant, and what
        // most clients take it for, is the default one.
        if uri.vhost.is_empty() {
            uri.vhost = "/".to_owned();
        }
        let heartbeat_s = uri.query.heartbeat.unwrap_or(10);
        uri.query.heartbeat = Some(heartbeat_s);
        if self.ids_per_message == 0 || self.ids_per_message > crate::hint::MAX_IDS {
            return Err(RabbitConfigError::IdsPerMessage(crate::hint::MAX_IDS));
        }
        if self.prefetch == 0 {
            return Err(RabbitConfigError::Prefetch);
        }
        Ok(uri)
    }
}

impl fmt::Debug for RabbitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitConfig")
            .field("url", &self.masked_url())
            .field("prefix", &self.prefix)
            .field("ids_per_message", &self.ids_per_message)
            .field("prefetch", &self.prefetch)
            .field("connection_name", &self.connection_name)
            .field("ca_pem", &self.ca_pem.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("confirm_timeout", &self.confirm_timeout)
            .field("probe_timeout", &self.probe_timeout)
            .field("reconnect_min", &self.reconnect_min)
            .field("reconnect_max", &self.reconnect_max)
            .finish()
    }
}

/// A configuration that can't work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RabbitConfigError {
    /// The URL can't be read.
    #[error("the broker's URL can't be read: {0}")]
    Url(String),
    /// The prefix makes names that AMQP has no room for.
    #[error("the prefix of the broker's names may have at most {0} visible ASCII characters")]
    Prefix(usize),
    /// No payment, or too many, to a message.
    #[error("a message holds 1 to {0} ids")]
    IdsPerMessage(usize),
    /// 0 would mean without limit.
    #[error("the prefetch is at least 1")]
    Prefetch,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_printed() {
        for url in ["amqps://me:hush%40@mq.example:5671/a%2fb", "amqp://me:hush@", "hush"] {
            let config = RabbitConfig { ca_pem: Some("hush".to_owned()), ..RabbitConfig::new(url) };
            assert!(!format!("{config:?}").contains("hush"), "{config:?}");
        }
        let config = RabbitConfig::new("amqps://me:hush@mq.example/a%2fb");
        assert_eq!(config.masked_url(), "amqps://me:***@mq.example:5671/a%2fb");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let good = RabbitConfig::new("amqp://127.0.0.1:5672/%2f");
        assert_eq!(good.parse().unwrap().authority.host, "127.0.0.1");
        for url in ["", "http://127.0.0.1", "amqp://[::1]:5672", "amqp://u:p@[::1]/%2f"] {
            let bad = RabbitConfig { url: url.to_owned(), ..good.clone() };
            assert!(matches!(bad.parse(), Err(RabbitConfigError::Url(_))), "{url}");
        }
        let bad = RabbitConfig { ids_per_message: 0, ..good.clone() };
        assert_eq!(bad.parse().unwrap_err(), RabbitConfigError::IdsPerMessage(10_000));
        let bad = RabbitConfig { prefetch: 0, ..good };
        assert_eq!(bad.parse().unwrap_err(), RabbitConfigError::Prefetch);
    }

    #[test]
    fn a_heartbeat_in_the_url_wins_over_ours() {
        let heartbeat = |url: &str| RabbitConfig::new(url).parse().unwrap().query.heartbeat;
        assert_eq!(heartbeat("amqp://127.0.0.1"), Some(10));
        assert_eq!(heartbeat("amqp://127.0.0.1?heartbeat=3"), Some(3));
    }
}
