//! What is measured: the binaries as they are shipped, of profile `dist`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use paygate_test_servers::forget_package;

/// Builds them, alone, so that they have the features that they are shipped with.
pub(crate) fn build() -> Result<(), String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--profile", "dist", "--package", "paygate"]).current_dir(package);
    forget_package(&mut cargo);
    let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo build failed ({status})")) }
}

/// Where one of them is: beside the profile that this program was built with.
pub(crate) fn path(name: &str) -> Result<PathBuf, String> {
    let own = env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let target =
        own.parent().and_then(Path::parent).ok_or("this program is in no target folder")?;
    Ok(target.join("dist").join(name))
}
