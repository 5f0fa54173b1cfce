//! `paygate demo`: the use cases, a queue and a worker, for as long as the demo needs them.

use crate::broker::Queue;
use crate::commands::desk;
use crate::config::Config;
use crate::fatal::Fatal;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::tasks::Tasks;
use crate::{acquirer, api, worker};
use paygate_console::Demo;
use std::time::Duration;
use tokio::time::Instant;

/// Fills the store, and shows what is in it then.
pub(crate) async fn run(config: &Config, force: bool) -> Result<(), Fatal> {
    if !config.nothing_is_real && !force {
        let why = "the demo is for a SQLite file without broker and acquirer: elsewhere its worker \
             would settle what waits there, and what it makes stays for good (--force does it)";
        return Err(why.to_owned());
    }
    // Another process may have the simulated acquirer's journal: better known before than midway.
    let acquirer = acquirer::build(&config.acquirer);
    drop(
        acquirer
            .map_err(|why| format!("{why}; end the `paygate` that runs on it, and try again"))?,
    );
    let stores = store::open(config, true).await?;
    let queue = Queue::start(config)?;
    connected(&queue, config.startup_timeout).await?;
    let api = api::use_cases(config, &stores, &queue).await?;
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let mut demo = Demo::of(&api);
    let carried_out = carry_out(&mut demo, config, &stores, &queue, stop).await;
    queue.close().await;
    carried_out?;
    demo.tell(&desk(config, &stores).await?).await
}

/// Waits for a broker that is not up yet, a bounded time: what is published before must wait for the
/// sweeper.
async fn connected(queue: &Queue, patience: Duration) -> Result<(), Fatal> {
    let health = queue.health();
    let deadline = Instant::now() + patience;
    while let Err(why) = health.check().await {
        if Instant::now() >= deadline {
            return Err(format!("{}: {why}", health.name()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Carries the demo out, with a worker that ends before this does.
async fn carry_out(
    demo: &mut Demo<'_>,
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    stop: Stop,
) -> Result<(), Fatal> {
    demo.begin().await?;
    let ended = stop.stop.clone();
    let mut tasks = Tasks::new(stop.stop.clone());
    worker::start(&mut tasks, config, stores, queue, stop)?;
    let working = tasks.all_ended();
    tokio::pin!(working);
    tokio::select! {
        settled = demo.settle() => {
            ended.cancel();
            working.await?;
            settled
        }
        worked = &mut working => {
            worked?;
            Err("stopped before the end; the next run goes on".to_owned())
        }
    }
}
