//! What finding a mention must get right, case by case.

use super::{find, finder, tell, told};
use crate::model::ConceptKind;
use crate::names::{Scope, Via};

#[test]
fn spans_are_the_name_and_nothing_more() {
    for (text, expected) in [
        ("the MEK's role", vec!["MEK=org:pmoi"]),
        ("the MEK’s role", vec!["MEK=org:pmoi"]),
        ("the MEK’ role", vec!["MEK=org:pmoi"]),
        ("PMOI/MEK", vec!["PMOI=org:pmoi", "MEK=org:pmoi"]),
        ("PMOI-MEK", vec!["PMOI=org:pmoi", "MEK=org:pmoi"]),
        (
            "Mojahedin-e Khalq (MEK)",
            vec!["Mojahedin-e Khalq=org:pmoi", "MEK=org:pmoi"],
        ),
        ("Iran-backed", vec!["Iran=place:iran"]),
        ("Ayatollah Ali Khamenei", vec!["Ali Khamenei=person:ali"]),
        (
            "Sayyid Ali Khamenei",
            vec!["Sayyid Ali Khamenei=person:ali"],
        ),
        ("Mrs. Maryam Rajavi", vec!["Maryam Rajavi=person:maryam"]),
        ("Ali Ghazi Askar", vec!["Ali Ghazi Askar=person:askar"]),
        (
            "Ruhollah Mousavi Khomeini",
            vec!["Ruhollah Mousavi Khomeini=person:ruhollah"],
        ),
        ("A. Khamenei", vec!["A. Khamenei=person:ali"]),
        ("مجاهدین خلق را", vec!["مجاهدین خلق=org:pmoi"]),
        (
            "ایران‌ها و ایران‌را",
            vec!["ایران=place:iran", "ایران=place:iran"],
        ),
        ("اروپای غربی", vec!["اروپا=place:europe"]),
        ("در منافقينِ", vec!["منافقينِ=org:pmoi"]),
        ("سيد علي خامنه اي", vec!["سيد علي خامنه اي=person:ali"]),
        ("www.iran.ir, a@tehran.org, Iran.com", vec![]),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_the_name_is_not_found() {
    for text in [
        "mek",
        "Meek",
        "MEKO",
        "mEK",
        "resistance units",
        "Mojtaba Khamenei",
        "Mohammad Ali Khamenei",
        "B. Khamenei",
        "Tehran Times",
        "Tehran University",
        "University of Tehran",
        "Tehran Stock Exchange",
        "Tehrani",
        "Khomein",
        "Islamic Republic of Pakistan",
        "Islamic Republic of Iraqi",
        "Shahriar Mandanipour",
        "Mr. Shahriar",
        "مجتبی خامنه‌ای",
        "ایرانی",
        "تهران‌پارس",
        "اروپایی",
        "شهریار مندنی‌پور",
        "Fayaz",
        "Ali Montazeri",
    ] {
        let wrong: Vec<String> = told(text)
            .into_iter()
            .filter(|told| !told.ends_with("place:iraq"))
            .collect();
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
    }
}

#[test]
fn longer_names_take_in_shorter_ones_which_are_nested() {
    let text = "the MEK Resistance Units";
    let mentions = find(text);
    assert_eq!(
        tell(text, &mentions[0]),
        "MEK Resistance Units=org:mek-units"
    );
    let nested: Vec<String> = mentions[0]
        .nested
        .iter()
        .map(|inner| tell(text, inner))
        .collect();
    assert_eq!(nested, ["MEK=org:pmoi", "Resistance Units=org:units"]);
}

#[test]
fn ambiguity_is_an_answer() {
    let mention = &find("Rajavi said")[0];
    assert_eq!(mention.ambiguous.len(), 1);
    assert!(mention.confidence <= 60);
    assert_eq!(told("Mrs. Rajavi"), ["Rajavi=person:maryam"]);
    assert_eq!(told("Mr. Rajavi"), ["Rajavi=person:massoud"]);
    let text = "Massoud Rajavi came. Rajavi spoke.";
    assert_eq!(tell(text, &find(text)[1]), "Rajavi=person:massoud");
}

#[test]
fn a_family_name_without_a_row_counts_after_the_full_name() {
    assert_eq!(
        told("Fayaz? Ebrahim Fayaz said. Later Fayaz left."),
        ["Ebrahim Fayaz=person:fayaz", "Fayaz=person:fayaz"]
    );
}

#[test]
fn a_generation_behind_a_name_is_no_family_name() {
    assert_eq!(
        told("Lincoln P. Bloomfield Jr. spoke. Later Martin Luther King Jr. was quoted."),
        ["Lincoln P. Bloomfield Jr.=person:lincoln"]
    );
}

#[test]
fn a_bare_family_name_before_another_word_with_a_capital_is_of_another_thing() {
    assert_eq!(
        told("Shahin Kia came. Kia Sportage. Later Kia left."),
        ["Shahin Kia=person:kia", "Kia=person:kia"]
    );
    assert!(told("Khamenei Transport Ltd").is_empty());
}

#[test]
fn the_longer_name_of_a_person_wins_though_a_shorter_one_begins_earlier() {
    assert_eq!(told("حاج قاسم سلیمانی رفت"), ["قاسم سلیمانی=person:qasem"]);
    assert_eq!(told("حاج قاسم رفت"), ["حاج قاسم=person:qasem"]);
}

#[test]
fn who_owns_a_name_is_not_in_it() {
    assert_eq!(
        told("IRGC's Quds Force"),
        ["IRGC=org:irgc", "Quds Force=org:quds"]
    );
    assert_eq!(told("IRGC Quds Force"), ["IRGC Quds Force=org:quds"]);
}

#[test]
fn one_slip_in_a_long_name_does_not_hide_it() {
    for text in [
        "Islamic Republc of Iran",
        "Islamic Rupublic",
        "Ministry of Foriegn Affairs",
        "People's Mojahedin Organizaton of Iran",
        "Resistence Units",
    ] {
        let mentions = find(text);
        assert_eq!(mentions.len(), 1, "{text}: {mentions:?}");
        assert_eq!(mentions[0].range, 0..text.len(), "{text}");
        assert_eq!(mentions[0].via, Via::Transliteration, "{text}");
    }
    for text in ["Islamic Rupublick", "resistence units", "Maryam Rejavu"] {
        assert!(told(text).is_empty(), "{text}");
    }
}

#[test]
fn every_mention_says_why() {
    for (text, via) in [
        ("Mojahedin-e Khalq", Via::Dictionary),
        ("People’s Mojahedin Organization of Iran", Via::Dictionary),
        ("MEK", Via::Acronym),
        ("M.E.K.", Via::Acronym),
        ("Mojahedin Khalq", Via::Fold),
        ("مجاهدين خلق", Via::Fold),
        ("Mudjahedin-e-Khalgh", Via::Transliteration),
        ("Hosseinali Montazeri", Via::Fold),
        ("Ali-Hossein Montazeri", Via::Fold),
        ("Hussain-Ali Montazari", Via::Transliteration),
    ] {
        let mentions = find(text);
        assert_eq!(mentions.len(), 1, "{text}: {mentions:?}");
        assert_eq!(
            (mentions[0].via, mentions[0].range.clone()),
            (via, 0..text.len()),
            "{text}"
        );
    }
}

#[test]
fn ordinary_terms_are_found_when_asked_for_only() {
    let kinds = [ConceptKind::Term];
    let scope = Scope {
        kinds: Some(&kinds),
        ..Scope::default()
    };
    assert!(
        find("a ceasefire in Iran").is_empty()
            || told("a ceasefire in Iran") == ["Iran=place:iran"]
    );
    assert_eq!(finder().find("a ceasefire in Iran", scope).len(), 1);
}

#[test]
fn other_countries_ministries_are_others() {
    for text in [
        "Ministry of Foreign Affairs of Iraq",
        "Turkish Ministry of Foreign Affairs",
        "وزارت امور خارجه عراق",
    ] {
        assert!(
            !told(text).iter().any(|told| told.ends_with("org:mfa")),
            "{text}"
        );
    }
    assert_eq!(
        told("Iran’s Ministry of Foreign Affairs")[1],
        "Ministry of Foreign Affairs=org:mfa"
    );
}
