//! No provider is asked for what the ledger could not post: neither when a charge is accepted nor
//! when it is claimed.

use crate::rig::{Rig, WE, code, currency, empty_wallet, house, money, rest, under_key};
use paygate_app::{CreateCharge, OpenError, OpenWallet, WorkerConfig};
use paygate_core::account::SystemAccount;
use paygate_core::account::headroom::{BALANCE_LIMIT_MINOR, MAX_AMOUNT_MINOR};
use paygate_core::id::AccountId;
use paygate_core::money::Money;
use paygate_core::payment::Reason;
use paygate_core::status::Status;
use std::time::Duration;

fn accounts(rig: &Rig) -> (AccountId, AccountId) {
    rig.standing.charge(&house(), currency("USD")).unwrap()
}

/// Both accounts of a charge as far from zero as that.
fn fill(rig: &Rig, minor: i64) {
    let (acquirer, merchant) = accounts(rig);
    rig.broken();
    rig.set_account(acquirer, &format!("posted_minor = {}", -minor));
    rig.set_account(merchant, &format!("posted_minor = {minor}"));
}

/// 92 of a hundred times that amount and one of the rest once brought both accounts to the end of
/// their range; every later one was approved outside, and could not be posted inside.
#[tokio::test]
async fn charges_of_the_greatest_amount_leave_room_for_those_that_follow() {
    let rig = Rig::new().await;
    let worker = rig.worker(WorkerConfig::default());
    let mut ids = Vec::new();
    for _ in 0..93 {
        ids.push(rig.accept(MAX_AMOUNT_MINOR).await);
    }
    ids.push(rig.accept(100).await);
    rig.pass_until(Duration::from_secs(10), |rig| rig.all(&ids, Status::Success)).await;
    assert_eq!(rig.merchant_minor(), 93 * MAX_AMOUNT_MINOR + 100);
    worker.stop().await;
}

#[tokio::test]
async fn a_charge_that_finds_no_room_is_refused_and_leaves_no_trace() {
    let rig = Rig::new().await;
    fill(&rig, BALANCE_LIMIT_MINOR - 100);
    for (minor, expected) in [(101, "overflow"), (MAX_AMOUNT_MINOR + 1, "amount-too-large")] {
        let charge = rig.charge(minor);
        let details = under_key(charge.details.clone(), "key", 1);
        let refused =
            rig.charges.create(&WE, CreateCharge { details, ..charge }).await.unwrap_err();
        assert_eq!((code(&refused), rig.payments()), (expected, 0), "{minor}");
    }
    // Its key is free.
    let charge = rig.charge(100);
    let details = under_key(charge.details.clone(), "key", 2);
    let created = rig.charges.create(&WE, CreateCharge { details, ..charge }).await.unwrap();
    assert!(!created.replayed);
}

#[tokio::test]
async fn a_repeated_charge_is_answered_with_the_payment_though_there_is_no_room_any_more() {
    let rig = Rig::new().await;
    let charge = rig.charge(100);
    let charge = CreateCharge { details: under_key(charge.details.clone(), "key", 1), ..charge };
    let first = rig.charges.create(&WE, charge.clone()).await.unwrap();
    // The room that was seen is used up, so that the accounts are looked at again.
    fill(&rig, BALANCE_LIMIT_MINOR);
    rig.accept_nothing_more(MAX_AMOUNT_MINOR).await;
    let again = rig.charges.create(&WE, charge).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.record.payment.id, first.record.payment.id);
}

impl Rig {
    /// Charges so much again and again until there is no room for it.
    async fn accept_nothing_more(&self, minor: i64) {
        for _ in 0..400 {
            match self.charges.create(&WE, self.charge(minor)).await {
                Ok(_) => {}
                Err(error) => return assert_eq!(code(&error), "overflow"),
            }
        }
        panic!("it is accepted without a look for ever");
    }
}

#[tokio::test]
async fn what_was_accepted_while_there_was_room_fails_before_the_acquirer_is_asked() {
    let rig = Rig::new().await;
    let id = rig.accept(100).await;
    fill(&rig, BALANCE_LIMIT_MINOR - 99);
    let worker = rig.worker(WorkerConfig::default());
    rest().await;
    assert_eq!(rig.store.status(id), Status::Failed);
    assert_eq!(rig.failure(id), Reason::Overflow.as_str());
    assert_eq!(rig.acquirer.authorizations(id), 0);
    assert_eq!(rig.announced(), [(id, Status::Failed)]);
    worker.stop().await;
}

#[tokio::test]
async fn a_transfer_that_finds_no_room_is_refused() {
    let rig = Rig::new().await;
    let (rich, full) = (rig.wallet("5000.00 USD").await, rig.empty_wallet("USD").await);
    rig.broken();
    rig.set_account(full, &format!("posted_minor = {}", BALANCE_LIMIT_MINOR - 100));
    let refused = rig.transfers.create(&WE, rig.transfer(rich, full, "1.01")).await.unwrap_err();
    assert_eq!(code(&refused), "overflow");
    assert!(rig.transfers.create(&WE, rig.transfer(rich, full, "1.00")).await.is_ok());
}

#[tokio::test]
async fn an_opening_balance_has_room_or_opens_nothing() {
    let rig = Rig::new().await;
    let open = |minor| {
        let opening_balance = Some(Money { minor, ..money("1.00 USD") });
        rig.accounts.open(&WE, OpenWallet { opening_balance, ..empty_wallet("USD") })
    };
    assert!(open(MAX_AMOUNT_MINOR).await.is_ok());
    assert_eq!(open(MAX_AMOUNT_MINOR + 1).await.unwrap_err(), OpenError::AmountTooLarge);
    let equity = rig.standing.system(SystemAccount::OpeningEquity, currency("USD")).unwrap();
    rig.broken();
    rig.set_account(equity, &format!("posted_minor = {}", 100 - BALANCE_LIMIT_MINOR));
    assert_eq!(open(101).await.unwrap_err(), OpenError::Refused(Reason::Overflow));
    assert!(open(100).await.is_ok());
}
