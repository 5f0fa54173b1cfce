//! The broker as the composition root sees it: what is made of one configuration.

use crate::config::{RabbitConfig, RabbitConfigError};
use crate::connection::Connector;
use crate::deliveries::RabbitDeliveries;
use crate::health::RabbitHealth;
use crate::link::Link;
use crate::outcomes::RabbitOutcomes;
use crate::publisher::{Publisher, Publishing};
use crate::queue::RabbitQueue;
use crate::shared::Shared;
use crate::topology::Topology;
use futures_util::future::join_all;
use paygate_ports::{Clock, IdSource, QueueError};
use std::sync::{Arc, Weak};

/// A RabbitMQ broker. It is reached, and reached again, in the background.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

impl Broker {
    /// Starts to connect for publishing, within a tokio runtime. A broker that is away is no error.
    ///
    /// # Errors
    /// [`RabbitConfigError`].
    pub fn start(
        config: RabbitConfig,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, RabbitConfigError> {
        let uri = config.parse()?;
        let topology = Topology::new(&config.prefix)?;
        let confirm_timeout = config.confirm_timeout;
        let connector = Arc::new(Connector { config, uri, topology, ids });
        let link = Arc::new(Link::start(Arc::clone(&connector), Publishing));
        let weak: Weak<Link<Publishing>> = Arc::downgrade(&link);
        let publisher = Publisher::new(link, confirm_timeout);
        let shared = Arc::new(Shared::new(connector, publisher, clock));
        shared.watch(weak);
        Ok(Self { shared })
    }

    /// Returns when the connection for publishing is up.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] once [closed](Self::close).
    pub async fn ready(&self) -> Result<(), QueueError> {
        self.shared.publisher.link.up().await.map(|_| ())
    }

    /// Returns when every connection this process has started so far is up, or has failed once. A
    /// broker that refuses is known to be away at once; one that says nothing takes as long as
    /// opening a connection may, so that the caller sets a limit of its own.
    pub async fn tried(&self) {
        let links = self.shared.links();
        join_all(links.iter().map(|link| link.tried())).await;
    }

    /// Publishes hints.
    #[must_use]
    pub fn queue(&self) -> RabbitQueue {
        RabbitQueue::new(Arc::clone(&self.shared))
    }

    /// Starts to consume hints, on a connection of its own.
    #[must_use]
    pub fn deliveries(&self) -> RabbitDeliveries {
        RabbitDeliveries::start(Arc::clone(&self.shared))
    }

    /// Announces outcomes; nobody waits in this process.
    #[must_use]
    pub fn announce_only(&self) -> RabbitOutcomes {
        RabbitOutcomes::announce_only(Arc::clone(&self.shared))
    }

    /// Announces outcomes and hears those of all processes, on a connection of its own.
    #[must_use]
    pub fn listen(&self) -> RabbitOutcomes {
        RabbitOutcomes::listen(Arc::clone(&self.shared))
    }

    /// Whether the broker can be used, as far as this process uses it.
    #[must_use]
    pub fn health(&self) -> RabbitHealth {
        RabbitHealth::new(Arc::clone(&self.shared))
    }

    /// Closes the connection for publishing, for good.
    pub async fn close(&self) {
        self.shared.publisher.link.close().await;
    }
}
