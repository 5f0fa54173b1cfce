//! Whether the database answers.

use crate::error::PgError;
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel_async::SimpleAsyncConnection;
use paygate_ports::HealthCheck;
use std::time::Duration;

/// How long a health check may take.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

#[async_trait]
impl HealthCheck for PostgresStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), String> {
        let asking = async {
            let mut connection = self.pool.get().await?;
            connection.batch_execute("SELECT 1").await.map_err(PgError::from)
        };
        match tokio::time::timeout(HEALTH_TIMEOUT, asking).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.pool.learn(error).to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}
