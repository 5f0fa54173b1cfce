//! What a client sends to open an account, and its way into core's types.

use crate::request::fields::Fields;
use crate::request::idempotency::Canonical;
use crate::request::json::{boolean, decimal, object, text};
use crate::request::rules::{self, EnabledCurrencies};
use crate::request::violations::Read;
use paygate_app::OpenWallet;
use paygate_core::account::Alias;
use paygate_core::identity::RequestHash;
use paygate_core::money::{Currency, Decimal};
use paygate_core::text::{IdempotencyKey, Label, Metadata};
use paygate_wire::{AliasSchema, BalanceSchema, CurrencySchema, LabelSchema, MetadataSchema};
use utoipa::ToSchema;

/// An account to be opened.
// Its fields as they were read: each is a value of core, or what is wrong with it is noted.
#[derive(Debug, ToSchema)]
#[schema(as = OpenAccount, example = json!({
    "currency": "USD", "name": "Alice Example", "alias": "alice", "opening_balance": "100.50",
}))]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// An enabled ISO 4217 code in upper case.
    #[schema(value_type = CurrencySchema, required = true)]
    currency: Read<Currency>,
    /// Whose it is: 1 to 255 characters after trimming and NFC, no control
    /// or invisible characters.
    #[schema(value_type = Option<LabelSchema>, required = false)]
    name: Read<Option<Label>>,
    /// Your name for it, unique: 1 to 64 of `A-Z a-z 0-9 . _ -`, and neither an account id nor
    /// twelve digits. With it the request may be repeated: it opens one account.
    #[schema(value_type = Option<AliasSchema>, required = false)]
    alias: Read<Option<Alias>>,
    /// Whether its available balance may go below zero.
    #[schema(value_type = Option<bool>, required = false, default = false)]
    overdraft: Read<Option<bool>>,
    /// What it has from the start; nothing, if it is zero or left out.
    #[schema(value_type = Option<BalanceSchema>, required = false)]
    opening_balance: Read<Option<Decimal>>,
    /// Anything you want to find again in the account: a JSON object of at most 4096 bytes, without
    /// NUL. Kept as the text it was sent as.
    #[schema(value_type = Option<MetadataSchema>, required = false)]
    metadata: Read<Option<Metadata>>,
}

impl OpenRequest {
    /// Reads the fields, in the order violations are told.
    pub fn read(fields: &mut Fields<'_>, currencies: &EnabledCurrencies) -> Self {
        let enabled = |text: &str| rules::enabled_currency(text, currencies);
        Self {
            currency: fields.required("currency", text(enabled)),
            name: fields.optional("name", text(rules::label)),
            alias: fields.optional("alias", text(rules::alias)),
            overdraft: fields.optional("overdraft", boolean),
            opening_balance: fields.optional("opening_balance", decimal(rules::balance)),
            metadata: fields.optional("metadata", object(rules::metadata)),
        }
    }

    /// The wallet, under its key if there is one.
    ///
    /// # Errors
    /// Noted, if a field or the key was, or if the balance does not fit the currency.
    pub fn wallet(
        self,
        fields: &mut Fields<'_>,
        key: Read<Option<IdempotencyKey>>,
    ) -> Read<OpenWallet> {
        let (balance, currency) = (self.opening_balance, self.currency);
        let balance = fields.both("opening_balance", balance, currency, |balance, currency| {
            balance.map(|it| rules::money(it, currency)).transpose()
        });
        let wallet = OpenWallet {
            currency: currency?,
            name: self.name?,
            alias: self.alias?,
            overdraft: self.overdraft?.unwrap_or(false),
            opening_balance: balance?.filter(|it| it.minor > 0),
            metadata: self.metadata?,
            key: key?,
            hash: RequestHash([0; 32]),
        };
        Ok(OpenWallet { hash: hash(&wallet), ..wallet })
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
