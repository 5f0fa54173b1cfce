//! `paygate demo`

use super::terminal::{Terminal, assert_aligned, column, items, table};
use crate::database::Database;
use crate::process::{Process, Program};
use crate::stack::Servers;
use crate::wait::{PATIENCE, until};
use paygate_testkit::store::check_ledger;

#[tokio::test]
async fn the_demo_fills_the_store_once() {
    let terminal = Terminal::new(&[]);
    let first = terminal.shown(&["demo"]).await;
    assert!(first.starts_with("New: 6 wallets and 10 payments.\n"), "{first}");
    let history = table(&first, "KEY");
    assert_aligned(&history, &["KEY", "KIND", "STATUS", "DEBIT", "BETWEEN"], &["DEBIT"]);
    for (key, parts) in [
        ("demo-1 ", ["SUCCESS", "70000 JPY", "429.33 EUR"]),
        ("demo-2 ", ["FAILED (insufficient-funds)", "60000 JPY", "ACC006 → ACC005"]),
        ("demo-3 ", ["charge", "SUCCESS", "100.50 USD"]),
        ("demo-4 ", ["SUCCESS", "250000.00 IDR", "ACC001 → ACC002"]),
        ("demo-5 ", ["SUCCESS", "100.00 USD", "134.00 SGD"]),
        ("demo-6 ", ["SUCCESS", "61.34 EUR", "10000 JPY"]),
        ("demo-7 ", ["SUCCESS", "155000.00 IDR", "ACC001 → ACC002"]),
        ("demo-8 ", ["SUCCESS", "120.00 USD", "1860000.00 IDR"]),
        ("demo-9 ", ["VOIDED", "50.00 SGD", "ACC004 → ACC002"]),
        ("demo-10 ", ["refund", "SUCCESS", "100000.00 IDR"]),
    ] {
        let row = history.iter().find(|row| row.starts_with(key)).unwrap();
        assert!(parts.iter().all(|part| row.contains(part)), "{row}");
    }
    let payments = terminal.json(&["payments", "--json"]).await;

    let second = terminal.shown(&["demo"]).await;
    assert!(second.starts_with("Nothing has changed: "), "{second}");
    let rest = |shown: &str| shown.split_once('\n').unwrap().1.to_owned();
    assert_eq!(rest(&first), rest(&second));
    assert_eq!(terminal.json(&["payments", "--json"]).await, payments);
    assert!(rest(&second).contains("paygate statement ACC001"), "what to try next");
    let store = terminal.store();
    check_ledger(&store, &store, &store).await;
}

#[tokio::test]
async fn a_demo_that_was_killed_midway_goes_on() {
    let mut terminal = Terminal::new(&[
        ("ACQUIRER_TIMEOUT", "1s"),
        ("ACQUIRER_LATENCY_MS", "60000"),
        ("CLAIM_LEASE", "3s"),
        ("SWEEP_AFTER", "500ms"),
        ("SWEEP_INTERVAL", "100ms"),
    ]);
    assert_eq!(terminal.run(&["migrate"]).await.code, Some(0));
    let path = terminal.folder.path();
    let demo = Process::start(Program::Paygate, &["demo"], &terminal.environment, path);
    until("the provider is asked", PATIENCE, async || {
        let charges = terminal.json(&["payments", "--json", "--status", "PROCESSING"]).await;
        (column(&charges, "reference") == ["DEMO-3"]).then_some(())
    })
    .await;
    demo.kill();
    assert_eq!(items(&terminal.json(&["payments", "--json"]).await).len(), 6 + 3);

    terminal.environment.remove("ACQUIRER_LATENCY_MS");
    let again = terminal.shown(&["demo"]).await;
    assert!(again.starts_with("New: 0 wallets and 7 payments.\n"), "{again}");
    let first = Terminal::with_demo().await.shown(&["demo"]).await;
    let history = |shown: &str| table(shown, "KEY").join("\n").replace(char::is_numeric, "");
    assert_eq!(history(&again), history(&first));
    assert!(terminal.shown(&["prove"]).await.ends_with("\nthe ledger holds\n"));
}

#[tokio::test]
async fn a_demo_does_not_get_in_the_way_of_the_process_that_has_the_acquirer() {
    let terminal = Terminal::new(&[]);
    let (paygate, client) = terminal.open().await;
    let ended = terminal.run(&["demo"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(matches!(lines[..], [line] if line.contains("in use")), "{ended:?}");
    let accounts = client.get("/api/v1/accounts?alias=ACC001").await;
    assert_eq!(items(&accounts.json()).len(), 0, "nothing was begun");
    paygate.terminate(PATIENCE).await;
    terminal.shown(&["demo"]).await;
}

#[tokio::test]
async fn logs_stay_out_of_what_is_printed() {
    let terminal = Terminal::new(&[("RUST_LOG", "info")]);
    let demo = terminal.run(&["demo"]).await;
    assert!(demo.code == Some(0) && demo.stderr.contains("the worker takes hints"), "{demo:?}");
    assert!(!demo.stdout.contains("the worker"), "{demo:?}");
}

#[tokio::test]
async fn on_postgresql_and_rabbitmq_they_are_the_same() {
    let Some(servers) = Servers::shared() else { return };
    let database = Database::create(&servers.postgres).await;
    let prefix = format!("e2e-{}.", paygate_testkit::build::payment_id());
    let mut terminal = Terminal::new(&[("RABBITMQ_PREFIX", &prefix)]);
    terminal.environment.insert("DATABASE_URL", database.url());
    terminal.environment.insert("RABBITMQ_URL", servers.rabbitmq.clone());
    let unasked = terminal.run(&["demo"]).await;
    assert_eq!((unasked.code, unasked.stdout.as_str()), (Some(1), ""), "{unasked:?}");
    assert!(unasked.stderr.contains("--force"), "{unasked:?}");
    let first = terminal.shown(&["demo", "--force"]).await;
    assert!(first.starts_with("New: 6 wallets and 10 payments.\n"), "{first}");
    assert!(terminal.shown(&["demo", "--force"]).await.starts_with("Nothing has changed: "));
    let embedded = Terminal::with_demo().await;
    let of_both = async |arguments: &[&str], field| {
        let lists = [&terminal, &embedded].map(async |it| column(&it.json(arguments).await, field));
        let [ours, theirs] = lists;
        assert_eq!(ours.await, theirs.await, "{arguments:?}");
    };
    of_both(&["payments", "--json"], "status").await;
    of_both(&["accounts", "--json"], "role").await;
    of_both(&["statement", "ACC001", "--json"], "description").await;
    let proof = terminal.shown(&["prove"]).await;
    assert!(proof.ends_with("\nthe ledger holds\n"), "{proof}");
    let broken = "UPDATE accounts SET posted_minor = posted_minor + 1 WHERE alias = 'ACC001'";
    assert_eq!(database.execute(broken).await, 1);
    let proof = terminal.run(&["prove"]).await;
    assert_eq!(proof.code, Some(1), "{proof:?}");
    assert_eq!(proof.stderr, "paygate: the ledger does not hold: 2 violations\n");
}
