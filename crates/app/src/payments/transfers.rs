//! Transfers: money from one account of the house to another. What can be refused at once is; the
//! worker looks again under lock.

mod rules;

use crate::accounts::standing::StandingAccounts;
use crate::exchange::Exchange;
use crate::payments::acceptor::{Acceptor, Call, Created};
use crate::payments::create_error::CreateError;
use crate::payments::draft::{Draft, Found};
use futures_util::FutureExt as _;
use paygate_core::account::AccountRef;
use paygate_core::account::headroom::AmountLimit;
use paygate_core::id::{PaymentId, QuoteId};
use paygate_core::identity::{Operation, Principal};
use paygate_core::money::{Currency, PositiveDecimal};
use paygate_core::payment::Details;
use paygate_core::risk::Limits;
use rules::{Asked, TransferRules};
use std::sync::Arc;

/// A transfer to be accepted.
#[derive(Clone, Debug)]
pub struct CreateTransfer {
    /// Where the money comes from.
    pub source: AccountRef,
    /// Where it goes.
    pub destination: AccountRef,
    /// How much.
    pub amount: PositiveDecimal,
    /// What the amount is in; the source's currency if `None`.
    pub currency: Option<Currency>,
    /// The quote whose rate is to be used.
    pub quote: Option<QuoteId>,
    /// Whether the money is only held until it is captured.
    pub hold: bool,
    /// What the client says of it.
    pub details: Details,
    /// How it came.
    pub call: Call,
}

/// Accepts transfers.
#[derive(Clone)]
pub struct Transfers {
    acceptor: Acceptor,
    standing: Arc<StandingAccounts>,
    rules: Arc<TransferRules>,
}

impl Transfers {
    /// Transfers within these limits and each side of at most so much.
    #[must_use]
    pub fn new(
        acceptor: Acceptor,
        exchange: Exchange,
        standing: Arc<StandingAccounts>,
        limits: Limits,
        most: AmountLimit,
    ) -> Self {
        let rules = TransferRules { exchange, standing: Arc::clone(&standing), limits, most };
        Self { acceptor, standing, rules: Arc::new(rules) }
    }

    /// Accepts a transfer. Once it is stored the answer is the payment, whatever happens after.
    ///
    /// # Errors
    /// [`CreateError`]; then nothing of it is stored and the key is not used (or, with a transient
    /// store error, it can't be told).
    pub async fn create(
        &self,
        principal: &Principal,
        transfer: CreateTransfer,
    ) -> Result<Created, CreateError> {
        principal.may(Operation::Transfer)?;
        let CreateTransfer { source, destination, amount, currency, quote, hold, details, call } =
            transfer;
        let owner = principal.acts_for(self.standing.house());
        let names = [&source, &destination].map(|name| name.clone().among(owner.clone()));
        let request = details.request(principal, Operation::Transfer, owner);
        let (sent, named, wait) = (request.idempotency, request.named(), call.wait);
        let id = PaymentId(self.acceptor.ids().uuid_v7());
        let asked = Asked {
            id,
            principal: principal.clone(),
            source,
            destination,
            amount,
            currency,
            quote,
            hold,
            request,
        };
        let rules = Arc::clone(&self.rules);
        let check = move |found: Found| async move { rules.check(asked, found).await }.boxed();
        let draft = Draft::between(names.to_vec(), check);
        match self.acceptor.accept(id, draft, call).await {
            Err(refusal) if refusal.is_by_a_rule() => {
                self.acceptor.replay_or(sent, named, wait, refusal).await
            }
            answer => answer,
        }
    }
}
