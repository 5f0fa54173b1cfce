//! Processes that are killed at awkward moments: what they had begun is done by the next, once.

use crate::rig::acquirer::Plan;
use crate::rig::queue::FakeDeliveries;
use crate::rig::{LOCKING, Rig, eventually};
use paygate_app::{SweeperConfig, Worker, WorkerConfig};
use paygate_core::status::Status;
use paygate_ports::{HintOut, PaymentQueue, TraceContext};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// A worker in a runtime of its own, so that everything it has begun dies with it.
struct Process(Runtime);

impl Process {
    fn start(rig: &Rig) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let deliveries = Arc::new(FakeDeliveries::new(rig.queue.inner.deliveries()));
        let (ports, config) = (rig.ports(deliveries), WorkerConfig::default());
        runtime.spawn(async move {
            let worker = Worker::new(ports, config, CancellationToken::new());
            worker.run(CancellationToken::new()).await;
        });
        Self(runtime)
    }

    fn kill(self) {
        self.0.shutdown_background();
    }
}

/// A new worker and a sweeper bring everything to its end while time passes.
async fn recovered(rig: &Rig, done: impl Fn(&Rig) -> bool) {
    let (worker, sweeper) =
        (rig.worker(WorkerConfig::default()), rig.sweeper(SweeperConfig::default()));
    eventually(|| {
        rig.clock.advance(Duration::from_millis(100));
        done(rig)
    })
    .await;
    worker.stop().await;
    sweeper.stop().await;
    rig.check();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_provider_is_asked_the_next_asks_again_under_the_same_key() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let ids = rig.accept_many(5).await;
    for id in &ids {
        rig.acquirer.plan(*id, [Plan::AtGate(Box::new(Plan::Approve))]);
    }
    let process = Process::start(&rig);
    eventually(|| rig.acquirer.gate.waiting() == 5).await;
    process.kill();
    eventually(|| rig.acquirer.gate.waiting() == 0).await;
    recovered(&rig, |rig| rig.all(&ids, Status::Success)).await;
    assert!(ids.iter().all(|id| rig.acquirer.authorizations(*id) == 2));
    assert_eq!(rig.merchant_minor(), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_settlement_commits_the_money_that_was_taken_is_posted_once() {
    let rig = Rig::new().await;
    rig.acquirer.gate.shut();
    let id = rig.accept(100).await;
    rig.acquirer.plan(id, [Plan::AtGate(Box::new(Plan::Approve))]);
    let process = Process::start(&rig);
    eventually(|| rig.acquirer.gate.waiting() == 1).await;
    rig.faults.gate_of(&LOCKING).shut();
    rig.acquirer.gate.open();
    eventually(|| rig.faults.gate_of(&LOCKING).waiting() == 1).await;
    process.kill();
    eventually(|| rig.faults.gate_of(&LOCKING).waiting() == 0).await;
    rig.faults.gate_of(&LOCKING).open();
    assert_eq!(rig.store.status(id), Status::Processing);
    recovered(&rig, |rig| rig.store.status(id) == Status::Success).await;
    assert_eq!(rig.merchant_minor(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_claim_commits_the_hint_comes_again() {
    let rig = Rig::new().await;
    rig.faults.gate_of(&LOCKING).shut();
    let id = rig.accept(100).await;
    let process = Process::start(&rig);
    eventually(|| rig.faults.gate_of(&LOCKING).waiting() == 1).await;
    process.kill();
    eventually(|| rig.queue.inner.unacked() == 0).await;
    rig.faults.gate_of(&LOCKING).open();
    recovered(&rig, |rig| rig.store.status(id) == Status::Success).await;
    assert_eq!(rig.payment(id).attempts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_settlement_a_second_hint_changes_nothing() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    let process = Process::start(&rig);
    eventually(|| rig.store.status(id) == Status::Success).await;
    process.kill();
    let hint = HintOut { id, context: TraceContext::default() };
    rig.queue.inner.publish(vec![hint]).await.unwrap();
    let settled =
        |rig: &Rig| rig.queue.inner.unacked() == 0 && rig.faults.named(&LOCKING).len() > 2;
    recovered(&rig, settled).await;
    assert_eq!((rig.merchant_minor(), rig.acquirer.authorizations(id)), (100, 1));
}
