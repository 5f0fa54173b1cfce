//! What the adapters of one process share: the connection for publishing, and the links that are
//! watched.

use crate::connection::Connector;
use crate::link::AnyLink;
use crate::publisher::Publisher;
use lapin::BasicProperties;
use lapin::types::ShortString;
use paygate_ports::Clock;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What the adapters of one process share.
pub struct Shared {
    pub connector: Arc<Connector>,
    pub publisher: Publisher,
    pub clock: Arc<dyn Clock>,
    links: Mutex<Vec<Weak<dyn AnyLink>>>,
}

impl Shared {
    pub fn new(connector: Arc<Connector>, publisher: Publisher, clock: Arc<dyn Clock>) -> Self {
        Self { connector, publisher, clock, links: Mutex::default() }
    }

    /// What every message carries.
    pub fn properties(&self) -> BasicProperties {
        let message_id = self.connector.ids.uuid_v7().to_string();
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            // AMQP counts seconds.
            .with_timestamp(u64::try_from(self.clock.now().timestamp()).unwrap_or(0));
        match ShortString::try_new(message_id) {
            Ok(id) => properties.with_message_id(id),
            Err(_) => properties,
        }
    }

    /// Has a link watched by the health check for as long as it lives.
    pub fn watch(&self, link: Weak<dyn AnyLink>) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.strong_count() > 0);
        links.push(link);
    }

    /// The links that live.
    pub fn links(&self) -> Vec<Arc<dyn AnyLink>> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.iter().filter_map(Weak::upgrade).collect()
    }
}
