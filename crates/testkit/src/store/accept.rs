//! `PaymentStore::accept`: what is stored, and how duplicates are told apart.

use super::helpers::with_everything;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{Having, open_usd_pair, payment_id};
use paygate_core::id::AccountId;
use paygate_core::kind::Kind;
use paygate_core::payment::NewPayment;
use paygate_core::status::Status;
use paygate_ports::{Accepted, StoreError};

/// The record of a payment is exactly what was sent, PENDING since that time.
async fn reads_back(store: &StoreUnderTest, sent: &NewPayment, answer: &Accepted) {
    let Accepted::Created(at) = answer else { panic!("{answer:?}") };
    let record = store.reader.payment(sent.id).await.unwrap().unwrap();
    assert_eq!(record, sent.clone().accepted(*at));
}

pub async fn an_accepted_payment_reads_back_exactly(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let metadata = [
        "{}",
        r#"{ "z":1,"a" : 1e400, "z":"\ud83d\ude00 \\u0000 \/ \"quoted\" 'single'" }"#,
        "{\"raw\":\"ümläut 🦀 \u{2028} \u{7f}\",\n\t\"n\":0.10}",
        "not JSON, \u{1}\u{1f} but kept: \\ ' \" $1 ? {} %s",
    ];
    let mut batch = vec![pair.charge("100.50")];
    for text in metadata {
        batch.push(pair.charge("9999999999999.99").with_metadata(text));
    }
    batch.push(pair.charge("0.01").with_reference("Ünïcode 注文 №1 '\"\\ ; 🦀").with_key("k", 9));
    batch.push(
        pair.charge("1.00")
            .with_kind(Kind::Transfer)
            .with_merchant("another")
            .with_caller("one-more")
            .with_key(&"~".repeat(255), 255)
            .with_reference(&"ü".repeat(255))
            .with_metadata(&"ü".repeat(2048)),
    );
    let before = store.now().await;
    let answers = store.accept(&batch).await;
    let after = store.now().await;
    for (sent, answer) in batch.iter().zip(&answers) {
        reads_back(&store, sent, answer).await;
        let Accepted::Created(at) = answer else { panic!("{answer:?}") };
        assert!(before <= *at && *at <= after, "{at} is not between {before} and {after}");
    }
    assert_ledger_holds(&store).await;
}

pub async fn the_same_payment_sent_again_is_created_again(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = with_everything(pair.charges(3));
    let first = store.accept(&batch).await;
    let again = store.accept(&batch).await;
    assert_eq!(first, again, "created since the first time");
    let neighbour = pair.charge("2.00");
    let mixed = [neighbour.clone(), batch[1].clone()];
    let answers = store.accept(&mixed).await;
    reads_back(&store, &neighbour, &answers[0]).await;
    assert_eq!(answers[1], first[1]);
}

pub async fn the_same_payment_twice_in_a_batch_is_one(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let payment = pair.charge("5.00").with_key("k", 1);
    let answers = store.accept(&[payment.clone(), pair.charge("1.00"), payment.clone()]).await;
    assert_eq!(answers[0], answers[2]);
    reads_back(&store, &payment, &answers[0]).await;
}

pub async fn the_same_key_and_request_replays_the_payment_as_it_is_now(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let first = pair.charge("5.00").with_key("k", 1).with_metadata("{\"a\":1}");
    store.created_one(first.clone()).await;
    for status in [Status::Pending, Status::Processing, Status::Failed] {
        match status {
            Status::Processing => drop(store.claim(&[first.id]).await),
            Status::Failed => drop(store.decline(&[first.id]).await),
            _ => {}
        }
        let present = store.reader.payment(first.id).await.unwrap().unwrap();
        assert_eq!(present.payment.status, status);
        let repeated = first.clone().with_id(payment_id());
        let answer = store.accept_one(&repeated).await;
        assert_eq!(answer, Accepted::Replayed(Box::new(present)));
        assert_eq!(store.reader.payment(repeated.id).await.unwrap(), None);
    }
}

pub async fn the_same_key_with_another_request_is_refused_as_reused(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    store.created_one(pair.charge("5.00").with_key("k", 1)).await;
    let other = pair.charge("6.00").with_key("k", 2);
    let neighbour = pair.charge("1.00");
    let answers = store.accept(&[other.clone(), neighbour.clone()]).await;
    assert_eq!(answers[0], Accepted::KeyReused);
    reads_back(&store, &neighbour, &answers[1]).await;
    assert_eq!(store.reader.payment(other.id).await.unwrap(), None);
}

pub async fn a_key_belongs_to_its_caller_and_kind(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = [
        pair.charge("1.00").with_key("k", 1),
        pair.charge("1.00").with_caller("another").with_key("k", 2),
        pair.charge("1.00").with_kind(Kind::Transfer).with_key("k", 3),
        pair.charge("1.00").with_key("K", 4),
    ];
    store.created(&batch).await;
    for (payment, request) in batch.into_iter().zip(1..) {
        let repeated = payment.clone().with_id(payment_id());
        let Accepted::Replayed(found) = store.accept_one(&repeated).await else { panic!() };
        assert_eq!(found.payment.id, payment.id);
        let other = payment.with_id(payment_id()).with_key("k", request + 1);
        let answer = store.accept_one(&other.clone()).await;
        assert!(matches!(answer, Accepted::KeyReused), "{answer:?} for {other:?}");
    }
}

pub async fn a_taken_reference_names_its_payment(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let first = store.created_one(pair.charge("5.00").with_reference("r").with_key("k", 1)).await;
    for other in [
        pair.charge("5.00").with_reference("r"),
        pair.charge("5.00").with_reference("r").with_key("another", 1),
        pair.charge("5.00").with_reference("r").with_kind(Kind::Payout),
        pair.charge("5.00").with_reference("r").with_caller("another").with_key("k", 1),
    ] {
        let neighbour = pair.charge("1.00");
        let answers = store.accept(&[other, neighbour.clone()]).await;
        assert_eq!(answers[0], Accepted::ReferenceTaken { existing: first });
        reads_back(&store, &neighbour, &answers[1]).await;
    }
}

pub async fn a_reference_belongs_to_its_merchant(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = [
        pair.charge("5.00").with_reference("r"),
        pair.charge("5.00").with_reference("r").with_merchant("another"),
        pair.charge("5.00").with_reference("R"),
    ];
    let ids = store.created(&batch).await;
    for (payment, existing) in batch.into_iter().zip(ids) {
        let other = payment.with_id(payment_id());
        assert_eq!(store.accept_one(&other).await, Accepted::ReferenceTaken { existing });
    }
}

pub async fn own_id_goes_before_key_and_key_before_reference(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let by_id = pair.charge("1.00").with_reference("r-id");
    let by_key = pair.charge("2.00").with_reference("r-key").with_key("k", 1);
    let by_reference = pair.charge("3.00").with_reference("r");
    let stored = store.accept(&[by_id.clone(), by_key.clone(), by_reference.clone()]).await;

    let all_three = by_key.clone().with_id(by_id.id).with_reference("r");
    let key_and_reference = by_key.clone().with_id(payment_id()).with_reference("r");
    let other_request = key_and_reference.clone().with_id(payment_id()).with_key("k", 2);
    let answers = store.accept(&[other_request, all_three, key_and_reference]).await;
    assert_eq!(answers[0], Accepted::KeyReused);
    assert_eq!(answers[1], stored[0], "its own id was stored: created then");
    let present = store.reader.payment(by_key.id).await.unwrap().unwrap();
    assert_eq!(answers[2], Accepted::Replayed(Box::new(present)));
}

/// Splits the answers to two payments of which one must be created: that payment and the other's
/// answer.
fn created_and_other<'a>(
    batch: &'a [NewPayment; 2],
    answers: &'a [Accepted],
) -> (&'a NewPayment, &'a Accepted) {
    let [first, second] = batch;
    match answers {
        [Accepted::Created(_), other] => (first, other),
        [other, Accepted::Created(_)] => (second, other),
        _ => panic!("none was created: {answers:?}"),
    }
}

pub async fn of_twins_by_key_in_a_batch_one_is_created(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let first = pair.charge("5.00").with_key("k", 1).with_reference("r");
    let batch = [first.clone(), first.with_id(payment_id())];
    let answers = store.accept(&batch).await;
    let (created, other) = created_and_other(&batch, &answers);
    let present = store.reader.payment(created.id).await.unwrap().unwrap();
    assert_eq!(*other, Accepted::Replayed(Box::new(present)));
}

pub async fn of_twins_by_reference_in_a_batch_one_is_created(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = [
        pair.charge("5.00").with_reference("r").with_key("one", 1),
        pair.charge("5.00").with_reference("r").with_key("two", 1),
    ];
    let answers = store.accept(&batch).await;
    let (created, other) = created_and_other(&batch, &answers);
    assert_eq!(*other, Accepted::ReferenceTaken { existing: created.id });
}

pub async fn of_twins_by_key_with_other_requests_one_is_created(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let batch = [pair.charge("5.00").with_key("k", 1), pair.charge("6.00").with_key("k", 2)];
    let answers = store.accept(&batch).await;
    let (created, other) = created_and_other(&batch, &answers);
    assert_eq!(*other, Accepted::KeyReused);
    assert!(store.reader.payment(created.id).await.unwrap().is_some());
}

pub async fn a_refused_payment_does_not_disturb_its_neighbours(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let nobody = AccountId(payment_id().0);
    let mut batch = with_everything(pair.charges(7));
    batch[2].destination = nobody;
    batch[5].source = nobody;
    batch[6].destination = pair.acquirer.id;
    for (place, answer) in store.accept(&batch).await.iter().enumerate() {
        if [2, 5, 6].contains(&place) {
            assert!(matches!(answer, Accepted::Refused(StoreError::Refused(_))), "{answer:?}");
            assert_eq!(store.reader.payment(batch[place].id).await.unwrap(), None);
        } else {
            reads_back(&store, &batch[place], answer).await;
        }
    }
    // What was refused has used up neither its key nor its reference.
    store.created_one(batch[2].clone().with_destination(pair.merchant.id)).await;
    assert_ledger_holds(&store).await;
}

pub async fn a_batch_of_refused_payments_is_refused_one_by_one(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let nobody = AccountId(payment_id().0);
    let batch: Vec<_> =
        pair.charges(5).into_iter().map(|payment| payment.with_destination(nobody)).collect();
    for answer in store.accept(&batch).await {
        assert!(matches!(answer, Accepted::Refused(StoreError::Refused(_))), "{answer:?}");
    }
}

pub async fn a_batch_of_five_hundred_is_created_in_order(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let mut batch = with_everything(pair.charges(500));
    // Neither ids nor keys come in the order of a batch.
    batch.reverse();
    batch.rotate_left(123);
    let answers = store.accept(&batch).await;
    for place in [0, 1, 123, 250, 499] {
        reads_back(&store, &batch[place], &answers[place]).await;
    }
    store.created(&batch).await;
    assert_ledger_holds(&store).await;
}

pub async fn an_empty_batch_is_nothing(store: StoreUnderTest) {
    assert_eq!(store.accept(&[]).await, []);
}
