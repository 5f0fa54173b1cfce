//! A store that misbehaves on demand: a decorator that passes every call of the store ports on, and
//! fails, holds or loses the answers of those that a test names by the port's method.
//!
//! What must stay true: without a fault scripted it changes nothing (it passes the store contract);
//! a call that fails before has not reached the store; one that fails after the commit has done all
//! its work there. So a test sees what the application makes of a real store in trouble, and not of
//! one that was written for the test.

mod gate;
mod peek;
mod ports;
mod script;

pub use gate::Gate;
pub use script::{Asked, Call, Faults, Method, Script};

use paygate_ports::{Clock, StoreError};
use std::sync::Arc;

/// A store behind its ports, in the trouble that [`Faults`] says.
#[derive(Debug)]
pub struct Faulty<S> {
    inner: S,
    faults: Faults,
}

impl<S> Faulty<S> {
    /// The store, faultless until told otherwise. `clock` says when it was called.
    pub fn new(inner: S, clock: Arc<dyn Clock>) -> Self {
        Self { inner, faults: Faults::new(clock) }
    }

    /// The store itself, past all faults and unseen.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// What is to go wrong, and what was asked.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// One call: noted, held at its gate, then met by what is scripted for it.
    async fn around<T>(
        &self,
        method: Method,
        asked: Asked,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.faults.note(method, asked.clone());
        self.faults.pass(method).await;
        self.faults.before(method, &asked).await?;
        let answer = call.await?;
        self.faults.after(method, &asked)?;
        Ok(answer)
    }
}
