//! `GET /api/v1/fx/convert`

use crate::answer::ok;
use crate::openapi::schema::{AmountSchema, Asking};
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules::{self, EnabledCurrencies};
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::money::{Currency, Money};
use paygate_wire::ConversionBody;

/// Tells what an amount would be credited with in another currency now
///
/// Nothing is promised by it: see quotes.
#[utoipa::path(get, path = "/api/v1/fx/convert", tag = "fx",
    operation_id = "convert_amount", security((), ("token" = [])),
    params(
        ("from" = String, Query, pattern = "^[A-Z]{3}$", description = "The amount's currency (ISO 4217), enabled."),
        ("to" = String, Query, pattern = "^[A-Z]{3}$", description = "The other currency (ISO 4217), enabled."),
        ("amount" = AmountSchema, Query, description = "More than zero, at most 15 significant \
            digits, no more decimals than the currency has."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
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
