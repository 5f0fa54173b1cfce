//! Accounts, their balances and what happened in them, one operation a file.

pub mod balance;
pub mod close;
pub mod get;
pub mod list;
mod named;
pub mod open;
mod open_request;
pub mod statement;
mod statement_csv;

use crate::server::routes::{postable, queryable, queryable_and_postable, readable};
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(queryable_and_postable("/api/v1/accounts", list::list, open::open))
        .service(readable("/api/v1/accounts/{account}", get::get))
        .service(postable("/api/v1/accounts/{account}/close", close::close))
        .service(queryable("/api/v1/accounts/{account}/balance", balance::balance))
        .service(queryable("/api/v1/accounts/{account}/statement", statement::statement));
}
