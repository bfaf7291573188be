//! Unicode only: what two texts have in common for a reader, where their words are, and what the
//! inline tags of a segment mean. Nothing here touches I/O, and stored text is never altered: folds
//! are for comparing.
//!
//! # Which fold is for what
//! * [`fold::same`] decides 100: two texts with an equal `same` are the same text.
//! * [`fold::convention`] decides 99: equal here, different in `same`, is a spelling convention.
//! * [`fold::key`] is for finding: words are compared in it, and it knows where each byte came from.
//!
//! Each is idempotent, and what is equal in one is equal in the next (but where the key writes a sign
//! out in letters beside a stray joiner, as in ™ + ZWNJ).
//!
//! | pair | `same` | `convention` | `key` |
//! |---|---|---|---|
//! | علي / علی, كتاب / کتاب, موسى / موسی | = | = | = |
//! | خانۀ / خانهٔ (U+06C0 / U+0647 U+0654) | = | = | = |
//! | presentation forms ﻻ / لا, tatweel ســلام / سلام | = | = | = |
//! | bidi marks, soft hyphens, NBSP / space, spaces at the ends | = | = | = |
//! | a ZWNJ or ZWJ beside a space, doubled or at an end / none | = | = | = |
//! | آن‌ها / آن ها / آنها (Arabic script only) | ≠ | = | ≠ (words: آن‌ها = آن ها) |
//! | ۱۲٫۵ / 12.5, ۱۴۰۲ / 1402 | ≠ | = | = |
//! | قطعاً / قطعا (vowel marks) | ≠ | = | = |
//! | Word / word, “a” / "a", a–b / a-b, ، / `,` | ≠ | ≠ | = |
//! | آن / ان, رئیس / رییس, رحمة / رحمه, جزء / جز | ≠ | ≠ | = |
//! | خانهٔ / خانه‌ی / خانه (ezafe) | ≠ | ≠ | = |
//! | ﷲ / الله, ﬁ / fi, ½ / 1⁄2 (compatibility forms) | ≠ | ≠ | = |
//! | sign up / signup, é / e, ß / ss | ≠ | ≠ | ≠ |
//!
//! # Rooms
//! * [`fold`]: the folds and the map back to the original; [`tokens`]: words, numbers, placeables.
//! * [`wanted`]: what a search asks for, and where it occurs.
//! * [`tags`]: TMX inline markup. [`check`]: what a segment must fulfil to be stored; [`name`]: what a name must.
//!
//! Inside: `tables` says what each character becomes (with sources), `pages` remembers it, `map` keeps
//! offsets, `placeables` finds what a translator carries over.

pub mod check;
mod convention;
#[cfg(test)]
mod corpus;
pub mod fold;
#[cfg(test)]
mod fold_tests;
mod map;
pub mod name;
mod pages;
mod placeables;
mod tables;
pub mod tags;
pub mod tokens;
#[cfg(test)]
mod tokens_tests;
pub mod wanted;

/// Of the tables and rules by which texts are folded and cut into tokens. What was made with another one, such as a
/// snapshot of the index, is made anew. A test holds it: whoever changes a fold changes this number.
pub const FOLD_VERSION: u64 = 1;

pub use tokens::{Analysis, Kind, Token, analyse, analyse_into};
pub use wanted::Wanted;
