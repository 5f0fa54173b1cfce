//! The kinds of problems: one table of codes, statuses and titles.
//!
//! What must stay true: a code is stable once it was released. Where the application has a code for
//! a rule, it is the same one.

use actix_web::http::StatusCode;
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// Declares [`Code`] with the table of what each is called and answered with.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// What kind of problem it is: one stable code each, with its status and title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The problem type of RFC 9457 section 3.1.1. A URN, since it names and does not locate.
            #[must_use]
            pub fn type_uri(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:paygate:problem:", $text)),+ }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// A summary for people that is the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        paygate_wire::one_of(Self::ALL.iter().map(|code| code.as_str())).into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProblemCode")
    }
}

codes! {
    /// The body is no JSON text.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON";
    /// The body could not be read from the connection.
    MalformedBody = "malformed-body", BAD_REQUEST, "The body could not be read";
    /// A field, header or parameter breaks a rule; `errors` names each.
    InvalidRequest = "invalid-request", BAD_REQUEST, "The request breaks a rule";
    /// The request is not HTTP as we understand it.
    BadRequest = "bad-request", BAD_REQUEST, "The request is malformed";
    /// No token, or a wrong one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid bearer token is required";
    /// Nobody of that kind may do it.
    Forbidden = "forbidden", FORBIDDEN, "This is not for you to do";
    /// Your key is for other things.
    InsufficientScope = "insufficient-scope", FORBIDDEN, "The key lacks a scope";
    /// The path names nothing.
    RouteNotFound = "route-not-found", NOT_FOUND, "There is nothing at this path";
    /// The path names a payment that does not exist.
    PaymentNotFound = "payment-not-found", NOT_FOUND, "There is no such payment";
    /// The path exists, not with this method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "This method is not allowed here";
    /// The path names an account that does not exist (a rule that needs one is told with 422).
    AccountNotFound = "account-not-found", NOT_FOUND, "There is no such account";
    /// The path names a merchant that does not exist (a rule that needs one is told with 422).
    MerchantNotFound = "merchant-not-found", NOT_FOUND, "There is no such merchant";
    /// The path names a key that does not exist.
    ApiKeyNotFound = "api-key-not-found", NOT_FOUND, "There is no such key";
    /// The client sent too slowly.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// Another payment has this reference.
    ReferenceExists = "reference-already-exists", CONFLICT, "The reference is already in use";
    /// Another account has this alias, or it was opened by another request.
    AliasExists = "alias-already-exists", CONFLICT, "The alias is already in use";
    /// The account's balance is not zero.
    AccountNotEmpty = "account-not-empty", CONFLICT, "The account's balance is not zero";
    /// Something of the account is held.
    AccountHasHolds = "account-has-holds", CONFLICT, "Something of the account is held";
    /// The account is not a wallet.
    AccountNotClosable = "account-not-closable", CONFLICT, "Only wallets can be closed";
    /// Nothing is held for the payment.
    PaymentNotAuthorized = "payment-not-authorized", CONFLICT, "Nothing is held for the payment";
    /// There is a merchant of that id, with another name.
    MerchantExists = "merchant-already-exists", CONFLICT, "The merchant's id is already in use";
    /// The key opens nothing any more.
    ApiKeyNotActive = "api-key-not-active", CONFLICT, "The key is revoked or expired";
    /// Another key was made in its place.
    ApiKeyReplaced = "api-key-already-rotated", CONFLICT, "The key was rotated already";
    /// The quote serves another payment.
    QuoteUsed = "quote-already-used", CONFLICT, "The quote is used already";
    /// The body is larger than allowed.
    PayloadTooLarge = "payload-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The request's head is larger than allowed.
    HeadTooLarge = "head-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The path or the headers are too large";
    /// The body is not said to be JSON.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json";
    /// The idempotency key stands for another request.
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY,
        "The idempotency key was used for another request";
    /// Source and destination are one account.
    SameParty = "same-party", UNPROCESSABLE_ENTITY, "Source and destination are the same account";
    /// An account is closed.
    AccountClosed = "account-closed", UNPROCESSABLE_ENTITY, "The account is closed";
    /// The amount or the quote is in other currencies than the accounts.
    CurrencyMismatch = "currency-mismatch", UNPROCESSABLE_ENTITY, "The currencies do not fit";
    /// Payments in this currency are not taken.
    UnsupportedCurrency = "unsupported-currency", UNPROCESSABLE_ENTITY,
        "The currency is not enabled";
    /// One side of the payment rounds to zero.
    AmountTooSmall = "amount-too-small", UNPROCESSABLE_ENTITY, "The amount is too small";
    /// One side of the payment is more than can be kept.
    AmountTooLarge = "amount-too-large", UNPROCESSABLE_ENTITY, "The amount is too large";
    /// The source has too little to spend.
    InsufficientFunds = "insufficient-funds", UNPROCESSABLE_ENTITY,
        "The source has too little to spend";
    /// A balance would leave its range.
    Overflow = "overflow", UNPROCESSABLE_ENTITY, "A balance would become too large";
    /// There never is a rate between the currencies.
    FxNotQuoted = "fx-not-quoted", UNPROCESSABLE_ENTITY,
        "There is no exchange rate between these currencies";
    /// There is no such quote.
    QuoteNotFound = "quote-not-found", UNPROCESSABLE_ENTITY, "There is no such quote";
    /// The quote's time is over.
    QuoteExpired = "quote-expired", UNPROCESSABLE_ENTITY, "The quote has expired";
    /// Less than the least a transfer may be.
    RiskBelowMin = "risk-below-min", UNPROCESSABLE_ENTITY, "The amount is below the limit";
    /// More than the most a transfer may be.
    RiskAboveMax = "risk-above-max", UNPROCESSABLE_ENTITY, "The amount is above the limit";
    /// The payment is not one that can be refunded.
    NotRefundable = "payment-not-refundable", UNPROCESSABLE_ENTITY,
        "The payment can't be refunded";
    /// More than what is left of the payment.
    RefundExceedsRemainder = "refund-exceeds-remainder", UNPROCESSABLE_ENTITY,
        "The refund is more than what is left of the payment";
    /// More than what is held.
    ExceedsAuthorization = "amount-exceeds-authorization", UNPROCESSABLE_ENTITY,
        "The amount is more than what is held";
    /// More requests than are taken.
    RateLimited = "rate-limited", TOO_MANY_REQUESTS, "Too many requests";
    /// We failed.
    InternalError = "internal-error", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The store is away.
    StoreUnavailable = "store-unavailable", SERVICE_UNAVAILABLE, "The service is unavailable";
    /// Too many requests wait already.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The service is overloaded";
    /// There is no rate to convert by at the moment.
    FxUnavailable = "fx-unavailable", SERVICE_UNAVAILABLE, "There is no exchange rate now";
    /// The ledger is being proved already.
    ProofUnderWay = "proof-under-way", SERVICE_UNAVAILABLE, "A proof is under way already";
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    /// The codes that the rows of the page on the API name, each with its status.
    fn told() -> BTreeSet<(u16, &'static str)> {
        let page = include_str!("../../../../../docs/api.md");
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            Some((cells.next()?.parse().ok()?, cells.next()?))
        });
        let codes = rows.flat_map(|(status, codes)| {
            codes.split('`').skip(1).step_by(2).map(move |code| (status, code))
        });
        codes.collect()
    }

    #[test]
    fn the_documents_tell_every_code_with_its_status() {
        let told = told();
        for code in Code::ALL {
            let row = (code.status().as_u16(), code.as_str());
            assert!(told.contains(&row), "the page lacks {row:?}");
        }
        // One that a body names and not the path is told a second time, as 422.
        let known = |name: &str| Code::ALL.iter().any(|code| code.as_str() == name);
        let unknown: Vec<_> = told.iter().filter(|(_, name)| !known(name)).collect();
        assert!(unknown.is_empty(), "the page tells of {unknown:?}");
    }
}
