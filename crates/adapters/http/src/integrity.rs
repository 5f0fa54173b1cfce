//! `GET /api/v1/integrity`: the proof that the ledger holds, made anew.

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::query::Parameters;
use crate::routes::readable;
use crate::schema::Asking;
use crate::state::State;
use crate::wire::{Unwritable, number, ok, time};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::Proven;
use paygate_core::Timestamp;
use paygate_core::money::Currency;
use paygate_core::proof::{CurrencyTotals, Scope, Sum, Summary, Violation};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The most violations that are told; all are counted.
const MAX_VIOLATIONS: usize = 100;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/api/v1/integrity", integrity));
}

/// What a proof of the ledger came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Integrity)]
pub struct IntegrityBody<'a> {
    /// Whether every row fits.
    ok: bool,
    /// The store's time of the proof; `null` if it told none, which is a violation.
    #[schema(format = DateTime, required = true)]
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
    #[schema(example = "USD", nullable = false)]
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
    #[schema(example = "USD")]
    currency: &'static str,
    /// What clients' wallets have.
    #[schema(value_type = f64, format = "decimal")]
    wallets: Box<RawValue>,
    /// What merchants' accounts have.
    #[schema(value_type = f64, format = "decimal")]
    merchants: Box<RawValue>,
    /// What the acquirer's account has.
    #[schema(value_type = f64, format = "decimal")]
    acquirer: Box<RawValue>,
    /// What the bank's account has.
    #[schema(value_type = f64, format = "decimal")]
    bank: Box<RawValue>,
    /// What the liquidity account has.
    #[schema(value_type = f64, format = "decimal")]
    fx_liquidity: Box<RawValue>,
    /// What the account of opening balances has.
    #[schema(value_type = f64, format = "decimal")]
    opening_equity: Box<RawValue>,
    /// All of that: 0, or the ledger does not hold.
    #[schema(value_type = f64, format = "decimal")]
    sum: Box<RawValue>,
}

/// Proves the ledger
///
/// Reads every account, payment, entry and posting, and checks that every balance follows from its
/// postings, every posting from a payment, and every hold from a state. It takes time in proportion
/// to all there is, and is done one at a time.
#[utoipa::path(get, path = "/api/v1/integrity", tag = "integrity",
    operation_id = "prove_integrity", security((), ("token" = [])),
    params(
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
    ),
    responses(
        (status = 200, description = "What the proof came to, also if the ledger does not hold.",
            body = IntegrityBody),
        Asking,
        (status = 503, description = "`store-unavailable` or `proof-under-way`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn integrity(
    _: Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Parameters::read(request.query_string(), &[]).finish()?;
    let proven = state.api.proving.prove(Scope::Whole, MAX_VIOLATIONS).await?;
    ok(&IntegrityBody::of(&proven)?)
}

impl<'a> IntegrityBody<'a> {
    /// A proof and the violations it kept.
    fn of(proven: &'a Proven) -> Result<Self, Unwritable> {
        let violations = proven.violations.iter().map(ViolationBody::of).collect();
        let summary = Self::summary(&proven.summary, proven.as_of)?;
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
