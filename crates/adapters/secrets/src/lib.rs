//! What secrets become: slow hashes of passwords and PINs (Argon2id), and the signed tokens that are
//! shown in place of them (JWT, HS256).
//!
//! What must stay true: no more than two hashes are computed at once, whatever comes; no secret is
//! shown; a token is read by the one algorithm that we sign with, whatever its head says.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::float_arithmetic)
)]

mod hasher;
mod hmac;
mod jwt;

pub use hasher::{Argon2Hasher, Pepper};
pub use jwt::{Jwt, JwtConfig, SigningSecret, WeakSecret};
