//! `cargo xtask bench`: hands over to `paygate-bench`, which builds what it measures.

use crate::cargo;
use crate::install;
use crate::servers;

/// In place of this process, so that whoever ends one ends the other. Optimised, since it shares the
/// machine with what it measures.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    install::require(servers::missing()?)?;
    let bench = ["run", "--quiet", "--release", "--package", "paygate-bench", "--"];
    Err(cargo::become_it(&[&bench[..], arguments].concat()))
}
