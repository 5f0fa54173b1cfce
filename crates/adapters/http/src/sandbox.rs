//! What helps to try things where money is not real. Configured only in a sandbox; elsewhere these
//! paths name nothing.

use crate::answer::ok;
use crate::openapi::parameters::MayHaveId;
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::server::routes::queryable;
use crate::server::state::State;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::account::AccountRecord;
use paygate_ports::IdSource;
use paygate_wire::AccountsBody;

/// How many of the newest accounts are chosen from.
const NEWEST: u16 = 200;
/// The most accounts at once.
const MAX_COUNT: usize = 10;
/// The accounts if nothing is said: a source and a destination.
const DEFAULT_COUNT: usize = 2;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(queryable("/api/v1/sandbox/random-accounts", random_accounts));
}

/// Shows some open wallets, chosen at random out of the newest
///
/// Only in a sandbox; elsewhere there is nothing at this path.
#[utoipa::path(get, path = "/api/v1/sandbox/random-accounts", tag = "sandbox",
    operation_id = "random_accounts", security((), ("token" = [])),
    params(
        ("count" = Option<u8>, Query, minimum = 1, maximum = 10,
            description = "At most so many; 2 if nothing is said."),
        MayHaveId,
    ),
    responses(
        (status = 200, description = "Open wallets; fewer if there are not so many.",
            body = AccountsBody),
        Asking,
        (status = 404, description = "`route-not-found`: this is no sandbox.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn random_accounts(
    Caller(principal): Caller,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::read(request.query_string());
    let count = given.optional("count", |text| {
        let number = text.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count));
        let message = || format!("must be a number from 1 to {MAX_COUNT}");
        number.ok_or_else(|| ("out-of-range", message()))
    });
    given.finish(Ok(()))?;
    let wallets = state.api.accounts.sample(&principal, NEWEST).await?;
    let chosen = chosen(wallets, count.unwrap_or(DEFAULT_COUNT), &*state.ids);
    ok(&AccountsBody::of(&chosen)?)
}

/// So many of them, each as likely as any other.
fn chosen(mut from: Vec<AccountRecord>, count: usize, ids: &dyn IdSource) -> Vec<AccountRecord> {
    let mut chosen = Vec::new();
    while chosen.len() < count && !from.is_empty() {
        let left = u64::try_from(from.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(ids.random() % left).unwrap_or(0);
        chosen.push(from.swap_remove(place));
    }
    chosen
}
