//! Times that clients write: RFC 3339, of the years 0000 to 9999 in UTC, so that whatever was taken
//! can be written down again by the same rule.

use crate::Timestamp;
use chrono::{DateTime, Datelike, Timelike, Utc};
use thiserror::Error;

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Not of the form of RFC 3339.
    #[error("must be an RFC 3339 time such as 2026-01-31T12:00:00Z")]
    Malformed,
    /// In UTC it is of another year than those that RFC 3339 can write.
    #[error("must be of the years 0000 to 9999 in UTC")]
    OutOfRange,
    /// Second 60 where no leap second can be (RFC 3339 section 5.7).
    #[error("second 60 is only at 23:59:60 UTC on the last of June or December")]
    NoLeapSecond,
}

impl TimeError {
    /// The stable code of this rule on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OutOfRange => "out-of-range",
            Self::NoLeapSecond => "no-leap-second",
        }
    }
}

/// Reads a moment, rounded down to the microseconds that stores keep. A leap second is the first
/// second after it.
///
/// # Errors
/// [`TimeError`], the first rule broken.
pub fn moment(text: &str) -> Result<Timestamp, TimeError> {
    in_range(read(text)?.timestamp_micros())
}

/// Reads a time from which on something counts, or before which, rounded up to microseconds: for
/// what stores keep, to be at or after a time and at or after the next microsecond is the same.
///
/// # Errors
/// As [`moment`].
pub fn bound(text: &str) -> Result<Timestamp, TimeError> {
    let at = read(text)?;
    let below = i64::from(at.nanosecond().checked_rem(1_000).is_some_and(|below| below > 0));
    in_range(at.timestamp_micros().saturating_add(below))
}

fn read(text: &str) -> Result<DateTime<Utc>, TimeError> {
    // Where RFC 3339 lets a reader choose (section 5.6), the one form that all write is taken.
    let has_form = text.as_bytes().get(10).is_some_and(|byte| matches!(byte, b'T' | b't'));
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError::Malformed)?;
    if !has_form {
        return Err(TimeError::Malformed);
    }
    let at = at.with_timezone(&Utc);
    let is_leap = at.nanosecond() >= 1_000_000_000;
    let may_leap = (at.hour(), at.minute()) == (23, 59)
        && matches!((at.month(), at.day()), (6, 30) | (12, 31));
    if is_leap && !may_leap { Err(TimeError::NoLeapSecond) } else { Ok(at) }
}

fn in_range(micros: i64) -> Result<Timestamp, TimeError> {
    let at = DateTime::from_timestamp_micros(micros).ok_or(TimeError::OutOfRange)?;
    if (0..=9_999).contains(&at.year()) { Ok(at) } else { Err(TimeError::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_up_to_microseconds_and_moments_down() {
        for (text, up, down) in [
            ("1970-01-01T00:00:01Z", 1_000_000, 1_000_000),
            ("1970-01-01T01:00:01+01:00", 1_000_000, 1_000_000),
            ("1970-01-01t00:00:01z", 1_000_000, 1_000_000),
            ("1970-01-01T00:00:00.000001Z", 1, 1),
            ("1970-01-01T00:00:00.000001001Z", 2, 1),
            ("1969-12-31T23:59:59.9999999Z", 0, -1),
        ] {
            assert_eq!(bound(text).unwrap().timestamp_micros(), up, "{text}");
            assert_eq!(moment(text).unwrap().timestamp_micros(), down, "{text}");
        }
    }

    #[test]
    fn second_sixty_is_only_where_a_leap_second_can_be() {
        let next = |text: &str| moment(text).map(|at| at.to_rfc3339());
        for (text, read) in [
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
            ("2015-06-30T23:59:60Z", "2015-07-01T00:00:00+00:00"),
            ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(next(text).as_deref(), Ok(read), "{text}");
        }
        for text in [
            "2026-01-31T12:00:60Z",
            "2016-12-31T23:58:60Z",
            "2016-12-30T23:59:60Z",
            "2016-03-31T23:59:60Z",
            "2016-12-31T23:59:60+01:00",
        ] {
            assert_eq!(moment(text), Err(TimeError::NoLeapSecond), "{text}");
            assert_eq!(bound(text), Err(TimeError::NoLeapSecond), "{text}");
        }
    }

    #[test]
    fn a_year_that_can_not_be_written_is_refused() {
        for text in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
            assert!(moment(text).is_ok() && bound(text).is_ok(), "{text}");
        }
        for text in
            ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z"]
        {
            assert_eq!(moment(text), Err(TimeError::OutOfRange), "{text}");
            assert_eq!(bound(text), Err(TimeError::OutOfRange), "{text}");
        }
        let last = "9999-12-31T23:59:59.9999999Z";
        assert_eq!((bound(last), moment(last).is_ok()), (Err(TimeError::OutOfRange), true));
    }

    #[test]
    fn what_is_no_time_is_malformed() {
        for text in [
            "",
            "now",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-31 12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:61Z",
            "+10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
        ] {
            assert_eq!(moment(text), Err(TimeError::Malformed), "{text}");
            assert_eq!(bound(text), Err(TimeError::Malformed), "{text}");
        }
    }
}
