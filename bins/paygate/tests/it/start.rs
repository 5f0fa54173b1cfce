//! What stops a start, and what an operator is told.

use crate::database::Database;
use crate::process::{Folder, Program, environment, run};
use crate::stack::Servers;

/// A start with these variables must fail with one line on standard error that holds `expected`,
/// and nothing else printed.
async fn check(
    program: Program,
    arguments: &[&str],
    variables: &[(&'static str, &str)],
    expected: &str,
) {
    let folder = Folder::new();
    let ended = run(program, arguments, &environment(variables), folder.path()).await;
    let case = format!("{program:?} {arguments:?} with {variables:?}: {ended:?}");
    assert_eq!(ended.code, Some(1), "{case}");
    assert_eq!(ended.stdout, "", "{case}");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(matches!(lines.as_slice(), [line] if line.contains(expected)), "{case}");
    // The value may be secret.
    assert!(!ended.stderr.contains("hunter2"), "{case}");
}

const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
const RABBITMQ: (&str, &str) = ("RABBITMQ_URL", "amqp://127.0.0.1:1/%2f");
const ACQUIRER: (&str, &str) = ("ACQUIRER_URL", "http://127.0.0.1:1");

#[tokio::test]
async fn a_variable_that_is_unknown_or_unreadable_stops_the_start_and_is_named() {
    use Program::{Api, Paygate, Worker};
    check(Paygate, &[], &[("PAYGATE_API_TOKE", "hunter2")], "PAYGATE_API_TOKE ").await;
    check(Paygate, &["migrate"], &[("PAYGATE_X", "1")], "PAYGATE_X ").await;
    check(Paygate, &["acquirer"], &[("PAYGATE_X", "1")], "PAYGATE_X ").await;
    check(Paygate, &["config"], &[("PAYGATE_X", "1")], "PAYGATE_X ").await;
    check(Paygate, &[], &[("PORT", "hunter2")], "PORT: ").await;
    check(Paygate, &[], &[("PORT", "65536")], "PORT: ").await;
    check(Paygate, &[], &[("LOG_FORMAT", "hunter2")], "LOG_FORMAT: ").await;
    check(Paygate, &[], &[("CURRENCIES", "USD,XXXX")], "CURRENCIES: ").await;
    check(Paygate, &[], &[("CLAIM_LEASE", "5s")], "CLAIM_LEASE: ").await;
    check(Paygate, &[], &[("HOUSE_MERCHANT", "The House")], "HOUSE_MERCHANT: ").await;
    check(Paygate, &[], &[("MAX_AMOUNT_MINOR", "0")], "MAX_AMOUNT_MINOR: ").await;
    check(Paygate, &[], &[("DATABASE_URL", "mysql://me:hunter2@db/p")], "DATABASE_URL: ").await;
    check(Paygate, &[], &[("RABBITMQ_URL", "http://me:hunter2@mq")], "RABBITMQ_URL: ").await;
    check(Api, &[], &[("PAYGATE_X", "1"), POSTGRES, RABBITMQ], "PAYGATE_X ").await;
    check(Worker, &[], &[("PAYGATE_X", "1"), POSTGRES, RABBITMQ], "PAYGATE_X ").await;
}

#[tokio::test]
async fn an_api_or_a_worker_alone_names_the_server_that_it_lacks() {
    let sqlite = ("DATABASE_URL", "sqlite://paygate.db");
    let bad = ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing?sslmode=prefer");
    for program in [Program::Api, Program::Worker] {
        check(program, &[], &[], "DATABASE_URL: ").await;
        check(program, &[], &[RABBITMQ, ACQUIRER], "DATABASE_URL: ").await;
        check(program, &[], &[sqlite, RABBITMQ, ACQUIRER], "DATABASE_URL: ").await;
        check(program, &[], &[POSTGRES, ACQUIRER], "RABBITMQ_URL: ").await;
        check(program, &[], &[bad, RABBITMQ, ACQUIRER], "sslmode=prefer").await;
    }
    // A simulated acquirer per worker would not know what the others took.
    check(Program::Worker, &[], &[POSTGRES, RABBITMQ], "ACQUIRER_URL: ").await;
}

#[tokio::test]
async fn a_schema_that_is_missing_or_unknown_stops_the_start_and_says_what_to_run() {
    let Some(servers) = Servers::shared() else { return };
    let database = Database::create(&servers.postgres).await;
    let url = database.url();
    let rabbitmq = ("RABBITMQ_URL", servers.rabbitmq.as_str());
    let variables = [("DATABASE_URL", url.as_str()), rabbitmq, ACQUIRER];
    for program in [Program::Api, Program::Worker] {
        check(program, &[], &variables, "paygate migrate").await;
    }
    let folder = Folder::new();
    let migrate =
        async || run(Program::Paygate, &["migrate"], &environment(&variables), folder.path()).await;
    // The second time there is nothing to do, which is no error.
    for _ in 0..2 {
        let migrated = migrate().await;
        assert_eq!(migrated.code, Some(0), "{migrated:?}");
    }
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    assert_eq!(database.execute(newer).await, 1);
    for program in [Program::Api, Program::Worker] {
        check(program, &[], &variables, "9999").await;
    }
    assert_eq!(migrate().await.code, Some(1), "an old program migrated a newer schema");
}

#[tokio::test]
async fn without_a_token_it_listens_on_loopback_only() {
    let beyond = &[("HOST", "0.0.0.0"), ("PORT", "0"), ("RUST_LOG", "error")];
    check(Program::Paygate, &[], beyond, "PAYGATE_API_TOKEN").await;
}

#[tokio::test]
async fn what_says_who_may_is_read_before_anything_starts() {
    for (name, value) in [
        ("AUTH", "maybe"),
        ("RATE_LIMIT_PUBLIC", "-1"),
        ("RATE_LIMIT_AUTHENTICATED", "many"),
        ("TRUSTED_PROXIES", "localhost"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://shop.example/"),
        ("PAYGATE_API_TOKEN", "pgk_1"),
    ] {
        check(Program::Paygate, &[], &[(name, value), ("PORT", "0")], name).await;
    }
}

#[tokio::test]
async fn the_effective_configuration_is_shown_without_its_secrets() {
    let folder = Folder::new();
    let environment = environment(&[
        ("PAYGATE_API_TOKEN", "hunter2"),
        ("DATABASE_URL", "postgres://me:hunter2@db:5432/p?sslmode=require"),
        ("RABBITMQ_URL", "amqp://me:hunter2@mq/%2f"),
        ("WORKER_BATCH", "77"),
    ]);
    let shown = run(Program::Paygate, &["config"], &environment, folder.path()).await;
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    let value = |name: &str| {
        let mut lines = shown.stdout.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(shown, _)| *shown == name).map(|(_, value)| value.trim().to_owned())
    };
    for (name, expected) in [
        ("PAYGATE_API_TOKEN", "***"),
        ("DATABASE_URL", "postgres://me:***@db:5432/p?sslmode=require"),
        ("RABBITMQ_URL", "amqp://me:***@mq/%2f"),
        ("WORKER_BATCH", "77"),
        ("PORT", "8080"),
        ("ACQUIRER_URL", "-"),
    ] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
    assert!(!shown.stdout.contains("hunter2"), "{}", shown.stdout);
}
