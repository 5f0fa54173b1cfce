//! Statements about accounts.

use super::rows::{
    BATCH, BUSY, Case, NO_TEXT, NOBODY, RARE, account, at, ids, ints, key, one, settled, some_text,
    text,
};
use crate::statement::Param;

pub(super) fn reading_accounts(name: &str) -> Vec<Case> {
    let below = || Param::Id(account(90_000));
    match name {
        "ById" => one(BATCH, [ints(1), ids(settled().map(|n| account(n % 100_000)))]),
        "ByNumber" => {
            let numbers = settled().map(|n| format!("{:012}", n % 100_000));
            one(BATCH, [ints(1), Param::Texts(numbers.collect())])
        }
        "ByAlias" => {
            let owners = settled().map(|n| format!("user:{}", account(n % 100_000)));
            let aliases = settled().map(|_| "main".to_owned());
            let (owners, aliases) = (owners.collect(), aliases.collect());
            one(BATCH, [ints(1), Param::Texts(owners), Param::Texts(aliases)])
        }
        "Listed" => one(51, [Param::Id(account(90_000)), Param::BigInt(51)]),
        "OfCurrency" => ["USD", "KWD", "CHF"]
            .map(|code| Case {
                used: 51,
                params: vec![text(code), text(code), Param::Id(account(90_000)), Param::BigInt(51)],
            })
            .into(),
        "OfOwner" => [BUSY, RARE, NOBODY]
            .map(|owner| Case {
                used: 51,
                params: vec![text(owner), text(owner), below(), Param::BigInt(51)],
            })
            .into(),
        "OfOwnerAndCurrency" => [(BUSY, "USD"), (BUSY, "KWD"), (RARE, "USD"), (RARE, "KWD")]
            .map(|(owner, code)| Case {
                used: 51,
                params: [owner, code, owner, code]
                    .map(text)
                    .into_iter()
                    .chain([below(), Param::BigInt(51)])
                    .collect(),
            })
            .into(),
        "OfAlias" => ["main", "wallet-70002", "nothing"]
            .map(|alias| Case {
                used: 51,
                params: vec![text(alias), text(alias), below(), NO_TEXT, Param::BigInt(51)],
            })
            .into(),
        // The busy merchant's half million postings are halved until one is left.
        "PositionAt" => one(40, [Param::Id(account(28)), Param::Time(at(700_000))]),
        "Lines" => one(
            4 * BATCH,
            [
                Param::Id(account(28)),
                Param::BigInt(250_000),
                Param::BigInt(400_000),
                Param::BigInt(100),
            ],
        ),
        _ => Vec::new(),
    }
}

pub(super) fn opening(name: &str) -> Vec<Case> {
    let number = |n: u64| format!("{n:012}");
    let two = |one: &str, other: &str| Param::Texts(vec![one.to_owned(), other.to_owned()]);
    let codes = || Param::MaybeTexts(vec![Some("bank".to_owned()), None]);
    let merchants = || Param::MaybeTexts(vec![None, Some("merchant:m30".to_owned())]);
    match name {
        "Open" => one(
            2,
            [
                ids([200_000, 200_001].into_iter().map(account)),
                two(&number(200_000), &number(200_001)),
                two("CHF", "CHF"),
                codes(),
                merchants(),
                Param::Bools(vec![true, false]),
            ],
        ),
        "AllOpened" => one(2, [two("USD", "USD"), codes(), merchants()]),
        "One" | "LockOne" | "Close" => one(1, [Param::Id(account(70_000))]),
        "InsertWallet" => one(
            1,
            [
                Param::Id(account(200_002)),
                text(&number(200_002)),
                text("USD"),
                text(BUSY),
                Param::Bool(false),
                NO_TEXT,
                some_text("a-new-one"),
                NO_TEXT,
                Param::MaybeId(Some(key(1))),
                Param::Bytes(vec![0; 32]),
            ],
        ),
        "Existing" => one(
            3,
            [
                Param::Id(account(70_000)),
                Param::MaybeId(Some(key(70_004))),
                text(BUSY),
                some_text("wallet-70002"),
            ],
        ),
        _ => Vec::new(),
    }
}
