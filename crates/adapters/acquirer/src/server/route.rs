//! Which request is answered by what.

use super::answer::{Answer, Failure, empty, invalid, json};
use super::closing::closed_or_gone;
use super::read;
use crate::call::Call;
use crate::memory::NoAnswer;
use crate::simulated::SimulatedAcquirer;
use crate::wire::{
    AUTHORIZATIONS, AuthorizationBody, CountBody, DecisionBody, HealthBody, IDEMPOTENCY_KEY,
    REFUNDS, RefundBody, TotalsBody,
};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use paygate_core::id::PaymentId;
use paygate_ports::{Authorization, RefundRequest};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

const JOURNAL: &str = "/v1/journal";
const HEALTH: &str = "/health";

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) acquirer: SimulatedAcquirer,
    pub(super) closing: watch::Receiver<bool>,
}

/// What a path names.
enum Named<'a> {
    Authorizations,
    Refunds,
    Decision(&'a str),
    Totals,
    Count(&'a str),
    Health,
}

impl<'a> Named<'a> {
    fn by(path: &'a str) -> Option<Self> {
        let below = |folder: &str| {
            let key = path.strip_prefix(folder)?.strip_prefix('/')?;
            (!key.is_empty() && !key.contains('/')).then_some(key)
        };
        match path {
            AUTHORIZATIONS => Some(Self::Authorizations),
            REFUNDS => Some(Self::Refunds),
            JOURNAL => Some(Self::Totals),
            HEALTH => Some(Self::Health),
            _ => below(AUTHORIZATIONS)
                .or_else(|| below(REFUNDS))
                .map(Self::Decision)
                .or_else(|| below(JOURNAL).map(Self::Count)),
        }
    }
}

impl Service {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        let Some(named) = Named::by(&path) else { return empty(StatusCode::NOT_FOUND) };
        let decided = match (request.method(), named) {
            (&Method::POST, Named::Authorizations) => self.authorize(request).await,
            (&Method::POST, Named::Refunds) => self.refund(request).await,
            (&Method::GET, Named::Decision(key)) => self.status(key).await,
            (&Method::GET, Named::Count(key)) => self.count(key),
            (&Method::GET, Named::Totals) => return json(StatusCode::OK, &self.totals()),
            (&Method::GET, Named::Health) => {
                return json(StatusCode::OK, &HealthBody { status: "ok" });
            }
            _ => return empty(StatusCode::METHOD_NOT_ALLOWED),
        };
        decided.unwrap_or_else(Failure::into_answer)
    }

    async fn authorize(&self, request: Request<Incoming>) -> Result<Answer, Failure> {
        let headers = request.headers().clone();
        let body: AuthorizationBody = read::json(request).await?;
        let request = Authorization::try_from(body).map_err(invalid)?;
        self.decide(&headers, &Call::from(&request)).await
    }

    async fn refund(&self, request: Request<Incoming>) -> Result<Answer, Failure> {
        let headers = request.headers().clone();
        let body: RefundBody = read::json(request).await?;
        let request = RefundRequest::try_from(body).map_err(invalid)?;
        self.decide(&headers, &Call::from(&request)).await
    }

    async fn decide(&self, headers: &HeaderMap, call: &Call) -> Result<Answer, Failure> {
        let header = headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
        if header != Some(call.key.to_string().as_str()) {
            return Err(invalid("the Idempotency-Key header must be the key"));
        }
        let verdict = self.deliver(self.acquirer.receive(call)).await?;
        Ok(json(StatusCode::OK, &DecisionBody::from(verdict)))
    }

    async fn status(&self, key: &str) -> Result<Answer, Failure> {
        match self.deliver(self.acquirer.look_up(parse(key)?)).await? {
            Some(verdict) => Ok(json(StatusCode::OK, &DecisionBody::from(verdict))),
            None => Err(Failure::NotFound),
        }
    }

    fn count(&self, key: &str) -> Result<Answer, Failure> {
        let key = parse(key)?;
        let count = self.acquirer.calls(key);
        let body = CountBody {
            key: key.to_string(),
            authorizations: count.authorizations,
            refunds: count.refunds,
            effects: count.effects,
        };
        Ok(json(StatusCode::OK, &body))
    }

    fn totals(&self) -> TotalsBody {
        let totals = self.acquirer.totals();
        TotalsBody {
            keys: totals.keys,
            authorizations: totals.authorizations,
            refunds: totals.refunds,
            effects: totals.effects,
        }
    }

    /// Lets the client wait for `answer`: the latency, and where it is to hear nothing the whole
    /// configured time.
    async fn deliver<T>(&self, answer: Result<T, NoAnswer>) -> Result<T, Failure> {
        let config = self.acquirer.config();
        if !config.latency.is_zero() {
            self.wait(config.latency).await;
        }
        if matches!(answer, Err(NoAnswer::Silence)) {
            self.wait(config.timeout).await;
        }
        answer.map_err(Failure::NoAnswer)
    }

    async fn wait(&self, time: Duration) {
        let mut closing = self.closing.clone();
        tokio::select! {
            () = sleep(time) => {}
            () = closed_or_gone(&mut closing) => {}
        }
    }
}

fn parse(key: &str) -> Result<PaymentId, Failure> {
    key.parse().map_err(|_| invalid("the key must be a UUID"))
}
