//! Taking back what an import or a bulk change did to a unit, where nobody has edited the unit since, or what was done
//! since was taken back itself.
//!
//! A change wrote some revisions of a unit, perhaps several in a row. The unit gets the content of the revision before
//! the last such row; where there was none it is deleted, and where that was a deletion it stays or goes away. What is
//! done here is itself the work of a bulk change (of kind undo), so that it can be taken back in turn.

use rusqlite::Connection;

use super::content::Content;
use super::history::Event;
use super::tx::Tx;
use super::units;
use super::{Error, ImportId};
use crate::model::UnitId;

/// What became of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It has its former content again.
    Changed,
    /// It was new, and is gone.
    Deleted,
    /// It was deleted, and is back.
    Restored,
    /// It is as it was before the change already.
    Unchanged,
    /// Someone edited it since: it was left alone.
    Conflict,
}

/// Who wrote a revision.
struct Making {
    rev: i64,
    import: Option<i64>,
    /// Not a deletion.
    exists: bool,
}

impl Tx<'_> {
    /// Takes back what the change `of` did to a unit, in the name of the change `undo`. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], those of the database.
    pub fn undo_unit(
        &mut self,
        id: UnitId,
        of: ImportId,
        undo: ImportId,
        by: Option<&str>,
    ) -> Result<Undone, Error> {
        match self.undo(id, of, undo, by) {
            // Its memory was deleted since.
            Err(Error::NotFound {
                what: "memory" | "unit",
            }) => Ok(Undone::Conflict),
            other => other,
        }
    }

    fn undo(
        &mut self,
        id: UnitId,
        of: ImportId,
        undo: ImportId,
        by: Option<&str>,
    ) -> Result<Undone, Error> {
        let current = units::load(self.conn, self.langs, id)?;
        let mut makings = makings(self.conn, id)?;
        if let Some(stored) = &current {
            match makings.last_mut() {
                Some(last) if last.rev == stored.unit.rev => last.exists = true,
                _ => makings.push(Making {
                    rev: stored.unit.rev,
                    import: stored.import,
                    exists: true,
                }),
            }
        }
        let theirs = |making: &Making| making.import == Some(of.0);
        let Some(last) = makings.iter().rposition(theirs) else {
            return Ok(Undone::Unchanged);
        };
        let before = makings
            .get(..last)
            .unwrap_or_default()
            .iter()
            .rev()
            .find(|making| !theirs(making));
        let wanted = before.filter(|making| making.exists).map(|m| m.rev);
        if last + 1 < makings.len() {
            let left = makings.get(last).filter(|making| making.exists);
            let left = left.map(|making| making.rev);
            if self.is_as(id, current.as_ref(), wanted)? {
                return Ok(Undone::Unchanged);
            }
            // Whatever came after it was taken back, and is not in the way.
            if !self.is_as(id, current.as_ref(), left)? {
                return Ok(Undone::Conflict);
            }
        }
        let how = (Event::TakenBack, Some(undo.0));
        match (current, wanted) {
            (Some(old), wanted) => {
                self.writable(old.unit.memory)?;
                match wanted {
                    Some(rev) => self.revert_rows(&old, rev, how, by).map(drop)?,
                    None => self.delete_rows(&old, how.0, how.1, by).map(drop)?,
                }
                Ok(wanted.map_or(Undone::Deleted, |_| Undone::Changed))
            }
            (None, Some(rev)) => {
                let deletion = makings.last().map_or(0, |making| making.rev);
                self.restore_rows(id, rev, deletion, how, by)?;
                Ok(Undone::Restored)
            }
            (None, None) => Ok(Undone::Unchanged),
        }
    }

    /// Whether a unit says now what a former revision said; none is for a deletion.
    fn is_as(
        &self,
        id: UnitId,
        current: Option<&units::Stored>,
        rev: Option<i64>,
    ) -> Result<bool, Error> {
        match (current, rev) {
            (None, None) => Ok(true),
            (Some(stored), Some(rev)) => {
                let former = self.former_unit(id, rev)?;
                Ok(Content::of(&former) == Content::of(&stored.unit))
            }
            _ => Ok(false),
        }
    }
}

/// Who wrote each revision of a unit that the history knows, oldest first; of one that is deleted, also the deletion.
fn makings(conn: &Connection, id: UnitId) -> Result<Vec<Making>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT rev, import_id, state IS NOT NULL, CASE WHEN rev = 1 THEN json_extract(state, '$.import') END
         FROM unit_history WHERE unit_id = ?1 ORDER BY rev",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut list: Vec<Making> = Vec::new();
    while let Some(row) = rows.next()? {
        let (rev, exists): (i64, bool) = (row.get(0)?, row.get(2)?);
        match list.last_mut() {
            Some(made) if made.rev == rev => made.exists = exists,
            _ => list.push(Making {
                rev,
                import: row.get(3)?,
                exists,
            }),
        }
        // The row says how its revision ended: that is how the next one began.
        list.push(Making {
            rev: rev + 1,
            import: row.get(1)?,
            exists: false,
        });
    }
    Ok(list)
}
