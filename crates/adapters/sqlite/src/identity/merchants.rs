//! Merchants, taken in once.

use super::audit_log::write_down;
use crate::rows::{Broken, label, read, time};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{QueryableByName, SqliteConnection};
use paygate_core::Timestamp;
use paygate_core::identity::{Actor, AuditEntry, Merchant, MerchantId, NewMerchant};
use paygate_core::text::Label;
use paygate_ports::{Made, MerchantQuery, MerchantStore, PageOf, StoreError, TakenIn};

const TAKE_IN: &str = "\
    INSERT INTO merchants (id, name, created_by, created_at, key_hash, request_hash) \
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

const OF_KEY: &str = "\
    SELECT id, name, created_by, created_at, request_hash FROM merchants WHERE key_hash = ?";

const ONE: &str =
    "SELECT id, name, created_by, created_at, request_hash FROM merchants WHERE id = ?";

const LISTED: &str = "\
    SELECT id, name, created_by, created_at, request_hash FROM merchants WHERE id > ? \
    ORDER BY id LIMIT ?";

#[derive(QueryableByName)]
struct MerchantRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    request_hash: Option<Vec<u8>>,
}

impl MerchantRow {
    fn merchant(&self) -> Result<Merchant, StoreError> {
        self.parse().map_err(|broken| broken.in_row("merchants", &self.id))
    }

    fn parse(&self) -> Result<Merchant, Broken> {
        Ok(Merchant {
            id: read("id", &self.id, MerchantId::parse(&self.id).ok())?,
            name: label("name", self.name.as_deref())?,
            created_by: read("created_by", &self.created_by, Actor::parse(&self.created_by))?,
            created_at: time("created_at", self.created_at)?,
        })
    }
}

#[async_trait]
impl MerchantStore for SqliteStore {
    async fn create(
        &self,
        merchant: NewMerchant,
        audit: AuditEntry,
    ) -> Result<TakenIn, StoreError> {
        self.write(move |connection, now| take_in(connection, now, &merchant, &audit)).await
    }

    async fn merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        self.read(move |connection| one(connection, &id)).await
    }

    async fn merchants(
        &self,
        query: MerchantQuery,
    ) -> Result<PageOf<Merchant, MerchantId>, StoreError> {
        let after = query.after.as_ref().map_or("", MerchantId::as_str);
        let listed = statement(LISTED).text(after).integer(i64::from(query.limit) + 1);
        self.read(move |connection| {
            let rows: Vec<MerchantRow> = listed.rows(connection)?;
            let found = rows.iter().map(MerchantRow::merchant).collect::<Result<_, _>>()?;
            Ok(PageOf::of(found, query.limit, |it: &Merchant| it.id.clone()))
        })
        .await
    }
}

fn take_in(
    connection: &mut SqliteConnection,
    now: Timestamp,
    merchant: &NewMerchant,
    audit: &AuditEntry,
) -> Result<TakenIn, StoreError> {
    let insert = statement(TAKE_IN)
        .text(merchant.id.as_str())
        .optional_text(merchant.name.as_ref().map(Label::as_str))
        .text(&merchant.created_by.to_string())
        .time(now)
        .optional_blob(merchant.sent.as_ref().map(|sent| &sent.key.0[..]))
        .optional_blob(merchant.sent.as_ref().map(|sent| &sent.hash.0[..]));
    if insert.run(connection)? > 0 {
        write_down(connection, now, audit)?;
        let gone = || StoreError::Refused("the merchant was not stored".to_owned());
        let made = one(connection, &merchant.id)?.ok_or_else(gone)?;
        return Ok(TakenIn::Made(Made::Created(made)));
    }
    if let Some(sent) = merchant.sent {
        let row: Option<MerchantRow> = statement(OF_KEY).blob(&sent.key.0).row(connection)?;
        if let Some(row) = row {
            return Ok(TakenIn::Made(
                match row.request_hash.as_deref() == Some(&sent.hash.0[..]) {
                    true => Made::Replayed(row.merchant()?),
                    false => Made::KeyReused,
                },
            ));
        }
    }
    let known = one(connection, &merchant.id)?.filter(|known| known.name == merchant.name);
    Ok(known.map_or(TakenIn::Taken, |known| TakenIn::Made(Made::Replayed(known))))
}

fn one(connection: &mut SqliteConnection, id: &MerchantId) -> Result<Option<Merchant>, StoreError> {
    let row: Option<MerchantRow> = statement(ONE).text(id.as_str()).row(connection)?;
    row.map(|row| row.merchant()).transpose()
}

/// What the query planner is tested with.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[TAKE_IN, OF_KEY, ONE, LISTED];
