//! What a bulk change does to one unit. A unit that has moved on since it was chosen is left alone, which the caller
//! counts; it is no failure of the whole.

use super::content::Prepared;
use super::history::Event;
use super::put::{Mode, Outcome};
use super::tx::Tx;
use super::units::Stored;
use super::{Error, ImportId};
use crate::model::{MemoryId, UnitId};

impl Tx<'_> {
    /// Gives a unit other content; none when it is not at `rev` any more.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], those of the database.
    pub fn replace_in_bulk(
        &mut self,
        id: UnitId,
        rev: i64,
        new: Prepared,
        bulk: ImportId,
        by: Option<&str>,
    ) -> Result<Option<Outcome>, Error> {
        match self.at_rev(id, rev)? {
            None => Ok(None),
            Some(old) => self.replace_stored(&old, new, Some(bulk.0), by).map(Some),
        }
    }

    /// Deletes a unit, unless it is not at `rev` any more; whether it did.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], those of the database.
    pub fn delete_in_bulk(
        &mut self,
        id: UnitId,
        rev: i64,
        event: Event,
        bulk: ImportId,
        by: Option<&str>,
    ) -> Result<bool, Error> {
        let Some(old) = self.at_rev(id, rev)? else {
            return Ok(false);
        };
        self.delete_rows(&old, event, Some(bulk.0), by)?;
        Ok(true)
    }

    /// Writes a unit's content as a new unit of another memory, with its dates, and deletes it here unless it is to
    /// be a copy. Where that memory has the same content already, nothing is added. None when it is not at `rev`
    /// any more. Ids never go along, so that one id never shows the content of memories with other rights.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], those of the database.
    pub fn move_in_bulk(
        &mut self,
        (id, rev): (UnitId, i64),
        (to, copy): (MemoryId, bool),
        bulk: ImportId,
        by: Option<&str>,
    ) -> Result<Option<Outcome>, Error> {
        let old = if copy {
            self.living(id).ok().filter(|old| old.unit.rev == rev)
        } else {
            self.at_rev(id, rev)?
        };
        let Some(old) = old else {
            return Ok(None);
        };
        let new = Prepared::of(&old.unit)?;
        let outcome = self.put_draft(to, new, Mode::Add, by, Some(bulk))?;
        if !copy {
            self.delete_rows(&old, Event::Moved, Some(bulk.0), by)?;
        }
        Ok(Some(outcome))
    }

    fn at_rev(&mut self, id: UnitId, rev: i64) -> Result<Option<Stored>, Error> {
        let stored = match self.living(id) {
            Ok(stored) if stored.unit.rev == rev => stored,
            Ok(_) | Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.writable(stored.unit.memory)?;
        Ok(Some(stored))
    }
}
