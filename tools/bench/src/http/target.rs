//! Where a server is, and what it must be told to let one in.

use std::net::{SocketAddr, ToSocketAddrs};

/// A server that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    host: String,
    address: SocketAddr,
    token: Option<String>,
}

impl Target {
    /// Reads `http://HOST[:PORT]`.
    pub(crate) fn parse(url: &str, token: Option<&str>) -> Result<Self, String> {
        let wrong = || format!("`{url}` is not http://HOST:PORT");
        let host = url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
        let with_port = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut addresses = with_port.to_socket_addrs().map_err(|_| wrong())?;
        let address = addresses.next().ok_or_else(wrong)?;
        Ok(Self { host: host.to_owned(), address, token: token.map(str::to_owned) })
    }

    /// A server of ours on this machine.
    pub(crate) fn local(port: u16) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { host: address.to_string(), address, token: None }
    }

    /// What is connected to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the header `Host` says.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What the header `Authorization` says, if anything.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_url_is_a_host_and_a_port() {
        let local = Target::parse("http://127.0.0.1:8080/", None).unwrap();
        assert_eq!(local, Target::local(8080));
        let named = Target::parse("http://localhost", Some("t")).unwrap();
        assert_eq!(
            (named.host(), named.address().port(), named.token()),
            ("localhost", 80, Some("t"))
        );
        for wrong in ["https://localhost", "localhost:8080", "http://", "http://localhost:x"] {
            assert!(Target::parse(wrong, None).is_err(), "{wrong}");
        }
    }
}
