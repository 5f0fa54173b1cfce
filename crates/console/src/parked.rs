//! `paygate parked` and `paygate unpark`: the operator's view of the quarantine, and the way out of
//! it.

use crate::desk::Desk;
use crate::output::{Ended, JsonList, stdout};
use crate::table::{Column, Table};
use paygate_core::id::PaymentId;
use serde_json::json;
use std::io::Write;

/// The most payments one listing shows.
const LIMIT: u16 = 1000;

const COLUMNS: [Column; 2] = [Column::left("PAYMENT"), Column::left("REASON")];

/// Lists the parked payments with their reasons.
pub(crate) async fn list(desk: &Desk, json: bool) -> Result<(), Ended> {
    let mut parked = desk.quarantine.parked(LIMIT.saturating_add(1)).await?;
    if parked.len() > usize::from(LIMIT) {
        parked.truncate(usize::from(LIMIT));
        eprintln!("paygate: there are more; these are the first {LIMIT}");
    }
    let mut out = stdout();
    if json {
        let mut list = JsonList::begin(out, &json!({}))?;
        for (id, reason) in &parked {
            list.item(&json!({ "payment_id": id.to_string(), "reason": reason }))?;
        }
        return list.end(None);
    }
    if parked.is_empty() {
        writeln!(out, "nothing is parked")?;
        return Ok(out.flush()?);
    }
    let mut table = Table::of(&COLUMNS);
    for (id, reason) in parked {
        table.row(&mut out, vec![id.to_string(), reason])?;
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// Makes a parked payment due again.
pub(crate) async fn unpark(desk: &Desk, id: PaymentId) -> Result<(), Ended> {
    match desk.quarantine.unpark(id).await? {
        true => Ok(writeln!(std::io::stdout(), "{id} is due again")?),
        false => Err(Ended::Because(format!("{id} is not parked"))),
    }
}
