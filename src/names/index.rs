//! Letters to names, by hash: which names begin here, and which end there.
//!
//! A key is a name's letters (or skeleton) in a row. Names begin at a word, so three questions are enough:
//! can a key begin with these few letters; can one begin with these many; is this one. The first two are
//! answered by bit sets, so that most words of a text cost one memory access. Building is linear.

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
/// Letters of the second question.
const LONG: usize = 12;

/// See the module's page.
pub(super) struct Index {
    /// Bytes of the first question: for single-byte letters, and for longer ones.
    first: (usize, usize),
    arena: Vec<u8>,
    keys: Vec<Key>,
    links: Vec<Link>,
    table: HashTable<u32>,
    starts: Bits,
    shorts: Bits,
    longs: Bits,
    longest: usize,
}

impl Index {
    /// An empty index for about `keys` keys, which asks for `narrow` letters first (`wide` bytes where letters
    /// have two bytes).
    pub(super) fn new(keys: usize, narrow: usize, wide: usize) -> Self {
        Self {
            first: (narrow, wide),
            arena: Vec::new(),
            keys: Vec::with_capacity(keys),
            links: Vec::with_capacity(keys),
            table: HashTable::with_capacity(keys),
            starts: Bits::new(keys),
            shorts: Bits::new(keys),
            longs: Bits::new(keys),
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
        let first = self.first_length(head);
        match key.get(..first) {
            Some(start) => self.starts.set(self::hash(start)),
            None => self.shorts.set(hash),
        }
        if let Some(long) = key.get(..LONG) {
            self.longs.set(self::hash(long));
        }
        self.longest = self.longest.max(key.len());
    }

    fn first_length(&self, head: u8) -> usize {
        if head < 0x80 {
            self.first.0
        } else {
            self.first.1
        }
    }

    /// Whether a key can begin with the letters at the beginning of `letters`; `word` of them are the first word.
    pub(super) fn may_start(&self, letters: &[u8], word: usize) -> bool {
        let Some(&head) = letters.first() else {
            return false;
        };
        let first = self.first_length(head);
        if letters
            .get(..first)
            .is_some_and(|start| self.starts.has(hash(start)))
        {
            return true;
        }
        let short = |end: usize| {
            end < first
                && letters
                    .get(..end)
                    .is_some_and(|key| self.shorts.has(hash(key)))
        };
        match (word, head) {
            // Initials: the key goes on in the next words.
            (1, _) => (1..first).any(short),
            // A short key, perhaps with a plural s.
            (_, 0..0x80) => short(word) || short(word.saturating_sub(1)),
            // A short key, perhaps with an ending of up to four letters.
            _ => word < first + 8 && (2..=word.min(first)).step_by(2).any(short),
        }
    }

    /// Whether a key of more than a few letters can go on from here.
    pub(super) fn may_continue(&self, letters: &[u8]) -> bool {
        letters
            .get(..LONG)
            .is_none_or(|long| self.longs.has(hash(long)))
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

    /// The length of the longest key, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.longest
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

/// A set of hashes that may say yes too often: two bits a member, sixteen places each.
struct Bits {
    words: Vec<u64>,
    mask: u64,
}

impl Bits {
    fn new(members: usize) -> Self {
        let bits = (members.max(1) * 16).next_power_of_two().max(1 << 12);
        Self {
            words: vec![0; bits / 64],
            mask: bits as u64 - 1,
        }
    }

    fn places(&self, hash: u64) -> [u64; 2] {
        [hash & self.mask, (hash >> 32) & self.mask]
    }

    fn set(&mut self, hash: u64) {
        for place in self.places(hash) {
            if let Some(word) = self.words.get_mut((place / 64) as usize) {
                *word |= 1 << (place % 64);
            }
        }
    }

    fn has(&self, hash: u64) -> bool {
        self.places(hash).iter().all(|place| {
            self.words
                .get((place / 64) as usize)
                .is_some_and(|word| word & (1 << (place % 64)) != 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_found_and_nothing_else() {
        let mut index = Index::new(4, 4, 6);
        for (name, key) in ["mojahedinkhalq", "qom", "iran", "قم"]
            .into_iter()
            .enumerate()
        {
            let entry = name as u32;
            index.add(key.as_bytes(), entry);
            index.add(key.as_bytes(), entry);
            assert!(index.may_start(key.as_bytes(), key.len()), "{key}");
            assert!(index.may_continue(key.as_bytes()), "{key}");
            assert_eq!(index.get(key.as_bytes()).collect::<Vec<_>>(), [entry]);
        }
        assert_eq!(index.get(b"mojahedin").count(), 0);
        assert!(!index.may_start(b"absolutely", 10));
        assert!(!index.may_start(b"", 0));
    }
}
