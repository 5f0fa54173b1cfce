//! What is to be measured, as the command line says it.

use crate::service;
use crate::work::Work;

/// What, how long, over how many connections, and for how many workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) work: Work,
    pub(crate) seconds: u64,
    pub(crate) connections: usize,
    pub(crate) workers: usize,
}

impl Plan {
    /// Reads `[charges|transfers] [seconds] [connections] [workers]`.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let named = arguments.split_first();
        let named = named.and_then(|(word, numbers)| Some((Work::parse(word)?, numbers)));
        let (work, numbers) = named.unwrap_or((Work::Charges, arguments));
        if numbers.len() > 3 {
            return Err("a kind of payment, seconds, connections and workers are all".to_owned());
        }
        let number = |place: usize, name: &str, default: usize, most: usize| {
            let Some(text) = numbers.get(place) else { return Ok(default) };
            match text.parse() {
                Ok(number) if (1..=most).contains(&number) => Ok(number),
                _ => Err(format!("{name}: a number from 1 to {most}, not `{text}`")),
            }
        };
        Ok(Self {
            work,
            seconds: number(0, "seconds", 20, 3_600)? as u64,
            connections: number(1, "connections", 64, 2_000)?,
            workers: number(2, "workers", 1, service::WORKERS.len())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, Work};

    #[test]
    fn the_plan_has_defaults_and_limits() {
        for (arguments, work, numbers) in [
            (&[][..], Work::Charges, (20, 64, 1)),
            (&["5"], Work::Charges, (5, 64, 1)),
            (&["5", "256"], Work::Charges, (5, 256, 1)),
            (&["5", "256", "2"], Work::Charges, (5, 256, 2)),
            (&["charges"], Work::Charges, (20, 64, 1)),
            (&["transfers"], Work::Transfers, (20, 64, 1)),
            (&["transfers", "15", "32", "2"], Work::Transfers, (15, 32, 2)),
        ] {
            let (seconds, connections, workers) = numbers;
            let expected = Plan { work, seconds, connections, workers };
            assert_eq!(Plan::parse(arguments), Ok(expected), "{arguments:?}");
        }
        for wrong in [
            &["0"][..],
            &["-1"],
            &["5", "x"],
            &["5", "64", "0"],
            &["5", "64", "5"],
            &["5", "64", "1", "1"],
            &["5", "transfers"],
            &["payouts"],
        ] {
            assert!(Plan::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
