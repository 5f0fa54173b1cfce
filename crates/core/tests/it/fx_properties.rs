//! Conversion between currencies of every exponent, at any rate and of any amount: it never makes
//! money, never wraps and never panics.

use paygate_core::fx::{ConversionError, MAX_RATE_PART, Rate};
use paygate_core::money::{Currency, Money};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// With 0, 2, 3 and 4 decimals.
const CODES: [&str; 8] = ["JPY", "USD", "IDR", "EUR", "ETB", "KWD", "BHD", "CLF"];

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(CODES.to_vec()).prop_map(|code| Currency::parse(code).unwrap())
}

/// Of every magnitude up to the greatest, and both ends.
fn magnitude(greatest: u64) -> impl Strategy<Value = u64> {
    prop_oneof![
        1 => Just(1),
        1 => Just(greatest),
        1 => Just(greatest - 1),
        6 => (0..=greatest.ilog2(), any::<u64>())
            .prop_map(move |(bits, random)| (random >> (63 - bits)).clamp(1, greatest)),
    ]
}

fn minor() -> impl Strategy<Value = i64> {
    magnitude(i64::MAX.unsigned_abs()).prop_map(|minor| minor.try_into().unwrap())
}

fn rate_between(base: Currency, quote: Currency) -> impl Strategy<Value = Rate> {
    (magnitude(MAX_RATE_PART), magnitude(MAX_RATE_PART)).prop_map(
        move |(numerator, denominator)| {
            if base == quote {
                return Rate::one(base);
            }
            Rate::new(base, quote, numerator, denominator).unwrap()
        },
    )
}

fn rate() -> impl Strategy<Value = Rate> {
    (currency(), currency()).prop_flat_map(|(base, quote)| rate_between(base, quote))
}

/// Two that meet in the middle, and whose ends are not the same.
fn rates_in_a_row() -> impl Strategy<Value = (Rate, Rate)> {
    (currency(), currency(), currency())
        .prop_filter("the ends differ", |(first, _, last)| first != last)
        .prop_flat_map(|(first, middle, last)| {
            (rate_between(first, middle), rate_between(middle, last))
        })
}

/// `a × b` in 256 bits, the upper half first.
fn wide(a: u128, b: u128) -> (u128, u128) {
    let halves = |number: u128| (number >> 64, number & u128::from(u64::MAX));
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let (low_high, low) = halves(a_low * b_low);
    let (middle_high, middle) = halves(a_high * b_low + low_high);
    let (other_high, other) = halves(a_low * b_high + middle);
    (a_high * b_high + middle_high + other_high, (other << 64) | low)
}

fn product(one: u64, other: u64) -> u128 {
    u128::from(one) * u128::from(other)
}

fn in_range(rate: &Rate) -> bool {
    let range = 1..=MAX_RATE_PART;
    range.contains(&rate.numerator()) && range.contains(&rate.denominator())
}

/// The difference of two such products, if it is not negative and fits.
fn minus(a: (u128, u128), b: (u128, u128)) -> Option<u128> {
    let (low, borrow) = a.1.overflowing_sub(b.1);
    (a.0.checked_sub(b.0)?.checked_sub(borrow.into())? == 0).then_some(low)
}

/// What a rounded rate must be of the exact fraction: not above it, and not more than 2 in 10¹⁵
/// below.
fn check_rounded(rate: &Rate, numerator: u128, denominator: u128) -> Result<(), TestCaseError> {
    prop_assert!(in_range(rate));
    let exact = wide(numerator, rate.denominator().into());
    let lost = minus(exact, wide(rate.numerator().into(), denominator));
    prop_assert!(lost.is_some_and(|lost| wide(lost, 500_000_000_000_000) <= exact), "{:?}", lost);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn more_buys_more(rate in rate(), one in minor(), other in minor()) {
        let (less, more) = (one.min(other), one.max(other));
        let credit = |minor| rate.credit_for(Money { minor, currency: rate.base() });
        let debit = |minor| rate.debit_for(Money { minor, currency: rate.quote() });
        for (less, more) in [(credit(less), credit(more)), (debit(less), debit(more))] {
            match (less, more) {
                (Ok(less), Ok(more)) => prop_assert!(less.minor <= more.minor),
                (Err(ConversionError::TooSmall), _) | (_, Err(ConversionError::Overflow)) => {}
                (less, more) => prop_assert!(false, "{:?}, but {:?}", less, more),
            }
        }
    }

    #[test]
    fn there_and_back_is_never_more(rate in rate(), minor in minor()) {
        let start = Money { minor, currency: rate.base() };
        if let Ok(there) = rate.credit_for(start) {
            prop_assert_eq!(there.currency, rate.quote());
            // What the credit would have cost, and what it buys.
            for back in [rate.debit_for(there), rate.inverse().credit_for(there)] {
                match back {
                    Ok(back) => prop_assert!(back.minor <= minor && back.currency == rate.base()),
                    Err(error) => prop_assert_eq!(error, ConversionError::TooSmall),
                }
            }
        }
    }

    #[test]
    fn a_debit_is_the_least_that_buys_its_credit(rate in rate(), minor in minor()) {
        let credit = Money { minor, currency: rate.quote() };
        let debit = match rate.debit_for(credit) {
            Ok(debit) => debit,
            Err(error) => {
                prop_assert_eq!(error, ConversionError::Overflow);
                match rate.credit_for(Money { minor: i64::MAX, currency: rate.base() }) {
                    Ok(bought) => prop_assert!(bought.minor < minor, "all there is would do"),
                    Err(error) => prop_assert_eq!(error, ConversionError::TooSmall),
                }
                return Ok(());
            }
        };
        match rate.credit_for(debit) {
            Ok(bought) => prop_assert!(bought.minor >= minor),
            Err(error) => prop_assert_eq!(error, ConversionError::Overflow),
        }
        match rate.credit_for(Money { minor: debit.minor - 1, ..debit }) {
            Ok(bought) => prop_assert!(bought.minor < minor),
            Err(error) => prop_assert_eq!(error, ConversionError::TooSmall),
        }
    }

    #[test]
    fn a_credit_is_the_most_its_debit_buys(rate in rate(), minor in minor()) {
        let debit = Money { minor, currency: rate.base() };
        if let Ok(credit) = rate.credit_for(debit) {
            prop_assert!(rate.debit_for(credit).is_ok_and(|cost| cost.minor <= minor));
            if let Some(more) = credit.minor.checked_add(1) {
                match rate.debit_for(Money { minor: more, ..credit }) {
                    Ok(cost) => prop_assert!(cost.minor > minor),
                    Err(error) => prop_assert_eq!(error, ConversionError::Overflow),
                }
            }
        }
    }

    #[test]
    fn a_credit_is_the_exact_product_rounded_down(rate in rate(), minor in minor()) {
        let one = |currency: Currency| 10u64.pow(currency.exponent().into());
        let debit = Money { minor, currency: rate.base() };
        let worth = wide(product(rate.numerator(), one(rate.quote())), minor.try_into().unwrap());
        let unit = product(rate.denominator(), one(rate.base()));
        match rate.credit_for(debit) {
            Ok(credit) => {
                let credit = u128::try_from(credit.minor).unwrap();
                prop_assert!(wide(unit, credit) <= worth && worth < wide(unit, credit + 1));
            }
            Err(ConversionError::TooSmall) => prop_assert!(worth < wide(unit, 1)),
            Err(error) => {
                prop_assert_eq!(error, ConversionError::Overflow);
                prop_assert!(worth >= wide(unit, 1 << 63));
            }
        }
    }

    #[test]
    fn the_other_direction_costs_what_it_must(rate in rate(), minor in minor()) {
        let amount = Money { minor, currency: rate.quote() };
        let (sold, bought) = (rate.inverse().credit_for(amount), rate.debit_for(amount));
        if let (Ok(sold), Ok(bought)) = (sold, bought) {
            prop_assert!((0..=1).contains(&(bought.minor - sold.minor)), "{:?} {:?}", sold, bought);
        }
    }

    #[test]
    fn only_positive_amounts_are_converted(rate in rate(), minor in i64::MIN..=0) {
        let amount = |currency| Money { minor, currency };
        let expected = Err(ConversionError::TooSmall);
        prop_assert_eq!(rate.credit_for(amount(rate.base())), expected);
        prop_assert_eq!(rate.debit_for(amount(rate.quote())), expected);
    }

    #[test]
    fn rates_in_a_row_are_never_more_than_their_product((one, other) in rates_in_a_row()) {
        let numerator = product(one.numerator(), other.numerator());
        let denominator = product(one.denominator(), other.denominator());
        let most = u128::from(MAX_RATE_PART);
        match one.then(&other) {
            Some(rate) => {
                prop_assert_eq!((rate.base(), rate.quote()), (one.base(), other.quote()));
                check_rounded(&rate, numerator, denominator)?;
            }
            None => prop_assert!(
                wide(numerator, 1) > wide(denominator, most)
                    || wide(denominator, 1) > wide(numerator, most)
            ),
        }
    }

    #[test]
    fn a_spread_takes_its_share(rate in rate(), bps in 0..10_000u16) {
        match rate.less_spread(bps) {
            Some(less) if rate.base() != rate.quote() => {
                let numerator = product(rate.numerator(), u64::from(10_000 - bps));
                check_rounded(&less, numerator, product(rate.denominator(), 10_000))?;
            }
            Some(less) => prop_assert_eq!(less, rate),
            None => {
                let left = product(rate.numerator(), MAX_RATE_PART) * u128::from(10_000 - bps);
                prop_assert!(left < product(rate.denominator(), 10_000), "it is in range");
            }
        }
    }

    #[test]
    fn a_rate_and_its_inverse_are_one(rate in rate()) {
        prop_assert!(in_range(&rate));
        prop_assert_eq!(rate.inverse().inverse(), rate);
        prop_assert_eq!(rate.then(&rate.inverse()), Some(Rate::one(rate.base())));
    }

    #[test]
    fn a_rate_is_shown_plainly(rate in rate()) {
        let text = rate.to_string();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{}", text);
        let digits = text.replace('.', "");
        prop_assert!(digits.trim_matches('0').len() <= 12, "{}", text);
        // The text is within one unit of its twelfth digit of the rate.
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let shown = wide(digits.parse().unwrap(), rate.denominator().into());
        let exact = wide(rate.numerator().into(), 10u128.pow(fraction.try_into().unwrap()));
        let apart = minus(shown, exact).or_else(|| minus(exact, shown));
        let near = apart.is_some_and(|apart| wide(apart, 100_000_000_000) <= exact);
        prop_assert!(near, "{}/{} as {}", rate.numerator(), rate.denominator(), text);
    }

    #[test]
    fn what_is_read_is_shown(digits in 1..1_000_000_000_000u64, scale in 0..12u32) {
        let [usd, idr] = ["USD", "IDR"].map(|code| Currency::parse(code).unwrap());
        let rate = Rate::new(usd, idr, digits, 10u64.pow(scale)).unwrap();
        prop_assert_eq!(Rate::parse(usd, idr, &rate.to_string()), Ok(rate));
    }

    #[test]
    fn no_text_panics(text in ".{0,40}|[0-9]{0,20}\\.[0-9]{0,50}") {
        let usd = Currency::parse("USD").unwrap();
        for quote in CODES {
            let _ = Rate::parse(usd, Currency::parse(quote).unwrap(), &text);
        }
    }
}
