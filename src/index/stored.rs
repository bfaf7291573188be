//! Parts and vocabularies as sections of a snapshot; reading checks every number that something is built on.

use std::sync::Arc;

use super::flat::{In, Out, ascend, ascend_to};
use super::forward::{Forward, Mark};
use super::near::{Near, bucket_bits};
use super::packed::bits;
use super::part::{Doc, Part, Places};
use super::postings::{Arena, Postings};
use super::similar::{Known, Similar};
use super::vocabulary::{RESERVED, Vocabulary, WordId, Words, Written};
use crate::text::Kind;

/// Stands for [`Places::Sorted`] where a number of words would stand.
const SORTED: u64 = u64::MAX;

impl Part {
    pub(super) fn write(&self, out: &mut Out) {
        out.number(self.age);
        out.number(self.least_unit as u64);
        out.bytes(&self.same);
        out.packed(&self.units);
        out.numbers(&self.weights);
        out.numbers(&self.weight_starts);
        out.packed(&self.languages);
        out.numbers(&self.forward.alphabet);
        out.numbers(&self.forward.groups);
        out.bytes(&self.forward.bytes);
        match &self.places {
            Places::Numbered(words) => out.number(*words as u64),
            Places::Sorted(words) => {
                out.number(SORTED);
                out.numbers(words);
            }
        }
        out.numbers(&self.postings.directory);
        out.bytes(&self.postings.bytes);
        out.packed(&self.near.starts);
        out.packed(&self.near.lows);
        out.packed(&self.near.docs);
    }

    /// Reads one, for a vocabulary of at least [`Part::least_words`].
    pub(super) fn read(content: &mut In) -> Option<Self> {
        let (age, least_unit) = (content.number()?, content.number()? as i64);
        let same = content.bytes()?.to_vec();
        let segments = same.len();
        let part = Self {
            age,
            least_unit,
            units: content.packed()?,
            weights: content.numbers()?,
            weight_starts: content.numbers()?,
            languages: content.packed()?,
            forward: Forward {
                segments,
                alphabet: content.numbers()?,
                groups: content.numbers()?,
                bytes: content.bytes()?.to_vec(),
            },
            places: match content.number()? {
                SORTED => Places::Sorted(content.numbers()?),
                number => Places::Numbered(usize::try_from(number).ok()?),
            },
            postings: Postings {
                directory: content.numbers()?,
                bytes: content.bytes()?.to_vec(),
            },
            near: Near {
                starts: content.packed()?,
                lows: content.packed()?,
                docs: content.packed()?,
            },
            same,
        };
        part.is_sound().then_some(part)
    }

    /// How many words there must be for each of its words to be one.
    pub(super) fn least_words(&self) -> usize {
        let marks = self.forward.alphabet.iter();
        let most = marks.map(|&mark| Mark(mark).id() as usize + 1).max();
        most.unwrap_or_default().max(self.places.least_words())
    }

    fn is_sound(&self) -> bool {
        let segments = self.len();
        let sizes = (1..1 << 31).contains(&segments)
            && self.units.len() == segments
            && self.languages.len() == segments;
        let weights = self.weights.len() == self.weight_starts.len()
            && self.weight_starts.first() == Some(&0)
            && ascend(&self.weights)
            && ascend(&self.weight_starts)
            // So that no sum of points overflows.
            && self.weights.last().is_some_and(|&last| last < 1 << 28)
            && self.weight_starts.last().is_some_and(|&last| (last as usize) < segments);
        sizes
            && weights
            && self.forward.is_sound()
            && self.places.are_sound()
            && self.postings.directory.len() == self.places.len()
            && self.postings.are_sound(segments as Doc)
            && self.near.is_sound(segments)
    }
}

impl Places {
    fn least_words(&self) -> usize {
        match self {
            Self::Numbered(numbers) => *numbers,
            Self::Sorted(ids) => ids.last().map_or(0, |&last| last as usize + 1),
        }
    }

    fn are_sound(&self) -> bool {
        match self {
            Self::Numbered(numbers) => *numbers >= RESERVED as usize,
            Self::Sorted(ids) => {
                // The lists of numbers and placeables are always there.
                ids.get(RESERVED as usize - 1) == Some(&(RESERVED - 1)) && ascend(ids)
            }
        }
    }
}

impl Forward {
    fn is_sound(&self) -> bool {
        self.groups.len() == self.segments.div_ceil(64)
            && (0..self.segments as Doc).all(|doc| {
                let mut sound = true;
                self.each_rank(doc, |rank| sound &= (rank as usize) < self.alphabet.len());
                sound
            })
    }
}

impl Postings {
    fn are_sound(&self, segments: Doc) -> bool {
        let mut arena = Arena::default();
        (0..self.directory.len()).all(|word| {
            arena.clear();
            let (mut next, mut sound) = (0, true);
            let list = self.list(self.head(word), &(0..Doc::MAX), &mut arena);
            arena.each(list, |doc| {
                sound &= doc >= next && doc < segments;
                next = doc.saturating_add(1);
            });
            sound
        })
    }
}

impl Near {
    fn is_sound(&self, segments: usize) -> bool {
        let bits = bucket_bits(segments);
        let starts = (0..self.starts.len()).map(|place| self.starts.get(place));
        let mut docs = (0..self.docs.len()).map(|place| self.docs.get(place));
        self.starts.len() == (1 << bits) + 1
            && self.lows.len() == segments
            && self.lows.width() == 32 - bits
            && self.docs.len() == segments
            && ascend_to(starts, segments as u64)
            && docs.all(|doc| doc < segments as u64)
    }
}

impl Written {
    pub(super) fn write(&self, out: &mut Out) {
        let words = &self.words;
        out.bytes(words.text.as_bytes());
        out.numbers(&words.ends);
        out.bytes(&words.chars);
        out.bytes(
            &words
                .kinds
                .iter()
                .map(|&kind| kind as u8)
                .collect::<Vec<_>>(),
        );
        out.numbers(&words.signatures);
        out.numbers(&words.counts);
        out.bytes(
            &self
                .joined
                .iter()
                .map(|&joined| joined.into())
                .collect::<Vec<_>>(),
        );
        out.numbers(&self.parted);
        out.number(self.similar.words as u64);
        out.packed(&self.similar.starts);
        out.packed(&self.similar.ids);
        out.numbers(&self.similar.known.words);
        out.numbers(&self.similar.known.ends);
        out.numbers(&self.similar.known.lists);
    }
}

impl Vocabulary {
    pub(super) fn read(content: &mut In) -> Option<Self> {
        let kind = |&kind: &u8| match kind {
            _ if kind == Kind::Word as u8 => Some(Kind::Word),
            _ if kind == Kind::Number as u8 => Some(Kind::Number),
            _ if kind == Kind::Placeable as u8 => Some(Kind::Placeable),
            _ => None,
        };
        let words = Words {
            text: content.text()?.to_owned(),
            ends: content.numbers()?,
            chars: content.bytes()?.to_vec(),
            kinds: content.bytes()?.iter().map(kind).collect::<Option<_>>()?,
            signatures: content.numbers()?,
            counts: content.numbers()?,
        };
        let written = Written {
            joined: content.bytes()?.iter().map(|&joined| joined != 0).collect(),
            parted: content.numbers()?,
            similar: Arc::new(Similar {
                words: content.length()?,
                starts: content.packed()?,
                ids: content.packed()?,
                known: Known {
                    words: content.numbers()?,
                    ends: content.numbers()?,
                    lists: content.numbers()?,
                },
            }),
            words,
        };
        written.is_sound().then(|| Self::of_written(written))
    }
}

impl Written {
    fn is_sound(&self) -> bool {
        let count = self.words.len();
        let known = |&word: &WordId| (word as usize) < count;
        self.words.are_sound()
            && self.joined.len() == count
            && self.parted.iter().all(known)
            && self.similar.words <= count
            && self.similar.is_sound()
    }
}

impl Words {
    fn are_sound(&self) -> bool {
        let count = self.len();
        let lengths = [
            self.chars.len(),
            self.kinds.len(),
            self.signatures.len(),
            self.counts.len(),
        ];
        let ends = || self.ends.iter().map(|&end| u64::from(end));
        let reserved = RESERVED as usize;
        (reserved..1 << 28).contains(&count)
            && self.ends.iter().take(reserved).all(|&end| end == 0)
            && self
                .kinds
                .iter()
                .take(reserved)
                .all(|&kind| kind != Kind::Word)
            && lengths.iter().all(|&length| length == count)
            && ascend_to(ends(), self.text.len() as u64)
            && ends().next_back() == Some(self.text.len() as u64)
            && ends().all(|end| self.text.is_char_boundary(end as usize))
    }
}

impl Similar {
    fn is_sound(&self) -> bool {
        let buckets = self.starts.len().saturating_sub(1);
        let starts = (0..self.starts.len()).map(|place| self.starts.get(place));
        let known = &self.known;
        let ends = known.ends.iter().map(|&end| u64::from(end));
        let exists = |word: usize| word < self.words;
        (self.starts.len() == 0 || (buckets >= 2 && buckets.is_power_of_two()))
            && ascend_to(starts, self.ids.len() as u64)
            && self.ids.width() == bits(self.words as u64)
            && (0..self.ids.len()).all(|place| exists(self.ids.get(place) as usize))
            && known.words.len() == known.ends.len()
            && ascend(&known.words)
            && ascend_to(ends, known.lists.len() as u64)
            && known.words.iter().all(|&word| exists(word as usize))
            && known
                .lists
                .iter()
                .all(|&entry| exists(Known::word(entry).0 as usize))
    }
}
