//! Quotes that nobody took up are forgotten, a day after they expired and a batch at a time.

use crate::rig::{Rig, WE, asking, rest, soon};
use paygate_app::QuoteForgetter;
use paygate_testkit::faults::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const DAY: Duration = Duration::from_secs(24 * 3600);
const LOOK: Duration = Duration::from_secs(600);

async fn quoted(rig: &Rig, count: usize) {
    for _ in 0..count {
        rig.exchange.quote(&WE, asking("USD", "IDR")).await.unwrap();
    }
}

fn forgetter(rig: &Rig) -> (CancellationToken, JoinHandle<()>) {
    let forgetter = QuoteForgetter::new(rig.store.clone(), Arc::new(rig.clock.clone()));
    let stop = CancellationToken::new();
    (stop.clone(), tokio::spawn(forgetter.run(stop)))
}

#[tokio::test]
async fn what_expired_a_day_ago_is_forgotten_in_batches() {
    let rig = Rig::new().await;
    quoted(&rig, 501).await;
    let (stop, task) = forgetter(&rig);
    rest().await;
    rig.pass(LOOK).await;
    assert_eq!((rig.rows("fx_quotes"), rig.faults.calls(Method::Forget).len()), (501, 1));
    rig.pass(DAY).await;
    quoted(&rig, 1).await;
    rig.pass(LOOK).await;
    assert_eq!(rig.rows("fx_quotes"), 1);
    assert_eq!(rig.faults.calls(Method::Forget).len(), 1 + 2 + 1);
    stop.cancel();
    soon(task).await.unwrap();
}

#[tokio::test]
async fn what_a_store_that_was_away_kept_is_forgotten_later() {
    let rig = Rig::new().await;
    quoted(&rig, 3).await;
    let (stop, task) = forgetter(&rig);
    rest().await;
    rig.faults.on(Method::Forget).times(2).fails_before();
    rig.pass(DAY).await;
    rig.pass(LOOK).await;
    assert_eq!(rig.rows("fx_quotes"), 3);
    rig.pass(LOOK).await;
    assert_eq!(rig.rows("fx_quotes"), 0);
    stop.cancel();
    soon(task).await.unwrap();
}
