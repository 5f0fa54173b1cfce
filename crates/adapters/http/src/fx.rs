//! Exchange rates, conversions and quotes, one operation a file. All rates are those a customer
//! gets, less the spread.

pub mod convert;
pub mod quote;
pub mod rates;

use crate::server::routes::{postable, queryable};
use actix_web::web::ServiceConfig;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(queryable("/api/v1/fx/rates", rates::rates))
        .service(queryable("/api/v1/fx/convert", convert::convert))
        .service(postable("/api/v1/fx/quotes", quote::quote));
}
