//! The termbase: concepts and their names, styles, suggestions; finding names in texts and bringing texts in
//! line with a style. `live` keeps in memory what the store has; everything else asks it or the store.

mod check;
mod concepts;
mod live;
mod requests;
mod suggestions;
mod view;

pub use requests::{
    ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage, ConceptQuery, ConceptView,
    Decision, FoundConcept, NameEntry, NewConcept, NewSuggestion, SuggestionKind, SuggestionPage,
    SuggestionView,
};

pub(super) use live::Live;
