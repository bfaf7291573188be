//! Glossary files in and out, and the glossary that ships with the program.
//!
//! The shipped concepts come in at the first start. Of each the store keeps what was shipped, so that a newer
//! program can tell what people have changed since: that stays, and the rest is brought up to date.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::super::{Caller, Engine, Error, ImportMode, Role};
use super::check;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::formats::glossary::{self, Fault, Glossary};
use crate::formats::tbx::{self, Version};
use crate::model::{Concept, ConceptId, ImportReport, Name, Problem};
use crate::store::{self, ConceptOutcome, Deed, Event, Expected};

/// The glossary that ships with the program; see `glossary/README.md`.
const SHIPPED: &[u8] = include_bytes!("../../../glossary/concepts.csv");
/// Who is said to have written it.
const BY: &str = "hamzaban";
/// Concepts written in one transaction.
const BATCH: usize = 500;
/// The largest glossary file, in bytes unpacked or not: some 500,000 names.
const LARGEST: u64 = 64 << 20;
/// What a report calls the place where a glossary goes.
const PLACE: &str = "glossary";

/// A glossary file's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GlossaryFormat {
    /// One name a row; `glossary/README.md` tells of the columns.
    #[default]
    Csv,
    /// TBX v2 (`martif`), which OmegaT and others read; also TBX v3 where a file is read.
    Tbx,
    /// TBX v3 (ISO 30042:2019).
    Tbx3,
}

impl GlossaryFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Tbx, Self::Tbx3];

    /// Its name; but for `tbx3` also the extension of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tbx => "tbx",
            Self::Tbx3 => "tbx3",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(name))
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Tbx | Self::Tbx3 => "application/x-tbx+xml",
        }
    }
}

/// How a glossary file is read in.
#[derive(Clone, Copy, Debug, Default)]
pub struct GlossaryImport {
    /// The file's format.
    pub format: GlossaryFormat,
    /// `add`: new concepts, and new names of known ones; `update`: the file's concepts replace those that are
    /// there; `keep`: new concepts only.
    pub mode: ImportMode,
    /// Take names that look like names of other concepts.
    pub allow_confusable: bool,
}

impl Engine {
    /// Whether the caller may read the termbase.
    pub fn may_read_glossary(&self, caller: &Caller) -> Result<(), Error> {
        caller.must_have_in_glossary(Role::Read)
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

    /// Reads a glossary file into the termbase. The whole file is read before anything is written.
    pub fn import_glossary(
        &self,
        caller: &Caller,
        input: Box<dyn Read + Send>,
        how: GlossaryImport,
    ) -> Result<ImportReport, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let mut report = ImportReport {
            memory: PLACE.to_owned(),
            ..ImportReport::default()
        };
        let bytes = io::Cursor::new(held(input)?);
        let read = match how.format {
            GlossaryFormat::Csv => glossary::read(bytes),
            GlossaryFormat::Tbx | GlossaryFormat::Tbx3 => tbx::glossary(bytes),
        };
        let file = read.map_err(|error| Error::Format {
            error,
            report: Box::new(report.clone()),
        })?;
        let mut plan = Plan::of(&file, &mut report);
        plan.refuse(&mut report, check::check_read);
        if !how.allow_confusable {
            self.refuse_look_alikes(&mut plan, &mut report);
        }
        self.write_plan(caller, plan, how.mode, &mut report)?;
        report.problems.sort_by_key(|problem| problem.line);
        self.live.refresh();
        Ok(report)
    }

    fn refuse_look_alikes(&self, plan: &mut Plan, report: &mut ImportReport) {
        for (concept, lines) in &mut plan.concepts {
            let mut rows = std::mem::take(lines).into_iter();
            let mut kept = Vec::new();
            concept.names.retain(|name| {
                let line = rows.next().unwrap_or_default();
                match self.live.look_alike(&name.text) {
                    None => kept.push(line),
                    Some(other) => {
                        report.skipped += 1;
                        let reason = format!(
                            "skipped: confusable_name: it looks like a name of {other} and is another one"
                        );
                        report.add_problem(problem(line, reason));
                        return false;
                    }
                }
                true
            });
            *lines = kept;
        }
        plan.concepts
            .retain(|(concept, _)| !concept.names.is_empty());
    }

    fn write_plan(
        &self,
        caller: &Caller,
        plan: Plan,
        mode: ImportMode,
        report: &mut ImportReport,
    ) -> Result<(), Error> {
        let mut concepts = plan.concepts.into_iter().peekable();
        while concepts.peek().is_some() {
            let batch: Vec<(Concept, Vec<u64>)> = concepts.by_ref().take(BATCH).collect();
            let (who, mut counted) = (caller.actor(), report.clone());
            let written = self.store.write(move |tx| {
                for (concept, lines) in batch {
                    let id = concept.id.clone();
                    let old = tx.concept(&id)?.map(|stored| stored.concept);
                    let merged = merged(old.as_deref(), concept, mode, &lines, &mut counted);
                    let by = who.by.as_deref();
                    let merged = Arc::new(merged);
                    tx.put_concept(&merged, Expected::Anything, Event::Updated, by)?;
                }
                Ok(counted)
            });
            *report = written?;
        }
        let (who, read) = (caller.actor(), report.read);
        self.store.write(move |tx| {
            let deed = Deed::new("glossary_imported", "glossary", read.to_string());
            tx.audit(&who, &deed)
        })?;
        Ok(())
    }

    /// Writes the termbase, sorted.
    pub fn export_glossary(
        &self,
        caller: &Caller,
        format: GlossaryFormat,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let live = self.live.snapshot();
        let concepts: Vec<&Concept> = live.finder.concepts().map(|(_, it)| &**it).collect();
        match format {
            GlossaryFormat::Csv => glossary::write(&concepts, &mut &mut *out)?,
            GlossaryFormat::Tbx => tbx::write(&concepts, Version::V2, &mut &mut *out)?,
            GlossaryFormat::Tbx3 => tbx::write(&concepts, Version::V3, &mut &mut *out)?,
        }
        Ok(out.flush()?)
    }

    /// Says what is wrong with a glossary file, with lines. Nothing is written.
    pub fn check_glossary(input: impl Read + Send + 'static) -> Result<GlossaryCheck, Error> {
        let file = glossary::read(input).map_err(|error| Error::Format {
            error,
            report: Box::default(),
        })?;
        Ok(GlossaryCheck {
            rows: file.rows.len(),
            faults: glossary::check(&file),
        })
    }

    /// Brings the shipped glossary into the store, or up to date there; how many concepts were written.
    pub(in crate::engine) fn bring_shipped(&self) -> Result<u64, Error> {
        self.bring(SHIPPED)
    }

    pub(in crate::engine) fn bring(&self, file: &'static [u8]) -> Result<u64, Error> {
        let file = glossary::read(file)
            .map_err(|error| Error::Store(format!("the shipped glossary: {error}")))?;
        let concepts = file.concepts().into_iter();
        let mut shipped: BTreeMap<ConceptId, Concept> = concepts
            .map(|concept| (concept.id.clone(), concept))
            .collect();
        // Most starts find all as it was, and then nothing is written.
        if self.store.read(|reader| reader.shipped_concepts())? == shipped {
            return Ok(0);
        }
        let written = self.store.write(move |tx| {
            let before = tx.shipped_concepts()?;
            let mut written = 0;
            for (id, was) in &before {
                if !shipped.contains_key(id) {
                    written += no_longer_shipped(tx, id, was)?;
                }
            }
            shipped.retain(|id, now| before.get(id) != Some(now));
            for (id, now) in shipped {
                written += newly_shipped(tx, before.get(&id), now)?;
            }
            Ok(written)
        })?;
        self.live.refresh();
        Ok(written)
    }
}

/// What `glossary check` found.
#[derive(Clone, Debug)]
pub struct GlossaryCheck {
    /// Usable rows.
    pub rows: usize,
    /// What is wrong, by line.
    pub faults: Vec<Fault>,
}

/// Takes out what is no longer shipped, unless people have made it their own.
fn no_longer_shipped(
    tx: &mut store::Tx<'_>,
    id: &ConceptId,
    was: &Concept,
) -> Result<u64, store::Error> {
    tx.note_shipped(id, None)?;
    match tx.concept(id)? {
        Some(stored) if *stored.concept == *was => {
            tx.delete_concept(id, stored.rev, Some(BY)).map(|_| 1)
        }
        _ => Ok(0),
    }
}

fn newly_shipped(
    tx: &mut store::Tx<'_>,
    was: Option<&Concept>,
    now: Concept,
) -> Result<u64, store::Error> {
    tx.note_shipped(&now.id, Some(&now))?;
    let next = match (tx.concept(&now.id)?, was) {
        // People have deleted it.
        (None, Some(_)) => return Ok(0),
        (None, None) => now,
        (Some(stored), Some(was)) if *stored.concept == *was => now,
        (Some(stored), was) => three_way(was, &stored.concept, now),
    };
    let done = tx.put_concept(
        &Arc::new(next),
        Expected::Anything,
        Event::Updated,
        Some(BY),
    )?;
    Ok(u64::from(!matches!(done, ConceptOutcome::Unchanged(_))))
}

/// What tells one name of a concept from another.
fn is_same_row(one: &Name, other: &Name) -> bool {
    (&one.lang, &one.text, &one.style, one.usage)
        == (&other.lang, &other.text, &other.style, other.usage)
}

/// People's own names and changes, and whatever else the program ships by now.
fn three_way(was: Option<&Concept>, own: &Concept, now: Concept) -> Concept {
    let in_was = |name: &Name| was.and_then(|was| was.names.iter().find(|n| is_same_row(n, name)));
    let in_now = |name: &Name| now.names.iter().find(|n| is_same_row(n, name));
    let mut names: Vec<Name> = Vec::with_capacity(own.names.len());
    for name in &own.names {
        match in_was(name) {
            Some(before) if before == name => names.extend(in_now(name).cloned()),
            _ => names.push(name.clone()),
        }
    }
    for name in &now.names {
        let there = names.iter().any(|n| is_same_row(n, name));
        // What was shipped before and is not there now was taken out by people.
        if !there && in_was(name).is_none() {
            names.push(name.clone());
        }
    }
    let same_subject = was.is_none_or(|was| was.subject == own.subject);
    let same_definitions = was.is_none_or(|was| was.definitions == own.definitions);
    let next = Concept {
        id: own.id.clone(),
        subject: if same_subject && now.subject.is_some() {
            now.subject
        } else {
            own.subject.clone()
        },
        definitions: if same_definitions && !now.definitions.is_empty() {
            now.definitions
        } else {
            own.definitions.clone()
        },
        names,
    };
    // Where both sides prefer another name, people's choice stands as it is.
    match next.names.is_empty() || check::second_preferred(&next).is_some() {
        true => own.clone(),
        false => next,
    }
}

/// The concepts of a file, each with the lines of its names.
struct Plan {
    concepts: Vec<(Concept, Vec<u64>)>,
}

impl Plan {
    /// Counts the rows and reports the faults of the file.
    fn of(file: &Glossary, report: &mut ImportReport) -> Self {
        let unusable = |fault: &&Fault| !fault.is_minor && fault.line > 1;
        let skipped = file.faults.iter().filter(unusable).count() as u64;
        report.read = file.rows.len() as u64 + skipped;
        report.skipped = skipped;
        for fault in glossary::check(file) {
            if fault.code == "unsorted" {
                continue; // a matter of files, not of what is in them
            }
            let skipped = if file.faults.contains(&fault) && !fault.is_minor {
                "skipped: "
            } else {
                ""
            };
            let reason = format!("{skipped}{}: {}", fault.code, fault.reason);
            report.add_problem(problem(fault.line, reason));
        }
        let mut lines: HashMap<&ConceptId, Vec<u64>> = HashMap::new();
        for row in &file.rows {
            lines.entry(&row.concept).or_default().push(row.line);
        }
        let with_lines = |concept: Concept| {
            let lines = lines.get(&concept.id).cloned().unwrap_or_default();
            (concept, lines)
        };
        Self {
            concepts: file.concepts().into_iter().map(with_lines).collect(),
        }
    }

    /// Leaves out concepts that have a fault as a whole.
    fn refuse(
        &mut self,
        report: &mut ImportReport,
        check: impl Fn(&Concept) -> Result<(), String>,
    ) {
        self.concepts.retain(|(concept, lines)| {
            let Err(reason) = check(concept) else {
                return true;
            };
            report.skipped += lines.len() as u64;
            let line = lines.first().copied().unwrap_or_default();
            report.add_problem(problem(line, format!("skipped: {}: {reason}", concept.id)));
            false
        });
    }
}

/// What a concept is to say after the import; counts what becomes of each row.
fn merged(
    old: Option<&Concept>,
    new: Concept,
    mode: ImportMode,
    lines: &[u64],
    report: &mut ImportReport,
) -> Concept {
    let Some(old) = old else {
        let (names, doubled) = without_doubles(new.names);
        report.added += names.len() as u64;
        report.unchanged += doubled;
        return Concept { names, ..new };
    };
    if mode == ImportMode::Keep {
        report.unchanged += new.names.len() as u64;
        return old.clone();
    }
    let mut next = old.clone();
    let replaces = mode == ImportMode::Update;
    if replaces {
        next.names.clear();
    }
    let lines = lines.iter().copied().chain(std::iter::repeat(0));
    for (name, line) in new.names.into_iter().zip(lines) {
        let there = old.names.iter().find(|n| is_same_row(n, &name));
        match there {
            None => report.added += 1,
            Some(same) if *same == name => report.unchanged += 1,
            Some(_) if replaces => report.updated += 1,
            Some(_) => {
                report.unchanged += 1;
                let reason = "the name is there and says something else; mode update replaces it";
                report.add_problem(problem(line, reason.to_owned()));
            }
        }
        if !next.names.iter().any(|n| is_same_row(n, &name)) {
            next.names.push(name);
        }
    }
    if replaces || next.subject.is_none() {
        next.subject = new.subject.or(next.subject);
    }
    for (lang, text) in new.definitions {
        match replaces {
            true => {
                next.definitions.insert(lang, text);
            }
            false => {
                next.definitions.entry(lang).or_insert(text);
            }
        }
    }
    next
}

fn without_doubles(names: Vec<Name>) -> (Vec<Name>, u64) {
    let mut kept: Vec<Name> = Vec::with_capacity(names.len());
    let mut doubled = 0;
    for name in names {
        if kept.iter().any(|n| is_same_row(n, &name)) {
            doubled += 1;
        } else {
            kept.push(name);
        }
    }
    (kept, doubled)
}

fn problem(line: u64, reason: String) -> Problem {
    Problem {
        line,
        byte: 0,
        reason,
    }
}

/// A file whole, unpacked if it is gzip; nothing larger than [`LARGEST`].
fn held(input: Box<dyn Read + Send>) -> Result<Vec<u8>, Error> {
    let broken = |error: io::Error| Error::Input {
        reason: error.to_string(),
        report: Box::default(),
    };
    let all = |input: &mut dyn Read| {
        let (mut bytes, left) = (Vec::new(), LARGEST);
        Bounded { input, left }
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    let mut input = input;
    let bytes = all(&mut *input).map_err(broken)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    match all(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice())) {
        Ok(unpacked) => Ok(unpacked),
        Err(error) if error.kind() == io::ErrorKind::Other => Err(broken(error)),
        // The reader of the format says what is wrong with it.
        Err(_) => Ok(bytes),
    }
}

/// A reader that fails beyond a size, since a glossary is held whole while it is read in.
struct Bounded<'a> {
    input: &'a mut dyn Read,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("a glossary file may have 64 MiB: split it"))?;
        Ok(read)
    }
}
