//! Rates as customers get them, and quotes.

use crate::rig::{Rig, WE, asking, currency, money};
use chrono::TimeDelta;
use paygate_app::{ConvertError, NoRate};
use paygate_core::fx::ConversionError;
use paygate_core::money::Money;
use paygate_ports::{Clock, QuoteStore, RateSource, StoreError};

#[tokio::test]
async fn customers_get_the_market_less_the_spread() {
    let rig = Rig::with_spread(250).await;
    let [usd, idr, eur] = ["USD", "IDR", "EUR"].map(currency);
    let market = rig.rates.rate(usd, idr).await.unwrap();
    assert_eq!((market.rate.to_string().as_str(), market.as_of), ("15500", rig.clock.now()));
    let customer = rig.exchange.rate(&WE, usd, idr).await.unwrap();
    assert_eq!((customer.rate.to_string().as_str(), customer.source.as_str()), ("15112.5", "fake"));
    // In either direction it is the customer who pays.
    let back = rig.exchange.rate(&WE, idr, usd).await.unwrap().rate;
    assert_eq!(back.credit_for(money("15500 IDR")).unwrap(), money("0.97 USD"));
    assert_eq!(rig.exchange.rate(&WE, eur, eur).await.unwrap().rate.to_string(), "1");
}

#[tokio::test]
async fn a_conversion_says_what_would_be_credited() {
    let rig = Rig::with_spread(250).await;
    let convert =
        async |amount: &str, to| rig.exchange.convert(&WE, money(amount), currency(to)).await;
    let (credit, applied) = convert("10.01 USD", "IDR").await.unwrap();
    assert_eq!((credit, applied.rate.to_string()), (money("151276.12 IDR"), "15112.5".to_owned()));
    assert_eq!(convert("10.01 USD", "USD").await.unwrap().0, money("10.01 USD"));
    let small = ConvertError::Conversion(ConversionError::TooSmall);
    assert_eq!(convert("1 IDR", "USD").await.unwrap_err(), small);
    let most = Money { minor: i64::MAX, currency: currency("USD") };
    let large = rig.exchange.convert(&WE, most, currency("IDR")).await.unwrap_err();
    assert_eq!(large, ConvertError::Conversion(ConversionError::Overflow));
    let unknown = convert("10 USD", "KWD").await.unwrap_err();
    let pair = NoRate::NotQuoted { base: currency("USD"), quote: currency("KWD") };
    assert_eq!(unknown, ConvertError::Rate(pair));
    assert_eq!(unknown.to_string(), "there is no exchange rate from USD to KWD");
    rig.rates.stale(true);
    let stale = convert("10 USD", "IDR").await.unwrap_err();
    assert!(matches!(stale, ConvertError::Rate(NoRate::Unavailable(_))), "{stale:?}");
}

#[tokio::test]
async fn a_quote_is_kept_with_the_rate_and_its_end() {
    let rig = Rig::with_spread(250).await;
    let (quote, _) = rig.exchange.quote(&WE, asking("USD", "IDR")).await.unwrap();
    assert_eq!(quote.applied.rate.to_string(), "15112.5");
    assert_eq!(quote.expires_at, rig.clock.now() + TimeDelta::seconds(30));
    assert_eq!(rig.store.inner().quote(quote.id).await.unwrap().as_ref(), Some(&quote));
    let (other, _) = rig.exchange.quote(&WE, asking("USD", "IDR")).await.unwrap();
    assert_ne!(other.id, quote.id);
}

#[tokio::test]
async fn what_can_not_be_kept_is_not_promised() {
    let rig = Rig::new().await;
    rig.faults.go_away();
    let away = rig.exchange.quote(&WE, asking("USD", "IDR")).await.unwrap_err();
    assert!(matches!(away, ConvertError::Store(StoreError::Unavailable(_))), "{away:?}");
    rig.faults.come_back();
    rig.rates.stale(true);
    rig.exchange.quote(&WE, asking("USD", "IDR")).await.unwrap_err();
    assert_eq!(rig.rows("fx_quotes"), 0);
}
