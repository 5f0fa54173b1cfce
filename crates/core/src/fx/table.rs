//! A fixed list of rates, written as text in the configuration.

use super::{Rate, RateError};
use crate::money::{Currency, CurrencyError};
use std::collections::BTreeMap;
use thiserror::Error;

/// The rates that hold where none are configured.
pub const DEFAULT_RATES: &str = "USD/IDR=15500,SGD/IDR=11600,USD/SGD=1.34,USD/EUR=0.92,\
                                 USD/GBP=0.79,USD/ETB=57.5,USD/JPY=150";

/// The currency through which those that have no listed rate between them are converted.
const HUB: &str = "USD";

/// A list of rates, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateTable {
    rates: BTreeMap<(Currency, Currency), Rate>,
}

/// An entry that is no rate of a table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{entry:?}: {problem}")]
pub struct RateTableError {
    /// The entry as written.
    pub entry: String,
    /// What is wrong with it.
    pub problem: EntryProblem,
}

/// What is wrong with an entry of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EntryProblem {
    /// It does not look like one.
    #[error("must be written like USD/IDR=15500")]
    Malformed,
    /// One of its currencies is none.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// Its number is no rate.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// The pair, or its inverse, is listed before.
    #[error("this pair is listed twice, in this or the other direction")]
    ListedTwice,
}

impl RateTable {
    /// Reads entries such as `USD/IDR=15500`, with commas between them and spaces around them as
    /// one likes.
    ///
    /// # Errors
    /// [`RateTableError`], which names the first entry that is wrong.
    pub fn parse(text: &str) -> Result<Self, RateTableError> {
        let mut rates = BTreeMap::new();
        for entry in text.split(',').map(str::trim) {
            let wrong = |problem| RateTableError { entry: entry.to_owned(), problem };
            let rate = parse_entry(entry).map_err(wrong)?;
            let pair = (rate.base(), rate.quote());
            if rates.contains_key(&(pair.1, pair.0)) || rates.insert(pair, rate).is_some() {
                return Err(wrong(EntryProblem::ListedTwice));
            }
        }
        Ok(Self { rates })
    }

    /// The rate from one currency to another: 1 for the same, else as listed, else the inverse of
    /// what is listed, else through USD. `None` where none of these leads there.
    #[must_use]
    pub fn rate(&self, base: Currency, quote: Currency) -> Option<Rate> {
        self.direct(base, quote).or_else(|| {
            let hub = Currency::parse(HUB).ok()?;
            self.direct(base, hub)?.then(&self.direct(hub, quote)?)
        })
    }

    fn direct(&self, base: Currency, quote: Currency) -> Option<Rate> {
        if base == quote {
            return Some(Rate::one(base));
        }
        let inverse = || self.rates.get(&(quote, base)).map(Rate::inverse);
        self.rates.get(&(base, quote)).copied().or_else(inverse)
    }
}

fn parse_entry(entry: &str) -> Result<Rate, EntryProblem> {
    let (pair, number) = entry.split_once('=').ok_or(EntryProblem::Malformed)?;
    let (base, quote) = pair.split_once('/').ok_or(EntryProblem::Malformed)?;
    Ok(Rate::parse(Currency::parse(base)?, Currency::parse(quote)?, number)?)
}
