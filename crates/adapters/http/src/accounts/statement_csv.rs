//! Statements as CSV (RFC 4180): all lines of the period, written as they are read, page by page, so
//! that memory stays constant however many there are.
//!
//! What must stay true: a file that was received whole is complete. When the store fails midway the
//! body ends without its last chunk, which clients take for the failure it is.

use crate::problem::{Code, Problem};
use crate::server::places::Places;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use paygate_app::Accounts;
use paygate_core::identity::Principal;
use paygate_core::statement::{Statement, StatementLine};
use paygate_ports::StoreError;
use paygate_wire::CsvRows;
use std::io;
use std::sync::Arc;
use thiserror::Error;

/// The most lines in memory at a time.
const PAGE: u16 = 1_000;

/// Why a file ends before its end.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store left out lines after {0}")]
    LinesMissing(i64),
    #[error("a line can't be written: {0}")]
    Write(#[from] io::Error),
    #[error("too many statements are being read")]
    Busy,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Store(error) => error.into(),
            Broken::Busy => {
                Self::new(Code::Overloaded, "too many statements are being read; try later")
            }
            broken @ (Broken::LinesMissing(_) | Broken::Write(_)) => Self::internal(broken),
        }
    }
}

/// 200 with the file. Its first page is read before, so that a store that is away is a problem
/// document and not a broken file.
pub async fn answer(
    request: &HttpRequest,
    principal: Principal,
    accounts: Accounts,
    places: Arc<Places>,
    statement: Statement,
) -> Result<HttpResponse, Problem> {
    let name = format!("statement-{}.csv", statement.account.account.number);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"));
    response
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    if request.method() == Method::HEAD {
        return Ok(response.streaming(stream::empty::<Result<Bytes, Broken>>()));
    }
    let mut file = File { after: statement.opening.seq, principal, accounts, places, statement };
    let first = file.page(true).await?;
    let rest = stream::try_unfold(file, |mut file| async move {
        if file.is_over() {
            return Ok(None);
        }
        let page = file.page(false).await.inspect_err(|error| {
            let account = file.statement.account.account.id;
            tracing::error!(%error, %account, "a statement was cut off");
        })?;
        Ok(Some((page, file)))
    });
    let first = stream::once(std::future::ready(Ok::<_, Broken>(first)));
    Ok(response.streaming(stream::StreamExt::chain(first, rest)))
}

/// A file that is being written.
struct File {
    principal: Principal,
    accounts: Accounts,
    places: Arc<Places>,
    statement: Statement,
    /// The last line that was written.
    after: i64,
}

impl File {
    fn is_over(&self) -> bool {
        self.after >= self.statement.closing.seq
    }

    async fn read(&self) -> Result<Vec<StatementLine>, Broken> {
        let _place = self.places.take().await.ok_or(Broken::Busy)?;
        Ok(self.accounts.lines(&self.principal, &self.statement, self.after, PAGE).await?)
    }

    /// The next page as text.
    async fn page(&mut self, with_header: bool) -> Result<Bytes, Broken> {
        let mut text = Vec::new();
        let mut rows = match with_header {
            true => CsvRows::begin(&mut text)?,
            false => CsvRows::resume(&mut text),
        };
        if !self.is_over() {
            let lines = self.read().await?;
            lines.iter().try_for_each(|line| rows.line(line))?;
            let last = lines.last().map(|line| line.posting.account_seq);
            let last = last.filter(|last| *last > self.after);
            self.after = last.ok_or(Broken::LinesMissing(self.after))?;
        }
        rows.end()?;
        Ok(text.into())
    }
}
