//! Tokens against their laws and tables of cases.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::corpus::read_xz;
use super::fold::{convention, key, same};
use super::tokens::{Analysis, Kind, Token, analyse, analyse_into};

/// The tokens as text: words bare, numbers as `#…`, placeables as `[…]`, glued parts after `~`.
fn shown(text: &str) -> String {
    let analysis = analyse(text);
    let show = |token: &Token| {
        let word = analysis.word(token);
        let glue = if token.glued { "~" } else { "" };
        match token.kind {
            Kind::Word => format!("{glue}{word}"),
            Kind::Number => format!("{glue}#{word}"),
            Kind::Placeable => format!("{glue}[{word}]"),
        }
    };
    let tokens: Vec<String> = analysis.tokens.iter().map(show).collect();
    tokens.join(" ")
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(
            "aZ0۱9م نآ\u{200C}\u{64E}\u{301}'’.,:/-_<>&%{}$#@;=\"()漢かก\u{E33}é!?"
                .chars()
                .collect::<Vec<_>>()
        )
        .prop_map(String::from),
        prop::sample::select(vec![
            "http://",
            "www.",
            "%s",
            "%1$s",
            "{0}",
            "<b>",
            "</a>",
            "&amp;",
            "a@b.org",
            "${x}",
            "می‌روم",
            "خانه‌ی ",
            "12.5",
            "don't",
            "ﷺ",
        ])
        .prop_map(String::from),
        Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(2_000))]

    #[test]
    fn tokens_are_exact_ordered_and_apart(text in texts()) {
        let analysis = analyse(&text);
        prop_assert_eq!(&analysis.key, &key(&text).text);
        let (mut key_end, mut source_start, mut source_end) = (0, 0, 0);
        for token in &analysis.tokens {
            prop_assert!(token.key.start >= key_end && token.key.end > token.key.start);
            prop_assert_eq!(analysis.word(token).chars().count(), token.chars as usize);
            let (start, end) = (token.source.start as usize, token.source.end as usize);
            let source = text.get(start..end);
            prop_assert!(source.is_some_and(|s| !s.is_empty()));
            prop_assert!(start >= source_start && end >= source_end);
            // A ZWNJ parts words; in a placeable, as in the braces of `{http://می‌روم}`, it is a character like others.
            let parted = analysis.word(token).contains('\u{200C}');
            prop_assert!(token.kind != Kind::Word || !parted);
            key_end = token.key.end;
            (source_start, source_end) = (start, end);
            let map = key(&text);
            prop_assert_eq!(map.original(token.key.start as usize..token.key.end as usize), start..end);
        }
    }

    #[test]
    fn every_letter_and_digit_is_in_a_token(text in texts()) {
        let analysis = analyse(&text);
        for (at, c) in analysis.key.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            let holds = |t: &Token| (t.key.start as usize..t.key.end as usize).contains(&at);
            prop_assert!(analysis.tokens.iter().any(holds), "{c:?} at {at} of {:?}", analysis.key);
        }
    }

    #[test]
    fn tokens_of_the_key_are_the_tokens_of_the_text(text in texts()) {
        prop_assert_eq!(shown(&analyse(&text).key), shown(&text));
    }

    #[test]
    fn a_reused_analysis_equals_a_fresh_one(before in texts(), text in texts()) {
        let mut reused = analyse(&before);
        analyse_into(&text, &mut reused);
        let fresh = analyse(&text);
        prop_assert_eq!(&reused.key, &fresh.key);
        prop_assert_eq!(&reused.tokens, &fresh.tokens);
    }
}

#[test]
fn words_are_cut_as_documented() {
    for (text, expected) in [
        ("", ""),
        (" .!? ", ""),
        ("Hello, World!", "hello world"),
        (
            "don't the regime’s Khamene'i",
            "don't the regime's khamene'i",
        ),
        (
            "'quoted' rock'n'roll students'",
            "quoted rock'n'roll students",
        ),
        (
            "Mojahedin-e-Khalq snake_case a/b",
            "mojahedin e khalq snake case a b",
        ),
        ("می‌روم آن‌ها", "می ~روم ان ~ها"),
        ("«خانه‌ی ما»،", "خانه ما"),
        ("وYouTube‌ها", "و youtube ~ها"),
        ("۱۲مهر ۱۴۰۲", "#12 مهر #1402"),
        ("مهر۱۲", "مهر #12"),
        ("covid19 4th F16 5kg", "covid19 4th f16 5kg"),
        ("12.5kg", "#12.5 kg"),
        ("قطعاً مُحَمَّد", "قطعا محمد"),
        ("漢字かな交じり", "漢 字 か な 交 じ り"),
        ("ไทยที่", "ไ ท ย ที่"),
        ("한국어 단어", "한국어 단어"),
        ("Ärger über Öl", "ärger über öl"),
        ("привет МИР", "привет мир"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("e\u{301}t\u{E9}", "été"),
        ("\u{301} x", "\u{301} x"),
        ("👍🏽 ok", "ok"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn numbers_are_cut_as_documented() {
    for (text, expected) in [
        (
            "12.5 1,000 2023-10-04 12:30 1/2",
            "#12.5 #1,000 #2023-10-04 #12:30 #1/2",
        ),
        ("۱۲٫۵ ۱٬۰۰۰ ٣", "#12.5 #1,000 #3"),
        ("-5 $20 50% ٪۵۰ €3", "#5 #20 #50 #50 #3"),
        ("1. 2) 3..4 5,", "#1 #2 #3 #4 #5"),
        ("1980's 10'000", "#1980 s #10'000"),
        ("½", "#1/2"),
        ("+98-21-1234", "#98-21-1234"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn placeables_are_found() {
    for (text, expected) in [
        (
            "see https://Example.org/a_b?c=d#e.",
            "see [https://example.org/a_b?c=d#e]",
        ),
        (
            "(http://x.org/a_(b)) www.x.org, x",
            "[http://x.org/a_(b)] [www.x.org] x",
        ),
        (
            "https://fa.wikipedia.org/wiki/ایران، و",
            "[https://fa.wikipedia.org/wiki/ایران] و",
        ),
        (
            "mail John.Doe+x@mail.example.org!",
            "mail [john.doe+x@mail.example.org]",
        ),
        ("a@b @user x@y.z1", "a b user x y z1"),
        (
            "%s %d %1$s %(name)s %-5.2f %ld %%",
            "[%s] [%d] [%1$s] [%(name)s] [%-5.2f] [%ld]",
        ),
        ("%1 of %2 files", "[%1] of [%2] files"),
        ("50% discount 100%sure %%s", "#50 discount #100 sure s"),
        (
            "{0} {name} {{ user.name }} {} {0:N2} { a }",
            "[{0}] [{name}] [{{ user.name }}] [{}] [{0:n2}] [{ a }]",
        ),
        ("{ not one } {a, b", "not one a b"),
        (
            "$HOME ${var} US$5 $5 %{count}",
            "[$home] [${var}] us #5 #5 [%{count}]",
        ),
        (
            "a&nbsp;b &#160; &#x1F; AT&T; &;",
            "a [&nbsp;] b [&#160;] [&#x1f;] at [&t;]",
        ),
        (
            "<b>x</b> <br/> <a href=\"u v\">y</a> <1>",
            "[<b>] x [</b>] [<br/>] [<a href=\"u v\">] y [</a>] [<1>]",
        ),
        ("a <b and c> d, 1 < 2 > 0", "a b and c d #1 #2 #0"),
        ("سلام%sدنیا", "سلام [%s] دنیا"),
        ("://x a:// b", "x a b"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn tokens_know_their_place_and_script() {
    let text = "آن‌هاً رفتند، (Word) ۱۲";
    let analysis = analyse(text);
    let source = |t: &Token| &text[t.source.start as usize..t.source.end as usize];
    let sources: Vec<&str> = analysis.tokens.iter().map(source).collect();
    assert_eq!(sources, ["آن", "هاً", "رفتند", "Word", "۱۲"]);
    let arabic: Vec<bool> = analysis.tokens.iter().map(|t| t.arabic).collect();
    assert_eq!(arabic, [true, true, true, false, false]);
}

#[test]
fn a_foreign_token_has_no_word() {
    let token = analyse("a long text").tokens[2].clone();
    assert_eq!(Analysis::default().word(&token), "");
}

#[test]
fn hostile_texts_are_cut_in_linear_time() {
    for unit in [
        "a",
        "ب",
        "<a ",
        "<a b=\"",
        "{",
        "{{a",
        "%",
        "%1$",
        "&a",
        "$a{",
        "a@",
        "a.",
        "://",
        "a://",
        "éa://",
        "www.",
        "'",
        "a'",
        "1.",
        "1",
        "\u{301}",
        "漢",
        "ب\u{200C}",
        "(",
        "http://a(",
        ")",
        "http://)",
        "ﷺ",
        "«",
        "é@a.b",
        "a.@",
    ] {
        let text = unit.repeat(2_000_000 / unit.len());
        let started = std::time::Instant::now();
        analyse(&text);
        assert!(
            started.elapsed().as_secs() < 60,
            "{unit:?} took {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn real_segments_keep_the_laws() {
    let Some(lines) = read_xz("en_fa.tsv.xz") else {
        return;
    };
    let segments = || lines.lines().flat_map(|line| line.split('\t').take(2));
    let mut analysis = Analysis::default();
    let started = std::time::Instant::now();
    let mut tokens = 0;
    for segment in segments() {
        analyse_into(segment, &mut analysis);
        tokens += analysis.tokens.len();
    }
    let bytes: usize = segments().map(str::len).sum();
    println!("{bytes} bytes, {tokens} tokens in {:?}", started.elapsed());
    for segment in segments() {
        let same_text = same(segment);
        assert_eq!(same(&same_text), same_text);
        let folded = key(segment);
        assert_eq!(key(&same_text).text, folded.text, "{segment}");
        assert_eq!(key(&folded.text).text, folded.text, "{segment}");
        let conventional = convention(segment);
        assert_eq!(convention(&conventional), conventional, "{segment}");
        if folded.text.contains(|c: char| c.is_alphanumeric()) {
            assert!(!analyse(segment).tokens.is_empty(), "{segment}");
        }
    }
}
