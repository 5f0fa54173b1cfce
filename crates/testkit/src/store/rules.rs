//! What the database refuses by itself, whoever asks.

use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Having, merchant_account, new_account, open_usd_pair, owned_by, payment_id, wallet_called,
};
use paygate_core::account::{Role, SystemAccount};
use paygate_core::id::AccountId;

/// A store with one settled charge.
async fn settled_one(store: &StoreUnderTest) -> crate::build::Pair {
    let pair = open_usd_pair(store).await;
    let id = store.created_one(pair.charge("100.50")).await;
    store.approve(&[id]).await;
    pair
}

pub async fn the_journal_is_append_only(store: StoreUnderTest) {
    settled_one(&store).await;
    for change in [
        "UPDATE postings SET amount_minor = 0",
        "UPDATE postings SET balance_after_minor = balance_after_minor",
        "DELETE FROM postings",
    ] {
        store.refuses(change.to_owned()).await;
    }
    assert_ledger_holds(&store).await;
}

pub async fn the_timeline_is_append_only(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    // Without an entry that refers to the row.
    store.claim(&[id]).await;
    store.refuses("UPDATE payment_transitions SET reason = 'settled'".to_owned()).await;
    store.refuses("DELETE FROM payment_transitions".to_owned()).await;
    assert_eq!(store.reader.timeline(id).await.unwrap().len(), 1);
    assert_ledger_holds(&store).await;
}

pub async fn an_account_without_overdraft_never_goes_below_zero(store: StoreUnderTest) {
    let pair = settled_one(&store).await;
    let merchant = store.id(pair.merchant.id.0);
    for change in ["posted_minor = -1", "held_minor = posted_minor + 1", "held_minor = -1"] {
        store.refuses(format!("UPDATE accounts SET {change} WHERE id = {merchant}")).await;
    }
    store.run(format!("UPDATE accounts SET held_minor = posted_minor WHERE id = {merchant}")).await;
    let acquirer = store.id(pair.acquirer.id.0);
    let below =
        format!("UPDATE accounts SET posted_minor = posted_minor - 1 WHERE id = {acquirer}");
    store.run(below).await;
}

pub async fn a_position_in_an_account_is_taken_once(store: StoreUnderTest) {
    let pair = settled_one(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    let merchant = store.id(pair.merchant.id.0);
    store.run(format!("UPDATE accounts SET last_seq = 0 WHERE id = {merchant}")).await;
    let again = store
        .try_transact(&[id], move |book| {
            use paygate_core::provider::Verdict;
            super::helpers::settled(book, id, Verdict::Approved);
        })
        .await;
    assert!(again.is_err(), "{again:?}");
    store.run(format!("UPDATE accounts SET last_seq = 1 WHERE id = {merchant}")).await;
    store.approve(&[id]).await;
    assert_ledger_holds(&store).await;
}

pub async fn what_is_referred_to_must_exist(store: StoreUnderTest) {
    let pair = settled_one(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    let (nobody, known) = (store.id(payment_id().0), store.id(id.0));
    let now = store.time(store.now().await);
    let due = |id| format!("INSERT INTO due (payment_id, republish_at) VALUES ({id}, {now})");
    let transition = |id| {
        format!(
            "INSERT INTO payment_transitions \
             (payment_id, seq, from_status, to_status, actor, reason, at) \
             VALUES ({id}, 1, 'PENDING', 'PROCESSING', 'worker', 'claimed', {now})"
        )
    };
    store.refuses(due(&nobody)).await;
    store.run(due(&known)).await;
    store.refuses(transition(&nobody)).await;
    store.run(transition(&known)).await;
    for change in
        ["source_id = ", "destination_id = ", "quote_id = ", "kind = 'refund', parent_id = "]
    {
        store.refuses(format!("UPDATE payments SET {change}{nobody} WHERE id = {known}")).await;
    }
    store.refuses("DELETE FROM accounts".to_owned()).await;
    store.refuses("DELETE FROM payments".to_owned()).await;
}

pub async fn a_posting_belongs_to_a_step_and_to_an_account_of_its_currency(store: StoreUnderTest) {
    let pair = settled_one(&store).await;
    let id = store.created_one(pair.charge("1.00")).await;
    store.claim(&[id]).await;
    let (from, to) = (store.id(pair.acquirer.id.0), store.id(pair.merchant.id.0));
    let (nobody, payment) = (store.id(payment_id().0), store.id(id.0));
    // A whole entry, but for what is said of its second posting.
    let entry = |account: &str, step: i32, currency: &str| {
        format!(
            "INSERT INTO postings (account_id, account_seq, payment_id, transition_seq, \
             amount_minor, currency, balance_after_minor) VALUES \
             ({from}, 90, {payment}, {step}, 0, '{currency}', 0), \
             ({account}, 91, {payment}, {step}, 0, '{currency}', 0)"
        )
    };
    store.refuses(entry(&nobody, 1, "USD")).await;
    store.refuses(entry(&to, 1, "EUR")).await;
    store.refuses(entry(&to, 7, "USD")).await;
    // An account keeps the currency that its postings are in.
    store.refuses(format!("UPDATE accounts SET currency = 'EUR' WHERE id = {to}")).await;
    assert_ledger_holds(&store).await;
}

pub async fn a_payment_to_or_from_nowhere_is_refused_alone(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let (mut to, good, mut from) = (pair.charge("1.00"), pair.charge("1.00"), pair.charge("1.00"));
    to.destination = AccountId(payment_id().0);
    from.source = AccountId(payment_id().0);
    let answers = store.payments.accept(vec![to, good, from]).await.unwrap();
    let created: Vec<bool> =
        answers.iter().map(|it| matches!(it, paygate_ports::Accepted::Created(_))).collect();
    assert_eq!(created, [false, true, false], "{answers:?}");
    assert_ledger_holds(&store).await;
}

pub async fn a_payment_row_that_contradicts_itself_is_refused(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    store.created_one(pair.charge("1.00").with_key("k", 1)).await;
    for change in [
        "status = 'NO_SUCH_STATUS'",
        "kind = 'no-such-kind'",
        "currency = 'usd'",
        "amount_minor = 0",
        "source_id = destination_id",
        "status = 'FAILED'",
        "failure_code = 'declined', failure_detail = 'though it is pending'",
        "status = 'FAILED', failure_code = 'declined'",
        "request_hash = NULL",
        "owner = 'nobody'",
        "owner = 'merchant:'",
        "parked_reason = 'without a time'",
        "attempts = -1",
        "reference = ''",
        "debit_minor = 1",
        "debit_minor = 1, debit_currency = 'USD', credit_minor = 1",
        "debit_minor = 1, debit_currency = 'usd', credit_minor = 1, credit_currency = 'USD'",
        "debit_minor = -1, debit_currency = 'USD', credit_minor = 1, credit_currency = 'USD'",
        "debit_minor = 1, debit_currency = 'USD', credit_minor = 0, credit_currency = 'USD'",
        "fx_numerator = 1, fx_denominator = 1",
        "kind = 'refund'",
        "parent_id = id",
        "captured_minor = 1",
        "hold = (1 = 1), captured_minor = 0",
        "hold = (1 = 1), captured_minor = amount_minor + 1",
        "refunded_minor = -1",
        "refunding_minor = -1",
        "refunded_minor = amount_minor, refunding_minor = 1",
        "hold = (1 = 1), captured_minor = 1, refunded_minor = 2",
        "status = 'AUTHORIZED'",
        "status = 'AUTHORIZED', hold = (1 = 1)",
        "status = 'AUTHORIZED', expires_at = created_at",
        "description = ''",
    ] {
        store.refuses(format!("UPDATE payments SET {change}")).await;
    }
    store.run("UPDATE payments SET attempts = 1, amount_minor = 1".to_owned()).await;
    store.run("UPDATE payments SET reference = NULL, description = 'x'".to_owned()).await;
    assert_ledger_holds(&store).await;
}

pub async fn a_role_has_one_account_per_currency(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let others = vec![
        merchant_account("other", "USD"),
        new_account(Role::System(SystemAccount::Bank), "USD"),
    ];
    let others = store.accounts.open(others).await.unwrap();
    let (merchant, bank) = (store.id(others[0].id.0), store.id(others[1].id.0));
    for change in [
        format!("owner = 'merchant:default' WHERE id = {merchant}"),
        format!("owner = NULL WHERE id = {merchant}"),
        format!("owner = 'user:0190a5c4-0000-7000-8000-000000000001' WHERE id = {merchant}"),
        format!("owner = 'merchant:other' WHERE id = {bank}"),
        format!("system_code = 'acquirer' WHERE id = {bank}"),
        format!("system_code = 'opening_equity' WHERE id = {merchant}"),
        format!("system_code = 'no-such-code' WHERE id = {bank}"),
        format!("number = '{}' WHERE id = {bank}", pair.merchant.number),
        format!("number = '12345' WHERE id = {bank}"),
    ] {
        store.refuses(format!("UPDATE accounts SET {change}")).await;
    }
    store.run(format!("UPDATE accounts SET owner = 'merchant:x' WHERE id = {merchant}")).await;
    // What is not for charges is a wallet, of which there may be many.
    let wallet = "owner = 'merchant:default', for_charges = (1 = 0)";
    store.run(format!("UPDATE accounts SET {wallet} WHERE id = {merchant}")).await;
    assert_eq!(store.account(others[0].id).await.role, Role::Wallet(owned_by("default")));
}

pub async fn an_account_row_that_contradicts_itself_is_refused(store: StoreUnderTest) {
    let pair = settled_one(&store).await;
    let [one, other] = [wallet_called("alice", "USD", 1), wallet_called("bob", "USD", 1)];
    store.accounts.create(one.clone(), None).await.unwrap();
    store.accounts.create(other.clone(), None).await.unwrap();
    let (merchant, one) = (store.id(pair.merchant.id.0), store.id(one.id.0));
    for change in [
        format!("closed_at = created_at WHERE id = {merchant}"),
        format!("alias = 'bob' WHERE id = {one}"),
        format!("alias = 'a b' WHERE id = {one}"),
        format!("alias = '' WHERE id = {one}"),
        format!("alias = '{}' WHERE id = {one}", "a".repeat(65)),
        format!("name = '' WHERE id = {one}"),
        format!("metadata = '{}' WHERE id = {one}", "a".repeat(4_097)),
    ] {
        store.refuses(format!("UPDATE accounts SET {change}")).await;
    }
    store.run(format!("UPDATE accounts SET closed_at = created_at WHERE id = {one}")).await;
    store.refuses(format!("UPDATE accounts SET posted_minor = 1 WHERE id = {one}")).await;
    assert_ledger_holds(&store).await;
}
