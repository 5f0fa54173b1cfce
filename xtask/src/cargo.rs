//! Calls to cargo, from the workspace's root whatever folder we were called in.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The workspace's root: the folder above this package's.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where cargo builds, and where we keep what must not be committed.
pub(crate) fn target() -> PathBuf {
    match variable("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The cargo that runs us, which need not be the first on PATH.
pub(crate) fn program() -> String {
    variable("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// Runs cargo with these arguments and extra environment; its failure is the error.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let mut command = call(arguments);
    let status = command.envs(environment.iter().copied()).status();
    done(arguments, status.map_err(|error| format!("cargo: {error}"))?)
}

/// Goes on as cargo with these arguments; answers only why it can't.
pub(crate) fn become_it(arguments: &[&str]) -> String {
    format!("cargo: {}", call(arguments).exec())
}

/// What cargo with these arguments writes on its standard output.
pub(crate) fn output(arguments: &[&str]) -> Result<String, String> {
    let output = call(arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo: {error}"))?;
    done(arguments, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Calls cargo as a shell would. `cargo run` has set variables for us that tell of this package; build
/// scripts that look at one of them (ring's) run anew when it changes, and what depends on them is
/// built again.
#[allow(clippy::disallowed_methods, reason = "this is a command line; the rule is for the service")]
fn call(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(root());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
    command
}

fn done(arguments: &[&str], status: ExitStatus) -> Result<(), String> {
    if status.success() {
        return Ok(());
    }
    Err(format!("cargo {} failed ({status})", arguments.first().copied().unwrap_or_default()))
}

/// An environment variable; an empty one counts as unset.
#[allow(clippy::disallowed_methods, reason = "this is a command line; the rule is for the service")]
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
