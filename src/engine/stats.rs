//! What is in the memories and who writes them. Nothing is counted here: the writer keeps the counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{self, count};
use super::{Caller, Engine, Error, Role};
use crate::store::{DayOfWork, Memory};

/// How many days are shown one by one,
const DAYS: i64 = 31;
/// and how many are looked at for months and users.
const DAYS_OF_MONTHS: i64 = 366;
/// The most users shown.
const MOST_USERS: usize = 100;
const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Figures of one memory, or of all that the key may read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    pub memories: u64,
    pub units: u64,
    /// How many units have a text in each language, the most frequent first.
    pub languages: Vec<LanguageCount>,
    /// Units written here on each of the last 31 days on which any were.
    pub days: Vec<ActivityView>,
    /// The same by month, for a year.
    pub months: Vec<ActivityView>,
    /// The same by user, for a year, the busiest first, at most 100; without a name where nobody is known.
    pub users: Vec<ActivityView>,
    /// Imports and other changes of many units.
    pub bulk: u64,
    /// The database and its journal on the disk, in bytes; for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_bytes: Option<u64>,
    /// The index in memory, in bytes; for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_bytes: Option<u64>,
}

/// Units with a text in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LanguageCount {
    pub lang: String,
    pub units: u64,
}

/// Units written on a day, in a month or by a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityView {
    /// `2026-11-22`, `2026-11` or a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub added: u64,
    pub changed: u64,
    pub deleted: u64,
}

impl Engine {
    /// Figures of all memories that the caller may read.
    pub fn stats(&self, caller: &Caller) -> Result<Stats, Error> {
        let memories = self.store.read(|reader| Self::readable(caller, reader))?;
        let mut stats = self.stats_of(&memories)?;
        if caller.rights.is_admin() {
            let (_, parts, words, similar) = self.index.size();
            stats.index_bytes = Some((parts + words + similar) as u64);
            stats.database_bytes = Some(self.store.disk_bytes());
        }
        Ok(stats)
    }

    /// Figures of one memory.
    pub fn memory_stats(&self, caller: &Caller, name: &str) -> Result<Stats, Error> {
        let memory = self.memory_for(caller, Role::Read, name)?;
        self.stats_of(&[memory])
    }

    fn stats_of(&self, memories: &[Memory]) -> Result<Stats, Error> {
        let mut languages: BTreeMap<String, u64> = BTreeMap::new();
        let mut work = Work::default();
        let mut bulk = 0;
        // A read each, so that many memories are no long read.
        for memory in memories {
            let (langs, days, changes) = self.store.read(|reader| {
                let today = reader.now().div_euclid(SECONDS_OF_A_DAY);
                work.today = today;
                Ok((
                    reader.languages(memory.id)?,
                    reader.activity(memory.id, today - DAYS_OF_MONTHS)?,
                    reader.count_bulks(memory.id)?,
                ))
            })?;
            for (lang, units) in langs {
                *languages.entry(lang.to_string()).or_default() += count(units);
            }
            days.iter().for_each(|day| work.add(day));
            bulk += count(changes);
        }
        let mut languages: Vec<LanguageCount> = languages
            .into_iter()
            .map(|(lang, units)| LanguageCount { lang, units })
            .collect();
        languages.sort_by_key(|one| std::cmp::Reverse(one.units));
        Ok(Stats {
            memories: memories.len() as u64,
            units: memories.iter().map(|memory| count(memory.units)).sum(),
            languages,
            days: named(work.days),
            months: named(work.months),
            users: busiest(work.users),
            bulk,
            database_bytes: None,
            index_bytes: None,
        })
    }
}

type Counts = [i64; 3];

#[derive(Default)]
struct Work {
    today: i64,
    days: BTreeMap<String, Counts>,
    months: BTreeMap<String, Counts>,
    users: BTreeMap<Option<String>, Counts>,
}

impl Work {
    fn add(&mut self, work: &DayOfWork) {
        let date = view::time(work.day.saturating_mul(SECONDS_OF_A_DAY));
        let date = date.split('T').next().unwrap_or_default();
        let month = date.rsplit_once('-').map_or(date, |(month, _)| month);
        let more = [work.added, work.changed, work.deleted];
        let add = |counts: &mut Counts| {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        };
        if work.day > self.today - DAYS {
            add(self.days.entry(date.to_owned()).or_default());
        }
        add(self.months.entry(month.to_owned()).or_default());
        add(self.users.entry(work.by.clone()).or_default());
    }
}

fn shown(name: Option<String>, [added, changed, deleted]: Counts) -> ActivityView {
    ActivityView {
        name,
        added: count(added),
        changed: count(changed),
        deleted: count(deleted),
    }
}

fn named(counts: BTreeMap<String, Counts>) -> Vec<ActivityView> {
    let counts = counts.into_iter();
    counts
        .map(|(name, counts)| shown(Some(name), counts))
        .collect()
}

fn busiest(users: BTreeMap<Option<String>, Counts>) -> Vec<ActivityView> {
    let mut users: Vec<_> = users.into_iter().collect();
    users.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<i64>()));
    users.truncate(MOST_USERS);
    users
        .into_iter()
        .map(|(name, counts)| shown(name, counts))
        .collect()
}
