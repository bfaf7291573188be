//! Putting drafts: what counts as the same unit, and what each mode does about it.

use std::sync::Arc;

use super::content::{Content, Derived, Prepared};
use super::history::{self, Ending, Event};
use super::tx::{Logged, Tx};
use super::units::{self, Stored};
use super::{Error, ImportId};
use crate::model::{ChangeKind, Lang, MemoryId, Stamp, Unit, UnitId, Variant};

/// What to do with a draft whose source the memory has already, in the same context but with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Keep both: the draft becomes a new unit beside the old one.
    Add,
    /// The newest unit with that source gets a new revision with the draft's languages, metadata and dates.
    Update,
    /// Leave the old one and drop the draft.
    Keep,
}

/// What became of a draft: the unit that has its content now (or, in [`Mode::Keep`], its source), and that unit's
/// revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a new unit.
    Added(UnitId, i64),
    /// A unit got a new revision.
    Updated(UnitId, i64),
    /// Nothing was written.
    Unchanged(UnitId, i64),
}

impl Outcome {
    /// The unit.
    pub fn id(self) -> UnitId {
        match self {
            Self::Added(id, _) | Self::Updated(id, _) | Self::Unchanged(id, _) => id,
        }
    }

    /// Its revision now.
    pub fn rev(self) -> i64 {
        match self {
            Self::Added(_, rev) | Self::Updated(_, rev) | Self::Unchanged(_, rev) => rev,
        }
    }
}

impl Tx<'_> {
    /// Puts a draft into a memory.
    ///
    /// A unit with the same content (context and, in order, each language's tagged or plain text, byte for byte)
    /// is never doubled; [`Mode::Update`] brings its metadata and dates up to date. The same source means the same
    /// language and script, the same text after [`crate::text::fold::same`], and the same context.
    /// Empty metadata and missing dates of a draft say nothing and change nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::ReadOnly`] for the memory; [`Error::Invalid`] when an update would give the
    /// unit too many languages.
    pub fn put_draft(
        &mut self,
        memory: MemoryId,
        prepared: Prepared,
        mode: Mode,
        by: Option<&str>,
        import: Option<ImportId>,
    ) -> Result<Outcome, Error> {
        self.writable(memory)?;
        let import = import.map(|i| i.0);
        if let Some(same) = self.same_content(memory, &prepared)? {
            return match mode {
                Mode::Update => self.update(same, prepared, by, import),
                Mode::Add | Mode::Keep => Ok(Outcome::Unchanged(same.unit.id, same.unit.rev)),
            };
        }
        let rival = match mode {
            Mode::Add => None,
            Mode::Update | Mode::Keep => self.same_source(memory, &prepared)?,
        };
        match rival {
            None => self.add(memory, prepared, by, import),
            Some(rival) if mode == Mode::Update => self.update(rival, prepared, by, import),
            Some(rival) => Ok(Outcome::Unchanged(rival.unit.id, rival.unit.rev)),
        }
    }

    fn same_content(&self, memory: MemoryId, new: &Prepared) -> Result<Option<Stored>, Error> {
        for id in self
            .equals
            .same_content(self.conn, memory, &new.derived.hashes)?
        {
            let stored = self.stored(id)?;
            if new.content.says_the_same(&stored.unit) {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    fn same_source(&self, memory: MemoryId, new: &Prepared) -> Result<Option<Stored>, Error> {
        for id in self
            .equals
            .same_source(self.conn, memory, &new.derived.hashes)?
        {
            let stored = self.stored(id)?;
            if new.content.has_the_source_of(&stored.unit)? {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    fn stored(&self, id: UnitId) -> Result<Stored, Error> {
        units::load(self.conn, self.langs, id)?.ok_or(Error::NotFound { what: "unit" })
    }

    fn add(
        &mut self,
        memory: MemoryId,
        new: Prepared,
        by: Option<&str>,
        import: Option<i64>,
    ) -> Result<Outcome, Error> {
        let (created, changed) = first_stamps(&new, self.now, by);
        let id = UnitId(self.ledger.next_unit);
        let unit = unit_of(new.content, (id, memory, 1), created, changed);
        self.guard(|tx| {
            tx.ledger.next_unit += 1;
            tx.insert_unit(unit, &new.derived, import, by)
        })?;
        Ok(Outcome::Added(id, 1))
    }

    fn update(
        &mut self,
        old: Stored,
        new: Prepared,
        by: Option<&str>,
        import: Option<i64>,
    ) -> Result<Outcome, Error> {
        let unchanged = Outcome::Unchanged(old.unit.id, old.unit.rev);
        let content = merge(&old.unit, new.content);
        let created = newer_creation(&old.unit.created, new.created.as_ref());
        let is_older = new
            .changed
            .as_ref()
            .is_none_or(|s| says_nothing_new(s, &old.unit.changed));
        if is_older && created == old.unit.created && content == Content::of(&old.unit) {
            return Ok(unchanged);
        }
        content.check()?;
        let changed = next_change(&old.unit.changed, new.changed, self.now, by);
        let derived = Derived::of(&content)?;
        let former = (old.unit.id, old.unit.memory, old.unit.rev + 1);
        let unit = unit_of(content, former, created, changed);
        self.replace_rows(&old, unit, &derived, import, Event::Updated, by)
    }

    /// Writes a unit that is not there, counts it and tells of it.
    pub(super) fn insert_unit(
        &mut self,
        unit: Unit,
        derived: &Derived,
        import: Option<i64>,
        by: Option<&str>,
    ) -> Result<(), Error> {
        units::insert(self.conn, &unit, derived, import)?;
        self.equals.came(self.conn, &unit, &derived.hashes)?;
        let counts = self.counts_mut(unit.memory)?;
        counts.unit_came(unit.id);
        for variant in &unit.variants {
            counts.lang(&variant.lang, 1);
        }
        self.log_put(unit, by)
    }

    /// Writes a new revision over the former one, which goes to the history.
    pub(super) fn replace_rows(
        &mut self,
        old: &Stored,
        unit: Unit,
        derived: &Derived,
        import: Option<i64>,
        event: Event,
        by: Option<&str>,
    ) -> Result<Outcome, Error> {
        let outcome = Outcome::Updated(unit.id, unit.rev);
        self.guard(|tx| {
            let ending = Ending {
                event,
                at: tx.now,
                by,
                import,
            };
            history::keep(tx.conn, &old.unit, old.import, &ending)?;
            units::update(tx.conn, &unit, derived, import)?;
            tx.equals.went(tx.conn, &old.unit, &old.hashes)?;
            tx.equals.came(tx.conn, &unit, &derived.hashes)?;
            let counts = tx.counts_mut(unit.memory)?;
            for variant in &old.unit.variants {
                counts.lang(&variant.lang, -1);
            }
            for variant in &unit.variants {
                counts.lang(&variant.lang, 1);
            }
            tx.log_put(unit, by)
        })?;
        Ok(outcome)
    }

    fn log_put(&mut self, unit: Unit, by: Option<&str>) -> Result<(), Error> {
        let logged = Logged::unit("unit_put", unit.memory, unit.id, unit.rev);
        self.log(&logged, ChangeKind::UnitPut(Arc::new(unit)), by)
    }
}

/// Puts the parts of a unit together.
pub(super) fn unit_of(
    content: Content,
    (id, memory, rev): (UnitId, MemoryId, i64),
    created: Stamp,
    changed: Stamp,
) -> Unit {
    Unit {
        id,
        memory,
        rev,
        variants: content.variants,
        source: content.source,
        context: content.context,
        metadata: content.metadata,
        created,
        changed,
    }
}

/// A new unit was made when its draft says, else when it was changed, else now; and changed when its draft says,
/// else when it was made.
fn first_stamps(new: &Prepared, now: i64, by: Option<&str>) -> (Stamp, Stamp) {
    let named = |stamp: Stamp| Stamp {
        by: stamp.by.or_else(|| by.map(str::to_owned)),
        ..stamp
    };
    let at = new.changed.as_ref().map_or(now, |s| s.at);
    let created = named(new.created.clone().unwrap_or(Stamp { at, by: None }));
    let changed = new.changed.clone().map_or_else(|| created.clone(), named);
    (created, changed)
}

fn newer_creation(old: &Stamp, new: Option<&Stamp>) -> Stamp {
    new.map_or_else(
        || old.clone(),
        |new| Stamp {
            at: new.at,
            by: new.by.clone().or_else(|| old.by.clone()),
        },
    )
}

fn says_nothing_new(new: &Stamp, old: &Stamp) -> bool {
    new.at < old.at || (new.at == old.at && (new.by.is_none() || new.by == old.by))
}

/// The stamp of the next revision: the draft's or now, never before the former one's.
pub(super) fn next_change(old: &Stamp, new: Option<Stamp>, now: i64, by: Option<&str>) -> Stamp {
    let new = new.unwrap_or(Stamp { at: now, by: None });
    Stamp {
        at: new.at.max(old.at),
        by: new.by.or_else(|| by.map(str::to_owned)),
    }
}

/// A unit's content with a draft's over it: the draft's languages are replaced or added, others stay. A draft's
/// language takes the place of the same tag, else of a variant that meets it (`fa-IR` that of `fa`).
pub(super) fn merge(old: &Unit, new: Content) -> Content {
    let mut content = Content::of(old);
    if !new.metadata.is_empty() {
        content.metadata = new.metadata;
    }
    let places = places(&content.variants, &new.variants);
    for (number, (variant, place)) in new.variants.into_iter().zip(places).enumerate() {
        let place = place.unwrap_or(content.variants.len());
        if number == new.source {
            content.source = place;
        }
        match content.variants.get_mut(place) {
            Some(old) => overwrite(old, variant),
            None => content.variants.push(variant),
        }
    }
    content
}

fn overwrite(old: &mut Variant, new: Variant) {
    let silent = new.metadata.is_empty()
        && (&new.lang, &new.text, &new.tagged) == (&old.lang, &old.text, &old.tagged);
    if !silent {
        *old = new;
    }
}

/// Where each new variant goes among the old ones; none for the end.
fn places(old: &[Variant], new: &[Variant]) -> Vec<Option<usize>> {
    let exact = |lang: &Lang| old.iter().position(|v| v.lang == *lang);
    let mut places: Vec<Option<usize>> = new.iter().map(|v| exact(&v.lang)).collect();
    for (number, variant) in new.iter().enumerate() {
        if places.get(number).is_some_and(Option::is_none) {
            let group = variant.lang.group();
            let free = (0..old.len()).find(|&place| {
                !places.contains(&Some(place))
                    && old.get(place).is_some_and(|v| v.lang.group() == group)
            });
            if let Some(slot) = places.get_mut(number) {
                *slot = free;
            }
        }
    }
    places
}
