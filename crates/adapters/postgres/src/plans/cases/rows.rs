//! The rows that `fill` makes, and the parameters that name them.

use crate::statement::Param;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A statement's parameters, and how many rows of theirs whoever runs it uses.
pub(crate) struct Case {
    pub(crate) used: u64,
    pub(crate) params: Vec<Param>,
}

/// Who owns most payments, few, and none; and who most wallets.
pub(super) const DEFAULT: &str = "merchant:default";
pub(super) const RARE: &str = "merchant:rare";
pub(super) const NOBODY: &str = "merchant:nobody";
pub(super) const BUSY: &str = "merchant:m28";

/// How many payments a batch has.
pub(super) const BATCH: u64 = 100;
/// How many accounts are the system's.
pub(super) const SYSTEM: u64 = 28;
/// How many new entries a proof finds, and what finding them reads besides: the index on their times
/// knows ranges of pages only, and the last two are read whole.
pub(super) const NEW: u64 = 200;
pub(super) const NEW_RANGES: u64 = 2 * 32 * 140;

pub(super) fn one(used: u64, params: impl Into<Vec<Param>>) -> Vec<Case> {
    vec![Case { used, params: params.into() }]
}

pub(super) fn id(kind: u128, n: u64) -> Uuid {
    Uuid::from_u128((kind << 124) | (0x7000_8000 << 48) | u128::from(n))
}

pub(super) fn account(n: u64) -> Uuid {
    id(1, n)
}

pub(super) fn payment(n: u64) -> Uuid {
    id(2, n)
}

pub(super) fn quote(n: u64) -> Uuid {
    id(3, n)
}

/// When the row of that number was made.
pub(super) fn at(n: u64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_577_836_800, 0).unwrap();
    start + TimeDelta::seconds(i64::try_from(n).unwrap())
}

/// A batch of settled payments, of as many wallets.
pub(super) fn settled() -> impl Iterator<Item = u64> + Clone {
    (0..BATCH).map(|n| 400_001 + 2 * n)
}

/// Payments that are not there yet.
pub(super) fn new() -> impl Iterator<Item = u64> + Clone {
    2_000_000..2_000_000 + BATCH
}

pub(super) fn ids(rows: impl Iterator<Item = Uuid>) -> Param {
    Param::Ids(rows.collect())
}

/// The same for each of a batch.
pub(super) fn texts(text: &str) -> Param {
    Param::Texts((0..BATCH).map(|_| text.to_owned()).collect())
}

pub(super) fn no_texts() -> Param {
    Param::MaybeTexts((0..BATCH).map(|_| None).collect())
}

pub(super) fn numbers(number: i64) -> Param {
    Param::BigInts((0..BATCH).map(|_| number).collect())
}

pub(super) fn no_numbers() -> Param {
    Param::MaybeBigInts((0..BATCH).map(|_| None).collect())
}

pub(super) fn no_times() -> Param {
    Param::MaybeTimes((0..BATCH).map(|_| None).collect())
}

pub(super) fn ints(number: i32) -> Param {
    Param::Ints((0..BATCH).map(|_| number).collect())
}

pub(super) fn times(n: u64) -> Param {
    Param::Times((0..BATCH).map(|_| at(n)).collect())
}

pub(super) fn named(word: &str, rows: impl Iterator<Item = u64>) -> Param {
    Param::MaybeTexts(rows.map(|n| Some(format!("{word}{n}"))).collect())
}

pub(super) fn key(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

pub(super) fn keys(rows: impl Iterator<Item = u64>) -> Param {
    Param::MaybeIds(rows.map(|n| Some(key(n))).collect())
}

pub(super) fn text(text: &str) -> Param {
    Param::Text(text.to_owned())
}

pub(super) fn some_text(text: &str) -> Param {
    Param::MaybeText(Some(text.to_owned()))
}

pub(super) const NO_TEXT: Param = Param::MaybeText(None);
pub(super) const NO_TIME: Param = Param::MaybeTime(None);
