//! What a transfer must keep to be accepted, in the order of the design: existence, limits, funds.

use crate::accounts::standing::StandingAccounts;
use crate::exchange::Exchange;
use crate::payments::create_error::{CreateError, Refusal};
use crate::payments::draft::{Checked, Found};
use paygate_core::account::headroom::AmountLimit;
use paygate_core::account::{Account, AccountRef};
use paygate_core::id::{PaymentId, QuoteId};
use paygate_core::identity::{Denied, Principal};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money, PositiveDecimal};
use paygate_core::payment::{NewPayment, Request};
use paygate_core::risk::{LimitBroken, Limits};
use paygate_core::terms::{Terms, TermsError, needed_rate};
use std::sync::Arc;

/// What transfers are held to.
pub(super) struct TransferRules {
    pub(super) exchange: Exchange,
    pub(super) standing: Arc<StandingAccounts>,
    pub(super) limits: Limits,
    pub(super) most: AmountLimit,
}

/// A transfer as somebody asks for it.
pub(super) struct Asked {
    pub(super) id: PaymentId,
    pub(super) principal: Principal,
    pub(super) source: AccountRef,
    pub(super) destination: AccountRef,
    pub(super) amount: PositiveDecimal,
    pub(super) currency: Option<Currency>,
    pub(super) quote: Option<QuoteId>,
    pub(super) hold: bool,
    pub(super) request: Request,
}

impl TransferRules {
    /// The payment that comes of it, with what was found of its source and its destination.
    pub(super) async fn check(&self, asked: Asked, found: Found) -> Checked {
        let (source, destination) = parties(&asked, found)?;
        let currency = asked.currency.unwrap_or(source.currency);
        if !self.standing.is_enabled(currency) {
            return Err(Refusal::UnsupportedCurrency(currency).into());
        }
        let amount = Money::of(asked.amount, currency).map_err(CreateError::Amount)?;
        let terms =
            self.terms(&asked.principal, amount, (&source, &destination), asked.quote).await?;
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
            id: asked.id,
            kind: Kind::Transfer,
            terms,
            source: source.id,
            destination: destination.id,
            parent: None,
            hold: asked.hold,
            request: asked.request,
        })
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

/// The source must be one that the principal sees and may spend from. The destination may be
/// anybody's; an alias is one among the accounts of whom the principal acts for.
fn parties(asked: &Asked, found: Found) -> Result<(Account, Account), CreateError> {
    let Asked { principal, source, destination, .. } = asked;
    let mut found = found.into_iter();
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

fn refusal(error: TermsError) -> Refusal {
    match error {
        TermsError::CurrencyMismatch => {
            Refusal::CurrencyMismatch("the amount is in neither account's currency")
        }
        TermsError::Conversion(error) => error.into(),
    }
}
