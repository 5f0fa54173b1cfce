//! Refunds: a payment given back, whole or in parts. What can be refused at once is; the worker
//! looks again under lock.

use crate::accounts::find::AccountFinder;
use crate::payments::acceptor::{Acceptor, Call, Created};
use crate::payments::create_error::{CreateError, Refusal};
use crate::payments::draft::Draft;
use paygate_core::account::AccountKey;
use paygate_core::id::PaymentId;
use paygate_core::identity::{Denied, Operation, Owner, Principal};
use paygate_core::kind::Kind;
use paygate_core::money::{Money, PositiveDecimal};
use paygate_core::payment::{Details, NewPayment, Payment, PaymentRecord, Request};
use paygate_core::refund::{self, NotRefundable};
use paygate_core::terms::Terms;

/// A refund to be accepted.
#[derive(Clone, Debug)]
pub struct CreateRefund {
    /// The payment to be refunded.
    pub of: PaymentId,
    /// How much, in the currency of that payment's debit; all that is left if `None`.
    pub amount: Option<PositiveDecimal>,
    /// What the client says of it; the description is the reason.
    pub details: Details,
    /// How it came.
    pub call: Call,
}

/// Accepts refunds.
#[derive(Clone)]
pub struct Refunds {
    acceptor: Acceptor,
    accounts: AccountFinder,
}

impl Refunds {
    /// Refunds between accounts that are found there.
    #[must_use]
    pub fn new(acceptor: Acceptor, accounts: AccountFinder) -> Self {
        Self { acceptor, accounts }
    }

    /// Accepts a refund. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored and the key is not used (or, with a transient
    /// store error, it can't be told).
    pub async fn create(
        &self,
        principal: &Principal,
        refund: CreateRefund,
    ) -> Result<Created, CreateError> {
        match self.check(principal, &refund).await {
            Ok(payment) => {
                self.acceptor.accept(payment.id, Draft::checked(payment), refund.call).await
            }
            Err(refusal) => {
                let key = refund.details.key;
                let sent = key.map(|key| key.within(principal, Operation::Refund));
                self.acceptor.replay_or(sent, None, refund.call.wait, refusal).await
            }
        }
    }

    async fn check(
        &self,
        principal: &Principal,
        refund: &CreateRefund,
    ) -> Result<NewPayment, CreateError> {
        let mut original = self.original(principal, refund.of).await?;
        principal.may(Operation::Refund)?;
        loop {
            let checked = self.check_against(principal, refund, &original).await;
            if !matches!(checked, Err(CreateError::Refused(Refusal::InsufficientFunds))) {
                return checked;
            }
            // The payment was read before the accounts: another refund may have been settled between,
            // and then it is that one's money that is missing, or its share that is too high.
            let now = self.original(principal, refund.of).await?;
            if now.payment == original.payment {
                return checked;
            }
            original = now;
        }
    }

    async fn original(
        &self,
        principal: &Principal,
        id: PaymentId,
    ) -> Result<PaymentRecord, CreateError> {
        let found = self.acceptor.reader().payment(id).await?;
        let seen = found.filter(|record| principal.sees(Some(&record.request.owner)));
        seen.ok_or(CreateError::PaymentNotFound)
    }

    async fn check_against(
        &self,
        principal: &Principal,
        refund: &CreateRefund,
        original: &PaymentRecord,
    ) -> Result<NewPayment, CreateError> {
        let PaymentRecord { payment: original, request, .. } = original;
        let currency = original.debit.currency;
        let amount = match refund.amount {
            Some(amount) => Money::of(amount, currency).map_err(CreateError::Amount)?,
            None => Money { minor: original.refundable_minor(), currency },
        };
        refund::check(original, amount.minor).map_err(|why| match why {
            NotRefundable::State => Refusal::NotRefundable,
            NotRefundable::ExceedsRemainder => Refusal::RefundExceedsRemainder,
        })?;
        // What it takes back is fixed under lock; this is what it would be now.
        let debit = refund::taken_back(original, amount.minor);
        self.check_accounts(principal, original, debit, amount).await?;
        Ok(NewPayment {
            id: PaymentId(self.acceptor.ids().uuid_v7()),
            kind: Kind::Refund,
            terms: Terms { amount, debit, credit: amount, fx: None, quote: None },
            source: original.destination,
            destination: original.source,
            parent: Some(original.id),
            hold: false,
            request: self.request(principal, refund, request.owner.clone()),
        })
    }

    /// A refund belongs to whom the payment belongs to, whoever asks for it.
    fn request(&self, principal: &Principal, refund: &CreateRefund, owner: Owner) -> Request {
        refund.details.clone().request(principal, Operation::Refund, owner)
    }

    async fn check_accounts(
        &self,
        principal: &Principal,
        original: &Payment,
        debit: Money,
        credit: Money,
    ) -> Result<(), CreateError> {
        let names = [original.destination, original.source].map(AccountKey::Id);
        let found = self.accounts.find(names.to_vec()).await?;
        for account in found.iter().flatten().map(|record| &record.account) {
            if account.closed {
                return Err(Refusal::AccountClosed(account.number.to_string()).into());
            }
        }
        let mut found = found.into_iter().map(|record| record.map(|record| record.account));
        let (payer, payee) = (found.next().flatten(), found.next().flatten());
        if let Some(payer) = &payer
            && !principal.may_spend(payer.role.owner().as_ref())
        {
            return Err(Denied::Forbidden.into());
        }
        let spendable = payer.is_some_and(|payer| {
            payer.overdraft || payer.available_minor().is_some_and(|it| it >= debit.minor)
        });
        if !spendable {
            return Err(Refusal::InsufficientFunds.into());
        }
        match payee.is_none_or(|payee| payee.has_room_for(credit.minor)) {
            true => Ok(()),
            false => Err(Refusal::NoRoom.into()),
        }
    }
}
