//! Interleaved rounds: pgbench with nothing of ours beside it, then ours, then pgbench again. A
//! machine that gets slower or faster meanwhile does so for both, and the median of the ratios
//! passes over a round that was disturbed.

use serde::{Deserialize, Serialize};

use crate::binaries::Profile;
use crate::load::Load;
use crate::measured::{Measured, measure};
use crate::pgbench::{PgBench, Reference};
use crate::prove;
use crate::servers::{Servers, Site};
use crate::service::{Service, Shape, migrate};
use crate::told::announce;
use crate::witness::Witness;
use crate::workload;

/// A load, and the reference before and after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// Settled payments for each transaction of the reference.
    pub(crate) ratio: f64,
    /// The mean of before and after.
    pub(crate) reference: Reference,
    pub(crate) measured: Measured,
}

/// One load in all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    /// The median of the ratios.
    pub(crate) ratio: f64,
    pub(crate) pairs: Vec<Pair>,
}

impl Pair {
    fn of(measured: Measured, reference: Reference) -> Self {
        let ratio = measured.loaded.settled_per_second / reference.tps.max(f64::MIN_POSITIVE);
        Self { ratio, reference, measured }
    }
}

impl Compared {
    fn of(pairs: Vec<Pair>) -> Self {
        Self { ratio: median(pairs.iter().map(|pair| pair.ratio)), pairs }
    }

    /// The pair whose ratio is the median, by which the rest is told.
    pub(crate) fn typical(&self) -> Option<&Pair> {
        let distance = |pair: &&Pair| (pair.ratio - self.ratio).abs();
        self.pairs.iter().min_by(|one, other| distance(one).total_cmp(&distance(other)))
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rounds {
    pub(crate) pairs: usize,
    /// Of each run of the reference.
    pub(crate) reference_seconds: u64,
}

/// What is measured.
#[derive(Debug)]
pub(crate) enum Subject<'a> {
    /// Processes of that shape on a database.
    Production(&'a Site, Shape),
    /// One process on SQLite, in a new folder for each round.
    Embedded,
}

/// What everything is measured with.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) profile: Profile,
    pub(crate) servers: Servers,
    pub(crate) pgbench: PgBench,
    pub(crate) rounds: Rounds,
}

impl Ground {
    /// An empty database for Paygate.
    pub(crate) fn site(&self, name: &str) -> Result<Site, String> {
        let site = Site::create(&self.servers, name)?;
        migrate(self.profile, &self.servers, &site)?;
        Ok(site)
    }

    /// Starts the subject.
    pub(crate) fn start(&self, subject: &Subject<'_>) -> Result<Service, String> {
        match subject {
            Subject::Production(site, shape) => {
                Service::start(self.profile, &self.servers, site, shape)
            }
            Subject::Embedded => Service::embedded(self.profile),
        }
    }

    /// Each of the loads in every round, on a subject that is started for the round. In the end the
    /// ledger is proved.
    pub(crate) fn compare(
        &self,
        subject: &Subject<'_>,
        loads: &[Load],
    ) -> Result<Vec<Compared>, String> {
        let mut references = vec![self.reference()?];
        let mut rounds = Vec::new();
        for round in 1..=self.rounds.pairs {
            announce(&format!("round {round} of {}", self.rounds.pairs));
            let mut service = self.start(subject)?;
            rounds.push(self.round(subject, &mut service, loads)?);
            if round == self.rounds.pairs {
                prove::prove(service.targets().first().ok_or("there is no API")?)?;
            }
            service.stop()?;
            references.push(self.reference()?);
        }
        let around: Vec<Reference> =
            references.windows(2).filter_map(|two| Some(two.first()?.mean(two.last()?))).collect();
        let of = |place: usize| {
            let measured = rounds.iter().filter_map(|round| round.get(place)).cloned();
            Compared::of(measured.zip(&around).map(|(it, around)| Pair::of(it, *around)).collect())
        };
        Ok((0..loads.len()).map(of).collect())
    }

    /// The loads, one after the other.
    pub(crate) fn round(
        &self,
        subject: &Subject<'_>,
        service: &mut Service,
        loads: &[Load],
    ) -> Result<Vec<Measured>, String> {
        let targets = service.targets();
        let target = targets.first().ok_or("there is no API")?;
        let witness = match subject {
            Subject::Production(site, _) => Witness::Database(&site.database),
            Subject::Embedded => Witness::Api(target),
        };
        if let Some(load) = loads.first() {
            workload::open_all(target, load.wallets)?;
        }
        self.servers.settle_down();
        loads.iter().map(|load| measure(load, service, &self.servers, &witness)).collect()
    }

    fn reference(&self) -> Result<Reference, String> {
        self.pgbench.run(&self.servers, self.rounds.reference_seconds)
    }
}

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

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_passes_over_what_was_disturbed() {
        assert_eq!(median([5.0, 1.0, 5.2].into_iter()), 5.0);
        assert_eq!(median([1.0, 4.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median([7.0].into_iter()), 7.0);
        assert_eq!(median(std::iter::empty()), 0.0);
    }
}
