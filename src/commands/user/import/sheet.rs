//! Reads the table: cells are data, whatever they look like, and what is wrong with a row is said with its line.

use std::collections::BTreeSet;

use csv::StringRecord;

use crate::commands::Refused;
use crate::foundation::table::{Table, TableError};
use crate::users::profile::{LanguageTag, Mail, MailAddress, Text, Username};
use crate::users::{NewUser, Profile, UserError};

/// More people than this come in several files.
const MOST_ROWS: usize = 20_000;
/// More groups than this nobody can be in, for no token could name them all (R-ID-09).
const MOST_GROUPS: usize = 500;
/// Bytes of their names together: a person's record has to hold them.
const GROUP_BYTES: usize = 32 * 1024;

/// The columns that are known; the first two must be there.
const COLUMNS: [&str; 7] = ["username", "email", "name", "given_name", "family_name", "language", "groups"];

/// A row: whom it names, or what is wrong with it.
pub struct Row {
    /// The line in the file, from 1.
    pub line: u64,
    /// The person.
    pub person: Result<NewUser, String>,
}

/// All rows of `text`.
pub fn read(text: &str) -> Result<Vec<Row>, Refused> {
    let no_table = |error: TableError| Refused::rule(error.to_string());
    let table = Table::open(text).map_err(no_table)?;
    let columns = columns(table.header())?;
    let mut rows = Vec::new();
    for row in table {
        let (line, record) = row.map_err(no_table)?;
        if rows.len() == MOST_ROWS {
            return Err(Refused::rule(format!("the file has more than {MOST_ROWS} rows; split it")));
        }
        rows.push(Row { line, person: columns.person(&record) });
    }
    Ok(rows)
}

/// Which column stands where.
struct Columns(Vec<&'static str>);

fn columns(header: &StringRecord) -> Result<Columns, Refused> {
    let known = COLUMNS.join(", ");
    let mut columns: Vec<&'static str> = Vec::new();
    for cell in header {
        let name: String = cell.to_lowercase().chars().take(40).collect();
        let Some(column) = COLUMNS.into_iter().find(|column| *column == name) else {
            return Err(Refused::rule(format!(
                "the first row must name the columns, and {name:?} is none; known are {known}"
            )));
        };
        if columns.contains(&column) {
            return Err(Refused::rule(format!("the first row names the column {column:?} twice")));
        }
        columns.push(column);
    }
    match COLUMNS.iter().take(2).find(|needed| !columns.contains(needed)) {
        Some(missing) => Err(Refused::rule(format!(
            "the first row must name the columns, and {missing:?} is missing; known are {known}"
        ))),
        None => Ok(Columns(columns)),
    }
}

impl Columns {
    fn person(&self, record: &StringRecord) -> Result<NewUser, String> {
        if record.len() != self.0.len() {
            return Err(format!("has {} cells where the first row has {}", record.len(), self.0.len()));
        }
        self.read(record).map_err(|error| error.to_string())
    }

    fn read(&self, record: &StringRecord) -> Result<NewUser, UserError> {
        let cell = |column: &str| {
            let place = self.0.iter().position(|known| *known == column);
            place.and_then(|place| record.get(place)).filter(|text| !text.is_empty())
        };
        let username = Username::new(cell("username").unwrap_or_default())
            .map_err(|error| renamed(error, "username"))?;
        let address = MailAddress::new(cell("email").unwrap_or_default())?;
        let text = |column: &'static str| {
            cell(column).map(Text::new).transpose().map_err(|error| renamed(error, column))
        };
        let (given_name, family_name) = (text("given_name")?, text("family_name")?);
        let both = [&given_name, &family_name].into_iter().flatten().map(Text::as_str).collect::<Vec<_>>();
        let name = match text("name")? {
            Some(name) => name,
            None if both.is_empty() => Text::new(username.as_str())?,
            None => Text::new(both.join(" "))?,
        };
        let groups =
            cell("groups").unwrap_or_default().split(';').map(str::trim).filter(|name| !name.is_empty());
        let groups = groups.map(Text::new).collect::<Result<BTreeSet<_>, _>>();
        let groups = groups.map_err(|error| renamed(error, "groups"))?;
        let bytes: usize = groups.iter().map(|group| group.as_str().len()).sum();
        if groups.len() > MOST_GROUPS || bytes > GROUP_BYTES {
            return Err(UserError::invalid(
                "groups",
                "has more than 500 groups, or names longer than 32 KiB together",
            ));
        }
        // The administrator vouches for the address: it comes from the organisation's own list.
        let mail = Some(Mail { address, verified: true });
        Ok(NewUser {
            language: cell("language").map(LanguageTag::new).transpose()?,
            groups,
            profile: Profile { name: Some(name), given_name, family_name, mail, ..Profile::default() },
            ..NewUser::named(username)
        })
    }
}

/// The same fault under the column's name.
fn renamed(error: UserError, column: &'static str) -> UserError {
    match error {
        UserError::Invalid { rule, .. } => UserError::invalid(column, rule),
        other => other,
    }
}
