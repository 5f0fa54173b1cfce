//! The wallets that transfers go between, and the requests for both.

use super::announce;
use super::client::{Client, post, prefer};

/// Enough that transfers rarely meet in a wallet, few enough that they do.
const COUNT: u64 = 1_000;
const CURRENCY: &str = "IDR";
/// As much as 500,000 of the largest transfers, all in one direction.
const OPENING_BALANCE: &str = "1000000000.00";

/// Opens all of them, one after the other.
pub(super) fn open(port: u16) -> Result<(), String> {
    announce(&format!("opening {COUNT} wallets"));
    let mut client = Client::new(port);
    for wallet in 0..COUNT {
        match client.send(&open_wallet(wallet)) {
            Ok(answer) if answer.status == 201 => {}
            Ok(answer) => {
                return Err(format!("opening a wallet came to {} {}", answer.status, answer.body));
            }
            Err(error) => return Err(format!("opening a wallet: {error}")),
        }
    }
    Ok(())
}

fn open_wallet(wallet: u64) -> Vec<u8> {
    let alias = alias(wallet);
    let body = format!(
        r#"{{"currency":"{CURRENCY}","alias":"{alias}","opening_balance":"{OPENING_BALANCE}"}}"#
    );
    post("/api/v1/accounts", "", &body)
}

/// A request to transfer money. The amounts vary from 1000.00, the least that is allowed, to
/// 1999.00.
pub(super) fn create_transfer(name: &str, number: u64, wait_seconds: Option<u64>) -> Vec<u8> {
    let (source, destination) = pair(number);
    let (source, destination) = (alias(source), alias(destination));
    let amount = 1_000 + number % 1_000;
    let body =
        format!(r#"{{"source":"{source}","destination":"{destination}","amount":"{amount}.00"}}"#);
    let headers = format!("Idempotency-Key: {name}-{number}\r\n{}", prefer(wait_seconds));
    post("/api/v1/transfers", &headers, &body)
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
    use super::{COUNT, create_transfer, mix, open_wallet, pair};
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
            let text = String::from_utf8(create_transfer("a", number, Some(5))).unwrap();
            assert!(text.contains("\r\nPrefer: wait=5\r\n"), "{text}");
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let key = head.lines().find_map(|it| it.strip_prefix("Idempotency-Key: ")).unwrap();
            assert!(keys.insert(key.to_owned()));
            let amount = body.split(r#""amount":""#).nth(1).unwrap().trim_end_matches("\"}");
            let amount = amount.strip_suffix(".00").unwrap().parse::<u32>().unwrap();
            assert!((1_000..10_000_000).contains(&amount), "{text}");
        }
        let silent = String::from_utf8(create_transfer("a", 1, None)).unwrap();
        assert!(!silent.contains("Prefer"));
    }

    #[test]
    fn a_wallet_is_opened_with_money() {
        let text = String::from_utf8(open_wallet(12)).unwrap();
        let body = r#"{"currency":"IDR","alias":"wallet-12","opening_balance":"1000000000.00"}"#;
        assert!(text.starts_with("POST /api/v1/accounts HTTP/1.1\r\n"), "{text}");
        assert!(text.ends_with(&format!("Content-Length: {}\r\n\r\n{body}", body.len())), "{text}");
    }
}
