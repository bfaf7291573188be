//! Erasing for good: a unit with its history, a user's name. Rows go here; what the file still holds of them in free
//! pages goes with [`super::Store::compact`].

use rusqlite::params;

use super::Error;
use super::content::{Content, Derived};
use super::history;
use super::tx::{Logged, Tx};
use super::units;
use crate::model::{ChangeKind, ConceptId, UnitId};

/// What stands where an erased user's name stood.
pub fn erased_user() -> &'static str {
    "(erased)"
}

/// Rows of a log that are looked at in one step.
const LOG_ROWS: i64 = 50_000;

impl Tx<'_> {
    /// Erases a unit, living or deleted, and its history; whether there was one. The log of changes keeps its number,
    /// which says nothing.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::NotFound`] for its memory.
    pub fn erase_unit(&mut self, id: UnitId, by: Option<&str>) -> Result<bool, Error> {
        let stored = units::load(self.conn, self.langs, id)?;
        if let Some(stored) = &stored {
            self.writable(stored.unit.memory)?;
        }
        self.guard(|tx| {
            for sql in [
                // What was asked for may quote the text.
                "UPDATE import SET asked = NULL WHERE id IN (SELECT import_id FROM unit WHERE id = ?1
                 UNION SELECT import_id FROM unit_history WHERE unit_id = ?1
                 UNION SELECT json_extract(state, '$.import') FROM unit_history WHERE unit_id = ?1)",
                "DELETE FROM idempotency WHERE route = 'POST /v1/units/' || ?1 || '/revert'",
            ] {
                tx.conn.prepare_cached(sql)?.execute([id.0])?;
            }
            let formers = tx
                .conn
                .prepare_cached("DELETE FROM unit_history WHERE unit_id = ?1")?
                .execute([id.0])?;
            let Some(old) = &stored else {
                return Ok(formers > 0);
            };
            let unit = &old.unit;
            units::delete(tx.conn, id)?;
            tx.equals.went(tx.conn, unit, &old.hashes)?;
            let counts = tx.counts_mut(unit.memory)?;
            counts.unit_went();
            for variant in &unit.variants {
                counts.lang(&variant.lang, -1);
            }
            let gone = ChangeKind::UnitDeleted {
                memory: unit.memory,
                id,
            };
            let logged = Logged::unit("unit_deleted", unit.memory, id, unit.rev + 1);
            tx.log(&logged, gone, by)?;
            Ok(true)
        })
    }

    /// Puts the placeholder in the place of a user's name in the units after `after` and their history; tells how many
    /// rows were changed and where to go on. Revisions stay as they are: nothing that a follower keeps has changed but
    /// the name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn erase_user_in_units(
        &mut self,
        name: &str,
        after: UnitId,
        ids: i64,
    ) -> Result<(u64, Option<UnitId>), Error> {
        let upto = after.0.saturating_add(ids);
        let found: Vec<i64> = {
            let mut statement = self.conn.prepare_cached(
                "SELECT id FROM unit WHERE id > ?1 AND id <= ?2
                 AND (created_by = ?3 OR changed_by = ?3 OR instr(metadata, ?4) > 0)
                 UNION SELECT unit_id FROM variant WHERE unit_id > ?1 AND unit_id <= ?2 AND instr(metadata, ?4) > 0",
            )?;
            let quoted = serde_json::to_string(name).unwrap_or_default();
            let rows =
                statement.query_map(params![after.0, upto, name, quoted], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let next = Some(UnitId(upto)).filter(|_| upto + 1 < self.ledger.next_unit);
        self.guard(|tx| {
            let mut changed = 0;
            let renamed = |by: &mut Option<String>| {
                if by.as_deref() == Some(name) {
                    *by = Some(erased_user().to_owned());
                }
            };
            for id in found {
                let Some(mut stored) = units::load(tx.conn, tx.langs, UnitId(id))? else {
                    continue;
                };
                renamed(&mut stored.unit.created.by);
                renamed(&mut stored.unit.changed.by);
                history::rename_in(&mut stored.unit.metadata, name, erased_user());
                for variant in &mut stored.unit.variants {
                    history::rename_in(&mut variant.metadata, name, erased_user());
                }
                let derived = Derived::of(&Content::of(&stored.unit))?;
                units::update(tx.conn, &stored.unit, &derived, stored.import)?;
                changed += 1;
            }
            changed += history::rename_user(tx.conn, (name, erased_user()), after.0, upto)?;
            let sql =
                "UPDATE unit_history SET by = ?4 WHERE unit_id > ?1 AND unit_id <= ?2 AND by = ?3";
            let ended = tx.conn.prepare_cached(sql)?.execute(params![
                after.0,
                upto,
                name,
                erased_user()
            ])?;
            changed += ended as u64;
            Ok((changed, next))
        })
    }

    /// The same in the logs, those of their rows after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn erase_user_in_logs(
        &mut self,
        name: &str,
        after: i64,
    ) -> Result<(u64, Option<i64>), Error> {
        let upto = after.saturating_add(LOG_ROWS);
        let last: i64 = self
            .conn
            .prepare_cached(
                "SELECT max(coalesce((SELECT max(seq) FROM change), 0), coalesce((SELECT max(id) FROM audit), 0))",
            )?
            .query_row([], |row| row.get(0))?;
        self.guard(|tx| {
            let mut changed = 0;
            for sql in [
                "UPDATE change SET by = ?4 WHERE seq > ?1 AND seq <= ?2 AND by = ?3",
                "UPDATE audit SET by = ?4 WHERE id > ?1 AND id <= ?2 AND by = ?3",
                "UPDATE audit SET object_id = ?4 WHERE id > ?1 AND id <= ?2 AND object_id = ?3 AND object <> 'memory'",
            ] {
                changed += tx.conn.prepare_cached(sql)?.execute(params![
                    after,
                    upto,
                    name,
                    erased_user()
                ])? as u64;
            }
            Ok((changed, Some(upto).filter(|_| upto < last)))
        })
    }

    /// The same in all small tables.
    ///
    /// # Errors
    /// Those of the database.
    pub fn erase_user_elsewhere(&mut self, name: &str) -> Result<u64, Error> {
        self.guard(|tx| {
            let mut changed = 0;
            for sql in [
                "UPDATE memory SET created_by = ?2 WHERE created_by = ?1",
                "UPDATE memory SET deleted_by = ?2 WHERE deleted_by = ?1",
                "UPDATE import SET by = ?2 WHERE by = ?1",
                "UPDATE glossary_import SET by = ?2 WHERE by = ?1",
                "UPDATE style_history SET by = ?2 WHERE by = ?1",
                "UPDATE key SET name = ?2 WHERE name = ?1",
                "UPDATE key SET created_by = ?2 WHERE created_by = ?1",
                "UPDATE key SET revoked_by = ?2 WHERE revoked_by = ?1",
                "UPDATE concept_history SET by = ?2 WHERE by = ?1",
                "UPDATE concept_history SET state = json_set(state, '$.made.by', ?2)
                 WHERE rev = 1 AND json_extract(state, '$.made.by') = ?1",
                "UPDATE style SET changed_by = ?2 WHERE changed_by = ?1",
                "UPDATE suggestion SET created_by = ?2 WHERE created_by = ?1",
                "UPDATE suggestion SET decided_by = ?2 WHERE decided_by = ?1",
                "INSERT INTO activity (memory_id, day, by, added, changed, deleted)
                 SELECT memory_id, day, ?2, added, changed, deleted FROM activity WHERE by = ?1
                 ON CONFLICT (memory_id, day, by) DO UPDATE SET added = added + excluded.added,
                 changed = changed + excluded.changed, deleted = deleted + excluded.deleted",
            ] {
                changed += tx
                    .conn
                    .prepare_cached(sql)?
                    .execute([name, erased_user()])? as u64;
            }
            changed += tx.erase_user_in_concepts(name)?;
            for sql in [
                "DELETE FROM activity WHERE by = ?1",
                "UPDATE import SET asked = NULL WHERE instr(asked, ?1) > 0",
                "DELETE FROM idempotency WHERE instr(CAST(reply AS TEXT), ?1) > 0",
            ] {
                tx.conn.prepare_cached(sql)?.execute([name])?;
            }
            Ok(changed)
        })
    }

    fn erase_user_in_concepts(&mut self, name: &str) -> Result<u64, Error> {
        let ids: Vec<String> = self
            .conn
            .prepare_cached("SELECT id FROM concept WHERE created_by = ?1 OR changed_by = ?1")?
            .query_map([name], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &ids {
            let id = ConceptId::parse(id).map_err(|e| Error::corrupt(e.to_string()))?;
            self.conn
                .prepare_cached(
                    "UPDATE concept SET created_by = iif(created_by = ?2, ?3, created_by),
                     changed_by = iif(changed_by = ?2, ?3, changed_by) WHERE id = ?1",
                )?
                .execute([id.as_str(), name, erased_user()])?;
            self.seal_concept(&id)?;
        }
        Ok(ids.len() as u64)
    }
}
