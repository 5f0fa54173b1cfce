//! The operator's view of the quarantine: what was set aside as poison, and the way back.

use crate::config::Config;
use crate::{Fatal, fatal, store};
use paygate_core::id::PaymentId;
use std::io::Write;

/// The most payments one listing shows.
const LIMIT: u16 = 1000;

/// Prints the parked payments, a line each: id, reason.
pub(crate) async fn list(config: &Config) -> Result<(), Fatal> {
    let stores = store::open(config, false).await?;
    let parked = stores.quarantine.parked(LIMIT).await.map_err(fatal)?;
    let mut out = std::io::stdout().lock();
    for (id, reason) in &parked {
        writeln!(out, "{id}  {reason}").map_err(fatal)?;
    }
    if parked.is_empty() {
        writeln!(out, "nothing is parked").map_err(fatal)?;
    }
    Ok(())
}

/// Makes a parked payment due again.
pub(crate) async fn unpark(config: &Config, id: PaymentId) -> Result<(), Fatal> {
    let stores = store::open(config, false).await?;
    match stores.quarantine.unpark(id).await.map_err(fatal)? {
        true => writeln!(std::io::stdout(), "{id} is due again").map_err(fatal),
        false => Err(format!("{id} is not parked")),
    }
}
