//! What a client sends to open an account, and its way into core's types.

use crate::openapi::schema::BalanceSchema;
use crate::problem::{Problem, Violation};
use crate::request::fields::{self, Fields};
use crate::request::idempotency::Canonical;
use crate::request::rules::{self, EnabledCurrencies};
use paygate_app::OpenWallet;
use paygate_core::account::Alias;
use paygate_core::identity::RequestHash;
use paygate_core::money::{Currency, Money};
use paygate_core::text::{Label, Metadata};
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::{Validate, ValidateArgs, ValidationError};

/// An account to be opened.
// A field is absent here also if it was of a wrong type, which was noted when it was read.
#[derive(Debug, Validate, ToSchema)]
#[schema(as = OpenAccount)]
#[serde(deny_unknown_fields)]
#[validate(context = EnabledCurrencies)]
#[validate(schema(function = "balance_fits_currency", skip_on_field_errors = false))]
pub struct OpenRequest<'a> {
    /// An enabled ISO 4217 code in upper case.
    #[schema(value_type = String, required = true, example = "USD", pattern = "^[A-Z]{3}$")]
    #[validate(custom(function = "rules::is_enabled", use_context))]
    currency: Option<Cow<'a, str>>,
    /// Whose it is: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = Option<String>, required = false, example = "Alice Example",
        min_length = 1, max_length = 255)]
    #[validate(custom(function = "rules::is_label"))]
    name: Option<Cow<'a, str>>,
    /// Your name for it, unique: 1 to 64 of `A-Z a-z 0-9 . _ -`, and neither an account id nor
    /// twelve digits. With it the request may be repeated: it opens one account.
    #[schema(value_type = Option<String>, required = false, example = "alice",
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    #[validate(custom(function = "rules::is_alias"))]
    alias: Option<Cow<'a, str>>,
    /// Whether its available balance may go below zero.
    #[schema(value_type = Option<bool>, required = false, default = false)]
    overdraft: Option<bool>,
    /// What it has from the start; nothing, if it is zero or left out.
    #[schema(value_type = Option<BalanceSchema>, required = false)]
    #[validate(custom(function = "rules::is_balance"))]
    opening_balance: Option<Cow<'a, str>>,
    /// Anything you want to find again in the account: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<Object>, required = false)]
    #[validate(custom(function = "rules::is_metadata"))]
    metadata: Option<Cow<'a, str>>,
}

impl<'a> OpenRequest<'a> {
    /// The fields, in the order violations are told.
    const FIELDS: &'static [&'static str] =
        &["currency", "name", "alias", "overdraft", "opening_balance", "metadata"];

    /// Reads a body; `others` are violations found elsewhere in the request.
    ///
    /// # Errors
    /// A problem with every broken rule.
    pub fn parse(
        body: &'a [u8],
        currencies: &EnabledCurrencies,
        others: Vec<Violation>,
    ) -> Result<OpenWallet, Problem> {
        let mut fields = fields::read(body, Self::FIELDS)?;
        let request = Self::of(&mut fields);
        let validated = request.validate_with_args(currencies);
        let violations = fields.into_violations();
        rules::check(Self::FIELDS, "opening_balance", violations, validated, others)?;
        request.into_wallet().ok_or_else(rules::unparsed)
    }

    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            currency: fields.string("currency"),
            name: fields.optional_string("name"),
            alias: fields.optional_string("alias"),
            overdraft: fields.optional_bool("overdraft"),
            opening_balance: fields.optional_decimal("opening_balance"),
            metadata: fields.optional_object("metadata"),
        }
    }

    /// The request in core's types; `None` only if validation has let something through.
    fn into_wallet(self) -> Option<OpenWallet> {
        let currency = Currency::parse(&self.currency?).ok()?;
        let balance = self.opening_balance.map(|text| Money::parse(&text, currency));
        let wallet = OpenWallet {
            currency,
            name: self.name.map(|text| Label::parse(&text)).transpose().ok()?,
            alias: self.alias.map(|text| Alias::parse(&text)).transpose().ok()?,
            overdraft: self.overdraft.unwrap_or(false),
            opening_balance: balance.transpose().ok()?.filter(|it| it.minor > 0),
            metadata: self.metadata.map(|text| Metadata::parse(&text)).transpose().ok()?,
            key: None,
            hash: RequestHash([0; 32]),
        };
        Some(OpenWallet { hash: hash(&wallet), ..wallet })
    }
}

/// What tells the request from another one for the same alias: what it asks for, not how that is
/// written.
fn hash(wallet: &OpenWallet) -> RequestHash {
    Canonical::of("open-account")
        .with("currency", wallet.currency.code())
        .with("name", wallet.name.as_ref().map(Label::as_str))
        .with("alias", wallet.alias.as_ref().map(Alias::as_str))
        .with("overdraft", wallet.overdraft.then_some("true"))
        .with("opening_balance", wallet.opening_balance.map(|it| it.minor.to_string()).as_deref())
        .with("metadata", wallet.metadata.as_ref().map(Metadata::as_str))
        .hash()
}

/// The one rule of two fields: how many decimals the opening balance may have.
fn balance_fits_currency(request: &OpenRequest<'_>) -> Result<(), ValidationError> {
    rules::balance_fits(request.opening_balance.as_deref(), request.currency.as_deref())
}
