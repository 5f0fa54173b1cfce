//! The accounts that the house itself needs.

use crate::status::named;

named! {
    /// The system's own accounts, one of each per currency. They may go below zero: what they lack
    /// is what the outside world owes or is owed.
    SystemAccount {
        /// Money taken from payers by the acquirer.
        Acquirer = "acquirer",
        /// Money that came from or went to banks.
        Bank = "bank",
        /// The counterparty of every conversion.
        FxLiquidity = "fx_liquidity",
        /// The counterparty of every opening balance.
        OpeningEquity = "opening_equity",
    }
}
