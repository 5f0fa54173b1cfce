//! Wallets and what is done with them through the API. Amounts are in minor units.

use crate::client::{Answer, Client};
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use uuid::Uuid;

/// A name that nothing else has.
pub fn unique(name: &str) -> String {
    format!("{name}-{}", paygate_testkit::build::payment_id().0.simple())
}

/// The decimal text of an amount.
pub fn decimal(minor: i64, currency: &str) -> String {
    match decimals(currency) {
        0 => minor.to_string(),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    }
}

/// An amount that stands in an answer. What tests move is exact as a float, too.
pub fn minor(amount: &Value, currency: &str) -> i64 {
    let amount = amount.as_f64().unwrap_or_else(|| panic!("no amount: {amount}"));
    let minor = (amount * 10f64.powi(decimals(currency))).round();
    format!("{minor:.0}").parse().unwrap()
}

/// Of the currencies that tests use.
fn decimals(currency: &str) -> i32 {
    if currency == "JPY" { 0 } else { 2 }
}

/// An account with a name of its own.
#[derive(Clone, Debug)]
pub struct Wallet {
    pub alias: String,
    pub currency: &'static str,
}

/// What an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    pub posted: i64,
    pub held: i64,
}

/// A balance of which nothing is held.
pub fn free(posted: i64) -> Balance {
    Balance { posted, held: 0 }
}

/// The body of a transfer over an amount in the source's currency.
pub fn order(from: &Wallet, to: &Wallet, minor: i64) -> Value {
    let amount = decimal(minor, from.currency);
    json!({"source": from.alias, "destination": to.alias, "amount": amount})
}

/// The same, only held.
pub fn hold(from: &Wallet, to: &Wallet, minor: i64) -> Value {
    let mut body = order(from, to, minor);
    body["capture"] = json!(false);
    body
}

impl Answer {
    /// Why it was refused, or why the payment failed; empty if neither.
    pub fn reason(&self) -> String {
        let body = self.json();
        let code = if self.status == 201 { &body["failure"]["code"] } else { &body["code"] };
        code.as_str().unwrap_or_default().to_owned()
    }

    pub fn is_replay(&self) -> bool {
        self.header("idempotent-replayed") == "true"
    }
}

impl Client {
    /// Opens a wallet with this balance, and waits until it has it.
    pub async fn wallet(&self, currency: &'static str, minor: i64) -> Wallet {
        let wallet = Wallet { alias: unique("wallet"), currency };
        let mut body = json!({"currency": currency, "alias": wallet.alias});
        if minor > 0 {
            body["opening_balance"] = json!(decimal(minor, currency));
        }
        let opened = self.post("/api/v1/accounts", &body).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        until("the opening balance is there", PATIENCE, async || {
            (self.balance(&wallet).await == free(minor)).then_some(())
        })
        .await;
        wallet
    }

    pub async fn balance(&self, wallet: &Wallet) -> Balance {
        let answer = self.get(&format!("/api/v1/accounts/{}/balance", wallet.alias)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let amount = |field: &str| minor(&body[field], wallet.currency);
        let balance = Balance { posted: amount("posted"), held: amount("held") };
        assert_eq!(amount("available"), balance.posted - balance.held, "{body}");
        balance
    }

    /// The least that ever was on an account after one of its entries.
    pub async fn lowest(&self, wallet: &Wallet) -> i64 {
        let path = format!("/api/v1/accounts/{}/statement", wallet.alias);
        let lines = self.listed(&path, "").await;
        let after = |line: &Value| minor(&line["balance_after"], wallet.currency);
        lines.iter().map(after).min().unwrap_or(0)
    }

    /// Asks for something under a key, and waits for the outcome.
    pub async fn ask(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.keyed(path, key, body).header("prefer", "wait=10");
        self.send(request).await.unwrap()
    }

    /// Asks for a transfer under a key of its own, and waits for the outcome.
    pub async fn transfer(&self, body: &Value) -> Answer {
        self.ask("/api/v1/transfers", &unique("key"), body).await
    }

    /// A transfer that must succeed.
    pub async fn moved(&self, body: &Value) -> Answer {
        let answer = self.transfer(body).await;
        assert_eq!((answer.status, &*answer.text("status")), (201, "SUCCESS"), "{answer:?}");
        answer
    }

    /// A hold that must be there.
    pub async fn held(&self, from: &Wallet, to: &Wallet, minor: i64) -> Uuid {
        let answer = self.transfer(&hold(from, to, minor)).await;
        assert_eq!((answer.status, &*answer.text("status")), (201, "AUTHORIZED"), "{answer:?}");
        answer.id()
    }

    /// Asks for a refund, of all that is left if no amount is given, and waits for the outcome.
    pub async fn refund(&self, of: Uuid, amount: Option<&str>) -> Answer {
        let mut body = json!({"reason": "Returned"});
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        self.ask(&format!("/api/v1/payments/{of}/refunds"), &unique("refund"), &body).await
    }

    pub async fn capture(&self, id: Uuid, amount: Option<&str>) -> Answer {
        let body = amount.map_or_else(|| json!({}), |amount| json!({"amount": amount}));
        self.post(&format!("/api/v1/payments/{id}/capture"), &body).await
    }

    pub async fn void(&self, id: Uuid) -> Answer {
        self.post(&format!("/api/v1/payments/{id}/void"), &json!({})).await
    }

    /// What the house has in a currency: what `GET /integrity` calls by that name.
    pub async fn total(&self, of: &str, currency: &str) -> i64 {
        let proof = self.integrity().await;
        let mut totals = proof["totals"].as_array().unwrap().iter();
        let totals = totals.find(|totals| totals["currency"] == currency);
        minor(&totals.unwrap()[of], currency)
    }

    /// A proof that the ledger holds.
    pub async fn integrity(&self) -> Value {
        let proof = self.get("/api/v1/integrity").await;
        assert_eq!((proof.status, &proof.json()["ok"]), (200, &json!(true)), "{proof:?}");
        proof.json()
    }
}
