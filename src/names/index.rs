//! Letters to names, by hash: which names begin here, and which end there.
//!
//! A key is a name's letters (or skeleton) in a row. Names begin at a word, so two questions are enough: how long
//! can a key be that begins with these letters, and which names have exactly this one. The first is answered by
//! a few bit sets, one for each of some lengths of beginnings, so that most words of a text cost one or two
//! memory accesses, also among many names. Building is linear.

use hashbrown::HashTable;

/// What a key stands for: a number that the finder gave.
pub(super) type Entry = u32;

struct Key {
    start: u32,
    length: u32,
    /// The first of its entries; the others follow by `next`.
    entry: u32,
}

struct Link {
    entry: Entry,
    next: u32,
}

const NONE: u32 = u32::MAX;
const STEPS: usize = 4;

/// Lengths of beginnings that are asked for one after the other, in bytes.
pub(super) struct Steps {
    /// Of letters of one byte.
    narrow: [usize; STEPS],
    /// Where letters have two bytes.
    wide: [usize; STEPS],
}

/// For letters.
pub(super) const LETTERS: Steps = Steps {
    narrow: [4, 8, 12, 18],
    wide: [6, 12, 18, 26],
};
/// For skeletons.
pub(super) const SOUNDS: Steps = Steps {
    narrow: [3, 5, 7, 10],
    wide: [3, 5, 7, 10],
};

/// See the module's page.
pub(super) struct Index {
    steps: Steps,
    arena: Vec<u8>,
    keys: Vec<Key>,
    links: Vec<Link>,
    table: HashTable<u32>,
    /// Beginnings of each step's length.
    starts: [Bits; STEPS],
    /// Keys shorter than the first step.
    shorts: Bits,
    longest: usize,
}

impl Index {
    /// An empty index for about `keys` keys.
    pub(super) fn new(keys: usize, steps: Steps) -> Self {
        Self {
            steps,
            arena: Vec::with_capacity(keys * 16),
            keys: Vec::with_capacity(keys),
            links: Vec::with_capacity(keys),
            table: HashTable::with_capacity(keys),
            // Short beginnings are few, and their set is to stay in a near cache.
            starts: [
                Bits::new(keys.min(1 << 15)),
                Bits::new(keys.min(1 << 17)),
                Bits::new(keys),
                Bits::new(keys),
            ],
            shorts: Bits::new(keys.min(1 << 13)),
            longest: 0,
        }
    }

    /// Adds a name under a key; a second time in a row changes nothing.
    pub(super) fn add(&mut self, key: &[u8], entry: Entry) {
        let Some(&head) = key.first() else { return };
        if u32::try_from(self.arena.len() + key.len()).is_err() {
            return;
        }
        let hash = hash(key);
        let (arena, keys) = (&self.arena, &self.keys);
        let found = self.table.find(hash, |at| text_of(arena, keys, *at) == key);
        let link = self.links.len() as u32;
        match found.copied() {
            Some(at) => {
                // A name comes with all its keys at once, so a repeated one is the last.
                if self.entries(at).next() == Some(entry) {
                    return;
                }
                let Some(known) = self.keys.get_mut(at as usize) else {
                    return;
                };
                let next = std::mem::replace(&mut known.entry, link);
                self.links.push(Link { entry, next });
            }
            None => {
                let at = self.keys.len() as u32;
                let start = self.arena.len() as u32;
                self.arena.extend_from_slice(key);
                self.keys.push(Key {
                    start,
                    length: key.len() as u32,
                    entry: link,
                });
                self.links.push(Link { entry, next: NONE });
                let (arena, keys) = (&self.arena, &self.keys);
                self.table
                    .insert_unique(hash, at, |at| self::hash(text_of(arena, keys, *at)));
            }
        }
        let steps = self.steps_of(head);
        if key.len() < steps[0] {
            self.shorts.set(hash_start(key, key.len()));
        }
        for (step, starts) in steps.into_iter().zip(&mut self.starts) {
            if key.len() < step {
                break;
            }
            starts.set(hash_start(key, step));
        }
        self.longest = self.longest.max(key.len());
    }

    fn steps_of(&self, head: u8) -> [usize; STEPS] {
        if head < 0x80 {
            self.steps.narrow
        } else {
            self.steps.wide
        }
    }

    /// The most bytes that a key can have that begins as `letters` do; 0 if there is none. `word` of them are the
    /// first word.
    pub(super) fn reach(&self, letters: &[u8], word: usize) -> usize {
        let Some(&head) = letters.first() else {
            return 0;
        };
        let steps = self.steps_of(head);
        let mut reach = 0;
        for (step, starts) in steps.into_iter().zip(&self.starts) {
            if letters.len() >= step && !starts.has(hash_start(letters, step)) {
                let short = step == steps[0] && !self.may_be_short(letters, word, step);
                return if short { 0 } else { step - 1 };
            }
            reach = self.longest;
        }
        reach
    }

    /// Whether a key shorter than the first step can stand here.
    fn may_be_short(&self, letters: &[u8], word: usize, first: usize) -> bool {
        let short = |end: usize| {
            end < first && letters.len() >= end && self.shorts.has(hash_start(letters, end))
        };
        match (word, letters.first()) {
            // Initials: the key goes on in the next words.
            (1, _) => (1..first).any(short),
            // A short key, perhaps with a plural s.
            (_, Some(0..0x80)) => short(word) || short(word.saturating_sub(1)),
            // A short key, perhaps with an ending of up to four letters.
            _ => word < first + 8 && (2..=word.min(first)).step_by(2).any(short),
        }
    }

    /// The names of exactly these letters.
    pub(super) fn get(&self, key: &[u8]) -> impl Iterator<Item = Entry> + '_ {
        let found = if key.len() > self.longest {
            None
        } else {
            self.table
                .find(hash(key), |at| text_of(&self.arena, &self.keys, *at) == key)
                .copied()
        };
        found.into_iter().flat_map(|at| self.entries(at))
    }

    fn entries(&self, key: u32) -> impl Iterator<Item = Entry> + '_ {
        let first = self.keys.get(key as usize).map_or(NONE, |key| key.entry);
        let first = self.links.get(first as usize);
        std::iter::successors(first, |link| self.links.get(link.next as usize))
            .map(|link| link.entry)
    }
}

fn text_of<'a>(arena: &'a [u8], keys: &[Key], at: u32) -> &'a [u8] {
    keys.get(at as usize)
        .and_then(|key| arena.get(key.start as usize..(key.start + key.length) as usize))
        .unwrap_or_default()
}

fn hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// The hash of the first `length` bytes; of a few, quickly.
fn hash_start(bytes: &[u8], length: usize) -> u64 {
    if length > 8 {
        return hash(bytes.get(..length).unwrap_or_default());
    }
    let word = match bytes.first_chunk() {
        Some(eight) => {
            let behind = 64 - 8 * length as u32;
            u64::from_le_bytes(*eight) & u64::MAX.checked_shr(behind).unwrap_or(0)
        }
        None => {
            let few = bytes.iter().take(length).rev();
            few.fold(0, |word, byte| word << 8 | u64::from(*byte))
        }
    };
    let mixed = (word ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (mixed ^ mixed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// A set of hashes that may say yes too often: two bits a member, sixteen places each. Both are in one word, so that
/// a question costs one memory access.
struct Bits {
    words: Vec<u64>,
    mask: u64,
}

impl Bits {
    fn new(members: usize) -> Self {
        let words = (members / 4).next_power_of_two().max(1 << 6);
        Self {
            words: vec![0; words],
            mask: words as u64 - 1,
        }
    }

    /// The word of a hash, and its bits there.
    fn place(&self, hash: u64) -> (usize, u64) {
        let bits = 1 << (hash >> 58) | 1 << (hash >> 52 & 63);
        ((hash & self.mask) as usize, bits)
    }

    fn set(&mut self, hash: u64) {
        let (at, bits) = self.place(hash);
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits;
        }
    }

    fn has(&self, hash: u64) -> bool {
        let (at, bits) = self.place(hash);
        self.words.get(at).is_some_and(|word| word & bits == bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_found_and_nothing_else() {
        let mut index = Index::new(4, LETTERS);
        for (name, key) in ["mojahedinkhalq", "qom", "iran", "قم"]
            .into_iter()
            .enumerate()
        {
            let entry = name as u32;
            index.add(key.as_bytes(), entry);
            index.add(key.as_bytes(), entry);
            assert!(index.reach(key.as_bytes(), key.len()) >= key.len(), "{key}");
            assert_eq!(index.get(key.as_bytes()).collect::<Vec<_>>(), [entry]);
        }
        assert_eq!(index.get(b"mojahedin").count(), 0);
        assert_eq!(index.reach(b"absolutely", 10), 0);
        assert_eq!(index.reach(b"", 0), 0);
        assert_eq!(index.reach(b"mojahedehfoo", 9), 7);
    }
}
