//! What can be asked for, and of whom.

use super::scope::Scope;
use crate::status::named;

named! {
    /// What somebody asks for. The names are in the hashes of idempotency keys: never change one.
    Operation {
        /// To see payments and their timelines.
        Payments = "read-payments",
        /// To take money from an outside payer.
        Charge = "charge",
        /// To move money between accounts, now or held first.
        Transfer = "transfer",
        /// To capture or to void what is held.
        DecideHold = "decide-hold",
        /// To give a payment back.
        Refund = "refund",
        /// To see accounts, balances and statements.
        ReadAccounts = "read-accounts",
        /// To open an account.
        OpenAccount = "open-account",
        /// To open it with money that comes from nowhere.
        OpenWithBalance = "open-with-balance",
        /// To open it so that it may be overdrawn.
        OpenWithOverdraft = "open-with-overdraft",
        /// To close an account.
        CloseAccount = "close-account",
        /// To see exchange rates.
        ReadRates = "read-rates",
        /// To have a rate promised.
        Quote = "quote",
        /// To prove the whole ledger.
        Prove = "prove",
        /// To see accounts drawn by lot, out of everybody's.
        SampleAccounts = "sample-accounts",
        /// To take in a merchant, and to see all of them.
        Merchants = "merchants",
        /// To see keys.
        ReadKeys = "read-api-keys",
        /// To make a key, and to end one.
        KeepKeys = "keep-api-keys",
        /// To make a key in place of another.
        RotateKey = "rotate-api-key",
        /// To see who did what.
        ReadAudit = "read-audit",
    }
}

impl Operation {
    /// The scope that a merchant's key needs; `None` for what no merchant may.
    #[must_use]
    pub fn scope(self) -> Option<Scope> {
        match self {
            Self::Payments => Some(Scope::PaymentsRead),
            Self::Charge => Some(Scope::PaymentsWrite),
            Self::Transfer | Self::DecideHold => Some(Scope::TransfersWrite),
            Self::Refund => Some(Scope::RefundsWrite),
            Self::ReadAccounts => Some(Scope::AccountsRead),
            Self::OpenAccount | Self::CloseAccount => Some(Scope::AccountsWrite),
            Self::ReadRates => Some(Scope::RatesRead),
            Self::Quote => Some(Scope::QuotesWrite),
            Self::ReadKeys => Some(Scope::KeysRead),
            Self::KeepKeys | Self::RotateKey => Some(Scope::KeysWrite),
            Self::OpenWithBalance
            | Self::OpenWithOverdraft
            | Self::Prove
            | Self::SampleAccounts
            | Self::Merchants
            | Self::ReadAudit => None,
        }
    }

    /// Whether users may, with what is their own.
    #[must_use]
    pub(super) fn is_for_users(self) -> bool {
        match self {
            Self::Payments
            | Self::Transfer
            | Self::DecideHold
            | Self::ReadAccounts
            | Self::ReadRates
            | Self::Quote => true,
            Self::Charge
            | Self::Refund
            | Self::OpenAccount
            | Self::OpenWithBalance
            | Self::OpenWithOverdraft
            | Self::CloseAccount
            | Self::Prove
            | Self::SampleAccounts
            | Self::Merchants
            | Self::ReadKeys
            | Self::KeepKeys
            | Self::RotateKey
            | Self::ReadAudit => false,
        }
    }

    /// Whether the house at work asks for it: it looks, and makes nothing.
    #[must_use]
    pub(super) fn is_for_system(self) -> bool {
        match self {
            Self::Payments | Self::ReadAccounts | Self::ReadRates | Self::Prove => true,
            Self::Charge
            | Self::Transfer
            | Self::DecideHold
            | Self::Refund
            | Self::OpenAccount
            | Self::OpenWithBalance
            | Self::OpenWithOverdraft
            | Self::CloseAccount
            | Self::Quote
            | Self::SampleAccounts
            | Self::Merchants
            | Self::ReadKeys
            | Self::KeepKeys
            | Self::RotateKey
            | Self::ReadAudit => false,
        }
    }
}
