//! A concept's id as an XML id and back. XML ids are names without a colon that begin with a letter or `_`.

use crate::model::{ConceptId, MAX_CONCEPT_ID};

/// What is put before an id that could not begin an XML name, or looks as if it had been.
const PREFIX: &str = "id.";

/// `org:pmoi` → `org.pmoi`.
pub(super) fn to_xml(id: &ConceptId) -> String {
    let dotted = id.as_str().replace(':', ".");
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    if dotted.starts_with(begins) && !dotted.starts_with(PREFIX) {
        dotted
    } else {
        format!("{PREFIX}{dotted}")
    }
}

/// The way back. For an id that is none of ours: the nearest that can be a concept's, and true.
pub(super) fn from_xml(id: &str) -> Option<(ConceptId, bool)> {
    let undotted = id.strip_prefix(PREFIX).unwrap_or(id).replace('.', ":");
    if let Ok(id) = ConceptId::parse(&undotted) {
        return Some((id, false));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
    let mended: String = undotted
        .chars()
        .take(MAX_CONCEPT_ID)
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    ConceptId::parse(&mended).ok().map(|id| (id, true))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_comes_back_from_an_xml_name(id in "[A-Za-z0-9:_-]{1,20}|id:[0-9a-z:-]{0,5}") {
            let id = ConceptId::parse(&id).unwrap();
            let xml = to_xml(&id);
            prop_assert!(!xml.contains(':') && xml.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
            prop_assert_eq!(from_xml(&xml), Some((id, false)));
        }

        #[test]
        fn any_text_is_an_id_or_none(text in "\\PC{0,200}") {
            let _ = from_xml(&text);
        }
    }

    #[test]
    fn what_does_not_fit_is_replaced() {
        let (id, mended) = from_xml("c 1/é").unwrap();
        assert_eq!((id.as_str(), mended), ("c-1--", true));
        assert_eq!(from_xml(""), None);
    }
}
