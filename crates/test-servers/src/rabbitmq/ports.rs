//! A broker's ports: chosen together, and noted in its folder for whoever opens it next.

use crate::place::Place;
use crate::ports::{free_port, is_free};
use crate::process::Process;

/// The four ports of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) amqp: u16,
    pub(crate) management: u16,
    pub(crate) distribution: u16,
    pub(crate) epmd: u16,
}

impl Ports {
    pub(crate) fn choose() -> Result<Self, String> {
        Ok(Self {
            amqp: free_port()?,
            management: free_port()?,
            distribution: free_port()?,
            epmd: free_port()?,
        })
    }

    pub(crate) fn are_free(self) -> bool {
        [self.amqp, self.management, self.distribution, self.epmd].into_iter().all(is_free)
    }

    pub(crate) fn recall(place: &Place) -> Option<Self> {
        let port = |name| u16::try_from(place.recall(name)?).ok();
        Some(Self {
            amqp: port("port")?,
            management: port("management_port")?,
            distribution: port("distribution_port")?,
            epmd: port("epmd_port")?,
        })
    }

    pub(crate) fn note(
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

    pub(crate) fn epmd_marker(self) -> String {
        format!("-port {}", self.epmd)
    }
}
