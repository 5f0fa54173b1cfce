//! The server itself: who may ask, what it tells of its health, and what a socket shows of it.

mod auth;
mod health;
mod limits;
mod sandbox;
mod sockets;
mod telemetry;
