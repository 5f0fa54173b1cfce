//! Statements about quotes.

use super::rows::{BUSY, Case, at, key, one, quote, some_text, text};
use crate::statement::Param;

pub(super) fn quoting(name: &str) -> Vec<Case> {
    match name {
        "Keep" => one(
            1,
            [
                Param::Id(quote(200_000)),
                some_text(BUSY),
                text("USD"),
                text("EUR"),
                Param::BigInt(1),
                Param::BigInt(2),
                text("test"),
                Param::Time(at(0)),
                Param::Time(at(0)),
                Param::MaybeId(Some(key(200_000))),
                Param::MaybeBinary(Some(vec![0; 32])),
            ],
        ),
        "One" => one(1, [Param::Id(quote(70_000))]),
        "OfKey" => one(1, [Param::Id(key(70_000))]),
        "Forget" => one(2 * 500, [Param::Time(at(90_000)), Param::BigInt(500)]),
        _ => Vec::new(),
    }
}
