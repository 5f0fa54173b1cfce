//! `AccountReader`: accounts by their names, in pages, and what their postings say.

use super::helpers::eventually;
use super::ledger::assert_ledger_holds;
use super::under_test::StoreUnderTest;
use crate::build::{
    Pair, conversion, currency, open_empty_wallet, open_liquidity, open_usd_pair, open_wallet,
    owned_by, payment_id, transfer, wallet_called,
};
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::account::{Account, AccountKey, AccountNumber, Alias};
use paygate_core::id::AccountId;
use paygate_core::proof::Position;
use paygate_core::statement::StatementLine;
use paygate_core::text::Label;
use paygate_ports::{AccountQuery, Opened};

fn alias(text: &str) -> Alias {
    Alias::parse(text).unwrap()
}

/// The lines of an account, all of them.
async fn all_lines(store: &StoreUnderTest, account: &Account) -> Vec<StatementLine> {
    store.account_reader.lines(account.id, 0, i64::MAX, u16::MAX).await.unwrap()
}

async fn open_called(store: &StoreUnderTest, name: &str, code: &str) -> AccountId {
    let wallet = wallet_called(name, code, 1);
    let id = wallet.id;
    let opened = store.accounts.create(wallet, None).await.unwrap();
    assert!(matches!(opened, Opened::Created(_)));
    id
}

pub async fn accounts_are_found_by_each_of_their_names(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let alice = store.account(open_called(&store, "alice", "USD").await).await;
    let unknown = AccountNumber::from_random(payment_id().0.as_u64_pair().1);
    let names = vec![
        AccountKey::Alias(owned_by("default"), alias("alice")),
        AccountKey::Id(pair.merchant.id),
        AccountKey::Id(AccountId(payment_id().0)),
        AccountKey::Number(pair.acquirer.number),
        AccountKey::Alias(owned_by("default"), alias("nobody")),
        AccountKey::Number(alice.number),
        AccountKey::Id(alice.id),
        AccountKey::Number(unknown),
        AccountKey::Alias(owned_by("default"), alias("ALICE")),
        AccountKey::Id(pair.merchant.id),
    ];
    let found = store.account_reader.find(names).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|it| it.map(|it| it.account)).collect();
    let (wallet, merchant) = (Some(alice), Some(pair.merchant));
    let expected = [
        wallet.clone(),
        merchant.clone(),
        None,
        Some(pair.acquirer),
        None,
        wallet.clone(),
        wallet,
        None,
        None,
        merchant,
    ];
    assert_eq!(found, expected);
    assert_eq!(store.account_reader.find(Vec::new()).await.unwrap(), []);
}

pub async fn a_found_account_says_all_of_itself(store: StoreUnderTest) {
    let wallet = wallet_called("alice", "USD", 1);
    let Opened::Created(record) = store.accounts.create(wallet, None).await.unwrap() else {
        panic!("the alias was free");
    };
    let name = AccountKey::Id(record.account.id);
    assert_eq!(
        store.account_reader.find(vec![name.clone()]).await.unwrap(),
        [Some(record.clone())]
    );
    let closed = store.accounts.close(record.account.id).await.unwrap().unwrap().unwrap();
    assert_eq!(store.account_reader.find(vec![name]).await.unwrap(), [Some(closed)]);
}

async fn listed(store: &StoreUnderTest, mut query: AccountQuery) -> Vec<AccountId> {
    let mut ids = Vec::new();
    loop {
        let page = store.account_reader.accounts(query.clone()).await.unwrap();
        let full = page.items.len() == usize::from(query.limit);
        assert!(if page.next.is_some() { full } else { page.items.len() <= query.limit.into() });
        assert!(!page.items.is_empty() || ids.is_empty(), "an empty page of {query:?}");
        for record in page.items {
            let id = record.account.id;
            let found = store.account_reader.find(vec![AccountKey::Id(id)]).await.unwrap();
            assert_eq!(found, [Some(record)]);
            ids.push(id);
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            return ids;
        }
    }
}

pub async fn accounts_are_listed_newest_first(store: StoreUnderTest) {
    let all = AccountQuery { limit: 100, ..AccountQuery::default() };
    assert_eq!(listed(&store, all.clone()).await, []);
    let pair = open_usd_pair(&store).await;
    let mut ids = vec![pair.acquirer.id, pair.merchant.id];
    for (number, code) in ["USD", "EUR", "USD", "EUR", "JPY"].into_iter().enumerate() {
        ids.push(open_called(&store, &format!("wallet-{number}"), code).await);
    }
    let newest_first = |mut ids: Vec<AccountId>| {
        ids.sort();
        ids.reverse();
        ids
    };
    let of_euro = newest_first(vec![ids[3], ids[5]]);
    let older = newest_first(ids[..4].to_vec());
    let euro = Some(currency("EUR"));
    for (query, expected) in [
        (all.clone(), newest_first(ids.clone())),
        (AccountQuery { currency: euro, ..all.clone() }, of_euro),
        (AccountQuery { currency: Some(currency("KWD")), ..all.clone() }, vec![]),
        (AccountQuery { alias: Some(alias("wallet-3")), ..all.clone() }, vec![ids[5]]),
        (AccountQuery { alias: Some(alias("wallet-9")), ..all.clone() }, vec![]),
        (AccountQuery { alias: Some(alias("wallet-0")), currency: euro, ..all.clone() }, vec![]),
        (AccountQuery { cursor: Some(ids[4]), ..all.clone() }, older),
    ] {
        for limit in [1, 2, 3, 100] {
            let query = AccountQuery { limit, ..query.clone() };
            assert_eq!(listed(&store, query.clone()).await, expected, "{query:?}");
        }
    }
    assert_ledger_holds(&store).await;
}

/// Lets the store's clock pass what was entered so far.
async fn later(store: &StoreUnderTest) {
    let now = store.now().await;
    eventually("the clock to go on", async || (store.now().await > now).then_some(())).await;
}

/// Where the postings stood at that time, as the lines tell it.
fn expected(lines: &[StatementLine], at: Timestamp) -> Position {
    let upto = lines.iter().rev().find(|line| line.at <= at);
    upto.map_or(Position::START, |line| Position {
        seq: line.posting.account_seq,
        balance_minor: line.posting.balance_after_minor,
    })
}

pub async fn a_position_is_that_of_the_last_posting_until_then(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let start = store.now().await;
    assert_eq!(
        store.account_reader.position_at(pair.merchant.id, start).await.unwrap(),
        Position::START
    );
    // Groups of one to five postings; those of a group are of one moment.
    for group in [1, 3, 1, 5, 2] {
        let ids = store.created(&pair.charges(group)).await;
        store.approve(&ids).await;
        later(&store).await;
    }
    for account in [&pair.merchant, &pair.acquirer] {
        let lines = all_lines(&store, account).await;
        assert_eq!(lines.len(), 12);
        let distinct = lines.windows(2).filter(|pair| pair[0].at < pair[1].at).count();
        assert_eq!(distinct, 4, "five moments");
        let micro = TimeDelta::microseconds(1);
        let around = lines.iter().flat_map(|line| [line.at - micro, line.at, line.at + micro]);
        let far = [start - TimeDelta::days(400), start, lines[11].at + TimeDelta::days(400)];
        for at in around.chain(far) {
            let found = store.account_reader.position_at(account.id, at).await.unwrap();
            assert_eq!(found, expected(&lines, at), "{at}");
        }
    }
    let nobody = AccountId(payment_id().0);
    let found = store.account_reader.position_at(nobody, store.now().await).await.unwrap();
    assert_eq!(found, Position::START);
    assert_ledger_holds(&store).await;
}

pub async fn a_position_is_found_among_many(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    for batch in 0..10 {
        let ids = store.created(&pair.charges(30 + batch)).await;
        store.approve(&ids).await;
    }
    let lines = all_lines(&store, &pair.merchant).await;
    assert_eq!(lines.len(), 345);
    for line in lines.iter().step_by(17) {
        let found = store.account_reader.position_at(pair.merchant.id, line.at).await.unwrap();
        assert_eq!(found, expected(&lines, line.at));
    }
}

pub async fn lines_name_the_other_account(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let rich = open_wallet(&store, "USD", "100.00").await;
    let poor = open_empty_wallet(&store, "USD").await;
    let mut described = transfer(&rich, &poor, "30.00");
    described.request.description = Some(Label::parse("for the 'rent' 🦀").unwrap());
    let sent = store.worked(described.clone()).await;
    let back = store.worked(transfer(&poor, &rich, "5.00")).await;
    let charge = store.created_one(Pair { merchant: rich.clone(), ..pair.clone() }.charge("1.00"));
    let charge = charge.await;
    store.approve(&[charge]).await;

    let lines = all_lines(&store, &rich).await;
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            let posting = line.posting;
            assert_eq!(posting.account, rich.id);
            let balance = posting.balance_after_minor;
            (posting.account_seq, posting.amount.minor, balance, line.counterparty.id())
        })
        .collect();
    let equity = lines[0].counterparty.id();
    assert_eq!(
        seen,
        [
            (1, 10_000, 10_000, equity),
            (2, -3_000, 7_000, poor.id),
            (3, 500, 7_500, poor.id),
            (4, 100, 7_600, pair.acquirer.id),
        ]
    );
    let payments: Vec<_> = lines[1..].iter().map(|line| line.payment).collect();
    assert_eq!(payments, [sent.id, back.id, charge]);
    assert_eq!(lines[1].description, described.request.description);
    assert_eq!(lines[2].description, None);
    for line in &lines {
        assert_eq!(line.kind, store.payment(line.payment).await.kind);
        let entries = store.journal.entries_of(line.payment).await.unwrap();
        assert_eq!([line.at], [entries[0].at]);
        let id = AccountKey::Id(line.counterparty.id());
        let found = store.account_reader.find(vec![id]).await.unwrap();
        assert_eq!(found, [line.counterparty.seen().cloned()]);
    }
    assert_ledger_holds(&store).await;
}

pub async fn lines_of_a_conversion_lead_from_source_to_destination(store: StoreUnderTest) {
    let [usd, eur] = open_liquidity(&store, ["USD", "EUR"]).await;
    let from = open_wallet(&store, "USD", "100.00").await;
    let to = open_empty_wallet(&store, "EUR").await;
    let payment = store.worked(conversion(&from, &to, "50.00", "0.92")).await;
    for (account, minor, other) in
        [(&from, -5_000, &to), (&to, 4_600, &from), (&usd, 5_000, &from), (&eur, -4_600, &from)]
    {
        let line = all_lines(&store, account).await.pop().unwrap();
        assert_eq!((line.payment, line.posting.amount.minor), (payment.id, minor));
        assert_eq!(line.posting.amount.currency, account.currency);
        assert_eq!(line.counterparty.id(), other.id);
    }
    assert_ledger_holds(&store).await;
}

pub async fn lines_are_read_in_parts(store: StoreUnderTest) {
    let pair = open_usd_pair(&store).await;
    let ids = store.created(&pair.charges(9)).await;
    store.approve(&ids).await;
    let lines = |after, upto, limit| {
        let lines = store.account_reader.lines(pair.merchant.id, after, upto, limit);
        async {
            lines.await.unwrap().iter().map(|line| line.posting.account_seq).collect::<Vec<_>>()
        }
    };
    assert_eq!(lines(0, 9, 100).await, (1..=9).collect::<Vec<_>>());
    assert_eq!(lines(2, 5, 100).await, [3, 4, 5]);
    assert_eq!(lines(2, 9, 3).await, [3, 4, 5]);
    assert_eq!(lines(8, i64::MAX, 3).await, [9]);
    assert_eq!(lines(9, i64::MAX, 3).await, Vec::<i64>::new());
    assert_eq!(lines(5, 5, 3).await, Vec::<i64>::new());
    let nobody = AccountId(payment_id().0);
    assert_eq!(store.account_reader.lines(nobody, 0, 9, 9).await.unwrap(), []);
}
