//! From where a request comes, when proxies stand in between.
//!
//! What must stay true: nothing that a client wrote is taken for its address. Each proxy adds whom it
//! heard at the right end of `Forwarded` (RFC 7239) or `X-Forwarded-For`; from there it is read, as
//! long as who wrote it is trusted. Where both are there and differ, neither is.

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::IpAddr;
use std::str::FromStr;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks whose proxies are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address and no network such as 10.0.0.0/8")]
pub struct NotANetwork(String);

impl FromStr for TrustedProxies {
    type Err = NotANetwork;

    /// Reads addresses and networks, with commas between them.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let network = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| NotANetwork(part.to_owned()))
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// Who sent a request, as far as the network tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: Option<IpAddr>,
    /// Whether it is known to speak HTTPS with the first proxy.
    pub https: bool,
}

impl TrustedProxies {
    /// Who sent the request that `peer` hands in.
    #[must_use]
    pub fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Client {
        let peer = peer.map(|peer| peer.to_canonical());
        let mut client = Client { address: peer, https: false };
        if !peer.is_some_and(|peer| self.trusts(peer)) {
            return client;
        }
        let forwarded: Vec<Hop> =
            from_right(headers, &FORWARDED, true).iter().map(|it| Hop::parse(it)).collect();
        let listed = from_right(headers, &X_FORWARDED_FOR, false);
        let listed: Vec<Option<IpAddr>> = listed.iter().map(|node| address(node)).collect();
        let standard: Vec<Option<IpAddr>> = forwarded.iter().map(|hop| hop.node).collect();
        let heard = match [&FORWARDED, &X_FORWARDED_FOR].map(|it| headers.contains_key(it)) {
            [true, false] => self.first_unknown(&standard),
            [false, _] => self.first_unknown(&listed),
            // One of the two may be the client's own, which its proxy does not write: unless they
            // tell the same, neither is believed.
            [true, true] => {
                let said = self.first_unknown(&standard);
                said.filter(|_| said == self.first_unknown(&listed))
            }
        };
        client.address = heard.or(peer);
        let said = from_right(headers, &X_FORWARDED_PROTO, false);
        let said = said.first().is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        client.https = forwarded.first().is_some_and(|hop| hop.https) || said;
        client
    }

    /// The first from the right that is no proxy of ours, or the last of ours, if all are. Who hides
    /// behind a name is where the proxy before him is.
    fn first_unknown(&self, nodes: &[Option<IpAddr>]) -> Option<IpAddr> {
        let mut last = None;
        for node in nodes {
            let Some(node) = *node else { break };
            last = Some(node);
            if !self.trusts(node) {
                break;
            }
        }
        last
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whom a proxy heard, and how.
struct Hop {
    node: Option<IpAddr>,
    https: bool,
}

impl Hop {
    /// Reads an element of `Forwarded`: pairs with semicolons between them.
    fn parse(element: &str) -> Self {
        let mut hop = Self { node: None, https: false };
        let pairs = split_from_right(element, ';', true);
        for (name, value) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.node = address(value),
                "proto" => hop.https = value.eq_ignore_ascii_case("https"),
                _ => {}
            }
        }
        hop
    }
}

/// The elements of all headers of that name, from the right: what stands there was written by who is
/// nearest, whatever a client has written to the left of it.
fn from_right(headers: &HeaderMap, name: &HeaderName, quotes: bool) -> Vec<String> {
    let lines: Vec<_> = headers.get_all(name).collect();
    let lines = lines.into_iter().rev();
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    lines.flat_map(|line| split_from_right(&line, ',', quotes)).collect()
}

/// The parts of a text from the right, trimmed, without those that are empty; what is quoted stays
/// together, if quotes count.
fn split_from_right(text: &str, at: char, quotes: bool) -> Vec<String> {
    let mut quoted = false;
    let parts = text.rsplit(move |character| {
        quoted ^= quotes && character == '"';
        character == at && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The address of a node, with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`.
fn address(node: &str) -> Option<IpAddr> {
    let bare = match node.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => match node.split_once(':') {
            Some((host, port)) if !port.contains(':') => host,
            _ => node,
        },
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn client(peer: &str, headers: &[(HeaderName, &str)]) -> (String, bool) {
        let proxies: TrustedProxies = "10.0.0.0/8, 2001:db8:1::/48,192.0.2.1".parse().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let Client { address, https } = proxies.client(Some(peer.parse().unwrap()), &map);
        (address.unwrap().to_string(), https)
    }

    #[test]
    fn only_who_is_trusted_is_believed() {
        let headers = [
            (X_FORWARDED_FOR, "203.0.113.9"),
            (X_FORWARDED_PROTO, "https"),
            (FORWARDED, "for=203.0.113.8;proto=https"),
        ];
        for stranger in ["198.51.100.1", "11.0.0.1", "2001:db8:2::1"] {
            assert_eq!(client(stranger, &headers), (stranger.to_owned(), false));
        }
        assert_eq!(client("::ffff:198.51.100.1", &headers).0, "198.51.100.1");
        for proxy in ["10.1.2.3", "192.0.2.1", "2001:db8:1::7", "::ffff:10.1.2.3"] {
            assert_eq!(client(proxy, &headers[..2]), ("203.0.113.9".to_owned(), true), "{proxy}");
            assert_eq!(client(proxy, &headers[2..]), ("203.0.113.8".to_owned(), true), "{proxy}");
            assert!(!client(proxy, &[]).1);
        }
        // Its proxy writes one of the two; the other may be the client's.
        assert_eq!(client("10.1.2.3", &headers).0, "10.1.2.3");
        let same = [(X_FORWARDED_FOR, "203.0.113.9"), (FORWARDED, "for=203.0.113.9")];
        assert_eq!(client("10.1.2.3", &same).0, "203.0.113.9");
    }

    #[test]
    fn what_a_client_wrote_to_the_left_changes_nothing() {
        for written in ["\"", "for=6.6.6.6;x=\"", "6.6.6.6", "\u{fc}", "\\\"", ",,\","] {
            let line = format!("{written}, 203.0.113.9");
            assert_eq!(client("10.0.0.1", &[(X_FORWARDED_FOR, &line)]).0, "203.0.113.9", "{line}");
            let line = format!("{written}, for=203.0.113.9");
            assert_eq!(client("10.0.0.1", &[(FORWARDED, &line)]).0, "203.0.113.9", "{line}");
        }
    }

    #[test]
    fn who_was_heard_is_read_from_the_right() {
        let through = |value: &str| client("10.0.0.1", &[(X_FORWARDED_FOR, value)]).0;
        assert_eq!(through("203.0.113.9"), "203.0.113.9");
        assert_eq!(through("1.1.1.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
        assert_eq!(through("1.1.1.1,203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(through("10.0.0.3, 10.0.0.2"), "10.0.0.3", "all are ours");
        assert_eq!(through("1.1.1.1, nonsense, 10.0.0.2"), "10.0.0.2");
        assert_eq!(through(""), "10.0.0.1");
        let two = [(X_FORWARDED_FOR, "1.1.1.1"), (X_FORWARDED_FOR, "203.0.113.9")];
        assert_eq!(client("10.0.0.1", &two).0, "203.0.113.9", "one list in two headers");
    }

    #[test]
    fn the_standard_header_is_read() {
        let through = |value: &str| client("10.0.0.1", &[(FORWARDED, value)]);
        let from = |address: &str, https: bool| (address.to_owned(), https);
        assert_eq!(through("for=192.0.2.60;proto=http;by=10.0.0.1"), from("192.0.2.60", false));
        assert_eq!(through("FOR=\"[2001:db8:cafe::17]:4711\""), from("2001:db8:cafe::17", false));
        assert_eq!(
            through("for=1.1.1.1;proto=https, for=198.51.100.7;proto=http"),
            from("198.51.100.7", false)
        );
        assert_eq!(
            through("for=\"a,b;c\", For = 198.51.100.7 ; Proto = \"HTTPS\""),
            from("198.51.100.7", true)
        );
        for hidden in ["for=unknown", "for=_hidden", "proto=http", "nonsense", "for=\""] {
            assert_eq!(through(hidden), from("10.0.0.1", false), "{hidden}");
        }
    }

    #[test]
    fn a_list_of_networks_is_read_or_refused() {
        for text in ["", "10.0.0.0/8", "::1, 10.0.0.1,", "fd00::/8"] {
            assert!(text.parse::<TrustedProxies>().is_ok(), "{text}");
        }
        for text in ["localhost", "10.0.0.0/33", "10.0.0.0-10.0.0.9"] {
            assert!(text.parse::<TrustedProxies>().is_err(), "{text}");
        }
    }
}
