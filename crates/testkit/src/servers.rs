//! Where the test servers are. `cargo xtask test` starts them and says so in the environment; plain
//! `cargo test` has none, and the tests that need one say that they were skipped.
#![allow(clippy::disallowed_methods, reason = "tests are told by the environment")]

/// The administrative URL of a PostgreSQL server on which tests create databases of their own.
#[must_use]
pub fn postgres_url() -> Option<String> {
    server("TEST_DATABASE_URL")
}

/// The URL of a RabbitMQ server on which tests use prefixes of their own.
#[must_use]
pub fn rabbitmq_url() -> Option<String> {
    server("TEST_RABBITMQ_URL")
}

/// # Panics
/// When the server is missing and `TEST_SERVERS_REQUIRED` says that it must not be.
fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let required = std::env::var("TEST_SERVERS_REQUIRED").is_ok();
        assert!(!required, "{variable} is not set, and TEST_SERVERS_REQUIRED is");
        println!("skipped: {variable} is not set (cargo xtask test sets it)");
    }
    url
}
