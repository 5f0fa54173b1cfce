//! Figures, as people read them.

/// The middle of them, or the mean of the two in the middle; of none it is 0.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    match sorted.len() % 2 {
        0 => f64::midpoint(
            upper,
            sorted.get((sorted.len() / 2).wrapping_sub(1)).copied().unwrap_or(upper),
        ),
        _ => upper,
    }
}

/// `12.3 ms`; three digits that say something.
pub(crate) fn time(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 100.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

/// `1,234,567`, without a fraction.
pub(crate) fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{count, median, time};

    #[test]
    fn the_median_passes_over_what_was_disturbed() {
        assert_eq!(median([5.0, 1.0, 5.2].into_iter()), 5.0);
        assert_eq!(median([1.0, 4.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median([7.0].into_iter()), 7.0);
        assert_eq!(median(std::iter::empty()), 0.0);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [0.0, 999.4, 1_000.0, 1_234_567.0].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [1.234, 12.34, 123.4, 12_340.0].map(time),
            ["1.23 ms", "12.3 ms", "123 ms", "12.3 s"]
        );
    }
}
