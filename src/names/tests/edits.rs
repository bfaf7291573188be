//! After any sequence of edits the finder, the look-up and the terms answer as ones that are built anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::laws::soup;
use crate::model::{Concept, ConceptId, ConceptKind, Lang, Marks, Name, NameForm, Status};
use crate::names::{Changes, Finder, Lookup, Mention, Scope, TermMatch, Terms};

/// All that finds.
struct All {
    finder: Arc<Finder>,
    lookup: Lookup,
    terms: Terms,
}

impl All {
    fn new(concepts: &BTreeMap<ConceptId, Arc<Concept>>) -> Self {
        let concepts: Vec<Arc<Concept>> = concepts.values().cloned().collect();
        let finder = Arc::new(Finder::shared(concepts.clone()));
        Self {
            lookup: Lookup::new(concepts),
            terms: Terms::new(Arc::clone(&finder)),
            finder,
        }
    }

    fn with(&self, changes: &Changes) -> Self {
        let finder = Arc::new(self.finder.with(changes));
        Self {
            lookup: self.lookup.with(changes),
            terms: self.terms.with(Arc::clone(&finder)),
            finder,
        }
    }

    fn id(&self, concept: usize) -> String {
        self.finder.concept_at(concept).unwrap().id.to_string()
    }

    fn mention(&self, mention: &Mention) -> String {
        let nested: Vec<String> = mention.nested.iter().map(|it| self.mention(it)).collect();
        let ambiguous: Vec<String> = mention.ambiguous.iter().map(|it| self.id(*it)).collect();
        let (range, name, via) = (&mention.range, mention.name, mention.via);
        let (core, confidence, bare) = (&mention.core, mention.confidence, mention.bare);
        format!(
            "{range:?} {core:?} {} {name} {via:?} {confidence} {bare} {nested:?} {ambiguous:?}",
            self.id(mention.concept)
        )
    }

    fn term(&self, term: &TermMatch) -> String {
        let mention = term.mention.as_ref().map(|it| self.mention(it));
        let (range, name, exact) = (&term.range, term.name, term.is_exact);
        format!(
            "{range:?} {} {name} {exact} {mention:?}",
            self.id(term.concept)
        )
    }

    /// What it answers, with ids instead of numbers.
    fn told(&self, text: &str) -> Vec<String> {
        let mut told = Vec::new();
        for kinds in [None, Some(ConceptKind::ALL)] {
            let found = self.finder.find(text, Scope { lang: None, kinds });
            told.extend(found.iter().map(|it| self.mention(it)));
        }
        for lang in ["en", "fa"] {
            let found = self.terms.find(text, &Lang::parse(lang).unwrap());
            told.extend(found.iter().map(|it| self.term(it)));
        }
        for query in text
            .split(['\n', ',', '.'])
            .filter(|query| query.len() < 100)
        {
            for hit in self.lookup.search(query, 8) {
                let concept = self.lookup.concept_at(hit.concept).unwrap();
                told.push(format!(
                    "{query}: {} {} {}",
                    concept.id, hit.name, hit.score
                ));
            }
        }
        for query in text.split('\n').filter(|query| query.len() < 60) {
            for guess in self.lookup.identify(&self.finder, query, 5) {
                told.push(format!(
                    "{} {} {}",
                    self.id(guess.concept),
                    guess.score,
                    guess.named
                ));
            }
            let completed = self.lookup.complete(query, 5);
            told.extend(completed.into_iter().map(|it| self.id(it)));
        }
        let listed = self
            .finder
            .concepts()
            .map(|(_, concept)| concept.id.to_string());
        told.extend(listed);
        told
    }
}

/// One edit: an id, and names for it, or none when it is deleted.
fn edit() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (
        0usize..60,
        prop::collection::vec((0usize..45, 0usize..6), 0..4),
    )
}

fn edited(
    known: &[Concept],
    (id, names): &(usize, Vec<(usize, usize)>),
) -> (ConceptId, Option<Arc<Concept>>) {
    let kinds = ["org", "person", "place", "term"];
    let id = match known.get(*id) {
        Some(known) => known.id.clone(),
        None => ConceptId::parse(&format!("{}:new-{id}", kinds[id % 4])).unwrap(),
    };
    let all: Vec<&Name> = known.iter().flat_map(|concept| &concept.names).collect();
    let mut concept = Concept::new(id.clone());
    for (number, how) in names {
        let name = all[number % all.len()];
        concept.names.push(Name {
            form: [NameForm::Full, NameForm::Short, name.form][how % 3],
            status: [Status::Preferred, Status::Admitted][how % 2],
            marks: if *how == 5 {
                Marks::parse("default").unwrap()
            } else {
                Marks::default()
            },
            ..name.clone()
        });
    }
    let is_there = !concept.names.is_empty();
    (id, is_there.then(|| Arc::new(concept)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn edits_on_top_are_the_same_as_building_anew(
        edits in prop::collection::vec(edit(), 1..24),
        text in soup(),
        more in soup(),
    ) {
        let known = super::concepts();
        let mut concepts: BTreeMap<ConceptId, Arc<Concept>> =
            known.iter().map(|it| (it.id.clone(), Arc::new(it.clone()))).collect();
        let base = All::new(&concepts);
        let mut changes = Changes::new();
        let names: Vec<&str> = edits.iter().flat_map(|(_, names)| names)
            .map(|(number, _)| known[number % known.len()].names[0].text.as_str()).collect();
        let text = format!("{text}\n{}.\n{more}", names.join(", "));
        let mut now = base.with(&changes);
        for edit in &edits {
            let (id, concept) = edited(&known, edit);
            match &concept {
                Some(concept) => concepts.insert(id.clone(), Arc::clone(concept)),
                None => concepts.remove(&id),
            };
            changes.insert(id, concept);
            now = now.with(&changes);
        }
        prop_assert_eq!(now.told(&text), All::new(&concepts).told(&text), "{:?}", text);
    }
}
