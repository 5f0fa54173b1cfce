//! What a client may rely on when it moves money: limits, repeated requests, holds, refunds.

use crate::client::Client;
use crate::shape::in_both_shapes;
use crate::wait::{PATIENCE, until};
use crate::wallets::{Balance, decimal, free, order, unique};
use serde_json::json;

in_both_shapes! {
    ten_dollars_between_two_rupiah_wallets_are_answered_at_once,
    both_limits_are_inclusive,
    a_repeated_request_is_answered_with_what_became_of_the_first,
    a_failure_is_repeated_as_that_failure,
    what_is_held_is_nobodys_to_spend,
    a_hold_is_captured_or_voided_once,
    a_hold_expires_by_itself with ("HOLD_EXPIRES_AFTER", "1s"),
    odd_parts_of_a_transfer_leave_no_residue,
    odd_parts_of_a_charge_leave_no_residue,
}

async fn ten_dollars_between_two_rupiah_wallets_are_answered_at_once(client: &Client) {
    for alias in ["ACC001", "ACC002"] {
        let body = json!({"currency": "IDR", "alias": alias, "opening_balance": 1_000_000});
        assert_eq!(client.post("/api/v1/accounts", &body).await.status, 201);
    }
    let posted = async |alias: &str| {
        let body = client.get(&format!("/api/v1/accounts/{alias}/balance")).await.json();
        body["posted"].as_f64().unwrap()
    };
    until("ACC001 has its money", PATIENCE, async || {
        (posted("ACC001").await > 0.0 && posted("ACC002").await > 0.0).then_some(())
    })
    .await;
    let body = json!({
        "source": "ACC001", "destination": "ACC002", "currency": "USD", "amount": 10,
        "tx_date": "2025-09-17T03:00:00Z",
    });
    let first = client.ask("/api/v1/transfers", "test-001", &body).await;
    assert_eq!((first.status, &*first.text("status")), (201, "SUCCESS"), "{first:?}");
    assert!(first.body.contains("\"debit\":{\"amount\":155000.00,\"currency\":\"IDR\"}"));
    assert!(!first.is_replay(), "{first:?}");
    let again = client.ask("/api/v1/transfers", "test-001", &body).await;
    assert!(again.is_replay() && again.body == first.body, "{again:?}");
    assert_eq!((posted("ACC001").await, posted("ACC002").await), (845_000.0, 1_155_000.0));
}

async fn both_limits_are_inclusive(client: &Client) {
    let from = client.wallet("IDR", 3_000_000_000).await;
    let to = client.wallet("IDR", 0).await;
    for (rupiah, expected) in
        [(999, "risk-below-min"), (1_000, ""), (10_000_000, ""), (10_000_001, "risk-above-max")]
    {
        let answer = client.transfer(&order(&from, &to, rupiah * 100)).await;
        let status = if expected.is_empty() { 201 } else { 422 };
        let told = (answer.status, answer.reason());
        assert_eq!(told, (status, expected.to_owned()), "{rupiah}: {answer:?}");
    }
    assert_eq!(client.balance(&to).await, free(1_000_100_000));
    // By what it is worth: a dollar is 15,500 rupiah.
    let dollars = client.wallet("USD", 100_000).await;
    for (cents, expected) in
        [(6, "risk-below-min"), (7, ""), (64_516, ""), (64_517, "risk-above-max")]
    {
        let answer = client.transfer(&order(&dollars, &to, cents)).await;
        assert_eq!(answer.reason(), expected, "{cents}: {answer:?}");
    }
}

async fn a_repeated_request_is_answered_with_what_became_of_the_first(client: &Client) {
    let from = client.wallet("IDR", 500_000).await;
    let to = client.wallet("IDR", 0).await;
    let (body, key) = (order(&from, &to, 500_000), unique("key"));
    let first = client.ask("/api/v1/transfers", &key, &body).await;
    assert_eq!((first.text("status"), first.is_replay()), ("SUCCESS".to_owned(), false));
    assert_eq!(client.balance(&from).await, free(0));
    let again = client.ask("/api/v1/transfers", &key, &body).await;
    assert_eq!((again.id(), again.is_replay()), (first.id(), true), "{again:?}");
    assert_eq!(again.body, first.body);
    let other = client.ask("/api/v1/transfers", &key, &order(&from, &to, 500_001)).await;
    assert_eq!((other.status, &*other.reason()), (422, "idempotency-key-reused"), "{other:?}");

    // What was refused at once has used no key.
    let key = unique("key");
    let refused = client.ask("/api/v1/transfers", &key, &body).await;
    assert_eq!((refused.status, &*refused.reason()), (422, "insufficient-funds"), "{refused:?}");
    client.moved(&order(&to, &from, 500_000)).await;
    let accepted = client.ask("/api/v1/transfers", &key, &body).await;
    assert_eq!((accepted.text("status"), accepted.is_replay()), ("SUCCESS".to_owned(), false));
    assert_ne!(accepted.id(), first.id());
}

async fn a_failure_is_repeated_as_that_failure(client: &Client) {
    // Accepted side by side on funds for one, all but one of them must fail later.
    let (from, to, bodies, answers) =
        until("one fails after it was accepted", PATIENCE, async || {
            let from = client.wallet("IDR", 500_000).await;
            let to = client.wallet("IDR", 0).await;
            let body = order(&from, &to, 500_000);
            let asking = (0..8).map(|_| {
                let (client, body, key) = (client.clone(), body.clone(), unique("key"));
                tokio::spawn(async move {
                    let answer = client.ask("/api/v1/transfers", &key, &body).await;
                    (key, answer)
                })
            });
            let asking: Vec<_> = asking.collect();
            let mut answers = Vec::new();
            for answer in asking {
                answers.push(answer.await.unwrap());
            }
            let failed = answers
                .iter()
                .any(|(_, answer)| answer.status == 201 && answer.text("status") == "FAILED");
            failed.then_some((from, to, body, answers))
        })
        .await;
    // Even when there is money again.
    client.moved(&order(&to, &from, 500_000)).await;
    for (key, first) in answers.iter().filter(|(_, answer)| answer.status == 201) {
        assert_eq!(
            first.reason(),
            if first.text("status") == "FAILED" { "insufficient-funds" } else { "" }
        );
        let again = client.ask("/api/v1/transfers", key, &bodies).await;
        assert!(again.is_replay() && again.body == first.body, "{first:?} and then {again:?}");
    }
    assert_eq!(client.balance(&from).await, free(500_000));
}

async fn what_is_held_is_nobodys_to_spend(client: &Client) {
    let from = client.wallet("IDR", 1_000_000).await;
    let to = client.wallet("IDR", 0).await;
    let id = client.held(&from, &to, 600_000).await;
    let of_it = Balance { posted: 1_000_000, held: 600_000 };
    assert_eq!((client.balance(&from).await, client.balance(&to).await), (of_it, free(0)));
    let refused = client.transfer(&order(&from, &to, 400_001)).await;
    assert_eq!((refused.status, &*refused.reason()), (422, "insufficient-funds"), "{refused:?}");
    let also = client.held(&from, &to, 400_000).await;
    assert_eq!(client.void(also).await.status, 200);
    client.moved(&order(&from, &to, 400_000)).await;
    assert_eq!(client.capture(id, None).await.status, 200);
    assert_eq!(
        (client.balance(&from).await, client.balance(&to).await),
        (free(0), free(1_000_000))
    );
}

async fn a_hold_is_captured_or_voided_once(client: &Client) {
    let from = client.wallet("USD", 10_000).await;
    let to = client.wallet("JPY", 0).await;
    let id = client.held(&from, &to, 5_000).await;
    let more = client.capture(id, Some("50.01")).await;
    assert_eq!((more.status, &*more.reason()), (422, "amount-exceeds-authorization"), "{more:?}");
    let part = client.capture(id, Some("20.00")).await;
    assert_eq!((part.status, &*part.text("status")), (200, "SUCCESS"), "{part:?}");
    assert!(part.body.contains("\"captured_amount\":20.00"), "{part:?}");
    assert_eq!(client.balance(&from).await, free(8_000));
    let received = client.balance(&to).await;
    assert_eq!(client.capture(id, Some("20.00")).await.body, part.body);
    // What was captured was another part, or nothing is left to be voided.
    let late = [
        client.capture(id, Some("30.00")).await,
        client.capture(id, None).await,
        client.void(id).await,
    ];
    for late in late {
        assert_eq!((late.status, &*late.reason()), (409, "payment-not-authorized"), "{late:?}");
    }
    assert_eq!((client.balance(&from).await, client.balance(&to).await), (free(8_000), received));

    let id = client.held(&from, &to, 1_000).await;
    let whole = client.capture(id, None).await;
    assert_eq!((whole.status, &*whole.text("status")), (200, "SUCCESS"), "{whole:?}");
    for again in [client.capture(id, None).await, client.capture(id, Some("10.00")).await] {
        assert_eq!((again.status, &again.body), (200, &whole.body));
    }
    assert_eq!(client.balance(&from).await, free(7_000));
    let received = client.balance(&to).await;

    let id = client.held(&from, &to, 5_000).await;
    let voided = client.void(id).await;
    assert_eq!((voided.status, &*voided.text("status")), (200, "VOIDED"), "{voided:?}");
    assert_eq!(client.void(id).await.body, voided.body);
    let late = client.capture(id, None).await;
    assert_eq!((late.status, &*late.reason()), (409, "payment-not-authorized"), "{late:?}");
    assert_eq!((client.balance(&from).await, client.balance(&to).await), (free(7_000), received));
}

async fn a_hold_expires_by_itself(client: &Client) {
    let from = client.wallet("IDR", 1_000_000).await;
    let to = client.wallet("IDR", 0).await;
    let id = client.held(&from, &to, 1_000_000).await;
    until("the hold has expired", PATIENCE, async || {
        (client.status(id).await == "EXPIRED").then_some(())
    })
    .await;
    assert_eq!(client.balance(&from).await, free(1_000_000));
    for late in [client.capture(id, None).await, client.void(id).await] {
        assert_eq!((late.status, &*late.reason()), (409, "payment-not-authorized"), "{late:?}");
    }
    let timeline = client.get(&format!("/api/v1/payments/{id}/timeline")).await.json();
    let steps = timeline["items"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| step["to"].as_str().unwrap().to_owned()).collect();
    assert_eq!(steps, ["AUTHORIZED", "EXPIRED"]);
    client.moved(&order(&from, &to, 1_000_000)).await;
}

/// Of 10.01, with the rest left for the last.
const ODD_PARTS: [Option<&str>; 5] = [Some("0.13"), Some("3.33"), Some("3.37"), Some("0.01"), None];

async fn odd_parts_of_a_transfer_leave_no_residue(client: &Client) {
    for (credited, captured) in [("JPY", false), ("EUR", false), ("IDR", true), ("USD", false)] {
        let from = client.wallet("USD", 1_500).await;
        let to = client.wallet(credited, 0).await;
        let liquidity = async || {
            (
                client.total("fx_liquidity", "USD").await,
                client.total("fx_liquidity", credited).await,
            )
        };
        let before = liquidity().await;
        let id = if captured {
            let id = client.held(&from, &to, 1_500).await;
            assert_eq!(client.capture(id, Some("10.01")).await.status, 200);
            id
        } else {
            client.moved(&order(&from, &to, 1_001)).await.id()
        };
        assert_eq!(client.balance(&from).await, free(499));
        for part in ODD_PARTS {
            let refund = client.refund(id, part).await;
            assert_eq!((refund.status, &*refund.text("status")), (201, "SUCCESS"), "{refund:?}");
        }
        assert_eq!(client.status(id).await, "REVERSED");
        assert_eq!(
            (client.balance(&from).await, client.balance(&to).await),
            (free(1_500), free(0))
        );
        assert_eq!(liquidity().await, before, "to {credited}");
        let more = client.refund(id, Some("0.01")).await;
        assert_eq!((more.status, &*more.reason()), (422, "refund-exceeds-remainder"), "{more:?}");
    }
}

async fn odd_parts_of_a_charge_leave_no_residue(client: &Client) {
    let order = client.order(1_087, "odd parts").header("prefer", "wait=10");
    let charge = client.send(order).await.unwrap();
    let id = charge.id();
    assert_eq!(charge.text("status"), "SUCCESS", "{charge:?}");
    assert_eq!(client.total("merchants", "USD").await, 1_087);
    for (minor, expected) in [(13, "SUCCESS"), (333, "SUCCESS"), (101, "FAILED"), (337, "SUCCESS")]
    {
        let refund = client.refund(id, Some(&decimal(minor, "USD"))).await;
        assert_eq!((refund.status, &*refund.text("status")), (201, expected), "{refund:?}");
        assert_eq!(refund.reason(), if expected == "FAILED" { "declined" } else { "" });
    }
    assert_eq!(client.total("acquirer", "USD").await, -404);
    let rest = client.refund(id, None).await;
    assert_eq!((rest.text("status"), &rest.json()["amount"]), ("SUCCESS".to_owned(), &json!(4.04)));
    assert_eq!(client.status(id).await, "REVERSED");
    for account in ["merchants", "acquirer"] {
        assert_eq!(client.total(account, "USD").await, 0, "{account}");
    }
}
