//! Private servers, started, stopped and killed for real. Skipped unless the run is meant to have
//! servers (`cargo xtask test` says so with `TEST_SERVERS_REQUIRED=1`).

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use paygate_test_servers::{Postgres, RabbitMq};

use crate::queue::Queue;
use crate::wait::eventually;

/// Tells the child of [`servers_go_with_a_killed_owner`] that it is the owner to be killed.
const IS_OWNER: &str = "PAYGATE_TEST_IS_OWNER";

fn are_wanted() -> bool {
    let wanted = is_set("TEST_SERVERS_REQUIRED");
    if !wanted {
        eprintln!("skipped: needs servers, run it by `cargo xtask test`");
    }
    wanted
}

#[allow(clippy::disallowed_methods, reason = "how `cargo xtask test` talks to tests")]
fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[test]
fn postgres_keeps_data_and_port_over_stop_and_kill() {
    if !are_wanted() {
        return;
    }
    let mut server = Postgres::start_with(&[("fsync", "off")]).unwrap();
    let (port, folder) = (server.port(), server.folder().to_path_buf());
    assert_eq!(server.query("SHOW fsync").unwrap(), ["off"]);
    assert_eq!(server.query("SHOW listen_addresses").unwrap(), ["127.0.0.1"]);
    server.query("CREATE TABLE kept (id int)").unwrap();
    server.create_database("payments").unwrap();
    server.create_database("payments").unwrap();

    server.query("INSERT INTO kept VALUES (1)").unwrap();
    server.stop().unwrap();
    assert!(!server.is_running() && refuses(port));
    server.start_again().unwrap();
    server.query("INSERT INTO kept VALUES (2)").unwrap();
    server.kill().unwrap();
    assert!(!server.is_running() && refuses(port));
    server.start_again().unwrap();

    assert_eq!(server.port(), port);
    assert_eq!(server.query("SELECT id FROM kept ORDER BY id").unwrap(), ["1", "2"]);
    drop(server);
    assert!(refuses(port) && !folder.exists());
}

#[test]
fn postgres_shows_its_own_words_when_it_does_not_start() {
    if !are_wanted() {
        return;
    }
    let error = Postgres::start_with(&[("no_such_setting", "1")]).unwrap_err();
    assert!(error.contains("no_such_setting"), "{error}");
}

#[tokio::test]
async fn rabbitmq_keeps_messages_and_ports_over_stop_and_kill() {
    if !are_wanted() {
        return;
    }
    let mut broker = RabbitMq::start().unwrap();
    let (port, folder) = (broker.port(), broker.folder().to_path_buf());

    Queue::of(&broker).await.publish("first").await;
    broker.stop().unwrap();
    assert!(!broker.is_running() && refuses(port));
    broker.start_again().unwrap();
    Queue::of(&broker).await.publish("second").await;
    broker.kill().unwrap();
    assert!(!broker.is_running() && refuses(port));
    broker.start_again().unwrap();

    assert_eq!(broker.port(), port);
    assert_eq!(Queue::of(&broker).await.take_all().await, ["first", "second"]);
    drop(broker);
    assert!(refuses(port) && !folder.exists());
}

/// Starts this test binary once more as the owner of both servers, and kills it with SIGKILL.
#[test]
fn servers_go_with_a_killed_owner() {
    if !are_wanted() {
        return;
    }
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "servers::owner_to_be_killed", "--nocapture"])
        .env(IS_OWNER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(owner.stdout.take().unwrap());
    let owned: Vec<(u16, String)> = output
        .lines()
        .filter_map(|line| {
            let line = line.unwrap();
            let (port, folder) = line.strip_prefix("owns ")?.split_once(' ')?;
            Some((port.parse().unwrap(), folder.to_owned()))
        })
        .take(2)
        .collect();
    assert_eq!(owned.len(), 2);
    assert!(owned.iter().all(|(port, folder)| !refuses(*port) && Path::new(folder).exists()));

    owner.kill().unwrap();
    owner.wait().unwrap();

    for (port, folder) in owned {
        let gone = eventually(|| refuses(port) && !Path::new(&folder).exists());
        assert!(gone, "port {port} or {folder} is still there");
    }
}

/// Not a test of its own: the process that [`servers_go_with_a_killed_owner`] kills.
#[test]
fn owner_to_be_killed() {
    if !is_set(IS_OWNER) {
        return;
    }
    let broker = thread::spawn(|| RabbitMq::start().unwrap());
    let server = Postgres::start_with(&[("fsync", "off")]).unwrap();
    let broker = broker.join().unwrap();
    println!("\nowns {} {}", server.port(), server.folder().display());
    println!("owns {} {}", broker.port(), broker.folder().display());
    // Until it is killed; the end of this sleep would fail the outer test.
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn an_opened_folder_finds_its_servers_again() {
    if !are_wanted() {
        return;
    }
    // A private server's folder stands for one that stays: it is opened while the server runs,
    // and it goes at the end.
    let owner = Postgres::start_with(&[("fsync", "off")]).unwrap();
    let mut found = Postgres::open(owner.folder()).unwrap();
    assert!(found.is_running());
    assert_eq!(found.url(), owner.url());

    found.stop().unwrap();
    assert!(refuses(owner.port()));

    let mut found = Postgres::open(owner.folder()).unwrap();
    assert!(!found.is_running());
    // Somebody else has the port by now: better another port than no server.
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, owner.port())).unwrap();
    found.start_again().unwrap();
    assert_ne!(found.port(), owner.port());
    found.query("SELECT 1").unwrap();
    found.stop().unwrap();
    drop(taken);
}

fn refuses(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err()
}
