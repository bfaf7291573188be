//! What `hamzaban bench` needs to know of a store: a copy that may be worked on, questions made of its own segments,
//! what the index takes, and how long its snapshot takes.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Caller, Engine, Error, LOADED_AT_ONCE};
use crate::index::Index;
use crate::model::{Lang, MemoryId, UnitId};
use crate::store::{self, Copy, OpenError};

/// How long the index may take to come to rest, looked at so often.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// A segment as it stands.
    Exact,
    /// With one word in eight, at least one, of another.
    Edited,
    /// The first half of one and the second half of another.
    Unseen,
}

impl QuestionKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Edited, Self::Unseen];
}

/// Questions of these kinds in turn, made of these segments; the same every time.
pub fn questions(segments: &[String], kinds: &[QuestionKind], count: usize) -> Vec<String> {
    if segments.is_empty() {
        return Vec::new();
    }
    let mut random = Random(42);
    let mut make = |kind: &QuestionKind| {
        let mut some = || -> Vec<&str> {
            let segment = segments.get(random.below(segments.len()));
            segment.map_or_else(Vec::new, |text| text.split(' ').collect())
        };
        let (mut words, other) = (some(), some());
        match kind {
            QuestionKind::Exact => {}
            QuestionKind::Edited => {
                for _ in 0..1 + words.len() / 8 {
                    let (place, with) = (random.below(words.len()), random.below(other.len()));
                    if let (Some(word), Some(with)) = (words.get_mut(place), other.get(with)) {
                        *word = with;
                    }
                }
            }
            QuestionKind::Unseen => {
                words.truncate(words.len() / 2);
                words.extend(other.iter().skip(other.len() / 2));
            }
        }
        words.join(" ")
    };
    kinds.iter().cycle().take(count).map(&mut make).collect()
}

/// Xorshift: the same numbers every time.
struct Random(u64);

impl Random {
    /// One of `0..end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// How long the index takes to be written to a file and to be read again.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotFigures {
    /// Of the file.
    pub bytes: u64,
    /// On the disk.
    pub written: Duration,
    /// Read, checked and built.
    pub loaded: Duration,
}

impl Engine {
    /// A consistent copy of a folder's store in another folder, while nobody or somebody else writes it. Of the folder
    /// itself nothing is written.
    pub fn copy_of(data: &Path, to: &Path) -> Result<Copy, OpenError> {
        store::copy_of(data, &to.join(store::DB_FILE))
    }

    /// Bytes of the index by what they are for.
    pub fn index_parts(&self) -> [(&'static str, usize); 5] {
        self.index.bytes_by_view()
    }

    /// Segments of a language that have a translation into the other, at most so many, from all over the memories
    /// (all that the caller may read, or those named); the same every time.
    pub fn some_segments(
        &self,
        caller: &Caller,
        memories: &[String],
        (from, to): (&Lang, &Lang),
        count: usize,
    ) -> Result<Vec<String>, Error> {
        let readable = self.store.read(|reader| Self::readable(caller, reader))?;
        let wanted =
            |memory: &store::Memory| memories.is_empty() || memories.contains(&memory.name);
        let chosen: Vec<MemoryId> = readable
            .into_iter()
            .filter(wanted)
            .map(|memory| memory.id)
            .collect();
        let (from, to) = (from.group(), to.group());
        let mut random = Random(7);
        let (mut some, mut seen) = (Vec::new(), 0);
        let mut after = Some(UnitId(0));
        while let Some(place) = after {
            let (page, next) = self
                .store
                .read(|reader| reader.scan(place, LOADED_AT_ONCE))?;
            after = next;
            for unit in page.iter().filter(|unit| chosen.contains(&unit.memory)) {
                let of = |group| unit.variants.iter().find(|v| v.lang.group() == group);
                let (Some(source), true) = (of(from.clone()), of(to.clone()).is_some()) else {
                    continue;
                };
                // Each has the same chance to be among those kept (reservoir sampling).
                seen += 1;
                if some.len() < count {
                    some.push(source.text.clone());
                } else if let Some(kept) = some.get_mut(random.below(seen)) {
                    kept.clone_from(&source.text);
                }
            }
        }
        Ok(some)
    }

    /// Writes the index to a file of this folder and reads it again into an index of its own; `None` where it did not
    /// come to rest in time, as it is being tidied after it was filled.
    pub fn try_snapshot(&self, folder: &Path) -> Result<Option<SnapshotFigures>, Error> {
        let start = Instant::now();
        let snapshot = loop {
            match self.index.snapshot() {
                Some(snapshot) => break snapshot,
                None if start.elapsed() > PATIENCE => return Ok(None),
                None => std::thread::sleep(BETWEEN_LOOKS),
            }
        };
        let failed = |error: &dyn std::fmt::Display| Error::Store(format!("the snapshot: {error}"));
        let (path, epoch) = (folder.join("index.snapshot-tried"), self.store.epoch());
        let start = Instant::now();
        let write = || -> io::Result<u64> {
            let mut out = BufWriter::with_capacity(1 << 18, File::create(&path)?);
            snapshot.write(&mut out, &epoch)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            Ok(out.get_ref().metadata()?.len())
        };
        let bytes = write().map_err(|error| failed(&error))?;
        let written = start.elapsed();
        drop(snapshot);
        let start = Instant::now();
        let mut file = BufReader::new(File::open(&path).map_err(|error| failed(&error))?);
        let again = Index::default();
        let loaded = again.load(&mut file, &epoch, self.store.head());
        loaded.map_err(|error| failed(&error))?;
        Ok(Some(SnapshotFigures {
            bytes,
            written,
            loaded: start.elapsed(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::World;
    use super::*;

    #[test]
    fn questions_are_the_same_every_time_and_of_their_kinds() {
        let segments: Vec<String> = (0..50)
            .map(|number| format!("one two three four five six seven eight nine {number}"))
            .collect();
        let exact = questions(&segments, &[QuestionKind::Exact], 20);
        assert!(exact.iter().all(|question| segments.contains(question)));
        assert_eq!(exact, questions(&segments, &[QuestionKind::Exact], 20));
        let all = questions(&segments, &QuestionKind::ALL, 9);
        assert_eq!(all.len(), 9);
        assert!(questions(&[], &QuestionKind::ALL, 9).is_empty());
        let odd = [String::new(), " ".into(), "word".into()];
        assert_eq!(questions(&odd, &QuestionKind::ALL, 30).len(), 30);
    }

    #[test]
    fn segments_come_from_all_over_the_memories_that_are_named() {
        let world = World::new(&["a", "b"]);
        for number in 0..30 {
            world.add("a", &format!("a {number}"));
            world.add("b", &format!("b {number}"));
        }
        let lang = |tag| Lang::parse(tag).unwrap();
        let (en, fa) = (lang("en"), lang("fa"));
        let some = |memories: &[String], count| {
            let caller = Caller::local();
            let some = world
                .engine
                .some_segments(&caller, memories, (&en, &fa), count);
            some.unwrap()
        };
        assert_eq!(some(&[], 100).len(), 60);
        let of_b = some(&["b".into()], 10);
        assert!(of_b.len() == 10 && of_b.iter().all(|text| text.starts_with('b')));
        assert_eq!(of_b, some(&["b".into()], 10));
        assert!(of_b.iter().any(|text| text > &"b 2".to_owned()));
    }
}
