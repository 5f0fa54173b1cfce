//! The kinds of payments, and what is peculiar to each.

use crate::status::named;

named! {
    /// What a payment does.
    Kind {
        /// Takes money from an outside payer into an account.
        Charge = "charge",
        /// Moves money between two accounts.
        Transfer = "transfer",
        /// Sends money from an account to the outside.
        Payout = "payout",
        /// Brings money from the outside into an account.
        Deposit = "deposit",
        /// Gives a payment back.
        Refund = "refund",
        /// Gives a new account its opening balance.
        Opening = "opening",
    }
}

impl Kind {
    /// Whether its money leaves through a provider, so that it is held before that is called.
    #[must_use]
    pub fn leaves_through_provider(self) -> bool {
        matches!(self, Self::Payout | Self::Refund)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(Kind::parse("Charge"), None);
    }
}
