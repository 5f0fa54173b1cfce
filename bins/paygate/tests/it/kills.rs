//! Processes that are killed while clients do all that clients do.

use crate::acquirer::effects_in;
use crate::client::Client;
use crate::house::House;
use crate::mix::Mix;
use crate::stack::{Servers, Stack};
use crate::wait::{PATIENCE, SWEEPERS_PATIENCE, until};

/// The provider takes its time, so that there is always something in its hands; and it may be away
/// for some seconds before a person has to look. Holds may expire before they are captured.
const SLOW: &[(&str, &str)] = &[
    ("ACQUIRER_LATENCY_MS", "200"),
    ("ACQUIRER_CONCURRENCY", "16"),
    ("RETRY_BACKOFF", "500ms"),
    ("HOLD_EXPIRES_AFTER", "3s"),
];

/// Returns when nothing is held any more.
async fn all_holds_end(client: &Client) {
    client.all_rest(SWEEPERS_PATIENCE).await;
    until("all holds have expired", PATIENCE, async || {
        client.listed("/api/v1/payments", "&status=AUTHORIZED").await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_that_is_killed_again_and_again_keeps_every_promise() {
    let house = House::impatient(SLOW);
    let (mut paygate, mut client) = house.open().await;
    let mix = Mix::start(&client, 1).await;
    for _ in 0..3 {
        mix.accepts(60).await;
        paygate.kill();
        mix.misses(1).await;
        (paygate, client) = house.open().await;
        mix.redirect(&client);
    }
    mix.accepts(30).await;
    let books = mix.stop().await;
    assert!(books.refused.is_empty(), "{:?}", books.refused);
    all_holds_end(&client).await;
    books.assert_kept(&client, &house.journal()).await;
    paygate.terminate(PATIENCE).await;
    house.assert_ledger_holds().await;
    house.proves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_api_and_acquirer_are_killed_and_every_promise_is_kept() {
    let Some(servers) = Servers::shared() else { return };
    let mut stack = Stack::start(&servers, SLOW).await;
    stack.start_worker().await;
    stack.start_worker().await;
    let mix = Mix::start(&stack.client, 2).await;
    for _ in 0..2 {
        mix.accepts(40).await;
        until("much is in the workers' hands", PATIENCE, async || {
            (stack.count("PROCESSING").await >= 3).then_some(())
        })
        .await;
        stack.workers.swap_remove(0).process.kill();

        mix.accepts(40).await;
        let api = stack.replace_api().await;
        api.kill();
        mix.misses(1).await;
        mix.redirect(&stack.client);

        mix.accepts(40).await;
        stack.kill_acquirer();
        stack.workers[0].has_to_retry(3).await;
        stack.start_worker().await;
        stack.start_acquirer_again().await;
    }
    mix.accepts(30).await;
    let books = mix.stop().await;
    assert!(books.refused.is_empty(), "{:?}", books.refused);
    all_holds_end(&stack.client).await;
    books.assert_kept_by(&stack).await;
    let repeated = effects_in(&stack.journal());
    let repeated = repeated.values().filter(|it| it.iter().any(|effect| effect == "replayed"));
    assert!(repeated.count() > 0, "no call was in flight at the kills");
    stack.stop().await;
}
