//! Rules of what can't be processed.

use super::QueueUnderTest;
use super::helpers::{hint, ids_in, tags, take};
use paygate_ports::DeadLetter;

pub async fn an_unreadable_message_comes_with_its_body(q: QueueUnderTest) {
    let bodies = [
        &b""[..],
        b"hello",
        b"\xff\x00\xfe",
        b"[]",
        b"{\"payment_ids\":[]}",
        b"{\"payment_ids\":[\"x\"]}",
        b"{\"payments\":[\"018bcfe5-687b-7000-8000-000000000000\"]}",
    ];
    let consumer = (q.consumer)();
    for body in bodies {
        (q.push_raw)(body.to_vec()).await;
        let deliveries = take(&*consumer, 1).await;
        let reason = deliveries[0].hint.as_ref().unwrap_err();
        assert!(!reason.is_empty());
        assert_eq!(deliveries[0].body, body);
        consumer.ack(&tags(&deliveries)).await.unwrap();
    }
}

pub async fn an_unreadable_message_does_not_disturb_its_neighbours(q: QueueUnderTest) {
    let (before, after) = (hint(), hint());
    q.queue.publish(vec![before.clone()]).await.unwrap();
    (q.push_raw)(b"hello".to_vec()).await;
    q.queue.publish(vec![after.clone()]).await.unwrap();
    let (readable, unreadable): (Vec<_>, Vec<_>) =
        take(&*(q.consumer)(), 3).await.into_iter().partition(|delivery| delivery.hint.is_ok());
    assert_eq!(ids_in(&readable), [before.id, after.id]);
    assert_eq!(unreadable.len(), 1);
}

pub async fn a_dead_letter_keeps_its_body_and_reason(q: QueueUnderTest) {
    let consumer = (q.consumer)();
    let letters = [
        DeadLetter { body: b"\xff hello".to_vec(), reason: "it can't be read: é".to_owned() },
        DeadLetter::of_payment(hint().id, "it was tried too often".to_owned()),
        DeadLetter { body: Vec::new(), reason: String::new() },
    ];
    for letter in &letters {
        consumer.dead_letter(letter.clone()).await.unwrap();
    }
    assert_eq!((q.dead_letters)().await, letters);
}

pub async fn a_dead_letter_acknowledges_nothing(q: QueueUnderTest) {
    (q.push_raw)(b"hello".to_vec()).await;
    let consumer = (q.consumer)();
    let [delivery] = &take(&*consumer, 1).await[..] else { panic!("more than one message") };
    let letter = DeadLetter { body: delivery.body.clone(), reason: "it can't be read".to_owned() };
    consumer.dead_letter(letter).await.unwrap();
    drop(consumer);
    let consumer = (q.consumer)();
    let again = take(&*consumer, 1).await;
    assert_eq!(again[0].body, b"hello");
    assert!(again[0].redelivered);
}
