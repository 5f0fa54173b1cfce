//! One simulated client: takes a number, does what comes with it, and counts what came back.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::shared::Shared;
use crate::http::{Answer, Connection, Request, Target};
use crate::workload::{self, Key, Operation, Wallet};

/// A server that has gone, or says that it has too much to do, must not be hammered.
const PAUSE_AFTER_AN_ERROR: Duration = Duration::from_millis(50);
/// How long a hold may take until it holds.
const HOLD_SECONDS: u8 = 10;

/// A client and its connection.
#[derive(Debug)]
pub(super) struct Client {
    connection: Connection,
    request: Request,
    /// The payment of its own that was accepted last.
    last: Option<String>,
}

impl Client {
    /// One that is connected.
    pub(super) async fn connect(target: &Target) -> Result<Self, String> {
        let mut connection = Connection::new(target);
        connection.connect().await.map_err(|why| format!("{}: {why}", target.host()))?;
        Ok(Self { connection, request: Request::new(target), last: None })
    }

    /// Sends, waits and counts until the time is up.
    pub(super) async fn drive(mut self, shared: Rc<Shared>) -> Self {
        while let Some((number, begun)) = shared.pace.next().await {
            let key = Key { load: &shared.name, number };
            let done = match shared.choice.operation(shared.workload, number) {
                Operation::Charge => self.charge(&shared, key, begun).await,
                Operation::Transfer(source, destination) => {
                    self.transfer(&shared, key, (source, destination), begun).await
                }
                Operation::Hold(source, destination) => {
                    self.hold(&shared, key, (source, destination), begun).await
                }
                Operation::Get => self.get(&shared, begun).await,
                Operation::List => self.list(&shared, begun).await,
            };
            if let Err(what) = done {
                shared.seen.borrow_mut().other(what);
                sleep(PAUSE_AFTER_AN_ERROR).await;
            }
        }
        self
    }

    async fn charge(
        &mut self,
        shared: &Shared,
        key: Key<'_>,
        begun: Instant,
    ) -> Result<(), String> {
        let request = workload::charge(&mut self.request, key, shared.wait);
        expect(201, "charge", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().accept.add(begun.elapsed());
        Ok(())
    }

    async fn transfer(
        &mut self,
        shared: &Shared,
        key: Key<'_>,
        pair: (Wallet, Wallet),
        begun: Instant,
    ) -> Result<(), String> {
        let request = workload::transfer(&mut self.request, key, pair, false, shared.wait);
        let answer = expect(201, "transfer", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().accept.add(begun.elapsed());
        if shared.workload.reads() {
            self.last = Some(id_of(answer)?);
        }
        Ok(())
    }

    /// A hold must be waited for: nothing can be captured before.
    async fn hold(
        &mut self,
        shared: &Shared,
        key: Key<'_>,
        pair: (Wallet, Wallet),
        begun: Instant,
    ) -> Result<(), String> {
        let request = workload::transfer(&mut self.request, key, pair, true, Some(HOLD_SECONDS));
        let answer = expect(201, "hold", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().accept.add(begun.elapsed());
        let id = id_of(answer)?;
        let begun = Instant::now();
        let request = workload::capture(&mut self.request, &id);
        expect(200, "capture", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().capture.add(begun.elapsed());
        Ok(())
    }

    /// As long as the client has accepted nothing, there is only the list to read.
    async fn get(&mut self, shared: &Shared, begun: Instant) -> Result<(), String> {
        let request = match &self.last {
            Some(id) => workload::get(&mut self.request, id),
            None => workload::list(&mut self.request),
        };
        expect(200, "get", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().read.add(begun.elapsed());
        Ok(())
    }

    async fn list(&mut self, shared: &Shared, begun: Instant) -> Result<(), String> {
        let request = workload::list(&mut self.request);
        expect(200, "list", self.connection.exchange(request).await)?;
        shared.seen.borrow_mut().read.add(begun.elapsed());
        Ok(())
    }
}

/// The answer, if it has this status; else what is counted in its place.
fn expect<'a>(
    status: u16,
    what: &str,
    answer: Result<Answer<'a>, String>,
) -> Result<Answer<'a>, String> {
    match answer {
        Ok(answer) if answer.status == status => Ok(answer),
        Ok(answer) => Err(format!("{what}: {}", answer.status)),
        Err(why) => Err(format!("{what}: no answer ({why})")),
    }
}

/// The id of the payment that is the answer.
fn id_of(answer: Answer<'_>) -> Result<String, String> {
    const BEFORE: &[u8] = br#""id":""#;
    let place = answer.body.windows(BEFORE.len()).position(|bytes| bytes == BEFORE);
    let id = place.and_then(|place| answer.body.get(place + BEFORE.len()..)?.get(..36));
    let id = id.and_then(|id| std::str::from_utf8(id).ok());
    id.map(str::to_owned).ok_or_else(|| "an answer without id".to_owned())
}

#[cfg(test)]
mod tests {
    use super::id_of;
    use crate::http::Answer;

    #[test]
    fn the_id_of_a_payment_is_read() {
        let body = br#"{"id":"01a1f845-b767-72dd-a7ac-ed64850468d8","kind":"charge"}"#;
        let id = id_of(Answer { status: 201, body });
        assert_eq!(id.as_deref(), Ok("01a1f845-b767-72dd-a7ac-ed64850468d8"));
        assert!(id_of(Answer { status: 201, body: br#"{"id":"01a1"}"# }).is_err());
    }
}
