//! What Paygate tells the outside, written once: what an account, a payment, an amount, a time looks
//! like on the wire.
//!
//! Each body is made of core's records by `of` and serialises to the JSON that the API answers with,
//! field by field and in that order; it carries its own schema for the OpenAPI document. [`CsvRows`]
//! writes the rows of a statement. The functions are how single values are told, for tables. The
//! API, pages, webhooks and the terminal all tell the same, because they tell it with these.
//!
//! What must stay true: an amount is an exact JSON number with its currency's scale; metadata goes
//! out as it came in; times are RFC 3339 in UTC with microseconds; no cell of CSV that somebody
//! chose is taken for a formula; the schema of a value accepts what core's constructor does. Nothing
//! here reads what comes in.

mod account;
mod csv_rows;
mod identity;
mod integrity;
mod payment;
mod rate;
mod schema;
mod statement;
mod timeline;
mod value;

pub use account::{
    AccountBody, AccountPageBody, AccountsBody, BalanceBody, CounterpartyBody, PartyBody,
    available, role, status,
};
pub use csv_rows::CsvRows;
pub use identity::{
    ApiKeyBody, ApiKeyPageBody, AuditBody, AuditPageBody, MerchantBody, MerchantPageBody,
};
pub use integrity::{IntegrityBody, TotalsBody, ViolationBody};
pub use payment::{FailureBody, PaymentBody, PaymentPageBody};
pub use rate::{ConversionBody, QuoteBody, RateBody, RatesBody};
pub use schema::{
    AccountNameSchema, AccountNumberSchema, ActorSchema, AliasSchema, AmountSchema,
    AmountTextSchema, AuditActionSchema, BalanceSchema, CurrencySchema, CursorSchema,
    DecimalSchema, IdempotencyKeySchema, KeyStateSchema, KindSchema, LabelSchema, MerchantIdSchema,
    MetadataSchema, ReferenceSchema, ScopeSchema, StatementCursorSchema, StatusSchema,
    TargetSchema, TimeSchema, one_of, visible_ascii,
};
pub use statement::{LineBody, StatementBody, StatementHead, direction, size};
pub use timeline::{TimelineBody, TransitionBody};
pub use value::{MoneyBody, Unwritable, number, time};
