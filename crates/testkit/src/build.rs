//! Builders of valid domain values with unique ids, so that a test names only what it is about.
#![allow(clippy::disallowed_methods, reason = "builders are an id source")]

use crate::store::under_test::StoreUnderTest;
use chrono::{DateTime, TimeDelta};
use paygate_core::account::{
    Account, AccountNumber, Alias, NewAccount, NewWallet, Role, SystemAccount,
};
use paygate_core::fx::{AppliedRate, Quote, Rate};
use paygate_core::id::{AccountId, AuditId, PaymentId, QuoteId};
use paygate_core::identity::{
    Actor, AuditAction, AuditEntry, Idempotency, MerchantId, Operation, Origin, Owner, Principal,
    RequestHash, Scopes, SentKey, Target,
};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Details, NewPayment, Payment};
use paygate_core::refund::taken_back;
use paygate_core::terms::Terms;
use paygate_core::text::{IdempotencyKey, Metadata, Reference};
use paygate_ports::Opened;
use uuid::Uuid;

/// A merchant of that name.
#[must_use]
pub fn merchant(name: &str) -> MerchantId {
    MerchantId::parse(name).unwrap()
}

/// The merchant that the house is in tests.
#[must_use]
pub fn house() -> MerchantId {
    merchant("default")
}

/// A merchant as owner.
#[must_use]
pub fn owned_by(name: &str) -> Owner {
    Owner::Merchant(merchant(name))
}

/// A merchant as principal, with all scopes.
#[must_use]
pub fn acting(name: &str) -> Principal {
    Principal::Merchant { id: merchant(name), scopes: Scopes::all(), key: None }
}

/// An entry of the audit log, by the operator.
#[must_use]
pub fn audit_entry(action: AuditAction, target: Target) -> AuditEntry {
    let id = AuditId(payment_id().0);
    let (principal, origin) = (Actor::Operator, Origin::default());
    AuditEntry { id, principal, key: None, action, target, origin }
}

/// A key that the operator sent to make a merchant, for the request that this byte stands for.
#[must_use]
pub fn idempotency(key: &str, hash: u8) -> Idempotency {
    let key = IdempotencyKey::parse(key).unwrap();
    let sent = SentKey { key, hash: RequestHash([hash; 32]) };
    sent.within(&Principal::Operator, Operation::Merchants)
}

/// A currency from its code.
#[must_use]
pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

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

/// A charge that the house asked for, with a unique reference, without key or metadata.
#[must_use]
pub fn new_payment(source: AccountId, destination: AccountId, amount: Money) -> NewPayment {
    let id = payment_id();
    let reference = Some(Reference::parse(&format!("ref-{id}")).unwrap());
    let details = Details { reference, ..Details::default() };
    let request = details.request(&acting("default"), Operation::Charge, owned_by("default"));
    NewPayment {
        id,
        kind: Kind::Charge,
        terms: Terms::plain(amount),
        source,
        destination,
        parent: None,
        hold: false,
        request,
    }
}

/// A transfer between two accounts of one currency.
#[must_use]
pub fn transfer(from: &Account, to: &Account, amount: &str) -> NewPayment {
    let amount = money(amount, from.currency.code());
    new_payment(from.id, to.id, amount).with_kind(Kind::Transfer)
}

/// A transfer of an exact debit between two accounts, at a rate: units of the destination's currency
/// for one of the source's.
#[must_use]
pub fn conversion(from: &Account, to: &Account, amount: &str, rate: &str) -> NewPayment {
    let payment = transfer(from, to, amount);
    let fx = applied(from.currency.code(), to.currency.code(), rate);
    let amount = payment.terms.amount;
    let terms = Terms::agree(amount, from.currency, to.currency, Some(fx), None).unwrap();
    NewPayment { terms, ..payment }
}

/// A refund of so much of a payment, in the currency it was debited in.
#[must_use]
pub fn refund(of: &Payment, minor: i64) -> NewPayment {
    let amount = Money { minor, ..of.debit };
    let terms = Terms { debit: taken_back(of, minor), ..Terms::plain(amount) };
    let parent = Some(of.id);
    let refund = new_payment(of.destination, of.source, amount).with_kind(Kind::Refund);
    NewPayment { terms, parent, ..refund }
}

/// A rate as a source tells it.
#[must_use]
pub fn applied(base: &str, quote: &str, rate: &str) -> AppliedRate {
    AppliedRate {
        rate: Rate::parse(currency(base), currency(quote), rate).unwrap(),
        source: "fixed".to_owned(),
        as_of: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
    }
}

/// A quote with a fresh id.
#[must_use]
pub fn quote(base: &str, quote: &str, rate: &str) -> Quote {
    let applied = applied(base, quote, rate);
    let expires_at = applied.as_of + TimeDelta::seconds(30);
    Quote { id: QuoteId(Uuid::now_v7()), owner: None, applied, expires_at }
}

/// What may differ in a payment that [`new_payment`] made.
pub trait Having: Sized {
    /// With another id.
    #[must_use]
    fn with_id(self, id: PaymentId) -> Self;
    /// Of another kind.
    #[must_use]
    fn with_kind(self, kind: Kind) -> Self;
    /// With an idempotency key of who asks, for the operation that its kind is; `request` stands for
    /// the canonical request and fills its hash.
    #[must_use]
    fn with_key(self, key: &str, request: u8) -> Self;
    /// With another reference.
    #[must_use]
    fn with_reference(self, reference: &str) -> Self;
    /// With metadata.
    #[must_use]
    fn with_metadata(self, metadata: &str) -> Self;
    /// Of another merchant, who asked for it. Goes before a key.
    #[must_use]
    fn with_merchant(self, merchant: &str) -> Self;
    /// Asked for by another merchant. Goes before a key.
    #[must_use]
    fn with_caller(self, caller: &str) -> Self;
    /// Into another account.
    #[must_use]
    fn with_destination(self, destination: AccountId) -> Self;
    /// To be held until it is captured.
    #[must_use]
    fn held(self) -> Self;
    /// With a rate that a quote promised.
    #[must_use]
    fn with_quote(self, quote: &Quote) -> Self;
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
        let sent = SentKey { key, hash: RequestHash([request; 32]) };
        let principal = match &self.request.asked_by {
            Actor::Merchant(id) => acting(id.as_str()),
            other => panic!("no key of {other} is made here"),
        };
        self.request.idempotency = Some(sent.within(&principal, operation(self.kind)));
        self
    }

    fn with_reference(mut self, reference: &str) -> Self {
        self.request.reference = Some(Reference::parse(reference).unwrap());
        self
    }

    fn with_metadata(mut self, metadata: &str) -> Self {
        self.request.metadata = Some(Metadata::parse(metadata).unwrap());
        self
    }

    fn with_merchant(mut self, merchant: &str) -> Self {
        self.request.owner = owned_by(merchant);
        self.with_caller(merchant)
    }

    fn with_caller(mut self, caller: &str) -> Self {
        self.request.asked_by = acting(caller).actor();
        self
    }

    fn with_destination(self, destination: AccountId) -> Self {
        Self { destination, ..self }
    }

    fn held(self) -> Self {
        Self { hold: true, ..self }
    }

    fn with_quote(self, quote: &Quote) -> Self {
        Self { terms: Terms { quote: Some(quote.id), ..self.terms }, ..self }
    }
}

/// What is asked for with a payment of that kind.
fn operation(kind: Kind) -> Operation {
    match kind {
        Kind::Charge | Kind::Payout => Operation::Charge,
        Kind::Transfer => Operation::Transfer,
        Kind::Deposit | Kind::Opening => Operation::OpenWithBalance,
        Kind::Refund => Operation::Refund,
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
pub fn merchant_account(name: &str, currency: &str) -> NewAccount {
    new_account(Role::Merchant(merchant(name)), currency)
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
        new_account(Role::Merchant(house()), currency),
    ];
    let opened: [Account; 2] = store.accounts.open(wanted).await.unwrap().try_into().unwrap();
    let [acquirer, merchant] = opened;
    Pair { acquirer, merchant }
}

/// [`open_pair`] in US dollars.
pub async fn open_usd_pair(store: &StoreUnderTest) -> Pair {
    open_pair(store, "USD").await
}

/// A wallet to be opened, with a fresh id and number and nothing else.
#[must_use]
pub fn wallet(code: &str) -> NewWallet {
    let id = Uuid::now_v7();
    NewWallet {
        id: AccountId(id),
        number: AccountNumber::from_random(id.as_u64_pair().1),
        currency: currency(code),
        owner: owned_by("default"),
        overdraft: false,
        name: None,
        alias: None,
        metadata: None,
        key: None,
        hash: RequestHash([7; 32]),
    }
}

/// A wallet with an alias; `request` stands for the canonical request and fills its hash.
#[must_use]
pub fn wallet_called(alias: &str, code: &str, request: u8) -> NewWallet {
    let alias = Some(Alias::parse(alias).unwrap());
    NewWallet { alias, hash: RequestHash([request; 32]), ..wallet(code) }
}

/// Opens one of the system's accounts, or finds it.
pub async fn open_system(store: &StoreUnderTest, code: SystemAccount, currency: &str) -> Account {
    let wanted = vec![new_account(Role::System(code), currency)];
    store.accounts.open(wanted).await.unwrap().remove(0)
}

/// The opening balance of a wallet.
pub async fn opening(store: &StoreUnderTest, wallet: &NewWallet, amount: &str) -> NewPayment {
    let code = wallet.currency.code();
    let equity = open_system(store, SystemAccount::OpeningEquity, code).await;
    let mut opening = new_payment(equity.id, wallet.id, money(amount, code));
    opening.request.reference = None;
    opening.with_kind(Kind::Opening)
}

/// Opens a wallet that has so much.
pub async fn open_wallet(store: &StoreUnderTest, currency: &str, amount: &str) -> Account {
    let wallet = wallet(currency);
    let opening = opening(store, &wallet, amount).await;
    match store.accounts.create(wallet, Some(opening)).await.unwrap() {
        Opened::Created(record) => record.account,
        other => panic!("{other:?}"),
    }
}

/// Opens a wallet that has nothing.
pub async fn open_empty_wallet(store: &StoreUnderTest, currency: &str) -> Account {
    match store.accounts.create(wallet(currency), None).await.unwrap() {
        Opened::Created(record) => record.account,
        other => panic!("{other:?}"),
    }
}

/// Opens the liquidity accounts that conversions between two currencies go through.
pub async fn open_liquidity(store: &StoreUnderTest, currencies: [&str; 2]) -> [Account; 2] {
    let [first, second] = currencies;
    [
        open_system(store, SystemAccount::FxLiquidity, first).await,
        open_system(store, SystemAccount::FxLiquidity, second).await,
    ]
}
