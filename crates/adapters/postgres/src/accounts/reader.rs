//! Reading accounts and their statements.

use crate::accounts::find::find;
use crate::error::PgError;
use crate::ledger::journal::{Line, LineTypes};
use crate::rows::{
    AccountRow, AccountTypes, NamesRow, NamesTypes, account_columns, account_record, corrupt,
    names_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use paygate_core::Timestamp;
use paygate_core::account::{AccountKey, AccountRecord};
use paygate_core::id::{AccountId, PaymentId};
use paygate_core::kind::Kind;
use paygate_core::proof::Position;
use paygate_core::statement::{Counterparty, StatementLine};
use paygate_core::text::Label;
use paygate_ports::{AccountPage, AccountQuery, AccountReader, StoreError};
use uuid::Uuid;

struct Listed;
impl Sql for Listed {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE a.id < ? ORDER BY a.id DESC LIMIT ?"
    );
    type Row = (AccountTypes, NamesTypes);
}

/// Between two rows of the index and in its order: with `=` the planner might go along all ids.
struct OfCurrency;
impl Sql for OfCurrency {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE a.currency >= ? AND (a.currency, a.id) < (?, ?) \
         ORDER BY a.currency DESC, a.id DESC LIMIT ?"
    );
    type Row = (AccountTypes, NamesTypes);
}

/// As [`OfCurrency`].
struct OfOwner;
impl Sql for OfOwner {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE a.owner >= ? AND (a.owner, a.id) < (?, ?) \
         ORDER BY a.owner DESC, a.id DESC LIMIT ?"
    );
    type Row = (AccountTypes, NamesTypes);
}

/// As [`OfCurrency`].
struct OfOwnerAndCurrency;
impl Sql for OfOwnerAndCurrency {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE (a.owner, a.currency) >= (?, ?) \
         AND (a.owner, a.currency, a.id) < (?, ?, ?) \
         ORDER BY a.owner DESC, a.currency DESC, a.id DESC LIMIT ?"
    );
    type Row = (AccountTypes, NamesTypes);
}

/// As [`OfCurrency`]. Owners have one of an alias each.
struct OfAlias;
impl Sql for OfAlias {
    const TEXT: &'static str = concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM accounts a WHERE a.alias >= ? AND (a.alias, a.id) < (?, ?) \
         AND a.currency = coalesce(?, a.currency) \
         ORDER BY a.alias DESC, a.id DESC LIMIT ?"
    );
    type Row = (AccountTypes, NamesTypes);
}

/// Halves the range of an account's postings until one is left: their times never decrease.
struct PositionAt;
impl Sql for PositionAt {
    const TEXT: &'static str = "WITH RECURSIVE q AS (SELECT ?::uuid AS id, ?::timestamptz AS at), \
         s (lo, hi) AS (SELECT 0::bigint, a.last_seq FROM q JOIN accounts a ON a.id = q.id \
         UNION ALL \
         SELECT CASE WHEN e.at <= q.at THEN m.mid ELSE s.lo END, \
         CASE WHEN e.at <= q.at THEN s.hi ELSE m.mid - 1 END \
         FROM s CROSS JOIN q CROSS JOIN LATERAL (SELECT (s.lo + s.hi + 1) / 2 AS mid) m \
         JOIN postings p ON p.account_id = q.id AND p.account_seq = m.mid \
         JOIN payment_transitions e ON e.payment_id = p.payment_id \
         AND e.seq = p.transition_seq WHERE s.lo < s.hi) \
         SELECT s.lo, coalesce((SELECT p.balance_after_minor FROM postings p, q \
         WHERE p.account_id = q.id AND p.account_seq = s.lo), 0) FROM s WHERE s.lo = s.hi";
    type Row = (BigInt, BigInt);
}

struct Lines;
impl Sql for Lines {
    const TEXT: &'static str = concat!(
        "SELECT l.payment_id, l.transition_seq, e.at, l.account_id, l.account_seq, \
         l.amount_minor, l.currency, l.balance_after_minor, p.kind, p.description, ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM postings l \
         JOIN payment_transitions e ON e.payment_id = l.payment_id \
         AND e.seq = l.transition_seq \
         JOIN payments p ON p.id = l.payment_id \
         JOIN accounts a ON a.id = CASE WHEN p.source_id = l.account_id \
         THEN p.destination_id ELSE p.source_id END \
         WHERE l.account_id = ? AND l.account_seq > ? AND l.account_seq <= ? \
         ORDER BY l.account_seq LIMIT ?"
    );
    type Row = (LineTypes, Text, Nullable<Text>, AccountTypes, NamesTypes);
}

type LineRow = (Line, String, Option<String>, AccountRow, NamesRow);

#[async_trait]
impl AccountReader for PostgresStore {
    async fn find(&self, names: Vec<AccountKey>) -> Result<Vec<Option<AccountRecord>>, StoreError> {
        let read = async { find(&*self.pool.get().await?, &names).await };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn accounts(&self, query: AccountQuery) -> Result<AccountPage, StoreError> {
        let (Some(owner), Some(alias)) = (query.owner.clone(), query.alias.clone()) else {
            return self.accounts_below(&query).await.map_err(|error| self.pool.learn(error));
        };
        // An alias names at most one account of an owner; the other filters may still exclude it.
        let found = self.find(vec![AccountKey::Alias(owner, alias)]).await?;
        let passes = |it: &AccountRecord| {
            query.currency.is_none_or(|currency| it.account.currency == currency)
                && query.cursor.is_none_or(|cursor| it.account.id < cursor)
        };
        Ok(AccountPage { items: found.into_iter().flatten().filter(passes).collect(), next: None })
    }

    async fn position_at(&self, account: AccountId, at: Timestamp) -> Result<Position, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let find = statement::<PositionAt>([Param::Id(account.0), Param::Time(at)]);
            let found = find.get_result::<(i64, i64)>(&mut connection).await.optional()?;
            let (seq, balance_minor) = found.unwrap_or_default();
            Ok(Position { seq, balance_minor })
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }

    async fn lines(
        &self,
        account: AccountId,
        after: i64,
        upto: i64,
        limit: u16,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let read = async {
            let mut connection = self.pool.get().await?;
            let lines = statement::<Lines>([
                Param::Id(account.0),
                Param::BigInt(after),
                Param::BigInt(upto),
                Param::BigInt(i64::from(limit)),
            ]);
            let rows = lines.load::<LineRow>(&mut connection).await?;
            Ok(rows.into_iter().map(line).collect::<Result<Vec<_>, _>>()?)
        };
        read.await.map_err(|error: PgError| self.pool.learn(error))
    }
}

impl PostgresStore {
    async fn accounts_below(&self, query: &AccountQuery) -> Result<AccountPage, PgError> {
        let mut connection = self.pool.get().await?;
        let limit = usize::from(query.limit);
        let below = Param::Id(query.cursor.map_or(Uuid::max(), |cursor| cursor.0));
        let most = Param::BigInt(i64::from(query.limit) + 1);
        let text = |text: String| (Param::Text(text.clone()), Param::Text(text));
        let code = query.currency.map(|currency| text(currency.code().to_owned()));
        let owner = query.owner.as_ref().map(|owner| text(owner.to_string()));
        let alias = query.alias.as_ref().map(|alias| text(alias.as_str().to_owned()));
        let rows: Vec<(AccountRow, NamesRow)> = match (alias, owner, code) {
            (Some((alias, same)), _, _) => {
                let code = query.currency.map(|currency| currency.code().to_owned());
                let listed =
                    statement::<OfAlias>([alias, same, below, Param::MaybeText(code), most]);
                listed.load(&mut connection).await?
            }
            (None, None, None) => statement::<Listed>([below, most]).load(&mut connection).await?,
            (None, None, Some((code, same))) => {
                let listed = statement::<OfCurrency>([code, same, below, most]);
                listed.load(&mut connection).await?
            }
            (None, Some((owner, same)), None) => {
                let listed = statement::<OfOwner>([owner, same, below, most]);
                listed.load(&mut connection).await?
            }
            (None, Some((owner, same_owner)), Some((code, same))) => {
                let first = [owner, code, same_owner, same, below, most];
                statement::<OfOwnerAndCurrency>(first).load(&mut connection).await?
            }
        };
        let mut items = rows.into_iter().map(account_record).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().map(|item| item.account.id).filter(|_| more);
        Ok(AccountPage { items, next })
    }
}

fn line((line, kind, description, account, names): LineRow) -> Result<StatementLine, StoreError> {
    let payment = PaymentId(line.payment_id);
    let bad = |what: &str| corrupt("payments", payment, what);
    let description = description.map(|text| Label::parse(&text)).transpose();
    Ok(StatementLine {
        at: line.at,
        payment,
        kind: Kind::parse(&kind).ok_or_else(|| bad("unknown kind"))?,
        description: description.map_err(|_| bad("description breaks its rule"))?,
        counterparty: Counterparty::Seen(Box::new(account_record((account, names))?)),
        posting: line.posting()?,
    })
}

crate::statement::statements!(
    Listed,
    OfCurrency,
    OfOwner,
    OfOwnerAndCurrency,
    OfAlias,
    PositionAt,
    Lines
);
