//! What is measured: the binaries as they are shipped, or, to try a change, as they are built in less
//! time.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use paygate_test_servers::forget_package;
use serde::{Deserialize, Serialize};

/// How they are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// As they are shipped.
    Dist,
    /// Optimised, but not across crates.
    Release,
}

impl Profile {
    /// Its name to cargo, and that of its folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dist => "dist",
            Self::Release => "release",
        }
    }

    /// Builds them, alone, so that they have the features that they are shipped with.
    pub(crate) fn build(self) -> Result<(), String> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--profile", self.name(), "--package", "paygate"]);
        cargo.current_dir(package);
        forget_package(&mut cargo);
        let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("cargo build failed ({status})")) }
    }

    /// Where one of them is: beside the profile that this program was built with.
    pub(crate) fn path(self, name: &str) -> Result<PathBuf, String> {
        let own = env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
        let target = own.parent().and_then(Path::parent);
        Ok(target.ok_or("this program is in no target folder")?.join(self.name()).join(name))
    }
}
