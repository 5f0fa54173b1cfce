//! What can be started.

use paygate_console::Command;

/// What a binary can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Everything in one process.
    Serve,
    /// The API alone.
    Api,
    /// A worker alone.
    Worker,
    /// The simulated acquirer as an HTTP server.
    Acquirer,
    /// Apply the migrations and end.
    Migrate,
    /// Print the effective configuration and end.
    Config,
    /// Answer an operator's command and end.
    Command(Command),
    /// Fill the store with a few wallets and a little history, and end.
    Demo {
        /// Also a store, or with a broker or an acquirer, where money may be real.
        force: bool,
    },
    /// Ask a running process for its readiness and end: the health check of containers.
    Health,
}
