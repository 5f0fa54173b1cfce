//! An acquirer that does what each payment's script says, and remembers who asked when.

use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::id::PaymentId;
use paygate_core::provider::Decline;
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Clock, Decision, KnownOutcome, RefundRequest,
};
use paygate_testkit::ManualClock;
use paygate_testkit::faults::Gate;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// What becomes of one call.
#[derive(Clone, Debug)]
pub enum Plan {
    /// It is answered at once.
    Approve,
    /// It is answered at once.
    Decline(Decline),
    /// It is not answered, and nothing happened.
    NoAnswer,
    /// It is not answered, and the money was taken.
    TakenWithoutAnswer,
    /// It takes that long, then goes as the other plan says.
    After(Duration, Box<Plan>),
    /// It waits at the gate, then goes as the other plan says.
    AtGate(Box<Plan>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    ToAuthorize,
    ToRefund,
    ForStatus,
}

/// One call, when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub at: Timestamp,
    pub id: PaymentId,
    pub asked: Asked,
}

#[derive(Debug, Default)]
pub struct Script {
    /// The plans of a payment's next calls; then its decision stands, or the usual plan.
    pub plans: BTreeMap<PaymentId, VecDeque<Plan>>,
    /// What becomes of calls without a plan of their own.
    pub usually: Option<Plan>,
    /// Questions for the status are not answered.
    pub mute: bool,
    pub calls: Vec<Call>,
    /// What was asked back: the refund, of which payment, how much.
    pub refunds: Vec<(PaymentId, PaymentId, i64)>,
    decided: BTreeMap<PaymentId, Decision>,
    running: usize,
    /// The most calls that ran at once.
    pub peak: usize,
}

#[derive(Debug)]
pub struct FakeAcquirer {
    clock: ManualClock,
    pub gate: Gate,
    script: Mutex<Script>,
}

impl FakeAcquirer {
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, gate: Gate::default(), script: Mutex::default() }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    pub fn usually(&self, plan: Plan) {
        self.script().usually = Some(plan);
    }

    pub fn plan(&self, id: PaymentId, plans: impl IntoIterator<Item = Plan>) {
        self.script().plans.entry(id).or_default().extend(plans);
    }

    /// How often the money of a payment was asked for.
    pub fn authorizations(&self, id: PaymentId) -> usize {
        let asked = |call: &&Call| call.id == id && call.asked == Asked::ToAuthorize;
        self.script().calls.iter().filter(asked).count()
    }

    /// The calls of a payment, in seconds since a time.
    pub fn calls_since(&self, id: PaymentId, start: Timestamp) -> Vec<(i64, Asked)> {
        let script = self.script();
        let own = script.calls.iter().filter(|call| call.id == id);
        own.map(|call| ((call.at - start).num_seconds(), call.asked)).collect()
    }

    fn called(&self, id: PaymentId, asked: Asked) -> (Plan, Running<'_>) {
        let mut script = self.script();
        script.calls.push(Call { at: self.clock.now(), id, asked });
        script.running += 1;
        script.peak = script.peak.max(script.running);
        let own = script.plans.get_mut(&id).and_then(VecDeque::pop_front);
        let stands = script.decided.get(&id).map(|decision| match decision {
            Decision::Approved => Plan::Approve,
            Decision::Declined(why) => Plan::Decline(*why),
        });
        let plan = own.or(stands).or(script.usually.clone()).unwrap_or(Plan::Approve);
        (plan, Running(self))
    }

    /// Does what the script says of `key`, for money in either direction.
    async fn decide(&self, key: PaymentId, asked: Asked) -> Result<Decision, AcquirerError> {
        let (mut plan, _running) = self.called(key, asked);
        loop {
            let decision = match plan {
                Plan::Approve | Plan::TakenWithoutAnswer => Decision::Approved,
                Plan::Decline(why) => Decision::Declined(why),
                Plan::NoAnswer => return Err(AcquirerError::TimedOut),
                Plan::After(time, then) => {
                    self.clock.sleep(time).await;
                    plan = *then;
                    continue;
                }
                Plan::AtGate(then) => {
                    self.gate.pass().await;
                    plan = *then;
                    continue;
                }
            };
            let decision = *self.script().decided.entry(key).or_insert(decision);
            let answered = !matches!(plan, Plan::TakenWithoutAnswer);
            return if answered { Ok(decision) } else { Err(AcquirerError::TimedOut) };
        }
    }
}

/// Counts a call as running while it lives.
struct Running<'a>(&'a FakeAcquirer);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.script().running -= 1;
    }
}

#[async_trait]
impl Acquirer for FakeAcquirer {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        self.decide(request.key, Asked::ToAuthorize).await
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        self.script().refunds.push((request.key, request.of, request.amount.minor));
        self.decide(request.key, Asked::ToRefund).await
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        let mut script = self.script();
        script.calls.push(Call { at: self.clock.now(), id: key, asked: Asked::ForStatus });
        if script.mute {
            return Err(AcquirerError::Unavailable("mute".to_owned()));
        }
        Ok(script.decided.get(&key).map_or(KnownOutcome::NotFound, |it| KnownOutcome::Decided(*it)))
    }
}
