//! The tables of the fake store, and the rules by which they are written.

use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountRecord, Role, SystemAccount};
use paygate_core::book::{Book, Changes};
use paygate_core::fx::Quote;
use paygate_core::id::{AccountId, CallerId, PaymentId, QuoteId};
use paygate_core::journal::Entry;
use paygate_core::payment::{NewPayment, Payment, PaymentRecord, RequestHash, Transition};
use paygate_core::status::Kind;
use paygate_core::text::IdempotencyKey;
use paygate_ports::Accepted;
use std::collections::BTreeMap;

/// When a payment is due, and how often it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub at: Timestamp,
    pub taken: u32,
}

/// The tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub payments: BTreeMap<PaymentId, PaymentRecord>,
    pub accounts: BTreeMap<AccountId, AccountRecord>,
    /// The requests that opened wallets.
    pub opened_by: BTreeMap<AccountId, RequestHash>,
    pub quotes: BTreeMap<QuoteId, Quote>,
    pub transitions: Vec<Transition>,
    pub entries: Vec<Entry>,
    pub due: BTreeMap<PaymentId, Due>,
    pub redelivered: BTreeMap<PaymentId, i32>,
    pub parked: BTreeMap<PaymentId, String>,
    pub proof_begun: Option<Timestamp>,
    /// Whether it has not been recorded yet.
    pub proof_under_way: bool,
    pub proved_to: Option<Timestamp>,
}

impl Rows {
    /// What becomes of a new payment, as the port's rules say.
    pub fn accept(&mut self, new: NewPayment, now: Timestamp) -> Accepted {
        if let Some(own) = self.payments.get(&new.id) {
            return Accepted::Created(own.payment.created_at);
        }
        let request = &new.request;
        if let Some(sent) = &request.idempotency
            && let Some(other) = self.by_key(&request.caller, new.kind, &sent.key)
        {
            let same = other.request.idempotency.as_ref().is_some_and(|it| it.hash == sent.hash);
            return match same {
                true => Accepted::Replayed(Box::new(other.clone())),
                false => Accepted::KeyReused,
            };
        }
        let mut others = self.payments.iter();
        if let Some((existing, _)) = request.reference.as_ref().and_then(|reference| {
            let theirs = |it: &PaymentRecord| {
                it.request.merchant == request.merchant
                    && it.request.reference.as_ref() == Some(reference)
            };
            others.find(|(_, it)| theirs(it))
        }) {
            return Accepted::ReferenceTaken { existing: *existing };
        }
        let mut others = self.payments.iter();
        if let Some(quote) = new.terms.quote
            && let Some((existing, _)) = others.find(|(_, it)| it.quote == Some(quote))
        {
            return Accepted::QuoteUsed { existing: *existing };
        }
        self.payments.insert(new.id, new.accepted(now));
        Accepted::Created(now)
    }

    /// The payment that a caller has sent under a key.
    pub fn by_key(
        &self,
        caller: &CallerId,
        kind: Kind,
        key: &IdempotencyKey,
    ) -> Option<&PaymentRecord> {
        self.payments.values().find(|it| {
            let kept = it.request.idempotency.as_ref().map(|kept| &kept.key);
            it.request.caller == *caller && it.payment.kind == kind && kept == Some(key)
        })
    }

    /// These payments, what refunds among them refund, and the accounts of those that `need` them.
    pub fn open_book(
        &self,
        ids: &[PaymentId],
        now: Timestamp,
        need: impl Fn(&Payment) -> bool,
    ) -> Book {
        let payment = |id: &PaymentId| self.payments.get(id).map(|it| it.payment.clone());
        let mut payments: Vec<Payment> = ids.iter().filter_map(payment).collect();
        let parents: Vec<PaymentId> = payments.iter().filter_map(|it| it.parent).collect();
        payments.extend(parents.iter().filter_map(payment));
        let needing = payments.iter().filter(|it| need(it));
        let accounts = needing.flat_map(|it| self.touched(it));
        let accounts = accounts.filter_map(|id| Some(self.accounts.get(&id)?.account.clone()));
        Book::new(now, payments.clone(), accounts.collect())
    }

    fn touched(&self, payment: &Payment) -> Vec<AccountId> {
        let mut touched = vec![payment.source, payment.destination];
        let (debit, credit) = (payment.debit.currency, payment.credit.currency);
        if debit != credit {
            let liquidity = Role::System(SystemAccount::FxLiquidity);
            let accounts = self.accounts.values().map(|it| &it.account);
            let both =
                |it: &&Account| it.role == liquidity && [debit, credit].contains(&it.currency);
            touched.extend(accounts.filter(both).map(|it| it.id));
        }
        touched
    }

    pub fn write(&mut self, changes: &Changes) {
        for payment in &changes.payments {
            self.payments.get_mut(&payment.id).unwrap().payment = payment.clone();
        }
        for account in &changes.accounts {
            self.accounts.get_mut(&account.id).unwrap().account = account.clone();
        }
        self.transitions.extend(changes.transitions.iter().cloned());
        self.entries.extend(changes.entries.iter().cloned());
        self.due.extend(changes.due.iter().map(|(id, at)| (*id, Due { at: *at, taken: 0 })));
    }
}
