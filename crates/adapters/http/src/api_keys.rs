//! Keys of merchants' programs, one operation a file.

pub mod get;
pub mod list;
mod made;
pub mod make;
mod named;
pub mod revoke;
pub mod rotate;

use crate::server::routes::{postable, queryable_and_postable, readable};
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(queryable_and_postable("/api/v1/api-keys", list::list, make::make))
        .service(readable("/api/v1/api-keys/{id}", get::get))
        .service(postable("/api/v1/api-keys/{id}/rotate", rotate::rotate))
        .service(postable("/api/v1/api-keys/{id}/revoke", revoke::revoke));
}
