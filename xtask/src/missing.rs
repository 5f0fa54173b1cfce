//! What this machine lacks, as the Debian packages that would bring it.

use crate::cargo;
use crate::servers;
use std::process::{Command, Stdio};

/// Fails with one line if one of these packages is missing.
pub(crate) fn require(missing: Vec<String>) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("missing: {}; `cargo xtask install` installs it", missing.join(", ")))
}

/// The packages of all that is missing.
pub(crate) fn all() -> Result<Vec<String>, String> {
    Ok([for_servers()?, for_tools()].concat())
}

/// The packages that are missing for servers.
pub(crate) fn for_servers() -> Result<Vec<String>, String> {
    Ok(cargo::output(&servers::call(&["missing"]))?.lines().map(str::to_owned).collect())
}

/// The Debian packages that are missing for the tools: Python with what makes a venv.
pub(crate) fn for_tools() -> Vec<String> {
    let works = |code: &str| {
        let mut python = Command::new("python3");
        python
            .args(["-c", code])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let packages = [("python3", ""), ("python3-venv", "import venv, ensurepip")];
    let missing = packages.into_iter().filter(|(_, code)| !works(code));
    missing.map(|(package, _)| package.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::require;

    #[test]
    fn what_is_missing_is_told_in_one_line_with_the_command_that_installs_it() {
        require(Vec::new()).unwrap();
        let told = require(vec!["postgresql".to_owned(), "npm".to_owned()]).unwrap_err();
        assert_eq!(told, "missing: postgresql, npm; `cargo xtask install` installs it");
    }
}
