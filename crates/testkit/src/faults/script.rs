//! What is to go wrong, call by call, and what was asked.

use super::Gate;
use paygate_core::Timestamp;
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::proof::Scope;
use paygate_ports::{Clock, Decide, PaymentQuery, StoreError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// The methods of the store ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Accept,
    Claim,
    Transact,
    Payment,
    ByKey,
    Payments,
    Timeline,
    Open,
    Create,
    Close,
    Account,
    Find,
    Accounts,
    PositionAt,
    Lines,
    Keep,
    Quote,
    QuoteOfKey,
    Forget,
    Entries,
    EntriesOf,
    Ripen,
    TakeDue,
    Oldest,
    Now,
    Redelivered,
    Park,
    Unpark,
    Parked,
    TakeIn,
    Merchant,
    Merchants,
    MakeKey,
    RotateKey,
    RevokeKey,
    ShownKeys,
    Key,
    Keys,
    KeysUsed,
    Audited,
    Examine,
    Begin,
    Record,
    Check,
}

/// What a call was about, as far as tests ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// These payments, or the bounds of a range of them.
    Payments(Vec<PaymentId>),
    /// This account.
    Account(AccountId),
    /// So many names of accounts.
    Names(usize),
    /// A page of payments.
    Query(PaymentQuery),
    /// At most so many.
    AtMost(u32),
    /// A proof of that scope.
    Scope(Scope),
    /// Something else.
    Other,
}

/// One call of the store, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    pub asked: Asked,
    pub at: Timestamp,
}

/// What happens to a call.
#[derive(Clone, Debug)]
enum Fault {
    Before(StoreError),
    AfterCommit(StoreError),
    Panics,
    DecisionPanics,
    Hangs,
}

impl Fault {
    /// Whether it strikes before the call reaches the store.
    fn is_before(&self) -> bool {
        match self {
            Self::Before(_) | Self::Panics | Self::Hangs => true,
            Self::AfterCommit(_) | Self::DecisionPanics => false,
        }
    }
}

/// A fault, and which calls it strikes.
#[derive(Clone, Debug)]
struct Rule {
    /// Empty means all.
    methods: Vec<Method>,
    naming: Option<PaymentId>,
    spared: u32,
    /// How often it still strikes; `None` until it is taken back.
    left: Option<u32>,
    struck: u32,
    fault: Fault,
}

impl Rule {
    fn strikes(&mut self, method: Method, asked: &Asked) -> bool {
        let named = |id| matches!(asked, Asked::Payments(ids) if ids.contains(&id));
        let meant = (self.methods.is_empty() || self.methods.contains(&method))
            && self.naming.is_none_or(named)
            && self.left != Some(0);
        if meant && self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        if meant {
            self.left = self.left.map(|left| left - 1);
            self.struck += 1;
        }
        meant
    }

    fn is_owed(&self) -> bool {
        self.left.map_or(self.struck == 0, |left| left > 0)
    }
}

#[derive(Debug, Default)]
struct State {
    away: bool,
    rules: Vec<Rule>,
    calls: Vec<Call>,
    gates: BTreeMap<Vec<Method>, Arc<Gate>>,
}

/// What is to go wrong in a store, and what was asked of it. Clones are the same.
#[derive(Clone)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

impl Faults {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// Every call fails as in an outage, until the store [comes back](Self::come_back).
    pub fn go_away(&self) {
        self.state().away = true;
    }

    /// The outage is over.
    pub fn come_back(&self) {
        self.state().away = false;
    }

    /// Begins a fault of the next call of this method.
    pub fn on(&self, method: Method) -> Script<'_> {
        self.on_any(&[method])
    }

    /// Begins a fault of the next call of one of these methods.
    pub fn on_any(&self, methods: &[Method]) -> Script<'_> {
        let methods = methods.to_vec();
        Script { faults: self, methods, naming: None, spared: 0, left: Some(1) }
    }

    /// Begins a fault of the next call, whatever it asks.
    pub fn on_all(&self) -> Script<'_> {
        self.on_any(&[])
    }

    /// Takes back every fault that was scripted.
    pub fn lift(&self) {
        self.state().rules.clear();
    }

    /// Where the calls of a method can be held.
    #[must_use]
    pub fn gate(&self, method: Method) -> Arc<Gate> {
        self.gate_of(&[method])
    }

    /// Where the calls of all these methods can be held.
    #[must_use]
    pub fn gate_of(&self, methods: &[Method]) -> Arc<Gate> {
        Arc::clone(self.state().gates.entry(methods.to_vec()).or_default())
    }

    /// The calls of a method, in order.
    #[must_use]
    pub fn calls(&self, method: Method) -> Vec<Call> {
        self.calls_of(&[method])
    }

    /// The calls of these methods, in order.
    #[must_use]
    pub fn calls_of(&self, methods: &[Method]) -> Vec<Call> {
        let state = self.state();
        state.calls.iter().filter(|call| methods.contains(&call.method)).cloned().collect()
    }

    /// The payments that the calls of these methods named, call by call.
    #[must_use]
    pub fn named(&self, methods: &[Method]) -> Vec<Vec<PaymentId>> {
        let ids = |call: Call| match call.asked {
            Asked::Payments(ids) => ids,
            other => panic!("{:?} names no payments: {other:?}", call.method),
        };
        self.calls_of(methods).into_iter().map(ids).collect()
    }

    /// Forgets what was asked until now.
    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    /// Fails unless each fault has struck as often as it was scripted, those without an end at least
    /// once: a test whose fault met no call has shown nothing.
    ///
    /// # Panics
    /// When one has not.
    pub fn assert_all_struck(&self) {
        let rules = self.state().rules.clone();
        let owed: Vec<_> = rules.iter().filter(|rule| rule.is_owed()).collect();
        assert!(owed.is_empty(), "scripted, and met by no call: {owed:?}");
    }

    /// A decision that panics where that is scripted for one of the payments.
    pub(super) fn deciding(&self, method: Method, ids: &[PaymentId], decide: Decide) -> Decide {
        let (faults, asked) = (self.clone(), Asked::Payments(ids.to_vec()));
        Arc::new(move |book| {
            let panics = |fault: &Fault| matches!(fault, Fault::DecisionPanics);
            let struck = faults.strike(method, &asked, panics);
            assert!(struck.is_none(), "the decision panics, as it was told to");
            decide(book)
        })
    }

    pub(super) fn note(&self, method: Method, asked: Asked) {
        let at = self.clock.now();
        self.state().calls.push(Call { method, asked, at });
    }

    /// Goes on when every gate that holds this method is open.
    pub(super) async fn pass(&self, method: Method) {
        let gates = self.state().gates.clone();
        for gate in gates.iter().filter(|(methods, _)| methods.contains(&method)) {
            gate.1.pass().await;
        }
    }

    /// What meets a call before it reaches the store.
    pub(super) async fn before(&self, method: Method, asked: &Asked) -> Result<(), StoreError> {
        if self.state().away {
            return Err(away());
        }
        match self.strike(method, asked, Fault::is_before) {
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::Panics) => panic!("{method:?} panics, as it was told to"),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::AfterCommit(_) | Fault::DecisionPanics) | None => Ok(()),
        }
    }

    /// What meets an answer on its way back.
    pub(super) fn after(&self, method: Method, asked: &Asked) -> Result<(), StoreError> {
        let is_after = |fault: &Fault| matches!(fault, Fault::AfterCommit(_));
        match self.strike(method, asked, is_after) {
            Some(Fault::AfterCommit(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// The first fault of that sort that is meant for this call.
    fn strike(
        &self,
        method: Method,
        asked: &Asked,
        sort: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        let mut state = self.state();
        let mut rules = state.rules.iter_mut().filter(|rule| sort(&rule.fault));
        rules.find_map(|rule| rule.strikes(method, asked).then(|| rule.fault.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&*self.state()).finish()
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("told to be away".to_owned())
}

/// A fault in the making: which calls it strikes, until its last word says what happens to them.
#[must_use]
#[derive(Debug)]
pub struct Script<'a> {
    faults: &'a Faults,
    methods: Vec<Method>,
    naming: Option<PaymentId>,
    spared: u32,
    left: Option<u32>,
}

impl Script<'_> {
    /// Only calls that name this payment.
    pub fn naming(self, id: PaymentId) -> Self {
        Self { naming: Some(id), ..self }
    }

    /// Not the first so many.
    pub fn sparing(self, calls: u32) -> Self {
        Self { spared: calls, ..self }
    }

    /// So many calls and not just one.
    pub fn times(self, times: u32) -> Self {
        Self { left: Some(times), ..self }
    }

    /// Every one, until the fault is [lifted](Faults::lift).
    pub fn always(self) -> Self {
        Self { left: None, ..self }
    }

    /// It fails as in an outage, and the store hears nothing of it.
    pub fn fails_before(self) {
        self.fails_before_with(away());
    }

    /// It fails like this, and the store hears nothing of it.
    pub fn fails_before_with(self, error: StoreError) {
        self.add(Fault::Before(error));
    }

    /// The store does all of it, and the answer is lost.
    pub fn fails_after_commit(self) {
        let error = StoreError::Unavailable("the answer was lost".to_owned());
        self.add(Fault::AfterCommit(error));
    }

    /// It panics, and the store hears nothing of it.
    pub fn panics(self) {
        self.add(Fault::Panics);
    }

    /// The decision panics inside the store's transaction.
    pub fn decision_panics(self) {
        self.add(Fault::DecisionPanics);
    }

    /// It never comes back: as if the process died here.
    pub fn hangs(self) {
        self.add(Fault::Hangs);
    }

    fn add(self, fault: Fault) {
        let Self { faults, methods, naming, spared, left } = self;
        faults.state().rules.push(Rule { methods, naming, spared, left, struck: 0, fault });
    }
}
