//! Core's decimals: how an amount is written, and how it is answered.
//!
//! An amount comes in as a text or a number, so that who has no exact numbers writes a text. It goes
//! out as a number: the format `decimal` tells those who make clients that it is no float.

use super::declare::schemas;
use paygate_core::money::MAX_SIGNIFICANT_DIGITS;
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};

/// The most decimals that a currency has.
const MAX_DECIMALS: usize = 4;

schemas! {
    /// The schema of a [`PositiveDecimal`](paygate_core::money::PositiveDecimal).
    AmountSchema, "Amount", either(&above_zero(), number().exclusive_minimum(Some(0)));
    /// The schema of a [`PositiveDecimal`](paygate_core::money::PositiveDecimal) where all is text,
    /// as in a query.
    AmountTextSchema, "AmountText", text(&above_zero()).examples([json!("100.50")]);
    /// The schema of a [`Decimal`](paygate_core::money::Decimal).
    BalanceSchema, "OpeningBalance",
        either(&format!("{ZERO}|{}", above_zero()), number().minimum(Some(0)));
    /// The schema of an amount, a balance or a rate on its way out.
    DecimalSchema, "ExactDecimal", number().examples([json!(100.5)]).description(Some(
        "An exact decimal; an amount has as many decimals as its currency. Read it as a decimal, not \
            as a float."));
}

const ZERO: &str = r"0(\.0{1,4})?";
const BELOW_ONE: &str = r"0\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9])";

/// Decimals above zero: so many digits before the point as are left by those behind it.
fn above_zero() -> String {
    let whole = |decimals: usize| {
        let more = MAX_SIGNIFICANT_DIGITS.saturating_sub(1).saturating_sub(decimals);
        let point = if decimals > 0 { format!(r"\.[0-9]{{{decimals}}}") } else { String::new() };
        format!("[0-9]{{0,{more}}}{point}")
    };
    let wholes: Vec<String> = (0..=MAX_DECIMALS).map(whole).collect();
    format!("{BELOW_ONE}|[1-9]({})", wholes.join("|"))
}

fn text(pattern: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).format(decimal());
    text.pattern(Some(format!("^({pattern})$")))
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Number)).format(decimal())
}

/// Of the registry of formats: for texts and for numbers.
fn decimal() -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom("decimal".to_owned()))
}

/// A decimal as a text or as a number.
fn either(pattern: &str, number: ObjectBuilder) -> OneOfBuilder {
    let most = "9".repeat(MAX_SIGNIFICANT_DIGITS).parse::<usize>().ok();
    let both = OneOfBuilder::new().item(text(pattern)).item(number.maximum(most));
    both.examples([json!("100.50"), json!(100.5)])
}
