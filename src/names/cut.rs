//! A name of the glossary cut into words, and the other letters that it may be written with.

use super::letters::{Gap, Page};

/// The most words of a name that is looked for.
const MOST_WORDS: usize = 64;

/// A name cut into words.
#[derive(Clone)]
pub(super) struct Cut {
    /// Of all words, one behind the other.
    pub(super) letters: String,
    words: Vec<Place>,
    pub(super) arabic: bool,
    pub(super) small: bool,
}

/// A word of a name.
#[derive(Clone, Copy)]
struct Place {
    /// Where its letters end.
    end: usize,
    /// What is between it and the next word.
    gap: Gap,
    possessive: bool,
}

impl Cut {
    pub(super) fn read(page: &mut Page, text: &str) -> Option<Self> {
        page.read(text);
        let mut cut = Self {
            letters: String::new(),
            words: Vec::with_capacity(page.words.len()),
            arabic: page.words.first()?.is_arabic(),
            small: !page.words.iter().any(|word| word.is_capital()),
        };
        for (at, word) in page.words.iter().enumerate() {
            if word.is_opaque() {
                return None;
            }
            // The gap behind an ezafe is the gap before the next word.
            let gap = page.gap_after(text, at);
            if !word.is_ezafe() {
                cut.push(page.letters_text(at), gap, word.is_possessive());
            } else if let Some(before) = cut.words.last_mut() {
                before.gap = gap;
            }
        }
        (1..=MOST_WORDS).contains(&cut.count()).then_some(cut)
    }

    fn push(&mut self, word: &str, gap: Gap, possessive: bool) {
        self.letters.push_str(word);
        let end = self.letters.len();
        self.words.push(Place {
            end,
            gap,
            possessive,
        });
    }

    /// How many words it has.
    pub(super) fn count(&self) -> usize {
        self.words.len()
    }

    /// Where the letters of a word begin; behind the last word, where all end.
    fn start(&self, word: usize) -> usize {
        let before = word.checked_sub(1).and_then(|at| self.words.get(at));
        before.map_or(0, |place| place.end)
    }

    /// The letters of the words from one to before another.
    pub(super) fn letters_of(&self, from: usize, to: usize) -> &str {
        let range = self.start(from)..self.start(to);
        self.letters.get(range).unwrap_or_default()
    }

    /// The letters of each word.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).map(|at| self.letters_of(at, at + 1))
    }

    /// How many words behind the name tell a generation: Jr., III.
    pub(super) fn generation(&self) -> usize {
        let is_generation = |word: &&str| matches!(*word, "jr" | "sr" | "ii" | "iii" | "جونیور");
        let behind = (0..self.count())
            .rev()
            .map(|at| self.letters_of(at, at + 1));
        behind.take_while(is_generation).count()
    }

    /// What is between a word and the next.
    pub(super) fn gap_after(&self, word: usize) -> Option<Gap> {
        let places = self.words.get(word..word + 2)?;
        places.first().map(|place| place.gap)
    }

    /// The words from one on.
    pub(super) fn from(&self, word: usize) -> Self {
        let mut part = self.clone();
        part.letters.drain(..self.start(word));
        part.words.drain(..word.min(self.count()));
        for place in &mut part.words {
            place.end -= self.start(word);
        }
        part
    }

    /// The same with other letters in its words.
    pub(super) fn spelled<'a>(&'a self, words: impl Iterator<Item = &'a str>) -> Self {
        let mut other = Self {
            letters: String::with_capacity(self.letters.len() + 4),
            words: Vec::with_capacity(self.count()),
            ..*self
        };
        for (word, place) in words.zip(&self.words) {
            other.push(word, place.gap, place.possessive);
        }
        other
    }

    /// Where its words but the last end, and what stands there.
    pub(super) fn bounds(&self) -> Box<[(u16, Gap)]> {
        let inner = self.words.split_last().map_or(&[][..], |(_, inner)| inner);
        let narrow = |place: &Place| u16::try_from(place.end).unwrap_or(u16::MAX);
        inner.iter().map(|it| (narrow(it), it.gap)).collect()
    }
}

/// The same name in other letters: possessives with their s, «خامنه‌ئی» and «خامنئی» for «خامنه‌ای».
pub(super) fn other_letters(cut: &Cut) -> Vec<Cut> {
    let mut others = Vec::new();
    let inner = cut.count().saturating_sub(1);
    let is_possessive = |at: usize| at < inner && cut.words.get(at).is_some_and(|it| it.possessive);
    if (0..inner).any(is_possessive) {
        let with_s = |(at, word)| {
            if is_possessive(at) {
                format!("{word}s")
            } else {
                String::from(word)
            }
        };
        let words: Vec<String> = cut.words().enumerate().map(with_s).collect();
        others.push(cut.spelled(words.iter().map(String::as_str)));
    }
    let is_heh = |at: &usize| {
        cut.letters_of(*at, at + 1).ends_with('ه') && cut.letters_of(at + 1, at + 2) == "ای"
    };
    if cut.arabic
        && let Some(heh) = (0..inner).find(is_heh)
    {
        for with_heh in [true, false] {
            others.push(cut.spelled(cut.words().enumerate().map(|(at, word)| {
                if at == heh + 1 {
                    "ی"
                } else if at == heh && !with_heh {
                    word.strip_suffix('ه').unwrap_or(word)
                } else {
                    word
                }
            })));
        }
    }
    others
}
