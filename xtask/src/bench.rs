//! `cargo xtask bench`: hands over to `paygate-bench`, which builds what it measures.

use crate::cargo;
use crate::missing;

/// In place of this process, so that whoever ends one ends the other. Optimised, since it shares the
/// machine with what it measures.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    missing::require(missing::for_servers()?)?;
    let bench = ["run", "--quiet", "--release", "--package", "paygate-bench", "--", "run"];
    Err(cargo::become_it(&[&bench[..], arguments].concat()))
}
