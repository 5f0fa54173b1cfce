//! What the clients of a mix have noted, and what must have become of it.

use crate::acquirer::assert_moved_once;
use crate::client::{Answer, Client};
use crate::invariants::assert_rows_hold;
use crate::stack::Stack;
use crate::wait::SWEEPERS_PATIENCE;
use crate::wallets::{Balance, Wallet, free, minor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// A payment that was answered with 201.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: Uuid,
    pub key: String,
    /// From and to which of the wallets; `None` is outside of them.
    pub parties: (Option<usize>, Option<usize>),
    /// What leaves the source, as the first answer said.
    pub debit: i64,
    pub currency: &'static str,
    /// What was answered with 200 to a capture or void, and the state it then was in.
    pub wish: Option<(&'static str, String)>,
}

/// All that the clients were told.
#[derive(Default)]
pub struct Books {
    /// The wallets, and what they were opened with.
    pub wallets: Vec<(Wallet, i64)>,
    pub made: Vec<Made>,
    /// Every answer of 500 and above.
    pub refused: Vec<Answer>,
    /// How often there was no answer.
    pub unanswered: usize,
}

impl Books {
    /// Waits until no payment is on its way, then checks that each payment that was answered with
    /// 201 is there under one id, and no other; that each has come to an end that it may come to;
    /// that the wallets have what follows from that; that the ledger holds; and that the acquirer
    /// moved money once for what succeeded and for nothing else.
    pub async fn assert_kept(&self, client: &Client, journal: &Path) {
        client.all_rest(SWEEPERS_PATIENCE).await;
        let payments = client.listed("/api/v1/payments", "").await;
        let mut stored: BTreeMap<Uuid, Value> = BTreeMap::new();
        for payment in payments.into_iter().filter(|payment| payment["kind"] != "opening") {
            stored.insert(payment["id"].as_str().unwrap().parse().unwrap(), payment);
        }
        let mut balances: Vec<Balance> = self.wallets.iter().map(|(_, it)| free(*it)).collect();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for made in &self.made {
            let payment = stored.remove(&made.id).unwrap_or_else(|| panic!("{made:?} is lost"));
            assert_ended_well(made, &payment);
            self.count(made, &payment, &mut balances);
            let (kind, status) = (payment["kind"].as_str(), payment["status"].as_str());
            *seen.entry(format!("{} {}", kind.unwrap(), status.unwrap())).or_default() += 1;
        }
        println!("{seen:?}, {} unanswered, {} refused", self.unanswered, self.refused.len());
        assert!(stored.is_empty(), "nobody was told of {stored:?}");
        for ((wallet, _), expected) in self.wallets.iter().zip(balances) {
            assert_eq!(client.balance(wallet).await, expected, "{wallet:?}");
        }
        for some in ["charge SUCCESS", "charge FAILED", "transfer SUCCESS", "refund SUCCESS"] {
            assert!(seen.contains_key(some), "the mix had no {some}: {seen:?}");
        }
        client.integrity().await;
        assert_moved_once(client, journal).await;
    }

    /// The same of a stack, and looks past all code of ours.
    pub async fn assert_kept_by(&self, stack: &Stack) {
        self.assert_kept(&stack.client, &stack.journal()).await;
        assert_rows_hold(stack).await;
        stack.proves().await;
    }

    /// Counts what a payment has moved or holds.
    fn count(&self, made: &Made, payment: &Value, balances: &mut [Balance]) {
        let (debit, credit) = sides(payment);
        if payment["status"] == "AUTHORIZED" {
            balances[made.parties.0.unwrap()].held += debit;
        }
        if payment["status"] == "SUCCESS" || payment["status"] == "REVERSED" {
            if let Some(source) = made.parties.0 {
                balances[source].posted -= debit;
            }
            if let Some(destination) = made.parties.1 {
                balances[destination].posted += credit;
            }
        }
    }
}

/// What a payment takes and gives; of a part that was captured its share.
fn sides(payment: &Value) -> (i64, i64) {
    let side = |side: &str| {
        let money = if payment[side].is_null() { payment } else { &payment[side] };
        let currency = money["currency"].as_str().unwrap();
        (minor(&money["amount"], currency), currency)
    };
    let ((debit, currency), (credit, _)) = (side("debit"), side("credit"));
    if payment["captured_amount"].is_null() {
        return (debit, credit);
    }
    let captured = minor(&payment["captured_amount"], currency);
    let share = i128::from(credit) * i128::from(captured) / i128::from(debit);
    (captured, i64::try_from(share).unwrap())
}

fn assert_ended_well(made: &Made, payment: &Value) {
    let status = payment["status"].as_str().unwrap();
    let failure = payment["failure"]["code"].as_str().unwrap_or_default();
    let held = payment["capture"] == false;
    let may = match (payment["kind"].as_str().unwrap(), status) {
        // The amounts over …01 are declined, and no other.
        ("charge", "FAILED") => failure == "declined" && sides(payment).0 % 100 == 1,
        ("charge", "SUCCESS" | "REVERSED") => sides(payment).0 % 100 != 1,
        ("transfer", "FAILED") => failure == "insufficient-funds",
        ("transfer", "AUTHORIZED" | "EXPIRED") => held && made.wish.is_none(),
        ("transfer", "VOIDED") => held,
        ("transfer", "SUCCESS" | "REVERSED") => held || made.wish.is_none(),
        ("refund", "FAILED") => {
            ["refund-exceeds-remainder", "insufficient-funds"].contains(&failure)
        }
        ("refund", "SUCCESS") => true,
        _ => false,
    };
    assert!(may, "{made:?} has come to {payment}");
    if let Some((wish, then)) = &made.wish {
        let expected = if *wish == "void" { "VOIDED" } else { "SUCCESS" };
        assert!(then == expected, "{wish}: {made:?}");
        let later = if status == "REVERSED" { "SUCCESS" } else { status };
        assert_eq!(later, then, "{made:?} has come to {payment}");
    }
}
