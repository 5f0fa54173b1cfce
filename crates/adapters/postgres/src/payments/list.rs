//! Listing payments, newest first, in pages that are full or the last.
//!
//! What must stay true: no list is searched for what is rare in it. The payments of a kind and a
//! currency are in an index in the order of their ids, and so are those of them in a rare state; a
//! list of several kinds or currencies is merged from the newest of each.

use crate::error::PgError;
use crate::rows::{
    PaymentRow, PaymentTypes, RequestRow, RequestTypes, payment_columns, record, request_columns,
};
use crate::statement::{Param, Sql, statement};
use crate::store::PostgresStore;
use diesel_async::RunQueryDsl;
use paygate_core::payment::PaymentRecord;
use paygate_core::status::Status;
use paygate_ports::{Page, PaymentQuery};

/// The filters as one row `q`; see [`params`]. What is NULL lets everything pass.
macro_rules! filters {
    () => {
        "q AS MATERIALIZED (SELECT ?::text AS owner, ?::text AS status, ?::text AS kind, \
         ?::text AS currency, ?::timestamptz AS created_after, ?::timestamptz AS created_before, \
         ?::uuid AS first, ?::uuid AS below, ?::bigint AS most)"
    };
}

/// Nothing behind what the filters say of these columns.
macro_rules! up_to {
    () => {
        ""
    };
    ($first:literal $(, $of:literal)*) => {
        concat!("(t.", $first, $(", t.", $of,)* ") <= (q.", $first, $(", q.", $of,)* ") AND ")
    };
}

/// The newest of each kind and currency (a sort) of a table: `$of` are the columns that its index
/// begins with, before kind, currency and id. The sorts that there are are found one after the other:
/// they are few. The newest of one are those between two rows of the index, and in its order, so that
/// the planner has no other to go along; with `=` it would go along all ids, or along the sorts of all
/// owners, in the hope of the one.
macro_rules! newest_of_each_sort {
    ($table:literal, $id:literal, [$($of:literal),*]) => {
        concat!(
            "WITH RECURSIVE ",
            filters!(),
            ", sorts (kind, currency) AS (\
             (SELECT s.kind, s.currency FROM q CROSS JOIN LATERAL (SELECT t.kind, t.currency FROM ",
            $table,
            " t WHERE ",
            up_to!($($of),*),
            "(", $("t.", $of, ", ",)* "t.kind, t.currency) > (", $("q.", $of, ", ",)* "'', '') ORDER BY ",
            $("t.", $of, ", ",)*
            "t.kind, t.currency LIMIT 1) s) UNION ALL \
             SELECT s.kind, s.currency FROM sorts CROSS JOIN q CROSS JOIN LATERAL \
             (SELECT t.kind, t.currency FROM ",
            $table,
            " t WHERE ",
            up_to!($($of),*),
            "(", $("t.", $of, ", ",)* "t.kind, t.currency) > (", $("q.", $of, ", ",)*
            "sorts.kind, sorts.currency) ORDER BY ",
            $("t.", $of, ", ",)*
            "t.kind, t.currency LIMIT 1) s), \
             newest AS (SELECT n.id FROM sorts s CROSS JOIN q CROSS JOIN LATERAL (SELECT t.",
            $id,
            " AS id FROM ",
            $table,
            " t WHERE (",
            $("t.", $of, ", ",)*
            "t.kind, t.currency, t.",
            $id,
            ") >= (",
            $("q.", $of, ", ",)*
            "s.kind, s.currency, q.first) AND (",
            $("t.", $of, ", ",)*
            "t.kind, t.currency, t.",
            $id,
            ") < (",
            $("q.", $of, ", ",)*
            "s.kind, s.currency, q.below) AND (q.status IS NULL OR t.status = q.status) \
             AND (q.created_after IS NULL OR t.created_at >= q.created_after) \
             AND (q.created_before IS NULL OR t.created_at < q.created_before) \
             ORDER BY ",
            $("t.", $of, " DESC, ",)*
            "t.kind DESC, t.currency DESC, t.",
            $id,
            " DESC LIMIT (SELECT most FROM q)) n \
             WHERE (q.kind IS NULL OR s.kind = q.kind) \
             AND (q.currency IS NULL OR s.currency = q.currency) \
             ORDER BY n.id DESC LIMIT (SELECT most FROM q)) SELECT ",
            payment_columns!(),
            ", ",
            request_columns!(),
            " FROM newest JOIN payments p USING (id) ORDER BY p.id DESC"
        )
    };
}

/// Those of the payments that a statement names which pass. `OFFSET 0` keeps the planner from reading
/// `payments` on its own.
macro_rules! filtered {
    ($named:literal) => {
        concat!(
            "WITH named (id) AS (",
            $named,
            "), ",
            filters!(),
            " SELECT ",
            payment_columns!(),
            ", ",
            request_columns!(),
            " FROM named CROSS JOIN LATERAL (SELECT * FROM payments WHERE id = named.id OFFSET 0) p \
             CROSS JOIN q WHERE p.id >= q.first AND p.id < q.below \
             AND (q.owner IS NULL OR p.owner = q.owner) \
             AND (q.status IS NULL OR p.status = q.status) \
             AND (q.kind IS NULL OR p.kind = q.kind) \
             AND (q.currency IS NULL OR p.currency = q.currency) \
             AND (q.created_after IS NULL OR p.created_at >= q.created_after) \
             AND (q.created_before IS NULL OR p.created_at < q.created_before) \
             ORDER BY p.id DESC LIMIT (SELECT most FROM q)"
        )
    };
}

struct OfOwner;
impl Sql for OfOwner {
    const TEXT: &'static str = newest_of_each_sort!("payments", "id", ["owner"]);
    type Row = (PaymentTypes, RequestTypes);
}

struct OfAll;
impl Sql for OfAll {
    const TEXT: &'static str = newest_of_each_sort!("payments", "id", []);
    type Row = (PaymentTypes, RequestTypes);
}

struct InStateOfOwner;
impl Sql for InStateOfOwner {
    const TEXT: &'static str =
        newest_of_each_sort!("payment_states", "payment_id", ["owner", "status"]);
    type Row = (PaymentTypes, RequestTypes);
}

struct InStateOfAll;
impl Sql for InStateOfAll {
    const TEXT: &'static str = newest_of_each_sort!("payment_states", "payment_id", ["status"]);
    type Row = (PaymentTypes, RequestTypes);
}

/// Everything in flight is watched, due or parked.
struct InFlight;
impl Sql for InFlight {
    const TEXT: &'static str = filtered!(
        "SELECT unnest(payment_ids) FROM watches UNION \
         SELECT payment_id FROM due WHERE accepted_at IS NOT NULL UNION \
         SELECT id FROM payments WHERE parked_at IS NOT NULL"
    );
    type Row = (PaymentTypes, RequestTypes);
}

/// A reference names at most one payment of an owner.
struct ByReferenceOfOwner;
impl Sql for ByReferenceOfOwner {
    const TEXT: &'static str =
        filtered!("SELECT id FROM payments WHERE reference = ? AND owner = ?");
    type Row = (PaymentTypes, RequestTypes);
}

/// And as many as there are owners.
struct ByReference;
impl Sql for ByReference {
    const TEXT: &'static str = filtered!("SELECT id FROM payments WHERE reference = ?");
    type Row = (PaymentTypes, RequestTypes);
}

/// The refunds of a payment are few, and found by their index.
struct OfParent;
impl Sql for OfParent {
    const TEXT: &'static str = filtered!("SELECT id FROM payments WHERE parent_id = ?");
    type Row = (PaymentTypes, RequestTypes);
}

impl PostgresStore {
    pub(crate) async fn page(&self, query: &PaymentQuery) -> Result<Page, PgError> {
        let mut items = match (&query.reference, query.parent, query.status) {
            (Some(reference), parent, _) => {
                let named = Param::Text(reference.as_str().into());
                let mut found = match &query.owner {
                    Some(owner) => {
                        let of = Param::Text(owner.to_string());
                        self.listed::<ByReferenceOfOwner>([named, of], query).await?
                    }
                    None => self.listed::<ByReference>([named], query).await?,
                };
                found.retain(|it| parent.is_none_or(|parent| it.payment.parent == Some(parent)));
                found
            }
            (None, Some(parent), _) => {
                self.listed::<OfParent>([Param::Id(parent.0)], query).await?
            }
            (None, None, None | Some(Status::Success)) => match query.owner {
                Some(_) => self.listed::<OfOwner>([], query).await?,
                None => self.listed::<OfAll>([], query).await?,
            },
            (None, None, Some(Status::Pending | Status::Processing)) => {
                self.listed::<InFlight>([], query).await?
            }
            (
                None,
                None,
                Some(
                    Status::Authorized
                    | Status::ManualReview
                    | Status::Failed
                    | Status::Reversed
                    | Status::Voided
                    | Status::Expired,
                ),
            ) => match query.owner {
                Some(_) => self.listed::<InStateOfOwner>([], query).await?,
                None => self.listed::<InStateOfAll>([], query).await?,
            },
        };
        let more = items.len() > usize::from(query.limit);
        items.truncate(usize::from(query.limit));
        let next = items.last().map(|item| item.payment.id).filter(|_| more);
        Ok(Page { items, next })
    }

    /// A page and, if there is one, the first of the next.
    async fn listed<S: Sql<Row = (PaymentTypes, RequestTypes)>>(
        &self,
        named: impl Into<Vec<Param>>,
        query: &PaymentQuery,
    ) -> Result<Vec<PaymentRecord>, PgError> {
        let mut connection = self.pool.get().await?;
        let mut all = named.into();
        all.extend(params(query));
        let rows = statement::<S>(all).load::<(PaymentRow, RequestRow)>(&mut connection).await?;
        Ok(rows.into_iter().map(record).collect::<Result<Vec<_>, _>>()?)
    }
}

fn params(query: &PaymentQuery) -> [Param; 9] {
    let (first, below) = query.ids();
    [
        Param::MaybeText(query.owner.as_ref().map(ToString::to_string)),
        Param::MaybeText(query.status.map(|status| status.as_str().to_owned())),
        Param::MaybeText(query.kind.map(|kind| kind.as_str().to_owned())),
        Param::MaybeText(query.currency.map(|currency| currency.code().to_owned())),
        Param::MaybeTime(query.created_after),
        Param::MaybeTime(query.created_before),
        Param::Id(first.0),
        Param::Id(below.0),
        Param::BigInt(i64::from(query.limit) + 1),
    ]
}

crate::statement::statements!(
    OfOwner,
    OfAll,
    InStateOfOwner,
    InStateOfAll,
    InFlight,
    ByReferenceOfOwner,
    ByReference,
    OfParent
);
