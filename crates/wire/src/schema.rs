//! What the OpenAPI document says of core's values, each once, for what comes in and what goes out.
//!
//! A schema is as near to core's constructor as a regular expression gets, in the words that every
//! dialect of them has: neither look-around nor `\d`, `\s`, which are other characters elsewhere. What
//! a schema can't say stands in `tests`, with the reason.

mod decimals;
mod declare;
mod names;
mod texts;

pub use decimals::{AmountSchema, AmountTextSchema, BalanceSchema, DecimalSchema};
pub use names::{AuditActionSchema, KeyStateSchema, KindSchema, ScopeSchema, StatusSchema, one_of};
pub use texts::{
    AccountNameSchema, AccountNumberSchema, ActorSchema, AliasSchema, CurrencySchema, CursorSchema,
    IdempotencyKeySchema, LabelSchema, MerchantIdSchema, MetadataSchema, ReferenceSchema,
    StatementCursorSchema, TargetSchema, TimeSchema, visible_ascii,
};

#[cfg(test)]
mod tests;
