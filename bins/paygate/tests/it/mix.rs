//! Clients that do all that clients do, side by side: charges, transfers, holds that they capture
//! or void, refunds. Each repeats a request under its key until it is answered, whatever dies
//! meanwhile, and notes what it was told.

use crate::books::{Books, Made};
use crate::client::{Answer, Client};
use crate::dice::Dice;
use crate::wait::{PATIENCE, until};
use crate::wallets::{Wallet, decimal, hold, minor, order};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

const CLIENTS: u64 = 8;

/// What a client waits after each answer: less than a hundred requests a second are sent in all.
const BREATH: Duration = Duration::from_millis(100);

/// What the wallets open with. The last is poor, so that some requests fail.
const WALLETS: [(&str, i64); 6] = [
    ("IDR", 50_000_000_000),
    ("IDR", 50_000_000_000),
    ("USD", 5_000_000),
    ("USD", 5_000_000),
    ("JPY", 5_000_000),
    ("IDR", 2_000_000),
];

/// What all clients share.
struct Shared {
    client: Mutex<Client>,
    wallets: Vec<Wallet>,
    stop: AtomicBool,
    accepted: AtomicUsize,
    refused: AtomicUsize,
    unanswered: AtomicUsize,
}

/// Clients at work.
pub struct Mix {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Notes>>,
}

/// What one client has noted.
#[derive(Default)]
struct Notes {
    made: Vec<Made>,
    /// Every answer of 500 and above.
    refused: Vec<Answer>,
}

impl Mix {
    /// Opens the wallets and lets the clients begin; the same `seed` rolls the same dice.
    pub async fn start(client: &Client, seed: u64) -> Self {
        let mut wallets = Vec::new();
        for (currency, opening) in WALLETS {
            wallets.push(client.wallet(currency, opening).await);
        }
        let shared = Arc::new(Shared {
            client: Mutex::new(client.clone()),
            wallets,
            stop: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            unanswered: AtomicUsize::new(0),
        });
        let work = |number| {
            let shared = Arc::clone(&shared);
            let name = format!("mix-{seed}-{number}");
            let dice = Dice::new(seed.wrapping_mul(1_000).wrapping_add(number));
            let teller =
                Teller { shared, name, dice, asked: 0, holds: Vec::new(), notes: Notes::default() };
            tokio::spawn(teller.work())
        };
        Self { clients: (0..CLIENTS).map(work).collect(), shared }
    }

    /// Lets the clients talk to another address from now on.
    pub fn redirect(&self, client: &Client) {
        *self.shared.client.lock().unwrap() = client.clone();
    }

    /// Returns when that many more payments are accepted.
    pub async fn accepts(&self, more: usize) {
        grows("payments are accepted", more, &self.shared.accepted).await;
    }

    /// Returns when that many more requests are answered with 500 and above.
    pub async fn refuses(&self, more: usize) {
        grows("requests are refused", more, &self.shared.refused).await;
    }

    /// Returns when that many more requests are not answered.
    pub async fn misses(&self, more: usize) {
        grows("requests are not answered", more, &self.shared.unanswered).await;
    }

    /// Lets them get their last answers, and closes the books.
    pub async fn stop(self) -> Books {
        self.shared.stop.store(true, Ordering::SeqCst);
        let wallets = self.shared.wallets.iter().cloned().zip(WALLETS.map(|(_, opening)| opening));
        let mut books = Books { wallets: wallets.collect(), ..Books::default() };
        for client in self.clients {
            let notes = client.await.unwrap();
            books.made.extend(notes.made);
            books.refused.extend(notes.refused);
        }
        books.unanswered = self.shared.unanswered.load(Ordering::SeqCst);
        books
    }
}

async fn grows(what: &str, more: usize, count: &AtomicUsize) {
    let least = count.load(Ordering::SeqCst) + more;
    until(&format!("{more} more {what}"), PATIENCE, async || {
        (count.load(Ordering::SeqCst) >= least).then_some(())
    })
    .await;
}

/// One client.
struct Teller {
    shared: Arc<Shared>,
    name: String,
    dice: Dice,
    asked: usize,
    /// Which of the payments made wait to be captured or voided.
    holds: Vec<usize>,
    notes: Notes,
}

impl Teller {
    async fn work(mut self) -> Notes {
        while !self.shared.stop.load(Ordering::SeqCst) {
            match self.dice.roll(10) {
                0..3 => self.charge().await,
                3..5 => self.transfer(false).await,
                5 => self.transfer(true).await,
                6 | 7 => self.end_a_hold().await,
                _ => self.refund().await,
            }
            tokio::time::sleep(BREATH).await;
        }
        self.notes
    }

    async fn charge(&mut self) {
        // One in eight is declined.
        let cents = if self.dice.roll(8) == 0 { 1 } else { self.dice.amount(10, 100) };
        let minor = 3_000 + cents;
        let key = self.key();
        let body = json!({"amount": decimal(minor, "USD"), "currency": "USD", "reference": key});
        self.make("/api/v1/payments", &key, &body, &[], (None, None)).await;
    }

    async fn transfer(&mut self, held: bool) {
        let count = self.shared.wallets.len();
        let from = self.dice.pick(count);
        let to = (from + 1 + self.dice.pick(count - 1)) % count;
        let (source, destination) = (&self.shared.wallets[from], &self.shared.wallets[to]);
        let (least, most) = match source.currency {
            "IDR" => (200_000, 1_500_000),
            // Cents or yen.
            _ => (100, 999),
        };
        let minor = self.dice.amount(least, most);
        let body =
            if held { hold(source, destination, minor) } else { order(source, destination, minor) };
        let key = self.key();
        let may = &["insufficient-funds"];
        self.make("/api/v1/transfers", &key, &body, may, (Some(from), Some(to))).await;
        if held && self.notes.made.last().is_some_and(|made| made.key == key) {
            self.holds.push(self.notes.made.len() - 1);
        }
    }

    /// Captures a hold, whole or in part, or voids it; if it is not there yet, perhaps later.
    async fn end_a_hold(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let number = self.holds.remove(0);
        let made = &self.notes.made[number];
        let part = decimal(made.debit * 2 / 3, made.currency);
        let (wish, body) = match self.dice.roll(3) {
            0 => ("capture", json!({})),
            1 => ("capture", json!({"amount": part})),
            _ => ("void", json!({})),
        };
        let path = format!("/api/v1/payments/{}/{wish}", made.id);
        let answer = self.insist(|client| client.json(&path, &body)).await;
        match answer.status {
            200 => self.notes.made[number].wish = Some((wish, answer.text("status"))),
            _ => {
                assert_eq!((answer.status, &*answer.reason()), (409, "payment-not-authorized"));
                if answer.body.contains("PENDING") {
                    self.holds.push(number);
                }
            }
        }
    }

    async fn refund(&mut self) {
        // The older ones are more likely to have settled.
        let candidates = self.notes.made.len().div_ceil(2);
        if candidates == 0 {
            return;
        }
        let of = &self.notes.made[self.dice.pick(candidates)];
        let mut body = json!({"reason": "Returned"});
        if self.dice.roll(3) > 0 {
            let part = if of.parties.0.is_none() { 1_000 } else { of.debit / 3 };
            body["amount"] = json!(decimal(part.max(1), of.currency));
        }
        let path = format!("/api/v1/payments/{}/refunds", of.id);
        let parties = (of.parties.1, of.parties.0);
        let key = self.key();
        let may = ["payment-not-refundable", "refund-exceeds-remainder", "insufficient-funds"];
        self.make(&path, &key, &body, &may, parties).await;
    }

    fn key(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.name, self.asked)
    }

    /// Has a payment made, or refused for one of these reasons.
    async fn make(
        &mut self,
        path: &str,
        key: &str,
        body: &Value,
        may: &[&str],
        parties: (Option<usize>, Option<usize>),
    ) {
        let answer = self.insist(|client| client.keyed(path, key, body)).await;
        if answer.status != 201 {
            let refused = answer.status == 422 && may.contains(&&*answer.reason());
            assert!(refused, "{path} {body}: {answer:?}");
            return;
        }
        let payment = answer.json();
        // It stands alone where it is not the amount.
        let debit = if payment["debit"].is_null() { &payment } else { &payment["debit"] };
        let currency = debit["currency"].as_str().unwrap();
        let currency = ["IDR", "USD", "JPY"].into_iter().find(|code| *code == currency).unwrap();
        let made = Made {
            id: answer.id(),
            key: key.to_owned(),
            parties,
            debit: minor(&debit["amount"], currency),
            currency,
            wish: None,
        };
        self.notes.made.push(made);
        self.shared.accepted.fetch_add(1, Ordering::SeqCst);
    }

    /// Repeats a request until it is answered for good.
    async fn insist(&mut self, request: impl Fn(&Client) -> RequestBuilder) -> Answer {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let client = self.shared.client.lock().unwrap().clone();
            match client.send(request(&client)).await {
                Ok(answer) if answer.status < 500 => return answer,
                Ok(answer) => {
                    self.notes.refused.push(answer);
                    self.shared.refused.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => {
                    self.shared.unanswered.fetch_add(1, Ordering::SeqCst);
                }
            }
            assert!(tokio::time::Instant::now() < deadline, "never answered: {}", self.name);
            tokio::time::sleep(BREATH).await;
        }
    }
}
