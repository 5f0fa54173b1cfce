//! The two shapes that Paygate runs in: one process on a file, and many on servers. A scenario is
//! written once, for a client, and holds in both.

use crate::acquirer::assert_moved_once;
use crate::client::Client;
use crate::house::House;
use crate::invariants::assert_rows_hold;
use crate::process::Process;
use crate::stack::{Servers, Stack};
use crate::wait::{PATIENCE, SWEEPERS_PATIENCE};
use std::path::PathBuf;

/// Makes two tests of each scenario, an `async fn(&Client)`: `embedded::…` and `production::…`.
macro_rules! in_both_shapes {
    ($($scenario:ident $(with $variables:expr)?),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                let variables: &[(&'static str, &str)] = &[$($variables)?];
                let shape = crate::shape::Shape::embedded(variables).await;
                super::$scenario(shape.client()).await;
                shape.close().await;
            })+
        }

        mod production {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                let variables: &[(&'static str, &str)] = &[$($variables)?];
                let shape = crate::shape::Shape::production(variables).await;
                let Some(shape) = shape else { return };
                super::$scenario(shape.client()).await;
                shape.close().await;
            })+
        }
    };
}
pub(crate) use in_both_shapes;

/// A running Paygate of either shape.
pub enum Shape {
    Embedded { house: House, paygate: Process, client: Client },
    Production(Box<Stack>),
}

impl Shape {
    /// One process, with these variables besides the defaults of tests.
    pub async fn embedded(variables: &[(&'static str, &str)]) -> Self {
        let house = House::impatient(variables);
        let (paygate, client) = house.open().await;
        Self::Embedded { house, paygate, client }
    }

    /// An acquirer, an API and two workers, with these variables; `None` where servers are missing.
    pub async fn production(variables: &[(&'static str, &str)]) -> Option<Self> {
        let servers = Servers::shared()?;
        let mut stack = Stack::start(&servers, variables).await;
        stack.start_worker().await;
        stack.start_worker().await;
        Some(Self::Production(Box::new(stack)))
    }

    pub fn client(&self) -> &Client {
        match self {
            Self::Embedded { client, .. } => client,
            Self::Production(stack) => &stack.client,
        }
    }

    fn journal(&self) -> PathBuf {
        match self {
            Self::Embedded { house, .. } => house.journal(),
            Self::Production(stack) => stack.journal(),
        }
    }

    /// Waits until no payment is on its way, checks that the ledger holds and that the acquirer
    /// agrees with it, has `paygate prove` say the same, and stops all in order.
    pub async fn close(self) {
        self.client().all_rest(SWEEPERS_PATIENCE).await;
        self.client().integrity().await;
        assert_moved_once(self.client(), &self.journal()).await;
        match self {
            Self::Embedded { house, paygate, .. } => {
                paygate.terminate(PATIENCE).await;
                house.assert_ledger_holds().await;
                house.proves().await;
            }
            Self::Production(stack) => {
                assert_rows_hold(&stack).await;
                stack.proves().await;
                stack.stop().await;
            }
        }
    }
}
