//! Who is asked what became of the payments of a load.

mod by_api;

use std::time::{Duration, Instant};

use crate::database::Database;
use crate::http::Target;
use crate::load::Mark;
use crate::outcome::Outcome;
use crate::told::announce;

/// Given up when the end has not come so long after the load's.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// Who is asked what became of payments.
#[derive(Debug)]
pub(crate) enum Witness<'a> {
    /// The database: cheap, and so used for what is measured.
    Database(&'a Database),
    /// The API, by paging through all payments: for servers whose database is not at hand.
    Api(&'a Target),
}

impl Witness<'_> {
    /// Waits until nothing after the mark is under way, but not for ever.
    pub(crate) fn wait(&self, mark: &Mark) -> Result<(), String> {
        let since = Instant::now();
        while self.is_under_way(mark)? {
            if since.elapsed() > PATIENCE {
                announce("not all is settled after a long time");
                break;
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// What came of the payments after the mark.
    pub(crate) fn outcome(&self, mark: &Mark) -> Result<Outcome, String> {
        match self {
            Self::Database(database) => database.outcome(mark),
            Self::Api(target) => by_api::outcome(target, mark),
        }
    }

    fn is_under_way(&self, mark: &Mark) -> Result<bool, String> {
        match self {
            Self::Database(database) => database.is_under_way(mark),
            Self::Api(target) => by_api::is_under_way(target, mark),
        }
    }
}
