//! `GET /api/v1/accounts/{account}/balance`

use super::dto::available;
use super::named;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::query::Parameters;
use crate::rules;
use crate::schema::Asking;
use crate::state::State;
use crate::wire::{number, ok, time};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::Timestamp;
use paygate_core::account::{AccountRecord, AccountRef};
use paygate_core::money::Money;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A balance, now or at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceBody {
    #[schema(format = Uuid)]
    account_id: String,
    #[schema(example = "USD")]
    currency: &'static str,
    /// The moment that was asked for; absent if the balance is that of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    at: Option<String>,
    /// The sum of its entries up to then.
    #[schema(value_type = f64, format = "decimal", example = 100.5)]
    posted: Box<RawValue>,
    /// What of it is held; only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, format = "decimal", nullable = false)]
    held: Option<Box<RawValue>>,
    /// What can be spent; only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, format = "decimal", nullable = false)]
    available: Option<Box<RawValue>>,
}

/// Shows an account's balance, now or at a moment
#[utoipa::path(get, path = "/api/v1/accounts/{account}/balance", tag = "accounts",
    operation_id = "account_balance", security((), ("token" = [])),
    params(
        ("account" = String, Path, description = "The account's id, number or alias."),
        ("at" = Option<String>, Query, format = DateTime,
            description = "At the end of this moment (RFC 3339), from the entries made until then."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
    ),
    responses(
        (status = 200, description = "The balance.", body = BalanceBody),
        Asking,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn balance(
    _: Caller,
    state: Data<State>,
    account: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::read(request.query_string(), &["at"]);
    let at = given.optional("at", rules::moment);
    given.finish()?;
    let name = named(&account)?;
    ok(&match at {
        Some(at) => at_moment(&state, name, at).await?,
        None => now(&state, name).await?,
    })
}

async fn at_moment(state: &State, name: AccountRef, at: Timestamp) -> Result<BalanceBody, Problem> {
    let found = state.api.accounts.balance_at(name, at).await?;
    let (record, posted) = found.ok_or_else(Problem::account_not_found)?;
    body(&record, Some(at), posted)
}

async fn now(state: &State, name: AccountRef) -> Result<BalanceBody, Problem> {
    let found = state.api.accounts.get(name).await?;
    let record = found.ok_or_else(Problem::account_not_found)?;
    let amount = |minor: i64| Money { minor, currency: record.account.currency };
    Ok(BalanceBody {
        held: Some(number(amount(record.account.held_minor))?),
        available: Some(number(available(&record))?),
        ..body(&record, None, amount(record.account.posted_minor))?
    })
}

fn body(
    record: &AccountRecord,
    at: Option<Timestamp>,
    posted: Money,
) -> Result<BalanceBody, Problem> {
    Ok(BalanceBody {
        account_id: record.account.id.to_string(),
        currency: record.account.currency.code(),
        at: at.map(time),
        posted: number(posted)?,
        held: None,
        available: None,
    })
}
