//! Carrying the plan out, through the use cases that clients' requests reach.

use super::plan::{Does, Payment, Then, Wallet};
use crate::output::Fatal;
use paygate_app::{
    Api, Call, CreateCharge, CreateError, CreateRefund, CreateTransfer, Created, OpenError,
    OpenWallet, Refusal,
};
use paygate_core::account::{AccountRecord, AccountRef, Alias};
use paygate_core::id::PaymentId;
use paygate_core::identity::{Principal, RequestHash, SentKey};
use paygate_core::money::{Currency, Money, PositiveDecimal};
use paygate_core::payment::{Details, PaymentRecord};
use paygate_core::status::Status;
use paygate_core::text::{IdempotencyKey, Label, Reference};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

/// How long an outcome is waited for: longer than a claim lasts that a killed run has left.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is there when the plan is carried out, and how much of it is new.
#[derive(Default)]
pub(super) struct Made {
    pub(super) wallets: Vec<AccountRecord>,
    /// By key; `None` for one that was refused at once, as it may be.
    pub(super) payments: Vec<(&'static str, Option<PaymentRecord>)>,
    pub(super) new_wallets: u64,
    pub(super) new_payments: u64,
}

/// Whoever works at the terminal.
const OPERATOR: Principal = Principal::Operator;

/// The plan as far as it is carried out.
pub(super) struct History<'a> {
    api: &'a Api,
    ids: BTreeMap<&'static str, PaymentId>,
    pub(super) made: Made,
}

impl<'a> History<'a> {
    /// Nothing yet.
    pub(super) fn of(api: &'a Api) -> Self {
        Self { api, ids: BTreeMap::new(), made: Made::default() }
    }

    /// Opens a wallet, or finds it open.
    pub(super) async fn open(&mut self, wallet: &Wallet) -> Result<(), Fatal> {
        let opened = self.api.accounts.open(&OPERATOR, wallet_of(wallet)?).await;
        let (record, replayed) = opened.map_err(|why| match why {
            OpenError::AliasTaken { .. } => format!(
                "{}: {why}; the demo needs its aliases for itself: try it in an empty folder",
                wallet.alias
            ),
            why => failed(wallet.alias, why),
        })?;
        self.made.new_wallets += u64::from(!replayed);
        self.made.wallets.push(record);
        Ok(())
    }

    /// Has a payment accepted, or finds it accepted.
    pub(super) async fn send(&mut self, payment: &Payment) -> Result<(), Fatal> {
        self.create(payment, None).await.map(drop)
    }

    /// Has a payment accepted, or finds it accepted, and brings it to its end.
    pub(super) async fn settle(&mut self, payment: &Payment) -> Result<(), Fatal> {
        let record = match self.create(payment, Some(PATIENCE)).await? {
            Some(record) => Some(self.decide(payment, record).await?),
            None => None,
        };
        let status = record.as_ref().map(|record| record.payment.status);
        if let Some(status) = status.filter(|status| status.is_in_flight()) {
            let why = format!("still {status} after {} s", PATIENCE.as_secs());
            return Err(failed(payment.key, why));
        }
        self.made.payments.push((payment.key, record));
        Ok(())
    }

    /// Captures or voids what is held.
    async fn decide(
        &self,
        payment: &Payment,
        record: PaymentRecord,
    ) -> Result<PaymentRecord, Fatal> {
        let id = record.payment.id;
        let decided = match (payment.then, record.payment.status) {
            (Then::Capture(part), Status::Authorized) => {
                self.api.holds.capture(&OPERATOR, id, Some(decimal(part)?)).await
            }
            (Then::Void, Status::Authorized) => self.api.holds.void(&OPERATOR, id).await,
            _ => return Ok(record),
        };
        decided.map_err(|why| failed(payment.key, why))
    }

    async fn create(
        &mut self,
        payment: &Payment,
        wait: Option<Duration>,
    ) -> Result<Option<PaymentRecord>, Fatal> {
        match self.try_create(payment, wait).await? {
            Ok(Created { record, replayed }) => {
                self.made.new_payments += u64::from(!replayed);
                self.ids.insert(payment.key, record.payment.id);
                Ok(Some(record))
            }
            Err(CreateError::Refused(Refusal::InsufficientFunds)) if payment.may_be_refused => {
                Ok(None)
            }
            Err(why) => Err(failed(payment.key, why)),
        }
    }

    async fn try_create(
        &self,
        payment: &Payment,
        wait: Option<Duration>,
    ) -> Result<Result<Created, CreateError>, Fatal> {
        let details = details_of(payment)?;
        let call = Call { wait, ..Call::default() };
        Ok(match payment.does {
            Does::Transfer { from, to, amount, currency } => {
                let transfer = CreateTransfer {
                    source: AccountRef::Alias(alias(from)?),
                    destination: AccountRef::Alias(alias(to)?),
                    amount: decimal(amount)?,
                    currency: currency.map(Currency::parse).transpose().map_err(invalid)?,
                    quote: None,
                    hold: payment.then != Then::Nothing,
                    details,
                    call,
                };
                self.api.transfers.create(&OPERATOR, transfer).await
            }
            Does::Charge { amount, currency } => {
                let amount = money(amount, currency)?;
                let charge = CreateCharge { amount, details, call };
                self.api.charges.create(&OPERATOR, charge).await
            }
            Does::Refund { of, amount } => {
                let of = *self.ids.get(of).ok_or_else(|| failed(of, "there is no such payment"))?;
                let amount = Some(decimal(amount)?);
                let refund = CreateRefund { of, amount, details, call };
                self.api.refunds.create(&OPERATOR, refund).await
            }
        })
    }
}

/// A text of the plan that is not what it should be.
fn invalid(why: impl Display) -> Fatal {
    why.to_string()
}

fn failed(name: &str, why: impl Display) -> Fatal {
    format!("{name}: {why}")
}

fn alias(text: &str) -> Result<Alias, Fatal> {
    Alias::parse(text).map_err(invalid)
}

fn decimal(amount: &str) -> Result<PositiveDecimal, Fatal> {
    PositiveDecimal::parse(amount).map_err(invalid)
}

fn money(amount: &str, currency: &str) -> Result<Money, Fatal> {
    Money::parse_positive(amount, Currency::parse(currency).map_err(invalid)?).map_err(invalid)
}

fn wallet_of(wallet: &Wallet) -> Result<OpenWallet, Fatal> {
    let opening = money(wallet.opening, wallet.currency)?;
    Ok(OpenWallet {
        currency: opening.currency,
        name: Some(Label::parse(wallet.name).map_err(invalid)?),
        alias: Some(alias(wallet.alias)?),
        overdraft: false,
        opening_balance: Some(opening),
        metadata: None,
        key: None,
        hash: hash(&wallet.canonical()),
    })
}

/// What a client would have sent along.
fn details_of(payment: &Payment) -> Result<Details, Fatal> {
    let key = IdempotencyKey::parse(payment.key).map_err(invalid)?;
    Ok(Details {
        key: Some(SentKey { key, hash: hash(&payment.canonical()) }),
        reference: Some(Reference::parse(&payment.key.to_uppercase()).map_err(invalid)?),
        description: Some(Label::parse(payment.description).map_err(invalid)?),
        tx_date: None,
        metadata: None,
    })
}

/// What tells this part of the plan from another that stood under the same name.
fn hash(canonical: &str) -> RequestHash {
    RequestHash(Sha256::digest(canonical).into())
}
