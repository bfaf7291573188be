//! The folds against their laws, a naive version and tables of cases.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::fold::{convention, key, same, same_mapped};
use super::map::Folded;
use super::tables::{
    AE, ARABIC_YEH, Fate, HAMZA_ABOVE, HEH, YEH, ZWJ, ZWNJ, decompose, fate, is_letter, is_mark,
    is_symbol,
};

/// Stands for a mark that the key drops until joiners are judged.
const MARK: char = '\u{10FFFF}';

/// What the fold must give, rule after rule over the whole text, as plainly as can be.
fn naive<const KEY: bool>(text: &str) -> String {
    let mut chars = Vec::new();
    for c in text.chars() {
        decompose::<KEY>(c, |piece| match fate::<KEY>(piece) {
            Fate::Keep(to) => chars.push(to),
            Fate::Space => chars.push(' '),
            Fate::Joiner(joiner) => chars.push(joiner),
            Fate::Mark => chars.push(MARK),
            Fate::Attached | Fate::Free => {}
        });
    }
    let mut joined: Vec<char> = Vec::new();
    for (at, &c) in chars.iter().enumerate() {
        if c != ZWNJ && c != ZWJ {
            joined.push(c);
            continue;
        }
        let is_joiner = |c: &&char| **c == ZWNJ || **c == ZWJ;
        let first = at == 0 || !is_joiner(&&chars[at - 1]);
        let after = chars[at..].iter().find(|c| !is_joiner(c));
        let mut run = chars[at..].iter().take_while(is_joiner);
        let c = if run.any(|&c| c == ZWNJ) { ZWNJ } else { ZWJ };
        let (Some(&before), Some(&after), true) =
            (joined.iter().rfind(|&&c| c != MARK), after, first)
        else {
            continue;
        };
        let word = is_letter(before) || is_mark(before);
        let picture = c == ZWJ && is_symbol(after) && (word || is_symbol(before));
        if (word && is_letter(after)) || picture {
            joined.push(c);
        }
    }
    let spaced = String::from_iter(joined.into_iter().filter(|&c| c != MARK));
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let chars: Vec<char> = words.join(" ").chars().collect();
    let mut rest = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        rest.push(chars[at]);
        let goes_on = |c: char| is_letter(c) || is_mark(c) || c == ZWNJ;
        let ends = !chars.get(at + 3).copied().is_some_and(goes_on);
        at += if KEY && chars[at..].starts_with(&[HEH, ZWNJ, YEH]) && ends {
            3
        } else {
            1
        };
    }
    if !KEY {
        for at in 0..rest.len() {
            let marks = rest[at + 1..]
                .iter()
                .take_while(|&&c| canonical_combining_class(c) != 0);
            let above = marks
                .copied()
                .find(|&c| canonical_combining_class(c) == 230);
            rest[at] = match rest[at] {
                YEH if above == Some(HAMZA_ABOVE) => ARABIC_YEH,
                HEH if above == Some(HAMZA_ABOVE) => AE,
                c => c,
            };
        }
    }
    rest.into_iter().nfc().collect()
}

/// Texts full of what folds care about.
fn texts() -> impl Strategy<Value = String> {
    let awkward: Vec<char> = "aAéÉßİıſΣς 1२۳٣٬٫،؟«»”’`´-–—ـيىیئےېۓكکڪةهۀھہۂەآأإٱاؤوءرمن\u{64B}\u{64E}\u{651}\u{670}\u{653}\u{654}\u{655}\u{656}ﻻﷺﷲ﷼ﯾﻱﹱ\u{FC60}\u{FE70}\u{200C}\u{200D}\u{200E}\u{202E}\u{AD}\u{FEFF}\u{200B}\u{A0}\u{202F}\t\n\u{2028}\u{85}\u{301}\u{323}\u{338}\u{345}\u{307}=≠¨½²…™Å한ᄒ\u{1161}\u{11AB}가\u{11A8}ﾊ\u{FF9E}が\u{3099}か漢ไ\u{E33}👨♀\u{FE0F}\u{1F3FB}❤ਂ\u{9BE}\u{9C7}\u{344}\u{F73}\u{1E9B}Ǆϴ𝐀ﬁ㍿"
        .chars()
        .collect();
    let awkward = prop::sample::select(awkward).prop_map(String::from);
    let words = prop_oneof![
        Just("ه\u{200C}ی"),
        Just("خانه\u{200C}ی ما"),
        Just("می\u{200C}روم "),
        Just("the Word "),
        Just("\u{200C}\u{200C}"),
    ]
    .prop_map(String::from);
    let piece = prop_oneof![
        8 => awkward,
        1 => words,
        1 => any::<char>().prop_map(|c| c.to_string().replace(MARK, "")),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check_map(text: &str, folded: &Folded) {
    let length = folded.text.len();
    let mut last = 0..0;
    for (at, c) in folded.text.char_indices() {
        let range = folded.original(at..at + c.len_utf8());
        assert!(
            text.get(range.clone()).is_some(),
            "boundaries of {range:?} in {text:?}"
        );
        assert!(!range.is_empty(), "{c:?} stands for nothing in {text:?}");
        assert!(
            range == last || range.start >= last.end,
            "{range:?} after {last:?} in {text:?} as {folded:?}"
        );
        // Starting anywhere and ending here gives the same end.
        let whole = folded.original(0..at + c.len_utf8());
        assert_eq!(whole.end, range.end);
        let rest = folded.original(at..length);
        assert_eq!(rest.start, range.start);
        last = range;
    }
    assert_eq!(folded.original(length..length + 9), last.end..last.end);
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(2_000))]

    #[test]
    fn folds_equal_the_naive_whole_string_version(text in texts()) {
        prop_assert_eq!(&key(&text).text, &naive::<true>(&text));
        prop_assert_eq!(same(&text), naive::<false>(&text));
    }

    #[test]
    fn folds_of_a_fold_change_nothing(text in texts()) {
        let key_text = key(&text).text;
        prop_assert_eq!(&key(&key_text).text, &key_text);
        let same_text = same(&text);
        prop_assert_eq!(&same(&same_text), &same_text);
        let conventional = convention(&text);
        prop_assert_eq!(&convention(&conventional), &conventional);
        prop_assert_eq!(&same(&conventional), &conventional);
    }

    #[test]
    fn narrower_folds_are_finer_than_wider_ones(text in texts()) {
        // Signs that the key writes out in letters (™) can make a joiner join there, and only there.
        let joinable = |c| is_letter(c) || is_mark(c);
        let written_out = |c: char| {
            let mut inside = false;
            decompose::<true>(c, |piece| inside |= joinable(piece));
            inside != joinable(c)
        };
        let text = text.replace(written_out, "");
        let same_text = same(&text);
        prop_assert_eq!(convention(&same_text), convention(&text));
        prop_assert_eq!(key(&same_text).text, key(&text).text);
    }

    #[test]
    fn maps_stay_on_boundaries_in_order_and_cover(text in texts()) {
        check_map(&text, &key(&text));
        check_map(&text, &same_mapped(&text));
        prop_assert_eq!(&same_mapped(&text).text, &same(&text));
    }

    #[test]
    fn any_range_of_a_map_is_answered(text in texts(), a in 0usize..80, b in 0usize..80) {
        let range = key(&text).original(a..b);
        prop_assert!(text.get(range).is_some());
    }

    #[test]
    fn any_unicode_at_all_folds_like_the_naive_version(text in any::<String>()) {
        let text = text.replace(MARK, "");
        prop_assert_eq!(&key(&text).text, &naive::<true>(&text));
        prop_assert_eq!(same(&text), naive::<false>(&text));
        check_map(&text, &key(&text));
    }
}

#[test]
fn every_character_folds_like_the_naive_version_alone_and_before_marks() {
    // Planes 2 and up hold Han, tags and nothing else that folds could treat in another way.
    for c in ('\0'..'\u{20000}')
        .chain('\u{2F800}'..'\u{2FB00}')
        .chain('\u{E0000}'..'\u{E0200}')
    {
        for text in [
            format!("{c}"),
            format!("ب{c}\u{301}"),
            format!("e{c}\u{654}"),
        ] {
            let folded = key(&text).text;
            assert_eq!(folded, naive::<true>(&text), "{text:?}");
            assert_eq!(key(&folded).text, folded, "{text:?}");
            let folded = same(&text);
            assert_eq!(folded, naive::<false>(&text), "{text:?}");
            assert_eq!(same(&folded), folded, "{text:?}");
        }
    }
}

#[test]
fn texts_that_look_alike_are_the_same() {
    for (a, b) in [
        ("كتاب علي", "کتاب علی"),
        ("موسى", "موسی"),
        ("خانۀ ما", "خانه\u{654} ما"),
        ("خانۀ ما", "خان\u{6D5}\u{654} ما"),
        ("خانه\u{200C}\u{654}", "خانۀ"),
        ("مسئول", "مسی\u{654}ول"),
        ("مسئول", "مسى\u{654}ول"),
        ("ﻻﯾﻱ", "لایی"),
        ("سـلام", "سلام"),
        ("سلام\u{200F}", "سلام"),
        ("a\u{A0}\u{202F} b\r\n", "a b"),
        ("\u{FEFF}a\u{AD}b\u{2060}", "ab"),
        ("کتاب\u{200C} ها", "کتاب ها"),
        ("کتاب\u{200C}\u{200C}ها\u{200C}.", "کتاب\u{200C}ها."),
        ("e\u{301}", "é"),
        ("e\u{AD}\u{301}", "é"),
    ] {
        assert_eq!(same(a), same(b), "{a} {b}");
    }
}

#[test]
fn what_a_reader_sees_as_different_is_not_the_same() {
    for (a, b) in [
        ("ﷲ", "الله"),
        ("۱۲", "12"),
        ("می\u{200C}روم", "میروم"),
        ("می\u{200C}روم", "می روم"),
        ("قطعاً", "قطعا"),
        ("آن", "ان"),
        ("رئیسی", "رییسی"),
        ("Word", "word"),
        ("sign up", "signup"),
        ("“a”", "\"a\""),
        ("ھ", "ه"),
        ("👨\u{200D}👩", "👨👩"),
        ("ﬁ", "fi"),
    ] {
        assert_ne!(same(a), same(b), "{a} {b}");
    }
}

#[test]
fn a_text_that_needs_no_folding_is_borrowed() {
    for text in [
        "",
        "A plain text.",
        "متن ساده و کوتاه، «آن»",
        "é 漢字",
        "خانۀ ما",
    ] {
        assert!(
            matches!(same(text), std::borrow::Cow::Borrowed(_)),
            "{text}"
        );
    }
}

#[test]
fn spelling_conventions_meet() {
    for (a, b) in [
        ("آن ها رفتند", "آن\u{200C}ها رفتند"),
        ("آن ها", "آنها"),
        ("۱۲ مهر ۱۴۰۲", "12 مهر 1402"),
        ("٣ و ۳ و 3", "3 و 3 و 3"),
        ("۱۲٫۵ و ۱٬۰۰۰", "12.5 و 1,000"),
        ("قطعاً", "قطعا"),
        ("كتاب‌ها", "کتاب ها"),
        ("رحمٰن", "رحمن"),
        ("ه ی ً ا", "هیا"),
    ] {
        assert_eq!(convention(a), convention(b), "{a} {b}");
    }
    for (a, b) in [
        ("sign up", "signup"),
        ("۱۲ ۳", "123"),
        ("آن", "ان"),
        ("Word", "word"),
        ("رئیس", "رییس"),
        ("سلام، او", "سلام, او"),
        ("a٬b", "a,b"),
        ("a\u{200C}b", "ab"),
        ("ژ ۲", "ژ۲"),
    ] {
        assert_ne!(convention(a), convention(b), "{a} {b}");
    }
}

#[test]
fn the_key_folds_what_the_table_says() {
    for (text, expected) in [
        ("ﯾ ﻱ ﻻ ﷲ ﷼", "ی ی لا الله ریال"),
        ("ي ى ې ے ئ ۓ", "ی ی ی ی ی ی"),
        ("ك ڪ", "ک ک"),
        ("رحمة آیة", "رحمه ایه"),
        ("خانۀ خانهٔ خانۂ خانه\u{200C}ی", "خانه خانه خانه خانه"),
        ("خانه\u{200C}یِ ما", "خانه ما"),
        (
            "خانه\u{200C}یی خانه\u{200C}های",
            "خانه\u{200C}یی خانه\u{200C}های",
        ),
        ("ه\u{200C}ی\u{200C}ی", "ه\u{200C}ی\u{200C}ی"),
        ("«خانه\u{200C}ی»", "\"خانه\""),
        ("ھ ہ ە", "ه ه ه"),
        ("أ إ ٱ آ ؤ", "ا ا ا ا و"),
        ("جزء", "جز"),
        ("قطعاً مُحَمَّد رحمٰن", "قطعا محمد رحمن"),
        ("ســلام\u{200F}", "سلام"),
        ("۱۲٫۵ ٣٬٠٠٠ २", "12.5 3,000 2"),
        ("٪ ، ؛ ؟ “a” ‘b’ „c‟", "% , ; ? \"a\" 'b' \"c\""),
        ("Khamene’i Ra´isi Masʿud", "khamene'i ra'isi mas'ud"),
        ("a‐b–c—d−e", "a-b-c-d-e"),
        ("É ÀÇ Straße", "é àç straße"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
        ("می\u{200C}روم", "می\u{200C}روم"),
        ("\u{200C}می\u{200C} روم\u{200C}.", "می روم."),
        ("ﬁ Ａ½…", "fi a1/2..."),
        ("ﷺ", "صلی الله علیه وسلم"),
        ("  a \t\u{2028} b  ", "a b"),
    ] {
        assert_eq!(key(text).text, expected, "{text}");
    }
}

#[test]
fn a_map_leads_back_to_the_original() {
    let text = "x «ﷺ» قطعاً، کتابـــ ۱۲";
    let folded = key(text);
    let original = |part: &str| {
        let at = folded.text.find(part).unwrap();
        &text[folded.original(at..at + part.len())]
    };
    assert_eq!(original("صلی"), "ﷺ");
    assert_eq!(original("وسلم"), "ﷺ");
    assert_eq!(original("قطعا"), "قطعاً");
    assert_eq!(original("قطع"), "قطع");
    assert_eq!(original("کتاب"), "کتابـــ");
    assert_eq!(original("1"), "۱");
    assert_eq!(original("12"), "۱۲");
    assert_eq!(original("، ".trim_end().replace('،', ",").as_str()), "،");
    let text = "خانه\u{200C}ی ما\u{200F} e\u{301}a";
    let folded = key(text);
    assert_eq!(&text[folded.original(0.."خانه".len())], "خانه\u{200C}ی");
    let at = folded.text.find('é').unwrap();
    assert_eq!(
        &text[folded.original(at..at + 1)],
        "e\u{301}",
        "a cut character is whole"
    );
    let at = folded.text.find("ما").unwrap();
    assert_eq!(&text[folded.original(at..at + "ما".len())], "ما");
}

#[test]
fn hostile_texts_fold_in_linear_time() {
    for unit in [
        "\u{301}",
        "e\u{301}",
        "\u{1161}",
        "\u{1112}\u{1161}\u{11AB}",
        "ﷺ",
        "\u{200C}",
        "ا\u{200C}\u{301}",
        "\u{64B}\u{301}",
        "ه\u{200C}ی",
        "¨ ",
        "\u{654}\u{323}",
        "ه\u{AD}",
    ] {
        let text = unit.repeat(3_000 / unit.len());
        assert_eq!(key(&text).text, naive::<true>(&text), "{unit:?}");
        assert_eq!(same(&text), naive::<false>(&text), "{unit:?}");
        // Takes some 50 ms; anything quadratic would take many minutes.
        let text = unit.repeat(2_000_000 / unit.len());
        let started = std::time::Instant::now();
        assert!(key(&text).text.len() <= text.len() * 11);
        assert!(same(&text).len() <= text.len() * 2);
        convention(&text);
        assert!(started.elapsed().as_secs() < 60, "{unit:?}");
    }
    let base = format!("a{}b", "\u{301}\u{323}".repeat(2_500));
    let folded = key(&base);
    assert_eq!(folded.original(0..folded.text.len() - 1), 0..base.len() - 1);
}

#[test]
fn whoever_changes_a_fold_or_the_tokens_changes_the_version_too() {
    let mut sum = xxhash_rust::xxh3::Xxh3::new();
    let mut analysis = crate::text::Analysis::default();
    for c in '\u{1}'..=char::MAX {
        // Alone, within letters of both scripts, and between digits.
        let text = format!("{c} a{c}b ا{c}ب ۱{c}2");
        crate::text::analyse_into(&text, &mut analysis);
        sum.update(analysis.key.as_bytes());
        for token in &analysis.tokens {
            let rest = u32::from(token.glued) << 2 | u32::from(token.arabic) << 1;
            for number in [token.kind as u32, token.key.start, token.key.end, rest] {
                sum.update(&number.to_le_bytes());
            }
        }
        sum.update(crate::text::fold::same(&text).as_bytes());
        sum.update(crate::text::fold::convention(&text).as_bytes());
    }
    assert_eq!(
        (crate::text::FOLD_VERSION, sum.digest()),
        (1, 14_162_081_163_729_309_136),
        "raise text::FOLD_VERSION and write the new sum here"
    );
}
