//! What is not installed, by the names of Debian's packages. Nothing is installed here.

use paygate_test_servers::{Postgres, RabbitMq};

/// The packages of what is needed and not there.
pub(crate) fn packages(needs_postgres: bool, needs_rabbitmq: bool) -> Vec<&'static str> {
    let postgres = (needs_postgres && !Postgres::is_installed()).then_some("postgresql");
    let rabbitmq = (needs_rabbitmq && !RabbitMq::is_installed()).then_some("rabbitmq-server");
    postgres.into_iter().chain(rabbitmq).collect()
}

/// Fails with one line if something needed is not there.
pub(crate) fn nothing(needs_postgres: bool, needs_rabbitmq: bool) -> Result<(), String> {
    let missing = packages(needs_postgres, needs_rabbitmq);
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("missing: {}; `cargo xtask install` installs it", missing.join(" and ")))
}
