//! Transfers on tables that hold much already.

use std::slice;

use super::under_way::Suite;
use crate::numbers::count;
use crate::rounds::Subject;
use crate::service::Shape;
use crate::workload::Workload;

/// How many settled payments there are, in a full run.
const SIZES: [u64; 3] = [0, 2_000_000, 10_000_000];

impl Suite<'_> {
    /// Throughput and latency against the size of the tables.
    pub(super) fn tables(&mut self) -> Result<(), String> {
        let named = self.arguments.prefill.map(|size| vec![0, size]);
        for size in named.unwrap_or(SIZES.to_vec()) {
            if let Err(why) = self.table(size) {
                self.results.missing.push(format!("tables of {}: {why}", count(size as f64)));
            }
        }
        Ok(())
    }

    fn table(&mut self, size: u64) -> Result<(), String> {
        let load = self.load(Workload::Transfer);
        let site = self.ground.filled_site("tables", &load, size)?;
        let subject = Subject::Production(&site, Shape::default());
        let compared = self.ground.compare(&subject, slice::from_ref(&load));
        if let Ok(compared) = compared {
            let name = format!("{} payments before", count(size as f64));
            self.keep("tables", [(name, Some(size))], compared);
        }
        site.drop(&self.ground.servers)
    }
}
