//! Statements about the proof of the ledger.

use super::rows::{
    BATCH, Case, NEW, NEW_RANGES, SYSTEM, account, at, ids, numbers, one, payment, settled,
};
use crate::statement::Param;

pub(super) fn proving(name: &str) -> Vec<Case> {
    let page = || ids(settled().map(payment));
    let since = Param::Time(at(1_000_000 - 2 * NEW));
    match name {
        "Unhurried" | "ReadingWhole" => one(0, []),
        "accounts::Page" => one(500, [Param::Id(account(50_000)), Param::BigInt(500)]),
        "accounts::OpenTouched" => one(NEW_RANGES + 3 * NEW + SYSTEM, [since]),
        "payments::OpenNew" => one(NEW_RANGES + 2 * NEW, [since]),
        "accounts::Touched" => {
            one(2 * BATCH, [ids(settled().map(|n| account(n % 50_000 + 50_000))), numbers(5)])
        }
        "accounts::FirstPostings" => one(
            2 * 5 * BATCH,
            [ids(settled().map(|n| account(n % 50_000 + 50_000))), numbers(15), Param::BigInt(20)],
        ),
        "accounts::MorePostings" => {
            one(2 * 2_000, [Param::Id(account(28)), Param::BigInt(250_000), Param::BigInt(2_000)])
        }
        "payments::Page" => one(500, [Param::Id(payment(500_000)), Param::BigInt(500)]),
        "payments::Some500" | "payments::Timelines" => one(BATCH, [page()]),
        "payments::Postings" => one(3 * BATCH, [page()]),
        // Two of a hundred have been refunded once.
        "payments::Refunds" => one(BATCH, [ids((0..BATCH).map(|n| payment(400_050 + n * 100)))]),
        _ => Vec::new(),
    }
}

pub(super) fn remembering(name: &str) -> Vec<Case> {
    match name {
        "Begin" => one(1, [Param::BigInt(1)]),
        "Record" => one(1, [Param::Time(at(0))]),
        _ => Vec::new(),
    }
}
