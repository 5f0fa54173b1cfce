//! The API process, and the API as part of the process that is everything.

use crate::broker::Queue;
use crate::config::Config;
use crate::fatal::{Fatal, fatal};
use crate::identity::Bootstrap;
use crate::stop::Stop;
use crate::store::{self, Stores};
use crate::system::{RandomIds, SystemClock};
use crate::tasks::Tasks;
use crate::telemetry::{self, RenderMetrics};
use paygate_app::{
    Acceptor, AcceptorPorts, AccountFinder, Accounts, Api, ApiKeyPorts, ApiKeys, Audits, Charges,
    Doors, Exchange, HintPublisher, Holds, Merchants, Payments, Proofs, Readiness, ReadsTogether,
    Refunds, StandingAccounts, Transfers,
};
use paygate_http::Server;
use paygate_memory::FixedRates;
use paygate_ports::PaymentReader;
use std::net::SocketAddr;
use std::sync::Arc;

/// Runs the API until it is told to stop.
pub(crate) async fn run(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let metrics = telemetry::start_metrics()?;
    let stores = store::open(&config, false).await?;
    let queue = Queue::start(&config)?;
    let (server, addresses) = start(&config, &stores, &queue, metrics).await?;
    tracing::info!(?addresses, "the API listens");
    let mut tasks = Tasks::new(stop.stop.clone());
    tasks.start("the API", serve_until_stopped(server, stop));
    let ended = tasks.all_ended().await;
    queue.close().await;
    ended
}

/// What the API does with requests.
pub(crate) async fn use_cases(
    config: &Config,
    stores: &Stores,
    queue: &Queue,
) -> Result<Api, Fatal> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));
    let outcomes = queue.listening();
    let (accounts, house) = (Arc::clone(&stores.accounts), config.house.clone());
    let standing = StandingAccounts::open(accounts, ids.clone(), &config.currencies, house).await;
    let standing = Arc::new(standing.map_err(fatal)?);
    let publisher = HintPublisher::new(queue.publishing(), clock.clone(), config.confirm_timeout);
    let payments: Arc<dyn PaymentReader> = Arc::new(ReadsTogether::new(Arc::clone(&stores.reader)));
    let find = AccountFinder::new(Arc::clone(&stores.account_reader));
    let ports = AcceptorPorts {
        store: Arc::clone(&stores.payments),
        reader: Arc::clone(&payments),
        accounts: find.clone(),
        publisher,
        outcomes: Arc::clone(&outcomes),
        clock: clock.clone(),
        ids: ids.clone(),
    };
    let acceptor = Acceptor::new(config.accept_batch, ports);
    let rates = Arc::new(FixedRates::new(config.rates.clone(), clock.clone()));
    let quotes = Arc::clone(&stores.quotes);
    let exchange =
        Exchange::new(rates, quotes, clock.clone(), ids.clone(), config.exchange.clone());
    let (store, reader) = (Arc::clone(&stores.accounts), Arc::clone(&stores.account_reader));
    let merchants = Merchants::new(Arc::clone(&stores.merchants), ids.clone());
    merchants.take_in_house(&config.house).await.map_err(fatal)?;
    let key_ports = ApiKeyPorts {
        store: Arc::clone(&stores.api_keys),
        reader: Arc::clone(&stores.key_reader),
        merchants: Arc::clone(&stores.merchants),
        clock: clock.clone(),
        ids: ids.clone(),
    };
    Ok(Api {
        charges: Charges::new(acceptor.clone(), find.clone(), Arc::clone(&standing), config.most),
        transfers: Transfers::new(
            acceptor.clone(),
            exchange.clone(),
            Arc::clone(&standing),
            config.limits,
            config.most,
        ),
        holds: Holds::new(Arc::clone(&stores.payments), Arc::clone(&payments)),
        refunds: Refunds::new(acceptor, find),
        read: Payments::new(payments, outcomes, clock),
        accounts: Accounts::new(store, reader, ids, Arc::clone(&standing), config.most),
        exchange,
        proofs: Proofs::new(Arc::clone(&stores.audit), config.overdue_after),
        merchants,
        api_keys: ApiKeys::new(key_ports, config.house.clone()),
        audits: Audits::new(Arc::clone(&stores.audit_log)),
        readiness: Readiness::new(vec![Arc::clone(&stores.health), queue.health()]),
        standing,
    })
}

/// An API that listens: it can publish, or the broker is away.
pub(crate) async fn start(
    config: &Config,
    stores: &Stores,
    queue: &Queue,
    metrics: RenderMetrics,
) -> Result<(Server, Vec<SocketAddr>), Fatal> {
    let api = use_cases(config, stores, queue).await?;
    queue.first_contact().await;
    let ids = Arc::new(RandomIds);
    match config.authenticator {
        Bootstrap::Sandbox => {
            tracing::warn!(
                "nobody is asked for a token: whoever reaches the API may do everything"
            );
        }
        Bootstrap::Nobody => {
            tracing::warn!("without PAYGATE_API_TOKEN there is no operator: nobody can make keys");
        }
        Bootstrap::Token(_) => {}
    }
    let others = Arc::new(config.authenticator.clone());
    let keys = Arc::clone(&stores.key_reader);
    let authenticator = Arc::new(Doors::new(others, keys, Arc::new(SystemClock)));
    paygate_http::serve(&config.http, api, authenticator, metrics, ids).map_err(fatal)
}

/// Serves until told to stop, then lets requests finish.
pub(crate) async fn serve_until_stopped(server: Server, stop: Stop) -> Result<(), Fatal> {
    let handle = server.handle();
    let serving = tokio::spawn(server);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => ended.map_err(fatal)?.map_err(fatal),
        () = stop.stop.cancelled() => {
            handle.stop(true).await;
            Ok(())
        }
    }
}
