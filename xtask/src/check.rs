//! `cargo xtask check`: what CI runs. The cheap steps come first, and the first failure ends it.

use crate::cargo;
use crate::missing;
use crate::openapi;
use crate::steps::Steps;
use crate::test;

/// A lock file that does not fit the manifests is a failure, not something to mend in silence.
const LOCKED: &str = "--locked";

/// Format, lints, the rules of the house, documentation, tests, the OpenAPI document.
pub(crate) fn run(steps: &mut Steps) -> Result<(), String> {
    // Better known now than in half an hour.
    missing::require(missing::all()?)?;
    steps.run("format", || cargo::run(&["fmt", "--all", "--check"], &[]))?;
    let lints = ["clippy", "--workspace", "--all-targets", LOCKED, "--", "-D", "warnings"];
    steps.run("lints", || cargo::run(&lints, &[]))?;
    let rule = ["test", "-p", "xtask", "--test", "it", LOCKED];
    steps.run("house rules", || cargo::run(&rule, &[]))?;
    let docs = ["doc", "--workspace", "--no-deps", LOCKED];
    steps.run("documentation", || cargo::run(&docs, &[("RUSTDOCFLAGS", "-D warnings")]))?;
    test::run(steps, &[], &[LOCKED])?;
    openapi::run(steps)
}
