//! Accounts are looked up for all who ask at once together; one that can't be read harms nobody
//! but who asked for it.

use crate::rig::{Rig, WE, rest, soon};
use futures_util::future::join_all;
use paygate_app::CreateError;
use paygate_ports::StoreError;
use paygate_testkit::faults::{Asked, Method};

#[tokio::test]
async fn those_who_wait_are_looked_up_together_and_get_their_own() {
    let rig = Rig::new().await;
    let mut pairs = Vec::new();
    for _ in 0..10 {
        pairs.push((rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await));
    }
    rig.faults.gate(Method::Find).shut();
    let sent: Vec<_> = pairs
        .iter()
        .map(|(from, to)| rig.send_transfer(rig.transfer(*from, *to, "1000")))
        .collect();
    rest().await;
    rig.faults.gate(Method::Find).open();
    for ((from, to), answer) in pairs.iter().zip(soon(join_all(sent)).await) {
        let payment = answer.unwrap().unwrap().record.payment;
        assert_eq!((payment.source, payment.destination), (*from, *to));
    }
    let finds = rig.faults.calls(Method::Find);
    assert_eq!(finds.into_iter().map(|it| it.asked).collect::<Vec<_>>(), [Asked::Names(20)]);
}

#[tokio::test]
async fn a_row_that_can_not_be_read_harms_only_who_asked_for_it() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    let broken = rig.empty_wallet("IDR").await;
    rig.set_account(broken, "currency = 'QQQ'");
    rig.faults.gate(Method::Find).shut();
    let first = rig.send_transfer(rig.transfer(from, to, "1000"));
    rest().await;
    let sent = [to, broken, to].map(|to| rig.send_transfer(rig.transfer(from, to, "1000")));
    rest().await;
    rig.faults.gate(Method::Find).open();
    soon(first).await.unwrap().unwrap();
    for (answer, whole) in soon(join_all(sent)).await.into_iter().zip([true, false, true]) {
        match answer.unwrap() {
            Ok(_) => assert!(whole),
            Err(CreateError::Store(StoreError::Corrupt { .. })) => assert!(!whole),
            other => panic!("{other:?}"),
        }
    }
    rig.broken();
}

#[tokio::test]
async fn a_store_that_is_away_is_told() {
    let rig = Rig::new().await;
    let (from, to) = (rig.wallet("5000.00 IDR").await, rig.empty_wallet("IDR").await);
    rig.faults.on(Method::Find).fails_before();
    let error = rig.transfers.create(&WE, rig.transfer(from, to, "1000")).await.unwrap_err();
    assert!(matches!(error, CreateError::Store(StoreError::Unavailable(_))), "{error:?}");
    rig.transferred(rig.transfer(from, to, "1000")).await;
}
