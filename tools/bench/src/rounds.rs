//! Interleaved rounds: pgbench with nothing of ours beside it, then ours, then pgbench again. A
//! machine that gets slower or faster meanwhile does so for both, and the median of the ratios
//! passes over a round that was disturbed.

use crate::binaries::Profile;
use crate::compared::{Compared, Pair};
use crate::load::Load;
use crate::measured::{Measured, measure};
use crate::pgbench::{PgBench, Reference};
use crate::servers::{Servers, Site};
use crate::service::{Service, Shape, migrate};
use crate::told::announce;
use crate::witness::Witness;
use crate::workload::{self, Workload};
use crate::{prefill, prove};

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

    /// A database for a load of transfers, with so many settled ones in it, if any are wanted.
    pub(crate) fn filled_site(
        &self,
        name: &str,
        load: &Load,
        payments: u64,
    ) -> Result<Site, String> {
        let site = self.site(name)?;
        if payments > 0 {
            let service = self.start(&Subject::Production(&site, Shape::default()))?;
            open_wallets(&service, std::slice::from_ref(load))?;
            let (targets, workload) = (service.targets(), Workload::Transfer);
            let template = Load { targets, workload, ..load.clone() }.one()?;
            service.stop()?;
            prefill::fill(&site.database, &template.id, payments)?;
        }
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
            if round == 1 || matches!(subject, Subject::Embedded) {
                open_wallets(&service, loads)?;
            }
            rounds.push(self.round(subject, &mut service, loads, &|| ())?);
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

    /// The loads, one after the other. `begin` is called as each begins.
    pub(crate) fn round(
        &self,
        subject: &Subject<'_>,
        service: &mut Service,
        loads: &[Load],
        begin: &dyn Fn(),
    ) -> Result<Vec<Measured>, String> {
        let targets = service.targets();
        let target = targets.first().ok_or("there is no API")?;
        let witness = match subject {
            Subject::Production(site, _) => Witness::Database(&site.database),
            Subject::Embedded => Witness::Api(target),
        };
        self.servers.settle_down();
        loads.iter().map(|load| measure(load, service, &self.servers, &witness, begin)).collect()
    }

    fn reference(&self) -> Result<Reference, String> {
        self.pgbench.run(&self.servers, self.rounds.reference_seconds)
    }
}

/// Those that the loads need, and that are not open yet.
fn open_wallets(service: &Service, loads: &[Load]) -> Result<(), String> {
    let wallets = loads.iter().map(|load| load.wallets).max().unwrap_or(0);
    let converts = loads.iter().any(|load| load.workload.converts());
    let targets = service.targets();
    workload::open_all(targets.first().ok_or("there is no API")?, wallets, converts)
}
