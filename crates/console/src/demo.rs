//! `paygate demo`: a few wallets and a little history, to have something to look at. It goes the way
//! that clients' requests go: the same use cases, a queue, a worker.
//!
//! What must stay true: every wallet has an alias and every payment an idempotency key, so that
//! whatever was done before is not done again, also if it was ended midway.

mod history;
mod plan;

use crate::accounts;
use crate::desk::Desk;
use crate::output::{Ended, Fatal, stdout};
use crate::payments::{called, parties, with_code};
use crate::table::{Column, Table, counted};
use history::{History, Made};
use paygate_app::Api;
use paygate_core::account::AccountKey;
use paygate_core::payment::PaymentRecord;
use paygate_core::text::Label;
use std::io::Write;

/// The plan, carried out in two parts: a worker takes hints from their middle on.
pub struct Demo<'a>(History<'a>);

impl<'a> Demo<'a> {
    /// Nothing is done yet.
    #[must_use]
    pub fn of(api: &'a Api) -> Self {
        Self(History::of(api))
    }

    /// Does what comes before the worker takes hints: opens the wallets, and sends two payments that
    /// exceed one of them together. Each is accepted as long as neither is settled.
    ///
    /// # Errors
    /// What could not be done.
    pub async fn begin(&mut self) -> Result<(), Fatal> {
        for wallet in plan::WALLETS {
            self.0.open(wallet).await?;
        }
        for payment in plan::BEFORE_THE_WORKER {
            self.0.send(payment).await?;
        }
        Ok(())
    }

    /// Brings every payment to its end, while a worker takes hints.
    ///
    /// # Errors
    /// What could not be done.
    pub async fn settle(&mut self) -> Result<(), Fatal> {
        for payment in plan::BEFORE_THE_WORKER.iter().chain(plan::WITH_THE_WORKER) {
            self.0.settle(payment).await?;
        }
        Ok(())
    }

    /// Shows what is there now, and what to try next.
    ///
    /// # Errors
    /// Why the answer is not complete.
    pub async fn tell(self, desk: &Desk) -> Result<(), Fatal> {
        tell(desk, self.0.made).await.or_else(Ended::failure)
    }
}

const PAYMENTS: [Column; 7] = [
    Column::left("KEY"),
    Column::left("KIND"),
    Column::left("STATUS"),
    Column::right("DEBIT"),
    Column::right("CREDIT"),
    Column::left("BETWEEN"),
    Column::left("WHAT FOR"),
];

async fn tell(desk: &Desk, made: Made) -> Result<(), Ended> {
    let mut out = stdout();
    let Made { wallets, payments, new_wallets, new_payments } = made;
    match (new_wallets, new_payments) {
        (0, 0) => writeln!(out, "Nothing has changed: the demo was here before.\n")?,
        (wallets, payments) => {
            let wallets = counted(wallets, "wallet", "wallets");
            let payments = counted(payments, "payment", "payments");
            writeln!(out, "New: {wallets} and {payments}.\n")?;
        }
    }
    let records: Vec<_> = payments.iter().filter_map(|(_, record)| record.clone()).collect();
    let parties = parties(desk, &records).await?;
    let mut table = Table::of(&PAYMENTS);
    for (key, record) in payments {
        let Some(PaymentRecord { payment, request, .. }) = record else {
            let refused = [key, "-", "refused", "-", "-", "-", "Too little to spend"];
            table.row(&mut out, refused.map(ToOwned::to_owned).to_vec())?;
            continue;
        };
        let party = |id| parties.get(&id).map_or_else(|| "-".to_owned(), called);
        let status = match &payment.failure {
            Some(failure) => format!("{} ({})", payment.status, failure.code),
            None => payment.status.to_string(),
        };
        let (debit, credit) = payment.moved();
        let cells = vec![
            key.to_owned(),
            payment.kind.to_string(),
            status,
            with_code(debit),
            with_code(credit),
            format!("{} → {}", party(payment.source), party(payment.destination)),
            request.description.as_ref().map_or("-", Label::as_str).to_owned(),
        ];
        table.row(&mut out, cells)?;
    }
    table.print(&mut out)?;
    writeln!(out)?;
    let names = wallets.iter().map(|record| AccountKey::Id(record.account.id)).collect();
    let mut table = Table::of(&accounts::COLUMNS);
    for record in desk.accounts.find(names).await?.iter().flatten() {
        table.row(&mut out, accounts::cells(record))?;
    }
    table.print(&mut out)?;
    out.write_all(NEXT.as_bytes())?;
    Ok(out.flush()?)
}

const NEXT: &str = "
Try next:

  paygate payments                  every payment, newest first
  paygate statement ACC001          what happened in a wallet
  paygate accounts --currency IDR   the system's own accounts, too
  paygate prove                     the proof that every balance follows from its entries
  paygate                           the API, and at /api/v1/docs/ a page to try it
";
