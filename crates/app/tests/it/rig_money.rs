//! What tests of wallets, transfers and refunds ask of the rig.

use crate::rig::{Rig, currency};
use paygate_app::{Call, CreateError, CreateRefund, CreateTransfer, Created, OpenWallet, Refusal};
use paygate_core::account::{Account, AccountRef, Alias};
use paygate_core::id::{AccountId, PaymentId, QuoteId};
use paygate_core::money::Money;
use paygate_core::payment::{Payment, RequestHash};
use paygate_core::status::Status;
use tokio::task::JoinHandle;

/// An amount as its currency writes it: `"10.50 USD"`.
pub fn money(text: &str) -> Money {
    let (amount, code) = text.split_once(' ').unwrap();
    Money::parse_positive(amount, currency(code)).unwrap()
}

/// A wallet in that currency, without a name, empty.
pub fn empty_wallet(code: &str) -> OpenWallet {
    OpenWallet {
        currency: currency(code),
        name: None,
        alias: None,
        overdraft: false,
        opening_balance: None,
        metadata: None,
        hash: RequestHash([0; 32]),
    }
}

/// A wallet under an alias; `request` stands for what the client sent.
pub fn aliased(wallet: OpenWallet, alias: &str, request: u8) -> OpenWallet {
    let alias = Some(Alias::parse(alias).unwrap());
    OpenWallet { alias, hash: RequestHash([request; 32]), ..wallet }
}

/// The account as a request names it.
pub fn named(id: AccountId) -> (AccountRef, String) {
    (AccountRef::Id(id), id.to_string())
}

/// The stable code of a refusal.
pub fn code(error: &CreateError) -> &'static str {
    match error {
        CreateError::Refused(refusal) => refusal.code(),
        CreateError::QuoteUsed { .. } => "quote-already-used",
        other => panic!("not refused: {other:?}"),
    }
}

pub fn refused<T: std::fmt::Debug>(result: Result<T, CreateError>) -> Refusal {
    match result {
        Err(CreateError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

impl Rig {
    /// Opens a wallet with that much: `"10.50 USD"`.
    pub async fn wallet(&self, has: &str) -> AccountId {
        let balance = money(has);
        let wallet =
            OpenWallet { opening_balance: Some(balance), ..empty_wallet(balance.currency.code()) };
        self.open(wallet).await
    }

    /// Opens an empty wallet.
    pub async fn empty_wallet(&self, code: &str) -> AccountId {
        self.open(empty_wallet(code)).await
    }

    pub async fn open(&self, wallet: OpenWallet) -> AccountId {
        self.accounts.open(wallet).await.unwrap().0.account.id
    }

    /// A transfer of that much, in the source's currency, under a reference of its own.
    pub fn transfer(&self, from: AccountId, to: AccountId, amount: &str) -> CreateTransfer {
        CreateTransfer {
            source: named(from),
            destination: named(to),
            amount: amount.to_owned(),
            currency: None,
            quote: None,
            hold: false,
            request: self.request(),
            call: Call::default(),
        }
    }

    /// A transfer of an amount in a currency of its own: `"10.50 USD"`.
    pub fn transfer_in(&self, from: AccountId, to: AccountId, amount: &str) -> CreateTransfer {
        let (amount, code) = amount.split_once(' ').unwrap();
        CreateTransfer { currency: Some(currency(code)), ..self.transfer(from, to, amount) }
    }

    /// A transfer that is held first.
    pub fn hold(&self, from: AccountId, to: AccountId, amount: &str) -> CreateTransfer {
        CreateTransfer { hold: true, ..self.transfer(from, to, amount) }
    }

    /// Accepts a transfer.
    pub async fn transferred(&self, transfer: CreateTransfer) -> PaymentId {
        self.transfers.create(transfer).await.unwrap().record.payment.id
    }

    /// Sends a transfer without waiting for the answer.
    pub fn send_transfer(
        &self,
        transfer: CreateTransfer,
    ) -> JoinHandle<Result<Created, CreateError>> {
        let transfers = self.transfers.clone();
        tokio::spawn(async move { transfers.create(transfer).await })
    }

    /// A refund of that much of a payment, or of all that is left.
    pub fn refund(&self, of: PaymentId, amount: Option<&str>) -> CreateRefund {
        let amount = amount.map(str::to_owned);
        CreateRefund { of, amount, request: self.request(), call: Call::default() }
    }

    /// Accepts a refund.
    pub async fn refunded(&self, of: PaymentId, amount: Option<&str>) -> PaymentId {
        let refund = self.refund(of, amount);
        self.refunds.create(refund).await.unwrap().record.payment.id
    }

    /// Promises the present rate.
    pub async fn quote(&self, base: &str, quote: &str) -> QuoteId {
        self.exchange.quote(currency(base), currency(quote)).await.unwrap().id
    }

    pub fn payment(&self, id: PaymentId) -> Payment {
        self.store.payment_now(id)
    }

    pub fn account(&self, id: AccountId) -> Account {
        self.store.account_now(id)
    }

    /// What an account has and what of it is held, as its currency writes it.
    pub fn has(&self, id: AccountId) -> (String, String) {
        let account = self.account(id);
        let told = |minor| Money { minor, currency: account.currency }.to_string();
        (told(account.posted_minor), told(account.held_minor))
    }

    /// Why a payment failed.
    pub fn failure(&self, id: PaymentId) -> &'static str {
        let payment = self.payment(id);
        assert_eq!(payment.status, Status::Failed, "{payment:?}");
        payment.failure.unwrap().code.as_str()
    }
}
