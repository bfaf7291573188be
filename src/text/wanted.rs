//! What a search asks for, words and phrases, and where they occur in a text.
//!
//! A query is read like this: what stands between two quotes (`"…"`, “…”, «…») is a *phrase*; every other stretch
//! without white space is a *word*, and `word*` (two letters or more) stands for all words that begin so. All must
//! occur. Nothing else is syntax: signs that are in no token are no part of what is asked for.
//!
//! Words are compared in the [`key`](super::fold::key) fold, token by token ([`analyse`]):
//! * a word of several tokens (`well-known`, می‌رود) is a phrase of them;
//! * where one side has a ZWNJ, the other may have the parts joined or apart: می‌رود finds می رود and میرود,
//!   میرود finds می‌رود. But ما در, two words, is not مادر;
//! * a word is also found as a part that an apostrophe joins: Iran in Iran's, homme in l'homme;
//! * numbers, dates and placeables (addresses, `%s`) are found as wholes.

use std::ops::Range;

use super::tokens::{Analysis, Kind, Token, analyse};

/// Words and phrases that must all occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    phrases: Vec<Phrase>,
}

/// Tokens that must follow each other; one for most words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// At least one.
    pub tokens: Vec<WantedToken>,
}

/// A token of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedToken {
    /// What it is.
    pub kind: Kind,
    /// Its text in the key fold.
    pub text: String,
    /// It may be written together with the next one: a ZWNJ joins them.
    pub joins_next: bool,
    /// It stands for all words that begin so; only the last of its phrase.
    pub prefix: bool,
}

/// The fewest letters before a `*`.
const SHORTEST_PREFIX: u32 = 2;

impl Wanted {
    /// Reads a query. One without any word or number asks for nothing, see [`Wanted::is_empty`].
    pub fn read(query: &str) -> Self {
        let mut wanted = Self::default();
        let mut rest = query;
        while let Some((before, quoted, after)) = next_quoted(rest) {
            wanted.add_words(before);
            wanted.add(quoted, false);
            rest = after;
        }
        wanted.add_words(rest);
        wanted
    }

    /// Nothing is asked for, so nothing occurs.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// What is asked for, each once.
    pub fn phrases(&self) -> &[Phrase] {
        &self.phrases
    }

    /// Where it occurs in an analysed text: byte ranges of the text in order, those that overlap as one; none unless
    /// everything occurs.
    pub fn occurrences(&self, analysis: &Analysis) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for phrase in &self.phrases {
            let before = found.len();
            for first in 0..analysis.tokens.len() {
                found.extend(phrase.place(analysis, first));
            }
            if found.len() == before {
                return Vec::new();
            }
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        found.dedup_by(|next, kept| {
            let overlap = next.start < kept.end;
            if overlap {
                kept.end = kept.end.max(next.end);
            }
            overlap
        });
        found
    }

    fn add_words(&mut self, text: &str) {
        for word in text.split_whitespace() {
            match word.strip_suffix('*') {
                Some(begin) => self.add(begin, true),
                None => self.add(word, false),
            }
        }
    }

    fn add(&mut self, text: &str, prefix: bool) {
        let analysis = analyse(text);
        let mut tokens: Vec<WantedToken> = Vec::with_capacity(analysis.tokens.len());
        for (place, token) in analysis.tokens.iter().enumerate() {
            let next = analysis.tokens.get(place + 1);
            tokens.push(WantedToken {
                kind: token.kind,
                text: analysis.word(token).to_owned(),
                joins_next: next.is_some_and(|next| are_joined(token, next)),
                prefix: prefix
                    && next.is_none()
                    && token.kind == Kind::Word
                    && token.chars >= SHORTEST_PREFIX
                    && token.key.end as usize == analysis.key.len(),
            });
        }
        let phrase = Phrase { tokens };
        if !phrase.tokens.is_empty() && !self.phrases.contains(&phrase) {
            self.phrases.push(phrase);
        }
    }
}

/// What stands before the next pair of quotes, between them, and after.
fn next_quoted(text: &str) -> Option<(&str, &str, &str)> {
    let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»');
    let (before, inside) = text.split_once(is_quote)?;
    let (quoted, after) = inside.split_once(is_quote)?;
    Some((before, quoted, after))
}

/// Two tokens that a ZWNJ joins to one written word, which is written without it, too.
fn are_joined(first: &Token, second: &Token) -> bool {
    let word = |token: &Token| token.kind == Kind::Word && token.arabic;
    second.glued && word(first) && word(second)
}

impl WantedToken {
    /// Whether a word is this one, or has it as a part.
    pub fn is(&self, kind: Kind, word: &str) -> bool {
        let alike = |word: &str| {
            if self.prefix {
                word.starts_with(self.text.as_str())
            } else {
                word == self.text
            }
        };
        let by_parts = kind == Kind::Word && word.contains('\'');
        kind == self.kind && (alike(word) || (by_parts && word.split('\'').any(alike)))
    }

    /// Whether it and the next one, written together, are a word.
    pub fn is_with(&self, next: &Self, word: &str) -> bool {
        let second = word.strip_prefix(self.text.as_str());
        self.joins_next && second.is_some_and(|second| next.is(Kind::Word, second))
    }
}

impl Phrase {
    /// Where it stands in the text, if it begins at this token. There is one way at most: of a token alone, two of
    /// the text and two of the phrase, no two fit.
    fn place(&self, analysis: &Analysis, first: usize) -> Option<Range<usize>> {
        let (mut at, mut wanted) = (first, 0);
        while let Some(token) = self.tokens.get(wanted) {
            let stored = analysis.tokens.get(at)?;
            let word = analysis.word(stored);
            let next = analysis.tokens.get(at + 1);
            let next = next.filter(|next| are_joined(stored, next));
            if token.is(stored.kind, word) {
                at += 1;
            } else if next
                .is_some_and(|next| token.is(Kind::Word, &[word, analysis.word(next)].concat()))
            {
                at += 2;
            } else if stored.kind == Kind::Word
                && self
                    .tokens
                    .get(wanted + 1)
                    .is_some_and(|second| token.is_with(second, word))
            {
                at += 1;
                wanted += 1;
            } else {
                return None;
            }
            wanted += 1;
        }
        let (begin, end) = (
            analysis.tokens.get(first)?,
            analysis.tokens.get(at.checked_sub(1)?)?,
        );
        Some(begin.source.start as usize..end.source.end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, as it stands in the text.
    fn found<'t>(query: &str, text: &'t str) -> Vec<&'t str> {
        let ranges = Wanted::read(query).occurrences(&analyse(text));
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_found_whole_and_folded_and_all_of_them() {
        for (query, text, expected) in [
            ("door", "The Door, the door; doors.", vec!["Door", "door"]),
            ("open DOOR", "The door is open.", vec!["door", "open"]),
            ("door window", "The door is open.", vec![]),
            ("كتاب", "این کتاب است", vec!["کتاب"]),
            ("۱۲", "12 and 1200", vec!["12"]),
            ("قطعا", "او قطعاً آمد", vec!["قطعاً"]),
            ("Iran", "Iran's people; l'Iran", vec!["Iran's", "l'Iran"]),
            ("Iran's", "Iran and Iran’s", vec!["Iran’s"]),
            ("the the The", "the end", vec!["the"]),
        ] {
            assert_eq!(found(query, text), expected, "{query}");
        }
    }

    #[test]
    fn phrases_stand_together_whatever_the_signs_between() {
        for (query, text, expected) in [
            (
                "\"door is\"",
                "The door is open; is the door?",
                vec!["door is"],
            ),
            (
                "«door is» open",
                "The door is open",
                vec!["door is", "open"],
            ),
            ("“is door”", "The door is open", vec![]),
            (
                "well-known",
                "a well known, well-known man",
                vec!["well known", "well-known"],
            ),
            ("well-known", "known well", vec![]),
            ("\"a a\"", "a a a b a", vec!["a a a"]),
            // A quote without a second one is a sign like others.
            ("5\" pipe", "a pipe of 5 inches", vec!["pipe", "5"]),
        ] {
            assert_eq!(found(query, text), expected, "{query}");
        }
    }

    #[test]
    fn a_half_space_meets_a_space_and_nothing_but_two_words_are_two() {
        for (query, text, expected) in [
            (
                "می‌رود",
                "او می‌رود، می رود، میرود",
                vec!["می‌رود", "می رود", "میرود"],
            ),
            ("میرود", "او می‌رود، می رود، میرود", vec!["می‌رود", "میرود"]),
            ("\"او میرود\"", "او می‌رود", vec!["او می‌رود"]),
            ("\"می‌رود خانه\"", "میرود خانه", vec!["میرود خانه"]),
            ("مادر", "ما در خانه‌ایم", vec![]),
            ("\"ما در\"", "مادر", vec![]),
            ("ها", "کتاب‌ها", vec!["ها"]),
        ] {
            assert_eq!(found(query, text), expected, "{query}");
        }
    }

    #[test]
    fn a_star_stands_for_the_rest_of_a_word() {
        for (query, text, expected) in [
            (
                "trans*",
                "Translate the translation in transit, please",
                vec!["Translate", "translation", "transit"],
            ),
            ("میرو*", "می‌روم", vec!["می‌روم"]),
            ("a* b*", "a bee", vec![]),
            ("\"trans*\"", "trans translation", vec!["trans"]),
            ("*", "anything", vec![]),
        ] {
            assert_eq!(found(query, text), expected, "{query}");
        }
    }

    #[test]
    fn signs_ask_for_nothing() {
        for query in [
            "", " ", "\"", "\"\"", "^", "%_%", "-", "«»", "\u{200c}", "\0", "(*)",
        ] {
            assert!(Wanted::read(query).is_empty(), "{query:?}");
            assert!(found(query, "% _ ^ - anything").is_empty(), "{query:?}");
        }
        let text = "'; DROP TABLE segment;-- near(the end, {s}:x and";
        for query in ["'; DROP TABLE segment;--", "NEAR(", "-the", "AND", "the OR"] {
            assert_eq!(found(query, text).is_empty(), query == "the OR", "{query}");
        }
    }
}
