//! What must hold when a test is over is looked at, whatever the test did.

use crate::rig::Rig;

#[tokio::test]
#[should_panic(expected = "account-balance-differs")]
async fn a_test_that_leaves_a_ledger_that_does_not_hold_fails() {
    let rig = Rig::new().await;
    let account = rig.wallet("5000.00 IDR").await;
    rig.set_account(account, "posted_minor = posted_minor + 1");
}

#[tokio::test]
#[should_panic(expected = "payments that no sweeper would ever find")]
async fn a_test_that_leaves_a_payment_that_nobody_will_find_fails() {
    let rig = Rig::new().await;
    rig.accept(100).await;
    rig.run("DELETE FROM watches");
}
