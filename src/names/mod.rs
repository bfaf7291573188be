//! Names: finding them in running text, knowing their standing, rewriting them to a house style.
//! Pure computation: no SQL, no HTTP, no files.
//!
//! # Rooms
//! * [`Finder`] finds mentions; inside, `letters` cuts a text into words and bare letters, which `reading` holds, `sound`
//!   hears romanisations, `cut` and `build` make variants of each name, `index` holds them, `walk` decides by the spelling,
//!   `hear` by the sound and `context` by the words around (with the lists of `lexicon`); `find` resolves what is left.
//! * [`judge()`] knows the standing of a mention in a style; [`normalize()`] rewrites a text to a style.
//! * [`Lookup`] answers a query with concepts (`shelf` holds their words); `identify` says which of them a text names, and completes what is
//!   being typed; [`Terms`] answers a segment with terms and names for its translator; [`redundant()`] says which
//!   listed spellings the finder does not need.

mod build;
mod context;
mod cut;
mod find;
mod hear;
mod identify;
mod index;
mod judge;
mod letters;
mod lexicon;
mod lookup;
mod mention;
mod normalize;
mod reading;
mod redundant;
mod shelf;
mod sound;
mod terms;
#[cfg(test)]
mod tests;
mod walk;

pub use find::{Changes, Finder, Scope};
pub use identify::Guess;
pub use judge::{Finding, Reason, judge, reads_persian};
pub use lookup::{Hit, LEAST, Lookup};
pub use mention::{Mention, Span, Via, spans};
pub use normalize::{Change, Normalized, normalize};
pub use redundant::redundant;
pub use terms::{TermMatch, Terms};
