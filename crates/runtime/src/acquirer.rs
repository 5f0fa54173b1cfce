//! The acquirer the configuration names, as its port; and the simulated one as a process.

use crate::config::{AcquirerChoice, Config};
use crate::fatal::{Fatal, fatal};
use crate::stop::Stop;
use paygate_acquirer::{HttpAcquirer, Measured, SimulatedAcquirer, server};
use paygate_ports::Acquirer;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Who takes the money.
pub(crate) fn build(choice: &AcquirerChoice) -> Result<Arc<dyn Acquirer>, Fatal> {
    match choice {
        AcquirerChoice::Http(http) => {
            let client =
                HttpAcquirer::new(http).map_err(|error| format!("ACQUIRER_URL: {error}"))?;
            Ok(Arc::new(Measured::new(client)))
        }
        AcquirerChoice::Simulated(config) => {
            let simulated = SimulatedAcquirer::open(config.clone());
            let simulated = simulated.map_err(|error| format!("ACQUIRER_JOURNAL: {error}"))?;
            Ok(Arc::new(Measured::new(simulated)))
        }
    }
}

/// Runs the simulated acquirer as an HTTP server.
pub(crate) async fn run(config: Config) -> Result<(), Fatal> {
    let stop = Stop::on_signals(config.shutdown_timeout)?;
    let simulated = SimulatedAcquirer::open(config.simulator);
    let simulated = simulated.map_err(|error| format!("ACQUIRER_JOURNAL: {error}"))?;
    let address = (config.http.host.as_str(), config.http.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("can't listen on {}:{}: {error}", config.http.host, config.http.port)
    })?;
    tracing::info!(address = %listener.local_addr().map_err(fatal)?, "the simulated acquirer listens");
    server::serve(listener, simulated, stop.stop.cancelled_owned()).await;
    Ok(())
}

/// Asks the process on HOST:PORT (a worker: METRICS_PORT) whether it is ready.
pub(crate) async fn health(config: &Config) -> Result<(), Fatal> {
    let port = config.metrics_port.unwrap_or(config.http.port);
    // Whoever listens on every address is asked on loopback.
    let host = match config.http.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    let asking = async {
        let mut stream = TcpStream::connect((host, port)).await?;
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(64 * 1024).read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(3), asking).await;
    match answer {
        Ok(Ok(answer)) if answer.starts_with(b"HTTP/1.1 200 ") => Ok(()),
        Ok(Ok(_)) => Err("not healthy".to_owned()),
        Ok(Err(error)) => Err(format!("{host}:{port}: {error}")),
        Err(_) => Err(format!("{host}:{port}: no answer in time")),
    }
}
