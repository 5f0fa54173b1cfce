//! Rebuilds the crate when a migration is added: they are embedded in it.
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=../../../migrations/postgres");
}
