//! `run`: a command with servers, for as long as it runs.

use std::env;
use std::process::{Command, ExitCode};
use std::thread;

use paygate_test_servers::{Postgres, RabbitMq, forget_package, run_errand};

use crate::missing;

const DATABASE: &str = "TEST_DATABASE_URL";
const RABBITMQ: &str = "TEST_RABBITMQ_URL";
/// Without it a test that finds no server skips itself; with it such a test fails.
const REQUIRED: &str = "TEST_SERVERS_REQUIRED";

/// Starts the servers that nobody named, and runs the command; its exit code is ours.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<ExitCode, String> {
    // They stop when this value goes: at the end of this function, whatever comes before.
    let servers = Servers::find_or_start()?;
    let mut command = Command::new(program);
    command.args(arguments).env(REQUIRED, "1");
    forget_package(&mut command);
    command.env(DATABASE, &servers.database_url).env(RABBITMQ, &servers.rabbitmq_url);
    let code = run_errand(&mut command)?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The packages that a run would miss.
pub(crate) fn missing() -> Vec<&'static str> {
    missing::packages(variable(DATABASE).is_none(), variable(RABBITMQ).is_none())
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
        let (database, rabbitmq) = (variable(DATABASE), variable(RABBITMQ));
        missing::nothing(database.is_none(), rabbitmq.is_none())?;
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
        eprintln!("{DATABASE}={}", without_password(&servers.database_url));
        eprintln!("{RABBITMQ}={}", without_password(&servers.rabbitmq_url));
        Ok(servers)
    }
}

/// An environment variable; an empty one counts as unset.
#[allow(clippy::disallowed_methods, reason = "this is a command line; the rule is for the service")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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
    use super::without_password;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://a:b:c@d@host/e"), "postgres://a:…@host/e");
        assert_eq!(without_password("postgres://a@host/e"), "postgres://a@host/e");
    }
}
