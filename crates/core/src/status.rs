//! The states a payment can be in, and the one table of the steps between them.

/// Declares a fieldless enum with one stable text per variant and its parser.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire and in the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value with that name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Where a payment stands.
    Status {
        /// Accepted; nothing has moved.
        Pending = "PENDING",
        /// Claimed by a worker; a provider may have been asked.
        Processing = "PROCESSING",
        /// Funds are held and wait for capture.
        Authorized = "AUTHORIZED",
        /// A person must decide.
        ManualReview = "MANUAL_REVIEW",
        /// Settled.
        Success = "SUCCESS",
        /// Refused; nothing moved.
        Failed = "FAILED",
        /// Settled, then refunded in full.
        Reversed = "REVERSED",
        /// The hold was given back on request.
        Voided = "VOIDED",
        /// The hold was given back by time.
        Expired = "EXPIRED",
    }
}

impl Status {
    /// Whether the transition table has the step from `self` to `to`.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        use Status::*;
        match self {
            Pending => matches!(to, Processing | Authorized | ManualReview | Success | Failed),
            Processing => matches!(to, Success | Failed | ManualReview),
            Authorized => matches!(to, Success | Voided | Expired),
            ManualReview => matches!(to, Success | Failed),
            Success => matches!(to, Reversed),
            Failed | Reversed | Voided | Expired => false,
        }
    }

    /// Whether the payment has reached its end (SUCCESS → REVERSED is the one documented step
    /// after it).
    #[must_use]
    pub fn is_terminal(self) -> bool {
        use Status::*;
        matches!(self, Success | Failed | Reversed | Voided | Expired)
    }

    /// Whether a worker has something to do now: what a waiting client waits for the end of.
    #[must_use]
    pub fn is_in_flight(self) -> bool {
        matches!(self, Self::Pending | Self::Processing)
    }

    /// Whether a provider may have moved the money already: it was asked, or a person looks into it.
    #[must_use]
    pub fn is_with_provider(self) -> bool {
        use Status::*;
        match self {
            Processing | ManualReview => true,
            Pending | Authorized | Success | Failed | Reversed | Voided | Expired => false,
        }
    }

    /// Whether a worker has something to do now or at its time: what the sweeper keeps due.
    #[must_use]
    pub fn is_due(self) -> bool {
        self.is_in_flight() || self == Self::Authorized
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_documented_one() {
        let mut steps = Vec::new();
        for from in Status::ALL {
            for to in Status::ALL {
                if from.may_become(*to) {
                    steps.push(format!("{from}>{to}"));
                }
            }
        }
        assert_eq!(
            steps,
            [
                "PENDING>PROCESSING",
                "PENDING>AUTHORIZED",
                "PENDING>MANUAL_REVIEW",
                "PENDING>SUCCESS",
                "PENDING>FAILED",
                "PROCESSING>MANUAL_REVIEW",
                "PROCESSING>SUCCESS",
                "PROCESSING>FAILED",
                "AUTHORIZED>SUCCESS",
                "AUTHORIZED>VOIDED",
                "AUTHORIZED>EXPIRED",
                "MANUAL_REVIEW>SUCCESS",
                "MANUAL_REVIEW>FAILED",
                "SUCCESS>REVERSED",
            ]
        );
    }

    #[test]
    fn names_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(*status));
        }
        assert_eq!(Status::parse("pending"), None);
    }

    #[test]
    fn only_success_leaves_a_terminal_state() {
        for from in Status::ALL.iter().filter(|status| status.is_terminal()) {
            for to in Status::ALL {
                let allowed = (*from, *to) == (Status::Success, Status::Reversed);
                assert_eq!(from.may_become(*to), allowed, "{from} to {to}");
            }
        }
    }
}
