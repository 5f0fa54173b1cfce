//! Turns many callers that want one thing each into few calls that do many things at once: the next
//! batch forms while the one before is under way. At low load a batch is one item, and nobody waits
//! for company.
//!
//! Under load one may wait a moment: until as many are there as in the batch before. Clients that
//! were answered together come back together, and what a batch costs besides its items, in the
//! database and in all that follows, is paid once for all of them.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use paygate_ports::StoreError;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// One item of a batch, with the way back to who handed it in.
pub(crate) struct Submitted<T, R> {
    pub(crate) item: T,
    pub(crate) answer: oneshot::Sender<R>,
}

/// Why an item has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSubmitted {
    /// Too many wait already; it was not taken.
    Overloaded,
    /// It was taken, and its flush gave none.
    NoAnswer,
}

/// As who asks a store is told.
impl From<NotSubmitted> for StoreError {
    fn from(why: NotSubmitted) -> Self {
        Self::Unavailable(match why {
            NotSubmitted::Overloaded => "too many wait for it already".to_owned(),
            NotSubmitted::NoAnswer => "it gave no answer".to_owned(),
        })
    }
}

/// What is handed in.
enum Message<T, R> {
    /// An item to be flushed.
    Item(Submitted<T, R>),
    /// Somebody who wants to know when all before it has been flushed.
    Passing(oneshot::Sender<()>),
}

/// For how many, and for how long, a batch waits at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    /// A batch smaller than this is no sign of load: the next waits for nobody.
    pub(crate) from: usize,
    /// The longest wait.
    pub(crate) at_most: Duration,
}

impl Company {
    /// Nobody is waited for.
    pub(crate) const NONE: Self = Self { from: usize::MAX, at_most: Duration::ZERO };
}

/// A batch of which it is not known what became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

/// The handing-in side. Clones share one queue; the coalescer stops when the last is gone and all
/// that was handed in has been flushed.
pub(crate) struct Coalescer<T, R> {
    sender: mpsc::Sender<Message<T, R>>,
}

impl<T, R> Clone for Coalescer<T, R> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<T: Send + 'static, R: Send + 'static> Coalescer<T, R> {
    /// Starts the loop that flushes, with at most `waiting` items waiting and `batch` in one flush.
    pub(crate) fn start(
        waiting: usize,
        batch: usize,
        company: Company,
        flush: impl Fn(Vec<Submitted<T, R>>) -> BoxFuture<'static, Result<(), Unknown>> + Send + 'static,
    ) -> Self {
        let (sender, mut receiver) = mpsc::channel(waiting.max(1));
        tokio::spawn(async move {
            let (batch, mut before) = (batch.max(1), 0);
            let mut messages = Vec::new();
            while receiver.recv_many(&mut messages, batch).await > 0 {
                if before >= company.from {
                    gather(&mut receiver, &mut messages, before.min(batch), company.at_most).await;
                }
                before = messages.len();
                let (mut items, mut passing) = (Vec::new(), Vec::new());
                for message in messages.drain(..) {
                    match message {
                        // Who handed it in has gone away: nothing is done that nobody hears of.
                        Message::Item(item) if item.answer.is_closed() => {}
                        Message::Item(item) => items.push(item),
                        Message::Passing(answer) => passing.push(answer),
                    }
                }
                if items.is_empty() || flushed(flush(items)).await.is_ok() {
                    for answer in passing {
                        // Who went away needs no answer.
                        let _ = answer.send(());
                    }
                }
            }
        });
        Self { sender }
    }

    /// Hands an item in and waits for its answer, unless too many wait already.
    pub(crate) async fn try_submit(&self, item: T) -> Result<R, NotSubmitted> {
        let (answer, answered) = oneshot::channel();
        let sent = self.sender.try_send(Message::Item(Submitted { item, answer }));
        sent.map_err(|_| NotSubmitted::Overloaded)?;
        answered.await.map_err(|_| NotSubmitted::NoAnswer)
    }

    /// Returns when all that was handed in before has been flushed: what it was to do can be seen.
    pub(crate) async fn passed(&self) -> Result<(), NotSubmitted> {
        let (answer, answered) = oneshot::channel();
        let sent = self.sender.try_send(Message::Passing(answer));
        sent.map_err(|_| NotSubmitted::Overloaded)?;
        answered.await.map_err(|_| NotSubmitted::NoAnswer)
    }

    /// Hands an item in, waiting for a place if need be, and waits for its answer. `None` if the
    /// flush gave none.
    pub(crate) async fn submit(&self, item: T) -> Option<R> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Message::Item(Submitted { item, answer })).await.ok()?;
        answered.await.ok()
    }
}

/// Waits until so many messages are there, or the time is over, or no more can come.
async fn gather<M>(
    receiver: &mut mpsc::Receiver<M>,
    messages: &mut Vec<M>,
    wanted: usize,
    at_most: Duration,
) {
    let end = Instant::now() + at_most;
    while let Some(missing) = wanted.checked_sub(messages.len()).filter(|missing| *missing > 0) {
        let more = timeout_at(end, receiver.recv_many(messages, missing)).await;
        if more.unwrap_or(0) == 0 {
            return;
        }
    }
}

/// What a flush did. A panic is caught, so that one bad batch does not end the loop for all that come
/// after.
async fn flushed(flush: BoxFuture<'static, Result<(), Unknown>>) -> Result<(), Unknown> {
    AssertUnwindSafe(flush).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a batch panicked; those who wait for it get no answer");
        Err(Unknown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn the_next_batch_forms_while_the_one_before_is_under_way() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Semaphore::new(0));
        let (seen, entry) = (Arc::clone(&sizes), Arc::clone(&gate));
        let coalescer =
            Coalescer::start(10, 4, Company::NONE, move |batch: Vec<Submitted<u32, u32>>| {
                let (seen, entry) = (Arc::clone(&seen), Arc::clone(&entry));
                Box::pin(async move {
                    seen.lock().unwrap().push(batch.len());
                    entry.acquire().await.unwrap().forget();
                    for one in batch {
                        let _ = one.answer.send(one.item * 2);
                    }
                    Ok(())
                })
            });
        let submit = |item| {
            let coalescer = coalescer.clone();
            tokio::spawn(async move { coalescer.try_submit(item).await })
        };
        let first = submit(1);
        while sizes.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let rest: Vec<_> = (2..8).map(submit).collect();
        while coalescer.sender.capacity() > 4 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(3);
        assert_eq!(first.await.unwrap().unwrap(), 2);
        for (index, answer) in rest.into_iter().enumerate() {
            assert_eq!(answer.await.unwrap().unwrap(), (index as u32 + 2) * 2);
        }
        assert_eq!(*sizes.lock().unwrap(), [1, 4, 2]);
    }

    #[tokio::test]
    async fn who_has_gone_before_his_turn_is_left_out() {
        let flushed = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Semaphore::new(0));
        let (seen, entry) = (Arc::clone(&flushed), Arc::clone(&gate));
        let coalescer =
            Coalescer::start(10, 10, Company::NONE, move |batch: Vec<Submitted<u32, u32>>| {
                seen.lock().unwrap().extend(batch.iter().map(|one| one.item));
                let entry = Arc::clone(&entry);
                Box::pin(async move {
                    entry.acquire().await.unwrap().forget();
                    for one in batch {
                        let _ = one.answer.send(one.item);
                    }
                    Ok(())
                })
            });
        let submit = |item| {
            let coalescer = coalescer.clone();
            tokio::spawn(async move { coalescer.try_submit(item).await })
        };
        let first = submit(1);
        while flushed.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let (gone, last) = (submit(2), submit(3));
        while coalescer.sender.capacity() > 8 {
            tokio::task::yield_now().await;
        }
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        gate.add_permits(2);
        assert_eq!((first.await.unwrap(), last.await.unwrap()), (Ok(1), Ok(3)));
        assert_eq!(*flushed.lock().unwrap(), [1, 3]);
    }

    #[tokio::test]
    async fn who_passes_hears_when_all_before_is_flushed_and_nothing_when_it_failed() {
        let coalescer =
            Coalescer::start(10, 10, Company::NONE, |batch: Vec<Submitted<u32, u32>>| {
                Box::pin(async move {
                    let fails = batch.iter().any(|one| one.item == 0);
                    for one in batch {
                        let _ = one.answer.send(one.item);
                    }
                    if fails { Err(Unknown) } else { Ok(()) }
                })
            });
        assert_eq!(coalescer.passed().await, Ok(()), "nothing is before it");
        let (answer, passed) = tokio::join!(coalescer.try_submit(1), coalescer.passed());
        assert_eq!((answer, passed), (Ok(1), Ok(())));
        let (answer, passed) = tokio::join!(coalescer.try_submit(0), coalescer.passed());
        assert_eq!((answer, passed), (Ok(0), Err(NotSubmitted::NoAnswer)));
    }

    /// Sizes of batches of which each is answered at once.
    fn counting(company: Company) -> (Coalescer<u32, u32>, Arc<Mutex<Vec<usize>>>) {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let coalescer = Coalescer::start(100, 100, company, move |batch: Vec<Submitted<_, _>>| {
            seen.lock().unwrap().push(batch.len());
            Box::pin(async move {
                for one in batch {
                    let _ = one.answer.send(one.item);
                }
                Ok(())
            })
        });
        (coalescer, sizes)
    }

    /// Hands so many in at once, and waits for all answers.
    async fn submit(coalescer: &Coalescer<u32, u32>, many: u32) {
        let all = (0..many).map(|item| coalescer.try_submit(item));
        for answer in futures_util::future::join_all(all).await {
            answer.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn under_load_a_batch_waits_for_as_many_as_were_in_the_one_before() {
        let company = Company { from: 3, at_most: Duration::from_secs(1) };
        let (coalescer, sizes) = counting(company);
        submit(&coalescer, 5).await;
        let started = Instant::now();
        // Two come, then three more: they are answered together, and sooner than at the end of time.
        let later = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            submit(&coalescer, 3).await;
        };
        tokio::join!(submit(&coalescer, 2), later);
        assert_eq!(started.elapsed(), Duration::from_millis(500));
        // Nobody else comes: the wait has an end, and is over with the load.
        submit(&coalescer, 2).await;
        assert_eq!(started.elapsed(), Duration::from_millis(1_500));
        submit(&coalescer, 1).await;
        assert_eq!(started.elapsed(), Duration::from_millis(1_500));
        assert_eq!(*sizes.lock().unwrap(), [5, 5, 2, 1]);
    }

    #[tokio::test]
    async fn beyond_its_capacity_it_refuses_at_once() {
        let coalescer = Coalescer::start(2, 1, Company::NONE, |_: Vec<Submitted<u32, u32>>| {
            Box::pin(std::future::pending())
        });
        let _kept: Vec<_> = (0..3)
            .map(|item| {
                let coalescer = coalescer.clone();
                tokio::spawn(async move { coalescer.submit(item).await })
            })
            .collect();
        while coalescer.sender.capacity() > 0 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert!(coalescer.try_submit(9).await.is_err());
    }
}
