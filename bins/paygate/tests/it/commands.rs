//! The operator's commands, as a person in a terminal sees them.

mod demo;
mod terminal;

use crate::client::Answer;
use crate::load::Load;
use crate::process::Program;
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use terminal::{Terminal, assert_aligned, column, items, table};

#[tokio::test]
async fn tables_are_aligned() {
    let terminal = Terminal::with_demo().await;
    let accounts = terminal.shown(&["accounts", "--currency", "IDR"]).await;
    let accounts = table(&accounts, "NUMBER");
    let titles =
        ["NUMBER", "ALIAS", "NAME", "ROLE", "CURRENCY", "POSTED", "HELD", "AVAILABLE", "STATUS"];
    assert_aligned(&accounts, &titles, &["POSTED", "HELD", "AVAILABLE"]);
    assert_eq!(accounts.len(), 1 + 7, "two wallets, a merchant, four of the system");
    let mine = accounts.iter().find(|row| row.contains("ACC001")).unwrap();
    let cells: Vec<&str> = mine.split_whitespace().skip(1).collect();
    let expected =
        ["ACC001", "Ayu", "Lestari", "wallet", "IDR", "11555000.00", "0.00", "11555000.00", "open"];
    assert_eq!(cells, expected);

    let payments = terminal.shown(&["payments"]).await;
    let payments = table(&payments, "ID");
    let titles =
        ["ID", "CREATED", "KIND", "STATUS", "AMOUNT", "SOURCE", "DESTINATION", "REFERENCE"];
    assert_aligned(&payments, &titles, &["AMOUNT"]);
    assert_eq!(payments.len(), 1 + 16, "six opening balances, and the history");
    let failed = payments.iter().find(|row| row.contains(" DEMO-2 ")).unwrap();
    assert!(failed.contains("60000 JPY  ACC006  "), "{failed}");
    assert!(failed.ends_with("insufficient-funds"), "{failed}");

    let statement = terminal.shown(&["statement", "ACC001"]).await;
    let head: Vec<&str> = statement.lines().take(5).collect();
    assert_eq!(head[0], "ACC001  Ayu Lestari");
    assert_eq!(head[2], "Period   the beginning to now");
    assert_eq!(head[3], "Opening         0.00 IDR");
    assert_eq!(head[4], "Closing  11555000.00 IDR");
    let lines = table(&statement, "AT");
    let titles = ["AT", "DIRECTION", "AMOUNT", "BALANCE", "KIND", "COUNTERPARTY", "PAYMENT"];
    assert_aligned(&lines, &titles, &["AMOUNT", "BALANCE"]);
    assert_eq!(lines.len(), 1 + 5);
    assert!(lines[5].contains(" 100000.00     11555000.00  refund    ACC002 "), "{}", lines[5]);
    assert!(statement.ends_with("\n5 lines\n"), "{statement}");

    let proof = terminal.shown(&["prove"]).await;
    let totals = table(&proof, "CURRENCY");
    let amounts = ["WALLETS", "MERCHANTS", "ACQUIRER", "BANK", "FX LIQUIDITY", "SUM"];
    assert_aligned(&totals, &amounts, &amounts);
    assert_eq!(totals.len(), 1 + 7, "every enabled currency");
    assert!(totals.iter().any(|row| row.starts_with("JPY ") && row.contains(" -120000 ")));
    assert!(proof.contains("\n41 accounts, 16 payments, 14 entries, 36 postings, as of "));
    assert!(proof.ends_with("\nthe ledger holds\n"), "{proof}");
}

#[tokio::test]
async fn in_json_they_answer_as_the_api_does() {
    let terminal = Terminal::with_demo().await;
    let (paygate, client) = terminal.open().await;
    // While the API is at work: reading waits for nobody.
    let shown = terminal.shown(&["accounts", "--limit", "200", "--json"]).await;
    assert!(shown.contains("\"posted\":11555000.00,\"held\":0.00,"), "{shown}");
    let accounts: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(accounts, client.get("/api/v1/accounts?limit=200").await.json());

    let payments = terminal.json(&["payments", "--json"]).await;
    assert_eq!(payments, client.get("/api/v1/payments").await.json());
    let id = |alias: &str| {
        let account = items(&accounts).iter().find(|it| it["alias"] == alias);
        account.unwrap()["id"].clone()
    };
    for (reference, parties) in [
        ("DEMO-4", [id("ACC001"), id("ACC002")]),
        ("DEMO-10", [id("ACC002"), id("ACC001")]),
        ("DEMO-3", [Value::Null, Value::Null]),
    ] {
        let payment = items(&payments).iter().find(|it| it["reference"] == reference).unwrap();
        let told = ["source_id", "destination_id"].map(|field| payment[field].clone());
        assert_eq!(told, parties, "{reference}");
    }

    let statement = terminal.json(&["statement", "ACC001", "--json"]).await;
    assert_eq!(statement, client.get("/api/v1/accounts/ACC001/statement").await.json());
    let period = ["--from", "2026-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z"];
    let asked = [&["statement", "ACC001", "--json", "--limit", "2"], &period[..]].concat();
    let query = "from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=2";
    let answer = client.get(&format!("/api/v1/accounts/ACC001/statement?{query}")).await;
    assert_eq!(terminal.json(&asked).await, answer.json());
    let csv = client.request(reqwest::Method::GET, "/api/v1/accounts/ACC001/statement");
    let csv: Answer = client.send(csv.header("accept", "text/csv")).await.unwrap();
    assert_eq!(terminal.shown(&["statement", "ACC001", "--csv"]).await, csv.body);

    for key in ["a", "b"] {
        let body = json!({"name": key, "scopes": ["payments:read"]});
        assert_eq!(client.post("/api/v1/api-keys", &body).await.status, 201);
    }
    let audit = terminal.json(&["audit", "--json"]).await;
    assert_eq!(audit, client.get("/api/v1/audit").await.json());
    assert_eq!(
        column(&audit, "action"),
        ["api-key-created", "api-key-created", "merchant-created"]
    );
    let target = column(&audit, "target").remove(1);
    let filters = ["--principal", "sandbox", "--action", "api-key-created", "--target", &target];
    let one = terminal.json(&[&["audit", "--json"], &filters[..]].concat()).await;
    assert_eq!(items(&one), &items(&audit)[1..2]);
    let shown = terminal.shown(&["audit", "--limit", "1"]).await;
    let titles = ["AT", "PRINCIPAL", "ACTION", "TARGET", "ADDRESS", "REQUEST"];
    let rows = table(&shown, "AT");
    assert_aligned(&rows, &titles, &[]);
    assert_eq!(rows.len(), 1 + 1);
    assert!(rows[1].contains("127.0.0.1") && shown.contains("There is more"), "{shown}");

    let mut proof = terminal.json(&["prove", "--json"]).await;
    let mut expected = client.get("/api/v1/integrity").await.json();
    assert_eq!(expected.as_object_mut().unwrap().remove("violations"), Some(json!([])));
    proof["as_of"].take();
    expected["as_of"].take();
    assert_eq!(proof, expected);
    // All of it is in one process and on a file, which makes it a sandbox.
    let random = client.get("/api/v1/sandbox/random-accounts?count=10").await;
    assert_eq!((random.status, items(&random.json()).len()), (200, 6), "{random:?}");
    paygate.terminate(PATIENCE).await;
}

#[tokio::test]
async fn with_an_acquirer_of_its_own_it_is_no_sandbox() {
    let terminal = Terminal::new(&[("ACQUIRER_URL", "http://127.0.0.1:9")]);
    let (paygate, client) = terminal.open().await;
    let random = client.get("/api/v1/sandbox/random-accounts").await;
    assert_eq!((random.status, &random.json()["code"]), (404, &json!("route-not-found")));
    paygate.terminate(PATIENCE).await;
}

#[tokio::test]
async fn filters_and_limits_narrow_what_is_listed() {
    let terminal = Terminal::with_demo().await;
    for (arguments, expected) in [
        (["--reference", "DEMO-3"], 1),
        (["--status", "FAILED"], 1),
        (["--kind", "opening"], 6),
        (["--currency", "JPY"], 4),
        (["--limit", "1"], 1),
    ] {
        let asked = [&["payments", "--json"], &arguments[..]].concat();
        assert_eq!(items(&terminal.json(&asked).await).len(), expected, "{arguments:?}");
    }
    let of_alias = terminal.json(&["accounts", "--json", "--alias", "ACC004"]).await;
    assert_eq!(column(&of_alias, "name"), ["Darren Tan"]);
    let some = terminal.shown(&["accounts", "--limit", "3"]).await;
    assert_eq!(table(&some, "NUMBER").len(), 1 + 3);
    assert!(some.ends_with("\nThere is more: raise --limit.\n"), "{some}");

    let number = column(&of_alias, "number").remove(0);
    let id = column(&of_alias, "id").remove(0);
    let statement = terminal.shown(&["statement", "ACC004"]).await;
    for name in [number, id] {
        assert_eq!(terminal.shown(&["statement", &name]).await, statement);
    }
    let lines = terminal.json(&["statement", "ACC004", "--json"]).await;
    let second = column(&lines, "at").remove(1);
    let before = terminal.json(&["statement", "ACC004", "--json", "--to", &second]).await;
    let after = terminal.json(&["statement", "ACC004", "--json", "--from", &second]).await;
    assert_eq!((items(&before).len(), items(&after).len()), (1, items(&lines).len() - 1));
    assert_eq!(before["closing_balance"], after["opening_balance"]);
    let first = terminal.shown(&["statement", "ACC004", "--limit", "1"]).await;
    assert!(first.ends_with("\n1 line; there is more: raise --limit\n"), "{first}");
}

#[tokio::test]
async fn what_cannot_be_answered_is_said_in_one_line() {
    let terminal = Terminal::with_demo().await;
    let unknown = terminal.run(&["statement", "NOBODY"]).await;
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""));
    assert_eq!(unknown.stderr, "paygate: there is no account NOBODY\n");
    for (arguments, expected) in [
        (["statement", "no name"], "must be an account's id"),
        (["payments", "--status=pending"], "possible values: PENDING"),
        (["accounts", "--currency=usd"], "upper-case"),
        (["accounts", "--limit=0"], "0 is not in 1"),
        (["payments", "--reference="], "must not be empty"),
    ] {
        let ended = terminal.run(&arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains(expected), "{ended:?}");
    }
    let time = terminal.run(&["statement", "ACC001", "--from", "yesterday"]).await;
    assert!(time.code == Some(2) && time.stderr.contains("RFC 3339"), "{time:?}");
    let empty = Terminal::new(&[]).run(&["accounts"]).await;
    assert!(empty.code == Some(1) && empty.stderr.contains("paygate migrate"), "{empty:?}");
}

#[tokio::test]
async fn a_ledger_that_does_not_hold_is_told_row_by_row_and_fails() {
    let terminal = Terminal::with_demo().await;
    terminal
        .sql("UPDATE accounts SET posted_minor = posted_minor + 1 WHERE alias = 'ACC001'")
        .await;
    let account = terminal.json(&["accounts", "--json", "--alias", "ACC001"]).await;
    let id = column(&account, "id").remove(0);

    let proof = terminal.run(&["prove"]).await;
    assert_eq!(proof.code, Some(1));
    assert_eq!(proof.stderr, "paygate: the ledger does not hold: 2 violations\n");
    let violations = table(&proof.stdout, "TABLE");
    assert_aligned(&violations, &["TABLE", "ID", "CHECK", "DETAIL"], &[]);
    assert_eq!(violations.len(), 1 + 2, "{}", proof.stdout);
    let row: Vec<&str> = violations[1].split_whitespace().take(3).collect();
    assert_eq!(row, ["accounts", id.as_str(), "account-balance-differs"]);
    let row: Vec<&str> = violations[2].split_whitespace().take(3).collect();
    assert_eq!(row, ["accounts", "-", "currency-unbalanced"]);
    let totals = table(&proof.stdout, "CURRENCY");
    assert!(totals.iter().any(|row| row.starts_with("IDR ") && row.ends_with(" 0.01")));
    assert!(!proof.stdout.contains("the ledger holds"));

    let proof = terminal.run(&["prove", "--json"]).await;
    assert_eq!(proof.code, Some(1));
    let lines = proof.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["check"], "account-balance-differs");
    assert_eq!((&lines[0]["table"], &lines[0]["id"]), (&json!("accounts"), &json!(id)));
    assert_eq!(lines[0]["row"], format!("accounts {id}"));
    assert_eq!(lines[0]["detail"], "is 11555000.01 IDR, should be 11555000.00 IDR");
    assert_eq!(lines[1]["detail"], "is 0.01 IDR, should be 0.00 IDR");
    assert_eq!((&lines[2]["ok"], &lines[2]["violation_count"]), (&json!(false), &json!(2)));
}

#[tokio::test]
async fn parked_payments_are_listed_with_their_reasons() {
    let terminal = Terminal::with_demo().await;
    assert_eq!(terminal.shown(&["parked"]).await, "nothing is parked\n");
    assert_eq!(items(&terminal.json(&["parked", "--json"]).await).len(), 0);
    let park = "UPDATE payments SET status = 'PENDING', parked_at = 1, parked_reason = 'poison' \
                WHERE reference = 'DEMO-9'";
    terminal.sql(park).await;
    let parked = terminal.json(&["parked", "--json"]).await;
    assert_eq!(column(&parked, "reason"), ["poison"]);
    let id = column(&parked, "payment_id").remove(0);
    let shown = terminal.shown(&["parked"]).await;
    assert_eq!(table(&shown, "PAYMENT")[1], format!("{id}  poison"));
    assert_eq!(terminal.shown(&["unpark", &id]).await, format!("{id} is due again\n"));
    let again = terminal.run(&["unpark", &id]).await;
    assert_eq!((again.code, again.stderr), (Some(1), format!("paygate: {id} is not parked\n")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_statement_is_read_page_by_page() {
    const PAYMENTS: usize = 1_100;
    let terminal = Terminal::new(&[]);
    let (paygate, client) = terminal.open().await;
    let answers = Load::start(&client, 16, PAYMENTS, |_| 1_000).finish().await;
    assert_eq!(answers.accepted.len(), PAYMENTS, "{:?}", answers.refused);
    until("all are settled", PATIENCE, async || {
        let open = client.get("/api/v1/payments?status=PENDING&limit=1").await.json();
        let claimed = client.get("/api/v1/payments?status=PROCESSING&limit=1").await.json();
        (items(&open).is_empty() && items(&claimed).is_empty()).then_some(())
    })
    .await;
    paygate.terminate(PATIENCE).await;

    let accounts = terminal.json(&["accounts", "--json", "--currency", "USD"]).await;
    let merchant = items(&accounts).iter().find(|it| it["role"] == "merchant").unwrap();
    let number = merchant["number"].as_str().unwrap();
    let statement = terminal.json(&["statement", number, "--json"]).await;
    let balances: Vec<f64> =
        items(&statement).iter().map(|line| line["balance_after"].as_f64().unwrap()).collect();
    assert_eq!(balances.len(), PAYMENTS);
    assert!(balances.is_sorted() && statement["closing_balance"] == 11_000.0);
    let lines = terminal.shown(&["statement", number]).await;
    assert_aligned(&table(&lines, "AT"), &["AT", "AMOUNT", "BALANCE"], &["AMOUNT", "BALANCE"]);
    assert!(lines.ends_with("\n1100 lines\n"));
    let csv = terminal.shown(&["statement", number, "--csv", "--limit", "1001"]).await;
    assert_eq!(csv.lines().count(), 1 + 1_001);
    let payments = terminal.json(&["payments", "--json", "--limit", "450"]).await;
    assert_eq!(items(&payments).len(), 450);

    // Who reads goes away: no failure, and nothing to complain about.
    let mut reading = Command::new(Program::Paygate.path())
        .args(["statement", number])
        .env_clear()
        .current_dir(terminal.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(reading.stdout.take());
    let ended = reading.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}
