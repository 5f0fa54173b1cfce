//! Tasks that live as long as the process, watched together: one that ends before it was told to, or
//! panics, stops the others in order and is the reason why the process ends. None ends silently.

use crate::fatal::Fatal;
use std::collections::BTreeMap;
use std::future::Future;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The tasks of one process, or of a part of it.
pub(crate) struct Tasks {
    running: JoinSet<Result<(), Fatal>>,
    names: BTreeMap<String, &'static str>,
    stop: CancellationToken,
}

impl Tasks {
    /// None yet. `stop` tells all of them to end; it is cancelled when one ends by itself.
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { running: JoinSet::new(), names: BTreeMap::new(), stop }
    }

    /// Starts a task that can fail. How it is called begins the line that says why the process
    /// ends.
    pub(crate) fn start(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), Fatal>> + Send + 'static,
    ) {
        let handle = self.running.spawn(task);
        self.names.insert(handle.id().to_string(), name);
    }

    /// Starts a task that only a panic can break.
    pub(crate) fn start_endless(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.start(name, async {
            task.await;
            Ok(())
        });
    }

    /// Returns when all have ended, with the first reason that was not the stop.
    pub(crate) async fn all_ended(mut self) -> Result<(), Fatal> {
        let mut outcome = Ok(());
        while let Some(ended) = self.running.join_next_with_id().await {
            let (id, ended) = match ended {
                Ok((id, ended)) => (id, ended),
                Err(panicked) => (panicked.id(), Err(panicked.to_string())),
            };
            let name = self.names.get(&id.to_string()).copied().unwrap_or("a task");
            let why = match ended {
                Err(why) => format!("{name} failed: {why}"),
                Ok(()) if self.stop.is_cancelled() => continue,
                Ok(()) => format!("{name} ended by itself"),
            };
            tracing::error!(why, "stopping");
            self.stop.cancel();
            outcome = outcome.and(Err(why));
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Runs `task` beside one that ends in order when it is told to, and answers how all ended.
    async fn beside<F>(task: F, told: bool) -> Result<(), Fatal>
    where
        F: Future<Output = Result<(), Fatal>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let finished = Arc::new(AtomicBool::new(false));
        let mut tasks = Tasks::new(stop.clone());
        tasks.start("the one", task);
        let (noted, until) = (Arc::clone(&finished), stop.clone());
        tasks.start_endless("the other", async move {
            until.cancelled().await;
            noted.store(true, Ordering::SeqCst);
        });
        if told {
            stop.cancel();
        }
        let outcome = tasks.all_ended().await;
        assert!(finished.load(Ordering::SeqCst), "the other was not let finish");
        outcome
    }

    fn check(ended: Result<(), Fatal>, expected: &str) {
        let why = ended.expect_err("a reason");
        assert!(why.starts_with(expected), "{why}");
    }

    #[tokio::test]
    async fn one_that_ends_or_panics_stops_the_others_in_order_and_is_the_reason() {
        check(beside(async { Ok(()) }, false).await, "the one ended by itself");
        check(beside(async { Err("no port".to_owned()) }, false).await, "the one failed: no port");
        let panics = async { panic!("a defect") };
        let why = beside(panics, false).await;
        assert!(why.clone().is_err_and(|why| why.contains("a defect")), "{why:?}");
        check(why, "the one failed: task");
    }

    #[tokio::test]
    async fn who_is_told_to_stop_ends_without_a_reason() {
        assert_eq!(beside(async { Ok(()) }, true).await, Ok(()));
        let broken = beside(async { Err("half done".to_owned()) }, true).await;
        check(broken, "the one failed: half done");
    }

    #[tokio::test]
    async fn the_rest_ends_with_who_waits_for_it() {
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop);
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        tasks.start_endless("for ever", async move {
            let _held = held;
            pending::<()>().await;
        });
        drop(tasks);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
