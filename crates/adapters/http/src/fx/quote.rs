//! `POST /api/v1/fx/quotes`

use crate::answer;
use crate::openapi::parameters::{MayHaveId, MayHaveKey};
use crate::openapi::responses::Writing;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields::{self, Fields};
use crate::request::idempotency::{self, Canonical};
use crate::request::json::{decimal, text};
use crate::request::rules::{self, EnabledCurrencies};
use crate::request::violations::Read;
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::AskQuote;
use paygate_core::identity::{RequestHash, SentKey};
use paygate_core::money::{Currency, Money, PositiveDecimal};
use paygate_core::text::IdempotencyKey;
use paygate_wire::{AmountSchema, CurrencySchema, QuoteBody};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// A rate to be promised.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreateQuote, example = json!({"base": "USD", "quote": "IDR", "amount": "100.50"}))]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "two_currencies"))]
pub struct QuoteRequest {
    /// The source's currency: an enabled ISO 4217 code in upper case.
    #[schema(value_type = CurrencySchema, required = true)]
    base: Read<Currency>,
    /// The destination's currency, another one: an enabled ISO 4217 code in upper case.
    #[schema(value_type = CurrencySchema, required = true)]
    quote: Read<Currency>,
    /// What to show as an example of the rate, in `base`. The quote is for any amount.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    amount: Read<Option<PositiveDecimal>>,
}

/// Promises the present rate to one payment for a while
///
/// With an `Idempotency-Key` the request may be repeated, and is answered with the same promise as
/// long as that is kept: a day after its end, or for good if a payment has used it.
#[utoipa::path(post, path = "/api/v1/fx/quotes", tag = "fx",
    operation_id = "create_quote", security((), ("token" = ["quotes:write"])),
    request_body(content = QuoteRequest, content_type = "application/json"),
    params(
        MayHaveKey,
        MayHaveId,
    ),
    responses(
        (status = 201, description = "The rate is promised, now or by an earlier request with the same \
            key.", body = QuoteBody, headers(
                ("Idempotent-Replayed" = String, description = "`true` for a repeated request."),
            )),
        Writing,
        (status = 422, description = "`idempotency-key-reused`, `fx-not-quoted`, `amount-too-small` or \
            `amount-too-large`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`store-unavailable` or `fx-unavailable`: repeat it later.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn quote(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::read_json(&request, payload, state.body_timeout).await?;
    let asked = read_quote(&request, &body, &state)?;
    let (amount, exchange) = (asked.amount, &state.api.exchange);
    let (promised, replayed) = exchange.quote(&principal, asked).await?;
    let worth = amount.map(|amount| promised.applied.rate.credit_for(amount)).transpose()?;
    answer::with(answer::made(replayed), &QuoteBody::of(&promised, amount.zip(worth))?)
}

fn read_quote(request: &HttpRequest, body: &[u8], state: &State) -> Result<AskQuote, Problem> {
    let mut fields = fields::read(body)?;
    let asked = QuoteRequest::read(&mut fields, &state.currencies);
    let key = idempotency::key(request.headers(), &mut fields);
    let asked = asked.ask(&mut fields, key);
    fields.finish(asked)
}

/// What tells it from another request under the same key: what it asks for, not how that is written.
fn hash(base: Currency, quote: Currency, amount: Option<Money>) -> RequestHash {
    Canonical::of("quote")
        .with("base", base.code())
        .with("quote", quote.code())
        .with("amount", amount.map(|amount| amount.minor.to_string()).as_deref())
        .hash()
}

impl QuoteRequest {
    /// Reads the fields, in the order violations are told.
    fn read(fields: &mut Fields<'_>, currencies: &EnabledCurrencies) -> Self {
        let enabled = |text: &str| rules::enabled_currency(text, currencies);
        let request = Self {
            base: fields.required("base", text(enabled)),
            quote: fields.required("quote", text(enabled)),
            amount: fields.optional("amount", decimal(rules::amount)),
        };
        fields.together(request.validate());
        request
    }

    /// The question, under its key if there is one.
    ///
    /// # Errors
    /// Noted, if a field or the key was, or if the amount does not fit its currency.
    fn ask(self, fields: &mut Fields<'_>, key: Read<Option<IdempotencyKey>>) -> Read<AskQuote> {
        let amount = fields.both("amount", self.amount, self.base, |amount, base| {
            amount.map(|it| rules::money(it, base)).transpose()
        });
        let (base, quote, amount) = (self.base?, self.quote?, amount?);
        let key = key?.map(|key| SentKey { key, hash: hash(base, quote, amount) });
        Ok(AskQuote { base, quote, amount, key })
    }
}

/// A rate is between two.
fn two_currencies(request: &QuoteRequest) -> Result<(), ValidationError> {
    match (request.base, request.quote) {
        (Ok(base), Ok(quote)) if base == quote => {
            let rule = "must be another currency than base".to_owned();
            Err(fields::blame("quote", ("same-currency", rule)))
        }
        _ => Ok(()),
    }
}
