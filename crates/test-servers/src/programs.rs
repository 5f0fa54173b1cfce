//! Where the servers' programs are: on `PATH`, else where Debian puts what it keeps off `PATH`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What of PostgreSQL is used, all of one installation.
const OF_POSTGRES: [&str; 4] = ["postgres", "initdb", "pg_isready", "psql"];

/// The folder that holds PostgreSQL's programs.
pub(crate) fn postgres_folder() -> Result<PathBuf, String> {
    on_path("postgres")
        .into_iter()
        .filter_map(|program| program.parent().map(Path::to_path_buf))
        .chain(newest_first("/usr/lib/postgresql", "", "bin"))
        .find(|folder| OF_POSTGRES.iter().all(|program| folder.join(program).is_file()))
        .ok_or_else(|| format!("PostgreSQL is not installed ({})", OF_POSTGRES.join(", ")))
}

/// RabbitMQ's own start script. Debian's wrapper of the same name insists on root and changes the
/// user, so it does not count.
pub(crate) fn rabbitmq_server() -> Result<PathBuf, String> {
    let debian = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
    std::iter::once(debian)
        .chain(
            newest_first("/usr/lib/rabbitmq/lib", "rabbitmq_server-", "sbin")
                .into_iter()
                .map(|folder| folder.join("rabbitmq-server")),
        )
        .chain(on_path("rabbitmq-server"))
        .find(|program| program.is_file() && !program.ends_with("rabbitmq-script-wrapper"))
        .ok_or_else(|| "RabbitMQ is not installed (no `rabbitmq-server`)".to_owned())
}

/// Erlang's port mapper, which RabbitMQ cannot start without.
pub(crate) fn epmd() -> Result<PathBuf, String> {
    on_path("epmd")
        .into_iter()
        .chain([PathBuf::from("/usr/lib/erlang/bin/epmd")])
        .find(|program| program.is_file())
        .ok_or_else(|| "Erlang's `epmd` is not installed".to_owned())
}

/// Every `name` on `PATH`, in order, with links resolved: only the real folder of a program holds
/// its siblings.
pub(crate) fn on_path(name: &str) -> Vec<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "PATH is how programs are found")]
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter_map(|folder| fs::canonicalize(folder.join(name)).ok()).collect()
}

/// `parent/<prefix><version>/<child>` for every version there, the newest first.
fn newest_first(parent: &str, prefix: &str, child: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?;
            Some((version_numbers(version), entry.path().join(child)))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// `3.10.8` as `[3, 10, 8]`, so that 3.10 sorts after 3.9.
fn version_numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::version_numbers;

    #[test]
    fn versions_sort_as_numbers() {
        assert!(version_numbers("3.10.8") > version_numbers("3.9.29"));
        assert!(version_numbers("15") > version_numbers("9.6"));
    }
}
