//! `POST /api/v1/fx/quotes`

use crate::answer;
use crate::openapi::schema::{AmountSchema, Writing};
use crate::payments::accepted::IDEMPOTENT_REPLAYED;
use crate::problem::{Problem, ProblemBody, Violation};
use crate::request::auth::Caller;
use crate::request::body;
use crate::request::fields;
use crate::request::idempotency::{self, Canonical};
use crate::request::rules::{self, EnabledCurrencies};
use crate::server::state::State;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use paygate_app::AskQuote;
use paygate_core::identity::{RequestHash, SentKey};
use paygate_core::money::{Currency, Money};
use paygate_wire::QuoteBody;
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::{Validate, ValidateArgs, ValidationError};

/// A rate to be promised.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = CreateQuote)]
#[serde(deny_unknown_fields)]
#[validate(context = EnabledCurrencies)]
#[validate(schema(function = "amount_fits_base", skip_on_field_errors = false))]
pub struct QuoteRequest<'a> {
    /// The source's currency: an enabled ISO 4217 code in upper case.
    #[schema(value_type = String, required = true, example = "USD", pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "rules::is_enabled", use_context))]
    base: Option<Cow<'a, str>>,
    /// The destination's currency, another one: an enabled ISO 4217 code in upper case.
    #[schema(value_type = String, required = true, example = "IDR", pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "rules::is_enabled", use_context))]
    quote: Option<Cow<'a, str>>,
    /// What to show as an example of the rate, in `base`. The quote is for any amount.
    #[schema(value_type = Option<AmountSchema>, required = false)]
    #[validate(custom(function = "rules::is_amount"))]
    amount: Option<Cow<'a, str>>,
}

/// Promises the present rate to one payment for a while
///
/// With an `Idempotency-Key` the request may be repeated, and is answered with the same promise as
/// long as that is kept: a day after its end, or for good if a payment has used it.
#[utoipa::path(post, path = "/api/v1/fx/quotes", tag = "fx",
    operation_id = "create_quote", security((), ("token" = [])),
    request_body(content = QuoteRequest, content_type = "application/json"),
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]*$",
            description = "1 to 255 visible ASCII characters that stand for this request."),
        ("X-Request-Id" = Option<String>, Header,
            description = "Your id of the request, up to 128 visible ASCII characters."),
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
    let (key, others) = idempotency::optional_key(request.headers());
    let (base, quote, amount) = QuoteRequest::parse(&body, &state.currencies, others)?;
    let key = key.map(|key| SentKey { key, hash: hash(base, quote, amount) });
    let asked = AskQuote { base, quote, amount, key };
    let (promised, replayed) = state.api.exchange.quote(&principal, asked).await?;
    let worth = amount.map(|amount| promised.applied.rate.credit_for(amount)).transpose()?;
    let mut response = HttpResponse::Created();
    if replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    answer::with(response, &QuoteBody::of(&promised, amount.zip(worth))?)
}

/// What tells it from another request under the same key: what it asks for, not how that is written.
fn hash(base: Currency, quote: Currency, amount: Option<Money>) -> RequestHash {
    Canonical::of("quote")
        .with("base", base.code())
        .with("quote", quote.code())
        .with("amount", amount.map(|amount| amount.minor.to_string()).as_deref())
        .hash()
}

impl<'a> QuoteRequest<'a> {
    /// The fields, in the order violations are told.
    const FIELDS: &'static [&'static str] = &["base", "quote", "amount"];

    fn parse(
        body: &'a [u8],
        currencies: &EnabledCurrencies,
        others: Vec<Violation>,
    ) -> Result<(Currency, Currency, Option<Money>), Problem> {
        let mut fields = fields::read(body, Self::FIELDS)?;
        let request = Self {
            base: fields.string("base"),
            quote: fields.string("quote"),
            amount: fields.optional_decimal("amount"),
        };
        let validated = request.validate_with_args(currencies);
        let mut violations = fields.into_violations();
        violations.extend(request.one_currency());
        rules::check(Self::FIELDS, "amount", violations, validated, others)?;
        request.into_core().ok_or_else(rules::unparsed)
    }

    fn one_currency(&self) -> Option<Violation> {
        let same = self.base.is_some() && self.base == self.quote;
        let message = "must be another currency than base";
        same.then(|| Violation::new("quote", "same-currency", message))
    }

    fn into_core(self) -> Option<(Currency, Currency, Option<Money>)> {
        let base = Currency::parse(&self.base?).ok()?;
        let amount = self.amount.map(|text| Money::parse_positive(&text, base));
        Some((base, Currency::parse(&self.quote?).ok()?, amount.transpose().ok()?))
    }
}

/// How many decimals the amount may have.
fn amount_fits_base(request: &QuoteRequest<'_>) -> Result<(), ValidationError> {
    rules::fits(request.amount.as_deref(), request.base.as_deref())
}
