//! Who pays whom.

use super::kinds::{Operation, Workload};
use super::wallets::{Currency, LEAST, Wallet};

/// The skew of the few that are in most transfers, as usual in benchmarks. Source: Cooper et al.,
/// "Benchmarking cloud serving systems with YCSB".
const SKEW: f64 = 0.99;

/// The wallets, and how often each is chosen where some are chosen more.
#[derive(Debug)]
pub(crate) struct Choice {
    wallets: u64,
    /// Of each wallet, the share of all choices that fall on it or one before it, in 2^-64.
    cumulated: Vec<u64>,
}

impl Choice {
    /// Among so many wallets of each currency, at least two.
    pub(crate) fn among(wallets: u64) -> Self {
        let wallets = wallets.max(LEAST);
        let weight = |rank: u64| (rank as f64 + 1.0).powf(-SKEW);
        let sum: f64 = (0..wallets).map(weight).sum();
        let share = |so_far: &mut f64, rank| {
            *so_far += weight(rank) / sum;
            // Saturates, which is right for the last.
            Some((*so_far * u64::MAX as f64) as u64)
        };
        Self { wallets, cumulated: (0..wallets).scan(0.0, share).collect() }
    }

    /// What the request with this number is.
    pub(crate) fn operation(&self, workload: Workload, number: u64) -> Operation {
        let (source, destination) = self.pair(number);
        let transfer = Operation::Transfer(Wallet::idr(source), Wallet::idr(destination));
        let hold = Operation::Hold(Wallet::idr(source), Wallet::idr(destination));
        let reading = if number.is_multiple_of(2) { Operation::List } else { Operation::Get };
        match workload {
            Workload::Charge => Operation::Charge,
            Workload::Transfer => transfer,
            Workload::Zipf => self.skewed(number),
            Workload::Hot => {
                Operation::Transfer(Wallet::idr(self.not_first(number)), Wallet::idr(0))
            }
            Workload::Fx => conversion(number, source, destination),
            Workload::Holds => hold,
            Workload::Mixed => match number % 10 {
                0..4 => transfer,
                4..7 => Operation::Charge,
                7 => conversion(number / 10, source, destination),
                8 => hold,
                _ => Operation::List,
            },
            Workload::Read if number.is_multiple_of(10) => transfer,
            Workload::Read => reading,
        }
    }

    /// Two different wallets, each pair as likely as any other.
    fn pair(&self, number: u64) -> (u64, u64) {
        let source = mix(number.wrapping_mul(2)) % self.wallets;
        let other = mix(number.wrapping_mul(2).wrapping_add(1)) % (self.wallets - 1);
        (source, if other < source { other } else { other + 1 })
    }

    fn not_first(&self, number: u64) -> u64 {
        1 + mix(number) % (self.wallets - 1)
    }

    fn skewed(&self, number: u64) -> Operation {
        let drawn = |salt: u64| self.ranked(mix(number.wrapping_mul(3).wrapping_add(salt)));
        let (source, mut destination) = (drawn(0), drawn(1));
        if source == destination {
            destination = (destination + 1) % self.wallets;
        }
        Operation::Transfer(Wallet::idr(source), Wallet::idr(destination))
    }

    fn ranked(&self, drawn: u64) -> u64 {
        let rank = self.cumulated.partition_point(|share| *share < drawn);
        (rank as u64).min(self.wallets - 1)
    }
}

/// There and back in turn, so that no currency runs out.
fn conversion(number: u64, source: u64, destination: u64) -> Operation {
    let (from, to) = match number.is_multiple_of(2) {
        true => (Currency::Idr, Currency::Usd),
        false => (Currency::Usd, Currency::Idr),
    };
    Operation::Transfer(Wallet::of(from, source), Wallet::of(to, destination))
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
    use super::{Choice, mix};
    use crate::workload::{Operation, Workload};
    use std::collections::{BTreeMap, BTreeSet};

    const WALLETS: u64 = 1_000;

    /// How often each wallet is the source and the destination.
    fn drawn(workload: Workload) -> (BTreeMap<u64, u64>, BTreeMap<u64, u64>) {
        let choice = Choice::among(WALLETS);
        let (mut sources, mut destinations) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..200 * WALLETS {
            let Operation::Transfer(source, destination) = choice.operation(workload, number)
            else {
                panic!("{workload:?} is of transfers");
            };
            assert_ne!(source, destination);
            *sources.entry(source.number()).or_insert(0) += 1;
            *destinations.entry(destination.number()).or_insert(0) += 1;
        }
        (sources, destinations)
    }

    #[test]
    fn pairs_are_of_different_wallets_and_spread_evenly() {
        let (sources, destinations) = drawn(Workload::Transfer);
        for times in [sources, destinations] {
            assert!(times.keys().copied().eq(0..WALLETS));
            // 200 on average, 14 the standard deviation.
            assert!(times.values().all(|times| (120..280).contains(times)), "{times:?}");
        }
        let mixed: BTreeSet<u64> = (0..10_000).map(mix).collect();
        assert_eq!(mixed.len(), 10_000);
    }

    #[test]
    fn few_wallets_are_in_most_transfers_of_zipf_and_one_is_in_all_of_hot() {
        let (sources, _) = drawn(Workload::Zipf);
        // By its weight the first has 1 ÷ 7.73 of all.
        assert!((24_000..28_000).contains(&sources[&0]), "{}", sources[&0]);
        assert!(sources.values().filter(|times| **times > 200).count() < 300);
        let (sources, destinations) = drawn(Workload::Hot);
        assert_eq!(destinations, BTreeMap::from([(0, 200 * WALLETS)]));
        assert!(!sources.contains_key(&0) && sources.len() as u64 == WALLETS - 1);
    }

    #[test]
    fn conversions_go_there_and_back() {
        let choice = Choice::among(2);
        let currencies = |number| match choice.operation(Workload::Fx, number) {
            Operation::Transfer(source, destination) => {
                (source.currency().code(), destination.currency().code())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!([0, 1].map(currencies), [("IDR", "USD"), ("USD", "IDR")]);
    }

    #[test]
    fn mixtures_are_as_they_say() {
        let choice = Choice::among(WALLETS);
        let count = |workload, of: fn(&Operation) -> bool| {
            (0..100).filter(|number| of(&choice.operation(workload, *number))).count()
        };
        for (workload, transfers, charges, holds, reads) in
            [(Workload::Mixed, 50, 30, 10, 10), (Workload::Read, 10, 0, 0, 90)]
        {
            let is_transfer = |it: &Operation| matches!(it, Operation::Transfer(..));
            assert_eq!(count(workload, is_transfer), transfers);
            assert_eq!(count(workload, |it| matches!(it, Operation::Charge)), charges);
            assert_eq!(count(workload, |it| matches!(it, Operation::Hold(..))), holds);
            let is_reading = |it: &Operation| matches!(it, Operation::Get | Operation::List);
            assert_eq!(count(workload, is_reading), reads);
        }
    }
}
