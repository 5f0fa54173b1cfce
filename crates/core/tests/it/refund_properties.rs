//! However a payment is refunded, in whatever parts and whatever fails in between, what comes back
//! is what went, to the last unit on both sides.

use crate::ledger::{Ledger, money, proved};
use paygate_core::account::{Role, SystemAccount};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::Actor;
use paygate_core::kind::Kind;
use paygate_core::proof::Scope;
use paygate_core::status::Status;
use proptest::prelude::*;

fn check_sound(ledger: &Ledger) {
    let (_, violations) = proved(Scope::Whole, ledger.facts(Scope::Whole));
    assert_eq!(violations, []);
}

fn posted(ledger: &Ledger, id: AccountId) -> i64 {
    ledger.accounts[&id].posted_minor
}

/// A transfer between two new wallets, captured in part if it was held.
fn transfer(codes: (&str, &str), minor: i64, part: Option<i64>) -> Option<(Ledger, PaymentId)> {
    let mut ledger = Ledger::new();
    let payer = ledger.wallet(codes.0);
    let payee = ledger.wallet(codes.1);
    let amount = money(minor, codes.0);
    let equity = ledger.system(SystemAccount::OpeningEquity, amount.currency);
    let opening = ledger.accept(Kind::Opening, amount, (equity, payer), false)?;
    assert_eq!(ledger.work(opening), Status::Success);
    let id = ledger.accept(Kind::Transfer, amount, (payer, payee), part.is_some())?;
    ledger.work(id);
    if let Some(part) = part {
        ledger
            .transact(|book| paygate_core::hold::capture(book, id, Some(part), &Actor::Operator))
            .ok()?;
    }
    assert_eq!(ledger.status(id), Status::Success);
    Some((ledger, id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn refunds_in_any_parts_leave_no_residue(
        minor in 1..3_000i64, codes in (0..3usize, 0..3usize), held in prop::option::of(1..3_000i64),
        cuts in prop::collection::vec(1..1_500i64, 0..8)
    ) {
        let codes = (crate::ledger::CODES[codes.0], crate::ledger::CODES[codes.1]);
        let part = held.map(|part| part.min(minor));
        let Some((mut ledger, id)) = transfer(codes, minor, part) else { return Ok(()) };
        let moved = ledger.payments[&id].payment.moved().0.minor;
        let mut left = moved;
        for cut in cuts {
            let refund = ledger.accept_refund(id, cut);
            let expected = if cut <= left { Status::Success } else { Status::Failed };
            prop_assert_eq!(ledger.work(refund), expected);
            left -= if cut <= left { cut } else { 0 };
            prop_assert_eq!(ledger.payments[&id].payment.refunded_minor, moved - left);
            check_sound(&ledger);
        }
        if left > 0 {
            prop_assert_eq!(ledger.status(id), Status::Success);
            let last = ledger.accept_refund(id, left);
            prop_assert_eq!(ledger.work(last), Status::Success);
        }
        check_sound(&ledger);
        prop_assert_eq!(ledger.status(id), Status::Reversed);
        let payment = &ledger.payments[&id].payment;
        prop_assert_eq!(posted(&ledger, payment.source), minor);
        prop_assert_eq!(posted(&ledger, payment.destination), 0);
        for system in [payment.debit.currency, payment.credit.currency] {
            let liquidity = ledger.system(SystemAccount::FxLiquidity, system);
            prop_assert_eq!(posted(&ledger, liquidity), 0);
        }
    }

    #[test]
    fn refunds_of_a_charge_that_run_at_once_never_exceed_it(
        steps in prop::collection::vec((1..700i64, 0..4usize, any::<bool>()), 0..12)
    ) {
        let mut ledger = Ledger::new();
        let amount = money(1_000, "USD");
        let acquirer = ledger.system(SystemAccount::Acquirer, amount.currency);
        let merchant = ledger.account_of(&Role::Merchant(crate::ledger::merchant()), amount.currency);
        let charge = ledger.accept(Kind::Charge, amount, (acquirer, merchant), false).unwrap();
        ledger.work(charge);
        ledger.approve(charge);
        let mut asked: Vec<PaymentId> = Vec::new();
        for (minor, which, approved) in steps {
            let refund = ledger.accept_refund(charge, minor);
            if ledger.work(refund) == Status::Processing {
                asked.push(refund);
            }
            if which < asked.len() {
                let refund = asked.remove(which);
                match approved {
                    true => prop_assert_eq!(ledger.approve(refund), Status::Success),
                    false => prop_assert_eq!(ledger.decline(refund), Status::Failed),
                }
            }
            check_sound(&ledger);
            let original = &ledger.payments[&charge].payment;
            prop_assert!(original.refunded_minor + original.refunding_minor <= 1_000);
        }
        for refund in asked {
            ledger.decline(refund);
        }
        let original = &ledger.payments[&charge].payment;
        prop_assert_eq!(original.refunding_minor, 0);
        let left = original.refundable_minor();
        if left > 0 {
            let last = ledger.accept_refund(charge, left);
            ledger.work(last);
            prop_assert_eq!(ledger.approve(last), Status::Success);
        }
        prop_assert_eq!(ledger.status(charge), Status::Reversed);
        prop_assert_eq!((posted(&ledger, acquirer), posted(&ledger, merchant)), (0, 0));
        prop_assert_eq!(ledger.accounts[&merchant].held_minor, 0);
        check_sound(&ledger);
    }
}
