//! Transfers: money from one account of the house to another. What can be refused at once is, in
//! the order of the design: existence, limits, funds; the worker looks again under lock.

use crate::accounts::find::AccountFinder;
use crate::accounts::standing::StandingAccounts;
use crate::exchange::Exchange;
use crate::payments::acceptor::{Acceptor, Call, Created};
use crate::payments::create_error::{CreateError, Refusal};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::account::{Account, AccountRef};
use paygate_core::id::{PaymentId, QuoteId};
use paygate_core::identity::{Denied, Operation, Principal};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money, PositiveDecimal};
use paygate_core::payment::{Details, NewPayment, Request};
use paygate_core::risk::{LimitBroken, Limits};
use paygate_core::terms::{Terms, TermsError, needed_rate};
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
    accounts: AccountFinder,
    exchange: Exchange,
    standing: Arc<StandingAccounts>,
    limits: Limits,
    most: AmountLimit,
}

impl Transfers {
    /// Transfers between accounts that are found there, within these limits and each side of at
    /// most so much.
    #[must_use]
    pub fn new(
        acceptor: Acceptor,
        accounts: AccountFinder,
        exchange: Exchange,
        standing: Arc<StandingAccounts>,
        limits: Limits,
        most: AmountLimit,
    ) -> Self {
        Self { acceptor, accounts, exchange, standing, limits, most }
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
        match self.check(principal, &transfer).await {
            Ok(payment) => self.acceptor.accept(payment, transfer.call).await,
            Err(refusal) => {
                let CreateTransfer { details, call, .. } = transfer;
                let request = self.request(principal, details);
                let named = request.named();
                self.acceptor.replay_or(request.idempotency, named, call.wait, refusal).await
            }
        }
    }

    fn request(&self, principal: &Principal, details: Details) -> Request {
        let owner = principal.acts_for(self.standing.house());
        details.request(principal, Operation::Transfer, owner)
    }

    async fn check(
        &self,
        principal: &Principal,
        transfer: &CreateTransfer,
    ) -> Result<NewPayment, CreateError> {
        let (source, destination) = self.parties(principal, transfer).await?;
        let currency = transfer.currency.unwrap_or(source.currency);
        if !self.standing.is_enabled(currency) {
            return Err(Refusal::UnsupportedCurrency(currency).into());
        }
        let amount = Money::of(transfer.amount, currency).map_err(CreateError::Amount)?;
        let terms = self.terms(principal, amount, (&source, &destination), transfer.quote).await?;
        if ![terms.amount, terms.debit, terms.credit].iter().all(|it| self.most.allows(it.minor)) {
            return Err(Refusal::AmountTooLarge.into());
        }
        self.check_limits(terms.debit).await?;
        let available = source.available_minor().unwrap_or(i64::MIN);
        if !source.overdraft && available < terms.debit.minor {
            return Err(Refusal::InsufficientFunds.into());
        }
        let leaves = terms.debit.minor.saturating_neg();
        if !source.has_room_for(leaves) || !destination.has_room_for(terms.credit.minor) {
            return Err(Refusal::NoRoom.into());
        }
        Ok(NewPayment {
            id: PaymentId(self.acceptor.ids().uuid_v7()),
            kind: Kind::Transfer,
            terms,
            source: source.id,
            destination: destination.id,
            parent: None,
            hold: transfer.hold,
            request: self.request(principal, transfer.details.clone()),
        })
    }

    /// The source must be one that the principal sees and may spend from. The destination may be
    /// anybody's; an alias is one among the accounts of whom the principal acts for.
    async fn parties(
        &self,
        principal: &Principal,
        transfer: &CreateTransfer,
    ) -> Result<(Account, Account), CreateError> {
        let (source, destination) = (&transfer.source, &transfer.destination);
        let owner = principal.acts_for(self.standing.house());
        let names = [source, destination].map(|name| name.clone().among(owner.clone()));
        let mut found = self.accounts.find(names.to_vec()).await?.into_iter();
        let mut party = |name: &AccountRef| {
            let account = found.next().flatten().map(|record| record.account);
            let account = account.filter(|account| account.role.may_transfer());
            account.ok_or_else(|| Refusal::AccountNotFound(name.to_string()))
        };
        let from = party(source)?;
        if !principal.sees(from.role.owner().as_ref()) {
            return Err(Refusal::AccountNotFound(source.to_string()).into());
        }
        if !principal.may_spend(from.role.owner().as_ref()) {
            return Err(Denied::Forbidden.into());
        }
        let to = party(destination)?;
        if from.id == to.id {
            return Err(Refusal::SameParty.into());
        }
        for (account, name) in [(&from, source), (&to, destination)] {
            if account.closed {
                return Err(Refusal::AccountClosed(name.to_string()).into());
            }
        }
        Ok((from, to))
    }

    async fn terms(
        &self,
        principal: &Principal,
        amount: Money,
        (source, destination): (&Account, &Account),
        quote: Option<QuoteId>,
    ) -> Result<Terms, CreateError> {
        let (from, to) = (source.currency, destination.currency);
        let needed = needed_rate(amount.currency, from, to).map_err(refusal)?;
        let fx = match (needed, quote) {
            (None, None) => None,
            (None, Some(_)) => {
                let why = "a quote is of no use between accounts of one currency";
                return Err(Refusal::CurrencyMismatch(why).into());
            }
            (Some((base, rate_in)), Some(id)) => {
                Some(self.exchange.promised(principal, id, (base, rate_in)).await?)
            }
            // Nothing is converted between accounts of one currency: no spread.
            (Some((base, rate_in)), None) if from == to => {
                Some(self.exchange.market(base, rate_in).await.map_err(Refusal::from)?)
            }
            (Some((base, rate_in)), None) => {
                Some(self.exchange.customer(base, rate_in).await.map_err(Refusal::from)?)
            }
        };
        Ok(Terms::agree(amount, from, to, fx, quote).map_err(refusal)?)
    }

    /// Compares what is debited with the limits, by the last known rate however stale.
    async fn check_limits(&self, debit: Money) -> Result<(), Refusal> {
        let reference = self.limits.min.currency;
        let worth = match debit.currency == reference {
            true => debit.minor,
            false => {
                let known = match self.exchange.last_known(debit.currency, reference).await {
                    Some(known) => known,
                    // There never was one; the source says whether there can be.
                    None => self.exchange.market(debit.currency, reference).await?,
                };
                match known.rate.credit_for(debit).map_err(Refusal::from) {
                    Ok(worth) => worth.minor,
                    Err(Refusal::AmountTooSmall) => 0,
                    Err(_) => i64::MAX,
                }
            }
        };
        let told = |limit: Money| format!("{limit} {}", limit.currency);
        self.limits.check(Money { minor: worth, currency: reference }).map_err(
            |broken| match broken {
                LimitBroken::BelowMin => Refusal::BelowMin(told(self.limits.min)),
                LimitBroken::AboveMax => Refusal::AboveMax(told(self.limits.max)),
            },
        )
    }
}

fn refusal(error: TermsError) -> Refusal {
    match error {
        TermsError::CurrencyMismatch => {
            Refusal::CurrencyMismatch("the amount is in neither account's currency")
        }
        TermsError::Conversion(error) => error.into(),
    }
}
