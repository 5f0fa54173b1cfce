//! What each statement is run with: as the service does, on the rows that `fill` makes.

use crate::statement::Param;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A statement's parameters, and how many rows of theirs whoever runs it uses.
pub(super) struct Case {
    pub(super) used: u64,
    pub(super) params: Vec<Param>,
}

/// A proof of the whole reads the whole. What is fetched from a cursor was read by its statement.
pub(super) const NOT_LOOKED_AT: &[&str] = &[
    "ledger::audit::WholeSize",
    "ledger::audit::accounts::OpenHolds",
    "ledger::audit::accounts::NextHolds",
    "ledger::audit::accounts::NextTouched",
    "ledger::audit::payments::NextNew",
];

/// Who owns most payments, few, and none; and who most wallets.
const DEFAULT: &str = "merchant:default";
const RARE: &str = "merchant:rare";
const NOBODY: &str = "merchant:nobody";
const BUSY: &str = "merchant:m28";

/// How many payments a batch has.
const BATCH: u64 = 100;
/// How many accounts are the system's.
const SYSTEM: u64 = 28;
/// How many new entries a proof finds, and what finding them reads besides: the index on their times
/// knows ranges of pages only, and the last two are read whole.
const NEW: u64 = 200;
const NEW_RANGES: u64 = 2 * 32 * 140;

/// The cases of a statement, by its module and name.
pub(super) fn cases(name: &str) -> Vec<Case> {
    let mut parts = name.splitn(3, "::");
    let (Some(room), Some(module), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    match (room, module) {
        ("payments", "accept") => accepting(name),
        ("accounts", "reader") => reading_accounts(name),
        ("accounts", "standing" | "wallets") => opening(name),
        ("ledger", "audit") => proving(name),
        ("payments", "changes" | "transact") => settling(name),
        ("payments", "due") => sweeping(name),
        ("payments", "reader") | ("ledger", "journal") => reading(name),
        ("payments", "list") => listing(name),
        ("ledger", "proof_log") => remembering(name),
        ("payments", "quarantine") => setting_aside(name),
        ("exchange", "quotes") => quoting(name),
        _ => Vec::new(),
    }
}

fn one(used: u64, params: impl Into<Vec<Param>>) -> Vec<Case> {
    vec![Case { used, params: params.into() }]
}

fn id(kind: u128, n: u64) -> Uuid {
    Uuid::from_u128((kind << 124) | (0x7000_8000 << 48) | u128::from(n))
}

fn account(n: u64) -> Uuid {
    id(1, n)
}

fn payment(n: u64) -> Uuid {
    id(2, n)
}

fn quote(n: u64) -> Uuid {
    id(3, n)
}

/// When the row of that number was made.
fn at(n: u64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_577_836_800, 0).unwrap();
    start + TimeDelta::seconds(i64::try_from(n).unwrap())
}

/// A batch of settled payments, of as many wallets.
fn settled() -> impl Iterator<Item = u64> + Clone {
    (0..BATCH).map(|n| 400_001 + 2 * n)
}

/// Payments that are not there yet.
fn new() -> impl Iterator<Item = u64> + Clone {
    2_000_000..2_000_000 + BATCH
}

fn ids(rows: impl Iterator<Item = Uuid>) -> Param {
    Param::Ids(rows.collect())
}

/// The same for each of a batch.
fn texts(text: &str) -> Param {
    Param::Texts((0..BATCH).map(|_| text.to_owned()).collect())
}

fn no_texts() -> Param {
    Param::MaybeTexts((0..BATCH).map(|_| None).collect())
}

fn numbers(number: i64) -> Param {
    Param::BigInts((0..BATCH).map(|_| number).collect())
}

fn no_numbers() -> Param {
    Param::MaybeBigInts((0..BATCH).map(|_| None).collect())
}

fn no_times() -> Param {
    Param::MaybeTimes((0..BATCH).map(|_| None).collect())
}

fn ints(number: i32) -> Param {
    Param::Ints((0..BATCH).map(|_| number).collect())
}

fn times(n: u64) -> Param {
    Param::Times((0..BATCH).map(|_| at(n)).collect())
}

fn named(word: &str, rows: impl Iterator<Item = u64>) -> Param {
    Param::MaybeTexts(rows.map(|n| Some(format!("{word}{n}"))).collect())
}

fn key(n: u64) -> Vec<u8> {
    u128::from(n).to_be_bytes().to_vec()
}

fn keys(rows: impl Iterator<Item = u64>) -> Param {
    Param::MaybeBytes(rows.map(|n| Some(key(n))).collect())
}

fn text(text: &str) -> Param {
    Param::Text(text.to_owned())
}

fn some_text(text: &str) -> Param {
    Param::MaybeText(Some(text.to_owned()))
}

const NO_TEXT: Param = Param::MaybeText(None);
const NO_TIME: Param = Param::MaybeTime(None);

fn accepting(name: &str) -> Vec<Case> {
    match name {
        "Insert" | "Accept" => one(
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

fn reading_accounts(name: &str) -> Vec<Case> {
    let below = || Param::Id(account(90_000));
    match name {
        "Find" => one(
            BATCH,
            [
                ints(1),
                Param::MaybeIds(
                    settled().map(|n| (n % 3 == 0).then(|| account(n % 100_000))).collect(),
                ),
                Param::MaybeTexts(
                    settled()
                        .map(|n| (n % 3 == 1).then(|| format!("{:012}", n % 100_000)))
                        .collect(),
                ),
                Param::MaybeTexts(
                    settled()
                        .map(|n| (n % 3 == 2).then(|| format!("user:{}", account(n % 100_000))))
                        .collect(),
                ),
                Param::MaybeTexts(
                    settled().map(|n| (n % 3 == 2).then(|| "main".to_owned())).collect(),
                ),
            ],
        ),
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

fn opening(name: &str) -> Vec<Case> {
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
                Param::MaybeBinary(Some(key(1))),
                Param::Bytes(vec![0; 32]),
            ],
        ),
        "Existing" => one(
            3,
            [
                Param::Id(account(70_000)),
                Param::MaybeBinary(Some(key(70_004))),
                text(BUSY),
                some_text("wallet-70002"),
            ],
        ),
        _ => Vec::new(),
    }
}

fn proving(name: &str) -> Vec<Case> {
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
        "payments::Some500" | "payments::Timelines" | "payments::Entries" => one(BATCH, [page()]),
        "payments::Postings" => one(2 * BATCH, [page()]),
        // Two of a hundred have been refunded once.
        "payments::Refunds" => one(BATCH, [ids((0..BATCH).map(|n| payment(400_050 + n * 100)))]),
        _ => Vec::new(),
    }
}

fn settling(name: &str) -> Vec<Case> {
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
                payments(),
                ints(2),
                times(1_000_000),
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
        "LockAccounts" => one(
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

fn sweeping(name: &str) -> Vec<Case> {
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

fn reading(name: &str) -> Vec<Case> {
    let id = || Param::Id(payment(500_001));
    match name {
        "After" => one(3 * BATCH, [id(), Param::Int(1), Param::BigInt(100)]),
        "OfPayment" => one(3, [id()]),
        "One" | "Timeline" => one(1, [id()]),
        "ByKey" => one(1, [Param::Bytes(key(500_000))]),
        _ => Vec::new(),
    }
}

/// A page of 50: of common ones, of rare ones behind all others, of none, of an old hour.
fn listing(name: &str) -> Vec<Case> {
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

fn remembering(name: &str) -> Vec<Case> {
    match name {
        "Begin" => one(1, [Param::BigInt(1)]),
        "Record" => one(1, [Param::Time(at(0))]),
        _ => Vec::new(),
    }
}

fn setting_aside(name: &str) -> Vec<Case> {
    match name {
        "Count" => one(2 * BATCH, [ids(settled().map(payment)), Param::Int(3)]),
        "Park" => one(1, [text("poison"), Param::Id(payment(500_002))]),
        "Unpark" => one(1, [Param::Id(payment(50_000))]),
        "Parked" => one(20, [Param::BigInt(100)]),
        _ => Vec::new(),
    }
}

fn quoting(name: &str) -> Vec<Case> {
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
                Param::MaybeBinary(Some(key(200_000))),
                Param::MaybeBinary(Some(vec![0; 32])),
            ],
        ),
        "One" => one(1, [Param::Id(quote(70_000))]),
        "OfKey" => one(1, [Param::Bytes(key(70_000))]),
        "Forget" => one(2 * 500, [Param::Time(at(90_000)), Param::BigInt(500)]),
        _ => Vec::new(),
    }
}
