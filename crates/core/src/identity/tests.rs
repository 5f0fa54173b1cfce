//! Who sees and may do what, as tables: every principal, every operation, every owner.

use super::*;
use crate::Timestamp;
use crate::id::{ApiKeyId, UserId};
use crate::text::IdempotencyKey;
use std::collections::BTreeSet;
use uuid::Uuid;

fn merchant(id: &str) -> MerchantId {
    MerchantId::parse(id).unwrap()
}

fn shop(scopes: Scopes) -> Principal {
    Principal::Merchant { id: merchant("shop"), scopes, key: None }
}

const ADA: UserId = UserId(Uuid::from_u128(7));

fn principals() -> [Principal; 5] {
    [
        Principal::Operator,
        Principal::Sandbox,
        Principal::System,
        shop(Scopes::all()),
        Principal::User { id: ADA },
    ]
}

#[test]
fn who_may_do_what() {
    use Operation::*;
    let answers = |operation| principals().map(|it| it.may(operation).is_ok());
    // operator, sandbox, system, merchant with all scopes, user
    for (operation, expected) in [
        (Payments, [true, true, true, true, true]),
        (Charge, [true, true, false, true, false]),
        (Transfer, [true, true, false, true, true]),
        (DecideHold, [true, true, false, true, true]),
        (Refund, [true, true, false, true, false]),
        (ReadAccounts, [true, true, true, true, true]),
        (OpenAccount, [true, true, false, true, false]),
        (OpenWithBalance, [true, true, false, false, false]),
        (OpenWithOverdraft, [true, true, false, false, false]),
        (CloseAccount, [true, true, false, true, false]),
        (ReadRates, [true, true, true, true, true]),
        (Quote, [true, true, false, true, true]),
        (Prove, [true, true, true, false, false]),
        (SampleAccounts, [true, true, false, false, false]),
        (Merchants, [true, true, false, false, false]),
        (ReadKeys, [true, true, false, true, false]),
        (KeepKeys, [true, true, false, true, false]),
        (RotateKey, [true, true, false, true, false]),
        (ReadAudit, [true, true, false, false, false]),
    ] {
        assert_eq!(answers(operation), expected, "{operation}");
    }
}

#[test]
fn a_key_is_for_its_scopes_and_says_which_is_missing() {
    for operation in Operation::ALL {
        let needed = operation.scope();
        for scope in Scope::ALL {
            let expected = match needed {
                Some(needed) if needed == *scope => Ok(()),
                Some(needed) => Err(Denied::InsufficientScope(needed)),
                None => Err(Denied::Forbidden),
            };
            assert_eq!(
                shop(Scopes::of(&[*scope])).may(*operation),
                expected,
                "{operation} {scope}"
            );
        }
        let none = shop(Scopes::of(&[])).may(*operation);
        let denied = needed.map_or(Denied::Forbidden, Denied::InsufficientScope);
        assert_eq!(none, Err(denied), "{operation}");
    }
    let used: BTreeSet<Scope> = Operation::ALL.iter().filter_map(|it| it.scope()).collect();
    assert_eq!(used.len(), Scope::ALL.len(), "every scope is for something");
}

#[test]
fn nobody_grants_what_he_may_not() {
    let charging = || Scopes::of(&[Scope::PaymentsRead, Scope::PaymentsWrite]);
    let [operator, sandbox, system, _, user] = principals();
    for scopes in [Scopes::all(), charging()] {
        assert_eq!(operator.may_grant(&scopes, None), Ok(()));
        assert_eq!(sandbox.may_grant(&scopes, None), Ok(()));
        assert_eq!(system.may_grant(&scopes, None), Err(Denied::Forbidden));
        assert_eq!(user.may_grant(&scopes, None), Err(Denied::Forbidden));
        assert_eq!(shop(Scopes::all()).may_grant(&scopes, None), Ok(()));
    }
    assert_eq!(shop(charging()).may_grant(&charging(), None), Ok(()));
    assert_eq!(shop(charging()).may_grant(&Scopes::of(&[Scope::PaymentsRead]), None), Ok(()));
    let denied = Err(Denied::InsufficientScope(Scope::RefundsWrite));
    let more = Scopes::of(&[Scope::PaymentsRead, Scope::RefundsWrite]);
    assert_eq!(shop(charging()).may_grant(&more, None), denied);

    // Nor for longer than he may himself.
    let at = |second| Timestamp::from_timestamp(second, 0).unwrap();
    let ending = |expires_at| Principal::Merchant {
        id: merchant("shop"),
        scopes: charging(),
        key: Some(KeyInHand { id: ApiKeyId(Uuid::from_u128(1)), expires_at }),
    };
    for (own, until, granted) in [
        (None, None, Ok(())),
        (None, Some(at(10)), Ok(())),
        (Some(at(10)), Some(at(9)), Ok(())),
        (Some(at(10)), Some(at(10)), Ok(())),
        (Some(at(10)), Some(at(11)), Err(Denied::OutlivesKey)),
        (Some(at(10)), None, Err(Denied::OutlivesKey)),
    ] {
        assert_eq!(ending(own).may_grant(&charging(), until), granted, "{own:?} {until:?}");
    }
    assert_eq!(Denied::OutlivesKey.code(), "forbidden");
}

#[test]
fn scopes_are_written_as_oauth_writes_them() {
    let scopes = Scopes::of(&[Scope::RefundsWrite, Scope::PaymentsRead, Scope::RefundsWrite]);
    assert_eq!(scopes.to_string(), "payments:read refunds:write");
    for scopes in [scopes, Scopes::all()] {
        assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
    }
    for text in ["", " ", "payments:read  refunds:write", "payments:read,refunds:write", "x"] {
        assert_eq!(Scopes::parse(text), None, "{text:?}");
    }
}

#[test]
fn who_sees_and_spends_whose() {
    let owners = [
        None,
        Some(Owner::Merchant(merchant("shop"))),
        Some(Owner::Merchant(merchant("other"))),
        Some(Owner::User(ADA)),
        Some(Owner::User(UserId(Uuid::from_u128(8)))),
    ];
    // the house, its own as a merchant, another merchant's, Ada's, another user's
    for (principal, sees, spends) in [
        (Principal::Operator, [true; 5], [false, true, true, true, true]),
        (Principal::Sandbox, [true; 5], [false, true, true, true, true]),
        (Principal::System, [true; 5], [false; 5]),
        (
            shop(Scopes::all()),
            [false, true, false, false, false],
            [false, true, false, false, false],
        ),
        (
            Principal::User { id: ADA },
            [false, false, false, true, false],
            [false, false, false, true, false],
        ),
    ] {
        let seen = owners.each_ref().map(|owner| principal.sees(owner.as_ref()));
        assert_eq!(seen, sees, "{principal:?}");
        let spent = owners.each_ref().map(|owner| principal.may_spend(owner.as_ref()));
        assert_eq!(spent, spends, "{principal:?}");
        let view = match principal.own() {
            Some(own) => View::Of(own),
            None => View::All,
        };
        assert_eq!(principal.view(), view, "{principal:?}");
    }
}

#[test]
fn what_is_nobodys_own_is_the_houses() {
    let house = merchant("house");
    let owners = principals().map(|it| it.acts_for(&house).to_string());
    let ada = format!("user:{ADA}");
    assert_eq!(
        owners,
        ["merchant:house", "merchant:house", "merchant:house", "merchant:shop", &ada]
    );
}

#[test]
fn names_are_written_and_read_back() {
    let names = principals().map(|it| it.actor().to_string());
    let ada = format!("user:{ADA}");
    assert_eq!(names, ["operator", "sandbox", "worker", "merchant:shop", &ada]);
    for principal in principals() {
        let actor = principal.actor();
        assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        let own = principal.own();
        assert_eq!(own.as_ref().and_then(|it| Owner::parse(&it.to_string())), own);
    }
    for text in
        ["", "client", "merchant", "merchant:", "merchant:A", "user:shop", "worker:1", "house:x"]
    {
        assert_eq!((Actor::parse(text), Owner::parse(text)), (None, None), "{text}");
    }
    for text in ["default", "a", "0", "a.b_c-d", &"m".repeat(64)] {
        assert_eq!(merchant(text).as_str(), text);
    }
    for text in ["", "A", "a b", "a:b", "-a", ".", "ü", &"m".repeat(65)] {
        assert_eq!(MerchantId::parse(text), Err(MerchantIdError), "{text}");
    }
}

#[test]
fn equal_keys_of_two_principals_or_operations_are_two() {
    let sent = |key: &str| SentKey {
        key: IdempotencyKey::parse(key).unwrap(),
        hash: RequestHash([1; 32]),
    };
    let other = Principal::Merchant { id: merchant("other"), scopes: Scopes::all(), key: None };
    let mut all = BTreeSet::new();
    for principal in principals().into_iter().chain([other]) {
        for operation in Operation::ALL {
            for key in ["k", "l"] {
                all.insert(sent(key).within(&principal, *operation).key);
            }
        }
    }
    assert_eq!(all.len(), 6 * Operation::ALL.len() * 2);
    let scoped = |scopes| sent("k").within(&shop(scopes), Operation::Charge);
    assert_eq!(scoped(Scopes::all()), scoped(Scopes::of(&[])), "whatever the key may do");
}

#[test]
fn the_hash_of_a_key_is_the_one_that_is_stored() {
    let key = IdempotencyKey::parse("key-1").unwrap();
    let hash = KeyHash::of(&shop(Scopes::all()), Operation::Charge, &key);
    assert_eq!(format!("{hash:?}"), "KeyHash(eee2e798cdae3aa563a781e6ced4b9d1)");
}

#[test]
fn refusals_have_stable_codes() {
    assert_eq!(Denied::Forbidden.code(), "forbidden");
    let denied = Denied::InsufficientScope(Scope::RefundsWrite);
    assert_eq!(denied.code(), "insufficient-scope");
    assert_eq!(denied.to_string(), "the key lacks the scope refunds:write");
}
