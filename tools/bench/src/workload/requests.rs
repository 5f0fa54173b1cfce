//! The requests that are sent.

use std::fmt;

use super::wallets::{Currency, Wallet};
use crate::http::Request;

/// By what a payment is told from all others, of this run and of others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// Another one for each load.
    pub(crate) load: &'a str,
    /// Another one for each request of it.
    pub(crate) number: u64,
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.load, self.number)
    }
}

/// The header by which a client waits for the outcome, if it waits.
struct Prefer(Option<u8>);

impl fmt::Display for Prefer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |seconds| write!(f, "prefer: wait={seconds}\r\n"))
    }
}

/// A charge. The amounts vary and none of them is magic: the last two digits of its cents are never
/// 01 to 05, by which the simulated acquirer is told to misbehave.
pub(crate) fn charge<'a>(request: &'a mut Request, key: Key<'_>, wait: Option<u8>) -> &'a [u8] {
    let cents = 10 + key.number % 90;
    request.post(
        "/api/v1/payments",
        format_args!("{}", Prefer(wait)),
        format_args!(r#"{{"amount":"12.{cents}","currency":"USD","reference":"{key}"}}"#),
    )
}

/// A transfer, or a hold. The amounts vary from 1000.00 to 1999.00 rupiah, the least that is allowed,
/// and between two currencies around 20,000 rupiah, so that something is left of them in dollars.
pub(crate) fn transfer<'a>(
    request: &'a mut Request,
    key: Key<'_>,
    (source, destination): (Wallet, Wallet),
    is_hold: bool,
    wait: Option<u8>,
) -> &'a [u8] {
    let (whole, cents) = match (source.currency(), destination.currency()) {
        (Currency::Idr, Currency::Idr) => (1_000 + key.number % 1_000, 0),
        (Currency::Idr, Currency::Usd) => (20_000 + key.number % 1_000, 0),
        (Currency::Usd, Currency::Idr | Currency::Usd) => (1, 10 + key.number % 90),
    };
    let capture = if is_hold { r#","capture":false"# } else { "" };
    request.post(
        "/api/v1/transfers",
        format_args!("idempotency-key: {key}\r\n{}", Prefer(wait)),
        format_args!(
            r#"{{"source":"{source}","destination":"{destination}","amount":"{whole}.{cents:02}"{capture}}}"#
        ),
    )
}

/// The capture of a hold.
pub(crate) fn capture<'a>(request: &'a mut Request, id: &str) -> &'a [u8] {
    let path = format_args!("/api/v1/payments/{id}/capture");
    request.post(path, format_args!(""), format_args!("{{}}"))
}

/// One payment.
pub(crate) fn get<'a>(request: &'a mut Request, id: &str) -> &'a [u8] {
    request.get(format_args!("/api/v1/payments/{id}"))
}

/// The newest payments.
pub(crate) fn list(request: &mut Request) -> &[u8] {
    request.get("/api/v1/payments?limit=20")
}

#[cfg(test)]
mod tests {
    use super::{Key, charge, transfer};
    use crate::http::{Request, Target};
    use crate::workload::Wallet;
    use crate::workload::wallets::Currency;
    use std::collections::BTreeSet;

    fn request() -> Request {
        Request::new(&Target::local(8080))
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn amount(of: &str) -> u64 {
        let amount = of.split(r#""amount":""#).nth(1).unwrap().split('"').next().unwrap();
        amount.replace('.', "").parse().unwrap()
    }

    #[test]
    fn no_charge_is_magic_and_references_differ() {
        let mut request = request();
        let mut references = BTreeSet::new();
        for number in 0..500 {
            let charge = text(charge(&mut request, Key { load: "a", number }, None));
            assert!(amount(&charge) % 100 > 5, "{charge}");
            references.insert(charge.split(r#""reference":""#).nth(1).unwrap().to_owned());
        }
        assert_eq!(references.len(), 500);
    }

    #[test]
    fn each_transfer_has_its_own_key_and_an_amount_within_the_limits() {
        let (idr, usd) = (Wallet::idr(1), Wallet::of(Currency::Usd, 2));
        let mut request = request();
        for (pair, rupiah) in [((idr, Wallet::idr(2)), 1), ((idr, usd), 1), ((usd, idr), 15_500)] {
            let mut keys = BTreeSet::new();
            for number in 0..1_100 {
                let key = Key { load: "a", number };
                let transfer = text(transfer(&mut request, key, pair, false, None));
                let worth = amount(&transfer) * rupiah;
                assert!((100_000..1_000_000_000).contains(&worth), "{transfer}");
                keys.insert(transfer.split("idempotency-key: ").nth(1).unwrap().to_owned());
            }
            assert_eq!(keys.len(), 1_100);
        }
    }

    #[test]
    fn who_waits_and_who_holds_says_so() {
        let (key, pair) = (Key { load: "a", number: 1 }, (Wallet::idr(1), Wallet::idr(2)));
        let mut request = request();
        let hold = text(transfer(&mut request, key, pair, true, Some(5)));
        assert!(hold.contains("\r\nprefer: wait=5\r\n") && hold.ends_with(r#","capture":false}"#));
        let plain = text(transfer(&mut request, key, pair, false, None));
        assert!(!plain.contains("prefer") && !plain.contains("capture"));
    }
}
