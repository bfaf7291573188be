//! Keeping the store well: copies of it, and whether what is stored is what was written and what is found is what is
//! stored.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, Engine, Error, view};
use crate::model::{LangGroup, MemoryId, UnitId};
use crate::store::{self, Checkup, Copy, Deed, OpenOptions, Scanned};

/// How long a check of the store may take.
const CHECK_LIMIT: Duration = Duration::from_secs(900);
/// Units compared with the index in one read.
const COMPARED_AT_ONCE: usize = 2_000;
/// What is told of at most.
const MAX_DAMAGE: usize = 1_000;

/// What a check of the store and the index found.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// Whether all is well.
    pub ok: bool,
    /// How many units were looked at, those of deleted memories included.
    #[schema(minimum = 0)]
    pub units: u64,
    /// How many segments were looked for in the index.
    #[schema(minimum = 0)]
    pub segments: u64,
    /// What is wrong.
    #[schema(max_items = 1000)]
    pub damage: Vec<Damage>,
    /// How many things are wrong.
    #[schema(minimum = 0)]
    pub damage_total: u64,
    /// What to do about it; empty when all is well.
    #[schema(max_items = 20)]
    pub remedies: Vec<String>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Damage {
    /// `file`, `unit`, `equal`, `count`, `reference`, `history`, `concept`, or `index`.
    pub kind: String,
    /// In which memory; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub memory: Option<String>,
    /// Which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub unit_id: Option<String>,
    /// What was found, for people.
    pub detail: String,
}

impl Verification {
    fn add(&mut self, damage: Damage) {
        self.damage_total += 1;
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        }
    }

    /// A checkup of a file, such as a backup, without an index to compare it with.
    pub fn of_file(file: &Path) -> Result<Self, store::OpenError> {
        Ok(Self::of(store::check_backup(file)?, |_| None))
    }

    fn of(checkup: Checkup, name: impl Fn(MemoryId) -> Option<String>) -> Self {
        let mut verification = Self {
            units: checkup.units,
            damage_total: checkup.total,
            ..Self::default()
        };
        let damage = checkup.findings.into_iter().map(|finding| Damage {
            kind: kind(finding.damage).to_owned(),
            memory: finding.memory.and_then(&name),
            unit_id: finding.unit.map(view::unit_id),
            detail: finding.detail,
        });
        verification.damage.extend(damage.take(MAX_DAMAGE));
        verification.conclude();
        verification
    }

    /// Says whether all is well, and what to do if not.
    fn conclude(&mut self) {
        self.ok = self.damage_total == 0;
        self.remedies.clear();
        for (kinds, remedy) in REMEDIES {
            if self.damage.iter().any(|d| kinds.contains(&d.kind.as_str())) {
                self.remedies.push((*remedy).to_owned());
            }
        }
    }
}

fn kind(damage: store::Damage) -> &'static str {
    match damage {
        store::Damage::File => "file",
        store::Damage::Unit => "unit",
        store::Damage::Equal => "equal",
        store::Damage::Count => "count",
        store::Damage::Reference => "reference",
        store::Damage::History => "history",
        store::Damage::Concept => "concept",
    }
}

const REMEDIES: &[(&[&str], &str)] = &[
    (
        &["file", "reference"],
        "the database file is damaged: stop the server, keep a copy of the folder, and bring back the last good backup with `hamzaban restore FILE`; what was written since can be taken from the damaged copy with `hamzaban export`",
    ),
    (
        &["unit", "history"],
        "the named units are not what was written: compare them with a backup, and write them again (PUT /v1/units/ID) or bring the backup back with `hamzaban restore FILE`; look at the disk's health (smartctl) and memory (memtest)",
    ),
    (
        &["concept"],
        "the named concepts are not what was written: compare them with a backup and write them again (PUT /v1/concepts/ID); look at the disk's health (smartctl) and memory (memtest)",
    ),
    (
        &["equal", "count"],
        "the texts are whole, but what is counted or kept beside them is not: export the named memories, import them into new ones, and report it",
    ),
    (
        &["index"],
        "the store is whole but look-ups may miss the named units until a restart makes the index anew: restart the server, and report it",
    ),
];

/// Lets one check run at a time.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// For each memory and language: variants by the store's counts, and those in the index.
type CountsByGroup = FxHashMap<(MemoryId, LangGroup), (u64, u64)>;

impl Engine {
    /// Whether a folder has a store.
    pub fn is_there(data: &Path) -> bool {
        data.join(store::DB_FILE).exists()
    }

    /// Puts a backup in the place of a folder's store, while nothing holds the folder.
    pub fn restore(
        data: &Path,
        file: &Path,
        allow_network_fs: bool,
    ) -> Result<store::Restored, store::RestoreError> {
        let options = OpenOptions {
            allow_network_fs,
            ..OpenOptions::default()
        };
        store::restore(data, file, &options)
    }

    /// Writes a consistent copy of the store to a new file while work goes on.
    pub fn backup(&self, caller: &Caller, to: &Path) -> Result<(), Error> {
        caller.must_be_admin()?;
        self.store.backup(to)?;
        self.note(caller, Deed::new("store_backed_up", "store", ""));
        Ok(())
    }

    /// A consistent copy of the store to be sent somewhere, made while work goes on.
    pub fn backup_copy(&self, caller: &Caller) -> Result<Copy, Error> {
        caller.must_be_admin()?;
        let copy = self.store.copy()?;
        self.note(caller, Deed::new("store_backed_up", "store", ""));
        Ok(copy)
    }

    /// The time now as names of files have it, in UTC.
    pub fn time_for_names(&self) -> String {
        jiff::Timestamp::now()
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string()
    }

    /// Looks at all that is stored, and whether look-ups find it. Takes seconds for a million units; one at a time.
    pub fn verify(&self, caller: &Caller) -> Result<Verification, Error> {
        caller.must_be_admin()?;
        if self.verifying.swap(true, Ordering::AcqRel) {
            return Err(Error::Busy);
        }
        let _turn = Turn(&self.verifying);
        let started = Instant::now();
        let checkup = self.store.check(CHECK_LIMIT)?;
        let names = self.memory_names();
        let mut verification = Verification::of(checkup, |id| names.get(&id).cloned());
        // The command line comes here first: where the store is damaged, the index may not even be made.
        let filled = match self.must_be_ready() {
            Ok(()) => Ok(()),
            Err(_) => self.catch_up(),
        };
        let compared = filled.and_then(|()| self.compare_index(&mut verification, &names));
        if let Err(error) = compared {
            verification.add(Damage {
                kind: "file".into(),
                memory: None,
                unit_id: None,
                detail: format!("the units could not be read to their end: {error}"),
            });
        }
        verification.conclude();
        self.note(caller, Deed::new("store_verified", "store", ""));
        let (ok, units) = (verification.ok, verification.units);
        let seconds = started.elapsed().as_secs_f64();
        tracing::info!(ok, units, seconds, "verified the store");
        Ok(verification)
    }

    fn memory_names(&self) -> FxHashMap<MemoryId, String> {
        let memories = self.store.read(|reader| reader.memories());
        let pairs = memories.unwrap_or_default().into_iter();
        pairs.map(|memory| (memory.id, memory.name)).collect()
    }

    /// Looks for every segment of the store in the index, and counts both.
    fn compare_index(
        &self,
        verification: &mut Verification,
        names: &FxHashMap<MemoryId, String>,
    ) -> Result<(), Error> {
        let mut suspects = Vec::new();
        let mut after = Some(UnitId(0));
        while let Some(place) = after {
            let (page, next) = self
                .store
                .read(|reader| reader.scan(place, COMPARED_AT_ONCE))?;
            after = next;
            for unit in &page {
                verification.segments += unit.variants.len() as u64;
                if !self.index_holds(unit) && suspects.len() < MAX_DAMAGE {
                    suspects.push(unit.id);
                }
            }
        }
        for unit in suspects {
            // Between the two looks it may have been changed; then a second look is another.
            if let Some(memory) = self.is_missing(unit)? {
                verification.add(Damage {
                    kind: "index".into(),
                    memory: names.get(&memory).cloned(),
                    unit_id: Some(view::unit_id(unit)),
                    detail: "look-ups do not find it".into(),
                });
            }
        }
        self.compare_counts(verification, names)
    }

    fn index_holds(&self, unit: &Scanned) -> bool {
        let (index, id) = (&self.index, unit.id);
        unit.variants
            .iter()
            .all(|v| index.holds(unit.memory, id, &v.lang, &v.text))
    }

    /// The unit's memory, if the store has it and the index does not, at a moment when the index had caught up.
    pub(super) fn is_missing(&self, unit: UnitId) -> Result<Option<MemoryId>, Error> {
        for _ in 0..20 {
            let (head, mut page) = self.store.read(|reader| {
                let (page, _) = reader.scan(UnitId(unit.0 - 1), 1)?;
                Ok((reader.head()?, page))
            })?;
            let Some(found) = page.pop().filter(|found| found.id == unit) else {
                return Ok(None);
            };
            let held = self.index_holds(&found);
            let waits = self.applied.load(Ordering::Acquire) < head.0 && self.is_following();
            if held || !waits {
                return Ok((!held).then_some(found.memory));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(None)
    }

    /// Segments that only the index has would be too many. Where writes go on the two are never counted at one
    /// moment, so only what stays different counts.
    fn compare_counts(
        &self,
        verification: &mut Verification,
        names: &FxHashMap<MemoryId, String>,
    ) -> Result<(), Error> {
        let mut different = self.different_counts()?;
        for _ in 0..4 {
            if different.is_empty() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(250));
            let again = self.different_counts()?;
            different.retain(|key, counts| again.get(key) == Some(counts));
        }
        for ((memory, group), (stored, held)) in different {
            verification.add(Damage {
                kind: "index".into(),
                memory: names.get(&memory).cloned(),
                unit_id: None,
                detail: format!(
                    "of its segments in {} the store has {stored} and the index {held}",
                    group.as_str()
                ),
            });
        }
        Ok(())
    }

    fn different_counts(&self) -> Result<CountsByGroup, Error> {
        let mut counts = CountsByGroup::default();
        self.store.read(|reader| {
            for memory in reader.memories()? {
                for (lang, units) in reader.languages(memory.id)? {
                    let count = counts.entry((memory.id, lang.group())).or_default();
                    count.0 += u64::try_from(units).unwrap_or_default();
                }
            }
            Ok(())
        })?;
        for (memory, group, held) in self.index.census() {
            counts.entry((memory, group)).or_default().1 += held;
        }
        counts.retain(|_, (stored, held)| stored != held);
        Ok(counts)
    }
}
