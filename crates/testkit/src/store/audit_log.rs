//! `AuditLog`: who did what is listed by each of its parts, and never changes.

use super::under_test::StoreUnderTest;
use crate::build::{audit_entry, merchant};
use chrono::TimeDelta;
use paygate_core::id::{ApiKeyId, AuditId};
use paygate_core::identity::{
    Actor, AuditAction, AuditEntry, AuditRecord, NewMerchant, Origin, Target,
};
use paygate_ports::AuditQuery;
use uuid::Uuid;

/// Writes these down, each as if a merchant of that name had been taken in.
async fn written(store: &StoreUnderTest, entries: Vec<AuditEntry>) -> Vec<AuditId> {
    let mut ids = Vec::new();
    for (place, entry) in entries.into_iter().enumerate() {
        ids.insert(0, entry.id);
        let id = merchant(&format!("shop-{place}"));
        let new = NewMerchant { id, name: None, created_by: Actor::Operator, sent: None };
        store.merchants.create(new, entry).await.unwrap();
    }
    ids
}

/// Every page of a listing, two entries a page.
async fn listed(store: &StoreUnderTest, query: AuditQuery) -> Vec<AuditRecord> {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let query = AuditQuery { limit: 2, cursor, ..query.clone() };
        let page = store.audit_log.audited(query).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return seen;
        }
    }
}

pub async fn an_entry_reads_back_exactly(store: StoreUnderTest) {
    let before = store.now().await;
    let address = |text: &str| Some(text.parse().unwrap());
    let origins = [
        Origin::default(),
        Origin { request_id: Some("!".repeat(128)), address: address("192.0.2.1") },
        Origin { request_id: None, address: address("2001:db8::1") },
    ];
    let entries = origins.map(|origin| AuditEntry {
        key: origin.address.map(|_| ApiKeyId(Uuid::from_u128(7))),
        origin,
        ..audit_entry(AuditAction::KeyCreated, Target::Merchant(merchant("shop")))
    });
    written(&store, entries.to_vec()).await;
    let found = listed(&store, AuditQuery::default()).await;
    let expected: Vec<_> = entries.iter().rev().collect();
    assert_eq!(found.iter().map(|it| &it.entry).collect::<Vec<_>>(), expected);
    let after = store.now().await;
    assert!(found.iter().all(|it| (before..=after).contains(&it.at)), "{found:?}");
}

pub async fn entries_are_listed_by_each_of_their_parts(store: StoreUnderTest) {
    let shop = || Target::Merchant(merchant("shop"));
    let other = || Target::Merchant(merchant("other"));
    let by =
        |principal: Actor, action, target| AuditEntry { principal, ..audit_entry(action, target) };
    let one = || Actor::Merchant(merchant("one"));
    let entries = vec![
        by(Actor::Operator, AuditAction::KeyCreated, shop()),
        by(one(), AuditAction::KeyCreated, shop()),
        by(one(), AuditAction::KeyRevoked, other()),
        by(Actor::Operator, AuditAction::KeyRevoked, shop()),
        by(one(), AuditAction::KeyRevoked, shop()),
        by(one(), AuditAction::KeyRevoked, shop()),
    ];
    written(&store, entries.clone()).await;
    let all = listed(&store, AuditQuery::default()).await;
    assert_eq!(all.len(), entries.len());
    let principals = [None, Some(Actor::Operator), Some(one()), Some(Actor::Sandbox)];
    let actions = [None, Some(AuditAction::KeyRevoked), Some(AuditAction::KeyRotated)];
    let targets = [None, Some(shop()), Some(other())];
    let times = [None, Some(all[3].at), Some(all[1].at)];
    for principal in &principals {
        for action in actions {
            for target in &targets {
                for (from, to) in times.iter().flat_map(|from| times.map(|to| (*from, to))) {
                    let query = AuditQuery {
                        principal: principal.clone(),
                        action,
                        target: target.clone(),
                        from,
                        to,
                        ..AuditQuery::default()
                    };
                    let passes = |it: &AuditRecord| {
                        let AuditEntry { principal: by, action: what, target: whom, .. } =
                            &it.entry;
                        principal.as_ref().is_none_or(|principal| principal == by)
                            && action.is_none_or(|action| action == *what)
                            && target.as_ref().is_none_or(|target| target == whom)
                            && from.is_none_or(|from| from <= it.at)
                            && to.is_none_or(|to| it.at < to)
                    };
                    let expected: Vec<_> = all.iter().filter(|it| passes(it)).cloned().collect();
                    assert_eq!(listed(&store, query.clone()).await, expected, "{query:?}");
                }
            }
        }
    }
    let nowhere =
        AuditQuery { cursor: Some(AuditId(Uuid::nil())), limit: 9, ..AuditQuery::default() };
    assert_eq!(store.audit_log.audited(nowhere).await.unwrap().items, []);
    let past = AuditQuery { to: Some(all[5].at - TimeDelta::days(1)), ..AuditQuery::default() };
    assert_eq!(listed(&store, past).await, []);
}

pub async fn the_audit_log_is_append_only(store: StoreUnderTest) {
    let entry = audit_entry(AuditAction::KeyCreated, Target::Merchant(merchant("shop")));
    written(&store, vec![entry]).await;
    for change in ["UPDATE audit_log SET principal = 'worker'", "DELETE FROM audit_log"] {
        store.refuses(change.to_owned()).await;
    }
    assert_eq!(listed(&store, AuditQuery::default()).await.len(), 1);
}
