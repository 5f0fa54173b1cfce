//! How much a payment is on either side: from the amount a client names to a debit and a credit.

use crate::fx::{AppliedRate, ConversionError};
use crate::id::QuoteId;
use crate::money::{Currency, Money};
use thiserror::Error;

/// The amounts of a payment, fixed when it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Positive, in the currency the client named.
    pub amount: Money,
    /// What leaves the source, in its currency.
    pub debit: Money,
    /// What reaches the destination, in its currency.
    pub credit: Money,
    /// The rate between them, if one was needed.
    pub fx: Option<AppliedRate>,
    /// The quote the rate came from.
    pub quote: Option<QuoteId>,
}

/// Why an amount can't be moved between two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TermsError {
    /// The accounts differ in currency, and the amount is in neither.
    #[error("the amount is in neither account's currency")]
    CurrencyMismatch,
    /// The rate does not convert.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
}

/// How an amount is meant, by its currency and those of the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// All are the same.
    Plain,
    /// The amount is what the source pays, exactly.
    ExactDebit,
    /// The amount is what the destination gets, exactly.
    ExactCredit,
    /// Both accounts share one currency, and the amount names its worth in another.
    Denominated,
}

fn meaning(amount: Currency, source: Currency, destination: Currency) -> Option<Meaning> {
    match (amount == source, amount == destination) {
        (true, true) => Some(Meaning::Plain),
        (true, false) => Some(Meaning::ExactDebit),
        (false, true) => Some(Meaning::ExactCredit),
        (false, false) => (source == destination).then_some(Meaning::Denominated),
    }
}

/// Which rate, from base to quote, an amount in that currency needs between two such accounts.
///
/// # Errors
/// [`TermsError::CurrencyMismatch`].
pub fn needed_rate(
    amount: Currency,
    source: Currency,
    destination: Currency,
) -> Result<Option<(Currency, Currency)>, TermsError> {
    match meaning(amount, source, destination) {
        None => Err(TermsError::CurrencyMismatch),
        Some(Meaning::Plain) => Ok(None),
        Some(Meaning::ExactDebit | Meaning::ExactCredit) => Ok(Some((source, destination))),
        Some(Meaning::Denominated) => Ok(Some((amount, source))),
    }
}

impl Terms {
    /// The terms of an amount that both accounts are in.
    #[must_use]
    pub fn plain(amount: Money) -> Self {
        Self { amount, debit: amount, credit: amount, fx: None, quote: None }
    }

    /// The terms of an amount between accounts of these currencies, at that rate (see
    /// [`needed_rate`]). An exact debit is credited with ⌊debit × rate⌋; an exact credit costs
    /// ⌈credit ÷ rate⌉; an amount in a third currency moves ⌊amount × rate⌋.
    ///
    /// # Errors
    /// [`TermsError`]; also for a rate that is missing or of other currencies.
    pub fn agree(
        amount: Money,
        source: Currency,
        destination: Currency,
        fx: Option<AppliedRate>,
        quote: Option<QuoteId>,
    ) -> Result<Self, TermsError> {
        let meaning =
            meaning(amount.currency, source, destination).ok_or(TermsError::CurrencyMismatch)?;
        let (debit, credit) = match (meaning, &fx) {
            (Meaning::Plain, None) => (amount, amount),
            (Meaning::ExactDebit, Some(fx)) => (amount, fx.rate.credit_for(amount)?),
            (Meaning::ExactCredit, Some(fx)) => (fx.rate.debit_for(amount)?, amount),
            (Meaning::Denominated, Some(fx)) => {
                let moved = fx.rate.credit_for(amount)?;
                (moved, moved)
            }
            (Meaning::Plain, Some(_)) | (_, None) => return Err(TermsError::CurrencyMismatch),
        };
        if debit.currency != source || credit.currency != destination {
            return Err(TermsError::CurrencyMismatch);
        }
        Ok(Self { amount, debit, credit, fx, quote })
    }

    /// Whether debit and credit are what amount and rate make of each other.
    #[must_use]
    pub fn hold_together(&self) -> bool {
        let (source, destination) = (self.debit.currency, self.credit.currency);
        let again = Self::agree(self.amount, source, destination, self.fx.clone(), self.quote);
        again.is_ok_and(|again| again.debit == self.debit && again.credit == self.credit)
    }
}

#[cfg(test)]
mod tests;
