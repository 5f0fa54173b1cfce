//! What a merchant's key may be for.

use crate::status::named;
use std::collections::BTreeSet;

named! {
    /// A thing that a key may be for: `resource:action`.
    Scope {
        /// To see payments and their timelines.
        PaymentsRead = "payments:read",
        /// To charge payers.
        PaymentsWrite = "payments:write",
        /// To transfer, and to capture and void what is held.
        TransfersWrite = "transfers:write",
        /// To refund.
        RefundsWrite = "refunds:write",
        /// To see accounts, balances and statements.
        AccountsRead = "accounts:read",
        /// To open and close accounts.
        AccountsWrite = "accounts:write",
        /// To see exchange rates.
        RatesRead = "rates:read",
        /// To have rates promised.
        QuotesWrite = "quotes:write",
    }
}

/// The things that one key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// These.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().copied().collect())
    }

    /// All there are.
    #[must_use]
    pub fn all() -> Self {
        Self::of(Scope::ALL)
    }

    /// Whether it is for that.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}
