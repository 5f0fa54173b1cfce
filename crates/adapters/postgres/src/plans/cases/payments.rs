//! Statements about payments.

use super::rows::{
    BATCH, Case, DEFAULT, NO_TIME, NOBODY, RARE, account, at, ids, ints, key, keys, named, new,
    no_numbers, no_texts, no_times, numbers, one, payment, quote, settled, text, texts, times,
};
use crate::statement::Param;
use uuid::Uuid;

pub(super) fn accepting(name: &str) -> Vec<Case> {
    match name {
        "Insert" | "AcceptAll" | "AcceptNew" => one(
            BATCH,
            [
                ids(new().map(payment)),
                texts("transfer"),
                texts(DEFAULT),
                texts("operator"),
                numbers(100),
                texts("USD"),
                ids(new().map(|n| account(n % 50_000 + 50_000))),
                ids(new().map(|_| account(28))),
                named("reference ", new()),
                keys(new()),
                Param::MaybeBytes(new().map(|_| Some(vec![0; 32])).collect()),
                no_texts(),
                no_numbers(),
                no_texts(),
                no_numbers(),
                no_texts(),
                no_numbers(),
                no_numbers(),
                no_texts(),
                no_times(),
                Param::MaybeIds(new().map(|_| None).collect()),
                Param::MaybeIds(new().map(|_| None).collect()),
                Param::Bools(new().map(|_| false).collect()),
                no_texts(),
                no_times(),
            ],
        ),
        // Each is in its own way.
        "Blocking" => one(
            4 * BATCH,
            [
                ids(settled().map(payment)),
                texts(DEFAULT),
                named("reference ", settled().map(|n| n + 10_000)),
                keys(settled().map(|n| n + 20_000)),
                Param::MaybeIds(settled().map(|n| Some(quote(n / 20 * 2))).collect()),
            ],
        ),
        _ => Vec::new(),
    }
}

pub(super) fn settling(name: &str) -> Vec<Case> {
    let payments = || ids(settled().map(payment));
    let timeline = || {
        vec![
            payments(),
            ints(2),
            texts("SUCCESS"),
            texts("REVERSED"),
            texts("worker"),
            texts("settled"),
            times(1_000_000),
        ]
    };
    match name {
        "UpdatePayments" => one(
            BATCH,
            [
                payments(),
                texts("SUCCESS"),
                no_texts(),
                no_texts(),
                ints(1),
                no_times(),
                ints(1),
                times(1_000_000),
                numbers(100),
                no_numbers(),
                numbers(0),
                numbers(0),
                no_times(),
            ],
        ),
        "UpdateAccounts" => one(
            BATCH,
            [
                ids(settled().map(|n| account(n % 50_000 + 50_000))),
                numbers(100),
                numbers(0),
                numbers(21),
                no_times(),
            ],
        ),
        "InsertTransitions" => one(BATCH, timeline()),
        "InsertJournal" => {
            let mut params = timeline();
            params.extend([
                ids(settled().map(|n| account(n % 50_000 + 50_000))),
                numbers(21),
                payments(),
                ints(2),
                numbers(0),
                texts("USD"),
                numbers(0),
            ]);
            one(3 * BATCH, params)
        }
        "UpsertDue" => one(BATCH, [payments(), times(1_000_000), no_times()]),
        "ForgetDue" => one(BATCH, [ids(settled().map(|n| payment(n + 1)))]),
        "LockPayments" => one(BATCH, [payments()]),
        "LockAccounts" => one(BATCH, [ids(settled().map(|n| account(n % 50_000 + 50_000)))]),
        "LockLiquidity" => one(
            BATCH + 2,
            [
                ids(settled().map(|n| account(n % 50_000 + 50_000))),
                Param::Texts(vec!["USD".to_owned(), "EUR".to_owned()]),
            ],
        ),
        "SeeAccounts" => one(BATCH, [ids(settled().map(|n| account(n % 50_000 + 50_000)))]),
        "Now" => one(0, []),
        _ => Vec::new(),
    }
}

pub(super) fn sweeping(name: &str) -> Vec<Case> {
    match name {
        "Ripen" => one(50 * 11, [Param::BigInt(5_000_000), Param::BigInt(50)]),
        "Lock" => one(BATCH, [Param::BigInt(100)]),
        "Settle" => {
            let taken = || ids((0..BATCH).map(|n| payment(980_000 + 2 * n)));
            one(3 * BATCH, [taken(), taken()])
        }
        "Oldest" => one(2, []),
        "Now" => one(0, []),
        _ => Vec::new(),
    }
}

pub(super) fn reading(name: &str) -> Vec<Case> {
    let id = || Param::Id(payment(500_001));
    match name {
        "After" => one(3 * BATCH, [id(), Param::Int(1), Param::BigInt(100)]),
        "OfPayment" => one(3, [id()]),
        "ById" => one(BATCH, [ids(settled().map(payment))]),
        "Timeline" => one(1, [id()]),
        "ByKey" => one(1, [Param::Id(key(500_000))]),
        _ => Vec::new(),
    }
}

/// A page of 50: of common ones, of rare ones behind all others, of none, of an old hour.
pub(super) fn listing(name: &str) -> Vec<Case> {
    type Maybe<'a> = Option<&'a str>;
    let of = |owner: Maybe, status: Maybe, kind: Maybe, code: Maybe| {
        let maybe = |word: Maybe| Param::MaybeText(word.map(str::to_owned));
        let mut params = vec![maybe(owner), maybe(status), maybe(kind), maybe(code)];
        params.extend([NO_TIME, NO_TIME, Param::Id(Uuid::nil()), Param::Id(Uuid::max())]);
        params.push(Param::BigInt(51));
        params
    };
    let query =
        |owner: &str, status: Maybe, kind: Maybe, code: Maybe| of(Some(owner), status, kind, code);
    let each = |used: u64, queries: Vec<Vec<Param>>| {
        queries.into_iter().map(|params| Case { used, params }).collect()
    };
    let named = |names: Vec<Param>, params: Vec<Param>| -> Vec<Param> {
        names.into_iter().chain(params).collect()
    };
    match name {
        // Pages of four sorts are merged.
        "OfOwner" => {
            let mut old = query(DEFAULT, None, None, None);
            old.splice(
                4..8,
                [
                    Param::MaybeTime(Some(at(300_000))),
                    Param::MaybeTime(Some(at(300_050))),
                    Param::Id(payment(299_400)),
                    Param::Id(payment(300_650)),
                ],
            );
            each(
                6 * 51 + 2 * 600,
                vec![
                    query(DEFAULT, None, None, None),
                    query(DEFAULT, Some("SUCCESS"), None, None),
                    query(DEFAULT, None, Some("refund"), None),
                    query(DEFAULT, None, None, Some("KWD")),
                    query(DEFAULT, Some("SUCCESS"), Some("transfer"), Some("KWD")),
                    query(RARE, None, None, None),
                    query(RARE, None, None, Some("KWD")),
                    query(NOBODY, None, None, None),
                    old,
                ],
            )
        }
        "InStateOfOwner" => each(
            4 * 51,
            vec![
                query(DEFAULT, Some("MANUAL_REVIEW"), None, None),
                query(DEFAULT, Some("FAILED"), Some("transfer"), None),
                query(DEFAULT, Some("AUTHORIZED"), None, None),
                query(RARE, Some("AUTHORIZED"), None, None),
                query(DEFAULT, Some("EXPIRED"), None, None),
                query(NOBODY, Some("FAILED"), None, None),
            ],
        ),
        "OfAll" => each(
            6 * 51,
            vec![
                of(None, None, None, None),
                of(None, Some("SUCCESS"), None, None),
                of(None, None, Some("refund"), None),
                of(None, None, None, Some("KWD")),
                of(None, Some("SUCCESS"), Some("transfer"), Some("KWD")),
                of(None, None, Some("charge"), None),
            ],
        ),
        "InStateOfAll" => each(
            4 * 51,
            vec![
                of(None, Some("MANUAL_REVIEW"), None, None),
                of(None, Some("FAILED"), Some("transfer"), None),
                of(None, Some("AUTHORIZED"), None, None),
                of(None, Some("EXPIRED"), None, None),
            ],
        ),
        // All in flight are looked at.
        "InFlight" => each(
            10_020,
            vec![
                query(DEFAULT, Some("PENDING"), None, None),
                query(DEFAULT, Some("PROCESSING"), None, None),
                query(RARE, Some("PENDING"), None, None),
            ],
        ),
        "ByReferenceOfOwner" => {
            let names = vec![text("reference 500000"), text(DEFAULT)];
            one(2, named(names, query(DEFAULT, None, None, None)))
        }
        "ByReference" => {
            let names = vec![text("reference 500000")];
            one(2, named(names, of(None, None, None, None)))
        }
        "OfParent" => {
            let names = vec![Param::Id(payment(500_050))];
            one(2, named(names, query(DEFAULT, None, None, None)))
        }
        _ => Vec::new(),
    }
}

pub(super) fn setting_aside(name: &str) -> Vec<Case> {
    match name {
        "Count" => one(2 * BATCH, [ids(settled().map(payment)), Param::Int(3)]),
        "Park" => one(1, [text("poison"), Param::Id(payment(500_002))]),
        "Unpark" => one(1, [Param::Id(payment(50_000))]),
        "Parked" => one(20, [Param::BigInt(100)]),
        _ => Vec::new(),
    }
}
