//! The termbase in memory, as every request sees it: it changes only by applying the store's changes, in the
//! order of the log. What looks alike is known from the first time that it is asked.
//!
//! The finder is immutable. Whoever has edited the termbase makes the next one and puts it in its place, on
//! their own time, before they are answered; who asks meanwhile asks the one before.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard, RwLock};
use rustc_hash::FxHashMap;

use crate::model::{Change, ChangeKind, Concept, ConceptId};
use crate::names::{Finder, Lookup, Terms};
use crate::text::name::Looks;

/// See the module's page.
pub(in crate::engine) struct Live {
    state: RwLock<State>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held by whoever changes the termbase, from the look for look-alikes until the change is known here: of two who
    /// write at once, the second one sees what the first one wrote.
    editing: Mutex<()>,
    /// The number of the state that the finder was made of. Held while one is made.
    made_of: Mutex<u64>,
}

#[derive(Default)]
struct State {
    /// One more with every change.
    number: u64,
    concepts: BTreeMap<ConceptId, Arc<Concept>>,
    /// Made when it is first asked, since most runs never ask.
    looks: Option<LookAlikes>,
}

/// Everything that finds, made of the same concepts in the order of their ids.
pub(in crate::engine) struct Snapshot {
    /// Names in texts.
    pub(in crate::engine) finder: Arc<Finder>,
    /// Concepts by a query.
    pub(in crate::engine) lookup: Lookup,
    /// Terms and names in segments.
    pub(in crate::engine) terms: Terms,
}

impl Snapshot {
    fn of(concepts: Vec<Concept>) -> Self {
        let concepts: Arc<[Concept]> = concepts.into();
        let finder = Arc::new(Finder::shared(Arc::clone(&concepts)));
        Self {
            lookup: Lookup::new(concepts),
            terms: Terms::new(Arc::clone(&finder)),
            finder,
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            state: RwLock::default(),
            snapshot: RwLock::new(Arc::new(Snapshot::of(Vec::new()))),
            editing: Mutex::default(),
            made_of: Mutex::new(0),
        }
    }
}

impl Live {
    /// The termbase as it is, to find things with.
    pub(in crate::engine) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read())
    }

    /// Waits for a turn to change the termbase.
    pub(super) fn edit(&self) -> MutexGuard<'_, ()> {
        self.editing.lock()
    }

    /// A concept as it is.
    pub(super) fn concept(&self, id: &ConceptId) -> Option<Arc<Concept>> {
        self.state.read().concepts.get(id).cloned()
    }

    /// Returns when the finder knows every change so far. Several who wait at once share one making.
    pub(in crate::engine) fn refresh(&self) {
        let mut made_of = self.made_of.lock();
        let (number, concepts) = {
            let state = self.state.read();
            if state.number == *made_of {
                return;
            }
            let concepts: Vec<Arc<Concept>> = state.concepts.values().cloned().collect();
            (state.number, concepts)
        };
        let concepts: Vec<Concept> = concepts.iter().map(|c| Concept::clone(c)).collect();
        let snapshot = Arc::new(Snapshot::of(concepts));
        *self.snapshot.write() = snapshot;
        *made_of = number;
    }

    /// Takes in what happened to the store.
    pub(in crate::engine) fn apply(&self, changes: &[Change]) {
        let of_concept = |change: &&Change| {
            matches!(
                change.kind,
                ChangeKind::ConceptPut(_) | ChangeKind::ConceptDeleted(_)
            )
        };
        let mut changes = changes.iter().filter(of_concept).peekable();
        if changes.peek().is_none() {
            return;
        }
        let mut state = self.state.write();
        for change in changes {
            match &change.kind {
                ChangeKind::ConceptPut(concept) => state.put(Arc::clone(concept)),
                ChangeKind::ConceptDeleted(id) => state.take_out(id),
                _ => {}
            }
        }
    }

    /// Takes in concepts as they are read from the store at the start.
    pub(in crate::engine) fn fill(&self, concepts: impl Iterator<Item = Arc<Concept>>) {
        let mut state = self.state.write();
        concepts.for_each(|concept| state.put(concept));
    }

    /// Up to `limit` ids behind `after` of concepts that `wanted` takes.
    pub(super) fn page(
        &self,
        after: Option<&ConceptId>,
        limit: usize,
        wanted: impl Fn(&Concept) -> bool,
    ) -> Vec<ConceptId> {
        let state = self.state.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = state
            .concepts
            .range::<ConceptId, _>((from, Bound::Unbounded));
        let wanted = behind.filter(|(_, concept)| wanted(concept));
        wanted.take(limit).map(|(id, _)| id.clone()).collect()
    }

    /// A concept with a name that a reader would take for `name` although it is another one.
    pub(super) fn look_alike(&self, name: &str) -> Option<ConceptId> {
        if self.state.read().looks.is_none() {
            let mut state = self.state.write();
            if state.looks.is_none() {
                state.looks = Some(LookAlikes::of(state.concepts.values()));
            }
        }
        let state = self.state.read();
        state.looks.as_ref()?.of_another(name)
    }
}

impl State {
    fn put(&mut self, concept: Arc<Concept>) {
        self.take_out(&concept.id);
        self.number += 1;
        if let Some(looks) = &mut self.looks {
            looks.add(&concept);
        }
        self.concepts.insert(concept.id.clone(), concept);
    }

    fn take_out(&mut self, id: &ConceptId) {
        self.number += 1;
        let old = self.concepts.remove(id);
        if let (Some(old), Some(looks)) = (old, &mut self.looks) {
            looks.remove(&old);
        }
    }
}

/// Names by what they look like: whose each is, and what it is.
#[derive(Default)]
pub(super) struct LookAlikes(FxHashMap<Box<str>, Vec<(ConceptId, Box<str>)>>);

impl LookAlikes {
    fn of<'a>(concepts: impl Iterator<Item = &'a Arc<Concept>>) -> Self {
        let mut looks = Self::default();
        concepts.for_each(|concept| looks.add(concept));
        looks
    }

    /// A concept with a name that a reader would take for `name` although it is another one.
    pub(super) fn of_another(&self, name: &str) -> Option<ConceptId> {
        let looks = Looks::of(name);
        let known = self.0.get(looks.skeleton.as_str())?;
        let mut others = known.iter().filter(|(_, same)| **same != *looks.same);
        others.next().map(|(id, _)| id.clone())
    }

    pub(super) fn add(&mut self, concept: &Concept) {
        for name in &concept.names {
            let looks = Looks::of(&name.text);
            let known = self.0.entry(looks.skeleton.into()).or_default();
            let entry = (concept.id.clone(), looks.same.into());
            if !known.contains(&entry) {
                known.push(entry);
            }
        }
    }

    fn remove(&mut self, concept: &Concept) {
        for name in &concept.names {
            let skeleton = Looks::of(&name.text).skeleton;
            if let Some(known) = self.0.get_mut(skeleton.as_str()) {
                known.retain(|(id, _)| *id != concept.id);
                if known.is_empty() {
                    self.0.remove(skeleton.as_str());
                }
            }
        }
    }
}
