//! Charges: money taken from an outside payer into the merchant's account.

use crate::accounts::find::AccountFinder;
use crate::accounts::standing::StandingAccounts;
use crate::payments::acceptor::{Acceptor, Call, Created};
use crate::payments::create_error::{CreateError, Refusal};
use crate::payments::draft::Draft;
use crate::payments::headroom::Headroom;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::id::PaymentId;
use paygate_core::identity::{Denied, Operation, Owner, Principal};
use paygate_core::kind::Kind;
use paygate_core::money::Money;
use paygate_core::payment::{Details, NewPayment, Request};
use paygate_core::terms::Terms;
use std::sync::Arc;

/// A charge to be accepted.
#[derive(Clone, Debug)]
pub struct CreateCharge {
    /// How much to take from the payer.
    pub amount: Money,
    /// What the client says of it.
    pub details: Details,
    /// How it came.
    pub call: Call,
}

/// Accepts charges.
#[derive(Clone)]
pub struct Charges {
    acceptor: Acceptor,
    standing: Arc<StandingAccounts>,
    headroom: Headroom,
    most: AmountLimit,
}

impl Charges {
    /// Charges between these standing accounts, each of at most so much.
    #[must_use]
    pub fn new(
        acceptor: Acceptor,
        accounts: AccountFinder,
        standing: Arc<StandingAccounts>,
        most: AmountLimit,
    ) -> Self {
        Self { acceptor, standing, headroom: Headroom::new(accounts), most }
    }

    /// Accepts a charge. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored and the key is not used (or, with a transient
    /// store error, it can't be told).
    pub async fn create(
        &self,
        principal: &Principal,
        charge: CreateCharge,
    ) -> Result<Created, CreateError> {
        principal.may(Operation::Charge)?;
        let CreateCharge { amount, details, call } = charge;
        let owner = principal.acts_for(self.standing.house());
        let request = details.request(principal, Operation::Charge, owner);
        match self.check(amount, &request).await {
            Ok(payment) => self.acceptor.accept(payment.id, Draft::checked(payment), call).await,
            Err(refusal) => {
                let named = request.named();
                self.acceptor.replay_or(request.idempotency, named, call.wait, refusal).await
            }
        }
    }

    async fn check(&self, amount: Money, request: &Request) -> Result<NewPayment, CreateError> {
        let Money { minor, currency } = amount;
        let merchant = match &request.owner {
            Owner::Merchant(merchant) => merchant,
            Owner::User(_) => return Err(Denied::Forbidden.into()),
        };
        let accounts = self.standing.opened_for(merchant, currency).await?;
        let (source, destination) = accounts.ok_or(CreateError::CurrencyNotEnabled(currency))?;
        if !self.most.allows(minor) {
            return Err(Refusal::AmountTooLarge.into());
        }
        self.headroom.check(source, destination, minor).await?;
        Ok(NewPayment {
            id: PaymentId(self.acceptor.ids().uuid_v7()),
            kind: Kind::Charge,
            terms: Terms::plain(amount),
            source,
            destination,
            parent: None,
            hold: false,
            request: request.clone(),
        })
    }
}
