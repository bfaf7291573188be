//! Laws that hold for any text.

use proptest::prelude::*;

use super::{find, finder};
use crate::model::{FirstMention, LaterMention, Style};
use crate::names::{Lookup, Mention, normalize};

/// Text with names, their pieces, and what trips programs, in any order.
pub(super) fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "MEK", "PMOI", "MKO", "M.E.K.", "People’s Mojahedin Organization of Iran", "Mujahedin", "-e", " Khalq",
            " (PMOI/MEK)", " (MEK)", "’s", "'", "Ali ", "Khamene'i", "Mojtaba ", "Seyyed ", "Resistance Units",
            "Islamic Republic", " of ", "Iran", "Tehran Times", "سازمان مجاهدين", "‌خلق", " ایران", "منافقین", "های",
            "خامنه", "‌ای", " اي", "ي", "ك", "“", "”", "«", "»", "/", "-", ".", ", ", "\n\n", "\n",
        ]).prop_map(String::from),
        2 => Just(" ".to_owned()),
        1 => prop::sample::select(vec![
            "\u{202E}", "\u{2066}", "\u{200F}", "\u{200C}", "\u{640}", "\u{301}", "\u{64E}", "\u{FEFF}", "ﷲ", "ﬁ", "İ", "ß", "\0",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn styles() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(vec![
            FirstMention::AsIs,
            FirstMention::Preferred,
            FirstMention::FullWithAcronyms,
        ]),
        prop::sample::select(vec![
            LaterMention::AsIs,
            LaterMention::Acronym,
            LaterMention::Short,
            LaterMention::Preferred,
        ]),
        any::<bool>(),
    )
        .prop_map(|(first_mention, later, leave_quotations)| Style {
            first_mention,
            later,
            leave_quotations,
            ..Style::default()
        })
}

fn well_placed(text: &str, mention: &Mention) {
    assert!(
        text.get(mention.range.clone())
            .is_some_and(|there| !there.is_empty()),
        "{text:?} {mention:?}"
    );
    assert!(mention.range.start <= mention.core.start && mention.core.end <= mention.range.end);
    for nested in &mention.nested {
        assert!(mention.range.start <= nested.range.start && nested.range.end <= mention.range.end);
        well_placed(text, nested);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mentions_are_in_order_and_on_characters(text in soup()) {
        let mentions = find(&text);
        for pair in mentions.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start, "{:?} {:?}", text, pair);
        }
        for mention in &mentions {
            well_placed(&text, mention);
        }
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        for mention in find(&text) {
            well_placed(&text, &mention);
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in soup(), style in styles()) {
        let once = normalize(finder(), &text, None, &style);
        let twice = normalize(finder(), &once.text, None, &style);
        prop_assert_eq!(&twice.text, &once.text, "{:?}", text);
        prop_assert!(twice.changes.is_empty());
    }

    #[test]
    fn nothing_changes_outside_the_listed_changes(text in soup(), style in styles()) {
        let normalized = normalize(finder(), &text, None, &style);
        let (mut rebuilt, mut at) = (String::new(), 0);
        for change in &normalized.changes {
            prop_assert!(at <= change.range.start);
            prop_assert_eq!(&text[change.range.clone()], change.from.as_str());
            rebuilt.push_str(&text[at..change.range.start]);
            rebuilt.push_str(&change.to);
            at = change.range.end;
        }
        rebuilt.push_str(&text[at..]);
        prop_assert_eq!(rebuilt, normalized.text);
    }

    #[test]
    fn any_query_is_answered(query in soup()) {
        static LOOKUP: std::sync::OnceLock<Lookup> = std::sync::OnceLock::new();
        let lookup = LOOKUP.get_or_init(|| Lookup::new(super::concepts().into_iter().map(std::sync::Arc::new).collect()));
        let hits = lookup.search(&query, 5);
        prop_assert!(hits.len() <= 5 && hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let guesses = lookup.identify(finder(), &query, 5);
        prop_assert!(guesses.len() <= 5 && guesses.windows(2).all(|pair| pair[0].named >= pair[1].named));
        prop_assert!(lookup.complete(&query, 5).len() <= 5);
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    for text in [
        "MEK".repeat(20_000),
        "M.E.K. ".repeat(20_000),
        "Mojahedin-e ".repeat(20_000),
        "e ".repeat(50_000),
        "Ali ".repeat(20_000),
        "خ".repeat(100_000),
        "ا\u{200C}".repeat(50_000),
        "\u{301}".repeat(100_000),
        "x".repeat(300_000),
        "People's Mojahedin Organization of ".repeat(5_000),
        "سازمان مجاهدین خلق ".repeat(5_000),
    ] {
        let start = std::time::Instant::now();
        for mention in find(&text) {
            well_placed(&text, &mention);
        }
        assert!(start.elapsed().as_secs() < 20, "{}", &text[..8]);
    }
}
