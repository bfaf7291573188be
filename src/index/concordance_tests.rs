//! The concordance of the index against a look at every text.

use std::collections::BTreeMap;
use std::sync::Arc as Shared;

use proptest::prelude::*;

use super::*;
use crate::model::{Change, ChangeKind, Context, Lang, Metadata, Seq, Stamp, Unit, Variant};
use crate::text::analyse;

/// A unit's memory and its two texts.
type Texts = BTreeMap<i64, (i64, String, String)>;

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

fn put(id: i64, rev: i64, memory: i64, texts: [&str; 2]) -> Change {
    let variant = |(tag, text): (&str, &str)| Variant {
        lang: lang(tag),
        text: text.to_owned(),
        tagged: None,
        metadata: Metadata::default(),
    };
    let unit = Unit {
        id: UnitId(id),
        memory: MemoryId(memory),
        rev,
        variants: ["en", "fa"].into_iter().zip(texts).map(variant).collect(),
        source: 0,
        context: Context::default(),
        metadata: Metadata::default(),
        created: Stamp::default(),
        changed: Stamp::default(),
    };
    Change {
        seq: Seq(1),
        kind: ChangeKind::UnitPut(Shared::new(unit)),
    }
}

/// Every unit with such a text, the newest first.
fn naive(texts: &Texts, query: &str, memory: i64, tag: Option<&str>) -> Vec<i64> {
    let wanted = Wanted::read(query);
    let occurs = |text: &str| !wanted.occurrences(&analyse(text)).is_empty();
    let found = texts.iter().filter(|(_, (of, en, fa))| {
        *of == memory
            && match tag {
                Some("en") => occurs(en),
                Some(_) => occurs(fa),
                None => occurs(en) || occurs(fa),
            }
    });
    found.map(|(id, _)| *id).rev().collect()
}

/// All pages one after the other.
fn paged(
    index: &Index,
    query: &str,
    memory: i64,
    tag: Option<&str>,
    most: usize,
    limits: Limits,
) -> Vec<i64> {
    let wanted = Wanted::read(query);
    let group = tag.map(|tag| lang(tag).group());
    let (mut all, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let found = index.occurring_within(
            &Search {
                memories: &[MemoryId(memory)],
                lang: group.as_ref(),
                target: None,
                wanted: &wanted,
                before,
                most,
            },
            limits,
        );
        pages += 1;
        assert!(pages < 5_000, "{query:?} comes to no end");
        assert!(found.units.len() == most || found.next.is_none() || found.spent);
        all.extend(found.units.iter().map(|unit| unit.0));
        match found.next {
            Some(next) => {
                assert!(
                    before.is_none_or(|before| next < before),
                    "{query:?} stands still"
                );
                before = Some(next);
            }
            None => return all,
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "the ",
        "The ",
        "a ",
        "door ",
        "doors ",
        "door's ",
        "Iran ",
        "Iran’s ",
        "well-known ",
        "12 ",
        "۱۲ ",
        "1,000 ",
        "%s ",
        "; ",
        "می‌رود ",
        "می رود ",
        "میرود ",
        "می ",
        "رود ",
        "كتاب ",
        "کتاب‌ها ",
        "کتاب‌خانه‌ها ",
        "کتابخانه ",
        "ها ",
        "ما در ",
        "مادر ",
        "قطعاً ",
        "قطعا ",
    ]);
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn query() -> impl Strategy<Value = String> {
    let plain = pieces();
    let quoted = pieces().prop_map(|text| format!("\"{text}\""));
    let prefix = prop::sample::select(vec!["do* ", "ir* ", "می* ", "می‌ر* ", "کتا* ", "th* d* "]);
    let one = prop_oneof![2 => plain, 3 => quoted, 1 => prefix.prop_map(str::to_owned)];
    prop::collection::vec(one, 1..3).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn it_finds_what_a_look_at_every_text_finds(
        first in prop::collection::vec((1i64..3, pieces(), pieces()), 1..60),
        later in prop::collection::vec((0usize..60, prop::option::of((pieces(), pieces()))), 0..20),
        queries in prop::collection::vec(query(), 1..12),
        most in 1usize..9,
        tag in prop::sample::select(vec![Some("en"), Some("fa-IR"), None]),
        small in any::<bool>(),
    ) {
        let index = Index::default();
        let mut texts = Texts::new();
        let mut changes = Vec::new();
        for (id, (memory, en, fa)) in (1i64..).zip(first) {
            changes.push(put(id, 1, memory, [&en, &fa]));
            texts.insert(id, (memory, en, fa));
        }
        for some in changes.chunks(7) {
            index.apply(some);
        }
        for (place, new) in later {
            let id = place as i64 + 1;
            let Some((memory, ..)) = texts.get(&id).cloned() else { continue };
            match new {
                Some((en, fa)) => {
                    index.apply(&[put(id, 2, memory, [&en, &fa])]);
                    texts.insert(id, (memory, en, fa));
                }
                None => {
                    let memory = MemoryId(memory);
                    let kind = ChangeKind::UnitDeleted { memory, id: UnitId(id) };
                    index.apply(&[Change { seq: Seq(1), kind }]);
                    texts.remove(&id);
                }
            }
        }
        index.tidy(true);
        let limits = if small {
            Limits { kept_at_first: 1, kept_at_most: 2, steps: 40 }
        } else {
            LIMITS
        };
        for query in &queries {
            for memory in [1, 2] {
                let expected = naive(&texts, query, memory, tag);
                prop_assert_eq!(paged(&index, query, memory, tag, most, limits), expected, "{:?}", query);
            }
        }
    }

    #[test]
    fn the_next_place_is_the_first_not_before(
        mut list in prop::collection::vec(0u32..200, 0..100),
        from in 0usize..20,
        doc in 0u32..210,
    ) {
        list.sort_unstable();
        list.dedup();
        let from = from.min(list.len());
        let expected = list.iter().skip(from).take_while(|&&found| found < doc).count() + from;
        prop_assert_eq!(advance(&list, from, doc), expected);
    }
}

#[test]
fn many_lists_become_one() {
    let index = Index::default();
    // More postings than are sorted, in words that begin alike.
    let texts: Vec<String> = (0..3_000)
        .map(|n| format!("word{} other", n % 50))
        .collect();
    let changes: Vec<Change> = (1..)
        .zip(&texts)
        .map(|(id, text)| put(id, 1, 1, [text, "x"]))
        .collect();
    index.apply(&changes);
    let all = paged(&index, "word*", 1, Some("en"), 100, LIMITS);
    assert_eq!(all, (1..=3_000).rev().collect::<Vec<_>>());
}
