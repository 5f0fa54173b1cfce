//! Whether the database answers.

use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use paygate_ports::HealthCheck;
use std::time::Duration;

/// Longer than any read of one row takes that is worth calling it that.
const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl HealthCheck for SqliteStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), String> {
        let read = self.read(|connection| {
            statement("SELECT id FROM payments LIMIT 1").run(connection).map(drop)
        });
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}
