//! `cargo xtask install`: the Debian packages of what tests and checks need and this machine lacks.
//! Nothing else installs any: who misses something names it, and this command.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::missing;

/// Debian asks this program before it starts a service; 101 means "do not".
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing, as root, and lets none of it start a service.
pub(crate) fn run() -> Result<(), String> {
    let missing = missing::all()?;
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    if !is_root() || !has_apt_get() {
        let packages = missing.join(" ");
        return Err(format!("as root on Debian or Ubuntu: apt-get install {packages}"));
    }
    println!("installing {}, which may take some minutes", missing.join(", "));
    let _policy = Policy::forbid_services(Path::new(POLICY))?;
    call(Command::new("apt-get").arg("update"))?;
    call(
        Command::new("apt-get")
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    missing::require(missing::all()?)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[allow(clippy::disallowed_methods, reason = "PATH is how programs are found")]
fn has_apt_get() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join("apt-get").is_file())
}

/// Runs quietly; the output matters only when it fails.
fn call(command: &mut Command) -> Result<(), String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("apt-get: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("apt-get failed ({}): {}", output.status, text.trim()))
}

/// Forbids services to start as long as it lives. A policy that the system has already stays.
struct Policy(Option<PathBuf>);

impl Policy {
    fn forbid_services(file: &Path) -> Result<Self, String> {
        let failed = |error| format!("{}: {error}", file.display());
        if file.exists() {
            return Ok(Self(None));
        }
        let mut options = fs::OpenOptions::new();
        let mut script =
            options.write(true).create_new(true).mode(0o755).open(file).map_err(failed)?;
        let policy = Self(Some(file.to_path_buf()));
        script.write_all(b"#!/bin/sh\nexit 101\n").map_err(failed)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;
    use std::process::Command;
    use std::{env, fs, process};

    #[test]
    fn the_policy_answers_101_and_goes_when_it_was_ours() {
        let file = env::temp_dir().join(format!("paygate-policy-{}", process::id()));
        let policy = Policy::forbid_services(&file).unwrap();
        let answer = Command::new(&file).arg("postgresql").arg("start").status().unwrap();
        assert_eq!(answer.code(), Some(101));
        drop(policy);
        assert!(!file.exists());
    }

    #[test]
    fn a_policy_that_was_there_stays() {
        let file = env::temp_dir().join(format!("paygate-policy-kept-{}", process::id()));
        fs::write(&file, "theirs").unwrap();
        drop(Policy::forbid_services(&file).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        fs::remove_file(&file).unwrap();
    }
}
