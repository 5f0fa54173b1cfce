//! What the simulated acquirer knows of each key, and how it judges a call by that. Pure: no file,
//! no time. Live calls and the journal's lines pass through the same [`Memory::remember`], so that
//! a restarted acquirer knows exactly what the dead one knew.

use crate::call::{Call, Operation};
use crate::effect::Effect;
use crate::fail_rate::FailRate;
use crate::magic::{FAILURES_BEFORE_SUCCESS, Script};
use crate::verdict::{DeclineCode, Verdict};
use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use std::collections::HashMap;

/// How often a key was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Authorizations received, repeated and failed ones included.
    pub authorizations: u64,
    /// Refunds received, repeated and failed ones included.
    pub refunds: u64,
    /// How often money moved: more than one would be a double charge or a double refund.
    pub effects: u64,
}

/// The calls of all keys together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Different keys.
    pub keys: u64,
    /// Authorizations received.
    pub authorizations: u64,
    /// Refunds received.
    pub refunds: u64,
    /// How often money moved, to and fro.
    pub effects: u64,
}

/// Why a caller gets no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It hears nothing at all.
    Silence,
    /// The acquirer says that it failed.
    Failure,
    /// The key was used for something else before.
    KeyReused,
    /// Nothing can be taken or given back for zero or less.
    NotPositive,
}

/// What is random about the judgement, fixed by configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Odds {
    pub(crate) fail_rate: FailRate,
    pub(crate) seed: u64,
}

/// One key. `operation` and `amount` are those of its first call, which bind it.
struct Record {
    operation: Operation,
    amount: Money,
    verdict: Option<Verdict>,
    failures: u32,
    count: CallCount,
    /// The sum of the approved refunds of this authorization, in minor units of its currency.
    refunded_minor: i64,
}

impl Record {
    fn belongs_to(&self, call: &Call) -> bool {
        self.operation == call.operation && self.amount == call.amount
    }

    /// How much of an approved authorization is still with the acquirer.
    fn left(&self) -> Option<Money> {
        let was_taken =
            (self.operation, self.verdict) == (Operation::Authorize, Some(Verdict::Approved));
        let minor = self.amount.minor.saturating_sub(self.refunded_minor);
        was_taken.then_some(Money { minor, ..self.amount })
    }
}

/// Every key ever called: about 150 bytes each, never forgotten.
#[derive(Default)]
pub(crate) struct Memory {
    records: HashMap<PaymentId, Record>,
    totals: Totals,
}

impl Memory {
    /// Decides what `call` does and what its caller hears, without doing it. What may not be given
    /// back is declined before amount or chance have a say.
    pub(crate) fn judge(&self, call: &Call, odds: Odds) -> (Effect, Result<Verdict, NoAnswer>) {
        let record = self.records.get(&call.key);
        if record.is_some_and(|record| !record.belongs_to(call)) {
            return (Effect::Refused, Err(NoAnswer::KeyReused));
        }
        if let Some(verdict) = record.and_then(|record| record.verdict) {
            return (Effect::Replayed, Ok(verdict));
        }
        if let Operation::Refund { of } = call.operation
            && !self.may_give_back(of, call.amount)
        {
            return decline(DeclineCode::NotRefundable);
        }
        let failures = record.map_or(0, |record| record.failures);
        match Script::of(call.amount) {
            Script::Decline(code) => decline(code),
            Script::ApproveUnheard => (Effect::Approved, Err(NoAnswer::Silence)),
            Script::FailFirst if failures < FAILURES_BEFORE_SUCCESS => {
                (Effect::Failed, Err(NoAnswer::Failure))
            }
            Script::NeverAnswer => (Effect::Unanswered, Err(NoAnswer::Silence)),
            Script::Ordinary if odds.fail_rate.hits(odds.seed, call.key) => {
                decline(DeclineCode::Declined)
            }
            Script::FailFirst | Script::Ordinary => (Effect::Approved, Ok(Verdict::Approved)),
        }
    }

    fn may_give_back(&self, of: PaymentId, amount: Money) -> bool {
        let left = self.records.get(&of).and_then(Record::left);
        left.is_some_and(|left| left.currency == amount.currency && left.minor >= amount.minor)
    }

    /// Takes in what `call` did.
    pub(crate) fn remember(&mut self, call: &Call, effect: Effect) {
        let record = self.records.entry(call.key).or_insert_with(|| {
            self.totals.keys += 1;
            Record {
                operation: call.operation,
                amount: call.amount,
                verdict: None,
                failures: 0,
                count: CallCount::default(),
                refunded_minor: 0,
            }
        });
        match call.operation {
            Operation::Authorize => {
                record.count.authorizations += 1;
                self.totals.authorizations += 1;
            }
            Operation::Refund { .. } => {
                record.count.refunds += 1;
                self.totals.refunds += 1;
            }
        }
        match effect {
            Effect::Approved => {
                record.verdict = Some(Verdict::Approved);
                record.count.effects += 1;
                self.totals.effects += 1;
                self.count_as_given_back(call);
            }
            Effect::Declined(code) => record.verdict = Some(Verdict::Declined(code)),
            Effect::Failed => record.failures += 1,
            Effect::Unanswered | Effect::Replayed | Effect::Refused => {}
        }
    }

    /// What an approved refund takes from the authorization it is of.
    fn count_as_given_back(&mut self, call: &Call) {
        if let Operation::Refund { of } = call.operation
            && let Some(taken) = self.records.get_mut(&of)
        {
            taken.refunded_minor = taken.refunded_minor.saturating_add(call.amount.minor);
        }
    }

    /// What is known of `key`, as far as the caller may hear it: `None` when nothing was decided.
    pub(crate) fn outcome(&self, key: PaymentId) -> Result<Option<Verdict>, NoAnswer> {
        match self.records.get(&key) {
            Some(Record { verdict: Some(verdict), .. }) => Ok(Some(*verdict)),
            Some(record) if Script::of(record.amount) == Script::NeverAnswer => {
                Err(NoAnswer::Silence)
            }
            Some(_) | None => Ok(None),
        }
    }

    pub(crate) fn count(&self, key: PaymentId) -> CallCount {
        self.records.get(&key).map_or_else(CallCount::default, |record| record.count)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }
}

fn decline(code: DeclineCode) -> (Effect, Result<Verdict, NoAnswer>) {
    (Effect::Declined(code), Ok(Verdict::Declined(code)))
}
