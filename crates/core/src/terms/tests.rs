//! What an amount means between two accounts, and what rate and rounding make of it.

use super::*;
use crate::fixtures::{currency, money, rate};
use proptest::prelude::*;

fn agree(
    amount: Money,
    source: &str,
    destination: &str,
    fx: Option<AppliedRate>,
) -> Result<(Money, Money), TermsError> {
    let terms = Terms::agree(amount, currency(source), currency(destination), fx, None)?;
    assert!(terms.hold_together(), "{terms:?}");
    assert_eq!(terms.amount, amount);
    Ok((terms.debit, terms.credit))
}

#[test]
fn an_amount_means_what_its_currency_says() {
    for (amount, source, destination, meant, needed) in [
        ("USD", "USD", "USD", Some(Meaning::Plain), None),
        ("USD", "USD", "JPY", Some(Meaning::ExactDebit), Some(("USD", "JPY"))),
        ("JPY", "USD", "JPY", Some(Meaning::ExactCredit), Some(("USD", "JPY"))),
        ("IDR", "USD", "USD", Some(Meaning::Denominated), Some(("IDR", "USD"))),
        ("IDR", "USD", "JPY", None, None),
    ] {
        let (amount, from, to) = (currency(amount), currency(source), currency(destination));
        assert_eq!(meaning(amount, from, to), meant);
        let needed = needed.map(|(base, quote)| (currency(base), currency(quote)));
        let expected = if meant.is_some() { Ok(needed) } else { Err(TermsError::CurrencyMismatch) };
        assert_eq!(needed_rate(amount, from, to), expected);
    }
}

#[test]
fn both_sides_follow_from_amount_and_rate() {
    let yen = || Some(rate("USD", "JPY", "150.7"));
    let dollars = || Some(rate("IDR", "USD", "0.0001"));
    for (amount, source, destination, fx, debit, credit) in [
        (money(100, "USD"), "USD", "USD", None, money(100, "USD"), money(100, "USD")),
        (money(100, "USD"), "USD", "JPY", yen(), money(100, "USD"), money(150, "JPY")),
        (money(150, "JPY"), "USD", "JPY", yen(), money(100, "USD"), money(150, "JPY")),
        (money(151, "JPY"), "USD", "JPY", yen(), money(101, "USD"), money(151, "JPY")),
        (money(19_999, "IDR"), "USD", "USD", dollars(), money(1, "USD"), money(1, "USD")),
    ] {
        assert_eq!(agree(amount, source, destination, fx), Ok((debit, credit)), "{amount:?}");
    }
    let plain = Terms::plain(money(100, "USD"));
    assert!(plain.hold_together());
    assert_eq!((plain.debit, plain.credit), (money(100, "USD"), money(100, "USD")));
}

#[test]
fn what_does_not_fit_is_no_terms() {
    use ConversionError::{Overflow, TooSmall, WrongCurrency};
    let usd = money(100, "USD");
    let mismatch = Err(TermsError::CurrencyMismatch);
    let conversion = |error| Err(TermsError::Conversion(error));
    let yen = |text| Some(rate("USD", "JPY", text));
    for (amount, source, destination, fx, expected) in [
        (usd, "JPY", "IDR", yen("150"), mismatch),
        (usd, "USD", "JPY", None, mismatch),
        (usd, "JPY", "USD", None, mismatch),
        (usd, "JPY", "JPY", None, mismatch),
        (usd, "USD", "USD", Some(rate("USD", "USD", "1")), mismatch),
        (usd, "USD", "IDR", yen("150"), mismatch),
        (usd, "JPY", "USD", yen("150"), conversion(WrongCurrency)),
        (usd, "IDR", "IDR", yen("150"), mismatch),
        (money(1, "USD"), "USD", "JPY", yen("1"), conversion(TooSmall)),
        (money(i64::MAX, "USD"), "USD", "JPY", yen("150"), conversion(Overflow)),
        (money(i64::MAX, "JPY"), "USD", "JPY", yen("0.1"), conversion(Overflow)),
        (money(0, "USD"), "USD", "JPY", yen("150"), conversion(TooSmall)),
    ] {
        assert_eq!(agree(amount, source, destination, fx), expected, "{amount:?} {source}");
    }
}

#[test]
fn terms_with_any_part_changed_do_not_hold_together() {
    let fx = Some(rate("USD", "JPY", "150.7"));
    let sides = (currency("USD"), currency("JPY"));
    let terms = Terms::agree(money(100, "USD"), sides.0, sides.1, fx, None).unwrap();
    let changes: [fn(&mut Terms); 8] = [
        |terms| terms.amount.minor += 1,
        |terms| terms.amount.currency = currency("JPY"),
        |terms| terms.debit.minor += 1,
        |terms| terms.debit.currency = currency("IDR"),
        |terms| terms.credit.minor -= 1,
        |terms| terms.credit.currency = currency("USD"),
        |terms| terms.fx = None,
        |terms| terms.fx = Some(rate("USD", "JPY", "149")),
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut changed = terms.clone();
        change(&mut changed);
        assert!(!changed.hold_together(), "change {place}: {changed:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_agreed_holds_together_and_creates_nothing(
        minor in 1..=1_000_000_000_000i64, numerator in 1..=1_000_000u64, denominator in 1..=1_000_000u64
    ) {
        let (usd, yen) = (currency("USD"), currency("JPY"));
        let fx = AppliedRate {
            rate: crate::fx::Rate::new(usd, yen, numerator, denominator).unwrap(),
            ..rate("USD", "JPY", "1")
        };
        // A dollar has a hundred cents, and a yen is one.
        let worth = |debit: i64| i128::from(debit) * i128::from(numerator);
        let price = |credit: i64| i128::from(credit) * i128::from(denominator) * 100;
        for amount in [Money { minor, currency: usd }, Money { minor, currency: yen }] {
            let Ok(terms) = Terms::agree(amount, usd, yen, Some(fx.clone()), None) else { continue };
            prop_assert!(terms.hold_together());
            let (debit, credit) = (terms.debit.minor, terms.credit.minor);
            prop_assert!(debit > 0 && credit > 0 && price(credit) <= worth(debit));
            if amount.currency == usd {
                prop_assert!(price(credit + 1) > worth(debit));
            } else {
                prop_assert!(price(credit) > worth(debit - 1));
            }
        }
    }
}
