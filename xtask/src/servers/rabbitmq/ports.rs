//! A broker's ports: chosen together, and noted in its folder for whoever opens it next.

use crate::servers::place::Place;
use crate::servers::ports::{free_port, is_free};
use crate::servers::process::Process;

/// The four ports of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) amqp: u16,
    pub(super) management: u16,
    pub(super) distribution: u16,
    pub(super) epmd: u16,
}

impl Ports {
    pub(super) fn choose() -> Result<Self, String> {
        Ok(Self {
            amqp: free_port()?,
            management: free_port()?,
            distribution: free_port()?,
            epmd: free_port()?,
        })
    }

    pub(super) fn are_free(self) -> bool {
        [self.amqp, self.management, self.distribution, self.epmd].into_iter().all(is_free)
    }

    pub(super) fn recall(place: &Place) -> Option<Self> {
        let port = |name| u16::try_from(place.recall(name)?).ok();
        Some(Self {
            amqp: port("port")?,
            management: port("management_port")?,
            distribution: port("distribution_port")?,
            epmd: port("epmd_port")?,
        })
    }

    pub(super) fn note(
        self,
        place: &Place,
        broker: Option<&Process>,
        epmd: Option<&Process>,
    ) -> Result<(), String> {
        place.note(&[
            ("port", self.amqp.into()),
            ("management_port", self.management.into()),
            ("distribution_port", self.distribution.into()),
            ("epmd_port", self.epmd.into()),
            ("pid", broker.map_or(0, Process::pid)),
            ("epmd_pid", epmd.map_or(0, Process::pid)),
        ])
    }

    pub(super) fn epmd_marker(self) -> String {
        format!("-port {}", self.epmd)
    }
}
