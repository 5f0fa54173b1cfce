//! The parts of a full run, by which one may be asked for alone.

use crate::workload::Workload;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A workload in the production shape.
    Of(Workload),
    /// Transfers on the embedded binary.
    Embedded,
}

impl Part {
    /// By its name on the command line.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        if let Some(workload) = Workload::parse(name) {
            return Ok(Self::Of(workload));
        }
        match name {
            "embedded" => Ok(Self::Embedded),
            _ => Err("there is no such part".to_owned()),
        }
    }
}
