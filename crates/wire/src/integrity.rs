//! What a proof of the ledger came to, as it goes out.

use crate::schema::{CurrencySchema, DecimalSchema, TimeSchema};
use crate::value::{Unwritable, number, time};
use paygate_core::Timestamp;
use paygate_core::money::Currency;
use paygate_core::proof::{CurrencyTotals, Sum, Summary, Violation};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What a proof of the ledger came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Integrity)]
pub struct IntegrityBody<'a> {
    /// Whether every row fits.
    ok: bool,
    /// The store's time of the proof; `null` if it told none, which is a violation.
    #[schema(value_type = Option<TimeSchema>, required = true)]
    as_of: Option<String>,
    /// How many accounts were looked at.
    accounts: u64,
    /// How many payments.
    payments: u64,
    /// How many journal entries.
    entries: u64,
    /// How many postings.
    postings: u64,
    /// How many rows do not fit, counted once for each rule they break.
    violation_count: u64,
    /// The first hundred of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = true, nullable = false)]
    violations: Option<Vec<ViolationBody<'a>>>,
    /// What there is in each currency.
    totals: Vec<TotalsBody>,
}

/// A row that does not fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntegrityViolation)]
pub struct ViolationBody<'a> {
    /// The rule; stable.
    #[schema(example = "balance-differs")]
    check: &'static str,
    /// The currency it concerns, if one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CurrencySchema>, nullable = false)]
    currency: Option<&'static str>,
    /// The table and the id.
    row: &'a str,
    /// What is and what should be.
    detail: &'a str,
}

/// What there is in a currency, each an exact decimal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrencyTotals)]
pub struct TotalsBody {
    #[schema(value_type = CurrencySchema)]
    currency: &'static str,
    /// What clients' wallets have.
    #[schema(value_type = DecimalSchema)]
    wallets: Box<RawValue>,
    /// What merchants' accounts have.
    #[schema(value_type = DecimalSchema)]
    merchants: Box<RawValue>,
    /// What the acquirer's account has.
    #[schema(value_type = DecimalSchema)]
    acquirer: Box<RawValue>,
    /// What the bank's account has.
    #[schema(value_type = DecimalSchema)]
    bank: Box<RawValue>,
    /// What the liquidity account has.
    #[schema(value_type = DecimalSchema)]
    fx_liquidity: Box<RawValue>,
    /// What the account of opening balances has.
    #[schema(value_type = DecimalSchema)]
    opening_equity: Box<RawValue>,
    /// All of that: 0, or the ledger does not hold.
    #[schema(value_type = DecimalSchema)]
    sum: Box<RawValue>,
}

impl<'a> IntegrityBody<'a> {
    /// A proof and the violations it kept.
    ///
    /// # Errors
    /// As [`IntegrityBody::summary`].
    pub fn of(
        summary: &Summary,
        as_of: Option<Timestamp>,
        violations: &'a [Violation],
    ) -> Result<Self, Unwritable> {
        let violations = violations.iter().map(ViolationBody::of).collect();
        let summary = Self::summary(summary, as_of)?;
        Ok(Self { violations: Some(violations), ..summary })
    }

    /// A proof whose violations are told elsewhere, one by one.
    ///
    /// # Errors
    /// None that can happen: [`Unwritable`] if a decimal were no JSON.
    pub fn summary(summary: &Summary, as_of: Option<Timestamp>) -> Result<Self, Unwritable> {
        Ok(Self {
            ok: summary.violations == 0,
            as_of: as_of.map(time),
            accounts: summary.accounts,
            payments: summary.payments,
            entries: summary.entries,
            postings: summary.postings,
            violation_count: summary.violations,
            violations: None,
            totals: summary.totals.iter().map(TotalsBody::of).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> ViolationBody<'a> {
    /// A row that does not fit, as it goes out.
    #[must_use]
    pub fn of(violation: &'a Violation) -> Self {
        Self {
            check: violation.check,
            currency: violation.currency.map(Currency::code),
            row: &violation.row,
            detail: &violation.detail,
        }
    }
}

impl TotalsBody {
    fn of(totals: &CurrencyTotals) -> Result<Self, Unwritable> {
        let currency = totals.currency;
        let number = |minor: i128| number(Sum { minor, currency });
        Ok(Self {
            currency: currency.code(),
            wallets: number(totals.wallets)?,
            merchants: number(totals.merchants)?,
            acquirer: number(totals.acquirer)?,
            bank: number(totals.bank)?,
            fx_liquidity: number(totals.fx_liquidity)?,
            opening_equity: number(totals.opening_equity)?,
            sum: number(totals.sum)?,
        })
    }
}
