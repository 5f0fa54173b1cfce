//! The wallets that transfers go between, and the requests for both.

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use crate::client::Client;
use crate::requests::{post, waiting, with_header};
use crate::told::announce;

/// Enough that transfers rarely meet in a wallet, few enough that they do.
const COUNT: u64 = 1_000;
const CURRENCY: &str = "IDR";
/// As much as 500,000 of the largest transfers, all in one direction.
const OPENING_BALANCE: &str = "1000000000.00";

/// Opens all of them, one after the other.
pub(crate) async fn open(port: u16) -> Result<(), String> {
    announce(&format!("opening {COUNT} wallets"));
    let mut client = Client::new(port);
    for wallet in 0..COUNT {
        let answer = client.send(post("/api/v1/accounts", wallet_of(wallet))).await;
        let answer = answer.map_err(|error| format!("opening a wallet: {error}"))?;
        if answer.status != 201 {
            return Err(format!("opening a wallet came to {} {}", answer.status, answer.body));
        }
    }
    Ok(())
}

fn wallet_of(wallet: u64) -> String {
    let alias = alias(wallet);
    format!(
        r#"{{"currency":"{CURRENCY}","alias":"{alias}","opening_balance":"{OPENING_BALANCE}"}}"#
    )
}

/// A request to transfer money.
pub(crate) fn create_transfer(
    name: &str,
    number: u64,
    wait_seconds: Option<u64>,
) -> Request<Full<Bytes>> {
    let mut request = post("/api/v1/transfers", transfer(number));
    with_header(&mut request, "idempotency-key", &format!("{name}-{number}"));
    waiting(wait_seconds, request)
}

/// The amounts vary from 1000.00, the least that is allowed, to 1999.00.
fn transfer(number: u64) -> String {
    let (source, destination) = pair(number);
    let (source, destination) = (alias(source), alias(destination));
    let amount = 1_000 + number % 1_000;
    format!(r#"{{"source":"{source}","destination":"{destination}","amount":"{amount}.00"}}"#)
}

fn alias(wallet: u64) -> String {
    format!("wallet-{wallet}")
}

/// Two different wallets, each pair as likely as any other; always the same for one number.
fn pair(number: u64) -> (u64, u64) {
    let source = mix(number.wrapping_mul(2)) % COUNT;
    let other = mix(number.wrapping_mul(2).wrapping_add(1)) % (COUNT - 1);
    (source, if other < source { other } else { other + 1 })
}

/// As good as random. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators" (`SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::{COUNT, create_transfer, mix, pair, transfer, wallet_of};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn pairs_are_of_different_wallets_and_spread_evenly() {
        let (mut sources, mut destinations) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..200 * COUNT {
            let (source, destination) = pair(number);
            assert_ne!(source, destination);
            *sources.entry(source).or_insert(0) += 1;
            *destinations.entry(destination).or_insert(0) += 1;
        }
        for times in [sources, destinations] {
            assert!(times.keys().copied().eq(0..COUNT));
            // 200 on average, 14 the standard deviation.
            assert!(times.values().all(|times| (120..280).contains(times)), "{times:?}");
        }
        assert_eq!(pair(7), pair(7));
        let mixed: BTreeSet<u64> = (0..10_000).map(mix).collect();
        assert_eq!(mixed.len(), 10_000);
    }

    #[test]
    fn each_transfer_has_its_own_key_and_an_amount_within_the_limits() {
        let mut keys = BTreeSet::new();
        for number in 0..2_000 {
            let request = create_transfer("a", number, Some(5));
            assert_eq!(request.headers()["prefer"], "wait=5");
            assert!(keys.insert(request.headers()["idempotency-key"].clone()));
            let body = transfer(number);
            let amount = body.split(r#""amount":""#).nth(1).unwrap().trim_end_matches("\"}");
            let amount = amount.strip_suffix(".00").unwrap().parse::<u32>().unwrap();
            assert!((1_000..10_000_000).contains(&amount), "{body}");
        }
    }

    #[test]
    fn a_wallet_is_opened_with_money() {
        let body = r#"{"currency":"IDR","alias":"wallet-12","opening_balance":"1000000000.00"}"#;
        assert_eq!(wallet_of(12), body);
    }
}
