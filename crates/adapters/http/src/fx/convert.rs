//! `GET /api/v1/fx/convert`

use crate::answer::ok;
use crate::openapi::parameters::MayHaveId;
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules::{self, EnabledCurrencies};
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::money::{Currency, Money};
use paygate_wire::{AmountTextSchema, ConversionBody, CurrencySchema};

/// Tells what an amount would be credited with in another currency now
///
/// Nothing is promised by it: see quotes.
#[utoipa::path(get, path = "/api/v1/fx/convert", tag = "fx",
    operation_id = "convert_amount", security((), ("token" = ["rates:read"])),
    params(
        ("from" = CurrencySchema, Query, description = "The amount's currency (ISO 4217), enabled."),
        ("to" = CurrencySchema, Query, description = "The other currency (ISO 4217), enabled."),
        ("amount" = AmountTextSchema, Query, description = "More than zero, at most 15 significant \
            digits, no more decimals than the currency has."),
        MayHaveId,
    ),
    responses(
        (status = 200, description = "What it is worth.", body = ConversionBody),
        Asking,
        (status = 422, description = "`fx-not-quoted`, `amount-too-small` or \
            `amount-too-large`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`fx-unavailable`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn convert(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (from, to) = read(request.query_string(), &state.currencies)?;
    let (worth, applied) = state.api.exchange.convert(&principal, from, to).await?;
    ok(&ConversionBody::of(from, worth, &applied)?)
}

fn read(query: &str, enabled: &EnabledCurrencies) -> Result<(Money, Currency), Problem> {
    let mut given = Parameters::read(query);
    let from = given.required("from", |text| rules::enabled_currency(text, enabled));
    let to = given.required("to", |text| rules::enabled_currency(text, enabled));
    let amount = given.required("amount", rules::amount);
    let amount = given.both("amount", amount, from, rules::money);
    given.finish(amount.and_then(|amount| Ok((amount, to?))))
}
