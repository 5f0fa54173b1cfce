//! Builders of valid domain values with unique ids, so that a test names only what it is about.
#![allow(clippy::disallowed_methods, reason = "builders are an id source")]

use crate::store::StoreUnderTest;
pub use crate::store::assert_ledger_holds;
use paygate_core::account::{Account, AccountNumber, NewAccount, Role, SystemAccount};
use paygate_core::id::{AccountId, CallerId, MerchantId, PaymentId};
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Idempotency, NewPayment, Request, RequestHash};
use paygate_core::status::Kind;
use paygate_core::text::{IdempotencyKey, Metadata, Reference};
use uuid::Uuid;

/// A positive amount from its decimal text.
#[must_use]
pub fn money(amount: &str, currency: &str) -> Money {
    Money::parse_positive(amount, Currency::parse(currency).unwrap()).unwrap()
}

/// A fresh payment id, greater than every one given before in this process.
#[must_use]
pub fn payment_id() -> PaymentId {
    PaymentId(Uuid::now_v7())
}

/// A charge of the default merchant and caller with a unique reference, without key or metadata.
#[must_use]
pub fn new_payment(source: AccountId, destination: AccountId, amount: Money) -> NewPayment {
    let id = payment_id();
    NewPayment {
        id,
        kind: Kind::Charge,
        amount,
        source,
        destination,
        request: Request {
            merchant: MerchantId::default(),
            caller: CallerId::default(),
            reference: Reference::parse(&format!("ref-{id}")).unwrap(),
            idempotency: None,
            metadata: None,
        },
    }
}

/// What may differ in a payment that [`new_payment`] made.
pub trait Having: Sized {
    /// With another id.
    #[must_use]
    fn with_id(self, id: PaymentId) -> Self;
    /// Of another kind.
    #[must_use]
    fn with_kind(self, kind: Kind) -> Self;
    /// With an idempotency key; `request` stands for the canonical request and fills its hash.
    #[must_use]
    fn with_key(self, key: &str, request: u8) -> Self;
    /// With another reference.
    #[must_use]
    fn with_reference(self, reference: &str) -> Self;
    /// With metadata.
    #[must_use]
    fn with_metadata(self, metadata: &str) -> Self;
    /// Of another merchant.
    #[must_use]
    fn with_merchant(self, merchant: &str) -> Self;
    /// Sent by another caller.
    #[must_use]
    fn with_caller(self, caller: &str) -> Self;
    /// Into another account.
    #[must_use]
    fn with_destination(self, destination: AccountId) -> Self;
}

impl Having for NewPayment {
    fn with_id(self, id: PaymentId) -> Self {
        Self { id, ..self }
    }

    fn with_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    fn with_key(mut self, key: &str, request: u8) -> Self {
        let key = IdempotencyKey::parse(key).unwrap();
        self.request.idempotency = Some(Idempotency { key, hash: RequestHash([request; 32]) });
        self
    }

    fn with_reference(mut self, reference: &str) -> Self {
        self.request.reference = Reference::parse(reference).unwrap();
        self
    }

    fn with_metadata(mut self, metadata: &str) -> Self {
        self.request.metadata = Some(Metadata::parse(metadata).unwrap());
        self
    }

    fn with_merchant(mut self, merchant: &str) -> Self {
        self.request.merchant = MerchantId(merchant.to_owned());
        self
    }

    fn with_caller(mut self, caller: &str) -> Self {
        self.request.caller = CallerId(caller.to_owned());
        self
    }

    fn with_destination(self, destination: AccountId) -> Self {
        Self { destination, ..self }
    }
}

/// An account to be opened, with a fresh id and number. System accounts may be overdrawn.
#[must_use]
pub fn new_account(role: Role, currency: &str) -> NewAccount {
    let id = Uuid::now_v7();
    NewAccount {
        id: AccountId(id),
        // The low half of a UUIDv7 is random.
        number: AccountNumber::from_random(id.as_u64_pair().1),
        currency: Currency::parse(currency).unwrap(),
        overdraft: matches!(role, Role::System(_)),
        role,
    }
}

/// The account to be opened for a merchant.
#[must_use]
pub fn merchant_account(merchant: &str, currency: &str) -> NewAccount {
    new_account(Role::Merchant(MerchantId(merchant.to_owned())), currency)
}

/// The acquirer's account and a merchant's, of one currency: what a charge moves money between.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Where charges come from; may be overdrawn.
    pub acquirer: Account,
    /// Where they arrive; may not.
    pub merchant: Account,
}

impl Pair {
    /// A charge of so much, with a unique reference.
    #[must_use]
    pub fn charge(&self, amount: &str) -> NewPayment {
        let amount = money(amount, self.merchant.currency.code());
        new_payment(self.acquirer.id, self.merchant.id, amount)
    }

    /// So many charges of 1.00.
    #[must_use]
    pub fn charges(&self, count: usize) -> Vec<NewPayment> {
        (0..count).map(|_| self.charge("1.00")).collect()
    }
}

/// Opens the acquirer's and the default merchant's accounts of a currency, or finds them.
pub async fn open_pair(store: &StoreUnderTest, currency: &str) -> Pair {
    let wanted = vec![
        new_account(Role::System(SystemAccount::Acquirer), currency),
        new_account(Role::Merchant(MerchantId::default()), currency),
    ];
    let opened: [Account; 2] = store.accounts.open(wanted).await.unwrap().try_into().unwrap();
    let [acquirer, merchant] = opened;
    Pair { acquirer, merchant }
}

/// [`open_pair`] in US dollars.
pub async fn open_usd_pair(store: &StoreUnderTest) -> Pair {
    open_pair(store, "USD").await
}
