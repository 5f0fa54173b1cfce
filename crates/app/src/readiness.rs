//! Whether the parts this process depends on work.

use paygate_ports::HealthCheck;
use std::sync::Arc;

/// What became of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The component's name.
    pub name: &'static str,
    /// Why it does not work, if it does not.
    pub trouble: Option<String>,
}

/// Asks every component.
#[derive(Clone)]
pub struct Readiness {
    checks: Arc<[Arc<dyn HealthCheck>]>,
}

impl Readiness {
    /// Asks these.
    #[must_use]
    pub fn new(checks: Vec<Arc<dyn HealthCheck>>) -> Self {
        Self { checks: checks.into() }
    }

    /// Asks all at once; the answers are in the order given to [`Readiness::new`].
    pub async fn report(&self) -> Vec<Component> {
        let ask = |check: &Arc<dyn HealthCheck>| {
            let check = Arc::clone(check);
            async move { Component { name: check.name(), trouble: check.check().await.err() } }
        };
        futures_util::future::join_all(self.checks.iter().map(ask)).await
    }
}
