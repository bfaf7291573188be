//! What a store of one memory should be, in the most naive way.

use super::*;
use crate::model::Stamp;

/// A unit's revisions from the first; none is a deletion.
pub(super) type Revisions = Vec<Option<Unit>>;

/// What a store of one memory should be.
#[derive(Default)]
pub(super) struct Model {
    pub(super) units: BTreeMap<i64, Revisions>,
    pub(super) now: i64,
}

const BY: &str = "putter";

impl Model {
    pub(super) fn living(&self) -> impl DoubleEndedIterator<Item = &Unit> {
        self.units.values().filter_map(|revs| revs.last()?.as_ref())
    }

    pub(super) fn put(&mut self, memory: MemoryId, draft: Draft, mode: Mode) -> Outcome {
        let text = |v: &Variant| (v.lang.clone(), v.tagged.clone().ok_or(v.text.clone()));
        let texts = |vs: &[Variant]| vs.iter().map(text).collect::<Vec<_>>();
        let same = self.living().rev().find(|u| {
            u.source == draft.source
                && u.context == draft.context
                && texts(&u.variants) == texts(&draft.variants)
        });
        let source = &draft.variants[draft.source];
        let rival = self.living().rev().find(|u| {
            let theirs = &u.variants[u.source];
            u.context == draft.context
                && theirs.lang.group() == source.lang.group()
                && theirs.text.trim() == source.text.trim()
        });
        match (same.or(rival.filter(|_| mode != Mode::Add)).cloned(), mode) {
            (None, _) => self.add(memory, draft),
            (Some(unit), Mode::Update) => self.update(unit, draft),
            (Some(unit), _) => Outcome::Unchanged(unit.id, unit.rev),
        }
    }

    fn add(&mut self, memory: MemoryId, draft: Draft) -> Outcome {
        let id = self.units.keys().last().map_or(1, |last| last + 1);
        let stamp = |s: Option<Stamp>| {
            s.map(|s| Stamp {
                at: s.at,
                by: s.by.or(Some(BY.into())),
            })
        };
        let (created, changed) = (stamp(draft.created), stamp(draft.changed));
        let now = Stamp {
            at: changed.as_ref().map_or(self.now, |c| c.at),
            by: Some(BY.into()),
        };
        let created = created.unwrap_or(now);
        let unit = Unit {
            id: UnitId(id),
            memory,
            rev: 1,
            variants: draft.variants,
            source: draft.source,
            context: draft.context,
            metadata: draft.metadata,
            changed: changed.unwrap_or_else(|| created.clone()),
            created,
        };
        self.units.insert(id, vec![Some(unit)]);
        Outcome::Added(UnitId(id), 1)
    }

    fn update(&mut self, old: Unit, draft: Draft) -> Outcome {
        let mut unit = old.clone();
        // Tags that are there are taken first, then the first free variant of the same language.
        let mut free: Vec<usize> = (0..unit.variants.len())
            .filter(|&p| {
                draft
                    .variants
                    .iter()
                    .all(|d| d.lang != unit.variants[p].lang)
            })
            .collect();
        for (number, new) in draft.variants.iter().enumerate() {
            let place = old
                .variants
                .iter()
                .position(|v| v.lang == new.lang)
                .or_else(|| {
                    let at = free
                        .iter()
                        .position(|&p| old.variants[p].lang.group() == new.lang.group())?;
                    Some(free.remove(at))
                });
            let place = place.unwrap_or_else(|| {
                unit.variants.push(new.clone());
                unit.variants.len() - 1
            });
            let old = &unit.variants[place];
            let mut silent = new.clone();
            silent.metadata = old.metadata.clone();
            if !new.metadata.is_empty() || silent != *old {
                unit.variants[place] = new.clone();
            }
            if number == draft.source {
                unit.source = place;
            }
        }
        if !draft.metadata.is_empty() {
            unit.metadata = draft.metadata;
        }
        if let Some(created) = draft.created {
            unit.created.at = created.at;
            unit.created.by = created.by.or(unit.created.by);
        }
        let later = draft.changed.as_ref().is_some_and(|c| {
            c.at > old.changed.at
                || (c.at == old.changed.at && c.by.is_some() && c.by != old.changed.by)
        });
        if unit == old && !later {
            return Outcome::Unchanged(old.id, old.rev);
        }
        let at = draft.changed.as_ref().map_or(self.now, |c| c.at);
        unit.changed = Stamp {
            at: at.max(old.changed.at),
            by: draft.changed.and_then(|c| c.by).or(Some(BY.into())),
        };
        self.push(unit)
    }

    pub(super) fn push(&mut self, mut unit: Unit) -> Outcome {
        let revs = self.units.get_mut(&unit.id.0).unwrap();
        unit.rev = revs.len() as i64 + 1;
        let outcome = Outcome::Updated(unit.id, unit.rev);
        revs.push(Some(unit));
        outcome
    }
}
