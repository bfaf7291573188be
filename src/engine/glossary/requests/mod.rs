//! What is asked about the termbase and what is answered, in the shapes of the contract's JSON.

mod concepts;
mod names;
mod styles;
mod suggestions;
mod terms;

pub use concepts::{
    ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage, ConceptQuery, ConceptView,
    FoundConcept, NameEntry, NewConcept,
};
pub use names::{
    FindNames, FindingView, FoundNames, MentionView, NameChange, NormalizeNames, NormalizedNames,
};
pub use styles::{NewStyle, StyleEdit, StyleHistoryEntry, StyleSettings, StyleView};
pub use suggestions::{Decision, NewSuggestion, SuggestionKind, SuggestionPage, SuggestionView};
pub use terms::{
    CheckPair, CheckReply, FindTerms, FoundTerms, PairFinding, PairFindingKind, Stretch, TermView,
};
