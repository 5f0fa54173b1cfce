//! Looking accounts up by what they are called: one statement for each way of naming that occurs.

use crate::error::PgError;
use crate::rows::{
    AccountRow, AccountTypes, NamesRow, NamesTypes, account_columns, account_record, names_columns,
};
use crate::statement::{Param, Sql, Statement, statement};
use diesel::sql_types::Integer;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use paygate_core::account::{AccountKey, AccountRecord};
use uuid::Uuid;

/// The SQL types of an account that somebody named, with the place of its name.
type NamedTypes = (Integer, AccountTypes, NamesTypes);

struct ById;
impl Sql for ById {
    const TEXT: &'static str = concat!(
        "SELECT w.place, ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM (SELECT unnest(?::integer[]) AS place, unnest(?::uuid[]) AS id) AS w \
         JOIN accounts a ON a.id = w.id"
    );
    type Row = NamedTypes;
}

struct ByNumber;
impl Sql for ByNumber {
    const TEXT: &'static str = concat!(
        "SELECT w.place, ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM (SELECT unnest(?::integer[]) AS place, unnest(?::text[]) AS number) AS w \
         JOIN accounts a ON a.number = w.number"
    );
    type Row = NamedTypes;
}

struct ByAlias;
impl Sql for ByAlias {
    const TEXT: &'static str = concat!(
        "SELECT w.place, ",
        account_columns!(),
        ", ",
        names_columns!(),
        " FROM (SELECT unnest(?::integer[]) AS place, unnest(?::text[]) AS owner, \
         unnest(?::text[]) AS alias) AS w \
         JOIN accounts a ON a.owner = w.owner AND a.alias = w.alias"
    );
    type Row = NamedTypes;
}

/// The accounts of these names, in their order. What nobody is named by is not asked; the others go
/// out together.
pub(crate) async fn find(
    connection: &AsyncPgConnection,
    names: &[AccountKey],
) -> Result<Vec<Option<AccountRecord>>, PgError> {
    let wanted = Wanted::of(names);
    let (ids, numbers, aliases) = tokio::try_join!(
        named(connection, &wanted.ids.0, wanted.by_id()),
        named(connection, &wanted.numbers.0, wanted.by_number()),
        named(connection, &wanted.aliases.0, wanted.by_alias())
    )?;
    let mut found: Vec<Option<AccountRecord>> = names.iter().map(|_| None).collect();
    for (place, account, names) in ids.into_iter().chain(numbers).chain(aliases) {
        let slot = usize::try_from(place).ok().and_then(|place| found.get_mut(place));
        if let Some(slot) = slot {
            *slot = Some(account_record((account, names))?);
        }
    }
    Ok(found)
}

/// Names by their way of naming, each with its place.
#[derive(Default)]
struct Wanted {
    ids: (Vec<i32>, Vec<Uuid>),
    numbers: (Vec<i32>, Vec<String>),
    aliases: (Vec<i32>, Vec<String>, Vec<String>),
}

impl Wanted {
    fn of(names: &[AccountKey]) -> Self {
        let mut wanted = Self::default();
        for (place, name) in (0i32..).zip(names) {
            match name {
                AccountKey::Id(id) => {
                    wanted.ids.0.push(place);
                    wanted.ids.1.push(id.0);
                }
                AccountKey::Number(number) => {
                    wanted.numbers.0.push(place);
                    wanted.numbers.1.push(number.to_string());
                }
                AccountKey::Alias(owner, alias) => {
                    wanted.aliases.0.push(place);
                    wanted.aliases.1.push(owner.to_string());
                    wanted.aliases.2.push(alias.as_str().to_owned());
                }
            }
        }
        wanted
    }

    fn by_id(&self) -> Statement<ById> {
        statement([Param::Ints(self.ids.0.clone()), Param::Ids(self.ids.1.clone())])
    }

    fn by_number(&self) -> Statement<ByNumber> {
        statement([Param::Ints(self.numbers.0.clone()), Param::Texts(self.numbers.1.clone())])
    }

    fn by_alias(&self) -> Statement<ByAlias> {
        let (places, owners, aliases) = self.aliases.clone();
        statement([Param::Ints(places), Param::Texts(owners), Param::Texts(aliases)])
    }
}

type NamedRow = (i32, AccountRow, NamesRow);

async fn named<S: Sql<Row = NamedTypes>>(
    connection: &AsyncPgConnection,
    places: &[i32],
    read: Statement<S>,
) -> Result<Vec<NamedRow>, PgError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    Ok(read.load::<NamedRow>(&mut &*connection).await?)
}

crate::statement::statements!(ById, ByNumber, ByAlias);
