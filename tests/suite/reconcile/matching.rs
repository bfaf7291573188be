//! What is matched, and what is not.

use std::collections::BTreeSet;

use hamzaban::engine::{Caller, Identify};
use serde_json::{Value, json};

use super::rules::{are_results, text};
use super::{TestServer, ask, fixture, form, matched, shipped, small};

#[test]
fn a_name_or_an_id_is_a_match_where_it_is_one_things_alone() {
    let server = small();
    for (query, expected) in [
        ("MEK", Some("org:pmoi")),
        ("سازمان مجاهدين خلق ايران", Some("org:pmoi")),
        ("org:pmoi", Some("org:pmoi")),
        (" PMOI/MEK ", Some("org:pmoi")),
        ("Massoud Rajavi", Some("person:massoud-rajavi")),
        ("Mrs. Maryam Radjavi", Some("person:maryam-rajavi")),
        ("National Concil of Resistance of Iran", Some("org:ncri")),
        // Two people, two things, a guard, another person, and nobody.
        ("Rajavi", None),
        ("Amnesty", None),
        ("Kazem Rajavi", None),
        ("Maryam Akbari", None),
        ("National Council of Resistance of Iraq", None),
        ("mek", None),
        ("qqqzzz", None),
        ("", None),
    ] {
        let found = ask(&server, json!({ "query": query }));
        assert_eq!(matched(&found), expected, "{query}: {found:?}");
    }
    let rajavis = ask(&server, json!({ "query": "Rajavi" }));
    let ids: Vec<&str> = rajavis.iter().map(|found| text(&found["id"])).collect();
    assert_eq!(ids, ["person:maryam-rajavi", "person:massoud-rajavi"]);
    assert!(ask(&server, json!({ "query": "qqqzzz" })).is_empty());
    assert!(ask(&server, json!({ "query": "MEK ".repeat(5_000) })).is_empty());
    assert_eq!(
        ask(&server, json!({ "query": "Rajavi", "limit": 1 })).len(),
        1
    );
}

#[test]
fn types_and_properties_help_and_an_unknown_type_never_hurts() {
    let server = small();
    let typed = |query: &str, kind: Value, strict: &str| {
        let asked = json!({ "query": query, "type": kind, "type_strict": strict });
        let found = ask(&server, asked);
        (matched(&found).map(str::to_owned), found.len())
    };
    let (pmoi, place) = (
        Some("org:pmoi".to_owned()),
        Some("place:amnesty".to_owned()),
    );
    for strict in ["any", "all", "should", "odd"] {
        assert_eq!(
            typed("MEK", json!("Q43229"), strict),
            (pmoi.clone(), 1),
            "{strict}"
        );
        assert_eq!(typed("MEK", json!([]), strict).0, pmoi);
        assert_eq!(typed("MEK", json!("organization"), strict).0, pmoi);
        // The type tells two things of one name apart.
        assert_eq!(
            typed("Amnesty", json!(["place"]), strict).0,
            place,
            "{strict}"
        );
    }
    assert_eq!(typed("MEK", json!("person"), "any"), (None, 0));
    assert_eq!(typed("MEK", json!("person"), "should"), (None, 1));
    let known = json!([{ "pid": "canonical_fa", "v": "مسعود رجوي" }, { "pid": "P31", "v": { "id": "Q5" } }]);
    let found = ask(&server, json!({ "query": "Rajavi", "properties": known }));
    assert_eq!(matched(&found), Some("person:massoud-rajavi"));
    let other = json!([{ "pid": "canonical_fa", "v": "شورای ملی مقاومت ایران" }]);
    let found = ask(&server, json!({ "query": "MEK", "properties": other }));
    assert_eq!((matched(&found), text(&found[0]["id"])), (None, "org:pmoi"));
    let alone = json!([{ "pid": "acronyms", "v": ["NCRI"] }]);
    assert_eq!(
        matched(&ask(&server, json!({ "properties": alone }))),
        Some("org:ncri")
    );
}

#[test]
fn cells_as_people_have_them_are_matched_and_none_wrongly() {
    let server = shipped();
    let cells = fixture("reconcile/cells.tsv");
    assert_eq!(cells.len(), 30);
    let (mut right, mut wrong) = (0, 0);
    for chunk in cells.chunks(10) {
        let batch = chunk
            .iter()
            .map(|row| (row[0].clone(), json!({ "query": row[0] })));
        let reply = form(&server, "queries", &Value::Object(batch.collect())).json();
        are_results(&reply);
        for row in chunk {
            let found = reply[&row[0]]["result"].as_array().unwrap();
            match matched(found) {
                Some(id) if id == row[1] => right += 1,
                Some(id) => {
                    wrong += 1;
                    println!("wrong: {} is {}, not {id}", row[0], row[1]);
                }
                None => println!("missed: {row:?}: {:?}", found.first()),
            }
        }
    }
    println!("{right} of 30 matched right, {wrong} wrong");
    assert!(right >= 29 && wrong == 0);
    look_alikes(&server);
}

/// Spellings that nobody listed are matched, and what only looks like a name is not.
fn look_alikes(server: &TestServer) {
    let identify = |text: &str| {
        let asked = Identify {
            text: text.to_owned(),
            limit: 5,
            ..Identify::default()
        };
        let found = server.engine.identify(&Caller::local(), &[asked]).unwrap();
        let sure = found[0].iter().find(|found| found.sure);
        sure.map(|found| found.concept.id.to_string())
    };
    let (variants, mut right) = (fixture("names/variants.tsv"), 0);
    for row in &variants {
        match identify(&row[1]) {
            Some(id) => {
                assert_eq!(id, row[0], "{}", row[1]);
                right += 1;
            }
            None => println!("missed: {row:?}"),
        }
    }
    println!("{right} of {} unlisted spellings matched", variants.len());
    assert!(right * 100 >= variants.len() * 95);
    let counted: BTreeSet<&str> = variants.iter().map(|row| row[0].as_str()).collect();
    let (hard, mut wrong) = (fixture("names/hard-negatives.tsv"), 0);
    for row in &hard {
        // A text that names something else may be matched with that.
        let Some(id) = identify(&row[0]).filter(|id| counted.contains(id.as_str())) else {
            continue;
        };
        let allowed = row.get(1).map_or("", String::as_str);
        if !allowed.split(' ').any(|own| own == id) {
            println!("wrong: {} matched with {id}", row[0]);
            wrong += 1;
        }
    }
    println!("{wrong} of {} hard negatives matched", hard.len());
    assert_eq!(wrong, 0);
}
