//! The contracts.

use crate::support::{Raw, config, connected};
use paygate_ports::Outcomes;
use paygate_testkit::queue::{OutcomesUnderTest, Past, QueueUnderTest};
use paygate_testkit::servers::rabbitmq_url;
use std::sync::Arc;

async fn queue() -> Option<QueueUnderTest> {
    let config = config(&rabbitmq_url()?);
    let broker = connected(&config).await;
    let raw = Raw::connect(&config).await;
    let dead = raw.clone();
    Some(QueueUnderTest {
        queue: Arc::new(broker.queue()),
        clean_up: clean_up(&raw),
        consumer: Box::new(move || Box::new(broker.deliveries())),
        push_raw: Box::new(move |body| {
            let raw = raw.clone();
            Box::pin(async move { raw.publish(&body).await })
        }),
        dead_letters: Box::new(move || {
            let dead = dead.clone();
            Box::pin(async move { dead.dead_letters().await })
        }),
    })
}

/// Each process has connections of its own.
async fn outcomes() -> Option<OutcomesUnderTest> {
    let config = config(&rabbitmq_url()?);
    let raw = Raw::connect(&config).await;
    Some(OutcomesUnderTest {
        process: Box::new(move || {
            let config = config.clone();
            Box::pin(async move {
                let outcomes = connected(&config).await.listen();
                outcomes.ready().await.unwrap();
                let outcomes: Arc<dyn Outcomes> = Arc::new(outcomes);
                outcomes
            })
        }),
        clean_up: clean_up(&raw),
    })
}

fn clean_up(raw: &Raw) -> Past<()> {
    let raw = raw.clone();
    Box::new(move || {
        let raw = raw.clone();
        Box::pin(async move { raw.delete_all().await })
    })
}

paygate_testkit::queue_contract!(queue);
paygate_testkit::outcomes_contract!(outcomes);
