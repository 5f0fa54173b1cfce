//! The parts of a full run, by which one may be asked for alone.

use crate::workload::Workload;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A workload in the production shape.
    Of(Workload),
    /// How soon the embedded binary serves.
    Startup,
    /// One connection alone and a trickle, whose clients wait for the outcome.
    Waiting,
    /// Fixed rates.
    Rates,
    /// From one connection to many.
    Connections,
    /// One and two workers, one and two APIs.
    Processes,
    /// The embedded binary.
    Embedded,
    /// Our own binaries, set to do one thing after the other.
    Seeds,
    /// Tables that hold much already.
    Tables,
}

impl Part {
    /// All but the workloads, as they are listed.
    const REST: [Self; 8] = [
        Self::Startup,
        Self::Waiting,
        Self::Rates,
        Self::Connections,
        Self::Processes,
        Self::Embedded,
        Self::Seeds,
        Self::Tables,
    ];

    /// All of them, in their order.
    pub(crate) fn all() -> Vec<Self> {
        Workload::ALL.map(Self::Of).into_iter().chain(Self::REST).collect()
    }

    /// By its name on the command line.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let all = Self::all();
        let part = all.iter().find(|part| part.name() == name).copied();
        let names = || all.iter().map(|part| part.name()).collect::<Vec<_>>().join(", ");
        part.ok_or_else(|| format!("the parts are {}", names()))
    }

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Of(workload) => workload.name(),
            Self::Startup => "startup",
            Self::Waiting => "waiting",
            Self::Rates => "rates",
            Self::Connections => "connections",
            Self::Processes => "processes",
            Self::Embedded => "embedded",
            Self::Seeds => "seeds",
            Self::Tables => "tables",
        }
    }

    /// The workload, if it is one.
    pub(crate) fn workload(self) -> Option<Workload> {
        match self {
            Self::Of(workload) => Some(workload),
            Self::Startup | Self::Waiting | Self::Rates | Self::Connections => None,
            Self::Processes | Self::Embedded | Self::Seeds | Self::Tables => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn parts_are_known_by_their_names() {
        for part in Part::all() {
            assert_eq!(Part::parse(part.name()), Ok(part));
        }
        let names = Part::parse("payouts").unwrap_err();
        assert!(names.contains("transfer") && names.contains("tables"), "{names}");
    }
}
