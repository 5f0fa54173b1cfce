//! Each fault does what its name says, to the calls it is meant for and to no other.

use crate::faulty_store::faulty;
use futures_util::FutureExt;
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::provider::{ClaimPolicy, claim};
use paygate_core::status::Status;
use paygate_ports::{Accepted, StoreError, silent};
use paygate_testkit::build::{Pair, open_usd_pair};
use paygate_testkit::faults::{Asked, Faults, Method};
use paygate_testkit::store::assert_ledger_holds;
use paygate_testkit::store::{StoreUnderTest, eventually};
use std::panic::AssertUnwindSafe;

struct World {
    store: StoreUnderTest,
    faults: Faults,
    pair: Pair,
}

impl World {
    async fn new() -> Self {
        let (store, faults) = faulty().await;
        let pair = open_usd_pair(&store).await;
        faults.forget_calls();
        Self { store, faults, pair }
    }

    async fn accept(&self) -> Result<PaymentId, StoreError> {
        let new = self.pair.charge("1.00");
        let id = new.id;
        let accepted = self.store.payments.accept(vec![new]).await?;
        assert!(matches!(accepted[..], [Accepted::Created(_)]), "{accepted:?}");
        Ok(id)
    }

    async fn claim(&self, ids: &[PaymentId]) -> Result<(), StoreError> {
        let all = ids.to_vec();
        let decide = move |book: &mut Book| {
            for id in &all {
                claim(book, *id, &ClaimPolicy::default()).unwrap();
            }
        };
        let claims = self.store.payments.transact(ids.to_vec(), Loads::Accounts, silent(decide));
        claims.await.map(drop)
    }

    async fn status(&self, id: PaymentId) -> Option<Status> {
        self.store.reader.payment(id).await.unwrap().map(|record| record.payment.status)
    }

    /// How many payments there are.
    async fn stored(&self) -> usize {
        let everything = paygate_core::proof::Scope::Whole;
        let mut seen = Payments(0);
        self.store.audit.examine(everything, &mut seen).await.unwrap();
        seen.0
    }
}

struct Payments(usize);

impl paygate_ports::Examiner for Payments {
    fn see(&mut self, fact: paygate_core::proof::Fact) {
        self.0 += usize::from(matches!(fact, paygate_core::proof::Fact::Payment(_)));
    }
}

fn is_away<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn a_call_that_fails_before_has_not_reached_the_store() {
    let world = World::new().await;
    world.faults.on(Method::Accept).times(2).fails_before();
    is_away(world.accept().await);
    is_away(world.accept().await);
    assert_eq!(world.stored().await, 0);
    world.accept().await.unwrap();
    assert_eq!(world.stored().await, 1);
    world.faults.assert_all_struck();
    assert_ledger_holds(&world.store).await;
}

#[tokio::test]
async fn a_call_that_fails_after_the_commit_has_committed() {
    let world = World::new().await;
    world.faults.on(Method::Accept).fails_after_commit();
    is_away(world.accept().await);
    assert_eq!(world.stored().await, 1);

    let id = world.accept().await.unwrap();
    world.faults.on(Method::Transact).fails_after_commit();
    is_away(world.claim(&[id]).await);
    assert_eq!(world.status(id).await, Some(Status::Processing));
    world.faults.assert_all_struck();
    assert_ledger_holds(&world.store).await;
}

/// A call that fails by itself has nothing to lose.
#[tokio::test]
async fn only_an_answer_can_be_lost() {
    let world = World::new().await;
    let id = world.accept().await.unwrap();
    world.faults.on(Method::Transact).decision_panics();
    world.faults.on(Method::Transact).fails_after_commit();
    let refused = world.claim(&[id]).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(world.status(id).await, Some(Status::Pending));
    is_away(world.claim(&[id]).await);
    assert_eq!(world.status(id).await, Some(Status::Processing));
}

#[tokio::test]
async fn a_call_at_its_gate_goes_on_when_the_gate_is_opened() {
    let world = World::new().await;
    let gate = world.faults.gate(Method::Accept);
    gate.shut();
    let new = world.pair.charge("1.00");
    let store = world.store.payments.clone();
    let held = tokio::spawn(async move { store.accept(vec![new]).await });
    eventually("the gate", async || (gate.waiting() == 1).then_some(())).await;
    assert_eq!(world.stored().await, 0, "other methods pass");
    // What is scripted meanwhile meets it.
    world.faults.on(Method::Accept).fails_after_commit();
    gate.open();
    is_away(held.await.unwrap());
    assert_eq!((world.stored().await, gate.waiting()), (1, 0));
}

#[tokio::test]
async fn a_call_that_hangs_never_comes_back_and_leaves_the_store_to_others() {
    let world = World::new().await;
    let [id, other] = [world.accept().await.unwrap(), world.accept().await.unwrap()];
    world.faults.on(Method::Transact).naming(id).hangs();
    assert!(world.claim(&[id, other]).now_or_never().is_none());
    world.claim(&[other]).await.unwrap();
    assert_eq!(world.status(id).await, Some(Status::Pending));
}

#[tokio::test]
async fn a_call_that_panics_has_not_reached_the_store() {
    let world = World::new().await;
    world.faults.on(Method::Accept).panics();
    assert!(AssertUnwindSafe(world.accept()).catch_unwind().await.is_err());
    assert_eq!(world.stored().await, 0);
    world.accept().await.unwrap();
}

#[tokio::test]
async fn a_fault_strikes_the_method_payment_and_call_that_it_names() {
    let world = World::new().await;
    let [id, other] = [world.accept().await.unwrap(), world.accept().await.unwrap()];
    let corrupt = StoreError::Refused("a check failed".to_owned());
    let script = world.faults.on_any(&[Method::Transact, Method::Claim]).naming(id).always();
    script.fails_before_with(corrupt.clone());
    assert_eq!(world.claim(&[other, id]).await, Err(corrupt.clone()));
    assert_eq!(world.claim(&[id]).await, Err(corrupt));
    world.claim(&[other]).await.unwrap();
    world.accept().await.unwrap();
    world.faults.lift();
    world.claim(&[id]).await.unwrap();

    world.faults.on(Method::Accept).sparing(2).fails_before();
    world.accept().await.unwrap();
    world.accept().await.unwrap();
    is_away(world.accept().await);
    world.accept().await.unwrap();
}

#[tokio::test]
async fn while_the_store_is_away_every_call_fails() {
    let world = World::new().await;
    world.faults.go_away();
    is_away(world.accept().await);
    is_away(world.store.due.take_due(1).await);
    is_away(world.store.audit.examine(paygate_core::proof::Scope::Whole, &mut Payments(0)).await);
    world.faults.come_back();
    world.faults.on_all().fails_before();
    is_away(world.store.due.now().await);
    world.accept().await.unwrap();
}

#[tokio::test]
async fn calls_are_told_in_order_whatever_became_of_them() {
    let world = World::new().await;
    world.faults.on(Method::Transact).fails_before();
    let id = world.accept().await.unwrap();
    is_away(world.claim(&[id]).await);
    world.claim(&[id]).await.unwrap();
    let calls = world.faults.calls_of(&[Method::Accept, Method::Transact]);
    let told: Vec<_> = calls.into_iter().map(|call| (call.method, call.asked)).collect();
    let asked = Asked::Payments(vec![id]);
    let expected = [Method::Accept, Method::Transact, Method::Transact];
    assert_eq!(told, expected.map(|method| (method, asked.clone())));
    world.faults.forget_calls();
    assert_eq!(world.faults.calls(Method::Transact), []);
}

#[tokio::test]
#[should_panic(expected = "met by no call")]
async fn a_fault_that_met_no_call_fails_the_test_that_asks() {
    let world = World::new().await;
    world.faults.on(Method::Accept).times(2).fails_before();
    is_away(world.accept().await);
    world.faults.assert_all_struck();
}
