//! The workspace as the rule sees it: packages, their direct dependencies, their source text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One package of the workspace.
#[derive(Debug, Default)]
pub struct Package {
    pub name: String,
    /// Direct dependencies of what is shipped, optional ones and those of one platform included.
    pub normal: Vec<String>,
    /// Direct dependencies of its tests, examples and benchmarks.
    pub dev: Vec<String>,
    /// The text of `Cargo.toml`.
    pub manifest: String,
    pub sources: Vec<Source>,
}

/// A file under `src/`.
#[derive(Debug)]
pub struct Source {
    /// From the package's folder: `src/lib.rs`.
    pub path: String,
    pub text: String,
}

/// Reads this workspace. Only direct dependencies matter, so that neither the lock file nor the
/// network is needed.
pub fn read() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap();
    Package {
        name: text(&package["name"]),
        normal: dependencies(package, &Value::Null),
        dev: dependencies(package, &Value::from("dev")),
        manifest: fs::read_to_string(&manifest).unwrap(),
        sources: rust_files(&folder.join("src"))
            .into_iter()
            .map(|file| Source {
                path: file.strip_prefix(folder).unwrap().display().to_string(),
                text: fs::read_to_string(&file).unwrap(),
            })
            .collect(),
    }
}

/// `kind` is null for a normal dependency. The name is the package's own, whatever it is renamed
/// to.
fn dependencies(package: &Value, kind: &Value) -> Vec<String> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|found| found["kind"] == *kind).map(|found| text(&found["name"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
