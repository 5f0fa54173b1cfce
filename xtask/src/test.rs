//! `cargo xtask test`: every test, with real servers.

use crate::cargo;
use crate::missing;
use crate::servers;
use crate::steps::Steps;

/// Builds the tests, and runs them with servers. `arguments` go to `cargo test`, `flags` to every
/// cargo call.
pub(crate) fn run(steps: &mut Steps, arguments: &[&str], flags: &[&str]) -> Result<(), String> {
    missing::require(missing::for_servers()?)?;
    // First, so that servers do not wait for the compiler.
    steps.run("build", || build(arguments, flags))?;
    let test = [&["test"], flags, scope(arguments), arguments].concat();
    steps.run("tests", || servers::with(&test))
}

/// Builds the tests, and with them the binaries that they start.
pub(crate) fn build(arguments: &[&str], flags: &[&str]) -> Result<(), String> {
    cargo::run(&[&["test", "--no-run"], flags, scope(arguments), arguments].concat(), &[])
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

#[cfg(test)]
mod tests {
    use super::scope;

    #[test]
    fn named_packages_replace_the_workspace() {
        assert_eq!(scope(&[]), ["--workspace"]);
        assert_eq!(scope(&["settles", "--", "-p", "--nocapture"]), ["--workspace"]);
        for named in [&["-p", "xtask"][..], &["-pxtask"], &["--package=xtask"], &["--package"]] {
            assert!(scope(named).is_empty(), "{named:?}");
        }
    }
}
