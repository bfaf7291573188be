//! The termbase: concepts and their names, styles, suggestions; finding names in texts and bringing texts in
//! line with a style. `live` keeps in memory what the store has; everything else asks it or the store.

mod check;
mod concepts;
mod find;
mod live;
mod requests;
mod styles;
mod suggestions;
mod transfer;
mod view;

pub use requests::{
    ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage, ConceptQuery, ConceptView,
    Decision, FindNames, FoundConcept, FoundNames, MentionView, NameEntry, NewConcept, NewStyle,
    NewSuggestion, StyleEdit, StyleSettings, StyleView, SuggestionKind, SuggestionPage,
    SuggestionView,
};
pub use transfer::{GlossaryCheck, GlossaryFormat, GlossaryImport};

pub(super) use live::Live;
