//! What each statement is run with: as the service does, on the rows that `fill` makes.

mod accounts;
mod exchange;
mod identity;
mod ledger;
mod payments;
mod rows;

pub(super) use rows::Case;

/// A proof of the whole reads the whole. What is fetched from a cursor was read by its statement.
pub(super) const NOT_LOOKED_AT: &[&str] = &[
    "ledger::audit::WholeSize",
    "ledger::audit::accounts::OpenHolds",
    "ledger::audit::accounts::NextHolds",
    "ledger::audit::accounts::NextTouched",
    "ledger::audit::payments::NextNew",
];

/// The cases of a statement, by its module and name.
pub(super) fn cases(name: &str) -> Vec<Case> {
    let mut parts = name.splitn(3, "::");
    let (Some(room), Some(module), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    match (room, module) {
        ("payments", "accept") => payments::accepting(name),
        ("accounts", "find" | "reader") => accounts::reading_accounts(name),
        ("accounts", "standing" | "wallets") => accounts::opening(name),
        ("ledger", "audit") => ledger::proving(name),
        ("payments", "changes" | "transact") => payments::settling(name),
        ("payments", "due") => payments::sweeping(name),
        ("payments", "reader") | ("ledger", "journal") => payments::reading(name),
        ("payments", "list") => payments::listing(name),
        ("ledger", "proof_log") => ledger::remembering(name),
        ("payments", "quarantine") => payments::setting_aside(name),
        ("identity", "merchants") => identity::taking_in(name),
        ("identity", "api_keys" | "api_key_reader") => identity::opening_doors(name),
        ("identity", "audit_log") => identity::writing_down(name),
        ("exchange", "quotes") => exchange::quoting(name),
        _ => Vec::new(),
    }
}
