//! What is measured: charges, about which the acquirer is asked, or transfers between wallets.

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use crate::requests::create_payment;
use crate::wallets;

/// A kind of payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Charges,
    Transfers,
}

impl Work {
    /// By its name on the command line.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Charges, Self::Transfers].into_iter().find(|work| work.name() == word)
    }

    /// As people call many of them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Charges => "charges",
            Self::Transfers => "transfers",
        }
    }

    /// As the database calls one.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Charges => "charge",
            Self::Transfers => "transfer",
        }
    }

    /// The request with this number of a load of this name: another one for each.
    pub(crate) fn request(
        self,
        name: &str,
        number: u64,
        wait_seconds: Option<u64>,
    ) -> Request<Full<Bytes>> {
        match self {
            Self::Charges => create_payment(name, number, wait_seconds),
            Self::Transfers => wallets::create_transfer(name, number, wait_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Work;

    #[test]
    fn work_is_known_by_its_name() {
        for work in [Work::Charges, Work::Transfers] {
            assert_eq!(Work::parse(work.name()), Some(work));
            assert_eq!(work.name(), format!("{}s", work.kind()));
        }
        assert_eq!(Work::parse("15"), None);
    }
}
