//! What the demo consists of. A wallet or payment that is changed here is another one under the same
//! name, which stores that know the old one refuse: give it a new name instead.

/// A wallet with an opening balance.
#[derive(Debug)]
pub(super) struct Wallet {
    pub(super) alias: &'static str,
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    pub(super) opening: &'static str,
}

const fn wallet(
    alias: &'static str,
    name: &'static str,
    currency: &'static str,
    opening: &'static str,
) -> Wallet {
    Wallet { alias, name, currency, opening }
}

impl Wallet {
    /// All of it in one text.
    pub(super) fn canonical(&self) -> String {
        [self.alias, self.name, self.currency, self.opening].join("|")
    }
}

pub(super) const WALLETS: &[Wallet] = &[
    wallet("ACC001", "Ayu Lestari", "IDR", "10000000"),
    wallet("ACC002", "Budi Santoso", "IDR", "2500000"),
    wallet("ACC003", "Carol Jones", "USD", "1000"),
    wallet("ACC004", "Darren Tan", "SGD", "800"),
    wallet("ACC005", "Elena Rossi", "EUR", "650"),
    wallet("ACC006", "Fumiko Sato", "JPY", "120000"),
];

/// A payment under its idempotency key.
#[derive(Debug)]
pub(super) struct Payment {
    pub(super) key: &'static str,
    pub(super) description: &'static str,
    pub(super) does: Does,
    pub(super) then: Then,
    /// Whether too little money at the time it is sent is all right, too.
    pub(super) may_be_refused: bool,
}

impl Payment {
    /// All of it that was sent in one text.
    pub(super) fn canonical(&self) -> String {
        let hold = if self.then == Then::Nothing { "" } else { "hold" };
        let does = match self.does {
            Does::Transfer { from, to, amount, currency } => {
                ["transfer", from, to, amount, currency.unwrap_or_default(), hold].join("|")
            }
            Does::Charge { amount, currency } => ["charge", amount, currency].join("|"),
            Does::Refund { of, amount } => ["refund", of, amount].join("|"),
        };
        [self.key, self.description, &does].join("|")
    }
}

/// What a payment does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    Transfer {
        from: &'static str,
        to: &'static str,
        amount: &'static str,
        /// The source's if `None`.
        currency: Option<&'static str>,
    },
    Charge {
        amount: &'static str,
        currency: &'static str,
    },
    Refund {
        /// The key of that payment.
        of: &'static str,
        amount: &'static str,
    },
}

/// What happens to a payment afterwards. What something happens to is held until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    Capture(&'static str),
    Void,
}

const fn payment(key: &'static str, description: &'static str, does: Does) -> Payment {
    Payment { key, description, does, then: Then::Nothing, may_be_refused: false }
}

const fn transfer(
    from: &'static str,
    to: &'static str,
    amount: &'static str,
    currency: Option<&'static str>,
) -> Does {
    Does::Transfer { from, to, amount, currency }
}

/// Sent before the worker takes hints. The wallet has enough for either, and not for both.
pub(super) const BEFORE_THE_WORKER: &[Payment] = &[
    payment("demo-1", "A hotel in Rome", transfer("ACC006", "ACC005", "70000", None)),
    Payment {
        may_be_refused: true,
        ..payment("demo-2", "A better hotel", transfer("ACC006", "ACC005", "60000", None))
    },
];

pub(super) const WITH_THE_WORKER: &[Payment] = &[
    payment("demo-3", "A card payment", Does::Charge { amount: "100.50", currency: "USD" }),
    payment("demo-4", "Half of the rent", transfer("ACC001", "ACC002", "250000", None)),
    payment("demo-5", "Birthday present", transfer("ACC003", "ACC004", "100", None)),
    payment("demo-6", "Exactly 10000 yen", transfer("ACC005", "ACC006", "10000", Some("JPY"))),
    payment("demo-7", "What 10 USD is worth", transfer("ACC001", "ACC002", "10", Some("USD"))),
    Payment {
        then: Then::Capture("120"),
        ..payment("demo-8", "Deposit for a villa", transfer("ACC003", "ACC001", "200", None))
    },
    Payment {
        then: Then::Void,
        ..payment("demo-9", "A booking called off", transfer("ACC004", "ACC002", "50", None))
    },
    payment("demo-10", "Rent paid twice", Does::Refund { of: "demo-4", amount: "100000" }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_unique_and_refer_to_what_is_there() {
        let all = || BEFORE_THE_WORKER.iter().chain(WITH_THE_WORKER);
        let keys: BTreeSet<_> = all().map(|payment| payment.key).collect();
        let aliases: BTreeSet<_> = WALLETS.iter().map(|wallet| wallet.alias).collect();
        assert_eq!((keys.len(), aliases.len()), (all().count(), WALLETS.len()));
        for payment in all() {
            let known = match payment.does {
                Does::Transfer { from, to, .. } => aliases.contains(from) && aliases.contains(to),
                Does::Refund { of, .. } => keys.contains(of),
                Does::Charge { .. } => true,
            };
            assert!(known, "{payment:?}");
        }
    }
}
