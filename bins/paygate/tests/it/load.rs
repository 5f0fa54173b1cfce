//! Clients that create payments as fast as they are answered, and note what they were told.

use crate::client::{Answer, Client};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A payment that was answered with 201.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub id: Uuid,
    pub minor: i64,
    pub reference: String,
}

/// What the clients were told.
#[derive(Debug, Default)]
pub struct Answers {
    pub accepted: Vec<Accepted>,
    /// Every other answer.
    pub refused: Vec<Answer>,
    /// Why there was no answer.
    pub unanswered: Vec<String>,
}

#[derive(Default)]
struct Progress {
    stop: AtomicBool,
    started: AtomicUsize,
    accepted: AtomicUsize,
}

/// Clients at work.
pub struct Load {
    progress: Arc<Progress>,
    clients: Vec<JoinHandle<Answers>>,
}

/// How many payments to create: as many as there is time for.
pub const WITHOUT_END: usize = usize::MAX;

/// What a client waits after a refusal.
const BREATH: Duration = Duration::from_millis(50);

impl Load {
    /// Has `clients` create payments side by side, `payments` in all; payment `n` over `minor(n)`
    /// US cents.
    pub fn start(client: &Client, clients: usize, payments: usize, minor: fn(i64) -> i64) -> Self {
        let progress = Arc::new(Progress::default());
        // References are unique beyond one load.
        let name = paygate_testkit::build::payment_id().to_string();
        let work = |_| {
            let (client, name, progress) = (client.clone(), name.clone(), Arc::clone(&progress));
            tokio::spawn(async move { work(&client, &name, &progress, payments, minor).await })
        };
        let clients = (0..clients).map(work).collect();
        Self { progress, clients }
    }

    /// How many were answered with 201.
    pub fn accepted(&self) -> usize {
        self.progress.accepted.load(Ordering::SeqCst)
    }

    /// Lets them finish their requests, and no more.
    pub async fn stop(self) -> Answers {
        self.progress.stop.store(true, Ordering::SeqCst);
        self.finish().await
    }

    /// Lets them create all they were to create.
    pub async fn finish(self) -> Answers {
        let mut all = Answers::default();
        for client in self.clients {
            let answers = client.await.unwrap();
            all.accepted.extend(answers.accepted);
            all.refused.extend(answers.refused);
            all.unanswered.extend(answers.unanswered);
        }
        all
    }
}

async fn work(
    client: &Client,
    name: &str,
    progress: &Progress,
    payments: usize,
    minor: fn(i64) -> i64,
) -> Answers {
    let mut answers = Answers::default();
    while !progress.stop.load(Ordering::SeqCst) {
        let number = progress.started.fetch_add(1, Ordering::SeqCst);
        if number >= payments {
            break;
        }
        let (minor, reference) =
            (minor(i64::try_from(number).unwrap()), format!("{name}-{number}"));
        let refused = match client.send(client.order(minor, &reference)).await {
            Ok(answer) if answer.status == 201 => {
                answers.accepted.push(Accepted { id: answer.id(), minor, reference });
                progress.accepted.fetch_add(1, Ordering::SeqCst);
                false
            }
            Ok(answer) => {
                answers.refused.push(answer);
                true
            }
            Err(error) => {
                answers.unanswered.push(format!("{error:?}"));
                true
            }
        };
        if refused {
            tokio::time::sleep(BREATH).await;
        }
    }
    answers
}
