//! Units of a memory with the same source in the same context: those that say the same, and those that contradict each
//! other. They come in the order of their hashes, so that a page costs the same in a memory of any size.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::UnitView;
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::{LangGroup, Unit};
use crate::store;
use crate::text::fold;

/// The most groups on a page.
const MOST_ON_A_PAGE: usize = 100;
/// How many units one look sees,
const LOOKED_AT: usize = 20_000;
/// and how many looks a page may take.
const LOOKS_FOR_A_PAGE: usize = 4;
/// The most units of one group that are read and shown.
const MOST_IN_A_GROUP: usize = 100;

/// What units have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// The same source and the same translations.
    Duplicate,
    /// The same source, other translations.
    Contradiction,
}

/// Units with the same source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    pub kind: GroupKind,
    /// Of a contradiction: the languages whose texts differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The oldest first, at most 100.
    pub units: Vec<UnitView>,
    /// More units have this source than are compared and shown here.
    pub cut_off: bool,
}

/// A page of groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupPage {
    pub groups: Vec<GroupView>,
    /// Give it back as `cursor` for the next page; absent on the last one. A page may be short and have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Engine {
    /// Groups of units with the same source, of the kind asked for or of both.
    pub fn duplicates(
        &self,
        caller: &Caller,
        memory: &str,
        kind: Option<GroupKind>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<GroupPage, Error> {
        self.must_be_ready()?;
        if !(1..=MOST_ON_A_PAGE).contains(&limit) {
            let reason = format!("1 to {MOST_ON_A_PAGE} groups fit on a page");
            return Err(invalid("out_of_range", "limit", &reason));
        }
        let memory = self.memory_for(caller, Role::Read, memory)?;
        let list = format!("groups of {}", memory.id.0);
        let mut after = cursor
            .map(|cursor| view::read_cursor(&list, cursor, "cursor"))
            .transpose()?;
        let mut shown = Vec::new();
        'looks: for _ in 0..LOOKS_FOR_A_PAGE {
            let (id, place) = (memory.id, after);
            // Where nothing can be written the writer is not asked.
            let found = match self.degraded() {
                None => self
                    .store
                    .write(move |tx| tx.same_source_groups(id, place, LOOKED_AT)),
                Some(_) => self
                    .store
                    .read(|reader| reader.same_source_groups(id, place, LOOKED_AT)),
            }?;
            for (hash, mut units) in found.groups {
                let cut_off = units.len() > MOST_IN_A_GROUP;
                units.truncate(MOST_IN_A_GROUP);
                let units = self.store.read(|reader| reader.units(&units))?;
                let groups = groups(units).into_iter();
                shown.extend(
                    groups
                        .filter(|group| kind.is_none_or(|kind| kind == group.kind))
                        .map(|group| group.shown(&memory, cut_off)),
                );
                after = Some(hash);
                if shown.len() >= limit {
                    break 'looks;
                }
            }
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        Ok(GroupPage {
            groups: shown,
            cursor: after.map(|hash| view::cursor(&list, hash)),
        })
    }
}

/// Units that belong together.
#[derive(Debug)]
struct Group {
    kind: GroupKind,
    languages: Vec<String>,
    units: Vec<Unit>,
}

impl Group {
    fn shown(&self, memory: &store::Memory, cut_off: bool) -> GroupView {
        GroupView {
            kind: self.kind,
            languages: self.languages.clone(),
            units: self
                .units
                .iter()
                .map(|unit| view::unit(unit, &memory.name))
                .collect(),
            cut_off,
        }
    }
}

/// The translations of a unit, folded, by language.
fn translations(unit: &Unit) -> BTreeMap<LangGroup, String> {
    let others = unit.variants.iter().enumerate();
    others
        .filter(|(place, _)| *place != unit.source)
        .map(|(_, v)| (v.lang.group(), fold::same(&v.text).into_owned()))
        .collect()
}

/// Sorts units of one hash into groups: first by their source, should two sources ever share a hash.
fn groups(units: Vec<Unit>) -> Vec<Group> {
    let mut sources: Vec<Vec<Unit>> = Vec::new();
    for unit in units {
        let same = sources.iter_mut().find(|known| {
            known.first().is_some_and(|first| {
                first.context == unit.context && super::bulk_actions::same_source(first, &unit)
            })
        });
        match same {
            Some(known) => known.push(unit),
            None => sources.push(vec![unit]),
        }
    }
    let mut groups = Vec::new();
    for units in sources.into_iter().filter(|units| units.len() > 1) {
        let mut texts: BTreeMap<LangGroup, BTreeSet<String>> = BTreeMap::new();
        let mut same: BTreeMap<BTreeMap<LangGroup, String>, Vec<Unit>> = BTreeMap::new();
        for unit in &units {
            let own = translations(unit);
            for (lang, text) in &own {
                texts.entry(lang.clone()).or_default().insert(text.clone());
            }
            same.entry(own).or_default().push(unit.clone());
        }
        let differ = texts.into_iter().filter(|(_, texts)| texts.len() > 1);
        let languages: Vec<String> = differ.map(|(lang, _)| lang.as_str().to_owned()).collect();
        groups.extend(
            same.into_values()
                .filter(|units| units.len() > 1)
                .map(|units| Group {
                    kind: GroupKind::Duplicate,
                    languages: Vec::new(),
                    units,
                }),
        );
        if !languages.is_empty() {
            groups.push(Group {
                kind: GroupKind::Contradiction,
                languages,
                units,
            });
        }
    }
    groups
}
