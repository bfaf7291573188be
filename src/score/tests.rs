use proptest::prelude::*;

use super::*;

fn percent(a: &str, b: &str) -> u8 {
    let score = compare(&Segment::plain(a), &Segment::plain(b));
    assert_eq!(
        score,
        compare(&Segment::plain(b), &Segment::plain(a)),
        "symmetric: {a} / {b}"
    );
    score.percent
}

#[test]
fn the_pairs_that_must_hold_hold() {
    for (a, b, expected) in [
        // Persian identical but ي/ك for ی/ک
        ("کتاب‌های یک نویسنده", "كتاب‌هاي يك نويسنده", 100..=100),
        // a space for ZWNJ, or joined
        (
            "آن‌ها کتاب‌ها را می‌خوانند",
            "آن ها کتاب ها را می خوانند",
            99..=99,
        ),
        (
            "آن‌ها کتاب‌ها را می‌خوانند",
            "آنها کتابها را میخوانند",
            99..=99,
        ),
        ("۱۲ مهر ۱۴۰۲", "12 مهر 1402", 99..=99),
        ("قطعاً", "قطعا", 99..=99),
        // only numbers differ
        (
            "The price rose by 12 percent in 2021.",
            "The price rose by 15 percent in 2022.",
            95..=99,
        ),
        ("12 34 56", "7 8 9", 95..=99),
        ("Chapter 3", "Chapter 4", 95..=99),
        // case, punctuation
        (
            "Budget bill passes first reading",
            "Budget Bill Passes First Reading",
            95..=99,
        ),
        ("Budget bill passes", "Budget bill passes!", 95..=99),
        (
            "fever, cough and fatigue",
            "fever, cough, and fatigue",
            95..=99,
        ),
        ("آب و هوا", "اب و هوا", 95..=98),
        // one word of nine
        (
            "He said that the old house was very nice.",
            "He said that the old house was very cold.",
            82..=94,
        ),
        (
            "The committee approved the annual budget of the organization.",
            "The committee rejected the annual budget of the organization.",
            86..=86,
        ),
        ("Mujahedin-e Khalq", "Mojahedin-e-Khalq", 94..=94),
        ("the regime", "the regime's", 80..=80),
        (
            "National Council of Resistance of Iran",
            "National Council of Iran",
            65..=65,
        ),
        (
            "دولت این لایحه را تصویب کرد",
            "دولت این لایحه را رد کرد",
            80..=80,
        ),
        // a space against nothing in Latin script is an ordinary difference
        ("Please sign up here", "Please signup here", 30..=94),
        ("sign up", "signup", 0..=94),
        // nothing in common
        ("summer", "زمستان", 0..=0),
        ("", "word", 0..=0),
        ("?", "!", 0..=0),
        ("?", "?", 100..=100),
    ] {
        let percent = percent(a, b);
        assert!(
            expected.contains(&percent),
            "{a} / {b}: {percent}, not {expected:?}"
        );
    }
}

/// Rows of the tables that give two texts, what they score, and why.
fn documented() -> Vec<(&'static str, &'static str, u8)> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, one, other, score, _, _] = cells[..] else {
            return None;
        };
        Some((one, other, score.parse().ok()?))
    };
    let page = include_str!("../../docs/matching.md");
    page.lines().filter_map(row).collect()
}

#[test]
fn the_examples_of_the_page_for_translators_are_true() {
    let examples = documented();
    assert!(examples.len() > 20, "{}", examples.len());
    let wrong: Vec<_> = examples
        .iter()
        .filter(|(one, other, score)| percent(one, other) != *score)
        .map(|(one, other, score)| format!("{one} / {other}: {}, not {score}", percent(one, other)))
        .collect();
    assert!(wrong.is_empty(), "docs/matching.md: {wrong:#?}");
}

#[test]
fn several_kinds_of_difference_cost_one_percent_each() {
    for (a, b, expected) in [
        ("Sales rose 5 percent.", "Sales rose 6 percent.", 98),
        ("Sales rose 5 percent.", "Sales rose 6 percent", 97),
        ("Sales rose 5 percent.", "sales rose 6 percent", 96),
        ("Copy %s to {0}.", "Copy %d to {0}.", 98),
    ] {
        assert_eq!(percent(a, b), expected, "{a} / {b}");
    }
}

#[test]
fn tags_count_only_where_both_are_known() {
    let stored = Segment::tagged(
        "Click here now",
        Some("Click <bpt i=\"1\" type=\"bold\"/>here<ept i=\"1\"/> now"),
    );
    assert_eq!(
        compare(&Segment::plain("Click here now"), &stored).percent,
        100
    );
    let without = Segment::tagged("Click here now", None);
    let score = compare(&without, &stored);
    assert_eq!(
        (score.percent, score.differences),
        (98, vec![Difference::Tags])
    );
    assert_eq!(compare(&stored, &stored).percent, 100);
}

#[test]
fn joined_and_separated_spellings_earn_in_fuzzy_matches_too() {
    let apart = percent(
        "دانشجویان کتاب ها را به خانه بردند",
        "استادان کتابها را به خانه بردند",
    );
    let joined = percent(
        "دانشجویان کتاب‌ها را به خانه بردند",
        "استادان کتابها را به خانه بردند",
    );
    let same = percent(
        "دانشجویان کتابها را به خانه بردند",
        "استادان کتابها را به خانه بردند",
    );
    assert_eq!(apart, joined);
    assert!(same.abs_diff(joined) <= 6, "{same} {joined}");
    // A ZWNJ joins one written word, so a similar joined form earns; a mere space does not.
    assert!(
        percent("ما می‌خواهیم برویم", "ما میخواهم برویم")
            > percent("ما می خواهیم برویم", "ما میخواهم برویم")
    );
}

#[test]
fn an_explanation_adds_up_to_the_score() {
    let (a, b) = (
        Segment::plain("The committee approved 12 budgets"),
        Segment::plain("A committee approves 13 budgets"),
    );
    let explanation = explain(&a, &b).unwrap();
    let earned: f64 = explanation.a.iter().map(|word| word.earned).sum();
    let whole = f64::from(a.weight().max(b.weight()));
    assert!((explanation.similarity - 100.0 * earned / whole).abs() < 1e-6);
    let standings: Vec<Standing> = explanation.a.iter().map(|word| word.standing).collect();
    use Standing::*;
    assert_eq!(standings, [Missing, Same, Similar, Similar, Same]);
    assert_eq!(&a.text[explanation.a[1].source.clone()], "committee");
}

#[test]
fn an_explanation_of_monstrous_texts_is_refused_not_computed() {
    let text = "word ".repeat(2_048);
    assert!(explain(&Segment::plain(&text), &Segment::plain(&text)).is_none());
}

/// Texts of few words, so that pairs are often alike.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "the ",
        "The ",
        "committee ",
        "comittee ",
        "approved ",
        "12 ",
        "۱۳ ",
        "آن‌ها ",
        "آنها ",
        "آن ها ",
        "کتاب",
        "ها ",
        "می‌",
        "روم ",
        "ك ",
        "ک ",
        ", ",
        ". ",
        "%s ",
        "{0} ",
        "sign",
        "up ",
        "é ",
        "-",
        "'s ",
        "\u{200c}",
        "خانهٔ ",
        "خانه ",
    ]);
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_score_is_symmetric_and_100_exactly_for_the_same_text(a in texts(), b in texts()) {
        let ab = percent(&a, &b);
        prop_assert_eq!(ab == 100, fold::same(&a) == fold::same(&b));
        prop_assert_eq!(percent(&a, &a), 100);
    }

    #[test]
    fn near_texts_share_their_hash_and_same_texts_both(a in texts(), b in texts()) {
        let (one, two) = (Segment::plain(&a), Segment::plain(&b));
        let hashes = |s: &Segment| near_hash(&s.text, &s.analysis);
        if compare(&one, &two).percent >= LEAST_NEAR {
            prop_assert_eq!(hashes(&one), hashes(&two), "{:?} {:?}", a, b);
        }
        if fold::same(&a) == fold::same(&b) {
            prop_assert_eq!(same_hash(&a), same_hash(&b));
        }
    }

    #[test]
    fn the_fuzzy_score_is_never_over_its_cap(a in texts(), b in texts()) {
        prop_assert!(fuzzy(&Segment::plain(&a), &Segment::plain(&b)) <= MOST_FUZZY);
    }
}
