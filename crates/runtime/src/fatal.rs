//! What ends a process.

use std::fmt::Display;

/// Why a process ends otherwise than asked to; one line for the operator.
pub(crate) type Fatal = String;

/// Any error as such a line.
pub(crate) fn fatal(error: impl Display) -> Fatal {
    error.to_string()
}
