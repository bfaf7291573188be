//! The termbase: concepts and their names, styles, suggestions; finding names in texts and bringing texts in
//! line with a style. `live` keeps in memory what the store has; everything else asks it or the store.

mod check;
mod concepts;
mod find;
mod format;
mod identify;
mod imports;
mod live;
mod requests;
mod shipped;
mod styles;
mod suggestions;
mod terms;
#[cfg(test)]
mod tests;
mod tools;
mod transfer;
mod view;

pub use format::GlossaryFormat;
pub use identify::{Brief, Identified, Identify};
pub use requests::{
    CheckPair, CheckReply, ConceptContent, ConceptEdit, ConceptHistoryEntry, ConceptPage,
    ConceptQuery, ConceptView, Decision, FindNames, FindTerms, FindingView, FoundConcept,
    FoundNames, FoundTerms, MentionView, NameChange, NameEntry, NewConcept, NewStyle,
    NewSuggestion, NormalizeNames, NormalizedNames, PairFinding, PairFindingKind, Stretch,
    StyleEdit, StyleHistoryEntry, StyleSettings, StyleView, SuggestionKind, SuggestionPage,
    SuggestionView, TermView,
};
pub use transfer::{GlossaryCheck, GlossaryImport};

pub(super) use find::mentions;
pub(super) use live::Live;
pub use tools::{DocumentChange, DocumentChanges, NameTools};
