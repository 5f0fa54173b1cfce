//! How paths become routes: each with its label for metrics, `HEAD` beside every `GET`, and a
//! problem for every other method.
//!
//! What must stay true: an argument in the wrong place is never dropped. A route refuses any query,
//! unless it is made for one (`queryable`) and its handler reads it by [`Parameters`].

use crate::problem::{Code, Problem};
use crate::request::body::Unread;
use crate::request::query::Parameters;
use actix_web::body::MessageBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    Error, FromRequest, Handler, HttpMessage, HttpResponse, Resource, Responder, Route, web,
};
use std::future::ready;

/// The path pattern of the route that answered: what metrics and logs say instead of the path.
#[derive(Clone, Copy, Debug)]
pub struct RouteLabel(pub &'static str);

/// A path that can be read, without any query.
pub fn readable<F, Args>(path: &'static str, get: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let of = |route: Route| route.to(get.clone()).wrap(from_fn(without_query));
    web::resource(path)
        .app_data(RouteLabel(path))
        .route(of(web::get()))
        .route(of(web::head()))
        .default_service(only("GET, HEAD"))
}

/// A path that can be read, with a query.
pub fn queryable<F, Args>(path: &'static str, get: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    with_head(path, get).default_service(only("GET, HEAD"))
}

/// A path that can be read, with a query, and posted to.
pub fn queryable_and_postable<F, Args, G, PostArgs>(
    path: &'static str,
    get: F,
    post: G,
) -> impl HttpServiceFactory
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
    G: Handler<PostArgs>,
    PostArgs: FromRequest + 'static,
    G::Output: Responder + 'static,
{
    let post = web::post().to(post).wrap(from_fn(without_query));
    with_head(path, get).route(post).default_service(only("GET, HEAD, POST"))
}

/// A path that can be posted to and nothing else.
pub fn postable<F, Args>(path: &'static str, post: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path)
        .app_data(RouteLabel(path))
        .route(web::post().to(post).wrap(from_fn(without_query)))
        .default_service(only("POST"))
}

fn with_head<F, Args>(path: &'static str, get: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    // The server leaves the body of an answer to HEAD out (RFC 9110 section 9.3.2).
    web::resource(path)
        .app_data(RouteLabel(path))
        .route(web::get().to(get.clone()))
        .route(web::head().to(get))
}

/// Refuses every query parameter.
async fn without_query(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match Parameters::read(request.query_string()).finish(Ok(())) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(problem) => {
            let unread = Unread::of(request.take_payload());
            request.extensions_mut().insert(unread);
            Ok(request.error_response(problem).map_into_right_body())
        }
    }
}

fn only(allow: &'static str) -> Route {
    web::to(move || ready(Err::<HttpResponse, _>(Problem::method_not_allowed(allow))))
}

/// What answers where no path matches.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::RouteNotFound, "see /api/v1/docs/ for what there is"))
}
