//! Charges: money taken from an outside payer into the merchant's account.

use crate::accepting::{Accepting, Call, Created};
use crate::create_error::CreateError;
use crate::directory::Directory;
use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use paygate_core::payment::{NewPayment, Request};
use paygate_core::status::Kind;
use paygate_core::terms::Terms;
use std::sync::Arc;

/// A charge to be accepted.
#[derive(Clone, Debug)]
pub struct CreateCharge {
    /// How much to take from the payer.
    pub amount: Money,
    /// What the client asked for.
    pub request: Request,
    /// How it came.
    pub call: Call,
}

/// Accepts charges.
#[derive(Clone)]
pub struct Charges {
    accepting: Accepting,
    directory: Arc<Directory>,
}

impl Charges {
    /// Charges between the accounts of this directory.
    #[must_use]
    pub fn new(accepting: Accepting, directory: Arc<Directory>) -> Self {
        Self { accepting, directory }
    }

    /// Accepts a charge. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored (or, with a transient store error, it can't be
    /// told).
    pub async fn create(&self, charge: CreateCharge) -> Result<Created, CreateError> {
        let currency = charge.amount.currency;
        let accounts = self.directory.charge(&charge.request.merchant, currency);
        let (source, destination) = accounts.ok_or(CreateError::CurrencyNotEnabled(currency))?;
        let payment = NewPayment {
            id: PaymentId(self.accepting.ids().uuid_v7()),
            kind: Kind::Charge,
            terms: Terms::plain(charge.amount),
            source,
            destination,
            parent: None,
            hold: false,
            request: charge.request,
        };
        self.accepting.accept(payment, charge.call).await
    }
}
