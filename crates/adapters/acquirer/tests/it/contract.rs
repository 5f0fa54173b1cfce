//! The contract of the port, in process and over HTTP.

use crate::support::{Server, client};
use paygate_acquirer::{Measured, SimulatedAcquirer, SimulatorConfig};
use paygate_testkit::acquirer::AcquirerUnderTest;
use std::sync::Arc;
use std::time::Duration;

mod in_process {
    use super::*;

    async fn make() -> AcquirerUnderTest {
        let timeout = Duration::from_millis(200);
        let config = SimulatorConfig { timeout, ..SimulatorConfig::default() };
        let acquirer = SimulatedAcquirer::open(config).unwrap();
        AcquirerUnderTest {
            acquirer: Arc::new(Measured::new(acquirer.clone())),
            calls: Box::new(move |key| {
                let count = acquirer.calls(key);
                Box::pin(async move { (count.authorizations + count.refunds, count.effects) })
            }),
            keep: Box::new(()),
        }
    }

    paygate_testkit::acquirer_contract!(make);
}

mod over_http {
    use super::*;

    async fn make() -> AcquirerUnderTest {
        let timeout = Duration::from_millis(200);
        let config = SimulatorConfig { timeout, ..SimulatorConfig::default() };
        let acquirer = SimulatedAcquirer::open(config).unwrap();
        let server = Server::start(acquirer.clone()).await;
        let client = client(server.address, Duration::from_secs(9));
        AcquirerUnderTest {
            acquirer: Arc::new(Measured::new(client)),
            calls: Box::new(move |key| {
                let count = acquirer.calls(key);
                Box::pin(async move { (count.authorizations + count.refunds, count.effects) })
            }),
            keep: Box::new(server),
        }
    }

    paygate_testkit::acquirer_contract!(make);
}
