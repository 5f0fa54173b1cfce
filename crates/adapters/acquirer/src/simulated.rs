//! The simulated acquirer: approves by default, does what magic amounts ask for, declines a share
//! at random, remembers every key.
//!
//! A call is judged, journaled and remembered under one lock, before any waiting: a caller that
//! goes away changes nothing of what was decided.

use crate::call::Call;
use crate::fail_rate::FailRate;
use crate::journal::{Journal, JournalError};
use crate::memory::{CallCount, Memory, NoAnswer, Odds, Totals};
use crate::verdict::Verdict;
use async_trait::async_trait;
use paygate_core::id::PaymentId;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Decision, KnownOutcome, RefundRequest,
};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the simulated acquirer behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatorConfig {
    /// How many of the ordinary amounts are declined.
    pub fail_rate: FailRate,
    /// How long every answer takes.
    pub latency: Duration,
    /// Chooses which ones are declined: the same seed declines the same keys.
    pub seed: u64,
    /// The file that its memory survives its death in; without one it forgets.
    pub journal: Option<PathBuf>,
    /// How long a caller that hears nothing waits; in process the longest a call can take.
    pub timeout: Duration,
}

/// Approves at once, remembers in memory only, gives no answer for five seconds.
impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            fail_rate: FailRate::default(),
            latency: Duration::ZERO,
            seed: 0,
            journal: None,
            timeout: Duration::from_secs(5),
        }
    }
}

/// An acquirer without a payer. Clones share one memory.
///
/// A key is bound to the operation and the amount of its first call. For anything else it is
/// refused: as a server with 409, as an [`Acquirer`] with [`AcquirerError::Unavailable`], because
/// the port has no decision for it and none may be invented.
#[derive(Clone)]
pub struct SimulatedAcquirer {
    config: Arc<SimulatorConfig>,
    state: Arc<Mutex<State>>,
}

struct State {
    memory: Memory,
    journal: Option<Journal>,
}

impl SimulatedAcquirer {
    /// Starts with what the journal, if there is one, remembers. Reads it whole: at start-up only.
    ///
    /// # Errors
    /// [`JournalError`] when it can't be read, is corrupt, or belongs to a running acquirer.
    pub fn open(config: SimulatorConfig) -> Result<Self, JournalError> {
        let mut memory = Memory::default();
        let journal = match &config.journal {
            Some(path) => Some(Journal::open(path, |call, effect| memory.remember(call, effect))?),
            None => None,
        };
        let state = Arc::new(Mutex::new(State { memory, journal }));
        Ok(Self { config: Arc::new(config), state })
    }

    /// How often `key` was called, and how often it took effect.
    #[must_use]
    pub fn calls(&self, key: PaymentId) -> CallCount {
        self.lock().memory.count(key)
    }

    /// The same of all keys.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.lock().memory.totals()
    }

    pub(crate) fn config(&self) -> &SimulatorConfig {
        &self.config
    }

    /// Takes the call in, and says what its caller is to hear.
    pub(crate) fn receive(&self, call: &Call) -> Result<Verdict, NoAnswer> {
        if call.amount.minor <= 0 {
            return Err(NoAnswer::NotPositive);
        }
        let odds = Odds { fail_rate: self.config.fail_rate, seed: self.config.seed };
        let mut state = self.lock();
        let (effect, answer) = state.memory.judge(call, odds);
        if let Some(journal) = &mut state.journal
            && let Err(error) = journal.append(call, effect)
        {
            tracing::error!(key = %call.key, %error, "the acquirer can't write its journal");
            return Err(NoAnswer::Failure);
        }
        state.memory.remember(call, effect);
        answer
    }

    /// Looks `key` up: `None` when nothing was decided.
    pub(crate) fn look_up(&self, key: PaymentId) -> Result<Option<Verdict>, NoAnswer> {
        self.lock().memory.outcome(key)
    }

    /// A panic under the lock leaves at worst a call journaled but not remembered; going on is
    /// better than never answering again.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the caller wait for `answer` as long as it takes, but not longer than `timeout`.
    async fn deliver<T>(&self, answer: Result<T, NoAnswer>) -> Result<T, AcquirerError> {
        let SimulatorConfig { latency, timeout, .. } = *self.config;
        let silent = matches!(answer, Err(NoAnswer::Silence));
        if silent || latency >= timeout {
            tokio::time::sleep(timeout).await;
            return Err(AcquirerError::TimedOut);
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        answer.map_err(AcquirerError::from)
    }
}

#[async_trait]
impl Acquirer for SimulatedAcquirer {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        self.deliver(self.receive(&Call::from(&request))).await.map(Decision::from)
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        self.deliver(self.receive(&Call::from(&request))).await.map(Decision::from)
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        Ok(match self.deliver(self.look_up(key)).await? {
            Some(verdict) => KnownOutcome::Decided(verdict.into()),
            None => KnownOutcome::NotFound,
        })
    }
}

impl From<NoAnswer> for AcquirerError {
    fn from(reason: NoAnswer) -> Self {
        let text = match reason {
            NoAnswer::Silence => return Self::TimedOut,
            NoAnswer::Failure => "it failed",
            NoAnswer::KeyReused => "the key was used for something else",
            NoAnswer::NotPositive => "the amount is not positive",
        };
        Self::Unavailable(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use paygate_core::money::{Currency, Money};

    #[tokio::test]
    async fn what_cannot_be_journaled_takes_no_effect() {
        let acquirer = SimulatedAcquirer::open(SimulatorConfig::default()).unwrap();
        acquirer.lock().journal = Some(Journal::unwritable());
        let key = PaymentId(uuid::Uuid::from_u128(1));
        let amount = Money { minor: 10_000, currency: Currency::parse("USD").unwrap() };
        let answer = acquirer.authorize(Authorization { key, amount }).await;
        assert!(matches!(answer, Err(AcquirerError::Unavailable(_))), "{answer:?}");
        assert_eq!(acquirer.status(key).await, Ok(KnownOutcome::NotFound));
        assert_eq!(acquirer.totals(), Totals::default());
    }
}
