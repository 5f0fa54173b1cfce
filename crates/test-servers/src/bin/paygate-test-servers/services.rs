//! `up`, `env` and `down`: PostgreSQL and RabbitMQ for work by hand. They run on when we leave, and
//! keep data and ports from one `up` to the next.
//!
//! Each server notes its ports and process ids in its own folder. The folder of both is the one that
//! was asked for, or, when PostgreSQL's user cannot go there, one in the system's temporary folder.
//! Its path is noted in the file `folder` of the one that was asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use paygate_test_servers::{Postgres, RabbitMq, services_folder};

use crate::missing;

/// The database that the printed address names.
const DATABASE: &str = "payments";

/// Starts what does not run yet and prints the addresses.
pub(crate) fn up(wanted: &Path) -> Result<(), String> {
    missing::nothing(true, true)?;
    let folder = folder(wanted)?;
    let (mut postgres, mut rabbitmq) = open(&folder)?;
    if postgres.is_running() && rabbitmq.is_running() {
        eprintln!("already up, data in {}", folder.display());
    } else {
        eprintln!("starting PostgreSQL and RabbitMQ, data in {}", folder.display());
    }
    let started = thread::scope(|scope| {
        let broker = scope.spawn(|| rabbitmq.start_again());
        let postgres = postgres.start_again().and_then(|()| postgres.create_database(DATABASE));
        (postgres, broker.join())
    });
    started.0?;
    started.1.map_err(|_| "starting RabbitMQ panicked")??;
    println!("{}", environment(&postgres, &rabbitmq));
    Ok(())
}

/// Prints the addresses for the shell to evaluate.
pub(crate) fn env(wanted: &Path) -> Result<(), String> {
    let (mut postgres, mut rabbitmq) = open(&existing_folder(wanted)?)?;
    if postgres.is_running() && rabbitmq.is_running() {
        println!("{}", environment(&postgres, &rabbitmq));
        return Ok(());
    }
    Err("the services are not up: cargo xtask services up".to_owned())
}

/// Stops what runs.
pub(crate) fn down(wanted: &Path) -> Result<(), String> {
    let Ok(folder) = existing_folder(wanted) else {
        eprintln!("already down");
        return Ok(());
    };
    let (mut postgres, mut rabbitmq) = open(&folder)?;
    let rabbitmq = rabbitmq.stop();
    postgres.stop().and(rabbitmq)?;
    eprintln!("down, data kept in {}", folder.display());
    Ok(())
}

fn open(folder: &Path) -> Result<(Postgres, RabbitMq), String> {
    Ok((Postgres::open(&folder.join("postgres"))?, RabbitMq::open(&folder.join("rabbitmq"))?))
}

/// In quotes: the addresses hold question marks and ampersands.
fn environment(postgres: &Postgres, rabbitmq: &RabbitMq) -> String {
    format!(
        "export DATABASE_URL='{}' RABBITMQ_URL='{}' RABBITMQ_MANAGEMENT_URL='{}'",
        postgres.url_of(DATABASE),
        rabbitmq.url(),
        rabbitmq.management_url()
    )
}

/// The folder of an earlier `up`, or the one for the first.
fn folder(wanted: &Path) -> Result<PathBuf, String> {
    if let Ok(folder) = existing_folder(wanted) {
        return Ok(folder);
    }
    let folder = services_folder(wanted)?;
    for folder in [wanted, &folder] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let note = wanted.join("folder");
    fs::write(&note, folder.display().to_string())
        .map_err(|error| format!("{}: {error}", note.display()))?;
    Ok(folder)
}

/// The folder that the file `folder` names, if it is still there.
fn existing_folder(wanted: &Path) -> Result<PathBuf, String> {
    let noted = fs::read_to_string(wanted.join("folder"));
    let folder = noted.map(PathBuf::from).ok().filter(|folder| folder.is_dir());
    folder.ok_or_else(|| "the services were never up: cargo xtask services up".to_owned())
}
