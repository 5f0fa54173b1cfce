//! The journal: what survives, what is forgiven, what is not.

use crate::support::{Folder, back, key, request};
use paygate_acquirer::{CallCount, JournalError, SimulatedAcquirer, SimulatorConfig, Totals};
use paygate_core::provider::Decline;
use paygate_ports::{Acquirer, AcquirerError, Decision, KnownOutcome};
use std::fs;
use std::path::Path;
use std::time::Duration;

fn open(journal: &Path) -> Result<SimulatedAcquirer, JournalError> {
    SimulatedAcquirer::open(SimulatorConfig {
        journal: Some(journal.to_owned()),
        timeout: Duration::from_millis(1),
        ..SimulatorConfig::default()
    })
}

#[tokio::test]
async fn what_was_decided_survives_the_process() {
    let folder = Folder::new();
    let first = open(&folder.file("first")).unwrap();
    for (n, minor) in [(1, 10_000), (1, 10_000), (2, 102), (3, 103), (4, 104), (5, 105)] {
        let _ = first.authorize(request(n, minor)).await;
    }
    let _ = first.authorize(request(1, 20_000)).await;

    // A copy, while the first still has its file open: all that a killed process leaves behind.
    fs::copy(folder.file("first"), folder.file("second")).unwrap();
    let second = open(&folder.file("second")).unwrap();
    assert_eq!(second.totals(), first.totals());
    assert_eq!(second.totals(), Totals { keys: 5, authorizations: 7, refunds: 0, effects: 2 });
    for n in 1..=6 {
        assert_eq!(second.calls(key(n)), first.calls(key(n)), "key {n}");
    }
    assert_eq!(second.calls(key(1)), CallCount { authorizations: 3, refunds: 0, effects: 1 });

    let approved = Ok(KnownOutcome::Decided(Decision::Approved));
    let declined = Decision::Declined(Decline::InsufficientFunds);
    assert_eq!(second.status(key(1)).await, approved);
    assert_eq!(second.status(key(2)).await, Ok(KnownOutcome::Decided(declined)));
    assert_eq!(second.status(key(3)).await, approved);
    assert_eq!(second.status(key(5)).await, Err(AcquirerError::TimedOut));
    assert_eq!(second.authorize(request(2, 102)).await, Ok(declined));
    assert!(second.authorize(request(1, 20_000)).await.is_err(), "another amount");
    assert!(second.authorize(request(4, 104)).await.is_err(), "the second of two failures");
    assert_eq!(second.authorize(request(4, 104)).await, Ok(Decision::Approved));
    assert_eq!(second.totals(), Totals { keys: 5, authorizations: 11, refunds: 0, effects: 3 });
}

/// What versions without refunds wrote, with every effect they knew.
const BEFORE_REFUNDS: &str = r#"{"seq":1,"key":"00000000-0000-0000-0000-000000000001","operation":"authorize","amount_minor":10000,"currency":"USD","effect":"approved"}
{"seq":2,"key":"00000000-0000-0000-0000-000000000001","operation":"authorize","amount_minor":10000,"currency":"USD","effect":"replayed"}
{"seq":3,"key":"00000000-0000-0000-0000-000000000001","operation":"authorize","amount_minor":20000,"currency":"USD","effect":"refused"}
{"seq":4,"key":"00000000-0000-0000-0000-000000000002","operation":"authorize","amount_minor":101,"currency":"USD","effect":"declined:declined"}
{"seq":5,"key":"00000000-0000-0000-0000-000000000003","operation":"authorize","amount_minor":102,"currency":"USD","effect":"declined:insufficient_funds"}
{"seq":6,"key":"00000000-0000-0000-0000-000000000004","operation":"authorize","amount_minor":104,"currency":"USD","effect":"failed"}
{"seq":7,"key":"00000000-0000-0000-0000-000000000005","operation":"authorize","amount_minor":105,"currency":"USD","effect":"unanswered"}
"#;

#[tokio::test]
async fn a_journal_from_before_refunds_is_read_and_continued() {
    let folder = Folder::new();
    let path = folder.file("journal");
    fs::write(&path, BEFORE_REFUNDS).unwrap();
    let acquirer = open(&path).unwrap();
    assert_eq!(acquirer.totals(), Totals { keys: 5, authorizations: 7, refunds: 0, effects: 1 });
    assert_eq!(acquirer.refund(back(11, 1, 6_000)).await, Ok(Decision::Approved));
    let declined = Ok(Decision::Declined(Decline::Generic));
    assert_eq!(acquirer.refund(back(12, 1, 6_000)).await, declined);
    assert_eq!(acquirer.refund(back(13, 2, 101)).await, declined);
    drop(acquirer);
    let written = fs::read_to_string(&path).unwrap();
    let refunds = written.strip_prefix(BEFORE_REFUNDS).expect("what was there stays");
    let mut refunds = refunds.lines();
    assert_eq!(
        refunds.next(),
        Some(
            r#"{"seq":8,"key":"00000000-0000-0000-0000-00000000000b","operation":"refund","of":"00000000-0000-0000-0000-000000000001","amount_minor":6000,"currency":"USD","effect":"approved"}"#
        )
    );
    assert!(refunds.next().unwrap().ends_with(r#""effect":"declined:not_refundable"}"#));
}

#[tokio::test]
async fn authorizations_are_written_as_before_refunds() {
    let folder = Folder::new();
    let path = folder.file("journal");
    let acquirer = open(&path).unwrap();
    for (n, minor) in
        [(1, 10_000), (1, 10_000), (1, 20_000), (2, 101), (3, 102), (4, 104), (5, 105)]
    {
        let _ = acquirer.authorize(request(n, minor)).await;
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), BEFORE_REFUNDS);
}

#[tokio::test]
async fn what_was_given_back_survives_the_process() {
    let folder = Folder::new();
    let first = open(&folder.file("first")).unwrap();
    first.authorize(request(1, 10_000)).await.unwrap();
    let asked = [(2, 6_000), (2, 6_000), (2, 5_000), (3, 6_000), (4, 1_003), (5, 1_004), (6, 5)];
    for (n, minor) in asked {
        let _ = first.refund(back(n, 1, minor)).await;
    }

    fs::copy(folder.file("first"), folder.file("second")).unwrap();
    let second = open(&folder.file("second")).unwrap();
    assert_eq!(second.totals(), first.totals());
    assert_eq!(second.totals(), Totals { keys: 6, authorizations: 1, refunds: 7, effects: 3 });
    for n in 1..=7 {
        assert_eq!(second.calls(key(n)), first.calls(key(n)), "key {n}");
    }
    assert_eq!(second.calls(key(2)), CallCount { authorizations: 0, refunds: 3, effects: 1 });

    let approved = Ok(Decision::Approved);
    let declined = Decision::Declined(Decline::Generic);
    assert_eq!(second.status(key(3)).await, Ok(KnownOutcome::Decided(declined)));
    assert_eq!(second.status(key(4)).await, Ok(KnownOutcome::Decided(Decision::Approved)));
    assert_eq!(second.status(key(6)).await, Err(AcquirerError::TimedOut));
    assert_eq!(second.refund(back(2, 1, 6_000)).await, approved);
    assert!(second.refund(back(2, 7, 6_000)).await.is_err(), "of another payment");
    assert!(second.authorize(request(2, 6_000)).await.is_err(), "another operation");
    assert!(second.refund(back(5, 1, 1_004)).await.is_err(), "the second of two failures");
    assert_eq!(second.refund(back(5, 1, 1_004)).await, approved);
    // 6,000, 1,003 and 1,004 of the 10,000 are given back.
    assert_eq!(second.refund(back(7, 1, 1_994)).await, Ok(declined));
    assert_eq!(second.refund(back(8, 1, 1_993)).await, approved);
}

#[tokio::test]
async fn a_line_whose_operation_and_original_do_not_fit_is_an_error() {
    let folder = Folder::new();
    let path = folder.file("journal");
    let line = |rest: &str| {
        format!(
            "{{\"seq\":1,\"key\":\"{}\",{rest},\"amount_minor\":1,\"currency\":\"USD\",\"effect\":\"approved\"}}\n",
            key(1)
        )
    };
    let of = format!(r#""of":"{}""#, key(2));
    for (rest, fits) in [
        (r#""operation":"authorize""#.to_owned(), true),
        (format!(r#""operation":"refund",{of}"#), true),
        (format!(r#""operation":"authorize",{of}"#), false),
        (r#""operation":"refund""#.to_owned(), false),
        (r#""operation":"refund","of":"x""#.to_owned(), false),
        (format!(r#""operation":"refund",{of},{of}"#), false),
        (format!(r#""operation":"payout",{of}"#), false),
    ] {
        fs::write(&path, line(&rest)).unwrap();
        match open(&path) {
            Ok(_) => assert!(fits, "{rest}"),
            Err(error) => {
                assert!(!fits && matches!(error, JournalError::Corrupt { line: 1, .. }), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_decision_outlives_a_change_of_the_odds() {
    let folder = Folder::new();
    let mut config = SimulatorConfig {
        journal: Some(folder.file("journal")),
        fail_rate: "1".parse().unwrap(),
        ..SimulatorConfig::default()
    };
    let declined = Ok(Decision::Declined(Decline::Generic));
    let acquirer = SimulatedAcquirer::open(config.clone()).unwrap();
    assert_eq!(acquirer.authorize(request(1, 10_000)).await, declined);
    drop(acquirer);
    config.fail_rate = "0".parse().unwrap();
    let acquirer = SimulatedAcquirer::open(config).unwrap();
    assert_eq!(acquirer.authorize(request(1, 10_000)).await, declined);
    assert_eq!(acquirer.authorize(request(2, 10_000)).await, Ok(Decision::Approved));
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_wherever_it_was_torn() {
    let folder = Folder::new();
    let path = folder.file("journal");
    let acquirer = open(&path).unwrap();
    acquirer.authorize(request(1, 10_000)).await.unwrap();
    acquirer.refund(back(2, 1, 10_000)).await.unwrap();
    drop(acquirer);
    let whole = fs::read(&path).unwrap();
    let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in first_line..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let acquirer = open(&path).unwrap();
        assert_eq!(acquirer.totals().keys, 1, "torn at byte {length}");
        acquirer.refund(back(2, 1, 10_000)).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "torn at byte {length}");
    }
}

#[tokio::test]
async fn any_other_damage_is_an_error_that_names_the_line() {
    let folder = Folder::new();
    let path = folder.file("journal");
    let acquirer = open(&path).unwrap();
    for n in 1..=3 {
        acquirer.authorize(request(n, 10_000)).await.unwrap();
    }
    drop(acquirer);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let [one, two, three] = lines[..] else { panic!("{whole}") };
    let long = "x".repeat(5000);
    for (what, text, expected) in [
        ("garbage", format!("{one}\ngarbage\n{three}\n"), 2),
        ("an empty line", format!("{one}\n\n{three}\n"), 2),
        ("half a line", format!("{one}\n{}\n{three}\n", &two[..40]), 2),
        ("a missing line", format!("{one}\n{three}\n"), 2),
        ("a repeated line", format!("{one}\n{two}\n{two}\n"), 3),
        ("an unknown effect", whole.replacen("approved", "approximated", 1), 1),
        ("an unknown currency", whole.replacen("USD", "ZZZ", 1), 1),
        ("an unknown operation", whole.replacen("authorize", "annoy", 1), 1),
        ("no key", whole.replacen("00000000-", "g", 1), 1),
        ("an endless line", format!("{one}\n{two}{long}{long}"), 2),
        ("no journal at all", "a letter to a friend".to_owned(), 1),
    ] {
        fs::write(&path, &text).unwrap();
        let error = open(&path).err().expect(what);
        let JournalError::Corrupt { line, .. } = &error else { panic!("{what}: {error}") };
        assert_eq!(*line, expected, "{what}: {error}");
        assert!(error.to_string().contains(&format!("line {expected}:")), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{what}: the file is left alone");
    }
}

#[tokio::test]
async fn two_acquirers_never_share_a_journal() {
    let folder = Folder::new();
    let path = folder.file("journal");
    let first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(JournalError::InUse { .. })));
    drop(first);
    assert!(open(&path).is_ok());
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let folder = Folder::new();
    let path = folder.file("missing").join("journal");
    let error = open(&path).err().unwrap();
    assert!(matches!(error, JournalError::Io { .. }));
    assert!(error.to_string().contains("missing"), "{error}");
}
