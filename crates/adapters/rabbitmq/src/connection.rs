//! Opening a connection to the broker.

use crate::config::RabbitConfig;
use crate::topology::Topology;
use lapin::tcp::{AMQPUriTcpExt, OwnedTLSConfig};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use paygate_ports::IdSource;
use std::sync::Arc;
use tokio::time::timeout;

/// What every connection needs to be opened.
pub struct Connector {
    pub config: RabbitConfig,
    pub uri: AMQPUri,
    pub topology: Topology,
    pub ids: Arc<dyn IdSource>,
}

impl Connector {
    /// Opens a connection that the broker's page shows under this purpose.
    pub async fn connect(&self, purpose: &str) -> lapin::Result<Connection> {
        let name = format!("{} {purpose}", self.config.connection_name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let tls = OwnedTLSConfig { cert_chain: self.config.ca_pem.clone(), ..Default::default() };
        let runtime = lapin::runtime::default_runtime()?;
        let limit = self.config.connect_timeout;
        // lapin opens the socket in a thread of its own, which goes on when its caller has gone; so
        // the limit is in there, too.
        let open = async move |uri: AMQPUri, runtime| {
            let stream = uri.connect_with_config_async(tls.as_ref(), &runtime);
            match timeout(limit, stream).await {
                Ok(stream) => Ok(stream?),
                Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
            }
        };
        Connection::connector(self.uri.clone(), runtime, open, properties).await
    }
}
