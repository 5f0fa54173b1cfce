//! `paygate demo`: a few wallets and a little history, to have something to look at. It goes the way
//! that clients' requests go: the same use cases, a queue, a worker.
//!
//! What must stay true: every wallet has an alias and every payment an idempotency key, so that
//! whatever was done before is not done again, also if it was ended midway.

mod history;
mod plan;

use super::accounts;
use super::output::{Ended, stdout};
use super::payments::{called, parties, with_code};
use super::table::{Column, Table, counted};
use crate::broker::Queue;
use crate::config::Config;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::tasks::Tasks;
use crate::{Fatal, acquirer, api, worker};
use history::{History, Made};
use paygate_app::Api;
use paygate_core::account::AccountRef;
use paygate_core::payment::PaymentRecord;
use paygate_core::text::Label;
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;

/// Fills the store, and shows what is in it then.
pub(super) async fn run(config: &Config, force: bool) -> Result<(), Ended> {
    if !config.nothing_is_real && !force {
        let why = "the demo is for a SQLite file without broker and acquirer: elsewhere its worker \
             would settle what waits there, and what it makes stays for good (--force does it)";
        return Err(Ended::Because(why.to_owned()));
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
    let made = make(config, &stores, &queue, &api, stop).await;
    queue.close().await;
    tell(&stores, made?).await
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

/// Carries the plan out, with a worker that ends before this does.
async fn make(
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    api: &Api,
    stop: Stop,
) -> Result<Made, Fatal> {
    let mut history = History::of(api);
    for wallet in plan::WALLETS {
        history.open(wallet).await?;
    }
    // Two that exceed their wallet together: each is accepted as long as neither is settled.
    for payment in plan::BEFORE_THE_WORKER {
        history.send(payment).await?;
    }
    let ended = stop.stop.clone();
    let mut tasks = Tasks::new(stop.stop.clone());
    worker::start(&mut tasks, config, stores, queue, stop)?;
    let working = tasks.all_ended();
    tokio::pin!(working);
    let settling = async {
        for payment in plan::BEFORE_THE_WORKER.iter().chain(plan::WITH_THE_WORKER) {
            history.settle(payment).await?;
        }
        Ok::<(), Fatal>(())
    };
    tokio::select! {
        settled = settling => {
            ended.cancel();
            working.await?;
            settled?;
        }
        worked = &mut working => {
            worked?;
            return Err("stopped before the end; the next run goes on".to_owned());
        }
    }
    Ok(history.made)
}

const PAYMENTS: [Column; 7] = [
    Column::left("KEY"),
    Column::left("KIND"),
    Column::left("STATUS"),
    Column::right("DEBIT"),
    Column::right("CREDIT"),
    Column::left("BETWEEN"),
    Column::left("WHAT FOR"),
];

/// Shows the history and the wallets, and what to try next.
async fn tell(stores: &Stores, made: Made) -> Result<(), Ended> {
    let mut out = stdout();
    let Made { wallets, payments, new_wallets, new_payments } = made;
    match (new_wallets, new_payments) {
        (0, 0) => writeln!(out, "Nothing has changed: the demo was here before.\n")?,
        (wallets, payments) => {
            let wallets = counted(wallets, "wallet", "wallets");
            let payments = counted(payments, "payment", "payments");
            writeln!(out, "New: {wallets} and {payments}.\n")?;
        }
    }
    let records: Vec<_> = payments.iter().filter_map(|(_, record)| record.clone()).collect();
    let parties = parties(stores, &records).await?;
    let mut table = Table::of(&PAYMENTS);
    for (key, record) in payments {
        let Some(PaymentRecord { payment, request, .. }) = record else {
            let refused = [key, "-", "refused", "-", "-", "-", "Too little to spend"];
            table.row(&mut out, refused.map(ToOwned::to_owned).to_vec())?;
            continue;
        };
        let party = |id| parties.get(&id).map_or_else(|| "-".to_owned(), called);
        let status = match &payment.failure {
            Some(failure) => format!("{} ({})", payment.status, failure.code),
            None => payment.status.to_string(),
        };
        let (debit, credit) = payment.moved();
        let cells = vec![
            key.to_owned(),
            payment.kind.to_string(),
            status,
            with_code(debit),
            with_code(credit),
            format!("{} → {}", party(payment.source), party(payment.destination)),
            request.description.as_ref().map_or("-", Label::as_str).to_owned(),
        ];
        table.row(&mut out, cells)?;
    }
    table.print(&mut out)?;
    writeln!(out)?;
    let names = wallets.iter().map(|record| AccountRef::Id(record.account.id)).collect();
    let mut table = Table::of(&accounts::COLUMNS);
    for record in stores.account_reader.find(names).await?.iter().flatten() {
        table.row(&mut out, accounts::cells(record))?;
    }
    table.print(&mut out)?;
    out.write_all(NEXT.as_bytes())?;
    Ok(out.flush()?)
}

const NEXT: &str = "
Try next:

  paygate payments                  every payment, newest first
  paygate statement ACC001          what happened in a wallet
  paygate accounts --currency IDR   the system's own accounts, too
  paygate prove                     the proof that every balance follows from its entries
  paygate                           the API, and at /api/v1/docs/ a page to try it
";
