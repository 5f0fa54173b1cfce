//! Reading payments: who asks at the same time is answered by one call.

use crate::rig::{Rig, WE, rest, soon};
use paygate_app::ReadError;
use paygate_core::id::PaymentId;
use paygate_ports::StoreError;
use paygate_testkit::faults::Method;

#[tokio::test]
async fn who_asks_at_the_same_time_is_answered_by_one_call_and_for_himself() {
    let rig = Rig::new().await;
    let [first, second, broken] =
        [rig.accept(100).await, rig.accept(200).await, rig.accept(300).await];
    let corrupt = StoreError::Corrupt {
        table: "payments",
        id: broken.to_string(),
        reason: "the test".into(),
    };
    rig.faults.on(Method::Payment).naming(broken).always().fails_before_with(corrupt.clone());
    rig.faults.forget_calls();
    let gate = rig.faults.gate(Method::Payment);
    gate.shut();
    let get = |id| {
        let read = rig.read.clone();
        tokio::spawn(async move { Ok(read.get(&WE, id, None).await?.map(|it| it.payment.id)) })
    };
    let early = get(first);
    rest().await;
    let unknown = PaymentId(uuid::Uuid::from_u128(1));
    let asked = [second, first, unknown, first].map(|id| (id, get(id)));
    rest().await;
    gate.open();
    assert_eq!(soon(early).await.unwrap(), Ok(Some(first)));
    for (id, answer) in asked {
        let known = (id != unknown).then_some(id);
        assert_eq!(soon(answer).await.unwrap(), Ok::<_, ReadError>(known));
    }
    assert_eq!(
        rig.faults.named(&[Method::Payment]),
        [vec![first], vec![second, first, unknown, first]]
    );

    // What can't be read is nobody else's misfortune.
    gate.shut();
    let early = get(first);
    rest().await;
    let both = [get(broken), get(second)];
    rest().await;
    gate.open();
    soon(early).await.unwrap().unwrap();
    let [bad, good] = both.map(soon);
    assert_eq!(bad.await.unwrap(), Err(ReadError::Store(corrupt)));
    assert_eq!(good.await.unwrap(), Ok(Some(second)));
}
