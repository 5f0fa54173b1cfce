//! Payments of every kind, one operation a file. Transfers are made in `transfers`.

pub mod accepted;
pub mod capture;
pub mod create;
mod create_request;
pub mod get;
pub mod list;
pub mod refund;
mod refund_request;
pub mod refunds;
pub mod timeline;
pub mod void;

use crate::server::routes::{postable, queryable_and_postable, readable};
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    let refunds = "/api/v1/payments/{id}/refunds";
    config
        .service(queryable_and_postable("/api/v1/payments", list::list, create::create))
        .service(readable("/api/v1/payments/{id}", get::get))
        .service(readable("/api/v1/payments/{id}/timeline", timeline::timeline))
        .service(postable("/api/v1/payments/{id}/capture", capture::capture))
        .service(postable("/api/v1/payments/{id}/void", void::void))
        .service(queryable_and_postable(refunds, refunds::refunds, refund::refund));
}
