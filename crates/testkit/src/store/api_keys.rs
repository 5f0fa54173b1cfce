//! `ApiKeyStore` and `ApiKeyReader`: keys are made, rotated and revoked, and what was done is written
//! down with it.

use super::helpers::eventually;
use super::under_test::StoreUnderTest;
use crate::build::{audit_entry, idempotency, merchant};
use chrono::TimeDelta;
use paygate_core::Timestamp;
use paygate_core::id::ApiKeyId;
use paygate_core::identity::{
    Actor, ApiKey, AuditAction, AuditEntry, KeyState, NewApiKey, NewMerchant, NotMade,
    NotRotatable, Scope, Scopes, SecretHash, Target,
};
use paygate_core::text::Label;
use paygate_ports::{ApiKeyQuery, AuditQuery, Made, Rotated, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The store with two merchants in it.
async fn with_shops(store: StoreUnderTest) -> StoreUnderTest {
    for name in ["one", "two"] {
        let id = merchant(name);
        let audit = audit_entry(AuditAction::MerchantCreated, Target::Merchant(id.clone()));
        let new = NewMerchant { id, name: None, created_by: Actor::Operator, sent: None };
        store.merchants.create(new, audit).await.unwrap();
    }
    store
}

/// A key of the first, whose secret is its id.
fn new() -> NewApiKey {
    let id = ApiKeyId(crate::build::payment_id().0);
    NewApiKey {
        id,
        merchant: merchant("one"),
        name: Label::parse("Till 1").unwrap(),
        secret: SecretHash::of(id.to_string().as_bytes()),
        hint: "pgk_00000000".to_owned(),
        scopes: Scopes::of(&[Scope::PaymentsRead, Scope::RefundsWrite]),
        expires_at: None,
        created_by: Actor::Operator,
        made_with: None,
        sent: None,
    }
}

async fn try_make(store: &StoreUnderTest, key: &NewApiKey) -> Result<Made<ApiKey>, NotMade> {
    let audit = audit_entry(AuditAction::KeyCreated, Target::ApiKey(key.id));
    store.api_keys.make(key.clone(), audit).await.unwrap()
}

async fn make(store: &StoreUnderTest, key: &NewApiKey) -> Made<ApiKey> {
    match try_make(store, key).await {
        Ok(made) => made,
        Err(why) => panic!("{why}"),
    }
}

/// What is written down of a rotation.
fn rotation(old: ApiKeyId, new: ApiKeyId) -> [AuditEntry; 2] {
    [(AuditAction::KeyRotated, old), (AuditAction::KeyCreated, new)]
        .map(|(action, key)| audit_entry(action, Target::ApiKey(key)))
}

async fn made(store: &StoreUnderTest, key: &NewApiKey) -> ApiKey {
    match make(store, key).await {
        Made::Created(key) => key,
        other => panic!("{other:?}"),
    }
}

async fn rotate(
    store: &StoreUnderTest,
    old: ApiKeyId,
    key: &NewApiKey,
    overlap_ends: Timestamp,
) -> Rotated {
    let audit = rotation(old, key.id);
    store.api_keys.rotate(old, key.clone(), overlap_ends, audit).await.unwrap()
}

async fn revoke(store: &StoreUnderTest, id: ApiKeyId) -> Option<ApiKey> {
    let audit = audit_entry(AuditAction::KeyRevoked, Target::ApiKey(id));
    store.api_keys.revoke(id, audit).await.unwrap()
}

async fn key(store: &StoreUnderTest, id: ApiKeyId) -> ApiKey {
    store.key_reader.key(id).await.unwrap().unwrap()
}

/// What was written down of a key.
async fn told(store: &StoreUnderTest, id: ApiKeyId) -> Vec<AuditAction> {
    let target = Some(Target::ApiKey(id));
    let query = AuditQuery { target, limit: 100, ..AuditQuery::default() };
    let items = store.audit_log.audited(query).await.unwrap().items;
    items.into_iter().map(|it| it.entry.action).collect()
}

pub async fn a_key_is_made_as_asked_and_found_by_its_secret(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let before = store.now().await;
    let ends = before + TimeDelta::days(1);
    let new_keys =
        [new(), NewApiKey { expires_at: Some(ends), merchant: merchant("two"), ..new() }];
    for new in &new_keys {
        assert_eq!(store.key_reader.key(new.id).await.unwrap(), None);
        let made = made(&store, new).await;
        let expected = ApiKey {
            id: new.id,
            merchant: new.merchant.clone(),
            name: new.name.clone(),
            hint: new.hint.clone(),
            scopes: new.scopes.clone(),
            created_by: Actor::Operator,
            created_at: made.created_at,
            expires_at: new.expires_at,
            last_used_at: None,
            replaced_by: None,
            revoked_at: None,
        };
        assert_eq!(made, expected);
        assert!((before..=store.now().await).contains(&made.created_at));
        assert_eq!(key(&store, new.id).await, made);
        assert_eq!(told(&store, new.id).await, [AuditAction::KeyCreated]);
    }
    let [one, two] = new_keys.each_ref().map(|new| new.secret);
    let unknown = SecretHash::of(b"unknown");
    let shown = store.key_reader.shown(&[two, unknown, one]).await.unwrap();
    let ids: Vec<_> = shown.into_iter().map(|key| key.map(|key| key.id)).collect();
    assert_eq!(ids, [Some(new_keys[1].id), None, Some(new_keys[0].id)]);
    assert_eq!(store.key_reader.shown(&[]).await.unwrap(), []);
}

pub async fn a_key_asked_for_again_is_the_same(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let first = NewApiKey { sent: Some(idempotency("k", 1)), ..new() };
    let key = made(&store, &first).await;
    assert_eq!(make(&store, &first).await, Made::Created(key.clone()), "a lost commit");
    let again = NewApiKey { sent: first.sent, ..new() };
    assert_eq!(make(&store, &again).await, Made::Replayed(key.clone()));
    let other = NewApiKey { sent: Some(idempotency("k", 2)), ..new() };
    assert_eq!(make(&store, &other).await, Made::KeyReused);
    for id in [again.id, other.id] {
        assert_eq!(store.key_reader.key(id).await.unwrap(), None);
        assert_eq!(told(&store, id).await, []);
    }
    assert_eq!(told(&store, first.id).await, [AuditAction::KeyCreated]);
}

pub async fn concurrent_twins_of_a_key_are_made_once(store: StoreUnderTest) {
    let store = with_shops(store).await;
    for round in 0..3 {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let twin = NewApiKey { sent: Some(idempotency(&format!("k{round}"), 1)), ..new() };
                let audit = audit_entry(AuditAction::KeyCreated, Target::ApiKey(twin.id));
                let keys = Arc::clone(&store.api_keys);
                tokio::spawn(async move { keys.make(twin, audit).await.unwrap() })
            })
            .collect();
        let (mut made, mut ids) = (0, BTreeSet::new());
        for caller in callers {
            match caller.await.unwrap() {
                Ok(Made::Created(key)) => {
                    made += 1;
                    ids.insert(key.id);
                }
                Ok(Made::Replayed(key)) => {
                    ids.insert(key.id);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((made, ids.len()), (1, 1));
    }
}

pub async fn a_key_that_would_open_nothing_is_not_made(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let past = store.now().await - TimeDelta::seconds(1);
    let key = NewApiKey { expires_at: Some(past), ..new() };
    assert_eq!(try_make(&store, &key).await, Err(NotMade::AlreadyOver));
    assert_eq!(told(&store, key.id).await, []);
    // But if an earlier request has made it, it is found.
    let soon = store.now().await + TimeDelta::milliseconds(300);
    let first = NewApiKey { expires_at: Some(soon), sent: Some(idempotency("k", 1)), ..new() };
    let made = made(&store, &first).await;
    eventually("the key is over", async || (store.now().await > soon).then_some(())).await;
    let again = NewApiKey { id: new().id, ..first };
    assert_eq!(make(&store, &again).await, Made::Replayed(made));
}

pub async fn a_key_that_was_ended_makes_no_other(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let late = store.now().await + TimeDelta::hours(2);
    let [maker, other] = [made(&store, &new()).await.id, made(&store, &new()).await.id];
    let by_maker = || NewApiKey { made_with: Some(maker), ..new() };
    let child = by_maker();
    made(&store, &child).await;
    rotate(&store, other, &by_maker(), late).await;
    assert!(key(&store, other).await.replaced_by.is_some());

    revoke(&store, maker).await;
    let refused = Err(NotMade::MakerIsOver);
    assert_eq!(try_make(&store, &by_maker()).await, refused);
    let rotated = rotate(&store, child.id, &by_maker(), late).await;
    assert_eq!(rotated, Rotated::Refused(NotRotatable::NotMade(NotMade::MakerIsOver)));
    assert_eq!(key(&store, child.id).await.replaced_by, None);
}

pub async fn ending_a_key_and_making_others_by_it_take_turns(store: StoreUnderTest) {
    let store = with_shops(store).await;
    for _ in 0..5 {
        let maker = made(&store, &new()).await.id;
        let children: Vec<_> = (0..6)
            .map(|_| {
                let (keys, child) =
                    (Arc::clone(&store.api_keys), NewApiKey { made_with: Some(maker), ..new() });
                let audit = audit_entry(AuditAction::KeyCreated, Target::ApiKey(child.id));
                tokio::spawn(async move { keys.make(child, audit).await.unwrap() })
            })
            .collect();
        let ended = revoke(&store, maker).await.unwrap().revoked_at.unwrap();
        for child in children {
            match child.await.unwrap() {
                Ok(Made::Created(key)) => assert!(key.created_at <= ended, "{key:?}"),
                Err(NotMade::MakerIsOver) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

pub async fn of_two_rotations_under_one_key_one_is_made(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let late = store.now().await + TimeDelta::hours(2);
    for round in 0..5 {
        let olds = [made(&store, &new()).await.id, made(&store, &new()).await.id];
        let callers = olds.map(|old| {
            let hash = u8::from(old == olds[0]);
            let next = NewApiKey { sent: Some(idempotency(&format!("k{round}"), hash)), ..new() };
            let (keys, audit) = (Arc::clone(&store.api_keys), rotation(old, next.id));
            tokio::spawn(async move { keys.rotate(old, next, late, audit).await.unwrap() })
        });
        let mut made = 0;
        for caller in callers {
            match caller.await.unwrap() {
                Rotated::Made(Made::Created(_)) => made += 1,
                Rotated::Made(Made::KeyReused) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(made, 1);
    }
}

pub async fn a_key_of_nobody_is_refused(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let key = NewApiKey { merchant: merchant("three"), ..new() };
    let audit = audit_entry(AuditAction::KeyCreated, Target::ApiKey(key.id));
    let refused = store.api_keys.make(key.clone(), audit).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(told(&store, key.id).await, []);
}

pub async fn a_rotated_key_opens_until_the_overlap_ends(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let now = store.now().await;
    let (soon, late) = (now + TimeDelta::hours(1), now + TimeDelta::hours(2));
    // The earlier end counts.
    for (own_end, overlap_ends, end) in
        [(None, soon, soon), (Some(late), soon, soon), (Some(soon), late, soon)]
    {
        let old = made(&store, &NewApiKey { expires_at: own_end, ..new() }).await;
        let next = new();
        let rotated = rotate(&store, old.id, &next, overlap_ends).await;
        let Rotated::Made(Made::Created(made)) = rotated else { panic!("{rotated:?}") };
        assert_eq!((made.id, made.state(now)), (next.id, KeyState::Active));
        let expected = ApiKey { expires_at: Some(end), replaced_by: Some(next.id), ..old.clone() };
        assert_eq!(key(&store, old.id).await, expected);
        assert_eq!(told(&store, old.id).await, [AuditAction::KeyRotated, AuditAction::KeyCreated]);
        assert_eq!(told(&store, next.id).await, [AuditAction::KeyCreated]);

        let again = rotate(&store, old.id, &new(), late).await;
        assert_eq!(again, Rotated::Refused(NotRotatable::Replaced(next.id)));
        let same = rotate(&store, old.id, &next, late).await;
        assert_eq!(same, Rotated::Made(Made::Created(made)), "a lost commit");
        assert_eq!(key(&store, old.id).await, expected);
    }
    assert_eq!(rotate(&store, ApiKeyId(Uuid::nil()), &new(), late).await, Rotated::NotFound);
}

pub async fn a_rotation_asked_for_again_is_the_same(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let late = store.now().await + TimeDelta::hours(2);
    let old = made(&store, &new()).await;
    let next = NewApiKey { sent: Some(idempotency("k", 1)), ..new() };
    rotate(&store, old.id, &next, late).await;
    let made_key = key(&store, next.id).await;
    let again = NewApiKey { sent: next.sent, ..new() };
    let same = rotate(&store, old.id, &again, late).await;
    assert_eq!(same, Rotated::Made(Made::Replayed(made_key)));
    let other = NewApiKey { sent: Some(idempotency("k", 2)), ..new() };
    assert_eq!(rotate(&store, old.id, &other, late).await, Rotated::Made(Made::KeyReused));
}

pub async fn concurrent_rotations_make_one_key(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let late = store.now().await + TimeDelta::hours(2);
    for _ in 0..3 {
        let old = made(&store, &new()).await.id;
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let (keys, next) = (Arc::clone(&store.api_keys), new());
                let audit = rotation(old, next.id);
                tokio::spawn(async move { keys.rotate(old, next, late, audit).await.unwrap() })
            })
            .collect();
        let mut made = 0;
        for caller in callers {
            match caller.await.unwrap() {
                Rotated::Made(Made::Created(_)) => made += 1,
                Rotated::Refused(NotRotatable::Replaced(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(made, 1);
        assert_eq!(told(&store, old).await.len(), 2);
    }
}

pub async fn a_revoked_key_stays_revoked(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let new_key = new();
    let before = made(&store, &new_key).await;
    let revoked = revoke(&store, before.id).await.unwrap();
    let at = revoked.revoked_at.unwrap();
    assert!((before.created_at..=store.now().await).contains(&at));
    assert_eq!(revoked, ApiKey { revoked_at: Some(at), ..before });
    assert_eq!(store.key_reader.shown(&[new_key.secret]).await.unwrap(), [Some(revoked.clone())]);
    assert_eq!(revoke(&store, new_key.id).await, Some(revoked.clone()), "it keeps its time");
    assert_eq!(told(&store, new_key.id).await, [AuditAction::KeyRevoked, AuditAction::KeyCreated]);
    let rotated = rotate(&store, new_key.id, &new(), store.now().await).await;
    assert_eq!(rotated, Rotated::Refused(NotRotatable::Over(KeyState::Revoked)));
    assert_eq!(key(&store, new_key.id).await, revoked);
    assert_eq!(revoke(&store, ApiKeyId(Uuid::nil())).await, None);
}

pub async fn keys_are_listed_newest_first(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let mut ids = Vec::new();
    for owner in ["one", "two", "one", "one", "two"] {
        ids.insert(0, made(&store, &NewApiKey { merchant: merchant(owner), ..new() }).await.id);
    }
    let of_one = [ids[1], ids[2], ids[4]];
    for (owner, expected) in
        [(None, &ids[..]), (Some(merchant("one")), &of_one), (Some(merchant("three")), &[])]
    {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let query = ApiKeyQuery { merchant: owner.clone(), limit: 2, cursor };
            let page = store.key_reader.keys(query).await.unwrap();
            assert!(page.items.len() == 2 || page.next.is_none());
            seen.extend(page.items.into_iter().map(|it| it.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
    }
}

pub async fn a_use_is_remembered_to_the_minute(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let (used, other) = (made(&store, &new()).await.id, made(&store, &new()).await.id);
    let before = store.now().await;
    let since = before - TimeDelta::minutes(1);
    let at = |second| before + TimeDelta::seconds(second);
    let seen = async || key(&store, used).await.last_used_at;
    store.key_reader.used(&[used], at(0), since).await.unwrap();
    assert_eq!(seen().await, Some(before));
    store.key_reader.used(&[used], at(1), since).await.unwrap();
    assert_eq!(seen().await, Some(before), "it is known well enough");
    store.key_reader.used(&[used, ApiKeyId(Uuid::nil())], at(60), before).await.unwrap();
    assert_eq!(seen().await, Some(at(60)));
    assert_eq!(key(&store, other).await.last_used_at, None);
    store.key_reader.used(&[], at(99), since).await.unwrap();
}

pub async fn an_unreadable_key_is_named(store: StoreUnderTest) {
    let store = with_shops(store).await;
    let new_key = new();
    made(&store, &new_key).await;
    let literal = store.id(new_key.id.0);
    store.run(format!("UPDATE api_keys SET scopes = 'all' WHERE id = {literal}")).await;
    let expected = new_key.id.to_string();
    for found in [
        store.key_reader.key(new_key.id).await.map(drop),
        store.key_reader.shown(&[new_key.secret]).await.map(drop),
    ] {
        match found {
            Err(StoreError::Corrupt { table: "api_keys", id, .. }) => assert_eq!(id, expected),
            other => panic!("{other:?}"),
        }
    }
}
