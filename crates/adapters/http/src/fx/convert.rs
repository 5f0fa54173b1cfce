//! `GET /api/v1/fx/convert`

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::query::Parameters;
use crate::rules::{self, EnabledCurrencies};
use crate::schema::{AmountSchema, Asking};
use crate::state::State;
use crate::wire::MoneyBody;
use crate::wire::{ok, rate, time};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::money::{Currency, Money, check_amount_text};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// What an amount is worth in another currency now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversion)]
pub struct ConversionBody<'a> {
    /// What was asked for.
    from: MoneyBody,
    /// What it is worth, rounded down.
    to: MoneyBody,
    /// How many units of the second currency one unit of the first is worth, to be shown.
    #[schema(value_type = f64, format = "decimal", example = 15500.0)]
    rate: Box<RawValue>,
    /// Where the rate came from.
    #[schema(example = "fixed")]
    source: &'a str,
    /// When it was the rate there.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    as_of: String,
}

/// Tells what an amount would be credited with in another currency now
///
/// Nothing is promised by it: see quotes.
#[utoipa::path(get, path = "/api/v1/fx/convert", tag = "fx",
    operation_id = "convert_amount", security((), ("token" = [])),
    params(
        ("from" = String, Query, description = "The amount's currency (ISO 4217), enabled."),
        ("to" = String, Query, description = "The other currency (ISO 4217), enabled."),
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
    _: Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (from, to) = read(request.query_string(), &state.currencies)?;
    let (worth, applied) = state.api.exchange.convert(from, to).await?;
    ok(&ConversionBody {
        from: MoneyBody::of(from)?,
        to: MoneyBody::of(worth)?,
        rate: rate(&applied.rate)?,
        source: &applied.source,
        as_of: time(applied.as_of),
    })
}

fn read(query: &str, enabled: &EnabledCurrencies) -> Result<(Money, Currency), Problem> {
    let mut given = Parameters::read(query, &["from", "to", "amount"]);
    let from = given.required("from", |text| rules::enabled_currency(text, enabled));
    let to = given.required("to", |text| rules::enabled_currency(text, enabled));
    let amount = given.required("amount", |text| {
        let read = match from {
            Some(from) => Money::parse_positive(text, from).map(Some),
            None => check_amount_text(text).map(|()| None),
        };
        read.map_err(|error| (error.code(), error.to_string()))
    });
    given.finish()?;
    amount.flatten().zip(to).ok_or_else(rules::unparsed)
}
