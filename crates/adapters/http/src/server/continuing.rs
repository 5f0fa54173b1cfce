//! `Expect: 100-continue` (RFC 9110 section 10.1.1): a client that would rather hear a refusal than
//! send its body in vain hears it.
//!
//! What must stay true: `100 Continue` is sent when the app first asks for the body, and never before
//! an answer that needs none of it. The server has two doors: what expects comes in by [`Expecting`],
//! which lets the app begin. Where the app asks for the body, the server is told to send the 100, and
//! brings the begun answer to [`Entrance`], where everything else comes in.

use actix_http::{BoxedPayloadStream, Payload, Request, Response};
use actix_service::{Service, always_ready, forward_ready};
use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use futures_util::future::{Either, LocalBoxFuture};
use futures_util::stream::{self, StreamExt};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

type Answering = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

/// A request that the app is answering, on its way from the one door to the other.
struct Begun(Answering);

/// Where requests come in.
pub struct Entrance<S> {
    /// What answers.
    pub app: Rc<S>,
}

impl<S> Service<Request> for Entrance<S>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = Either<Answering, S::Future>;

    forward_ready!(app);

    fn call(&self, request: Request) -> Self::Future {
        let begun = request.extensions_mut().remove::<Begun>();
        match begun {
            Some(Begun(answering)) => Either::Left(answering),
            None => Either::Right(self.app.call(request)),
        }
    }
}

/// Where requests come in that expect a word before they send their body.
pub struct Expecting<S> {
    /// What answers.
    pub app: Rc<S>,
}

impl<S> Service<Request> for Expecting<S>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
    S::Future: 'static,
{
    /// The word is sent, and the request goes to the [`Entrance`].
    type Response = Request;
    /// An answer without that word.
    type Error = Response<BoxBody>;
    type Future = LocalBoxFuture<'static, Result<Request, Response<BoxBody>>>;

    always_ready!();

    fn call(&self, mut request: Request) -> Self::Future {
        let asked = Rc::new(Cell::new(false));
        let payload = noting_the_first_poll(request.take_payload(), Rc::clone(&asked));
        *request.payload() = payload;
        let mut answering: Answering = Box::pin(self.app.call(request));
        Box::pin(async move {
            let answer = poll_fn(|context| match answering.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if asked.get() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            match answer.await {
                Some(Ok(answer)) => Err(answer.into()),
                Some(Err(error)) => Err(error.into()),
                None => {
                    let begun = Request::new();
                    begun.extensions_mut().insert(Begun(answering));
                    Ok(begun)
                }
            }
        })
    }
}

/// The same body, which notes that somebody wants it.
fn noting_the_first_poll(payload: Payload, asked: Rc<Cell<bool>>) -> Payload {
    if matches!(payload, Payload::None) {
        return payload;
    }
    let mut payload = payload;
    let noting: BoxedPayloadStream = Box::pin(stream::poll_fn(move |context| {
        asked.set(true);
        payload.poll_next_unpin(context)
    }));
    Payload::Stream { payload: noting }
}
