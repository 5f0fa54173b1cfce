//! The kinds of work, and what one client does for one number.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::wallets::Wallet;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Workload {
    /// Charges: each is claimed, the acquirer is asked, and it is settled.
    Charge,
    /// Transfers between any two of the wallets, each pair as likely as any other.
    Transfer,
    /// Transfers between wallets of which few are in most of them.
    Zipf,
    /// Transfers that all credit one wallet.
    Hot,
    /// Transfers between two currencies, all through one pair of liquidity accounts.
    Fx,
    /// Holds, each captured as soon as it holds.
    Holds,
    /// Of ten: 4 transfers, 3 charges, a conversion, a hold with its capture, and a list.
    Mixed,
    /// Of ten: 9 reads, of one payment or of a list, and a transfer.
    Read,
}

impl Workload {
    /// All of them, as they are listed.
    pub(crate) const ALL: [Self; 8] = [
        Self::Transfer,
        Self::Charge,
        Self::Zipf,
        Self::Hot,
        Self::Fx,
        Self::Holds,
        Self::Mixed,
        Self::Read,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Transfer => "transfer",
            Self::Zipf => "zipf",
            Self::Hot => "hot",
            Self::Fx => "fx",
            Self::Holds => "holds",
            Self::Mixed => "mixed",
            Self::Read => "read",
        }
    }

    /// Whether some of its transfers are between two currencies.
    pub(crate) fn converts(self) -> bool {
        match self {
            Self::Fx | Self::Mixed => true,
            Self::Charge | Self::Transfer | Self::Zipf | Self::Hot => false,
            Self::Holds | Self::Read => false,
        }
    }

    /// Whether its clients ask for payments that they made before.
    pub(crate) fn reads(self) -> bool {
        match self {
            Self::Read => true,
            Self::Charge | Self::Transfer | Self::Zipf | Self::Hot => false,
            Self::Fx | Self::Holds | Self::Mixed => false,
        }
    }
}

/// What one client does before it takes the next number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Charge,
    /// From the first to the second.
    Transfer(Wallet, Wallet),
    /// A hold, waited for, and its capture.
    Hold(Wallet, Wallet),
    /// One of the payments accepted last.
    Get,
    /// The newest payments.
    List,
}
