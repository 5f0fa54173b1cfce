//! `paygate payments`

use crate::desk::Desk;
use crate::output::{Ended, JsonList, stdout};
use crate::paging::Paging;
use crate::table::{Column, Table, second};
use paygate_core::account::{AccountKey, AccountRecord, Alias};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::money::{Currency, Money};
use paygate_core::payment::PaymentRecord;
use paygate_core::status::Status;
use paygate_core::text::Reference;
use paygate_ports::{PaymentQuery, StoreError};
use paygate_wire::PaymentBody;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// Which payments to list: those that pass every filter given, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPayments {
    /// In that state.
    pub status: Option<Status>,
    /// Of that kind.
    pub kind: Option<Kind>,
    /// In that currency.
    pub currency: Option<Currency>,
    /// With exactly that reference.
    pub reference: Option<Reference>,
    /// At most so many.
    pub limit: u32,
    /// Whether the answer is for programs.
    pub json: bool,
}

const COLUMNS: [Column; 10] = [
    Column::left("ID"),
    Column::left("CREATED"),
    Column::left("KIND"),
    Column::left("STATUS"),
    Column::right("AMOUNT"),
    Column::left("SOURCE"),
    Column::left(""),
    Column::left("DESTINATION"),
    Column::left("REFERENCE"),
    Column::left("FAILURE"),
];

/// Lists payments.
pub(crate) async fn list(desk: &Desk, asked: &ListPayments) -> Result<(), Ended> {
    let mut paging = Paging::up_to(asked.limit);
    let mut out = stdout();
    if asked.json {
        let mut list = JsonList::begin(out, &json!({}))?;
        while let Some(page) = read(desk, asked, &mut paging).await? {
            page.iter().try_for_each(|record| list.item(&PaymentBody::of(record)?))?;
        }
        return list.end(paging.next().map(|id| id.to_string()));
    }
    let mut table = Table::of(&COLUMNS);
    while let Some(page) = read(desk, asked, &mut paging).await? {
        let parties = parties(desk, &page).await?;
        page.iter().try_for_each(|record| table.row(&mut out, cells(record, &parties)))?;
    }
    table.print(&mut out)?;
    paging.tell(&mut out)?;
    Ok(out.flush()?)
}

/// The accounts of a page.
type Parties = BTreeMap<AccountId, AccountRecord>;

fn cells(record: &PaymentRecord, parties: &Parties) -> Vec<String> {
    let PaymentRecord { payment, request, .. } = record;
    let party = |id: AccountId| parties.get(&id).map_or_else(|| id.to_string(), called);
    vec![
        payment.id.to_string(),
        second(payment.created_at),
        payment.kind.to_string(),
        payment.status.to_string(),
        with_code(payment.amount),
        party(payment.source),
        "→".to_owned(),
        party(payment.destination),
        request.reference.as_ref().map_or("-", Reference::as_str).to_owned(),
        payment.failure.as_ref().map_or("-", |failure| failure.code.as_str()).to_owned(),
    ]
}

/// An amount and the code of its currency.
pub(crate) fn with_code(money: Money) -> String {
    format!("{money} {}", money.currency)
}

/// An account's alias, or its number.
pub(crate) fn called(record: &AccountRecord) -> String {
    let alias = record.alias.as_ref().map(Alias::as_str);
    alias.map_or_else(|| record.account.number.to_string(), ToOwned::to_owned)
}

/// The accounts of these payments.
pub(crate) async fn parties(
    desk: &Desk,
    payments: &[PaymentRecord],
) -> Result<Parties, StoreError> {
    let ids = payments.iter().flat_map(|it| [it.payment.source, it.payment.destination]);
    let ids: BTreeSet<AccountId> = ids.collect();
    let names: Vec<AccountKey> = ids.into_iter().map(AccountKey::Id).collect();
    if names.is_empty() {
        return Ok(Parties::new());
    }
    let found = desk.accounts.find(names).await?;
    Ok(found.into_iter().flatten().map(|record| (record.account.id, record)).collect())
}

async fn read(
    desk: &Desk,
    asked: &ListPayments,
    paging: &mut Paging<PaymentId>,
) -> Result<Option<Vec<PaymentRecord>>, Ended> {
    let Some(limit) = paging.limit() else { return Ok(None) };
    let query = PaymentQuery {
        owner: None,
        status: asked.status,
        kind: asked.kind,
        currency: asked.currency,
        parent: None,
        reference: asked.reference.clone(),
        created_after: None,
        created_before: None,
        limit,
        cursor: paging.next(),
    };
    let page = desk.payments.payments(query).await?;
    paging.took(page.items.len(), page.next);
    Ok(Some(page.items))
}
