//! An API that listens can publish what it accepts, unless the broker is away.

use crate::stack::{Servers, Stack, total};
use crate::wait::PATIENCE;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Takes connections to the broker of that URL and answers its own. Each is forwarded after a while.
async fn slow_way_to(broker: &str, after: Duration) -> String {
    let (scheme, rest) = broker.split_once("://").unwrap();
    let (authority, vhost) = rest.split_once('/').unwrap();
    let (credentials, address) = authority.rsplit_once('@').unwrap();
    let address = address.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let address = address.clone();
            tokio::spawn(async move {
                sleep(after).await;
                let mut server = TcpStream::connect(address).await.unwrap();
                // It ends with either side.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    format!("{scheme}://{credentials}@{here}/{vhost}")
}

/// Of what the API has accepted: confirmed by the broker, and left to the sweeper.
async fn published(stack: &Stack) -> (i64, i64) {
    let metrics = stack.client.get("/metrics").await.body;
    let confirmed = total(&metrics, "paygate_publish_confirms_total{outcome=\"ack\"}");
    (confirmed, total(&metrics, "paygate_publishes_left_to_sweeper_total"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_payment_of_an_api_is_published_by_the_api() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    stack.seek_broker_at(slow_way_to(&servers.rabbitmq, Duration::from_millis(500)).await);
    stack.replace_api().await.terminate(PATIENCE).await;
    stack.client.create(10_000, "first").await;
    assert_eq!(published(&stack).await, (1, 0));
    stack.is_ready("ok").await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_or_silent_does_not_keep_an_api_from_its_start() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, &[]).await;
    // Nobody listens on port 1; what is forwarded after an hour is silence.
    let silent = slow_way_to(&servers.rabbitmq, Duration::from_hours(1)).await;
    let away = "amqp://guest:guest@127.0.0.1:1/%2f".to_owned();
    for (reference, broker) in [("away", away), ("silent", silent)] {
        stack.seek_broker_at(broker);
        let started = timeout(Duration::from_secs(20), stack.replace_api()).await;
        started.unwrap().terminate(PATIENCE).await;
        stack.client.create(10_000, reference).await;
        assert_eq!(published(&stack).await, (0, 1));
        stack.is_ready("degraded").await;
    }
    stack.stop().await;
}
