//! Capturing and voiding what is held: decided at once, at the client's request.

use crate::payments::decisions::Decisions;
use paygate_core::book::Book;
use paygate_core::decision::Refused;
use paygate_core::hold::{self, HoldError};
use paygate_core::id::PaymentId;
use paygate_core::identity::{Denied, Operation, Principal};
use paygate_core::money::{AmountError, Money, PositiveDecimal};
use paygate_core::payment::PaymentRecord;
use paygate_ports::{PaymentReader, PaymentStore, StoreError};
use std::sync::Arc;
use thiserror::Error;

/// Why a hold was not captured or voided.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HoldRequestError {
    /// There is no such payment.
    #[error("there is no such payment")]
    PaymentNotFound,
    /// The amount does not fit the currency of what is held.
    #[error("the amount {0}")]
    Amount(AmountError),
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A rule forbids it.
    #[error(transparent)]
    Refused(HoldError),
    /// The store could not or would not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for HoldRequestError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Hold(error) => Self::Refused(error),
            Refused::Poison(code) => Self::Store(StoreError::Refused(code.to_owned())),
        }
    }
}

/// Captures and voids.
#[derive(Clone)]
pub struct Holds {
    decisions: Decisions,
    reader: Arc<dyn PaymentReader>,
}

impl Holds {
    /// Captures and voids in this store. Starts the task that does, on the current runtime.
    #[must_use]
    pub fn new(store: Arc<dyn PaymentStore>, reader: Arc<dyn PaymentReader>) -> Self {
        Self { decisions: Decisions::new(store), reader }
    }

    /// Captures what is held: all of it, or `amount` in the currency of the payment's debit.
    /// Repeating it changes nothing.
    ///
    /// # Errors
    /// [`HoldRequestError`]; then nothing moved, unless the store gave no answer: repeating tells.
    pub async fn capture(
        &self,
        principal: &Principal,
        id: PaymentId,
        amount: Option<PositiveDecimal>,
    ) -> Result<PaymentRecord, HoldRequestError> {
        let record = self.decidable(principal, id).await?;
        let currency = record.payment.debit.currency;
        let amount = amount.map(|amount| Money::of(amount, currency)).transpose();
        let minor = amount.map_err(HoldRequestError::Amount)?.map(|amount| amount.minor);
        let by = principal.actor();
        let decide = move |book: &mut _| hold::capture(book, id, minor, &by).map_err(Refused::Hold);
        self.decide(record, decide).await
    }

    /// Gives what is held back. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`HoldRequestError`]; then it is still held or has expired, unless the store gave no answer:
    /// repeating tells.
    pub async fn void(
        &self,
        principal: &Principal,
        id: PaymentId,
    ) -> Result<PaymentRecord, HoldRequestError> {
        let record = self.decidable(principal, id).await?;
        let by = principal.actor();
        let decide = move |book: &mut _| hold::void(book, id, &by).map_err(Refused::Hold);
        self.decide(record, decide).await
    }

    /// The payment as the decision left it: what was asked for never changes.
    async fn decide(
        &self,
        record: PaymentRecord,
        decide: impl Fn(&mut Book) -> Result<(), Refused> + Send + Sync + 'static,
    ) -> Result<PaymentRecord, HoldRequestError> {
        let id = record.payment.id;
        match self.decisions.decide(id, decide).await?? {
            Some(payment) => Ok(PaymentRecord { payment, ..record }),
            None => self.read(id).await,
        }
    }

    /// The payment, if the principal sees it, and may decide about it.
    async fn decidable(
        &self,
        principal: &Principal,
        id: PaymentId,
    ) -> Result<PaymentRecord, HoldRequestError> {
        let record = self.read(id).await?;
        if !principal.sees(Some(&record.request.owner)) {
            return Err(HoldRequestError::PaymentNotFound);
        }
        principal.may(Operation::DecideHold)?;
        Ok(record)
    }

    async fn read(&self, id: PaymentId) -> Result<PaymentRecord, HoldRequestError> {
        self.reader.payment(id).await?.ok_or(HoldRequestError::PaymentNotFound)
    }
}
