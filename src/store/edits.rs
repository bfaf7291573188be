//! Edits of one unit that its caller has seen: each names the revision it was made for.

use super::Error;
use super::content::{Content, Derived, Prepared};
use super::history::{self, Ending, Event, same_rev};
use super::put::{Outcome, next_change, unit_of};
use super::tx::{Logged, Tx};
use super::units::{self, Stored};
use crate::model::{ChangeKind, Draft, Stamp, Unit, UnitId};

impl Tx<'_> {
    /// A unit of a living memory, as this transaction sees it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn unit(&mut self, id: UnitId) -> Result<Unit, Error> {
        self.living(id).map(|stored| stored.unit)
    }

    /// Gives a unit other content, context and metadata as a whole; of the dates, those the draft has.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when `rev` is not its revision; [`Error::ReadOnly`];
    /// [`Error::Invalid`] as in [`Prepared::new`].
    pub fn replace_unit(
        &mut self,
        id: UnitId,
        rev: i64,
        draft: Draft,
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        let new = Prepared::new(draft)?;
        let old = self.writable_unit(id, rev)?;
        self.replace_stored(&old, new, None, by)
    }

    pub(super) fn replace_stored(
        &mut self,
        old: &Stored,
        new: Prepared,
        import: Option<i64>,
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        let (id, rev) = (old.unit.id, old.unit.rev);
        let created = new.created.unwrap_or_else(|| old.unit.created.clone());
        let dates_stay = created == old.unit.created && new.changed.is_none();
        if dates_stay && new.content == Content::of(&old.unit) {
            return Ok(Outcome::Unchanged(id, rev));
        }
        let changed = next_change(&old.unit.changed, new.changed, self.now(), by);
        let former = (id, old.unit.memory, rev + 1);
        let unit = unit_of(new.content, former, created, changed);
        self.replace_rows(old, unit, &new.derived, import, Event::Replaced, by)
    }

    /// Deletes a unit; the deletion is its next revision, and [`Tx::revert_unit`] brings it back.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`], [`Error::ReadOnly`].
    pub fn delete_unit(&mut self, id: UnitId, rev: i64, by: Option<&str>) -> Result<i64, Error> {
        let old = self.writable_unit(id, rev)?;
        self.delete_rows(&old, Event::Deleted, None, by)
    }

    /// Gives a unit the content of a former revision, as a new revision; also brings back a deleted unit. `rev` is
    /// its revision now (for a deleted unit that of the deletion).
    ///
    /// # Errors
    /// [`Error::NotFound`] for the unit, or when `to_rev` is none of its revisions or a deletion;
    /// [`Error::Conflict`], [`Error::ReadOnly`].
    pub fn revert_unit(
        &mut self,
        id: UnitId,
        to_rev: i64,
        rev: i64,
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        match units::load(self.conn, self.langs, id)? {
            Some(_) => {
                let old = self.writable_unit(id, rev)?;
                if to_rev == rev {
                    return Ok(Outcome::Unchanged(id, rev));
                }
                self.revert_rows(&old, to_rev, (Event::Reverted, None), by)
            }
            None => self.restore_rows(id, to_rev, rev, (Event::Restored, None), by),
        }
    }

    pub(super) fn living(&mut self, id: UnitId) -> Result<Stored, Error> {
        let stored =
            units::load(self.conn, self.langs, id)?.ok_or(Error::NotFound { what: "unit" })?;
        match self.counts(stored.unit.memory) {
            Ok(_) => Ok(stored),
            Err(Error::NotFound { .. }) => Err(Error::NotFound { what: "unit" }),
            Err(error) => Err(error),
        }
    }

    fn writable_unit(&mut self, id: UnitId, rev: i64) -> Result<Stored, Error> {
        let stored = self.living(id)?;
        self.writable(stored.unit.memory)?;
        Ok(Stored {
            unit: same_rev(stored.unit, rev)?,
            ..stored
        })
    }

    pub(super) fn delete_rows(
        &mut self,
        old: &Stored,
        event: Event,
        import: Option<i64>,
        by: Option<&str>,
    ) -> Result<i64, Error> {
        let unit = &old.unit;
        let rev = unit.rev + 1;
        self.guard(|tx| {
            let ending = Ending {
                event,
                at: tx.now(),
                by,
                import,
            };
            history::keep(tx.conn, unit, old.import, &ending)?;
            units::delete(tx.conn, unit.id)?;
            tx.equals.went(tx.conn, unit, &old.hashes)?;
            let counts = tx.counts_mut(unit.memory)?;
            counts.unit_went();
            for variant in &unit.variants {
                counts.lang(&variant.lang, -1);
            }
            let gone = ChangeKind::UnitDeleted {
                memory: unit.memory,
                id: unit.id,
            };
            tx.log(
                &Logged::unit("unit_deleted", unit.memory, unit.id, rev),
                gone,
                by,
            )?;
            Ok(rev)
        })
    }

    pub(super) fn revert_rows(
        &mut self,
        old: &Stored,
        to_rev: i64,
        (event, import): (Event, Option<i64>),
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        let id = old.unit.id;
        let target = self.former_unit(id, to_rev)?;
        let changed = next_change(&old.unit.changed, None, self.now(), by);
        let rev = old.unit.rev + 1;
        let (unit, derived) = again(target, rev, changed)?;
        self.replace_rows(old, unit, &derived, import, event, by)
    }

    /// Brings back a deleted unit; `rev` is that of its deletion.
    pub(super) fn restore_rows(
        &mut self,
        id: UnitId,
        to_rev: i64,
        rev: i64,
        (event, import): (Event, Option<i64>),
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        let missing = || Error::NotFound { what: "unit" };
        let last = history::last_former(self.conn, id)?.ok_or_else(missing)?;
        let memory = last.memory;
        match self.writable(memory) {
            Err(Error::NotFound { .. }) => return Err(missing()),
            other => other?,
        }
        let deletion = last.rev + 1;
        if rev != deletion {
            return Err(Error::Conflict {
                rev: deletion,
                current: None,
            });
        }
        let target = self.former_unit(id, to_rev)?;
        let before = last
            .unit
            .map_or_else(|| target.changed.clone(), |u| u.changed);
        let changed = next_change(&before, None, self.now(), by);
        let (unit, derived) = again(target, deletion + 1, changed)?;
        let outcome = Outcome::Updated(id, unit.rev);
        self.guard(|tx| {
            let ending = Ending {
                event,
                at: tx.now(),
                by,
                import,
            };
            history::keep_deletion(tx.conn, id, deletion, memory, &ending)?;
            tx.insert_unit(unit, &derived, import, by)
        })?;
        Ok(outcome)
    }

    pub(super) fn former_unit(&self, id: UnitId, rev: i64) -> Result<Unit, Error> {
        history::former(self.conn, id, rev)?
            .and_then(|former| former.unit)
            .ok_or(Error::NotFound { what: "revision" })
    }
}

/// A former revision's content as a new revision.
fn again(former: Unit, rev: i64, changed: Stamp) -> Result<(Unit, Derived), Error> {
    let derived = Derived::of(&Content::of(&former))?;
    let unit = Unit {
        rev,
        changed,
        ..former
    };
    Ok((unit, derived))
}
