//! What a schema accepts is what core's constructor accepts, but for what stands here with its reason.

mod sampled;

use super::*;
use paygate_core::account::{AccountNumber, AccountRef, Alias};
use paygate_core::id::AccountId;
use paygate_core::identity::{Actor, MerchantId, Target};
use paygate_core::money::{Currency, Money};
use paygate_core::text::{IdempotencyKey, Label, LineError, Reference};
use proptest::prelude::*;
use sampled::{Excuse, Schema, agree};

#[test]
fn currencies() {
    agree::<CurrencySchema>(
        &["USD", "JPY", "XAU", "usd"],
        |text| Currency::parse(text).is_ok(),
        &[Excuse {
            why: "the list of currencies grows, and which are enabled is configured",
            holds: |text| text.len() == 3 && text.bytes().all(|it| it.is_ascii_uppercase()),
            example: "ZZZ".to_owned(),
        }],
    );
}

const TWELVE_DIGITS: fn(&str) -> bool =
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
const ID: &str = "018bcfe5-687b-7000-8000-00000000beef";
const LONGEST_ALIAS: &str = "a234567890123456789012345678901234567890123456789012345678901234";

#[test]
fn names_of_accounts() {
    agree::<AccountNameSchema>(
        &[ID, LONGEST_ALIAS, "079927398713", "alice", "-a", "a b"],
        |text| AccountRef::parse(text).is_ok(),
        &[Excuse {
            why: "a check digit is a sum",
            holds: TWELVE_DIGITS,
            example: "079927398710".to_owned(),
        }],
    );
}

#[test]
fn aliases() {
    agree::<AliasSchema>(
        &[LONGEST_ALIAS, "alice", "-a", "a b"],
        |text| Alias::parse(text).is_ok(),
        &[
            Excuse {
                why: "to leave out numbers takes a look-ahead",
                holds: TWELVE_DIGITS,
                example: "079927398713".to_owned(),
            },
            Excuse {
                why: "to leave out ids takes a look-ahead",
                holds: |text| text.parse::<AccountId>().is_ok(),
                example: ID.to_owned(),
            },
        ],
    );
}

#[test]
fn numbers_of_accounts() {
    agree::<AccountNumberSchema>(
        &["079927398713", "07992739871", "0799273987133"],
        |text| AccountNumber::parse(text).is_ok(),
        &[Excuse {
            why: "a check digit is a sum",
            holds: TWELVE_DIGITS,
            example: "079927398710".to_owned(),
        }],
    );
}

#[test]
fn names_of_who_did_something_and_to_whom() {
    let of = |kind: &str| format!("{kind}:{ID}");
    let known =
        ["worker", "operator", "sandbox", "merchant:shop", "merchant:", "merchant:A", "user:1"];
    let known = known.map(str::to_owned);
    agree::<ActorSchema>(
        &[&known[..], &[of("user"), of("api-key")]].concat(),
        |text| Actor::parse(text).is_some(),
        &[],
    );
    agree::<TargetSchema>(
        &[&known[..], &[of("user"), of("api-key")]].concat(),
        |text| Target::parse(text).is_some(),
        &[],
    );
}

#[test]
fn names_of_merchants() {
    agree::<MerchantIdSchema>(
        &[LONGEST_ALIAS, "shop", "-a", "A", "a b"],
        |text| MerchantId::parse(text).is_ok(),
        &[],
    );
}

/// What a schema can't say of a line whose parser is given.
macro_rules! line_excuses {
    ($line:ident) => {
        &[
            Excuse {
                why: "characters that nobody sees are too many, and many beyond what all dialects name",
                holds: |text| $line::parse(text) == Err(LineError::InvisibleCharacter),
                example: "a\u{200b}b".to_owned(),
            },
            Excuse {
                why: "a schema counts what NFC makes one character of",
                holds: |text| !text.is_ascii() && text.trim().chars().count() > 255,
                example: "e\u{301}".repeat(255),
            },
            Excuse {
                why: "a schema does not count what NFC makes of one character",
                holds: |text| !text.is_ascii() && $line::parse(text) == Err(LineError::TooLong),
                example: "\u{958}".repeat(255),
            },
        ]
    };
}

/// As long as may be, one character more, and the first in white space.
fn lines() -> Vec<String> {
    let known = ["a", " a ", "\t\u{2003}\n\u{85} a\u{a0}b \u{3000}", "a\tb", "a\u{2028}b", " "];
    let long =
        ["x".repeat(255), "x".repeat(256), format!("{0}{1}{0}", " ".repeat(99), "x".repeat(255))];
    known.map(str::to_owned).into_iter().chain(long).collect()
}

#[test]
fn references() {
    agree::<ReferenceSchema>(
        &lines(),
        |text| Reference::parse(text).is_ok(),
        line_excuses!(Reference),
    );
}

#[test]
fn labels() {
    agree::<LabelSchema>(&lines(), |text| Label::parse(text).is_ok(), line_excuses!(Label));
}

#[test]
fn keys() {
    agree::<IdempotencyKeySchema>(
        &["a", "!~", "a b", "\u{fc}"],
        |text| IdempotencyKey::parse(text).is_ok(),
        &[],
    );
}

/// Of no, two, three and four decimals.
const CURRENCIES: [&str; 4] = ["JPY", "USD", "KWD", "CLF"];
const DECIMALS: [&str; 14] = [
    "0",
    "0.0000",
    "0.00000",
    "0.0001",
    "0.00001",
    "007",
    "-1",
    "1.",
    ".5",
    "1e2",
    "1.50",
    "99999999999.9999",
    "999999999999.9999",
    "999999999999999",
];

fn any_currency(accepts: impl Fn(Currency) -> bool) -> bool {
    CURRENCIES.iter().any(|code| accepts(Currency::parse(code).unwrap()))
}

fn is_amount(text: &str) -> bool {
    any_currency(|currency| Money::parse_positive(text, currency).is_ok())
}

fn is_balance(text: &str) -> bool {
    any_currency(|currency| Money::parse(text, currency).is_ok())
}

#[test]
fn amounts_as_texts() {
    agree::<AmountTextSchema>(&DECIMALS, is_amount, &[]);
    sampled::agreed(&Schema::of_text_in::<AmountSchema>(), &DECIMALS, is_amount, &[]);
    sampled::agreed(&Schema::of_text_in::<BalanceSchema>(), &DECIMALS, is_balance, &[]);
}

#[test]
fn no_currency_has_more_decimals_than_amounts_may() {
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters().flat_map(|a| letters().map(move |b| [a, b]));
    let codes = codes.flat_map(|[a, b]| letters().map(move |c| String::from_iter([a, b, c])));
    let decimals = codes.filter_map(|code| Currency::parse(&code).ok()).map(Currency::exponent);
    assert_eq!(decimals.max(), Some(4));
}

/// A schema has the value of a number and not how it is written: its digits, decimals and exponent.
/// What is within its bounds breaks no other rule than those.
fn number_agrees(
    schema: &sampled::Numbers,
    text: &str,
    rule: fn(&str) -> bool,
) -> Result<(), TestCaseError> {
    let is_within = schema.accepts(text.parse().unwrap());
    if rule(text) {
        prop_assert!(is_within, "{} is an amount beyond the bounds", text);
    } else if is_within {
        let short = format!("{:.0}", text.parse::<f64>().unwrap().ceil().abs());
        prop_assert!(rule(&short), "{} is within the bounds, and {} no amount", text, short);
    }
    Ok(())
}

proptest! {
    #[test]
    fn amounts_as_numbers(text in r"-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,6})?(e-?[0-9])?") {
        let amounts = sampled::Numbers::of_number_in::<AmountSchema>();
        let balances = sampled::Numbers::of_number_in::<BalanceSchema>();
        number_agrees(&amounts, &text, is_amount)?;
        number_agrees(&balances, &text, is_balance)?;
    }
}

#[test]
fn bounds_of_numbers_are_those_of_amounts() {
    let amounts = sampled::Numbers::of_number_in::<AmountSchema>();
    for (number, is_within) in
        [(0.0, false), (-1.0, false), (0.0001, true), (999_999_999_999_999.0, true), (1e15, false)]
    {
        assert_eq!(amounts.accepts(number), is_within, "{number}");
    }
    let balances = sampled::Numbers::of_number_in::<BalanceSchema>();
    assert!(balances.accepts(0.0) && !balances.accepts(-0.01) && !balances.accepts(1e15));
}
