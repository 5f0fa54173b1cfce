//! Whole rows of `payments`, as readers see them.

use super::payment::PaymentRow;
use super::read::{Broken, id, label, metadata, optional_time, rate, read, shown, time};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use paygate_core::fx::AppliedRate;
use paygate_core::id::QuoteId;
use paygate_core::identity::{Actor, Idempotency, KeyHash, Owner, RequestHash};
use paygate_core::payment::{Payment, PaymentRecord, Request};
use paygate_core::text::Reference;
use paygate_ports::StoreError;

/// A whole payment, as readers see it.
#[derive(QueryableByName)]
pub(crate) struct RecordRow {
    #[diesel(embed)]
    pub(crate) payment: PaymentRow,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = Text)]
    asked_by: String,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    key_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) request_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    metadata: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tx_date: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    fx_numerator: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    fx_denominator: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    fx_source: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    fx_as_of: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    quote_id: Option<Vec<u8>>,
}

/// What [`RecordRow`] selects.
macro_rules! record_columns {
    () => {
        concat!(
            crate::rows::payment_columns!(),
            ", owner, asked_by, reference, key_hash, request_hash, metadata, \
             description, tx_date, fx_numerator, fx_denominator, fx_source, fx_as_of, quote_id"
        )
    };
}
pub(crate) use record_columns;

impl RecordRow {
    fn parse(&self) -> Result<PaymentRecord, Broken> {
        let payment = self.payment.parse()?;
        let quote = self.quote_id.as_deref().map(|quote| id("quote_id", quote));
        Ok(PaymentRecord {
            fx: self.fx(&payment)?,
            quote: quote.transpose()?.map(QuoteId),
            request: self.request()?,
            payment,
        })
    }

    /// The rate. Its currencies are not kept: it leads from the debit to the credit or, if these are
    /// of one currency, from the amount to them.
    fn fx(&self, payment: &Payment) -> Result<Option<AppliedRate>, Broken> {
        let kept = (self.fx_numerator, self.fx_denominator, &self.fx_source, self.fx_as_of);
        let (Some(numerator), Some(denominator), Some(source), Some(as_of)) = kept else {
            return Ok(None);
        };
        let (debit, credit) = (payment.debit.currency, payment.credit.currency);
        let currencies = match debit == credit {
            false => (debit, credit),
            true => (payment.amount.currency, debit),
        };
        Ok(Some(AppliedRate {
            rate: rate("fx_numerator", currencies, (numerator, denominator))?,
            source: source.clone(),
            as_of: time("fx_as_of", as_of)?,
        }))
    }

    fn request(&self) -> Result<Request, Broken> {
        let idempotency = match (&self.key_hash, &self.request_hash) {
            (Some(key), Some(hash)) => {
                let length = |bytes: &[u8]| format!("of {} bytes", bytes.len());
                let found = length(hash);
                let hash = read("request_hash", found, hash.as_slice().try_into().ok())?;
                let key = read("key_hash", length(key), key.as_slice().try_into().ok())?;
                Some(Idempotency { key: KeyHash(key), hash: RequestHash(hash) })
            }
            _ => None,
        };
        // References are stored trimmed: one that parsing would change is not of our making.
        let reference = self.reference.as_deref().map(|text| {
            let reference = Reference::parse(text).ok().filter(|it| it.as_str() == text);
            read("reference", text, reference)
        });
        Ok(Request {
            owner: read("owner", &self.owner, Owner::parse(&self.owner))?,
            asked_by: read("asked_by", &self.asked_by, Actor::parse(&self.asked_by))?,
            reference: reference.transpose()?,
            idempotency,
            description: label("description", self.description.as_deref())?,
            tx_date: optional_time("tx_date", self.tx_date)?,
            metadata: metadata(self.metadata.as_deref())?,
        })
    }
}

impl TryFrom<RecordRow> for PaymentRecord {
    type Error = StoreError;
    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        row.parse().map_err(|broken| broken.in_row("payments", shown(&row.payment.id)))
    }
}
