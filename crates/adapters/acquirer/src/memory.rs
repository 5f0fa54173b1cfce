//! What the simulated acquirer knows of each key, and how it judges a call by that. Pure: no file,
//! no time. Live calls and the journal's lines pass through the same [`Memory::remember`], so that
//! a restarted acquirer knows exactly what the dead one knew.

use crate::fail_rate::FailRate;
use crate::magic::{FAILURES_BEFORE_SUCCESS, Script};
use paygate_core::charge::Decline;
use paygate_core::id::PaymentId;
use paygate_core::money::Money;
use paygate_ports::{Authorization, Decision, KnownOutcome};
use std::collections::HashMap;

/// How often a key was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Authorizations received, repeated and failed ones included.
    pub authorizations: u64,
    /// How often money was taken: more than one would be a double charge.
    pub effects: u64,
}

/// The calls of all keys together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Different keys.
    pub keys: u64,
    /// Authorizations received.
    pub authorizations: u64,
    /// How often money was taken.
    pub effects: u64,
}

/// What one authorization did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Took the money.
    Approved,
    /// Decided not to.
    Declined(Decline),
    /// Nothing; the caller was told of a failure.
    Failed,
    /// Nothing, and the caller was told nothing.
    Unanswered,
    /// Nothing; the first decision was repeated.
    Replayed,
    /// Nothing; the key belongs to another amount.
    Refused,
}

impl Effect {
    const ALL: [Self; 7] = [
        Self::Approved,
        Self::Declined(Decline::Generic),
        Self::Declined(Decline::InsufficientFunds),
        Self::Failed,
        Self::Unanswered,
        Self::Replayed,
        Self::Refused,
    ];

    /// The name in the journal.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined(Decline::Generic) => "declined:declined",
            Self::Declined(Decline::InsufficientFunds) => "declined:insufficient_funds",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == text)
    }
}

/// Why a caller gets no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It hears nothing at all.
    Silence,
    /// The acquirer says that it failed.
    Failure,
    /// The key was used with another amount before.
    KeyReused,
    /// Nothing can be taken for zero or less.
    NotPositive,
}

/// What is random about the judgement, fixed by configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Odds {
    pub(crate) fail_rate: FailRate,
    pub(crate) seed: u64,
}

/// One key. `amount` is the first one it was called with, which binds it.
struct Record {
    amount: Money,
    decision: Option<Decision>,
    failures: u32,
    count: CallCount,
}

/// Every key ever called: about 100 bytes each, never forgotten.
#[derive(Default)]
pub(crate) struct Memory {
    records: HashMap<PaymentId, Record>,
    totals: Totals,
}

impl Memory {
    /// Decides what `request` does and what its caller hears, without doing it.
    pub(crate) fn judge(
        &self,
        request: &Authorization,
        odds: Odds,
    ) -> (Effect, Result<Decision, NoAnswer>) {
        let record = self.records.get(&request.key);
        if record.is_some_and(|record| record.amount != request.amount) {
            return (Effect::Refused, Err(NoAnswer::KeyReused));
        }
        if let Some(decision) = record.and_then(|record| record.decision) {
            return (Effect::Replayed, Ok(decision));
        }
        let failures = record.map_or(0, |record| record.failures);
        match Script::of(request.amount) {
            Script::Decline(why) => decline(why),
            Script::ApproveUnheard => (Effect::Approved, Err(NoAnswer::Silence)),
            Script::FailFirst if failures < FAILURES_BEFORE_SUCCESS => {
                (Effect::Failed, Err(NoAnswer::Failure))
            }
            Script::NeverAnswer => (Effect::Unanswered, Err(NoAnswer::Silence)),
            Script::Ordinary if odds.fail_rate.hits(odds.seed, request.key) => {
                decline(Decline::Generic)
            }
            Script::FailFirst | Script::Ordinary => (Effect::Approved, Ok(Decision::Approved)),
        }
    }

    /// Takes in what `request` did.
    pub(crate) fn remember(&mut self, request: &Authorization, effect: Effect) {
        let record = self.records.entry(request.key).or_insert_with(|| {
            self.totals.keys += 1;
            Record {
                amount: request.amount,
                decision: None,
                failures: 0,
                count: CallCount::default(),
            }
        });
        record.count.authorizations += 1;
        self.totals.authorizations += 1;
        match effect {
            Effect::Approved => {
                record.decision = Some(Decision::Approved);
                record.count.effects += 1;
                self.totals.effects += 1;
            }
            Effect::Declined(why) => record.decision = Some(Decision::Declined(why)),
            Effect::Failed => record.failures += 1,
            Effect::Unanswered | Effect::Replayed | Effect::Refused => {}
        }
    }

    /// What is known of `key`, as far as the caller may hear it.
    pub(crate) fn outcome(&self, key: PaymentId) -> Result<KnownOutcome, NoAnswer> {
        match self.records.get(&key) {
            Some(Record { decision: Some(decision), .. }) => Ok(KnownOutcome::Decided(*decision)),
            Some(record) if Script::of(record.amount) == Script::NeverAnswer => {
                Err(NoAnswer::Silence)
            }
            Some(_) | None => Ok(KnownOutcome::NotFound),
        }
    }

    pub(crate) fn count(&self, key: PaymentId) -> CallCount {
        self.records.get(&key).map_or_else(CallCount::default, |record| record.count)
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }
}

fn decline(why: Decline) -> (Effect, Result<Decision, NoAnswer>) {
    (Effect::Declined(why), Ok(Decision::Declined(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_read_back() {
        for effect in Effect::ALL {
            assert_eq!(Effect::parse(effect.as_str()), Some(effect));
        }
        assert_eq!(Effect::parse("declined"), None);
    }
}
