//! A payment that may be waiting to be checked against the accounts it is between. Those of a batch are
//! looked up by one call, just before the batch is stored: so both are done for as many as can be.

use crate::accounts::find::AccountFinder;
use crate::payments::create_error::CreateError;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all, ready};
use paygate_core::account::{AccountKey, AccountRecord};
use paygate_core::payment::NewPayment;
use paygate_ports::StoreError;
use std::panic::AssertUnwindSafe;

/// Accounts in the order of their names.
pub(crate) type Found = Vec<Option<AccountRecord>>;

/// What comes of a draft.
pub(crate) type Checked = Result<NewPayment, CreateError>;

/// A payment to be.
pub(crate) struct Draft {
    names: Vec<AccountKey>,
    check: Box<dyn FnOnce(Found) -> BoxFuture<'static, Checked> + Send>,
}

impl Draft {
    /// A payment that has been checked.
    pub(crate) fn checked(payment: NewPayment) -> Self {
        Self { names: Vec::new(), check: Box::new(|_| ready(Ok(payment)).boxed()) }
    }

    /// One that is made when the accounts of these names, at least one, are known.
    pub(crate) fn between(
        names: Vec<AccountKey>,
        check: impl FnOnce(Found) -> BoxFuture<'static, Checked> + Send + 'static,
    ) -> Self {
        Self { names, check: Box::new(check) }
    }
}

/// What comes of each, in their order. A check that panics is its own draft's misfortune.
pub(crate) async fn check_each(finder: &AccountFinder, drafts: Vec<Draft>) -> Vec<Checked> {
    let asked: Vec<_> =
        drafts.iter().map(|it| &it.names).filter(|it| !it.is_empty()).cloned().collect();
    let found = if asked.is_empty() { Vec::new() } else { finder.find_each(asked).await };
    let mut found = found.into_iter();
    let checks = drafts.into_iter().map(|draft| {
        let found = if draft.names.is_empty() { Some(Ok(Found::new())) } else { found.next() };
        match found {
            Some(Ok(found)) => survived((draft.check)(found)).boxed(),
            Some(Err(error)) => ready(Err(error.into())).boxed(),
            None => ready(Err(StoreError::Refused("not answered".to_owned()).into())).boxed(),
        }
    });
    join_all(checks).await
}

async fn survived(check: BoxFuture<'static, Checked>) -> Checked {
    AssertUnwindSafe(check).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a check panicked");
        Err(StoreError::Refused("the check panicked".to_owned()).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_that_panics_is_an_error_of_its_own() {
        let panics = async { panic!("as the test wants it") }.boxed();
        let checked = survived(panics).await;
        assert!(matches!(checked, Err(CreateError::Store(StoreError::Refused(_)))), "{checked:?}");
    }
}
