//! `paygate-api`: the HTTP API alone, against PostgreSQL and RabbitMQ.

use std::process::ExitCode;

fn main() -> ExitCode {
    paygate_runtime::run(paygate_runtime::Start::Api)
}
