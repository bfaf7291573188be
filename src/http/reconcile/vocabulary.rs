//! What the service says of itself: its types, its properties, and where what is.

use serde_json::{Value, json};

use super::BATCH;
use crate::model::ConceptKind::{self, Event, Gov, Media, Office, Org, Other, Person, Place, Term};

/// A type of things, for those who think in fewer kinds than we do.
pub(super) struct Class {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    kinds: &'static [ConceptKind],
}

/// All types.
#[rustfmt::skip]
pub(super) const CLASSES: &[Class] = &[
    Class { id: "organization", name: "Organization", about: "Organizations, parties, states and their organs, media", kinds: &[Org, Gov, Media] },
    Class { id: "person", name: "Person", about: "People", kinds: &[Person] },
    Class { id: "place", name: "Place", about: "Countries, cities, camps and other places", kinds: &[Place] },
    Class { id: "event", name: "Event", about: "Wars, treaties, meetings and other events", kinds: &[Event] },
    Class { id: "term", name: "Term", about: "Ordinary terms of the glossary", kinds: &[Term] },
    Class { id: "office", name: "Office", about: "Offices that people hold", kinds: &[Office] },
    OTHER,
];
const OTHER: Class = Class {
    id: "other",
    name: "Other",
    about: "Things of no type",
    kinds: &[Other],
};

impl Class {
    /// The type of a kind.
    pub(super) fn of(kind: ConceptKind) -> &'static Self {
        let found = CLASSES.iter().find(|class| class.kinds.contains(&kind));
        found.unwrap_or(&OTHER)
    }

    /// As an object with `id` and `name`.
    pub(super) fn json(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }
}

/// The kinds that a type means: one of ours, or a kind's own word. None of a type that nobody knows.
pub(super) fn kinds_of(word: &str) -> &'static [ConceptKind] {
    let word = word.trim();
    let class = CLASSES
        .iter()
        .find(|class| class.id.eq_ignore_ascii_case(word));
    if let Some(class) = class {
        return class.kinds;
    }
    let kind = ConceptKind::ALL
        .iter()
        .position(|kind| kind.as_str() == word);
    kind.and_then(|at| ConceptKind::ALL.get(at..=at))
        .unwrap_or_default()
}

/// A property of concepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
}

/// All properties.
#[rustfmt::skip]
pub(super) const PROPERTIES: &[Property] = &[
    Property { id: "canonical_en", name: "Preferred English name", about: "The name to use in English" },
    Property { id: "canonical_fa", name: "Preferred Persian name", about: "The name to use in Persian" },
    Property { id: "names", name: "All names", about: "Every name in every language, right or wrong" },
    Property { id: "status", name: "Status", about: "The standing of each of all names, in their order: preferred, admitted, deprecated, forbidden" },
    Property { id: "acronyms", name: "Acronyms", about: "The acronyms that may be used" },
];

impl Property {
    /// As an object with `id`, `name` and `description`.
    pub(super) fn json(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "description": self.about })
    }
}

/// The manifest of the service at an address.
pub(super) fn manifest(here: &str) -> Value {
    let suggest = |what: &str| {
        json!({
            "service_url": here,
            "service_path": format!("/suggest/{what}"),
            "flyout_service_url": here,
            "flyout_service_path": format!("/flyout/{what}?id=${{id}}"),
        })
    };
    // Offices and the rest are too few to be offered first.
    let usual: Vec<Value> = CLASSES.iter().take(5).map(Class::json).collect();
    json!({
        "versions": ["0.1", "0.2"],
        "name": "Hamzaban glossary",
        "identifierSpace": "urn:hamzaban:concept:",
        "schemaSpace": "urn:hamzaban:type:",
        "serviceVersion": env!("CARGO_PKG_VERSION"),
        "defaultTypes": usual,
        "batchSize": BATCH,
        "view": { "url": format!("{here}/view?id={{{{id}}}}") },
        "preview": { "url": format!("{here}/preview?id={{{{id}}}}"), "width": 420, "height": 220 },
        "suggest": { "entity": suggest("entity"), "type": suggest("type"), "property": suggest("property") },
        "extend": {
            "propose_properties": { "service_url": here, "service_path": "/properties" },
            "property_settings": [{
                "name": "limit", "label": "Limit", "type": "number", "default": 0,
                "help_text": "Most values to fetch of each thing (0: all)",
            }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_type_and_every_type_its_kinds() {
        for kind in ConceptKind::ALL {
            let classes = CLASSES.iter().filter(|class| class.kinds.contains(kind));
            assert_eq!(classes.count(), 1, "{kind}");
            assert!(kinds_of(Class::of(*kind).id).contains(kind));
            assert!(kinds_of(kind.as_str()).contains(kind));
        }
        assert_eq!(kinds_of("Organization"), [Org, Gov, Media]);
        assert_eq!(kinds_of("gov"), [Gov]);
        assert!(kinds_of("Q43229").is_empty() && kinds_of("").is_empty());
    }
}
