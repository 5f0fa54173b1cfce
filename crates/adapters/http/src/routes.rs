//! How paths become routes: each with its label for metrics, `HEAD` beside every `GET`, and a
//! problem for every other method.

use crate::problem::{Code, Problem};
use actix_web::dev::HttpServiceFactory;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, web};
use std::future::ready;

/// The path pattern of the route that answered: what metrics and logs say instead of the path.
#[derive(Clone, Copy, Debug)]
pub struct RouteLabel(pub &'static str);

/// A path that can be read.
pub fn readable<F, Args>(path: &'static str, get: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    with_head(path, get).default_service(only("GET, HEAD"))
}

/// A path that can be read and posted to.
pub fn readable_and_postable<F, Args, G, PostArgs>(
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
    with_head(path, get).route(web::post().to(post)).default_service(only("GET, HEAD, POST"))
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
        .route(web::post().to(post))
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

fn only(allow: &'static str) -> actix_web::Route {
    web::to(move || ready(Err::<HttpResponse, _>(Problem::method_not_allowed(allow))))
}

/// What answers where no path matches.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::RouteNotFound, "see /api/v1/docs/ for what there is"))
}
