//! What stands beside the concepts: house styles, and suggestions that wait for an editor.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::content::place;
use super::tx::{Logged, Tx};
use super::units::text;
use super::{Error, Reader};
use crate::model::{ChangeKind, ConceptId, Stamp};

/// A house style as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStyle {
    /// Its slug.
    pub name: String,
    /// How often it was written.
    pub rev: i64,
    /// JSON of what it says.
    pub settings: String,
    /// When and by whom it was last changed.
    pub changed: Stamp,
}

/// One revision of a house style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StyleRevision {
    /// Its number.
    pub rev: i64,
    /// When and by whom it was written.
    pub stamp: Stamp,
    /// JSON of what it said; none for a deletion.
    pub settings: Option<String>,
}

/// Where a suggestion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestionState {
    /// It waits.
    Open,
    /// It became an edit.
    Accepted,
    /// It did not.
    Rejected,
}

impl SuggestionState {
    /// Its name in the table and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Rejected]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// A suggestion as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSuggestion {
    /// Its number; larger is later.
    pub id: i64,
    /// The concept it is about.
    pub concept: ConceptId,
    /// JSON of what is proposed.
    pub content: String,
    /// Why.
    pub comment: Option<String>,
    /// Where it stands.
    pub state: SuggestionState,
    /// When and by whom it was made.
    pub created: Stamp,
    /// When and by whom it was decided.
    pub decided: Option<Stamp>,
    /// What the editor said.
    pub reason: Option<String>,
    /// The concept's revision that came of it.
    pub rev: Option<i64>,
}

const STYLE: &str = "SELECT name, rev, settings, changed_at, changed_by FROM style";
const SUGGESTION: &str = "SELECT id, concept, content, comment, state, created_at, created_by,
    decided_at, decided_by, reason, rev FROM suggestion";

fn read_style(row: &Row<'_>) -> rusqlite::Result<StoredStyle> {
    Ok(StoredStyle {
        name: row.get(0)?,
        rev: row.get(1)?,
        settings: row.get(2)?,
        changed: Stamp {
            at: row.get(3)?,
            by: row.get(4)?,
        },
    })
}

fn style(conn: &Connection, name: &str) -> Result<Option<StoredStyle>, Error> {
    Ok(conn
        .prepare_cached(&format!("{STYLE} WHERE name = ?1"))?
        .query_row([name], read_style)
        .optional()?)
}

/// The last revision that a style had; 0 when it never was.
fn last_style_rev(conn: &Connection, name: &str) -> Result<i64, Error> {
    let last: Option<i64> = conn
        .prepare_cached("SELECT max(rev) FROM style_history WHERE name = ?1")?
        .query_row([name], |row| row.get(0))?;
    Ok(last.unwrap_or(0))
}

fn read_suggestion(row: &Row<'_>) -> Result<StoredSuggestion, Error> {
    let id: i64 = row.get(0)?;
    let odd = |what: &str| Error::corrupt(format!("suggestion {id}: its {what} is not readable"));
    let decided: Option<i64> = row.get(7)?;
    let by = row.get(8)?;
    Ok(StoredSuggestion {
        id,
        concept: ConceptId::parse(text(row, 1)?).map_err(|_| odd("concept"))?,
        content: row.get(2)?,
        comment: row.get(3)?,
        state: SuggestionState::parse(text(row, 4)?).ok_or_else(|| odd("state"))?,
        created: Stamp {
            at: row.get(5)?,
            by: row.get(6)?,
        },
        decided: decided.map(|at| Stamp { at, by }),
        reason: row.get(9)?,
        rev: row.get(10)?,
    })
}

fn suggestion(conn: &Connection, id: i64) -> Result<Option<StoredSuggestion>, Error> {
    let mut statement = conn.prepare_cached(&format!("{SUGGESTION} WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read_suggestion).transpose()
}

impl Tx<'_> {
    /// Writes a style. `rev` is the one it has, 0 for a new one; one that is made again after a deletion goes on
    /// counting.
    ///
    /// # Errors
    /// [`Error::Exists`] for a new one that is there, [`Error::NotFound`], [`Error::Conflict`].
    pub fn put_style(
        &mut self,
        name: &str,
        rev: i64,
        settings: &str,
        by: Option<&str>,
    ) -> Result<StoredStyle, Error> {
        match (rev, style(self.conn, name)?) {
            (0, Some(_)) => {
                return Err(Error::Exists {
                    name: name.to_owned(),
                });
            }
            (0, None) => {}
            (_, None) => return Err(Error::NotFound { what: "style" }),
            (rev, Some(old)) => conflict_unless(old.rev == rev, old.rev)?,
        }
        let next = match rev {
            0 => last_style_rev(self.conn, name)? + 1,
            rev => rev + 1,
        };
        self.guard(|tx| {
            tx.keep_style(name, next, Some(settings), by)?;
            tx.conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO style (name, rev, settings, changed_at, changed_by)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![name, next, settings, tx.now(), by])?;
            tx.log(
                &Logged::named("style_put", name, next),
                ChangeKind::Style,
                by,
            )?;
            style(tx.conn, name)?.ok_or(Error::NotFound { what: "style" })
        })
    }

    /// Deletes a style.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`].
    pub fn delete_style(&mut self, name: &str, rev: i64, by: Option<&str>) -> Result<(), Error> {
        let old = style(self.conn, name)?.ok_or(Error::NotFound { what: "style" })?;
        conflict_unless(old.rev == rev, old.rev)?;
        self.guard(|tx| {
            tx.keep_style(name, rev + 1, None, by)?;
            tx.conn
                .prepare_cached("DELETE FROM style WHERE name = ?1")?
                .execute([name])?;
            let logged = Logged::named("style_deleted", name, rev + 1);
            tx.log(&logged, ChangeKind::Style, by)
        })
    }

    fn keep_style(
        &mut self,
        name: &str,
        rev: i64,
        settings: Option<&str>,
        by: Option<&str>,
    ) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO style_history (name, rev, at, by, settings) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![name, rev, self.now(), by, settings])?;
        Ok(())
    }

    /// Keeps a suggestion.
    ///
    /// # Errors
    /// Those of the database.
    pub fn add_suggestion(
        &mut self,
        concept: &ConceptId,
        content: &str,
        comment: Option<&str>,
        by: Option<&str>,
    ) -> Result<StoredSuggestion, Error> {
        self.guard(|tx| {
            tx.conn
                .prepare_cached(
                    "INSERT INTO suggestion (concept, content, comment, state, created_at, created_by)
                     VALUES (?1, ?2, ?3, 'open', ?4, ?5)",
                )?
                .execute(params![concept.as_str(), content, comment, tx.now(), by])?;
            let id = tx.conn.last_insert_rowid();
            suggestion(tx.conn, id)?.ok_or(Error::NotFound { what: "suggestion" })
        })
    }

    /// A suggestion as this transaction sees it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn suggestion(&self, id: i64) -> Result<Option<StoredSuggestion>, Error> {
        suggestion(self.conn, id)
    }

    /// Decides an open suggestion; `rev` is the concept's revision that came of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no open one.
    pub fn decide_suggestion(
        &mut self,
        id: i64,
        state: SuggestionState,
        reason: Option<&str>,
        rev: Option<i64>,
        by: Option<&str>,
    ) -> Result<StoredSuggestion, Error> {
        self.guard(|tx| {
            let decided = tx
                .conn
                .prepare_cached(
                    "UPDATE suggestion SET state = ?2, decided_at = ?3, decided_by = ?4, reason = ?5, rev = ?6
                     WHERE id = ?1 AND state = 'open'",
                )?
                .execute(params![id, state.as_str(), tx.now(), by, reason, rev])?;
            match decided {
                0 => Err(Error::NotFound { what: "suggestion" }),
                _ => suggestion(tx.conn, id)?.ok_or(Error::NotFound { what: "suggestion" }),
            }
        })
    }
}

fn conflict_unless(fits: bool, rev: i64) -> Result<(), Error> {
    match fits {
        true => Ok(()),
        false => Err(Error::Conflict { rev, current: None }),
    }
}

impl Reader<'_> {
    /// All styles by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn styles(&self) -> Result<Vec<StoredStyle>, Error> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("{STYLE} ORDER BY name"))?;
        let rows = statement.query_map([], read_style)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A style by its name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn style(&self, name: &str) -> Result<Option<StoredStyle>, Error> {
        style(self.conn, name)
    }

    /// All known revisions of a style, the newest first; none where it never was.
    ///
    /// # Errors
    /// Those of the database.
    pub fn style_history(&self, name: &str) -> Result<Vec<StyleRevision>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT rev, at, by, settings FROM style_history WHERE name = ?1 ORDER BY rev DESC",
        )?;
        let rows = statement.query_map([name], |row| {
            Ok(StyleRevision {
                rev: row.get(0)?,
                stamp: Stamp {
                    at: row.get(1)?,
                    by: row.get(2)?,
                },
                settings: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A suggestion.
    ///
    /// # Errors
    /// Those of the database.
    pub fn suggestion(&self, id: i64) -> Result<Option<StoredSuggestion>, Error> {
        suggestion(self.conn, id)
    }

    /// Suggestions in one state behind a number, in the order they were made.
    ///
    /// # Errors
    /// Those of the database.
    pub fn suggestions(
        &self,
        state: SuggestionState,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredSuggestion>, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "{SUGGESTION} WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        ))?;
        let mut rows = statement.query(params![state.as_str(), after, place(limit)])?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read_suggestion(row)?);
        }
        Ok(list)
    }
}
