//! Statements about merchants, their keys, and what was done.

use super::rows::{Case, at, id, key, one, text};
use crate::statement::Param;
use paygate_core::identity::SecretHash;
use uuid::Uuid;

/// A page and one more, which says that there is another.
const PAGE: u64 = 51;

fn api_key(n: u64) -> Param {
    Param::Id(id(4, n))
}

pub(super) fn taking_in(name: &str) -> Vec<Case> {
    match name {
        "TakeIn" => one(
            1,
            [
                text("new"),
                Param::MaybeText(None),
                text("operator"),
                Param::MaybeId(Some(key(200_000))),
                Param::MaybeBinary(Some(vec![0; 32])),
            ],
        ),
        "OfKey" => one(1, [Param::Id(key(40_000))]),
        "One" => one(1, [text("m40000")]),
        "Listed" => one(PAGE, [text("m28"), Param::BigInt(51)]),
        _ => Vec::new(),
    }
}

pub(super) fn opening_doors(name: &str) -> Vec<Case> {
    let secret = |n: u64| Some(SecretHash::of(n.to_string().as_bytes()).0.to_vec());
    match name {
        "Make" => one(
            1,
            [
                api_key(200_000),
                text("m28"),
                text("till"),
                Param::Bytes(vec![1; 32]),
                text("pgk_00000000"),
                text("payments:read"),
                text("operator"),
                Param::MaybeId(Some(id(4, 7))),
                Param::MaybeTime(None),
                Param::MaybeId(Some(key(200_000))),
                Param::MaybeBinary(Some(vec![0; 32])),
            ],
        ),
        "OfKey" => one(1, [Param::Id(key(70_000))]),
        "Lock" | "LockMaker" | "Revoke" | "One" => one(1, [api_key(70_000)]),
        "Replace" => one(2, [api_key(70_001), Param::Time(at(0)), api_key(70_000)]),
        "Shown" => one(3, [Param::MaybeBytes(vec![secret(7), secret(70_000), secret(200_000)])]),
        "Listed" => one(PAGE, [api_key(70_000), Param::BigInt(51)]),
        "OfMerchant" => ["m28", "m29", "nobody"]
            .map(|merchant| {
                let below = Param::Id(Uuid::max());
                let params = vec![text(merchant), text(merchant), below, Param::BigInt(51)];
                Case { used: PAGE, params }
            })
            .into(),
        "Used" => {
            let keys = [7, 70_000].map(|n| id(4, n));
            one(4, [Param::Time(at(1)), Param::Ids(keys.into()), Param::Time(at(0))])
        }
        _ => Vec::new(),
    }
}

pub(super) fn writing_down(name: &str) -> Vec<Case> {
    let listed = |filters: &[&str]| {
        let filters = || filters.iter().map(|filter| text(filter));
        let mut params: Vec<Param> = filters().collect();
        params.push(Param::Time(at(100)));
        params.extend(filters());
        params.extend([Param::Time(at(150_000)), Param::Id(Uuid::nil()), Param::BigInt(51)]);
        Case { used: PAGE, params }
    };
    match name {
        // It may split a leaf of each of six indexes.
        "WriteDown" => one(
            2,
            [
                Param::Id(id(5, 300_000)),
                text("operator"),
                Param::MaybeId(None),
                text("api-key-created"),
                text("merchant:m28"),
                Param::MaybeText(None),
                Param::MaybeText(None),
            ],
        ),
        "TimeOf" => one(1, [Param::Id(id(5, 70_000))]),
        "OfAll" => vec![listed(&[])],
        "OfPrincipal" => vec![listed(&["operator"]), listed(&["merchant:rare"])],
        "OfAction" => vec![listed(&["api-key-created"]), listed(&["api-key-revoked"])],
        "OfPrincipalAndAction" => vec![
            listed(&["operator", "api-key-created"]),
            listed(&["operator", "api-key-revoked"]),
            listed(&["merchant:rare", "api-key-created"]),
        ],
        "OfTarget" => vec![listed(&["merchant:m28"]), listed(&["merchant:m77"])],
        _ => Vec::new(),
    }
}
