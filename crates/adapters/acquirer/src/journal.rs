//! The simulated acquirer's journal: an append-only file, one JSON line per call received.
//!
//! Only the lines of refunds name a payment they are `of`: files from before there were refunds are
//! read as they are.
//!
//! A line is written by one write before the caller is answered, so what was answered survives the
//! death of the process. It is not synced: the loss of power may lose the last lines. The first
//! field numbers the lines from 1; a missing or foreign line is found at the next start. One
//! process at a time: two would each decide about the same key.

use crate::call::{Call, Operation};
use crate::effect::Effect;
use paygate_core::id::PaymentId;
use paygate_core::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;
use uuid::fmt::Hyphenated;

/// Longer than any line that is ever written.
const LONGEST_LINE: u64 = 1024;

const AUTHORIZE: &str = "authorize";
const REFUND: &str = "refund";

/// Why a journal can't be opened.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file can't be read or written.
    #[error("the acquirer's journal {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process, or another acquirer of this one, has it open.
    #[error("the acquirer's journal {} is in use by another acquirer", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line other than a torn last one is not what was written.
    #[error("the acquirer's journal {}, line {line}: {cause}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        cause: String,
    },
}

/// One line. The sequence number comes first, so that a torn line can be told from a foreign one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    seq: u64,
    key: &'a str,
    operation: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    amount_minor: i64,
    currency: &'a str,
    effect: &'a str,
}

impl Line<'_> {
    fn read(&self) -> Result<(Call, Effect), &'static str> {
        let key: PaymentId = self.key.parse().map_err(|_| "the key is no UUID")?;
        let currency = Currency::parse(self.currency).map_err(|_| "unknown currency")?;
        let effect = Effect::parse(self.effect).ok_or("unknown effect")?;
        let operation = self.operation()?;
        let amount = Money { minor: self.amount_minor, currency };
        Ok((Call { key, operation, amount }, effect))
    }

    fn operation(&self) -> Result<Operation, &'static str> {
        match (self.operation, self.of) {
            (AUTHORIZE, None) => Ok(Operation::Authorize),
            (AUTHORIZE, Some(_)) => Err("an authorization is of nothing"),
            (REFUND, Some(of)) => {
                let of = of.parse().map_err(|_| "what it is of is no UUID")?;
                Ok(Operation::Refund { of })
            }
            (REFUND, None) => Err("a refund of nothing"),
            _ => Err("unknown operation"),
        }
    }
}

/// The open file, at its end.
pub(crate) struct Journal {
    file: File,
    lines: u64,
    length: u64,
}

impl Journal {
    /// Opens or creates the file, hands every line to `remember` and cuts off a torn last one.
    pub(crate) fn open(
        path: &Path,
        remember: impl FnMut(&Call, Effect),
    ) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        let file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut journal = Self { file, lines: 0, length: 0 };
        journal.reload(path, remember)?;
        journal.file.set_len(journal.length).map_err(failed)?;
        Ok(journal)
    }

    fn reload(
        &mut self,
        path: &Path,
        mut remember: impl FnMut(&Call, Effect),
    ) -> Result<(), JournalError> {
        let mut reader = BufReader::new(&self.file);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes);
            read.map_err(|source| JournalError::Io { path: path.to_owned(), source })?;
            let number = self.lines + 1;
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if bytes.is_empty() || (length < LONGEST_LINE && is_torn(&bytes, number)) {
                return Ok(());
            }
            let (call, effect) = parse(&bytes, number).map_err(|cause| JournalError::Corrupt {
                path: path.to_owned(),
                line: number,
                cause,
            })?;
            remember(&call, effect);
            self.lines = number;
            self.length += length;
        }
    }

    /// One that no line can be written to, as on a full disk.
    #[cfg(test)]
    pub(crate) fn unwritable() -> Self {
        Self { file: File::open("/dev/null").unwrap(), lines: 0, length: 0 }
    }

    /// Writes one line. When that fails nothing of it stays, and the call must take no effect.
    pub(crate) fn append(&mut self, call: &Call, effect: Effect) -> io::Result<()> {
        let mut key = [0; Hyphenated::LENGTH];
        let mut original = [0; Hyphenated::LENGTH];
        let (operation, of) = match call.operation {
            Operation::Authorize => (AUTHORIZE, None),
            Operation::Refund { of } => (REFUND, Some(written(of, &mut original))),
        };
        let mut bytes = serde_json::to_vec(&Line {
            seq: self.lines + 1,
            key: written(call.key, &mut key),
            operation,
            of,
            amount_minor: call.amount.minor,
            currency: call.amount.currency.code(),
            effect: effect.as_str(),
        })?;
        bytes.push(b'\n');
        if let Err(error) = self.file.write_all(&bytes) {
            // Half a line must not stand before the next one. Should even this fail, the next start
            // finds and names it.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.lines += 1;
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// `id` as text, without an allocation.
fn written(id: PaymentId, buffer: &mut [u8; Hyphenated::LENGTH]) -> &str {
    id.0.hyphenated().encode_lower(buffer)
}

fn parse(bytes: &[u8], number: u64) -> Result<(Call, Effect), String> {
    let line: Line<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if line.seq != number {
        return Err(format!("it says that it is line {}", line.seq));
    }
    line.read().map_err(ToOwned::to_owned)
}

/// Whether `bytes` is the beginning of line `number`, without its end. Anything else without an end
/// was never ours to cut off.
fn is_torn(bytes: &[u8], number: u64) -> bool {
    let beginning = format!("{{\"seq\":{number},");
    let beginning = beginning.as_bytes();
    !bytes.ends_with(b"\n") && (bytes.starts_with(beginning) || beginning.starts_with(bytes))
}
