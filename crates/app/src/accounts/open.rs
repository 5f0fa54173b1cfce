//! Opening a wallet, with what it has from the start.

use super::Accounts;
use paygate_core::account::{AccountRecord, Alias, NewWallet, SystemAccount};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::identity::{Denied, KeyHash, Operation, Principal, RequestHash};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::{Details, NewPayment, Reason};
use paygate_core::terms::Terms;
use paygate_core::text::{IdempotencyKey, Label, Metadata};
use paygate_ports::{Opened, StoreError};
use thiserror::Error;

/// How often a random account number may turn out to be taken.
const MAX_NUMBERS: usize = 4;

/// A wallet to be opened.
#[derive(Clone, Debug)]
pub struct OpenWallet {
    /// The currency of all its money.
    pub currency: Currency,
    /// Whose it is, for people.
    pub name: Option<Label>,
    /// The client's name for it.
    pub alias: Option<Alias>,
    /// Whether its available balance may go below zero.
    pub overdraft: bool,
    /// What it has from the start, positive, in its currency.
    pub opening_balance: Option<Money>,
    /// What the client attached.
    pub metadata: Option<Metadata>,
    /// The client's key, if it sent one.
    pub key: Option<IdempotencyKey>,
    /// The canonical request: with the same key or alias and hash it is the same wallet.
    pub hash: RequestHash,
}

/// Why a wallet was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is not for who asks to do.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Accounts in this currency are not opened.
    #[error("{0} is not enabled")]
    CurrencyNotEnabled(Currency),
    /// The key stands for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The alias names another account.
    #[error("the alias is taken by account {existing}")]
    AliasTaken {
        /// That account.
        existing: AccountId,
    },
    /// The opening balance is more than may be moved at once.
    #[error("the opening balance is too large")]
    AmountTooLarge,
    /// Its opening balance can't be posted.
    #[error("the opening balance can't be posted: {0}")]
    Refused(Reason),
    /// The store could not or would not open it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Opens a wallet with its opening balance. Answers it, and whether an earlier request with the
    /// same key or alias has opened it.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was opened (or, with a transient store error, it can't be told).
    pub async fn open(
        &self,
        principal: &Principal,
        wallet: OpenWallet,
    ) -> Result<(AccountRecord, bool), OpenError> {
        may_open(principal, &wallet)?;
        let equity = self.standing.system(SystemAccount::OpeningEquity, wallet.currency);
        let equity = equity.ok_or(OpenError::CurrencyNotEnabled(wallet.currency))?;
        if wallet.opening_balance.is_some_and(|amount| !self.most.allows(amount.minor)) {
            return Err(OpenError::AmountTooLarge);
        }
        let mut tries = 1;
        loop {
            let (new, opening) = self.drawn(principal, &wallet, equity);
            match self.store.create(new, opening).await {
                Ok(Opened::Created(record)) => return Ok((record, false)),
                Ok(Opened::Replayed(record)) => return Ok((record, true)),
                Ok(Opened::KeyReused) => return Err(OpenError::KeyReused),
                Ok(Opened::AliasTaken { existing }) => {
                    return Err(OpenError::AliasTaken { existing });
                }
                Ok(Opened::Refused(reason)) => return Err(OpenError::Refused(reason)),
                // Most likely the number was drawn before.
                Err(StoreError::Refused(why)) if tries < MAX_NUMBERS => {
                    tracing::warn!(why, "an account was not opened; with another number again");
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The wallet and its opening payment, with ids and a number that are drawn anew each time.
    fn drawn(
        &self,
        principal: &Principal,
        wallet: &OpenWallet,
        equity: AccountId,
    ) -> (NewWallet, Option<NewPayment>) {
        let id = AccountId(self.ids.uuid_v7());
        let owner = self.acts_for(principal);
        let details =
            Details { description: Label::parse("Opening balance").ok(), ..Details::default() };
        let opening = wallet.opening_balance.map(|amount| NewPayment {
            id: PaymentId(self.ids.uuid_v7()),
            kind: Kind::Opening,
            terms: Terms::plain(amount),
            source: equity,
            destination: id,
            parent: None,
            hold: false,
            request: details.request(principal, Operation::OpenWithBalance, owner.clone()),
        });
        let new = NewWallet {
            id,
            number: self.ids.account_number(),
            currency: wallet.currency,
            owner,
            overdraft: wallet.overdraft,
            name: wallet.name.clone(),
            alias: wallet.alias.clone(),
            metadata: wallet.metadata.clone(),
            key: wallet.key.as_ref().map(|key| KeyHash::of(principal, Operation::OpenAccount, key)),
            hash: wallet.hash,
        };
        (new, opening)
    }
}

/// Whether a principal may open such a wallet.
fn may_open(principal: &Principal, wallet: &OpenWallet) -> Result<(), Denied> {
    principal.may(Operation::OpenAccount)?;
    if wallet.overdraft {
        principal.may(Operation::OpenWithOverdraft)?;
    }
    match wallet.opening_balance {
        Some(_) => principal.may(Operation::OpenWithBalance),
        None => Ok(()),
    }
}
