//! The whole index as a file, and back: so that a start takes a moment, not a rebuild.
//!
//! ```text
//! file:    8 bytes HMZBNIDX, then sections up to one of kind END
//! section: kind (8 bytes), length (8), xxh3 of kind and content (8), content
//! HEAD        format version, fold version, epoch, seq, age, the sets of languages
//! VOCABULARY  a language and its words, once for each
//! SHARD       a memory, a language, its tombstones, how many parts follow
//! PART        once for each, in order
//! END         how many sections there are
//! ```
//! A snapshot is disposable. Whatever is not exactly what was written, of this version, of these tables of letters
//! and of this life of the store, is refused, and the index is filled from the store. The checksum finds what disks
//! do; what remains, files made to deceive, finds every number checked before anything is built on it.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::Xxh3;

use super::Index;
use super::flat::{In, Out};
use super::part::Part;
use super::shard::{Shard, State};
use super::vocabulary::{Vocabulary, Written};
use crate::model::{Lang, LangGroup, MemoryId, Seq, UnitId};
use crate::text::FOLD_VERSION;

const MAGIC: &[u8; 8] = b"HMZBNIDX";
/// Of the layout; anything else is not read.
const FORMAT_VERSION: u64 = 3;
/// Sections that are checked while others are read: each takes its bytes twice meanwhile.
const SECTIONS_AT_ONCE: usize = 4;
/// A section is read into memory before its checksum is known.
const LARGEST_SECTION: u64 = 4 << 30;

const HEAD: u64 = 1;
const VOCABULARY: u64 = 2;
const SHARD: u64 = 3;
const PART: u64 = 4;
const END: u64 = 5;

/// Why a snapshot was not used.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It could not be read, or ends too early.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Another program's file.
    #[error("it is not a snapshot of an index")]
    Foreign,
    /// Of another version of this program.
    #[error("another version of the program wrote it")]
    OtherVersion,
    /// Of another store, or of another life of this one.
    #[error("it is of another life of the store")]
    OtherEpoch,
    /// The store has not come so far.
    #[error("it knows changes that the store does not have")]
    FromTheFuture,
    /// Not what was written.
    #[error("its {0} is damaged")]
    Damaged(&'static str),
}

/// The index as it was at a moment, and stays.
pub struct Snapshot {
    seq: Seq,
    age: u64,
    languages: Vec<Vec<LangGroup>>,
    vocabularies: Vec<(LangGroup, Written)>,
    shards: Vec<(MemoryId, LangGroup, Arc<State>)>,
}

impl Index {
    /// What there is now. Writers wait for some milliseconds meanwhile, look-ups do not; `None` while the index
    /// is being filled or merged, and before it has all that the store has.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let _tidying = self.tidying.try_lock()?;
        let _writer = self.writer.lock();
        if !self.complete.load(Ordering::Acquire) {
            return None;
        }
        let vocabularies = self.vocabularies.read();
        let shards = self.shards.read();
        Some(Snapshot {
            seq: Seq(self.seq.load(Ordering::Acquire)),
            age: self.age.load(Ordering::Relaxed),
            languages: self.languages.read().clone(),
            vocabularies: vocabularies
                .iter()
                .map(|(group, vocabulary)| (group.clone(), vocabulary.read().written()))
                .collect(),
            shards: shards
                .iter()
                .flat_map(|(memory, groups)| {
                    let state = |(group, shard): (&LangGroup, &Arc<Shard>)| {
                        (*memory, group.clone(), shard.state())
                    };
                    groups.iter().map(state)
                })
                .collect(),
        })
    }

    /// Fills an empty index with a snapshot; the place in the log up to which it has all changes.
    ///
    /// # Errors
    /// Why it was refused; the index is still empty then.
    pub fn load(&self, from: &mut impl Read, epoch: &str, head: Seq) -> Result<Seq, Refused> {
        let mut loading = Loading::begin(from, epoch)?;
        if loading.seq > head {
            return Err(Refused::FromTheFuture);
        }
        std::thread::scope(|scope| loading.sections(from, scope))?;
        Ok(self.put(loading))
    }

    fn put(&self, loading: Loading) -> Seq {
        let _writer = self.writer.lock();
        *self.languages.write() = loading.languages;
        *self.vocabularies.write() = loading
            .vocabularies
            .into_iter()
            .map(|(group, vocabulary)| (group, Arc::new(RwLock::new(vocabulary))))
            .collect();
        let mut shards = self.shards.write();
        for (memory, group, state) in loading.shards {
            let groups = shards.entry(memory).or_default();
            groups.insert(group, Arc::new(Shard::of(state)));
        }
        self.age.store(loading.age, Ordering::Relaxed);
        self.seq.store(loading.seq.0, Ordering::Release);
        loading.seq
    }
}

impl Snapshot {
    /// Up to where in the log a written one goes.
    ///
    /// # Errors
    /// Why it would be refused, as far as its beginning tells.
    pub fn seq_of(from: &mut impl Read, epoch: &str) -> Result<Seq, Refused> {
        Ok(Loading::begin(from, epoch)?.seq)
    }

    /// Up to where in the log it goes.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Writes it out, for a store of this epoch.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write(&self, to: &mut impl Write, epoch: &str) -> io::Result<()> {
        to.write_all(MAGIC)?;
        let mut sections = 0;
        write_section(to, HEAD, &|out| self.head(out, epoch))?;
        for (group, words) in &self.vocabularies {
            sections += 1;
            write_section(to, VOCABULARY, &|out| {
                out.bytes(group.as_str().as_bytes());
                words.write(out);
            })?;
        }
        for (memory, group, state) in &self.shards {
            sections += 1 + state.parts.len() as u64;
            write_section(to, SHARD, &|out| {
                out.number(memory.0 as u64);
                out.bytes(group.as_str().as_bytes());
                out.number(state.parts.len() as u64);
                out.number(state.dead().len() as u64);
                for (unit, age) in state.dead() {
                    out.number(unit.0 as u64);
                    out.number(*age);
                }
            })?;
            for part in &state.parts {
                write_section(to, PART, &|out| part.write(out))?;
            }
        }
        write_section(to, END, &|out| out.number(sections))
    }

    fn head(&self, out: &mut Out, epoch: &str) {
        out.number(FORMAT_VERSION);
        out.number(FOLD_VERSION);
        out.bytes(epoch.as_bytes());
        out.number(self.seq.0 as u64);
        out.number(self.age);
        out.number(self.languages.len() as u64);
        for set in &self.languages {
            let names: Vec<&str> = set.iter().map(LangGroup::as_str).collect();
            out.bytes(names.join(" ").as_bytes());
        }
    }
}

/// Writes the content twice: to sum it up, and out. So no section needs room of its own.
fn write_section(to: &mut impl Write, kind: u64, content: &dyn Fn(&mut Out)) -> io::Result<()> {
    let (mut sum, mut length) = (summing(kind), 0);
    content(&mut Out(&mut |bytes| {
        sum.update(bytes);
        length += bytes.len() as u64;
    }));
    for number in [kind, length, sum.digest()] {
        to.write_all(&number.to_le_bytes())?;
    }
    let mut result = Ok(());
    content(&mut Out(&mut |bytes| {
        if result.is_ok() {
            result = to.write_all(bytes);
        }
    }));
    result
}

fn summing(kind: u64) -> Xxh3 {
    let mut sum = Xxh3::new();
    sum.update(&kind.to_le_bytes());
    sum
}

/// The next section, as it was written.
fn section(from: &mut impl Read) -> Result<(u64, Vec<u8>), Refused> {
    let mut head = [0; 24];
    from.read_exact(&mut head)?;
    let mut head = In(&head);
    let mut number = || head.number().unwrap_or_default();
    let (kind, length, sum) = (number(), number(), number());
    if length > LARGEST_SECTION {
        return Err(Refused::Damaged("list of sections"));
    }
    // Grows with what is really there, whatever the length says.
    let mut content = Vec::with_capacity(length.min(64 << 20) as usize);
    from.take(length).read_to_end(&mut content)?;
    let mut found = summing(kind);
    found.update(&content);
    if content.len() as u64 != length || found.digest() != sum {
        return Err(Refused::Damaged("content"));
    }
    Ok((kind, content))
}

/// What was read so far.
#[derive(Default)]
struct Loading {
    seq: Seq,
    age: u64,
    sections: u64,
    languages: Vec<Vec<LangGroup>>,
    vocabularies: FxHashMap<LangGroup, Vocabulary>,
    shards: Vec<(MemoryId, LangGroup, State)>,
    parts_to_come: u64,
}

impl Loading {
    fn begin(from: &mut impl Read, epoch: &str) -> Result<Self, Refused> {
        let mut magic = [0; MAGIC.len()];
        from.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Err(Refused::Foreign);
        }
        let (kind, content) = section(from)?;
        if kind != HEAD {
            return Err(Refused::Damaged("beginning"));
        }
        let mut loading = Self::default();
        loading.head(&content, epoch)?;
        Ok(loading)
    }

    fn head(&mut self, content: &[u8], epoch: &str) -> Result<(), Refused> {
        let damaged = || Refused::Damaged("beginning");
        let mut content = In(content);
        let versions = content.number().zip(content.number());
        if versions.ok_or_else(damaged)? != (FORMAT_VERSION, FOLD_VERSION) {
            return Err(Refused::OtherVersion);
        }
        if content.text().ok_or_else(damaged)? != epoch {
            return Err(Refused::OtherEpoch);
        }
        let read = self.read_head(&mut content);
        read.filter(|()| content.is_empty()).ok_or_else(damaged)
    }

    fn read_head(&mut self, content: &mut In) -> Option<()> {
        self.seq = Seq(i64::try_from(content.number()?).ok()?);
        // One more with each change: no index lives to half of what the number holds.
        self.age = content.number().filter(|age| *age <= u64::MAX / 2)?;
        for _ in 0..content.number()? {
            let set = content.text()?.split_whitespace().map(group);
            self.languages.push(set.collect::<Option<_>>()?);
        }
        let numbers = self.languages.len() <= usize::from(super::fill::ANY_LANGUAGES);
        numbers.then_some(())
    }

    /// One thread reads and sums up, others check and build, words and parts at the same time.
    fn sections<'s>(
        &mut self,
        from: &mut impl Read,
        scope: &'s Scope<'s, '_>,
    ) -> Result<(), Refused> {
        let (mut vocabularies, mut parts) = (VecDeque::new(), VecDeque::new());
        loop {
            let (kind, content) = section(from)?;
            let (name, read) = match kind {
                VOCABULARY => {
                    let before = oldest(&mut vocabularies);
                    let before = before.map_or(Some(()), |one| self.vocabulary(joined(one)?));
                    let one = Builder::new().spawn_scoped(scope, move || vocabulary(&content))?;
                    vocabularies.push_back(one);
                    ("vocabulary", before)
                }
                SHARD => ("list of parts", self.shard(&content)),
                PART => {
                    let before = oldest(&mut parts).map_or(Some(()), |one| {
                        let known = self.vocabularies(&mut vocabularies);
                        known.and_then(|()| self.part(one))
                    });
                    let whose = before.and_then(|()| self.shard_of_part());
                    let shard = whose.ok_or(Refused::Damaged("part"))?;
                    let one = Builder::new().spawn_scoped(scope, move || part(&content))?;
                    parts.push_back((shard, one));
                    ("part", Some(()))
                }
                END => {
                    let known = self.vocabularies(&mut vocabularies);
                    let mut parts = parts.drain(..);
                    let whole = known.and_then(|()| parts.try_for_each(|one| self.part(one)));
                    let mut content = In(&content);
                    let all = content.number() == Some(self.sections) && content.is_empty();
                    let ends = all && self.is_whole() && from.read(&mut [0])? == 0;
                    return match whole.filter(|()| ends) {
                        Some(()) => Ok(()),
                        None => Err(Refused::Damaged("end")),
                    };
                }
                _ => ("list of sections", None),
            };
            read.ok_or(Refused::Damaged(name))?;
            self.sections += 1;
        }
    }

    /// Waits for those that are being built.
    fn vocabularies(
        &mut self,
        running: &mut VecDeque<ScopedJoinHandle<Option<(LangGroup, Vocabulary)>>>,
    ) -> Option<()> {
        let mut running = running.drain(..);
        running.try_for_each(|one| self.vocabulary(joined(one)?))
    }

    /// Whether nothing is missing that a section named.
    fn is_whole(&self) -> bool {
        let mut groups = self.shards.iter().map(|(_, group, _)| group);
        self.parts_to_come == 0 && groups.all(|group| self.vocabularies.contains_key(group))
    }

    fn vocabulary(&mut self, (group, vocabulary): (LangGroup, Vocabulary)) -> Option<()> {
        let twice = self.vocabularies.insert(group, vocabulary);
        twice.is_none().then_some(())
    }

    fn shard(&mut self, content: &[u8]) -> Option<()> {
        let mut content = In(content);
        let memory = MemoryId(content.number()? as i64);
        let group = group(content.text()?)?;
        let twice = |(m, g, _): &(MemoryId, LangGroup, State)| *m == memory && *g == group;
        if self.parts_to_come > 0 || self.shards.iter().any(twice) {
            return None;
        }
        self.parts_to_come = content.number()?;
        let mut dead = FxHashMap::default();
        for _ in 0..content.number()? {
            let unit = UnitId(content.number()? as i64);
            dead.insert(unit, content.number()?);
        }
        self.shards
            .push((memory, group, State::of(Vec::new(), dead)));
        content.is_empty().then_some(())
    }

    /// To which shard the next part belongs.
    fn shard_of_part(&mut self) -> Option<usize> {
        self.parts_to_come = self.parts_to_come.checked_sub(1)?;
        self.shards.len().checked_sub(1)
    }

    fn part(&mut self, (shard, part): (usize, ScopedJoinHandle<Option<Part>>)) -> Option<()> {
        let part = joined(part)?;
        let (_, group, state) = self.shards.get_mut(shard)?;
        // A deletion names the age up to which it counts.
        let sound =
            part.age <= self.age && part.least_words() <= self.vocabularies.get(group)?.len();
        state.parts.push(Arc::new(part));
        sound.then_some(())
    }
}

/// The one to wait for before another is begun.
fn oldest<T>(running: &mut VecDeque<T>) -> Option<T> {
    let full = running.len() == SECTIONS_AT_ONCE;
    full.then(|| running.pop_front()).flatten()
}

fn joined<T>(thread: ScopedJoinHandle<Option<T>>) -> Option<T> {
    thread.join().ok().flatten()
}

fn vocabulary(content: &[u8]) -> Option<(LangGroup, Vocabulary)> {
    let mut content = In(content);
    let group = group(content.text()?)?;
    let vocabulary = Vocabulary::read(&mut content)?;
    content.is_empty().then_some((group, vocabulary))
}

fn part(content: &[u8]) -> Option<Part> {
    let mut content = In(content);
    let part = Part::read(&mut content)?;
    content.is_empty().then_some(part)
}

fn group(name: &str) -> Option<LangGroup> {
    let group = Lang::parse(name).ok()?.group();
    (group.as_str() == name).then_some(group)
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
