//! Whether a component can be used right now.

use async_trait::async_trait;

/// A component that readiness names.
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// Its name in the readiness answer: `store`, `broker`.
    fn name(&self) -> &'static str;

    /// Whether it works, tried out now, bounded in time.
    ///
    /// # Errors
    /// Why it does not, in a few words without secrets.
    async fn check(&self) -> Result<(), String>;
}
