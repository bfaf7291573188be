//! What the index holds, for those who compare it with the store.

use super::Index;
use super::part::{Doc, Part};
use super::shard::State;
use crate::model::{Lang, LangGroup, MemoryId, UnitId};
use crate::score;
use crate::text::{self, Analysis};

impl Index {
    /// Whether a look-up of exactly this text in this language would come upon the unit.
    pub fn holds(&self, memory: MemoryId, unit: UnitId, lang: &Lang, text: &str) -> bool {
        let Some(state) = self.state_of(memory, &lang.group()) else {
            return false;
        };
        let mut analysis = Analysis::default();
        text::analyse_into(text, &mut analysis);
        let (near, same) = (score::near_hash(text, &analysis), score::same_hash(text));
        let is_it = |part: &Part, doc: Doc| {
            part.unit(doc) == unit && part.is_same(doc, same) && state.is_alive(part, doc)
        };
        state
            .parts
            .iter()
            .any(|part| part.near(near).iter().any(|&doc| is_it(part, doc)))
    }

    /// How many living segments there are of each memory and language.
    pub fn census(&self) -> Vec<(MemoryId, LangGroup, u64)> {
        let shards = self.shards.read();
        let states: Vec<_> = shards
            .iter()
            .flat_map(|(memory, groups)| {
                groups
                    .iter()
                    .map(|(group, shard)| (*memory, group.clone(), shard.state()))
            })
            .collect();
        drop(shards);
        states
            .into_iter()
            .map(|(memory, group, state)| (memory, group, living(&state)))
            .collect()
    }

    fn state_of(&self, memory: MemoryId, group: &LangGroup) -> Option<std::sync::Arc<State>> {
        Some(self.shards.read().get(&memory)?.get(group)?.state())
    }
}

fn living(state: &State) -> u64 {
    let alive = |part: &Part| {
        let docs = 0..Doc::try_from(part.len()).unwrap_or(Doc::MAX);
        docs.filter(|&doc| state.is_alive(part, doc)).count() as u64
    };
    state.parts.iter().map(|part| alive(part)).sum()
}
