//! Batches of queries read, results written.

use serde_json::{Value, json};

use super::vocabulary::{Class, kinds_of};
use super::{BATCH, too_many, wrong_type};
use crate::engine::{Brief, Identified, Identify};
use crate::http::problem::Problem;
use crate::model::ConceptKind;

/// Candidates where nothing is said, and at most.
const CANDIDATES: usize = 5;
const MOST_CANDIDATES: usize = 100;
/// Values of properties that are weighed for a query.
const MOST_EVIDENCE: usize = 10;

/// A batch of 0.1 or 0.2: its keys, and what each asks.
pub(super) fn read(batch: &Value) -> Result<(Vec<String>, Vec<Identify>), Problem> {
    let queries = batch
        .as_object()
        .ok_or_else(|| wrong_type("queries", "an object of queries"))?;
    if queries.len() > BATCH {
        return Err(too_many("queries", "queries", BATCH));
    }
    let one = |(key, query): (&String, &Value)| (key.clone(), one(query));
    Ok(queries.iter().map(one).unzip())
}

fn one(query: &Value) -> Identify {
    let mut evidence = Vec::new();
    for property in list(&query["properties"]) {
        if is_a_name(&property["pid"]) {
            texts(&property["v"], &mut evidence);
        }
    }
    let types = texts_of(&query["type"]);
    let strict = query["type_strict"].as_str();
    let text = text(&query["query"]).unwrap_or_default();
    asked(text, evidence, &types, strict, &query["limit"])
}

/// A batch of the draft of 1.0: what its queries ask, in order.
pub(super) fn read_draft(batch: &Value) -> Result<Vec<Identify>, Problem> {
    let queries = batch["queries"]
        .as_array()
        .ok_or_else(|| wrong_type("/queries", "a list of queries"))?;
    if queries.len() > BATCH {
        return Err(too_many("/queries", "queries", BATCH));
    }
    Ok(queries.iter().map(one_of_draft).collect())
}

fn one_of_draft(query: &Value) -> Identify {
    let (mut names, mut evidence) = (Vec::new(), Vec::new());
    for condition in list(&query["conditions"]) {
        match condition["matchType"].as_str() {
            Some("name" | "id") => texts(&condition["propertyValue"], &mut names),
            Some("property") if is_a_name(&condition["propertyId"]) => {
                texts(&condition["propertyValue"], &mut evidence);
            }
            _ => {}
        }
    }
    names.truncate(1);
    let types = texts_of(&query["type"]);
    let text = names.pop().unwrap_or_default();
    asked(text, evidence, &types, None, &query["limit"])
}

fn asked(
    text: String,
    mut evidence: Vec<String>,
    types: &[String],
    strict: Option<&str>,
    limit: &Value,
) -> Identify {
    let limit = limit
        .as_u64()
        .or_else(|| limit.as_str()?.trim().parse().ok());
    let limit = limit.filter(|limit| *limit > 0);
    let limit = limit.map_or(CANDIDATES, |limit| {
        limit.min(MOST_CANDIDATES as u64) as usize
    });
    // Without a name, the first property is one.
    let text = if text.trim().is_empty() && !evidence.is_empty() {
        evidence.remove(0)
    } else {
        text
    };
    evidence.truncate(MOST_EVIDENCE);
    // A type that nobody knows says nothing.
    let known = || {
        types
            .iter()
            .map(|word| kinds_of(word))
            .filter(|kinds| !kinds.is_empty())
    };
    let mut kinds: Vec<ConceptKind> = known().flatten().copied().collect();
    let only_kinds = matches!(strict, Some("any" | "all")) && !kinds.is_empty();
    if strict == Some("all") {
        kinds.retain(|kind| known().all(|kinds| kinds.contains(kind)));
    }
    Identify {
        // Nothing is of two types that have no kind in common.
        text: if only_kinds && kinds.is_empty() {
            String::new()
        } else {
            text
        },
        kinds,
        only_kinds,
        evidence,
        limit,
    }
}

/// Whether what a property says is a name of the thing.
fn is_a_name(pid: &Value) -> bool {
    matches!(
        pid.as_str(),
        Some("canonical_en" | "canonical_fa" | "names" | "acronyms")
    )
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A value of a property: a text, a thing with an id and perhaps a name, or several of them.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            let values = values.iter().filter(|value| !value.is_array());
            values.for_each(|value| texts(value, found));
        }
        Value::Object(thing) => {
            let named = thing.get("name").or_else(|| thing.get("id"));
            found.extend(named.and_then(text));
        }
        value => found.extend(text(value)),
    }
    found.retain(|text| !text.trim().is_empty());
}

fn texts_of(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    texts(value, &mut found);
    found
}

/// A candidate.
pub(super) fn result(found: &Identified) -> Value {
    json!({
        "id": found.concept.id,
        "name": name(&found.concept),
        "description": description(&found.concept),
        "type": [Class::of(found.concept.kind).json()],
        "score": found.score,
        "match": found.sure,
        // The client `reconciler` reads types only where this stands beside them.
        "features": [],
    })
}

/// What a concept is called: in English if it can be.
pub(super) fn name(concept: &Brief) -> &str {
    let names = &concept.preferred;
    let name = names.get("en").or_else(|| names.get("fa"));
    let name = name.or_else(|| names.values().next());
    name.map_or(concept.id.as_str(), String::as_str)
}

/// What tells it from its namesakes.
pub(super) fn description(concept: &Brief) -> String {
    let own = name(concept);
    let others = concept.preferred.values().map(String::as_str);
    let others = others.filter(|other| *other != own);
    let acronyms = concept.acronyms.iter().map(String::as_str).take(3);
    let parts = std::iter::once(Class::of(concept.kind).name);
    let parts: Vec<&str> = parts.chain(others.take(3)).chain(acronyms).collect();
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConceptKind::{Gov, Media, Org, Person};

    fn of(query: &Value) -> Identify {
        one(query)
    }

    #[test]
    fn a_query_is_read_in_every_shape_that_clients_send() {
        let full = of(&json!({
            "query": "MEK", "limit": "3", "type": ["organization", "Q5"], "type_strict": "should",
            "properties": [
                { "pid": "canonical_fa", "v": ["الف", { "id": "x", "name": "ب" }, 7, true, null, ""] },
                { "pid": "population", "v": "no name" },
            ],
        }));
        assert_eq!((full.text.as_str(), full.limit), ("MEK", 3));
        assert_eq!(full.kinds, [Org, Gov, Media]);
        assert!(!full.only_kinds);
        assert_eq!(full.evidence, ["الف", "ب", "7"]);
        let least =
            of(&json!({ "query": 1988, "type": "nonsense", "type_strict": "any", "limit": 0 }));
        assert_eq!((least.text.as_str(), least.limit), ("1988", CANDIDATES));
        assert!(least.kinds.is_empty() && !least.only_kinds);
        let by_property =
            of(&json!({ "properties": [{ "pid": "names", "v": { "id": "org:x" } }] }));
        assert_eq!(by_property.text, "org:x");
        assert!(by_property.evidence.is_empty());
    }

    #[test]
    fn strict_types_are_kept_to() {
        let kinds = |strict: &str, types: Value| {
            let read = of(&json!({ "query": "x", "type": types, "type_strict": strict }));
            (read.only_kinds, read.kinds)
        };
        assert_eq!(
            kinds("any", json!(["person", "gov"])),
            (true, vec![Person, Gov])
        );
        assert_eq!(
            kinds("all", json!(["organization", "gov", "Q1"])),
            (true, vec![Gov, Gov])
        );
        assert_eq!(
            kinds("all", json!({ "id": "person" })),
            (true, vec![Person])
        );
        let none = of(&json!({ "query": "x", "type": ["person", "place"], "type_strict": "all" }));
        assert_eq!(none.text, "");
        assert_eq!(kinds("odd", json!("person")), (false, vec![Person]));
    }

    #[test]
    fn what_says_nothing_asks_nothing() {
        for query in [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!({ "query": {} }),
        ] {
            assert_eq!(of(&query).text, "");
        }
    }

    #[test]
    fn a_batch_is_an_object_and_has_an_end() {
        assert!(read(&json!([])).is_err());
        let many = |count: usize| (0..count).map(|n| (format!("q{n}"), json!({ "query": "x" })));
        assert!(read(&Value::Object(many(BATCH).collect())).is_ok());
        let refused = read(&Value::Object(many(BATCH + 1).collect())).unwrap_err();
        assert_eq!(refused.code(), "batch_too_large");
    }
}
