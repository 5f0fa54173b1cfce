//! Whether the parts this process depends on work.

use paygate_ports::HealthCheck;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What became of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The component's name.
    pub name: &'static str,
    /// Why it does not work, if it does not.
    pub trouble: Option<String>,
}

/// How long an answer is given again.
const KEPT: Duration = Duration::from_secs(1);

/// What was answered last, and when.
type Answer = (Instant, Vec<Component>);

/// Asks every component, at most once in a while and once at a time, however many want to know: who
/// asks us must not be able to keep the store or the broker busy.
#[derive(Clone)]
pub struct Readiness {
    checks: Arc<[Arc<dyn HealthCheck>]>,
    kept_for: Duration,
    last: Arc<Mutex<Option<Answer>>>,
}

impl Readiness {
    /// Asks these.
    #[must_use]
    pub fn new(checks: Vec<Arc<dyn HealthCheck>>) -> Self {
        Self { checks: checks.into(), kept_for: KEPT, last: Arc::default() }
    }

    /// The same, giving an answer again for so long.
    #[must_use]
    pub fn kept_for(self, kept_for: Duration) -> Self {
        Self { kept_for, ..self }
    }

    /// What all say, in the order given to [`Readiness::new`]: an answer of the last second if there
    /// is one, else that of those who are being asked, else a new one. What is wrong goes to the log.
    pub async fn report(&self) -> Vec<Component> {
        // Whoever waits here gets what the one before has found.
        let mut last = self.last.lock().await;
        if let Some((at, components)) = &*last
            && at.elapsed() < self.kept_for
        {
            return components.clone();
        }
        let components = self.ask().await;
        for Component { name, trouble } in &components {
            if let Some(trouble) = trouble {
                tracing::warn!(component = name, trouble, "a component is down");
            }
        }
        *last = Some((Instant::now(), components.clone()));
        components
    }

    /// Asks all at once.
    async fn ask(&self) -> Vec<Component> {
        let ask = |check: &Arc<dyn HealthCheck>| {
            let check = Arc::clone(check);
            async move { Component { name: check.name(), trouble: check.check().await.err() } }
        };
        futures_util::future::join_all(self.checks.iter().map(ask)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    /// Counts how often it is asked, and answers when it is told to.
    #[derive(Default)]
    struct Counted {
        asked: AtomicUsize,
        answer: Notify,
    }

    #[async_trait]
    impl HealthCheck for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        async fn check(&self) -> Result<(), String> {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst);
            self.answer.notified().await;
            Err(format!("trouble {asked}"))
        }
    }

    #[tokio::test]
    async fn however_many_want_to_know_a_component_is_asked_once_in_a_while() {
        let counted = Arc::new(Counted::default());
        let readiness = Readiness::new(vec![counted.clone()]);
        let all = futures_util::future::join_all((0..50).map(|_| readiness.report()));
        let (answers, ()) = tokio::join!(all, async { counted.answer.notify_one() });
        let trouble = Some("trouble 0".to_owned());
        assert!(answers.iter().all(|it| it[0].trouble == trouble), "{answers:?}");
        assert_eq!(readiness.report().await[0].trouble, trouble, "an answer is given again");
        assert_eq!(counted.asked.load(Ordering::SeqCst), 1);

        let readiness = readiness.kept_for(Duration::ZERO);
        counted.answer.notify_one();
        assert_eq!(readiness.report().await[0].trouble, Some("trouble 1".to_owned()));
    }
}
