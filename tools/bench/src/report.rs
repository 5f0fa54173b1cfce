//! The table at the end: sections of a name and a value each, and how values are written.

use std::fmt::Write;
use std::time::Duration;

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<(String, Vec<(String, String)>)>,
}

impl Report {
    /// Begins a section; the rows that follow belong to it.
    pub(crate) fn section(&mut self, title: impl Into<String>) {
        self.sections.push((title.into(), Vec::new()));
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, name: impl Into<String>, value: impl Into<String>) {
        if self.sections.is_empty() {
            self.section("");
        }
        if let Some((_, rows)) = self.sections.last_mut() {
            rows.push((name.into(), value.into()));
        }
    }

    /// Adds a row for what may have failed to be measured.
    pub(crate) fn measured<T>(
        &mut self,
        name: impl Into<String>,
        value: &Result<T, String>,
        show: impl FnOnce(&T) -> String,
    ) {
        match value {
            Ok(value) => self.row(name, show(value)),
            Err(why) => self.row(name, format!("not measured: {why}")),
        }
    }

    /// All sections, their values in one column.
    pub(crate) fn table(&self) -> String {
        let rows = self.sections.iter().flat_map(|(_, rows)| rows);
        let width = rows.map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut table = String::new();
        for (title, rows) in &self.sections {
            let _ = writeln!(table, "{title}");
            for (name, value) in rows {
                let _ = writeln!(table, "  {name:width$}  {value}");
            }
        }
        table
    }
}

/// `1,234,567`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1,234/s`
pub(crate) fn per_second(number: u64, time: Duration) -> String {
    format!("{}/s", whole(rate(number, time)))
}

/// How many a second; none in no time.
pub(crate) fn rate(number: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { number as f64 / time.as_secs_f64() }
}

/// A positive figure without its fraction.
pub(crate) fn whole(number: f64) -> String {
    // Saturates, and no figure of ours is near its limits.
    count(number.round() as u64)
}

/// `12.3 ms`; three digits that say something.
pub(crate) fn time(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1_000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

/// `12.3 MiB` of KiB.
pub(crate) fn memory(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1_024.0)
}

/// The value that `percent` of a sorted list do not exceed (nearest rank).
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// `p50 1.00 ms, p99 2.00 ms, max 3.00 ms` of a sorted list.
pub(crate) fn spread(sorted: &[Duration]) -> Result<String, String> {
    let at = |percent| percentile(sorted, percent);
    match (at(50), at(99), sorted.last()) {
        (Some(median), Some(p99), Some(max)) => {
            Ok(format!("p50 {}, p99 {}, max {}", time(median), time(p99), time(*max)))
        }
        _ => Err("no answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, count, percentile, time};
    use std::time::Duration;

    #[test]
    fn the_table_aligns_and_says_what_is_missing() {
        let mut report = Report::default();
        report.section("speed");
        report.row("accepted", "12/s");
        report.measured("time", &Err::<u8, _>("no clock".to_owned()), ToString::to_string);
        let expected = "speed\n  accepted  12/s\n  time      not measured: no clock\n";
        assert_eq!(report.table(), expected);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let times = [1_234, 12_340, 123_400, 12_340_000].map(Duration::from_micros);
        assert_eq!(times.map(time), ["1.23 ms", "12.3 ms", "123 ms", "12.3 s"]);
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        for (percent, ms) in [(0, 1), (50, 100), (99, 198), (100, 200)] {
            assert_eq!(percentile(&sorted, percent), Some(Duration::from_millis(ms)));
        }
        assert_eq!(percentile(&sorted[..1], 99), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }
}
