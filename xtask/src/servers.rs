//! What needs servers is handed to `paygate-test-servers`. It is built when it is needed, so that this
//! command line needs nothing but itself.

use crate::cargo;

/// Runs cargo with these arguments, with PostgreSQL and RabbitMQ for as long as it runs.
pub(crate) fn with(arguments: &[&str]) -> Result<(), String> {
    let program = cargo::program();
    let call = call(&[&["run", "--", program.as_str()], arguments].concat());
    let what = arguments.first().copied().unwrap_or_default();
    cargo::run(&call, &[]).map_err(|_| format!("cargo {what} failed"))
}

/// `cargo xtask services <command>`, in the folder where they keep their data.
pub(crate) fn services(command: &str) -> Result<(), String> {
    let folder = cargo::target().join("services");
    let done = cargo::run(&call(&[command, &folder.display().to_string()]), &[]);
    done.map_err(|_| format!("services {command} failed"))
}

pub(crate) fn call<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--quiet", "--package", "paygate-test-servers", "--"], arguments].concat()
}
