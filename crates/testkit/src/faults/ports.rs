//! Every store port, passed on.

use super::{Asked, Faulty, Method};
use async_trait::async_trait;
use paygate_core::Timestamp;
use paygate_core::account::{
    Account, AccountKey, AccountRecord, NewAccount, NewWallet, NotClosable,
};
use paygate_core::decision::Loads;
use paygate_core::fx::Quote;
use paygate_core::id::{AccountId, ApiKeyId, AuditId, PaymentId, QuoteId};
use paygate_core::identity::{
    ApiKey, AuditEntry, AuditRecord, Idempotency, KeyHash, Merchant, MerchantId, NewApiKey,
    NewMerchant, NotMade, RequestHash, SecretHash,
};
use paygate_core::journal::Entry;
use paygate_core::payment::{NewPayment, PaymentRecord, Transition};
use paygate_core::proof::{Position, Scope};
use paygate_core::statement::StatementLine;
use paygate_ports::{
    Accepted, AccountPage, AccountQuery, AccountReader, AccountStore, ApiKeyQuery, ApiKeyReader,
    ApiKeyStore, Audit, AuditLog, AuditQuery, Decide, DueStore, EntryCursor, Examiner, HealthCheck,
    JournalReader, Kept, Made, MerchantQuery, MerchantStore, Opened, Page, PageOf, PaymentQuery,
    PaymentReader, PaymentStore, ProofLog, Quarantine, QuoteStore, Redelivered, Ripened, Rotated,
    StoreError, TakenIn, Transacted,
};
use std::time::Duration;

fn one(id: PaymentId) -> Asked {
    Asked::Payments(vec![id])
}

#[async_trait]
impl<S: PaymentStore> PaymentStore for Faulty<S> {
    async fn accept(&self, batch: Vec<NewPayment>) -> Result<Vec<Accepted>, StoreError> {
        let asked = Asked::Payments(batch.iter().map(|new| new.id).collect());
        self.around(Method::Accept, asked, self.inner.accept(batch)).await
    }

    async fn transact(
        &self,
        ids: Vec<PaymentId>,
        loads: Loads,
        decide: Decide,
    ) -> Result<Transacted, StoreError> {
        let method = match loads {
            Loads::ForClaims => Method::Claim,
            Loads::Accounts => Method::Transact,
        };
        let decide = self.faults.deciding(method, &ids, decide);
        let asked = Asked::Payments(ids.clone());
        self.around(method, asked, self.inner.transact(ids, loads, decide)).await
    }
}

#[async_trait]
impl<S: PaymentReader> PaymentReader for Faulty<S> {
    async fn find(&self, ids: Vec<PaymentId>) -> Result<Vec<Option<PaymentRecord>>, StoreError> {
        let asked = Asked::Payments(ids.clone());
        self.around(Method::Payment, asked, self.inner.find(ids)).await
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<PaymentRecord>, StoreError> {
        self.around(Method::ByKey, Asked::Other, self.inner.by_key(key)).await
    }

    async fn payments(&self, query: PaymentQuery) -> Result<Page, StoreError> {
        let asked = Asked::Query(query.clone());
        self.around(Method::Payments, asked, self.inner.payments(query)).await
    }

    async fn timeline(&self, id: PaymentId) -> Result<Vec<Transition>, StoreError> {
        self.around(Method::Timeline, one(id), self.inner.timeline(id)).await
    }
}

#[async_trait]
impl<S: AccountStore> AccountStore for Faulty<S> {
    async fn open(&self, accounts: Vec<NewAccount>) -> Result<Vec<Account>, StoreError> {
        self.around(Method::Open, Asked::Other, self.inner.open(accounts)).await
    }

    async fn create(
        &self,
        wallet: NewWallet,
        opening: Option<NewPayment>,
    ) -> Result<Opened, StoreError> {
        let asked = Asked::Account(wallet.id);
        self.around(Method::Create, asked, self.inner.create(wallet, opening)).await
    }

    async fn close(
        &self,
        id: AccountId,
    ) -> Result<Option<Result<AccountRecord, NotClosable>>, StoreError> {
        self.around(Method::Close, Asked::Account(id), self.inner.close(id)).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.around(Method::Account, Asked::Account(id), self.inner.account(id)).await
    }
}

#[async_trait]
impl<S: AccountReader> AccountReader for Faulty<S> {
    async fn find(&self, names: Vec<AccountKey>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
        let asked = Asked::Names(names.len());
        self.around(Method::Find, asked, self.inner.find(names)).await
    }

    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError> {
        let asked = Asked::AtMost(query.limit.into());
        self.around(Method::Accounts, asked, self.inner.accounts(query)).await
    }

    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError> {
        let asked = Asked::Account(account);
        self.around(Method::PositionAt, asked, self.inner.position_at(account, at)).await
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let asked = Asked::AtMost(limit.into());
        self.around(Method::Lines, asked, self.inner.lines(account, after, upto, limit)).await
    }
}

#[async_trait]
impl<S: QuoteStore> QuoteStore for Faulty<S> {
    async fn keep(&self, quote: Quote, sent: Option<Idempotency>) -> Result<Kept, StoreError> {
        self.around(Method::Keep, Asked::Other, self.inner.keep(quote, sent)).await
    }

    async fn by_key(&self, key: KeyHash) -> Result<Option<(Quote, RequestHash)>, StoreError> {
        self.around(Method::QuoteOfKey, Asked::Other, self.inner.by_key(key)).await
    }

    async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        self.around(Method::Quote, Asked::Other, self.inner.quote(id)).await
    }

    async fn forget(&self, expired_before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let asked = Asked::AtMost(limit);
        self.around(Method::Forget, asked, self.inner.forget(expired_before, limit)).await
    }
}

#[async_trait]
impl<S: JournalReader> JournalReader for Faulty<S> {
    async fn entries(
        &self,
        cursor: Option<EntryCursor>,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        let asked = Asked::AtMost(limit.into());
        self.around(Method::Entries, asked, self.inner.entries(cursor, limit)).await
    }

    async fn entries_of(&self, payment: PaymentId) -> Result<Vec<Entry>, StoreError> {
        self.around(Method::EntriesOf, one(payment), self.inner.entries_of(payment)).await
    }
}

#[async_trait]
impl<S: DueStore> DueStore for Faulty<S> {
    async fn ripen(&self, age: Duration, limit: u32) -> Result<Ripened, StoreError> {
        self.around(Method::Ripen, Asked::AtMost(limit), self.inner.ripen(age, limit)).await
    }

    async fn take_due(&self, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        self.around(Method::TakeDue, Asked::AtMost(limit), self.inner.take_due(limit)).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        self.around(Method::Oldest, Asked::Other, self.inner.oldest()).await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.around(Method::Now, Asked::Other, self.inner.now()).await
    }
}

#[async_trait]
impl<S: Quarantine> Quarantine for Faulty<S> {
    async fn redelivered(
        &self,
        ids: Vec<PaymentId>,
        below: i32,
    ) -> Result<Vec<Redelivered>, StoreError> {
        let asked = Asked::Payments(ids.clone());
        self.around(Method::Redelivered, asked, self.inner.redelivered(ids, below)).await
    }

    async fn park(&self, id: PaymentId, reason: &str) -> Result<bool, StoreError> {
        self.around(Method::Park, one(id), self.inner.park(id, reason)).await
    }

    async fn unpark(&self, id: PaymentId) -> Result<bool, StoreError> {
        self.around(Method::Unpark, one(id), self.inner.unpark(id)).await
    }

    async fn parked(&self, limit: u16) -> Result<Vec<(PaymentId, String)>, StoreError> {
        self.around(Method::Parked, Asked::AtMost(limit.into()), self.inner.parked(limit)).await
    }
}

#[async_trait]
impl<S: MerchantStore> MerchantStore for Faulty<S> {
    async fn create(
        &self,
        merchant: NewMerchant,
        audit: AuditEntry,
    ) -> Result<TakenIn, StoreError> {
        self.around(Method::TakeIn, Asked::Other, self.inner.create(merchant, audit)).await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        self.around(Method::Merchant, Asked::Other, self.inner.merchant(id)).await
    }

    async fn merchants(
        &self,
        query: MerchantQuery,
    ) -> Result<PageOf<Merchant, MerchantId>, StoreError> {
        let asked = Asked::AtMost(query.limit.into());
        self.around(Method::Merchants, asked, self.inner.merchants(query)).await
    }
}

#[async_trait]
impl<S: ApiKeyStore> ApiKeyStore for Faulty<S> {
    async fn make(
        &self,
        key: NewApiKey,
        audit: AuditEntry,
    ) -> Result<Result<Made<ApiKey>, NotMade>, StoreError> {
        self.around(Method::MakeKey, Asked::Other, self.inner.make(key, audit)).await
    }

    async fn rotate(
        &self,
        old: ApiKeyId,
        key: NewApiKey,
        overlap_ends: Timestamp,
        audit: [AuditEntry; 2],
    ) -> Result<Rotated, StoreError> {
        let rotate = self.inner.rotate(old, key, overlap_ends, audit);
        self.around(Method::RotateKey, Asked::Other, rotate).await
    }

    async fn revoke(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<ApiKey>, StoreError> {
        self.around(Method::RevokeKey, Asked::Other, self.inner.revoke(id, audit)).await
    }
}

#[async_trait]
impl<S: ApiKeyReader> ApiKeyReader for Faulty<S> {
    async fn shown(&self, secrets: &[SecretHash]) -> Result<Vec<Option<ApiKey>>, StoreError> {
        let asked = Asked::Names(secrets.len());
        self.around(Method::ShownKeys, asked, self.inner.shown(secrets)).await
    }

    async fn key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.around(Method::Key, Asked::Other, self.inner.key(id)).await
    }

    async fn keys(&self, query: ApiKeyQuery) -> Result<PageOf<ApiKey, ApiKeyId>, StoreError> {
        let asked = Asked::AtMost(query.limit.into());
        self.around(Method::Keys, asked, self.inner.keys(query)).await
    }

    async fn used(
        &self,
        keys: &[ApiKeyId],
        at: Timestamp,
        known_since: Timestamp,
    ) -> Result<(), StoreError> {
        let asked = Asked::Names(keys.len());
        self.around(Method::KeysUsed, asked, self.inner.used(keys, at, known_since)).await
    }
}

#[async_trait]
impl<S: AuditLog> AuditLog for Faulty<S> {
    async fn audited(&self, query: AuditQuery) -> Result<PageOf<AuditRecord, AuditId>, StoreError> {
        let asked = Asked::AtMost(query.limit.into());
        self.around(Method::Audited, asked, self.inner.audited(query)).await
    }
}

#[async_trait]
impl<S: Audit> Audit for Faulty<S> {
    async fn examine(&self, scope: Scope, examiner: &mut dyn Examiner) -> Result<(), StoreError> {
        let asked = Asked::Scope(scope);
        self.around(Method::Examine, asked, self.inner.examine(scope, examiner)).await
    }
}

#[async_trait]
impl<S: ProofLog> ProofLog for Faulty<S> {
    async fn begin(&self, every: Duration) -> Result<Option<Timestamp>, StoreError> {
        self.around(Method::Begin, Asked::Other, self.inner.begin(every)).await
    }

    async fn record(&self, to: Timestamp) -> Result<(), StoreError> {
        self.around(Method::Record, Asked::Other, self.inner.record(to)).await
    }
}

#[async_trait]
impl<S: HealthCheck> HealthCheck for Faulty<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn check(&self) -> Result<(), String> {
        // What the store itself says goes through as it is.
        let mut said = Ok(());
        let check = async {
            said = self.inner.check().await;
            Ok(())
        };
        let told = self.around(Method::Check, Asked::Other, check).await;
        told.map_err(|error| error.to_string()).and(said)
    }
}
