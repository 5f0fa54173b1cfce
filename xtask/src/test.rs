//! `cargo xtask test`: every test, with real servers.

use std::thread;

use paygate_test_servers::{Postgres, RabbitMq, ensure_installed};

use crate::cargo;
use crate::steps::Steps;

const DATABASE: &str = "TEST_DATABASE_URL";
const RABBITMQ: &str = "TEST_RABBITMQ_URL";
/// Without it a test that finds no server skips itself; with it such a test fails.
const REQUIRED: &str = "TEST_SERVERS_REQUIRED";

/// Builds the tests, starts the servers that nobody named, runs the tests. `arguments` go to
/// `cargo test`, `flags` to every cargo call.
pub(crate) fn run(steps: &mut Steps, arguments: &[&str], flags: &[&str]) -> Result<(), String> {
    let test = [&["test"], flags, scope(arguments)].concat();
    // First, so that servers do not wait for the compiler.
    let build = [&test[..], &["--no-run"], arguments].concat();
    steps.run("build", || cargo::run(&build, &[]))?;
    // They stop when this value goes: at the end of this function, whatever comes before.
    let servers = steps.run("servers", Servers::find_or_start)?;
    let environment = [
        (DATABASE, servers.database_url.as_str()),
        (RABBITMQ, servers.rabbitmq_url.as_str()),
        (REQUIRED, "1"),
    ];
    let test = [&test[..], arguments].concat();
    steps.run("tests", || cargo::run(&test, &environment))
}

/// The whole workspace, unless the arguments name packages: cargo would then ignore the names.
fn scope(arguments: &[&str]) -> &'static [&'static str] {
    let cargos = arguments.iter().take_while(|argument| **argument != "--");
    let mut cargos = cargos.copied();
    let names_packages = cargos.any(|argument| {
        argument == "--package" || argument.starts_with("--package=") || argument.starts_with("-p")
    });
    if names_packages { &[] } else { &["--workspace"] }
}

/// The servers of one run; private ones stop when this is dropped.
struct Servers {
    database_url: String,
    rabbitmq_url: String,
    _postgres: Option<Postgres>,
    _rabbitmq: Option<RabbitMq>,
}

impl Servers {
    fn find_or_start() -> Result<Self, String> {
        let (database, rabbitmq) = (cargo::variable(DATABASE), cargo::variable(RABBITMQ));
        if database.is_none() || rabbitmq.is_none() {
            ensure_installed()?;
        }
        // Side by side: RabbitMQ takes some seconds.
        let (postgres, broker) = thread::scope(|scope| {
            let broker = rabbitmq.is_none().then(|| scope.spawn(RabbitMq::start));
            // Tests kill processes, never the power.
            let postgres =
                database.is_none().then(|| Postgres::start_with(&[("fsync", "off")])).transpose();
            let broker = broker.map(|broker| broker.join()).transpose();
            (postgres, broker)
        });
        let postgres = postgres?;
        let broker = broker.map_err(|_| "starting RabbitMQ panicked")?.transpose()?;
        let servers = Self {
            database_url: database.or(postgres.as_ref().map(Postgres::url)).unwrap_or_default(),
            rabbitmq_url: rabbitmq.or(broker.as_ref().map(RabbitMq::url)).unwrap_or_default(),
            _postgres: postgres,
            _rabbitmq: broker,
        };
        println!("{DATABASE}={}", without_password(&servers.database_url));
        println!("{RABBITMQ}={}", without_password(&servers.rabbitmq_url));
        Ok(servers)
    }
}

/// An address fit for a build log.
fn without_password(url: &str) -> String {
    let hidden = || {
        let (scheme, rest) = url.split_once("://")?;
        let (user, host) = rest.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:…@{host}"))
    };
    hidden().unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{scope, without_password};

    #[test]
    fn named_packages_replace_the_workspace() {
        assert_eq!(scope(&[]), ["--workspace"]);
        assert_eq!(scope(&["settles", "--", "-p", "--nocapture"]), ["--workspace"]);
        for named in [&["-p", "xtask"][..], &["-pxtask"], &["--package=xtask"], &["--package"]] {
            assert!(scope(named).is_empty(), "{named:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://a:b:c@d@host/e"), "postgres://a:…@host/e");
        assert_eq!(without_password("postgres://a@host/e"), "postgres://a@host/e");
    }
}
