//! Asking the provider about claimed payments, in a bounded pool and without any lock, and settling
//! what it says, in batches. What it is asked, core says by the payment's kind.

use crate::support::coalescer::{Coalescer, Company, Submitted, Unknown};
use crate::support::retry::Patience;
use crate::work::announcer::Announcer;
use crate::work::quarantine::Quarantiner;
use crate::work::setup::{WorkerConfig, WorkerPorts};
use crate::work::transact_each::{DecideOne, transact_each};
use paygate_core::Timestamp;
use paygate_core::book::Book;
use paygate_core::decision::Loads;
use paygate_core::id::PaymentId;
use paygate_core::payment::Payment;
use paygate_core::provider::{self, Call, ClaimPolicy, Verdict};
use paygate_ports::{
    Acquirer, AcquirerError, Authorization, Clock, Decision, KnownOutcome, RefundRequest,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// What a provider call came to.
struct Settlement {
    id: PaymentId,
    attempt: i32,
    verdict: Verdict,
}

/// Calls the provider for claimed charges and settles them.
pub(crate) struct Settler {
    caller: Arc<Caller>,
    settling: Coalescer<Settlement, ()>,
    in_hand: watch::Sender<usize>,
    most_in_hand: usize,
}

impl Settler {
    pub(crate) fn new(
        ports: &WorkerPorts,
        config: &WorkerConfig,
        quarantiner: Quarantiner,
        announcer: Announcer,
    ) -> Self {
        let policy = config.policy.claim.clone();
        let settling = Coalescer::start(config.batch, config.batch, Company::NONE, move |batch| {
            Box::pin(settle(quarantiner.clone(), announcer.clone(), policy.clone(), batch))
        });
        let caller = Arc::new(Caller {
            acquirer: Arc::clone(&ports.acquirer),
            clock: Arc::clone(&ports.clock),
            policy: config.policy.claim.clone(),
            provider_timeout: config.provider_timeout,
            places: Semaphore::new(config.acquirer_concurrency.max(1)),
        });
        let most_in_hand = config.batch.max(1).saturating_mul(2);
        Self { caller, settling, in_hand: watch::Sender::new(0), most_in_hand }
    }

    /// Waits until more may be claimed, and answers how much.
    pub(crate) async fn room(&self) -> usize {
        let mut in_hand = self.in_hand.subscribe();
        match in_hand.wait_for(|count| *count < self.most_in_hand).await {
            Ok(count) => self.most_in_hand - *count,
            // The sender lives as long as self.
            Err(_) => 1,
        }
    }

    /// Waits until all that was claimed is settled or given up, or the time to abandon it has come.
    pub(crate) async fn finish(&self, patience: &Patience) {
        let mut in_hand = self.in_hand.subscribe();
        tokio::select! {
            biased;
            // The sender lives as long as self.
            _ = in_hand.wait_for(|count| *count == 0) => {}
            () = patience.over() => {}
        }
    }

    /// Asks the provider about a charge and settles it, beside whatever else goes on. `claimed_at`
    /// is this process's time just before the claim.
    pub(crate) fn call(&self, payment: Payment, claimed_at: Timestamp) {
        let in_hand = InHand::one_more(&self.in_hand);
        let (caller, settling) = (Arc::clone(&self.caller), self.settling.clone());
        tokio::spawn(async move {
            let (id, attempt) = (payment.id, payment.attempts);
            let verdict = caller.ask(&payment, claimed_at).await;
            // Without an answer the time to abandon came first: the lease will end.
            let _ = settling.submit(Settlement { id, attempt, verdict }).await;
            drop(in_hand);
        });
    }
}

/// Counts a charge as in hand while it lives, also when its task is cancelled or panics.
struct InHand(watch::Sender<usize>);

impl InHand {
    fn one_more(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Asks the provider, a bounded number of questions at once.
struct Caller {
    acquirer: Arc<dyn Acquirer>,
    clock: Arc<dyn Clock>,
    policy: ClaimPolicy,
    provider_timeout: Duration,
    places: Semaphore,
}

impl Caller {
    /// One attempt: the call, and if that gives no definitive answer, the question what became of
    /// it. An attempt beyond the last only asks.
    async fn ask(&self, payment: &Payment, claimed_at: Timestamp) -> Verdict {
        let not_asked = Verdict::NotAsked { lease_until: payment.lease_until };
        // Whatever else is claimed is nobody's to answer for: its settlement finds that it is poison.
        let Ok(call) = provider::call(payment) else { return not_asked };
        let Ok(_place) = self.places.acquire().await else { return not_asked };
        if !self.lease_covers_a_call(claimed_at) {
            metrics::counter!("paygate_claims_given_back_total").increment(1);
            return not_asked;
        }
        if !self.policy.only_asks(payment.attempts) {
            match self.call(payment, call).await {
                Ok(decision) => return verdict(decision),
                Err(error) => tracing::debug!(payment_id = %payment.id, %error, "no answer"),
            }
        }
        match self.acquirer.status(payment.id).await {
            Ok(KnownOutcome::Decided(decision)) => verdict(decision),
            Ok(KnownOutcome::NotFound) | Err(_) => Verdict::Unknown,
        }
    }

    async fn call(&self, payment: &Payment, call: Call) -> Result<Decision, AcquirerError> {
        match call {
            Call::Authorize => {
                let request = Authorization { key: payment.id, amount: payment.amount };
                self.acquirer.authorize(request).await
            }
            Call::Refund { of } => {
                let request = RefundRequest { key: payment.id, of, amount: payment.amount };
                self.acquirer.refund(request).await
            }
        }
    }

    /// Whether the claim lasts long enough for a call and the question after it. Measured on this
    /// process's clock alone: the store's may differ.
    fn lease_covers_a_call(&self, claimed_at: Timestamp) -> bool {
        let left = claimed_at + self.policy.lease - self.clock.now();
        left.to_std().is_ok_and(|left| left >= self.provider_timeout * 2)
    }
}

fn verdict(decision: Decision) -> Verdict {
    match decision {
        Decision::Approved => Verdict::Approved,
        Decision::Declined(why) => Verdict::Declined(why),
    }
}

/// Settles a batch in one transaction and announces it.
#[tracing::instrument(level = "info", name = "settle", skip_all, fields(payments = batch.len()))]
async fn settle(
    quarantiner: Quarantiner,
    announcer: Announcer,
    policy: ClaimPolicy,
    batch: Vec<Submitted<Settlement, ()>>,
) -> Result<(), Unknown> {
    metrics::histogram!("paygate_settle_batch_size").record(batch.len() as f64);
    // Two attempts of one charge may end together, and each has its say: the answer of a stale one
    // may be the definitive one.
    let mut verdicts: BTreeMap<PaymentId, Vec<(i32, Verdict)>> = BTreeMap::new();
    for settlement in batch.iter().map(|submitted| &submitted.item) {
        verdicts.entry(settlement.id).or_default().push((settlement.attempt, settlement.verdict));
    }
    let ids = verdicts.keys().copied().collect();
    let decide: DecideOne = Arc::new(move |book: &mut Book, id| {
        verdicts.get(&id).into_iter().flatten().try_for_each(|(attempt, verdict)| {
            provider::settle(book, id, *attempt, *verdict, &policy)
                .map_err(|rejection| rejection.code())
        })
    });
    let Some(changed) = transact_each(&quarantiner, ids, Loads::Accounts, decide).await else {
        return Err(Unknown);
    };
    let changed: Vec<Payment> = changed.into_iter().map(|changed| changed.payment).collect();
    announcer.announce(&changed);
    for submitted in batch {
        let _ = submitted.answer.send(());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
