//! Merchants, one operation a file.

pub mod create;
pub mod get;
pub mod list;

use crate::server::routes::{queryable_and_postable, readable};
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(queryable_and_postable("/api/v1/merchants", list::list, create::create))
        .service(readable("/api/v1/merchants/{merchant}", get::get));
}
