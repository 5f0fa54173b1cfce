//! What client and server say to each other: paths, headers, bodies. Read strictly: a field or a
//! value that is not listed here makes the whole body unreadable, on either side.

use crate::verdict::{DeclineCode, Verdict};
use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use paygate_ports::{Authorization, RefundRequest};
use serde::{Deserialize, Serialize};

/// Where authorizations are asked for, and below it any key is looked up.
pub(crate) const AUTHORIZATIONS: &str = "/v1/authorizations";

/// Where refunds are asked for, and below it any key is looked up.
pub(crate) const REFUNDS: &str = "/v1/refunds";

/// The header that repeats the body's key, for whoever deduplicates without reading bodies.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The `error` of the 404 that means: no decision about this key. Any other 404 means nothing.
pub(crate) const NOT_FOUND: &str = "not_found";

/// The body of `POST /v1/authorizations`. The amount is decimal text: `100.50`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizationBody {
    key: String,
    amount: String,
    currency: String,
}

impl From<&Authorization> for AuthorizationBody {
    fn from(request: &Authorization) -> Self {
        Self {
            key: request.key.to_string(),
            amount: request.amount.to_string(),
            currency: request.amount.currency.code().to_owned(),
        }
    }
}

impl TryFrom<AuthorizationBody> for Authorization {
    type Error = String;

    fn try_from(body: AuthorizationBody) -> Result<Self, String> {
        let key = id(&body.key, "key")?;
        Ok(Self { key, amount: money(&body.amount, &body.currency)? })
    }
}

/// The body of `POST /v1/refunds`. `of` is the key of the authorization.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundBody {
    key: String,
    of: String,
    amount: String,
    currency: String,
}

impl From<&RefundRequest> for RefundBody {
    fn from(request: &RefundRequest) -> Self {
        Self {
            key: request.key.to_string(),
            of: request.of.to_string(),
            amount: request.amount.to_string(),
            currency: request.amount.currency.code().to_owned(),
        }
    }
}

impl TryFrom<RefundBody> for RefundRequest {
    type Error = String;

    fn try_from(body: RefundBody) -> Result<Self, String> {
        let (key, of) = (id(&body.key, "key")?, id(&body.of, "of")?);
        Ok(Self { key, of, amount: money(&body.amount, &body.currency)? })
    }
}

fn id(text: &str, field: &str) -> Result<PaymentId, String> {
    text.parse().map_err(|_| format!("{field}: must be a UUID"))
}

fn money(amount: &str, currency: &str) -> Result<Money, String> {
    let currency = Currency::parse(currency).map_err(|error| format!("currency: {error}"))?;
    Money::parse_positive(without_padding(amount), currency)
        .map_err(|error| format!("amount: {error}"))
}

/// The text without zeros that only fill the scale. They would count as significant digits, and
/// the largest amounts that may be accepted would be refused here once written out in full.
fn without_padding(amount: &str) -> &str {
    match amount.split_once('.') {
        Some((_, fraction)) if !fraction.is_empty() => {
            amount.trim_end_matches('0').trim_end_matches('.')
        }
        _ => amount,
    }
}

/// A decision, the body of every 200 about an authorization or a refund.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum DecisionBody {
    // Braces, because serde lets a unit variant carry unknown fields.
    Approved {},
    Declined { code: DeclineCode },
}

impl DecisionBody {
    /// Reads a body, `None` unless all of it is understood.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        // serde would read an array of the fields as well.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(body).ok().filter(|_| is_object)
    }
}

impl From<Verdict> for DecisionBody {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approved => Self::Approved {},
            Verdict::Declined(code) => Self::Declined { code },
        }
    }
}

impl From<DecisionBody> for Verdict {
    fn from(body: DecisionBody) -> Self {
        match body {
            DecisionBody::Approved {} => Self::Approved,
            DecisionBody::Declined { code } => Self::Declined(code),
        }
    }
}

/// The body of everything that is no decision.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ErrorBody {
    /// The stable code.
    pub(crate) error: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) detail: String,
}

/// The body of `GET /v1/journal/{key}`.
#[derive(Debug, Serialize)]
pub(crate) struct CountBody {
    pub(crate) key: String,
    pub(crate) authorizations: u64,
    pub(crate) refunds: u64,
    pub(crate) effects: u64,
}

/// The body of `GET /v1/journal`.
#[derive(Debug, Serialize)]
pub(crate) struct TotalsBody {
    pub(crate) keys: u64,
    pub(crate) authorizations: u64,
    pub(crate) refunds: u64,
    pub(crate) effects: u64,
}

/// The body of `GET /health`.
#[derive(Debug, Serialize)]
pub(crate) struct HealthBody {
    pub(crate) status: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Verdict> {
        DecisionBody::read(text.as_bytes()).map(Verdict::from)
    }

    #[test]
    fn only_the_documented_decisions_are_read() {
        let declined = |code| Some(Verdict::Declined(code));
        for (text, expected) in [
            (r#"{"decision":"approved"}"#, Some(Verdict::Approved)),
            (r#"{"decision":"declined","code":"declined"}"#, declined(DeclineCode::Declined)),
            (
                r#"{"code":"insufficient_funds","decision":"declined"}"#,
                declined(DeclineCode::InsufficientFunds),
            ),
            (
                r#"{"decision":"declined","code":"not_refundable"}"#,
                declined(DeclineCode::NotRefundable),
            ),
            (r#"{"decision":"approved","code":"declined"}"#, None),
            (r#"{"decision":"approved","partial":true}"#, None),
            (r#"{"decision":"approved","decision":"declined","code":"declined"}"#, None),
            (r#"{"decision":"declined","decision":"approved","code":"declined"}"#, None),
            (r#"{"decision":"declined"}"#, None),
            (r#"{"decision":"declined","code":"stolen_card"}"#, None),
            (r#"{"decision":"declined","code":"declined","x":1}"#, None),
            (r#"{"decision":"Approved"}"#, None),
            (r#"{"decision":"pending"}"#, None),
            (r#"{"decision":"approved"} trailing"#, None),
            (r#"["approved"]"#, None),
            (r#""approved""#, None),
            ("{}", None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn decisions_and_requests_read_back() {
        for verdict in [
            Verdict::Approved,
            Verdict::Declined(DeclineCode::Declined),
            Verdict::Declined(DeclineCode::InsufficientFunds),
            Verdict::Declined(DeclineCode::NotRefundable),
        ] {
            let text = serde_json::to_string(&DecisionBody::from(verdict)).unwrap();
            assert_eq!(read(&text), Some(verdict), "{text}");
        }
        for (minor, code) in [
            (1, "USD"),
            (10_050, "USD"),
            (10_000, "USD"),
            (100, "JPY"),
            (1_230, "KWD"),
            (99_999_999_999_999_900, "USD"),
            (999_999_999_999_999_000, "KWD"),
        ] {
            let amount = Money { minor, currency: Currency::parse(code).unwrap() };
            let [key, of] = [7, 8].map(|number| PaymentId(uuid::Uuid::from_u128(number)));
            let request = Authorization { key, amount };
            let body = AuthorizationBody::from(&request);
            assert_eq!(Authorization::try_from(body), Ok(request));
            let request = RefundRequest { key, of, amount };
            let body = RefundBody::from(&request);
            assert_eq!(RefundRequest::try_from(body), Ok(request));
        }
    }
}
