//! What clients ask: short ways to say it, and to see what became of it.

use super::app::Rig;
use super::values::{WE, asking, currency, decimal, empty_wallet, money, named};
use paygate_app::{
    Call, CreateCharge, CreateError, CreateRefund, CreateTransfer, Created, OpenWallet,
};
use paygate_core::account::Account;
use paygate_core::id::{AccountId, PaymentId, QuoteId};
use paygate_core::money::Money;
use paygate_core::payment::{Details, Payment};
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_ports::IdSource;
use paygate_testkit::build::house;
use tokio::task::JoinHandle;

impl Rig {
    /// A charge of so many cents under a reference of its own.
    pub fn charge(&self, minor: i64) -> CreateCharge {
        CreateCharge {
            amount: Money { minor, currency: currency("USD") },
            details: self.details(),
            call: Call::default(),
        }
    }

    /// What a client says under a reference of its own.
    pub fn details(&self) -> Details {
        let reference = Some(Reference::parse(&self.ids.random().to_string()).unwrap());
        Details { reference, ..Details::default() }
    }

    pub async fn accept(&self, minor: i64) -> PaymentId {
        self.charges.create(&WE, self.charge(minor)).await.unwrap().record.payment.id
    }

    /// So many charges, accepted together.
    pub async fn accept_many(&self, count: usize) -> Vec<PaymentId> {
        let accepts = (0..count).map(|_| self.accept(100));
        futures_util::future::join_all(accepts).await
    }

    /// Sends a charge without waiting for the answer.
    pub fn send(&self, charge: CreateCharge) -> JoinHandle<Result<Created, CreateError>> {
        let charges = self.charges.clone();
        tokio::spawn(async move { charges.create(&WE, charge).await })
    }

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
        self.accounts.open(&WE, wallet).await.unwrap().0.account.id
    }

    /// A transfer of that much, in the source's currency, under a reference of its own.
    pub fn transfer(&self, from: AccountId, to: AccountId, amount: &str) -> CreateTransfer {
        CreateTransfer {
            source: named(from),
            destination: named(to),
            amount: decimal(amount),
            currency: None,
            quote: None,
            hold: false,
            details: self.details(),
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
        self.transfers.create(&WE, transfer).await.unwrap().record.payment.id
    }

    /// Sends a transfer without waiting for the answer.
    pub fn send_transfer(
        &self,
        transfer: CreateTransfer,
    ) -> JoinHandle<Result<Created, CreateError>> {
        let transfers = self.transfers.clone();
        tokio::spawn(async move { transfers.create(&WE, transfer).await })
    }

    /// A refund of that much of a payment, or of all that is left.
    pub fn refund(&self, of: PaymentId, amount: Option<&str>) -> CreateRefund {
        let amount = amount.map(decimal);
        CreateRefund { of, amount, details: self.details(), call: Call::default() }
    }

    /// Accepts a refund.
    pub async fn refunded(&self, of: PaymentId, amount: Option<&str>) -> PaymentId {
        let refund = self.refund(of, amount);
        self.refunds.create(&WE, refund).await.unwrap().record.payment.id
    }

    /// Promises the present rate.
    pub async fn quote(&self, base: &str, quote: &str) -> QuoteId {
        self.exchange.quote(&WE, asking(base, quote)).await.unwrap().0.id
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

    /// What was announced, in order.
    pub fn announced(&self) -> Vec<(PaymentId, Status)> {
        self.outcomes.announced.lock().unwrap().iter().map(|it| (it.id, it.status)).collect()
    }

    /// How many cents the default merchant has.
    pub fn merchant_minor(&self) -> i64 {
        let accounts = self.standing.charge(&house(), currency("USD"));
        self.account(accounts.unwrap().1).posted_minor
    }
}
