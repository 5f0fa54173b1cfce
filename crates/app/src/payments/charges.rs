//! Charges: money taken from an outside payer into the merchant's account.

use crate::accounts::directory::Directory;
use crate::accounts::find::FindAccounts;
use crate::payments::accepting::{Accepting, Call, Created};
use crate::payments::create_error::{CreateError, Refusal};
use crate::payments::headroom::Headroom;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::id::PaymentId;
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::payment::{NewPayment, Request};
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
    headroom: Headroom,
    most: AmountLimit,
}

impl Charges {
    /// Charges between the accounts of this directory, each of at most so much.
    #[must_use]
    pub fn new(
        accepting: Accepting,
        accounts: FindAccounts,
        directory: Arc<Directory>,
        most: AmountLimit,
    ) -> Self {
        Self { accepting, directory, headroom: Headroom::new(accounts), most }
    }

    /// Accepts a charge. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored and the key is not used (or, with a transient
    /// store error, it can't be told).
    pub async fn create(&self, charge: CreateCharge) -> Result<Created, CreateError> {
        match self.check(&charge).await {
            Ok(payment) => self.accepting.accept(payment, charge.call).await,
            Err(refusal) => {
                let CreateCharge { request, call, .. } = charge;
                self.accepting.replay_or(Kind::Charge, &request, call.wait, refusal).await
            }
        }
    }

    async fn check(&self, charge: &CreateCharge) -> Result<NewPayment, CreateError> {
        let Money { minor, currency } = charge.amount;
        let accounts = self.directory.charge(&charge.request.merchant, currency);
        let (source, destination) = accounts.ok_or(CreateError::CurrencyNotEnabled(currency))?;
        if !self.most.allows(minor) {
            return Err(Refusal::AmountTooLarge.into());
        }
        self.headroom.check(source, destination, minor).await?;
        Ok(NewPayment {
            id: PaymentId(self.accepting.ids().uuid_v7()),
            kind: Kind::Charge,
            terms: Terms::plain(charge.amount),
            source,
            destination,
            parent: None,
            hold: false,
            request: charge.request.clone(),
        })
    }
}
