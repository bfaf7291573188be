//! Glossary files in and out. A file is read whole and checked before anything of it is written; what it wrote can be
//! taken back as a whole (`imports`).

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::super::{Caller, Engine, Error, ImportMode, Role};
use super::check::{self, MOST_NAMES};
use super::format::{GlossaryFormat, held, without_known};
use super::imports::Run;
use super::live::LookAlikes;
use crate::formats::Place;
use crate::formats::glossary::{self, Fault, Glossary};
use crate::model::{Concept, ConceptId, ImportReport, Lang, Name, Problem, Status};
use crate::names::redundant;
use crate::store::{ConceptOutcome, ConceptWritten, Event, Expected, ImportState};

/// Concepts written in one transaction.
const BATCH: usize = 500;

/// How a glossary file is read in.
#[derive(Clone, Debug, Default)]
pub struct GlossaryImport {
    /// The file's format.
    pub format: GlossaryFormat,
    /// The languages of a file that does not say them itself, such as OmegaT's: from, to.
    pub langs: Option<(Lang, Lang)>,
    /// `add`: new concepts, and new names of known ones; `update`: the file's concepts replace those that are
    /// there; `keep`: new concepts only.
    pub mode: ImportMode,
    /// Take names that look like names of other concepts.
    pub allow_confusable: bool,
}

impl Engine {
    /// Whether an export in that format would begin.
    pub fn check_glossary_export(
        &self,
        caller: &Caller,
        format: GlossaryFormat,
        langs: Option<&(Lang, Lang)>,
    ) -> Result<(), Error> {
        caller.must_have_in_glossary(Role::Read)?;
        format.pair(langs).map(drop)
    }

    /// Takes in a glossary file whole, in memory, so that nothing is written of one that breaks off.
    pub fn hold_glossary(
        &self,
        caller: &Caller,
        input: Box<dyn Read + Send>,
    ) -> Result<Box<dyn Read + Send>, Error> {
        caller.must_have_in_glossary(Role::Write)?;
        Ok(Box::new(io::Cursor::new(held(input)?)))
    }

    /// Reads a glossary file into the termbase.
    pub fn import_glossary(
        &self,
        caller: &Caller,
        input: Box<dyn Read + Send>,
        how: &GlossaryImport,
    ) -> Result<ImportReport, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        how.format.pair(how.langs.as_ref())?;
        let file = held(input)?;
        let _editing = self.live.edit();
        let mut run = self.begin_glossary_import(caller, how, file.len() as u64)?;
        let done = self.read_in(&mut run, file, how);
        self.live.refresh();
        self.end_glossary_import(caller, run, done)
    }

    fn read_in(&self, run: &mut Run, file: Vec<u8>, how: &GlossaryImport) -> Result<(), Error> {
        let mut file = how.format.read(file, how.langs.as_ref())?;
        if how.format == GlossaryFormat::Omegat {
            let live = self.live.snapshot();
            let concepts = live.finder.concepts().map(|(_, it)| &**it);
            let known = without_known(&mut file, concepts);
            run.report.read += known;
            run.report.unchanged += known;
        }
        let mut plan = Plan::of(&file, &mut run.report);
        plan.refuse(&mut run.report);
        if !how.allow_confusable {
            self.refuse_look_alikes(&mut plan, &mut run.report);
        }
        self.write_plan(run, plan, how.mode)
    }

    fn refuse_look_alikes(&self, plan: &mut Plan, report: &mut ImportReport) {
        let mut earlier = LookAlikes::default();
        for planned in &mut plan.concepts {
            let known = self.live.concept(&planned.concept.id);
            planned.retain(|name, place| {
                let is_there = known
                    .as_ref()
                    .is_some_and(|known| known.names.iter().any(|own| own.text == name.text));
                let other = match is_there {
                    true => None,
                    false => self.live.look_alike(&name.text),
                };
                let Some(other) = other.or_else(|| earlier.of_another(&name.text)) else {
                    return true;
                };
                let reason = format!(
                    "skipped: confusable_name: it looks like a name of {other} and is another one; write it with the right letters, or allow it"
                );
                report.skipped += 1;
                report.add_problem(problem(place, reason));
                false
            });
            earlier.add(&planned.concept);
        }
        plan.concepts
            .retain(|planned| !planned.concept.names.is_empty());
    }

    fn write_plan(&self, run: &mut Run, plan: Plan, mode: ImportMode) -> Result<(), Error> {
        let mut concepts = plan.concepts.into_iter().peekable();
        while concepts.peek().is_some() {
            let batch: Vec<Planned> = concepts.by_ref().take(BATCH).collect();
            let (id, bytes) = (run.id, run.bytes);
            let (by, mut report) = (run.who.by.clone(), run.report.clone());
            run.report = self.store.write(move |tx| {
                for planned in batch {
                    let old = tx.concept(&planned.concept.id)?;
                    let before = old.as_ref().map(|old| old.rev);
                    let old = old.map(|old| old.concept);
                    let next = Arc::new(merged(old.as_deref(), planned, mode, &mut report));
                    let event = Event::Updated;
                    let done = tx.put_concept(&next, Expected::Anything, event, by.as_deref())?;
                    if !matches!(done, ConceptOutcome::Unchanged(_)) {
                        let written = ConceptWritten {
                            concept: next.id.clone(),
                            before,
                            after: done.rev(),
                        };
                        tx.note_concept_written(id, &written)?;
                    }
                }
                tx.note_glossary_import(id, ImportState::Running, bytes, &report)?;
                Ok(report)
            })?;
        }
        Ok(())
    }

    /// Writes the termbase, sorted. `langs` are for a format that holds two languages only.
    pub fn export_glossary(
        &self,
        caller: &Caller,
        format: GlossaryFormat,
        langs: Option<&(Lang, Lang)>,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let live = self.live.snapshot();
        let concepts: Vec<&Concept> = live.finder.concepts().map(|(_, it)| &**it).collect();
        format.write(&concepts, langs, out)
    }

    /// Says what is wrong with a glossary file, with lines. Nothing is written.
    pub fn check_glossary(
        input: Box<dyn Read + Send>,
        format: GlossaryFormat,
        langs: Option<&(Lang, Lang)>,
    ) -> Result<GlossaryCheck, Error> {
        let file = format.read(held(input)?, langs)?;
        let mut faults = glossary::check(&file);
        if format != GlossaryFormat::Csv {
            faults.retain(|fault| fault.code != UNSORTED);
        }
        faults.extend(redundant_rows(&file));
        faults.sort_by_key(|fault| (fault.place.line, fault.place.byte));
        Ok(GlossaryCheck {
            rows: file.rows.len(),
            faults,
        })
    }
}

/// A matter of files, not of what is in them.
const UNSORTED: &str = "unsorted";

/// What `glossary check` found.
#[derive(Clone, Debug)]
pub struct GlossaryCheck {
    /// Usable rows.
    pub rows: usize,
    /// What is wrong, by line.
    pub faults: Vec<Fault>,
}

/// The spellings that the finder finds without their rows.
fn redundant_rows(file: &Glossary) -> Vec<Fault> {
    let concepts = file.concepts();
    let places = places(file);
    let fault = |(concept, name): (usize, usize)| {
        let concept = concepts.get(concept)?;
        let place = places.get(&concept.id)?.get(name)?;
        let reason = format!(
            "`{}` is found as {} without this row; remove it",
            concept.names.get(name)?.text,
            concept.id
        );
        Some(Fault {
            place: *place,
            code: "redundant",
            reason,
            is_minor: true,
        })
    };
    redundant(&concepts).into_iter().filter_map(fault).collect()
}

/// Where the names of each concept stand.
fn places(file: &Glossary) -> HashMap<&ConceptId, Vec<Place>> {
    let mut places: HashMap<&ConceptId, Vec<Place>> = HashMap::new();
    for row in &file.rows {
        places.entry(&row.concept).or_default().push(row.place);
    }
    places
}

/// What tells one name of a concept from another.
pub(super) fn is_same_row(one: &Name, other: &Name) -> bool {
    (&one.lang, &one.text, &one.style, one.usage)
        == (&other.lang, &other.text, &other.style, other.usage)
}

/// A concept of a file.
struct Planned {
    concept: Concept,
    /// Where each of its names stands.
    places: Vec<Place>,
}

impl Planned {
    fn retain(&mut self, mut keep: impl FnMut(&Name, Place) -> bool) {
        let names = std::mem::take(&mut self.concept.names);
        let places = std::mem::take(&mut self.places);
        for (name, place) in names.into_iter().zip(places) {
            if keep(&name, place) {
                self.concept.names.push(name);
                self.places.push(place);
            }
        }
    }
}

/// The concepts of a file.
struct Plan {
    concepts: Vec<Planned>,
}

impl Plan {
    /// Counts the rows and reports the faults of the file.
    fn of(file: &Glossary, report: &mut ImportReport) -> Self {
        let is_skipped = |fault: &Fault| !fault.is_minor && fault.code != "duplicate_column";
        let skipped = file.faults.iter().filter(|fault| is_skipped(fault)).count() as u64;
        report.read += file.rows.len() as u64 + skipped;
        report.skipped += skipped;
        for fault in glossary::check(file) {
            // What is found again when the rows are taken is told then.
            if [UNSORTED, "two_preferred", "confusable"].contains(&fault.code) {
                continue;
            }
            let skipped = match file.faults.contains(&fault) && is_skipped(&fault) {
                true => "skipped: ",
                false => "",
            };
            let reason = format!("{skipped}{}: {}", fault.code, fault.reason);
            report.add_problem(problem(fault.place, reason));
        }
        let mut places = places(file);
        let planned = |concept: Concept| Planned {
            places: places.remove(&concept.id).unwrap_or_default(),
            concept,
        };
        Self {
            concepts: file.concepts().into_iter().map(planned).collect(),
        }
    }

    /// Leaves out concepts that have a fault as a whole.
    fn refuse(&mut self, report: &mut ImportReport) {
        self.concepts.retain(|planned| {
            let Err(reason) = check::check_read(&planned.concept) else {
                return true;
            };
            report.skipped += planned.places.len() as u64;
            let place = planned.places.first().copied().unwrap_or_default();
            let reason = format!("skipped: {}: {reason}", planned.concept.id);
            report.add_problem(problem(place, reason));
            false
        });
    }
}

/// What a concept is to say after the import; counts what becomes of each row.
fn merged(
    old: Option<&Concept>,
    new: Planned,
    mode: ImportMode,
    report: &mut ImportReport,
) -> Concept {
    let Planned {
        concept: new,
        places,
    } = new;
    let replaces = mode == ImportMode::Update;
    let mut next = match old {
        None => Concept::new(new.id),
        Some(old) if mode == ImportMode::Keep => {
            report.unchanged += new.names.len() as u64;
            return old.clone();
        }
        Some(old) => old.clone(),
    };
    if replaces {
        next.names.clear();
    }
    for (name, place) in new.names.into_iter().zip(places) {
        let before = old.and_then(|old| old.names.iter().find(|own| is_same_row(own, &name)));
        if next.names.iter().any(|own| is_same_row(own, &name)) {
            report.unchanged += 1;
            if !replaces && before.is_some_and(|before| *before != name) {
                let reason = "the name is there and says something else; mode update replaces it";
                report.add_problem(problem(place, reason.to_owned()));
            }
        } else if let Some(reason) = misfit(&next, &name) {
            report.skipped += 1;
            report.add_problem(problem(place, reason));
        } else {
            match before {
                None => report.added += 1,
                Some(before) if *before == name => report.unchanged += 1,
                Some(_) => report.updated += 1,
            }
            next.names.push(name);
        }
    }
    if replaces || next.subject.is_none() {
        next.subject = new.subject.or(next.subject);
    }
    for (lang, text) in new.definitions {
        if replaces || !next.definitions.contains_key(&lang) {
            next.definitions.insert(lang, text);
        }
    }
    next
}

/// Why a concept cannot have one more name.
fn misfit(concept: &Concept, name: &Name) -> Option<String> {
    if concept.names.len() >= MOST_NAMES {
        return Some(format!(
            "skipped: out_of_range: {} has {MOST_NAMES} names already",
            concept.id
        ));
    }
    let rival = |own: &&Name| {
        own.status == Status::Preferred
            && name.status == Status::Preferred
            && own.slot() == name.slot()
    };
    let rival = concept.names.iter().find(rival)?;
    Some(format!(
        "skipped: two_preferred: {} prefers `{}` already; admit one of them",
        concept.id, rival.text
    ))
}

pub(super) fn problem(place: Place, reason: String) -> Problem {
    Problem {
        line: place.line,
        byte: place.byte,
        reason,
    }
}
