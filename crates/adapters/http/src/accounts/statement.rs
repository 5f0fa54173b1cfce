//! `GET /api/v1/accounts/{account}/statement`

use super::named::named;
use super::statement_csv;
use crate::answer::ok;
use crate::openapi::parameters::{MayHaveId, StatementPaged, TheAccount};
use crate::openapi::responses::Asking;
use crate::problem::{Problem, ProblemBody};
use crate::request::accept_header::prefers_csv;
use crate::request::auth::Caller;
use crate::request::query::Parameters;
use crate::request::rules;
use crate::server::state::State;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use paygate_core::statement::Period;
use paygate_wire::{StatementBody, TimeSchema};
use std::sync::Arc;

/// Shows what happened in an account, oldest first
///
/// With `Accept: text/csv` all lines of the period come as one file (RFC 4180, with a header row),
/// whatever `limit` and `cursor` say. A cell of text that begins with `=`, `+`, `-`, `@` or a tab
/// gets an apostrophe before it, so that no spreadsheet takes it for a formula; numbers are left as
/// they are. If something fails midway, the connection is cut before the end of the body.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/statement", tag = "accounts",
    operation_id = "account_statement", security((), ("token" = ["accounts:read"])),
    params(
        TheAccount,
        ("from" = Option<TimeSchema>, Query,
            description = "Only lines of this time or later (RFC 3339)."),
        ("to" = Option<TimeSchema>, Query,
            description = "Only lines before this time (RFC 3339)."),
        StatementPaged,
        ("Accept" = Option<String>, Header, example = "text/csv",
            description = "`text/csv` for a file of all lines; JSON otherwise."),
        MayHaveId,
    ),
    responses(
        (status = 200, description = "The statement.", content(
            (StatementBody = "application/json"),
            (String = "text/csv"),
        )),
        Asking,
        (status = 404, description = "`account-not-found`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn statement(
    Caller(principal): Caller,
    state: Data<State>,
    account: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(request.query_string())?;
    let accounts = &state.api.accounts;
    let found = accounts.statement(&principal, named(&account)?, asked.period).await?;
    let statement = found.ok_or_else(Problem::account_not_found)?;
    if prefers_csv(request.headers()) {
        let places = Arc::clone(&state.statement_places);
        return statement_csv::answer(&request, principal, accounts.clone(), places, statement)
            .await;
    }
    // A cursor of another period may point behind this one.
    let after = asked.after.min(statement.closing.seq);
    let lines = accounts.lines(&principal, &statement, after, asked.limit).await?;
    ok(&StatementBody::of(&statement, asked.period, &lines)?)
}

struct Asked {
    period: Period,
    limit: u16,
    after: i64,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut given = Parameters::read(query);
        let from = given.optional("from", rules::bound);
        let to = given.optional("to", rules::bound);
        let limit = given.limit();
        let after = given.cursor(sequence).unwrap_or(0);
        given.finish(Ok(Self { period: Period { from, to }, limit, after }))
    }
}

/// The number of a line: digits alone, and no more of them than an i64 surely holds.
fn sequence(text: &str) -> Option<i64> {
    const MAX_DIGITS: usize = 18;
    let fits = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}
