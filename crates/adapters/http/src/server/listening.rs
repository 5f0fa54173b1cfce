//! Sockets, worker threads, and what stands between a socket and the app: actix's HTTP/1 service.
//! It is put together here and not by `HttpServer`, which has no place for what answers
//! `Expect: 100-continue` (see `continuing`), nor for a connection of our own (see `connection`).

use crate::server::config::HttpConfig;
use crate::server::connection::{Connection, LINGER, Refuse};
use crate::server::continuing::{Entrance, Expecting};
use crate::server::paced::Paced;
use crate::server::telemetry;
use actix_http::HttpServiceBuilder;
use actix_http::error::DispatchError;
use actix_server::GracefulShutdownSignal;
use actix_service::{ServiceFactory, ServiceFactoryExt, fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, Server, ServiceRequest, ServiceResponse};
use actix_web::{App, Error};
use paygate_ports::IdSource;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::{TcpSocket, TcpStream};

/// The most connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Listens on the configured address and answers the server, and where it listens.
pub fn start<A, F>(
    config: &HttpConfig,
    ids: Arc<dyn IdSource>,
    build: A,
) -> io::Result<(Server, Vec<SocketAddr>)>
where
    A: Fn() -> App<F> + Send + Clone + 'static,
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        > + 'static,
{
    telemetry::describe();
    let shutdown = config.shutdown_timeout;
    let whole_seconds = shutdown.as_secs() + u64::from(shutdown.subsec_nanos() > 0);
    let mut server = Server::build()
        .workers(config.workers.max(1))
        .disable_signals()
        .shutdown_timeout(whole_seconds);
    let stopping = server.graceful_shutdown_signal();
    let mut addresses = Vec::new();
    for listener in listeners(config)? {
        let address = listener.local_addr()?;
        let (config, stopping) = (config.clone(), stopping.clone());
        let (ids, build) = (Arc::clone(&ids), build.clone());
        let serve =
            move || connections(config.clone(), stopping.clone(), Arc::clone(&ids), build());
        server = server.listen(address.to_string(), listener, serve)?;
        addresses.push(address);
    }
    Ok((server.run(), addresses))
}

/// Serves the connections of one worker thread with the app.
fn connections<F>(
    config: HttpConfig,
    stopping: GracefulShutdownSignal,
    ids: Arc<dyn IdSource>,
    app: App<F>,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        > + 'static,
{
    let app = map_config(app, |()| AppConfig::default());
    let patience = config.write_timeout;
    let http = fn_factory(move || {
        let (config, stopping, app) = (config.clone(), stopping.clone(), app.new_service(()));
        async move {
            let app = Rc::new(app.await?);
            let expecting = Rc::clone(&app);
            let http = HttpServiceBuilder::default()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(config.head_timeout)
                .client_disconnect_timeout(LINGER)
                .keep_alive(config.keep_alive)
                .expect(fn_factory(move || {
                    ready(Ok::<_, ()>(Expecting { app: Rc::clone(&expecting) }))
                }))
                .h1(fn_factory(move || ready(Ok::<_, ()>(Entrance { app: Rc::clone(&app) }))));
            http.new_service(()).await
        }
    });
    let refuse: Refuse = Rc::new(move |status| telemetry::refused(status, &*ids));
    fn_service(move |stream: TcpStream| {
        let peer = stream.peer_addr().ok();
        let stream = Paced::new(stream, patience);
        ready(Ok((Connection::new(stream, Rc::clone(&refuse)), peer)))
    })
    .and_then(http)
}

/// Listens wherever the host's name leads; one place is enough.
fn listeners(config: &HttpConfig) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let mut refused = None;
    for address in config.addresses()? {
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if listeners.is_empty() => {
            let at = format!("can't listen on {}:{}: {error}", config.host, config.port);
            Err(io::Error::new(error.kind(), at))
        }
        _ => Ok(listeners),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port whose last connections are not quite over is free all the same.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
