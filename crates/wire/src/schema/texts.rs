//! Core's texts: what a currency, a name, a key, a line for people is written with.

use super::declare::schemas;
use paygate_core::account::Alias;
use paygate_core::identity::MerchantId;
use paygate_core::text::{IdempotencyKey, MAX_LINE_CHARS};
use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type};

const CURRENCY: &str = "^[A-Z]{3}$";
const ACCOUNT_NUMBER: &str = "^[0-9]{12}$";
/// An id and a number are written with these, too.
const ACCOUNT_NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";
const MERCHANT: &str = "^[a-z0-9][a-z0-9._-]*$";
/// Who may have done something, and whom it may have been done to, by the names of core.
const ACTOR: &str = "^(worker|operator|sandbox|merchant:[a-z0-9][a-z0-9._-]{0,63}|user:[0-9a-fA-F]{8}\
    (-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";
const TARGET: &str = "^(merchant:[a-z0-9][a-z0-9._-]{0,63}|api-key:[0-9a-fA-F]{8}\
    (-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";
const VISIBLE_ASCII: &str = "^[!-~]+$";
const SEQUENCE: &str = "^[0-9]{1,18}$";
/// What is taken off at the ends of a line: Unicode's White_Space.
const SPACES: &str = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
/// What is never in a line, beside the separators of lines and paragraphs.
const CONTROLS: &str = r"\x00-\x1f\x7f-\x9f";

schemas! {
    /// The schema of a [`Currency`](paygate_core::money::Currency).
    CurrencySchema, "Currency",
        text(CURRENCY, "A currency by its ISO 4217 code.").examples([json!("USD")]);
    /// The schema of an [`AccountRef`](paygate_core::account::AccountRef).
    AccountNameSchema, "AccountName",
        text(ACCOUNT_NAME, "An account by its id, its 12-digit number or its alias.")
            .max_length(Some(Alias::MAX_CHARS))
            .examples([json!("alice")]);
    /// The schema of an [`Alias`].
    AliasSchema, "Alias",
        text(ACCOUNT_NAME, "Your name for an account: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with \
            a letter or digit, and neither an account id nor twelve digits.")
            .max_length(Some(Alias::MAX_CHARS))
            .examples([json!("alice")]);
    /// The schema of an [`AccountNumber`](paygate_core::account::AccountNumber).
    AccountNumberSchema, "AccountNumber",
        text(ACCOUNT_NUMBER, "Twelve digits, the last of them a check digit (Luhn).")
            .examples([json!("079927398713")]);
    /// The schema of a [`MerchantId`].
    MerchantIdSchema, "MerchantId",
        text(MERCHANT, "A merchant: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit.")
            .max_length(Some(MerchantId::MAX_CHARS))
            .examples([json!("shop-1")]);
    /// The schema of an [`Actor`](paygate_core::identity::Actor).
    ActorSchema, "Principal",
        text(ACTOR, "Who did something: `worker`, `operator`, `sandbox`, `merchant:<id>` or \
            `user:<id>`.")
            .examples([json!("operator")]);
    /// The schema of a [`Target`](paygate_core::identity::Target).
    TargetSchema, "AuditTarget",
        text(TARGET, "Whom something was done to: `merchant:<id>` or `api-key:<id>`.")
            .examples([json!("merchant:shop-1")]);
    /// The schema of a [`Reference`](paygate_core::text::Reference).
    ReferenceSchema, "Reference",
        line("Your name for a payment: 1 to 255 characters after trimming and NFC, no control or \
            invisible characters.")
            .examples([json!("REF-001")]);
    /// The schema of a [`Label`](paygate_core::text::Label).
    LabelSchema, "Label",
        line("A line for people: 1 to 255 characters after trimming and NFC, no control characters, \
            and no invisible ones but joiners between characters.");
    /// The schema of an [`IdempotencyKey`].
    IdempotencyKeySchema, "IdempotencyKey",
        visible_ascii(IdempotencyKey::MAX_CHARS, "1 to 255 visible ASCII characters that stand for \
            a request.");
    /// The schema of a [`Timestamp`](paygate_core::Timestamp).
    TimeSchema, "Time",
        formatted(KnownFormat::DateTime, "A time (RFC 3339), in the years 0000 to 9999 of UTC. Answers \
            give UTC with microseconds.")
            .examples([json!("2026-01-31T12:00:00.000000Z")]);
    /// The schema of the `cursor` of a list of what has ids.
    CursorSchema, "Cursor",
        formatted(KnownFormat::Uuid, "Where a page begins: the `next_cursor` of the page before.");
    /// The schema of the `cursor` of a statement.
    StatementCursorSchema, "StatementCursor",
        text(SEQUENCE, "Where a page begins: the `next_cursor` of the page before.")
            .examples([json!("50")]);
    /// The schema of a [`Metadata`](paygate_core::text::Metadata).
    MetadataSchema, "Metadata",
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object)).description(Some(
            "A JSON object of at most 4096 bytes, nested at most 127 deep, without NUL. It comes \
                back as it was written."));
}

/// The schema of so many visible ASCII characters.
pub fn visible_ascii(most: usize, description: &str) -> Object {
    text(VISIBLE_ASCII, description).min_length(Some(1)).max_length(Some(most)).build()
}

fn text(pattern: impl Into<String>, description: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    text.pattern(Some(pattern)).description(Some(description))
}

fn formatted(format: KnownFormat, description: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    text.format(Some(SchemaFormat::KnownFormat(format))).description(Some(description))
}

/// Something that is seen at either end, and whatever is no control between, in white space. The
/// pattern has the length: a keyword would count the white space, which the rule does not.
fn line(description: &str) -> ObjectBuilder {
    let end = format!("[^{SPACES}{CONTROLS}]");
    let between = MAX_LINE_CHARS.saturating_sub(2);
    let inside = format!(r"[^{CONTROLS}\u2028\u2029]{{0,{between}}}");
    text(format!("^[{SPACES}]*{end}({inside}{end})?[{SPACES}]*$"), description)
}
