//! `GET /api/v1/fx/rates`

use crate::answer::ok;
use crate::openapi::parameters::MayHaveId;
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::{ConvertError, NoRate};
use paygate_core::money::Currency;
use paygate_wire::{CurrencySchema, RatesBody};

/// Shows exchange rates between enabled currencies
///
/// With `base` and `quote` the one between them; with one of the two, all from or to that currency;
/// with neither, all. Where there is no rate, it is left out of a list.
#[utoipa::path(get, path = "/api/v1/fx/rates", tag = "fx",
    operation_id = "list_rates", security((), ("token" = ["rates:read"])),
    params(
        ("base" = Option<CurrencySchema>, Query, description = "Only from this currency (ISO 4217)."),
        ("quote" = Option<CurrencySchema>, Query, description = "Only to this currency (ISO 4217)."),
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The rates.", body = RatesBody),
        Asking,
        (status = 422, description = "`fx-not-quoted`: there is none between the two.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`fx-unavailable`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn rates(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let enabled = &state.currencies;
    let mut given = Parameters::read(request.query_string());
    let base = given.optional("base", |text| rules::enabled_currency(text, enabled));
    let quote = given.optional("quote", |text| rules::enabled_currency(text, enabled));
    given.finish(Ok(()))?;

    let is_list = base.is_none() || quote.is_none();
    let mut found = Vec::new();
    for (base, quote) in pairs(&state, base, quote) {
        match state.api.exchange.rate(&principal, base, quote).await {
            Ok(applied) => found.push(applied),
            Err(ConvertError::Rate(NoRate::NotQuoted { .. })) if is_list => {}
            Err(error) => return Err(error.into()),
        }
    }
    ok(&RatesBody::of(&found)?)
}

fn pairs(
    state: &State,
    base: Option<Currency>,
    quote: Option<Currency>,
) -> Vec<(Currency, Currency)> {
    let all = || state.currencies.0.iter().copied();
    match (base, quote) {
        (Some(base), Some(quote)) => vec![(base, quote)],
        (Some(base), None) => all().filter(|it| *it != base).map(|it| (base, it)).collect(),
        (None, Some(quote)) => all().filter(|it| *it != quote).map(|it| (it, quote)).collect(),
        (None, None) => {
            let pairs = all().flat_map(|base| all().map(move |quote| (base, quote)));
            pairs.filter(|(base, quote)| base != quote).collect()
        }
    }
}
