//! Rates, conversions and tables by example.

use super::table::{DEFAULT_RATES, EntryProblem, RateTable};
use super::*;
use crate::money::{CurrencyError, DecimalError};

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn money(minor: i64, code: &str) -> Money {
    Money { minor, currency: currency(code) }
}

fn amount(text: &str, code: &str) -> Money {
    Money::parse_positive(text, currency(code)).unwrap()
}

fn rate(base: &str, quote: &str, text: &str) -> Rate {
    Rate::parse(currency(base), currency(quote), text).unwrap()
}

fn parts(rate: Rate) -> (u64, u64) {
    (rate.numerator(), rate.denominator())
}

#[test]
fn rates_are_read_exactly_and_in_lowest_terms() {
    for (text, numerator, denominator) in [
        ("15500", 15_500, 1),
        ("1.34", 67, 50),
        ("57.50", 115, 2),
        ("0.0000645", 129, 2_000_000),
        ("999999999999999", 999_999_999_999_999, 1),
        ("0.000000000000001", 1, MAX_RATE_PART),
        ("0.00000095367431640625", 1, 1 << 20),
    ] {
        assert_eq!(parts(rate("USD", "IDR", text)), (numerator, denominator), "{text}");
    }
    let largest = Rate::new(currency("USD"), currency("IDR"), u64::MAX, u64::MAX).unwrap();
    assert_eq!(parts(largest), (1, 1));
}

#[test]
fn what_is_no_rate_has_its_reason() {
    use DecimalError::*;
    use RateError::*;
    for (quote, text, expected) in [
        ("IDR", "", Text(NotADecimal)),
        ("IDR", "+1", Text(NotADecimal)),
        ("IDR", "1/3", Text(NotADecimal)),
        ("IDR", "1.5e4", Text(Exponent)),
        ("IDR", "0", Text(NotPositive)),
        ("IDR", "0.000", Text(NotPositive)),
        ("IDR", "-1", Text(NotPositive)),
        ("IDR", "1.234567890123456", Text(TooManyDigits)),
        ("IDR", "0.0000000000000005", OutOfRange),
        ("IDR", "0.000000000000000000000000000000000000000000000000001", OutOfRange),
        ("USD", "1.01", NotIdentity),
    ] {
        let parsed = Rate::parse(currency("USD"), currency(quote), text);
        assert_eq!(parsed, Err(expected), "{text:?}");
    }
    for (numerator, denominator) in [(0, 1), (1, 0), (0, 0), (MAX_RATE_PART + 1, 1), (1, u64::MAX)]
    {
        let made = Rate::new(currency("USD"), currency("IDR"), numerator, denominator);
        assert_eq!(made, Err(OutOfRange), "{numerator}/{denominator}");
    }
    assert_eq!(Rate::new(currency("USD"), currency("USD"), 2, 3), Err(NotIdentity));
}

#[test]
fn a_currency_is_worth_itself() {
    let one = rate("USD", "USD", "1.00");
    assert_eq!(one, Rate::one(currency("USD")));
    assert_eq!(one.inverse(), one);
    assert_eq!(one.less_spread(50), Some(one));
    for minor in [1, 7, i64::MAX] {
        assert_eq!(one.credit_for(money(minor, "USD")), Ok(money(minor, "USD")));
        assert_eq!(one.debit_for(money(minor, "USD")), Ok(money(minor, "USD")));
    }
}

#[test]
fn conversion_rounds_against_whoever_asks() {
    // (rate, exact debit, its credit)
    for (rate, debit, credit) in [
        (rate("USD", "IDR", "15500"), amount("1.00", "USD"), amount("15500.00", "IDR")),
        (rate("USD", "IDR", "15500").inverse(), amount("15500.00", "IDR"), amount("1.00", "USD")),
        (rate("USD", "IDR", "15500").inverse(), amount("15499.99", "IDR"), amount("0.99", "USD")),
        (rate("USD", "JPY", "150"), amount("1.01", "USD"), amount("151", "JPY")),
        (rate("USD", "JPY", "150").inverse(), amount("151", "JPY"), amount("1.00", "USD")),
        (rate("USD", "KWD", "0.3"), amount("0.01", "USD"), amount("0.003", "KWD")),
        (rate("KWD", "JPY", "490"), amount("0.003", "KWD"), amount("1", "JPY")),
    ] {
        assert_eq!(rate.credit_for(debit), Ok(credit), "{debit:?} at {rate}");
    }
    // (rate, exact credit, its debit)
    for (rate, credit, debit) in [
        (rate("USD", "IDR", "15500"), amount("15500.00", "IDR"), amount("1.00", "USD")),
        (rate("USD", "IDR", "15500"), amount("15500.01", "IDR"), amount("1.01", "USD")),
        (rate("USD", "IDR", "15500"), amount("0.01", "IDR"), amount("0.01", "USD")),
        (rate("USD", "IDR", "15500").inverse(), amount("1.00", "USD"), amount("15500.00", "IDR")),
        (rate("USD", "SGD", "1.34"), amount("1.00", "SGD"), amount("0.75", "USD")),
    ] {
        assert_eq!(rate.debit_for(credit), Ok(debit), "{credit:?} at {rate}");
    }
}

#[test]
fn what_is_not_converted_has_its_reason() {
    use ConversionError::*;
    let smallest = Rate::new(currency("USD"), currency("IDR"), 1, MAX_RATE_PART).unwrap();
    let greatest = Rate::new(currency("USD"), currency("IDR"), MAX_RATE_PART, 1).unwrap();
    let to_sgd = rate("USD", "SGD", "1.34");
    for (converted, expected) in [
        (to_sgd.credit_for(money(100, "SGD")), WrongCurrency),
        (to_sgd.debit_for(money(100, "USD")), WrongCurrency),
        (to_sgd.credit_for(money(0, "USD")), TooSmall),
        (to_sgd.credit_for(money(-1, "USD")), TooSmall),
        (to_sgd.debit_for(money(i64::MIN, "SGD")), TooSmall),
        (to_sgd.inverse().credit_for(money(1, "SGD")), TooSmall),
        (to_sgd.credit_for(money(i64::MAX, "USD")), Overflow),
        (to_sgd.inverse().debit_for(money(i64::MAX, "USD")), Overflow),
        (greatest.credit_for(money(i64::MAX, "USD")), Overflow),
        (greatest.inverse().credit_for(money(1, "IDR")), TooSmall),
        (smallest.debit_for(money(i64::MAX, "IDR")), Overflow),
        (smallest.credit_for(money(999_999_999_999_999, "USD")), TooSmall),
    ] {
        assert_eq!(converted, Err(expected));
    }
    assert_eq!(smallest.credit_for(money(1_000_000_000_000_000, "USD")), Ok(money(1, "IDR")));
    assert_eq!(greatest.debit_for(money(i64::MAX, "IDR")), Ok(money(9_224, "USD")));
}

#[test]
fn rates_in_a_row_multiply() {
    let cross = rate("USD", "EUR", "0.92").inverse().then(&rate("USD", "JPY", "150")).unwrap();
    assert_eq!((cross.base(), cross.quote()), (currency("EUR"), currency("JPY")));
    assert_eq!(parts(cross), (3_750, 23));

    let there = rate("USD", "SGD", "1.34");
    assert_eq!(there.then(&there.inverse()), Some(Rate::one(currency("USD"))));
    assert_eq!(there.then(&rate("SGD", "USD", "0.74")), None, "back with a loss");
    assert_eq!(there.then(&there), None, "they do not meet");
}

#[test]
fn a_product_of_too_many_digits_becomes_a_little_smaller() {
    let [usd, sgd, idr] = ["USD", "SGD", "IDR"].map(currency);
    let product = |one: (u64, u64), other: (u64, u64)| {
        let one = Rate::new(usd, sgd, one.0, one.1).unwrap();
        one.then(&Rate::new(sgd, idr, other.0, other.1).unwrap()).map(parts)
    };
    let max = MAX_RATE_PART;
    assert_eq!(product((max, 3), (max, max - 1)), Some((666_666_666_666_667, 2)));
    assert_eq!(product((3, max), (max - 1, max)), Some((1, 333_333_333_333_334)));
    assert_eq!(product((max, 1), (1, max)), Some((1, 1)));
    assert_eq!(product((max, 1), (max, max - 1)), None, "a little above the greatest");
    assert_eq!(product((max, 1), (max, 1)), None);
    assert_eq!(product((1, max), (1, max)), None);
    assert_eq!(product((1, max), (max - 1, max)), None, "a little below the smallest");
}

#[test]
fn a_spread_is_taken_off() {
    let mid = rate("USD", "IDR", "15500");
    assert_eq!(mid.less_spread(0), Some(mid));
    assert_eq!(mid.less_spread(50), Some(rate("USD", "IDR", "15422.5")));
    assert_eq!(mid.inverse().less_spread(50).map(parts), Some((199, 3_100_000)));
    assert_eq!(mid.less_spread(9_999), Some(rate("USD", "IDR", "1.55")));
    for nothing_left in [10_000, 10_001, u16::MAX] {
        assert_eq!(mid.less_spread(nothing_left), None);
    }
}

#[test]
fn a_rate_is_shown_with_twelve_digits() {
    let [usd, idr] = ["USD", "IDR"].map(currency);
    for (numerator, denominator, shown) in [
        (15_500, 1, "15500"),
        (67, 50, "1.34"),
        (1, 15_500, "0.0000645161290323"),
        (3_750, 23, "163.043478261"),
        (1, 3, "0.333333333333"),
        (2, 3, "0.666666666667"),
        (MAX_RATE_PART, 1, "1000000000000000"),
        (999_999_999_999_999, 1, "1000000000000000"),
        (123_456_789_012_345, 1, "123456789012000"),
        (1, MAX_RATE_PART, "0.000000000000001"),
        (1, 999_999_999_999_999, "0.000000000000001"),
        (2, 999_999_999_999_997, "0.000000000000002"),
    ] {
        let rate = Rate::new(usd, idr, numerator, denominator).unwrap();
        assert_eq!(rate.to_string(), shown, "{numerator}/{denominator}");
    }
}

#[test]
fn the_default_table_answers_for_every_pair_of_its_currencies() {
    let table = RateTable::parse(DEFAULT_RATES).unwrap();
    let enabled = ["IDR", "USD", "SGD", "EUR", "GBP", "ETB", "JPY"].map(currency);
    for base in enabled {
        for quote in enabled {
            let rate = table.rate(base, quote).unwrap();
            assert_eq!((rate.base(), rate.quote()), (base, quote));
            assert_eq!(table.rate(quote, base), Some(rate.inverse()));
        }
    }
    for (base, quote, shown) in [
        ("USD", "USD", "1"),
        ("USD", "IDR", "15500"),
        ("IDR", "USD", "0.0000645161290323"),
        // As listed. Through USD it would be 11567.16…
        ("SGD", "IDR", "11600"),
        ("IDR", "SGD", "0.0000862068965517"),
        ("USD", "SGD", "1.34"),
        ("USD", "EUR", "0.92"),
        ("USD", "GBP", "0.79"),
        ("USD", "ETB", "57.5"),
        ("USD", "JPY", "150"),
        // Through USD: 150 / 0.92.
        ("EUR", "JPY", "163.043478261"),
    ] {
        let rate = table.rate(currency(base), currency(quote)).unwrap();
        assert_eq!(rate.to_string(), shown, "{base}/{quote}");
    }
}

#[test]
fn a_table_answers_for_nothing_it_cannot_reach() {
    let table = RateTable::parse("USD/IDR=15500, EUR/GBP=0.85").unwrap();
    let rate = |base, quote| table.rate(currency(base), currency(quote));
    assert_eq!(rate("EUR", "IDR"), None);
    assert_eq!(rate("IDR", "GBP"), None);
    assert_eq!(rate("USD", "KWD"), None);
    assert_eq!(rate("KWD", "KWD"), Some(Rate::one(currency("KWD"))));
}

#[test]
fn a_wrong_entry_is_named() {
    use EntryProblem::*;
    for (text, entry, problem) in [
        ("", "", Malformed),
        ("USD/IDR=15500,", "", Malformed),
        ("USD/IDR", "USD/IDR", Malformed),
        ("USD/IDR=15500, USDSGD=1.34 ", "USDSGD=1.34", Malformed),
        ("usd/IDR=15500", "usd/IDR=15500", Currency(CurrencyError::NotUpperCase)),
        ("USD/XXX=1", "USD/XXX=1", Currency(CurrencyError::Unknown)),
        ("USD/IDR=", "USD/IDR=", Rate(RateError::Text(DecimalError::NotADecimal))),
        ("USD/IDR=0", "USD/IDR=0", Rate(RateError::Text(DecimalError::NotPositive))),
        ("USD/USD=2", "USD/USD=2", Rate(RateError::NotIdentity)),
        ("USD/IDR=1,USD/IDR=1", "USD/IDR=1", ListedTwice),
        ("USD/IDR=1,IDR/USD=1", "IDR/USD=1", ListedTwice),
        ("USD/USD=1,USD/USD=1", "USD/USD=1", ListedTwice),
    ] {
        let error = RateTable::parse(text).unwrap_err();
        assert_eq!((error.entry.as_str(), error.problem), (entry, problem), "{text:?}");
    }
    let error = RateTable::parse("USD/IDR=1.5e4").unwrap_err();
    assert_eq!(error.to_string(), "\"USD/IDR=1.5e4\": must be written without an exponent");
}
