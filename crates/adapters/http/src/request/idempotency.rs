//! The `Idempotency-Key` header, and the hash that tells a repeated request from another one.

use crate::problem::Violation;
use crate::request::fields::Fields;
use crate::request::violations::Read;
use actix_web::http::header::{HeaderMap, HeaderName};
use paygate_core::identity::{RequestHash, SentKey};
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::text::{IdempotencyKey, Metadata, Reference};
use sha2::{Digest, Sha256};

/// The header's name as it is told to clients.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The key, if the client sent one.
///
/// # Errors
/// Noted when it breaks the key's rule or was sent more than once.
pub fn key(headers: &HeaderMap, fields: &mut Fields<'_>) -> Read<Option<IdempotencyKey>> {
    sent(headers).map_err(|violation| fields.note_header(violation))
}

/// The key of a request that needs one.
///
/// # Errors
/// As [`key`], and when there is none.
pub fn required_key(headers: &HeaderMap, fields: &mut Fields<'_>) -> Read<IdempotencyKey> {
    let message = "is required: a value of your own that stands for this request";
    let missing = || Violation::new(IDEMPOTENCY_KEY, "idempotency-key-required", message);
    key(headers, fields)?.ok_or_else(|| fields.note_header(missing()))
}

fn sent(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Violation> {
    let mut values = headers.get_all(HeaderName::from_static("idempotency-key"));
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Violation::new(IDEMPOTENCY_KEY, "repeated", "must be sent at most once"));
    }
    // A value beyond visible ASCII is the empty text here, which is no key either.
    IdempotencyKey::parse(value.to_str().unwrap_or_default())
        .map(Some)
        .map_err(|error| Violation::new(IDEMPOTENCY_KEY, "invalid", error.to_string()))
}

/// What makes two requests to charge a payer the same: what they ask for, not how they write it.
#[derive(Clone, Copy, Debug)]
pub struct CanonicalRequest<'a> {
    /// What it does.
    pub kind: Kind,
    /// How much; `1.5` and `"1.50"` are the same.
    pub amount: Money,
    /// Trimmed.
    pub reference: &'a Reference,
    /// The JSON text as it was sent: other white space is another request.
    pub metadata: Option<&'a Metadata>,
}

impl CanonicalRequest<'_> {
    /// The request under its key.
    #[must_use]
    pub fn under(&self, key: IdempotencyKey) -> SentKey {
        SentKey { key, hash: self.hash() }
    }

    /// SHA-256 over the kind, the minor units in decimal, the currency's code, the reference and
    /// the metadata's text (nothing if there is none), each preceded by its length in bytes as a
    /// 64-bit big-endian integer. Stored with the payment: never change it without a new version.
    fn hash(&self) -> RequestHash {
        let minor = self.amount.minor.to_string();
        let mut parts =
            vec![self.kind.as_str(), &minor, self.amount.currency.code(), self.reference.as_str()];
        parts.extend(self.metadata.map(Metadata::as_str));
        let mut hash = Sha256::new();
        for part in parts {
            add(&mut hash, part);
        }
        RequestHash(hash.finalize().into())
    }
}

fn add(hash: &mut Sha256, part: &str) {
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    hash.update(length.to_be_bytes());
    hash.update(part.as_bytes());
}

/// What makes two requests of any other operation the same: SHA-256 over the operation, then the
/// name and the value of each field that was given, in a fixed order, each preceded by its length
/// as in [`CanonicalRequest`]. Stored: never change it, nor the order, without a new version.
#[derive(Clone, Debug)]
pub struct Canonical(Sha256);

impl Canonical {
    /// A request for this operation.
    #[must_use]
    pub fn of(operation: &str) -> Self {
        let mut hash = Sha256::new();
        add(&mut hash, operation);
        Self(hash)
    }

    /// With this field, if it was given.
    #[must_use]
    pub fn with<'a>(mut self, name: &str, value: impl Into<Option<&'a str>>) -> Self {
        if let Some(value) = value.into() {
            add(&mut self.0, name);
            add(&mut self.0, value);
        }
        self
    }

    /// The hash.
    #[must_use]
    pub fn hash(self) -> RequestHash {
        RequestHash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::money::Currency;
    use std::collections::HashSet;

    fn hash(amount: &str, currency: &str, reference: &str, metadata: Option<&str>) -> [u8; 32] {
        let metadata = metadata.map(|text| Metadata::parse(text).unwrap());
        let request = CanonicalRequest {
            kind: Kind::Charge,
            amount: Money::parse_positive(amount, Currency::parse(currency).unwrap()).unwrap(),
            reference: &Reference::parse(reference).unwrap(),
            metadata: metadata.as_ref(),
        };
        request.hash().0
    }

    #[test]
    fn the_way_of_writing_does_not_count() {
        assert_eq!(hash("1.5", "USD", " R ", None), hash("1.50", "USD", "R", None));
    }

    #[test]
    fn every_part_counts_and_parts_do_not_run_together() {
        let all = [
            hash("1.50", "USD", "R", None),
            hash("1.51", "USD", "R", None),
            hash("1.50", "SGD", "R", None),
            hash("1.50", "USD", "S", None),
            hash("1.50", "USD", "R", Some("{}")),
            hash("1.50", "USD", "R{}", None),
            hash("1.50", "USD", "R", Some(r#"{"a":1}"#)),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
    }

    #[test]
    fn the_hash_is_the_one_that_is_stored() {
        let hash = hash("100.50", "USD", "REF-001", Some("{}"));
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "910264de47655c98acc5d273b04ae8f56f2d37b991e61e1c1847bd01111662cc");
    }

    #[test]
    fn names_and_values_of_other_operations_do_not_run_together() {
        let hash = |request: Canonical| request.hash().0;
        let of = |fields: &[(&str, &str)]| {
            fields.iter().fold(Canonical::of("op"), |it, (name, value)| it.with(name, *value))
        };
        let all = [
            hash(of(&[])),
            hash(Canonical::of("other")),
            hash(of(&[("a", "b")])),
            hash(of(&[("ab", "")])),
            hash(of(&[("a", "c")])),
            hash(of(&[("a", "b"), ("c", "d")])),
            hash(of(&[("a", "bcd")])),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
        assert_eq!(hash(of(&[]).with("a", None)), all[0]);
        let hex: String = all[2].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "bca28227c69f791805a4fe2d9aace3db39556611765d312b62865c9c2f4360c9");
    }
}
