//! Judging, normalising, look-up, terms.

use std::sync::Arc;

use super::{concepts, find, finder};
use crate::model::{FirstMention, Lang, LaterMention, Style};
use crate::names::{Finder, Lookup, Reason, Terms, judge, normalize, redundant};

fn house() -> Style {
    Style {
        name: "house".into(),
        first_mention: FirstMention::FullWithAcronyms,
        later: LaterMention::Acronym,
        leave_quotations: true,
    }
}

#[test]
fn findings_are_what_should_be_written_otherwise() {
    for (text, expected) in [
        ("MEK", None),
        ("M.E.K.", None),
        ("People’s Mojahedin Organization of Iran", None),
        ("Mojahedin-e Khalq", None),
        ("مجاهدین خلق", None),
        ("MKO", Some((Reason::Deprecated, "MEK"))),
        (
            "Hypocrites grouplet",
            Some((Reason::Forbidden, "People's Mojahedin Organization of Iran")),
        ),
        (
            "منافقین",
            Some((Reason::Forbidden, "سازمان مجاهدین خلق ایران")),
        ),
        (
            "People’s Mojahedin Organisation of Iran",
            Some((
                Reason::ListedSpelling,
                "People's Mojahedin Organization of Iran",
            )),
        ),
        (
            "Mujahideen-e-Khalq",
            Some((Reason::UnlistedSpelling, "Mojahedin-e Khalq")),
        ),
        (
            "Mojahedin Khalq",
            Some((Reason::UnlistedSpelling, "Mojahedin-e Khalq")),
        ),
        ("مجاهدين خلق", Some((Reason::ArabicLetters, "مجاهدین خلق"))),
        ("Seyyed Ali Khamenei", None),
        (
            "Ali Khamene'i",
            Some((Reason::UnlistedSpelling, "Ali Khamenei")),
        ),
    ] {
        let mentions = find(text);
        let found = judge(finder(), text, &mentions[0], true, &Style::default());
        let found = found.as_ref().map(|found| {
            (
                found.reason,
                found.replacement.as_deref().unwrap_or_default(),
            )
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn normalising_keeps_all_but_the_names() {
    for (text, expected) in [
        (
            "the MKO’s “Mujahideen-e-Khalq”",
            "the MEK’s “Mojahedin-e Khalq”",
        ),
        (
            "سازمان مجاهدين خلق ايران، كتاب",
            "سازمان مجاهدین خلق ایران، كتاب",
        ),
        ("Seyed Ali Khamene’i's plan", "Seyed Ali Khamenei's plan"),
        ("Seyed Ali Ghazi-Askar came", "Seyyed Ali Ghazi Askar came"),
        (
            "the MKO; Lincoln P. Bloomfield Jr. spoke",
            "the MEK; Lincoln P. Bloomfield Jr. spoke",
        ),
        ("nothing here", "nothing here"),
    ] {
        let normalized = normalize(finder(), text, None, &Style::default());
        assert_eq!(normalized.text, expected, "{text}");
    }
}

#[test]
fn first_and_later_mentions_follow_the_style() {
    for (text, expected) in [
        (
            "The Mujahedin-e Khalq came. The PMOI left; the People's Mojahedin Organization of Iran’s end.",
            "The People's Mojahedin Organization of Iran (PMOI/MEK) came. The PMOI left; the MEK’s end.",
        ),
        (
            "The People's Mojahedin Organization of Iran (MEK), then Mojahedin Khalq (MEK).",
            "The People's Mojahedin Organization of Iran (PMOI/MEK), then MEK.",
        ),
        ("He said “MKO” first.", "He said “MKO” first."),
    ] {
        let once = normalize(finder(), text, None, &house());
        assert_eq!(once.text, expected, "{text}");
        assert!(
            normalize(finder(), &once.text, None, &house())
                .changes
                .is_empty()
        );
    }
}

#[test]
fn changes_say_why() {
    let changes = normalize(finder(), "MKO, MKO", None, &Style::default()).changes;
    let told: Vec<(&str, &str, Reason)> = changes
        .iter()
        .map(|change| (change.from.as_str(), change.to.as_str(), change.reason))
        .collect();
    assert_eq!(told, [("MKO", "MEK", Reason::Deprecated); 2]);
}

#[test]
fn queries_meet_across_scripts_order_and_typos() {
    let lookup = Lookup::new(concepts().into_iter().map(Arc::new).collect());
    for (query, id, least) in [
        ("Ali Khamenei", "person:ali", 100),
        ("khamenei ali", "person:ali", 90),
        ("Khamenai", "person:ali", 75),
        ("Maryam Radjavi", "person:maryam", 90),
        ("ماریم رجوی", "person:maryam", 80),
        ("فیاض ابراهیم", "person:fayaz", 70),
        ("سازمان مجاهدين خلق ايران", "org:pmoi", 100),
        ("Mujahedin Khalgh", "org:pmoi", 80),
        ("Ministry of Foriegn Affairs", "org:mfa", 85),
        ("mek", "org:pmoi", 96),
        ("MEK", "org:pmoi", 100),
    ] {
        let hits = lookup.search(query, 3);
        let first = hits
            .first()
            .unwrap_or_else(|| panic!("nothing for {query}"));
        assert_eq!(
            lookup.concept_at(first.concept).unwrap().id.as_str(),
            id,
            "{query}: {hits:?}"
        );
        assert!(first.score >= least, "{query}: {hits:?}");
    }
    assert!(lookup.search("", 3).is_empty());
    assert!(lookup.search("zzzz qqqq", 3).is_empty());
}

fn lookup() -> Lookup {
    Lookup::new(concepts().into_iter().map(Arc::new).collect())
}

fn id(lookup: &Lookup, concept: usize) -> &str {
    lookup.concept_at(concept).unwrap().id.as_str()
}

#[test]
fn a_whole_text_names_one_thing_or_several_or_nothing() {
    let lookup = lookup();
    for (text, named) in [
        ("MEK", vec!["org:pmoi"]),
        ("M.E.K.", vec!["org:pmoi"]),
        ("PMOI/MEK", vec!["org:pmoi"]),
        (
            "People’s Mojahedin Organization of Iran (MEK)",
            vec!["org:pmoi"],
        ),
        ("Mujahideen-e Khalgh", vec!["org:pmoi"]),
        ("Peoples Mojahedin Organization of Iran", vec!["org:pmoi"]),
        ("People's Mojahedin Orgnization of Iran", vec!["org:pmoi"]),
        ("Ministry of Foriegn Affairs", vec!["org:mfa"]),
        ("Ministry of Foreign Affairs of Iraq", vec![]),
        ("Islamic Republic of Iraq", vec![]),
        ("Dr. Maryam Radjavi", vec!["person:maryam"]),
        ("Rajavi", vec!["person:maryam", "person:massoud"]),
        ("Khamenei", vec!["person:ali"]),
        ("Mojtaba Khamenei", vec![]),
        ("Ebrahim Faiaz", vec!["person:fayaz"]),
        ("Tehran Times", vec![]),
        ("resistance units", vec![]),
        ("mek", vec![]),
        ("ceasefire", vec!["term:ceasefire"]),
        ("آتش بس", vec!["term:ceasefire"]),
        ("Iran and Iraq", vec![]),
        ("", vec![]),
    ] {
        let found = lookup.identify(finder(), text, 9);
        let found: Vec<&str> = found
            .iter()
            .filter(|guess| guess.named)
            .map(|guess| id(&lookup, guess.concept))
            .collect();
        assert_eq!(found, named, "{text}");
    }
}

#[test]
fn what_is_typed_is_completed() {
    let lookup = lookup();
    for (typed, first) in [
        ("pm", Some("org:pmoi")),
        ("mojahedin-e k", Some("org:pmoi")),
        ("iran", Some("place:iran")),
        ("raj", Some("person:maryam")),
        ("massoud ra", Some("person:massoud")),
        ("مجاه", Some("org:pmoi")),
        ("khamenai", Some("person:ali")),
        ("Tehran Ti", Some("place:tehran")),
        ("zzz", None),
        ("", None),
    ] {
        let found = lookup.complete(typed, 5);
        let found = found.first().map(|concept| id(&lookup, *concept));
        assert_eq!(found, first, "{typed}");
    }
    assert_eq!(lookup.complete("iran", 1).len(), 1);
}

#[test]
fn terms_are_found_inflected() {
    let terms = Terms::new(Arc::new(Finder::new(&concepts())));
    for (segment, lang, expected) in [
        (
            "Two ceasefires and the nuclear power plants of Iran",
            "en",
            vec!["ceasefires", "nuclear power plants", "Iran"],
        ),
        (
            "کتاب‌های ایران و کتابها",
            "fa",
            vec!["کتاب", "ایران", "کتابها"],
        ),
        ("آتش بس و آتش‌بسی", "fa", vec!["آتش بس", "آتش‌بسی"]),
        ("nothing", "en", vec![]),
    ] {
        let found = terms.find(segment, &Lang::parse(lang).unwrap());
        let found: Vec<&str> = found
            .iter()
            .map(|found| &segment[found.range.clone()])
            .collect();
        assert_eq!(found, expected, "{segment}");
    }
}

#[test]
fn a_listed_spelling_that_is_found_anyway_is_redundant() {
    let concepts = concepts();
    let found: Vec<&str> = redundant(&concepts)
        .iter()
        .map(|(concept, name)| concepts[*concept].names[*name].text.as_str())
        .collect();
    assert_eq!(found, ["People's Mojahedin Organisation of Iran"]);
}
