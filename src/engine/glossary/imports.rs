//! How imports of glossaries stand, and taking them back as a whole. Their ids begin with `g`, so that
//! `/v1/imports/{id}` and `/v1/bulk/{id}` serve them beside the imports of memories.

use super::super::access::not_found;
use super::super::idempotency::remember;
use super::super::{BulkView, Caller, Engine, Error, ImportStatus, Role, view};
use super::transfer::{GlossaryImport, problem};
use crate::formats::Place;
use crate::model::{BulkReport, ImportReport};
use crate::store::{self, Actor, Deed, GlossaryImportId, ImportState, NewGlossaryImport, Undone};

/// What stands in the place of a memory's name.
const PLACE: &str = "glossary";
/// Concepts taken back in one transaction.
const AT_ONCE: usize = 500;

/// An import that runs.
pub(super) struct Run {
    pub(super) id: GlossaryImportId,
    pub(super) who: Actor,
    /// How long the file is.
    pub(super) bytes: u64,
    pub(super) report: ImportReport,
}

fn shown(id: GlossaryImportId) -> String {
    format!("g{}", id.0)
}

/// The import that an id means; none where it is no glossary's.
fn read_id(id: &str) -> Option<GlossaryImportId> {
    let number = id.strip_prefix('g')?.parse().ok().map(GlossaryImportId);
    number.filter(|number| shown(*number) == id)
}

fn deed(action: &'static str, id: GlossaryImportId) -> Deed {
    Deed::new(action, "glossary_import", shown(id))
}

impl Engine {
    pub(super) fn begin_glossary_import(
        &self,
        caller: &Caller,
        how: &GlossaryImport,
        bytes: u64,
    ) -> Result<Run, Error> {
        self.imports.must_not_end()?;
        self.store.must_have_room()?;
        let who = caller.actor();
        let start = NewGlossaryImport {
            format: how.format.as_str().to_owned(),
            mode: how.mode.as_str().to_owned(),
            by: who.by.clone(),
            undoes: None,
        };
        let actor = who.clone();
        let id = self.store.write(move |tx| {
            let id = tx.start_glossary_import(&start, &ImportReport::default())?;
            tx.audit(&actor, &deed("glossary_import_started", id))?;
            Ok(id)
        })?;
        let report = ImportReport {
            id: shown(id),
            memory: PLACE.to_owned(),
            ..ImportReport::default()
        };
        Ok(Run {
            id,
            who,
            bytes,
            report,
        })
    }

    /// Writes down how an import ended, and tells it.
    pub(super) fn end_glossary_import(
        &self,
        caller: &Caller,
        run: Run,
        done: Result<(), Error>,
    ) -> Result<ImportReport, Error> {
        let Run {
            id,
            who,
            bytes,
            mut report,
        } = run;
        let (state, action) = match &done {
            Ok(()) => (ImportState::Done, "glossary_import_done"),
            Err(_) => (ImportState::Failed, "glossary_import_failed"),
        };
        if let Err(Error::Format { error, .. }) = &done {
            let place = Place {
                line: error.line,
                byte: error.byte,
            };
            report.add_problem(problem(place, error.to_string()));
        }
        report
            .problems
            .sort_by_key(|problem| (problem.line, problem.byte));
        let kept = report.clone();
        let is_done = done.is_ok();
        let once = caller.once.clone().filter(|_| is_done);
        let noted = self.store.write(move |tx| {
            tx.note_glossary_import(id, state, bytes, &kept)?;
            tx.audit(&who, &deed(action, id))?;
            remember(tx, once.as_deref(), &kept)
        });
        match done {
            Ok(()) => {
                noted?;
                Ok(report)
            }
            Err(Error::Format { error, .. }) => Err(Error::Format {
                error,
                report: Box::new(report),
            }),
            Err(error) => Err(Error::ImportStopped {
                error: Box::new(error),
                report: Box::new(report),
            }),
        }
    }

    /// How the import of a glossary stands; none where the id is not that of one.
    pub(in crate::engine) fn glossary_import_status(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<ImportStatus>, Error> {
        let Some(number) = read_id(id) else {
            return Ok(None);
        };
        let import = self.glossary_import_for(caller, Role::Read, number)?;
        if import.start.undoes.is_some() {
            return Err(not_found("import"));
        }
        Ok(Some(ImportStatus {
            id: id.to_owned(),
            state: import.state.into(),
            bytes_read: import.bytes_read,
            report: ImportReport {
                id: id.to_owned(),
                memory: PLACE.to_owned(),
                ..import.report()?
            },
        }))
    }

    /// The same as a change of many; also a taking back.
    pub(in crate::engine) fn glossary_bulk(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<BulkView>, Error> {
        let Some(id) = read_id(id) else {
            return Ok(None);
        };
        let import = self.glossary_import_for(caller, Role::Read, id)?;
        bulk_view(&import).map(Some)
    }

    /// Who may not read the glossary finds no import of it.
    fn glossary_import_for(
        &self,
        caller: &Caller,
        role: Role,
        id: GlossaryImportId,
    ) -> Result<store::GlossaryImport, Error> {
        if caller.must_have_in_glossary(Role::Read).is_err() {
            return Err(not_found("import"));
        }
        let import = self.store.read(|reader| reader.glossary_import(id))?;
        let import = import.ok_or_else(|| not_found("import"))?;
        caller.must_have_in_glossary(role)?;
        Ok(import)
    }

    /// Takes back what an import of a glossary (or a taking back) wrote, where nobody has edited the concept since;
    /// the others are left alone and listed as conflicts. None where the id is not that of one.
    pub(in crate::engine) fn undo_glossary_import(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<BulkView>, Error> {
        let Some(id) = read_id(id) else {
            return Ok(None);
        };
        let import = self.glossary_import_for(caller, Role::Write, id)?;
        self.must_be_ready()?;
        let _editing = self.live.edit();
        let (who, start) = (
            caller.actor(),
            NewGlossaryImport {
                by: caller.name.clone(),
                undoes: Some(import.id),
                ..NewGlossaryImport::default()
            },
        );
        let undo = self.store.write(move |tx| {
            let undo = tx.start_glossary_import(&start, &BulkReport::default())?;
            tx.audit(&who, &deed("glossary_import_undone", id))?;
            Ok(undo)
        })?;
        let mut report = BulkReport::default();
        let done = self.undo_concepts(caller, (import.id, undo), &mut report);
        let state = match &done {
            Ok(()) => ImportState::Done,
            Err(_) => ImportState::Failed,
        };
        let noted = self
            .store
            .write(move |tx| tx.note_glossary_import(undo, state, 0, &report));
        self.live.refresh();
        done?;
        noted?;
        let undo = self.store.read(|reader| reader.glossary_import(undo))?;
        undo.as_ref().map(bulk_view).transpose()
    }

    fn undo_concepts(
        &self,
        caller: &Caller,
        (of, undo): (GlossaryImportId, GlossaryImportId),
        report: &mut BulkReport,
    ) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self
                .store
                .read(|reader| reader.concepts_written(of, after.as_ref(), AT_ONCE))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.concept.clone());
            let (by, mut counted) = (caller.name.clone(), report.clone());
            *report = self.store.write(move |tx| {
                for written in &page {
                    counted.matched += 1;
                    match tx.undo_concept(written, undo, by.as_deref())? {
                        Undone::Changed => counted.changed += 1,
                        Undone::Deleted => counted.deleted += 1,
                        Undone::Restored => counted.restored += 1,
                        Undone::Unchanged => counted.unchanged += 1,
                        Undone::Conflict => counted.add_conflict(written.concept.to_string()),
                    }
                }
                tx.note_glossary_import(undo, ImportState::Running, 0, &counted)?;
                Ok(counted)
            })?;
        }
    }
}

fn bulk_view(import: &store::GlossaryImport) -> Result<BulkView, Error> {
    let (kind, report) = match import.start.undoes {
        Some(_) => ("undo", import.report()?),
        None => ("import", BulkReport::of_import(&import.report()?)),
    };
    Ok(BulkView {
        id: shown(import.id),
        kind: kind.to_owned(),
        memory: PLACE.to_owned(),
        to: None,
        undoes: import.start.undoes.map(shown),
        asked: None,
        state: import.state.into(),
        by: import.start.by.clone(),
        started_at: view::time(import.started_at),
        finished_at: import.finished_at.map(view::time),
        report,
    })
}
