//! `paygate-worker`: a worker with its sweeper, against PostgreSQL, RabbitMQ and the acquirer. Start
//! as many as you like.

use std::process::ExitCode;

fn main() -> ExitCode {
    paygate_runtime::run(paygate_runtime::Start::Worker)
}
