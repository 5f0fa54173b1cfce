//! `paygate accounts`

use crate::desk::Desk;
use crate::output::{Ended, JsonList, stdout};
use crate::paging::Paging;
use crate::table::{Column, Table};
use paygate_core::account::{AccountRecord, Alias};
use paygate_core::id::AccountId;
use paygate_core::money::{Currency, Money};
use paygate_core::text::Label;
use paygate_ports::AccountQuery;
use paygate_wire::{AccountBody, available, role, status};
use serde_json::json;
use std::io::Write;

/// Which accounts to list: those that pass every filter given, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAccounts {
    /// In that currency.
    pub currency: Option<Currency>,
    /// With exactly that alias.
    pub alias: Option<Alias>,
    /// At most so many.
    pub limit: u32,
    /// Whether the answer is for programs.
    pub json: bool,
}

/// The columns of a table of accounts.
pub(crate) const COLUMNS: [Column; 9] = [
    Column::left("NUMBER"),
    Column::left("ALIAS"),
    Column::left("NAME"),
    Column::left("ROLE"),
    Column::left("CURRENCY"),
    Column::right("POSTED"),
    Column::right("HELD"),
    Column::right("AVAILABLE"),
    Column::left("STATUS"),
];

/// An account in these columns.
pub(crate) fn cells(record: &AccountRecord) -> Vec<String> {
    let account = &record.account;
    let amount = |minor: i64| Money { minor, currency: account.currency }.to_string();
    vec![
        account.number.to_string(),
        record.alias.as_ref().map_or("-", Alias::as_str).to_owned(),
        record.name.as_ref().map_or("-", Label::as_str).to_owned(),
        role(&account.role).to_owned(),
        account.currency.code().to_owned(),
        amount(account.posted_minor),
        amount(account.held_minor),
        available(record).to_string(),
        status(record).to_owned(),
    ]
}

/// Lists accounts.
pub(crate) async fn list(desk: &Desk, asked: &ListAccounts) -> Result<(), Ended> {
    let mut paging = Paging::up_to(asked.limit);
    let mut out = stdout();
    if asked.json {
        let mut list = JsonList::begin(out, &json!({}))?;
        while let Some(page) = read(desk, asked, &mut paging).await? {
            page.iter().try_for_each(|record| list.item(&AccountBody::of(record)?))?;
        }
        return list.end(paging.next().map(|id| id.to_string()));
    }
    let mut table = Table::of(&COLUMNS);
    while let Some(page) = read(desk, asked, &mut paging).await? {
        page.iter().try_for_each(|record| table.row(&mut out, cells(record)))?;
    }
    table.print(&mut out)?;
    paging.tell(&mut out)?;
    Ok(out.flush()?)
}

async fn read(
    desk: &Desk,
    asked: &ListAccounts,
    paging: &mut Paging<AccountId>,
) -> Result<Option<Vec<AccountRecord>>, Ended> {
    let Some(limit) = paging.limit() else { return Ok(None) };
    let query = AccountQuery {
        owner: None,
        currency: asked.currency,
        alias: asked.alias.clone(),
        limit,
        cursor: paging.next(),
    };
    let page = desk.accounts.accounts(query).await?;
    paging.took(page.items.len(), page.next);
    Ok(Some(page.items))
}
