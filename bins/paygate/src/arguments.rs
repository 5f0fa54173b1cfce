//! The command line.

use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, value_parser};
use paygate_runtime::{
    AccountRef, Actor, Alias, AuditAction, Command, Currency, Form, Kind, ListAccounts, ListAudit,
    ListPayments, PaymentId, Period, Reference, ShowStatement, Start, Status, Target, Timestamp,
    parse_time,
};

/// A payment service: accepts payments over HTTP and settles each exactly once.
///
/// Configured by environment variables; `paygate config` shows them.
#[derive(Parser)]
#[command(version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Asked>,
}

#[derive(Subcommand)]
enum Asked {
    /// Run API and worker in this process (the default)
    Serve,
    /// Apply the database migrations that are missing
    Migrate,
    /// Print the effective configuration, secrets masked
    Config,
    /// Run the simulated acquirer as an HTTP server
    Acquirer,
    /// Fill the store with a few wallets and a little history, and show them
    Demo {
        /// Also where money may be real: on PostgreSQL, or with a broker or an acquirer
        #[arg(long)]
        force: bool,
    },
    /// List the accounts, newest first
    Accounts(AccountsArguments),
    /// List the payments, newest first
    Payments(PaymentsArguments),
    /// Show what happened in an account, oldest first
    Statement(StatementArguments),
    /// List who made, changed and ended what, newest first
    Audit(AuditArguments),
    /// Prove that the ledger holds: every balance, entry, state and hold; exit code 1 if not
    Prove {
        /// Answer in JSON: an object a violation, then one that sums up
        #[arg(long)]
        json: bool,
    },
    /// List the payments that were set aside as poison, with their reasons
    Parked {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a payment out of the quarantine: it is due again at once
    Unpark {
        /// The payment's id
        id: PaymentId,
    },
    /// Ask the process on HOST:PORT (or METRICS_PORT) whether it is alive; for container checks
    Health,
}

#[derive(Args)]
struct AccountsArguments {
    /// Only in this currency (ISO 4217, upper case)
    #[arg(long, value_name = "CODE", value_parser = Currency::parse)]
    currency: Option<Currency>,
    /// Only with this alias
    #[arg(long, value_parser = Alias::parse)]
    alias: Option<Alias>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Answer in JSON, as GET /api/v1/accounts does
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct PaymentsArguments {
    /// Only in this state
    #[arg(long, value_parser = one_of(Status::ALL, Status::as_str))]
    status: Option<Status>,
    /// Only of this kind
    #[arg(long, value_parser = one_of(Kind::ALL, Kind::as_str))]
    kind: Option<Kind>,
    /// Only in this currency (ISO 4217, upper case)
    #[arg(long, value_name = "CODE", value_parser = Currency::parse)]
    currency: Option<Currency>,
    /// Only with this reference
    #[arg(long, value_parser = Reference::parse)]
    reference: Option<Reference>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Answer in JSON, as GET /api/v1/payments does
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct AuditArguments {
    /// Only what this one did: operator, sandbox, worker, merchant:ID or user:ID
    #[arg(long, value_parser = named(Actor::parse))]
    principal: Option<Actor>,
    /// Only this
    #[arg(long, value_parser = one_of(AuditAction::ALL, AuditAction::as_str))]
    action: Option<AuditAction>,
    /// Only what was done to this one: merchant:ID or api-key:ID
    #[arg(long, value_parser = named(Target::parse))]
    target: Option<Target>,
    /// Only of this time or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Only before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Answer in JSON, as GET /api/v1/audit does
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct StatementArguments {
    /// The account's id, number or alias
    #[arg(value_parser = AccountRef::parse)]
    account: AccountRef,
    /// Only lines of this time or later (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Only lines before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    /// At most so many, the first ones; all if not given
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Answer in JSON, as GET /api/v1/accounts/{account}/statement does
    #[arg(long)]
    json: bool,
    /// Answer in CSV (RFC 4180)
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Reads the name of one of these values.
fn one_of<T>(all: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(|value| name(*value))).try_map(move |text| {
        let value = all.iter().copied().find(|value| name(*value) == text);
        value.ok_or("must be one of the values above")
    })
}

/// Reads a name of that kind.
fn named<T: Clone + Send + Sync + 'static>(
    read: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    StringValueParser::new().try_map(move |text| read(&text).ok_or("is no such name"))
}

impl Arguments {
    /// What is to be run.
    pub fn into_start(self) -> Start {
        match self.command.unwrap_or(Asked::Serve) {
            Asked::Serve => Start::Serve,
            Asked::Migrate => Start::Migrate,
            Asked::Config => Start::Config,
            Asked::Acquirer => Start::Acquirer,
            Asked::Health => Start::Health,
            Asked::Demo { force } => Start::Demo { force },
            Asked::Accounts(asked) => Start::Command(Command::Accounts(asked.into())),
            Asked::Payments(asked) => Start::Command(Command::Payments(asked.into())),
            Asked::Statement(asked) => Start::Command(Command::Statement(asked.into())),
            Asked::Audit(asked) => Start::Command(Command::Audit(asked.into())),
            Asked::Prove { json } => Start::Command(Command::Prove { json }),
            Asked::Parked { json } => Start::Command(Command::Parked { json }),
            Asked::Unpark { id } => Start::Command(Command::Unpark(id)),
        }
    }
}

impl From<AccountsArguments> for ListAccounts {
    fn from(asked: AccountsArguments) -> Self {
        let AccountsArguments { currency, alias, limit, json } = asked;
        Self { currency, alias, limit, json }
    }
}

impl From<PaymentsArguments> for ListPayments {
    fn from(asked: PaymentsArguments) -> Self {
        let PaymentsArguments { status, kind, currency, reference, limit, json } = asked;
        Self { status, kind, currency, reference, limit, json }
    }
}

impl From<AuditArguments> for ListAudit {
    fn from(asked: AuditArguments) -> Self {
        let AuditArguments { principal, action, target, from, to, limit, json } = asked;
        Self { principal, action, target, from, to, limit, json }
    }
}

impl From<StatementArguments> for ShowStatement {
    fn from(asked: StatementArguments) -> Self {
        let StatementArguments { account, from, to, limit, json, csv } = asked;
        let form = match (json, csv) {
            (true, _) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Table,
        };
        Self { account, period: Period { from, to }, limit, form }
    }
}
