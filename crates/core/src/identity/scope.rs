//! What a merchant's key may be for.

use crate::status::named;
use std::collections::BTreeSet;
use std::fmt;

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
        /// To see the merchant's keys.
        KeysRead = "api-keys:read",
        /// To make, rotate and revoke the merchant's keys.
        KeysWrite = "api-keys:write",
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

    /// The scopes of that text, as it is displayed; the order does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(' ').map(Scope::parse).collect::<Option<_>>().map(Self)
    }

    /// They, each once.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// One of these that the others lack.
    #[must_use]
    pub fn beyond(&self, others: &Self) -> Option<Scope> {
        self.0.difference(&others.0).next().copied()
    }

    /// Whether it is for that.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

/// As OAuth writes them: in a row, with a space between (RFC 6749 section 3.3).
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}
