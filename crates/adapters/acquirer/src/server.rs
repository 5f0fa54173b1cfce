//! The simulated acquirer as an HTTP server: the other end of [`crate::HttpAcquirer`].
//!
//! | | |
//! |---|---|
//! | `POST /v1/authorizations` | 200 with the decision; 400 unreadable, 409 the key was used for something else, 503 failed, 504 no answer |
//! | `POST /v1/refunds` | the same; declined with the code `not_refundable` where less is left of the payment |
//! | `GET /v1/authorizations/{key}`, `GET /v1/refunds/{key}` | 200 with the decision, 404 `{"error":"not_found"}` when there is none, 504; either answers for the keys of both |
//! | `GET /v1/journal/{key}` | how often the key was called, and how often money moved |
//! | `GET /v1/journal` | the same of all keys |
//! | `GET /health` | `{"status":"ok"}` |
//!
//! Where no answer is to come, the connection stays silent until the client goes away or the
//! configured time is over (504). A server that is told to stop ends such calls at once.

mod answer;
mod closing;
mod read;
mod route;

use crate::simulated::SimulatedAcquirer;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use closing::closed_or_gone;
use route::Service;

/// How long calls in progress may go on once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait when no connection can be taken, for want of file descriptors as a rule.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves `acquirer` until `shutdown` is over, then ends the calls in progress, within seconds
/// whatever their clients do.
pub async fn serve(
    listener: TcpListener,
    acquirer: SimulatedAcquirer,
    shutdown: impl Future<Output = ()> + Send,
) {
    let (close, closing) = watch::channel(false);
    let service = Service { acquirer, closing };
    // Those that are left at the end go with it.
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(talk(stream, service.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    close.send_replace(true);
    let all_over = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, all_over).await.is_err() {
        tracing::info!("calls in progress were cut off");
    }
}

/// Answers on one connection until its client, or the server, has enough.
async fn talk(stream: TcpStream, service: Service) {
    // Without this a small answer may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let mut closing = service.closing.clone();
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    // That a client went away in the middle is its own affair.
    let _ = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = closed_or_gone(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
}
