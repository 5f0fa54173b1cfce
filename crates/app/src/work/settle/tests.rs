//! What a provider is asked about a payment, whatever its kind.

use super::*;
use async_trait::async_trait;
use paygate_core::id::AccountId;
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::status::Status;
use paygate_testkit::ManualClock;
use std::sync::Mutex;
use uuid::Uuid;

const ID: PaymentId = PaymentId(Uuid::from_u128(1));
const ORIGINAL: PaymentId = PaymentId(Uuid::from_u128(2));

/// Remembers what it was asked, and approves.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Listener {
    fn hear(&self, asked: String) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(asked);
    }
}

#[async_trait]
impl Acquirer for Listener {
    async fn authorize(&self, request: Authorization) -> Result<Decision, AcquirerError> {
        self.hear(format!("authorize {}", request.key));
        Ok(Decision::Approved)
    }

    async fn refund(&self, request: RefundRequest) -> Result<Decision, AcquirerError> {
        self.hear(format!("refund {} of {}", request.key, request.of));
        Ok(Decision::Approved)
    }

    async fn status(&self, key: PaymentId) -> Result<KnownOutcome, AcquirerError> {
        self.hear(format!("status of {key}"));
        Ok(KnownOutcome::Decided(Decision::Approved))
    }
}

/// Payment `ID` in PROCESSING, after so many claims.
fn claimed(kind: Kind, parent: Option<PaymentId>, attempts: i32, at: Timestamp) -> Payment {
    let amount = Money { minor: 100, currency: Currency::parse("USD").expect("a currency") };
    Payment {
        id: ID,
        kind,
        amount,
        debit: amount,
        credit: amount,
        source: AccountId(Uuid::from_u128(1)),
        destination: AccountId(Uuid::from_u128(2)),
        parent,
        hold: false,
        status: Status::Processing,
        failure: None,
        captured_minor: None,
        refunded_minor: 0,
        refunding_minor: 0,
        expires_at: None,
        attempts,
        lease_until: None,
        parked: false,
        transitions: 1,
        created_at: at,
        updated_at: at,
    }
}

#[tokio::test]
async fn a_provider_is_asked_what_the_kind_says_and_nothing_of_a_payout() {
    let now = Timestamp::default();
    let (authorize, refund) = (format!("authorize {ID}"), format!("refund {ID} of {ORIGINAL}"));
    for (kind, parent, call) in [
        (Kind::Charge, None, Some(authorize)),
        (Kind::Transfer, None, None),
        (Kind::Payout, None, None),
        // Not even one that names a payment as if it gave that back.
        (Kind::Payout, Some(ORIGINAL), None),
        (Kind::Deposit, None, None),
        (Kind::Refund, Some(ORIGINAL), Some(refund)),
        (Kind::Refund, None, None),
        (Kind::Opening, None, None),
    ] {
        // The second attempt is beyond the last: it only asks what became of the first.
        for (attempts, asked) in [(1, call.clone()), (2, call.map(|_| format!("status of {ID}")))] {
            let acquirer = Arc::new(Listener::default());
            let caller = Caller {
                acquirer: acquirer.clone(),
                clock: Arc::new(ManualClock::new(now)),
                policy: ClaimPolicy { max_attempts: 1, ..ClaimPolicy::default() },
                provider_timeout: Duration::from_secs(5),
                places: Semaphore::new(1),
            };
            let verdict = caller.ask(&claimed(kind, parent, attempts, now), now).await;
            let expected = match asked {
                Some(_) => Verdict::Approved,
                None => Verdict::NotAsked { lease_until: None },
            };
            assert_eq!(verdict, expected, "{kind} {parent:?}");
            let heard = acquirer.0.lock().expect("nobody panicked").clone();
            assert_eq!(heard, asked.into_iter().collect::<Vec<_>>(), "{kind} {parent:?}");
        }
    }
}
