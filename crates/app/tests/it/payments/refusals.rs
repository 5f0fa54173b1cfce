//! Each rule that a transfer can break, by its stable code and in order; a refusal leaves no trace.

use crate::rig::{Rig, WE, code, empty_wallet, named, under_key};
use paygate_app::{CreateError, CreateTransfer, OpenWallet};
use paygate_core::account::SystemAccount;
use paygate_core::id::{AccountId, QuoteId};
use paygate_core::money::AmountError;
use paygate_ports::IdSource;
use std::time::Duration;
use uuid::Uuid;

/// Some wallets to choose from.
struct World {
    rig: Rig,
    rich: AccountId,
    poor: AccountId,
    other: AccountId,
    dollars: AccountId,
    closed: AccountId,
}

impl World {
    async fn new() -> Self {
        let rig = Rig::new().await;
        let [poor, other, closed] = [(); 3].map(|()| rig.empty_wallet("IDR"));
        let (poor, other, closed) = (poor.await, other.await, closed.await);
        rig.accounts.close(&WE, named(closed)).await.unwrap();
        let rich = rig.wallet("90000000.00 IDR").await;
        let dollars = rig.wallet("5000.00 USD").await;
        Self { rig, rich, poor, other, dollars, closed }
    }

    /// The transfer is refused with that code, nothing is stored or published, and the key that it
    /// came with is free for another request.
    async fn check(&self, transfer: CreateTransfer, expected: &str) {
        let key = self.rig.ids.random().to_string();
        let details = under_key(transfer.details.clone(), &key, 1);
        let stored = self.rig.payments();
        let published = self.rig.queue.publishes();
        let transfer = CreateTransfer { details, ..transfer };
        let refused = self.rig.transfers.create(&WE, transfer.clone()).await.unwrap_err();
        assert_eq!(code(&refused), expected, "{transfer:?}");
        assert_eq!(self.rig.payments(), stored, "{expected}");
        assert_eq!(self.rig.queue.publishes(), published, "{expected}");
        self.rig.check();

        let allowed = self.rig.transfer(self.rich, self.other, "1000");
        let details = under_key(allowed.details.clone(), &key, 2);
        let created = self.rig.transfers.create(&WE, CreateTransfer { details, ..allowed }).await;
        assert!(!created.unwrap().replayed, "{expected}");
    }
}

fn unknown() -> AccountId {
    AccountId(Uuid::from_u128(7))
}

fn quoted(transfer: CreateTransfer, quote: QuoteId) -> CreateTransfer {
    CreateTransfer { quote: Some(quote), ..transfer }
}

#[tokio::test]
async fn source_and_destination_must_differ_however_they_are_named() {
    let world = World::new().await;
    let rich = world.rich;
    world.check(world.rig.transfer(rich, rich, "1000"), "same-party").await;
    let number = world.rig.account(rich).number;
    let destination = paygate_core::account::AccountRef::Number(number);
    let twice = CreateTransfer { destination, ..world.rig.transfer(rich, rich, "1000") };
    world.check(twice, "same-party").await;
}

#[tokio::test]
async fn both_must_exist_and_be_clients() {
    let world = World::new().await;
    let World { rig, rich, .. } = &world;
    let code = "account-not-found";
    world.check(rig.transfer(*rich, unknown(), "1000"), code).await;
    world.check(rig.transfer(unknown(), *rich, "1000"), code).await;
    for system in SystemAccount::ALL {
        let system = rig.standing.system(*system, crate::rig::currency("IDR")).unwrap();
        world.check(rig.transfer(*rich, system, "1000"), code).await;
        world.check(rig.transfer(system, *rich, "1000"), code).await;
    }
    let refused = rig.transfers.create(&WE, rig.transfer(*rich, unknown(), "1000")).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains(&unknown().to_string()), "{told}");
}

#[tokio::test]
async fn both_must_be_open() {
    let world = World::new().await;
    let World { rig, rich, closed, .. } = &world;
    world.check(rig.transfer(*rich, *closed, "1000"), "account-closed").await;
    world.check(rig.transfer(*closed, *rich, "1000"), "account-closed").await;
}

#[tokio::test]
async fn the_amount_must_be_in_a_currency_that_leads_somewhere() {
    let world = World::new().await;
    let World { rig, rich, other, dollars, .. } = &world;
    world.check(rig.transfer_in(*rich, *other, "1000 JPY"), "unsupported-currency").await;
    world.check(rig.transfer_in(*rich, *dollars, "10 EUR"), "currency-mismatch").await;
    // A quote that is not needed, and one of other currencies.
    let quote = rig.quote("USD", "IDR").await;
    world.check(quoted(rig.transfer(*rich, *other, "1000"), quote), "currency-mismatch").await;
    world.check(quoted(rig.transfer(*rich, *dollars, "15500"), quote), "currency-mismatch").await;
}

#[tokio::test]
async fn the_amount_must_fit_the_currency() {
    let world = World::new().await;
    let World { rig, rich, other, .. } = &world;
    let refused = rig.transfers.create(&WE, rig.transfer(*rich, *other, "1000.001")).await;
    let why = AmountError::TooManyDecimals { allowed: 2 };
    assert_eq!(refused.unwrap_err(), CreateError::Amount(why));
}

#[tokio::test]
async fn no_side_may_round_to_zero() {
    let world = World::new().await;
    let World { rig, rich, other, dollars, .. } = &world;
    world.check(rig.transfer(*rich, *dollars, "154.99"), "amount-too-small").await;
    rig.rates.set("USD/IDR=0.5");
    world.check(rig.transfer_in(*rich, *other, "0.01 USD"), "amount-too-small").await;
}

#[tokio::test]
async fn without_a_fresh_rate_nothing_is_converted() {
    let world = World::new().await;
    let World { rig, rich, other, dollars, .. } = &world;
    rig.rates.stale(true);
    world.check(rig.transfer(*rich, *dollars, "15500"), "fx-unavailable").await;
    world.check(rig.transfer_in(*rich, *other, "10 USD"), "fx-unavailable").await;
}

#[tokio::test]
async fn a_pair_that_is_never_quoted_is_named() {
    let world = World::new().await;
    let World { rig, rich, other, dollars, .. } = &world;
    rig.rates.set("USD/SGD=1.34");
    world.check(rig.transfer(*rich, *dollars, "15500"), "fx-not-quoted").await;
    world.check(rig.transfer_in(*rich, *other, "10 USD"), "fx-not-quoted").await;
    let refused =
        rig.transfers.create(&WE, rig.transfer(*rich, *dollars, "15500")).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no exchange rate from IDR to USD");
    // What is away is not what is not there.
    rig.rates.stale(true);
    world.check(rig.transfer(*rich, *dollars, "15500"), "fx-unavailable").await;
}

#[tokio::test]
async fn a_quote_must_exist_be_valid_and_unused() {
    let world = World::new().await;
    let World { rig, other, dollars, .. } = &world;
    let transfer = || rig.transfer(*dollars, *other, "10");
    world.check(quoted(transfer(), QuoteId(Uuid::from_u128(7))), "quote-not-found").await;

    let quote = rig.quote("USD", "IDR").await;
    rig.pass(Duration::from_millis(29_999)).await;
    let id = rig.transferred(quoted(transfer(), quote)).await;
    world.check(quoted(transfer(), quote), "quote-already-used").await;
    let used = rig.transfers.create(&WE, quoted(transfer(), quote)).await;
    assert_eq!(used.unwrap_err(), CreateError::QuoteUsed { existing: id });

    let quote = rig.quote("USD", "IDR").await;
    rig.pass(Duration::from_secs(30)).await;
    world.check(quoted(transfer(), quote), "quote-expired").await;
}

#[tokio::test]
async fn the_source_must_have_what_it_pays_and_not_hold_it() {
    let world = World::new().await;
    let World { rig, rich, poor, other, dollars, .. } = &world;
    let code = "insufficient-funds";
    world.check(rig.transfer(*poor, *other, "1000"), code).await;
    let small = rig.wallet("5000.00 IDR").await;
    world.check(rig.transfer(small, *other, "5000.01"), code).await;
    // What an exact credit costs counts, not what is credited.
    let cents = rig.wallet("6.45 USD").await;
    world.check(rig.transfer_in(cents, *other, "100000.00 IDR"), code).await;
    rig.set_account(small, "held_minor = 400001");
    let held = rig.transfers.create(&WE, rig.transfer(small, *other, "1000")).await;
    assert_eq!(crate::rig::code(&held.unwrap_err()), code);
    rig.set_account(small, "held_minor = 400000");
    rig.transferred(rig.transfer(small, *other, "1000")).await;
    rig.set_account(small, "held_minor = 0");

    let overdrawn = OpenWallet { overdraft: true, ..empty_wallet("IDR") };
    let overdrawn = rig.open(overdrawn).await;
    rig.transferred(rig.transfer(overdrawn, *rich, "1000")).await;
    rig.transferred(rig.transfer(*dollars, *rich, "1")).await;
}

/// The same transfer, mended one rule after the other, is refused for the next each time.
#[tokio::test]
async fn the_first_broken_rule_is_the_one_that_is_told() {
    let world = World::new().await;
    let World { rig, rich, poor, other, dollars, closed } = &world;
    let nowhere = QuoteId(Uuid::from_u128(7));
    let in_yen = |from, to| quoted(rig.transfer_in(from, to, "1 JPY"), nowhere);
    world.check(in_yen(*closed, unknown()), "account-not-found").await;
    world.check(in_yen(*closed, *closed), "same-party").await;
    world.check(in_yen(*closed, *poor), "account-closed").await;
    world.check(in_yen(*poor, *closed), "account-closed").await;
    world.check(in_yen(*poor, *other), "unsupported-currency").await;
    let in_euro = quoted(rig.transfer_in(*poor, *dollars, "1 EUR"), nowhere);
    world.check(in_euro, "currency-mismatch").await;
    world.check(quoted(rig.transfer(*poor, *dollars, "1"), nowhere), "quote-not-found").await;
    rig.rates.stale(true);
    world.check(rig.transfer(*poor, *dollars, "1"), "fx-unavailable").await;
    rig.rates.stale(false);
    world.check(rig.transfer(*poor, *dollars, "1"), "amount-too-small").await;
    world.check(rig.transfer(*poor, *dollars, "999"), "risk-below-min").await;
    world.check(rig.transfer(*poor, *dollars, "10000001"), "risk-above-max").await;
    world.check(rig.transfer(*poor, *dollars, "1000"), "insufficient-funds").await;
    rig.transferred(rig.transfer(*rich, *dollars, "1000")).await;
}
