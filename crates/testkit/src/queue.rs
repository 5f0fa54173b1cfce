//! The contract of the queue ports: what `PaymentQueue`, `Deliveries` and `Outcomes` must do on
//! every broker.
//!
//! An adapter writes `paygate_testkit::queue_contract!(make)` in its tests, where `make` is an
//! `async fn() -> Option<QueueUnderTest>` that gives an empty queue of its own to each call, or
//! `None` where its server is missing; and `paygate_testkit::outcomes_contract!(make)` likewise
//! with [`OutcomesUnderTest`].

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use paygate_ports::{DeadLetter, Deliveries, Outcomes, PaymentQueue};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

pub mod acks;
pub mod batches;
pub mod helpers;
pub mod hints;
pub mod letters;
pub mod outcomes;

/// How many ids share a message in a [`QueueUnderTest`].
pub const IDS_PER_MESSAGE: usize = 20;

/// Does something with the server itself.
pub type Past<T> = Box<dyn Fn() -> BoxFuture<'static, T> + Send + Sync>;

/// An empty queue behind its ports, and a way past them.
pub struct QueueUnderTest {
    /// Publishes, [`IDS_PER_MESSAGE`] ids to a message.
    pub queue: Arc<dyn PaymentQueue>,
    /// Starts a consumer that may hold at least 100 messages.
    pub consumer: Box<dyn Fn() -> Box<dyn Deliveries> + Send + Sync>,
    /// Puts a message into the queue whose body is this.
    pub push_raw: Box<dyn Fn(Vec<u8>) -> BoxFuture<'static, ()> + Send + Sync>,
    /// Reads the dead letters there are.
    pub dead_letters: Past<Vec<DeadLetter>>,
    /// Removes what the queue left on the server.
    pub clean_up: Past<()>,
}

/// Outcomes of several processes.
pub struct OutcomesUnderTest {
    /// Starts a process that announces and listens, and returns when it does.
    pub process: Past<Arc<dyn Outcomes>>,
    /// Removes what they left on the server.
    pub clean_up: Past<()>,
}

/// Runs one rule, and cleans up whether it holds or not.
pub async fn run(clean_up: Past<()>, rule: impl Future<Output = ()>) {
    let outcome = AssertUnwindSafe(rule).catch_unwind().await;
    clean_up().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// Expands to one test per rule of the queue's contract. See [the module](self).
///
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! queue_contract {
    ($make:path) => {
        $crate::queue_contract! { @tests $make;
            hints: published_hints_arrive_with_the_context_of_the_first_of_their_message,
            hints: a_single_hint_is_a_message_of_its_own,
            hints: an_empty_publish_is_nothing,
            hints: a_large_publish_arrives_whole,
            hints: hints_of_concurrent_publishers_all_arrive,
            hints: depth_counts_the_messages_that_wait,
            batches: next_fills_a_batch_with_what_is_ready_and_no_more,
            batches: a_message_larger_than_the_batch_comes_whole,
            batches: next_waits_for_a_message,
            batches: dropping_next_loses_nothing,
            batches: two_consumers_share_the_messages,
            acks: what_is_acknowledged_does_not_come_again,
            acks: what_is_not_acknowledged_comes_again_flagged,
            acks: acknowledgements_out_of_order_count_one_by_one,
            acks: acknowledging_twice_does_no_harm,
            acks: concurrent_acknowledgements_do_no_harm,
            acks: tags_of_a_consumer_that_is_gone_are_skipped,
            letters: an_unreadable_message_comes_with_its_body,
            letters: an_unreadable_message_does_not_disturb_its_neighbours,
            letters: a_dead_letter_keeps_its_body_and_reason,
            letters: a_dead_letter_acknowledges_nothing,
        }
    };
    (@tests $make:path; $($module:ident: $test:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(mut queue) = $make().await {
                    let clean_up = std::mem::replace(
                        &mut queue.clean_up,
                        Box::new(|| Box::pin(async {})),
                    );
                    $crate::queue::run(clean_up, $crate::queue::$module::$test(queue)).await;
                }
            }
        )+
    };
}

/// Expands to one test per rule of the outcomes' contract. See [the module](self).
///
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! outcomes_contract {
    ($make:path) => {
        $crate::outcomes_contract! { @tests $make;
            outcomes: who_waits_before_the_announcement_is_woken,
            outcomes: who_waits_for_another_payment_is_not_woken,
            outcomes: all_who_wait_for_a_batch_are_woken,
            outcomes: an_announcement_that_nobody_waits_for_is_fine,
            outcomes: every_process_hears_every_announcement,
            outcomes: concurrent_announcements_are_all_heard,
        }
    };
    (@tests $make:path; $($module:ident: $test:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(mut outcomes) = $make().await {
                    let clean_up = std::mem::replace(
                        &mut outcomes.clean_up,
                        Box::new(|| Box::pin(async {})),
                    );
                    $crate::queue::run(clean_up, $crate::queue::$module::$test(outcomes)).await;
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    /// A rule that no adapter runs can't fail.
    #[test]
    fn every_rule_is_in_a_macro() {
        let list = include_str!("queue.rs");
        for (module, source) in [
            ("acks", include_str!("queue/acks.rs")),
            ("batches", include_str!("queue/batches.rs")),
            ("hints", include_str!("queue/hints.rs")),
            ("letters", include_str!("queue/letters.rs")),
            ("outcomes", include_str!("queue/outcomes.rs")),
        ] {
            let rules = source.lines().filter_map(|line| {
                line.strip_prefix("pub async fn ")?.split_once('(').map(|(rule, _)| rule)
            });
            for rule in rules {
                assert!(list.contains(&format!(" {module}: {rule},\n")), "{module}: {rule}");
            }
        }
    }
}
