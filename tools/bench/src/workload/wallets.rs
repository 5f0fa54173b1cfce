//! The wallets that transfers go between.

use std::fmt;

use crate::http::{Connection, Request, Target};
use crate::wait_for::on_this_thread;

/// As much as 500,000 of the largest transfers, all in one direction.
const OPENING_BALANCE: u64 = 1_000_000_000;
/// Each has another one to pay.
pub(super) const LEAST: u64 = 2;
/// Opened side by side.
const CONNECTIONS: u64 = 16;

/// A currency that wallets are opened in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Currency {
    Idr,
    Usd,
}

impl Currency {
    /// Its ISO 4217 code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Idr => "IDR",
            Self::Usd => "USD",
        }
    }
}

/// A wallet; as text, its alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wallet {
    currency: Currency,
    number: u64,
}

impl Wallet {
    /// One of a currency.
    pub(crate) fn of(currency: Currency, number: u64) -> Self {
        Self { currency, number }
    }

    /// One of rupiah.
    pub(crate) fn idr(number: u64) -> Self {
        Self::of(Currency::Idr, number)
    }

    /// What its money is.
    pub(crate) fn currency(self) -> Currency {
        self.currency
    }

    /// Its place among those of its currency.
    #[cfg(test)]
    pub(crate) fn number(self) -> u64 {
        self.number
    }
}

impl fmt::Display for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = match self.currency {
            Currency::Idr => "idr",
            Currency::Usd => "usd",
        };
        write!(f, "bench-{currency}-{}", self.number)
    }
}

/// Opens so many wallets, as many again for conversions, if there are any. Those that an earlier run
/// has opened stay as they are.
pub(crate) fn open_all(target: &Target, wallets: u64, converts: bool) -> Result<(), String> {
    let currencies = [Currency::Idr, Currency::Usd];
    let currencies = if converts { &currencies[..] } else { &currencies[..1] };
    on_this_thread(open(target, wallets.max(LEAST), currencies.to_vec()))
}

async fn open(target: &Target, wallets: u64, currencies: Vec<Currency>) -> Result<(), String> {
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..CONNECTIONS {
        let (target, currencies) = (target.clone(), currencies.clone());
        tasks.spawn(async move {
            let mut connection = Connection::new(&target);
            for number in (first..wallets).step_by(CONNECTIONS as usize) {
                for currency in &currencies {
                    open_one(&mut connection, &target, Wallet::of(*currency, number)).await?;
                }
            }
            Ok::<(), String>(())
        });
    }
    while let Some(opened) = tasks.join_next().await {
        opened.map_err(|error| format!("opening wallets: {error}"))??;
    }
    Ok(())
}

async fn open_one(
    connection: &mut Connection,
    target: &Target,
    wallet: Wallet,
) -> Result<(), String> {
    let currency = wallet.currency.code();
    let mut request = Request::new(target);
    let request = request.post(
        "/api/v1/accounts",
        format_args!(""),
        format_args!(
            r#"{{"currency":"{currency}","alias":"{wallet}","opening_balance":"{OPENING_BALANCE}.00"}}"#
        ),
    );
    let answer = connection.ask(request).await;
    let answer = answer.map_err(|error| format!("opening a wallet: {error}"))?;
    if answer.status == 201 {
        return Ok(());
    }
    Err(format!("opening a wallet came to {} {}", answer.status, answer.text()))
}

#[cfg(test)]
mod tests {
    use super::{Currency, Wallet};

    #[test]
    fn a_wallet_is_known_by_its_alias() {
        assert_eq!(Wallet::idr(12).to_string(), "bench-idr-12");
        assert_eq!(Wallet::of(Currency::Usd, 0).to_string(), "bench-usd-0");
    }
}
