//! Transfers between accounts. What becomes of one is a payment: see `payments`.

pub mod create;
mod create_request;

use crate::server::routes::postable;
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(postable("/api/v1/transfers", create::create));
}
