//! The index against brute force of the same score: no false negative, no false positive.

use std::collections::BTreeMap;
use std::sync::Arc as Shared;

use proptest::prelude::*;

use super::*;
use crate::model::{Change, ChangeKind, Context, Lang, Metadata, Seq, Stamp, Unit, Variant};
use crate::score::{Segment, compare};

pub(super) fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

pub(super) fn unit(id: i64, memory: i64, rev: i64, texts: &[(&str, &str)]) -> Unit {
    let stamp = Stamp::default();
    Unit {
        id: UnitId(id),
        memory: MemoryId(memory),
        rev,
        variants: texts
            .iter()
            .map(|(tag, text)| Variant {
                lang: lang(tag),
                text: (*text).to_owned(),
                tagged: None,
                metadata: Metadata::default(),
            })
            .collect(),
        source: 0,
        context: Context::default(),
        metadata: Metadata::default(),
        created: stamp.clone(),
        changed: stamp,
    }
}

pub(super) fn put(unit: Unit) -> Change {
    Change {
        seq: Seq(1),
        kind: ChangeKind::UnitPut(Shared::new(unit)),
    }
}

/// Everything the index finds, verified as the engine does: unit → percent.
pub(super) fn found(
    index: &Index,
    memories: &[(MemoryId, u8)],
    texts: &BTreeMap<i64, String>,
    query: &str,
    threshold: u8,
) -> BTreeMap<i64, u8> {
    let segment = Segment::plain(query);
    let found = index.search(&Question {
        memories,
        source: &lang("en").group(),
        target: &lang("fa").group(),
        text: query,
        analysis: &segment.analysis,
        threshold,
        keep: 1_000_000,
    });
    assert!(!found.truncated, "{query}");
    let mut all = BTreeMap::new();
    for (memory, unit) in &found.near {
        let alike = index.alike(*memory, &lang("en").group(), query);
        assert!(alike.contains(unit), "{query}");
        let percent = compare(&segment, &Segment::plain(&texts[&unit.0])).percent;
        if percent >= threshold {
            all.insert(unit.0, percent);
        }
    }
    for hit in &found.fuzzy {
        let twice = all.insert(hit.unit.0, hit.percent);
        assert!(twice.is_none(), "near and fuzzy at once: {query}");
    }
    all
}

pub(super) fn brute(
    texts: &BTreeMap<i64, String>,
    query: &str,
    threshold: u8,
) -> BTreeMap<i64, u8> {
    let segment = Segment::plain(query);
    texts
        .iter()
        .map(|(id, text)| (*id, compare(&segment, &Segment::plain(text)).percent))
        .filter(|(_, percent)| *percent >= threshold)
        .collect()
}

pub(super) const ONE: &[(MemoryId, u8)] = &[(MemoryId(1), 0)];

pub(super) fn filled(texts: &BTreeMap<i64, String>) -> Index {
    let index = Index::default();
    let changes: Vec<Change> = texts
        .iter()
        .map(|(id, text)| put(unit(*id, 1, 1, &[("en", text), ("fa", "متن")])))
        .collect();
    for some in changes.chunks(7) {
        index.apply(some);
    }
    index
}

/// Texts made of few pieces, chosen to be nasty: repeated, similar, joined, numbers, placeables, one-letter words.
pub(super) fn nasty() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "the ",
        "a ",
        "of ",
        "committee ",
        "comittee ",
        "committees ",
        "approved ",
        "approves ",
        "budget ",
        "budgets ",
        "12 ",
        "13 ",
        "1,000 ",
        "%s ",
        "%d ",
        "{0} ",
        "آن‌ها ",
        "آنها ",
        "آن ها ",
        "کتاب‌ها ",
        "کتابها ",
        "کتاب ها ",
        "می‌روم ",
        "میروم ",
        "می روم ",
        "می‌رویم ",
        "میرویم ",
        "را ",
        "كتاب ",
        "sign up ",
        "signup ",
        "7 12 1,000 ",
        ", ",
        ". ",
        "؟ ",
        "x ",
        "y ",
        "the the the ",
    ]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn the_index_finds_what_brute_force_finds(
        texts in prop::collection::vec(nasty(), 1..60),
        queries in prop::collection::vec(nasty(), 1..6),
        threshold in 30u8..=100,
        tidy in any::<bool>(),
    ) {
        let texts: BTreeMap<i64, String> = texts.into_iter().enumerate().map(|(id, text)| (id as i64 + 1, text)).collect();
        let index = filled(&texts);
        if tidy {
            while index.tidy(true) {}
        }
        for query in queries.iter().chain(texts.values().take(3)) {
            prop_assert_eq!(found(&index, ONE, &texts, query, threshold), brute(&texts, query, threshold), "{:?} at {}", query, threshold);
        }
    }

    #[test]
    fn any_sequence_of_changes_leaves_what_brute_force_says(
        steps in prop::collection::vec((1i64..12, prop::option::of(nasty()), any::<bool>()), 1..60),
        query in nasty(),
    ) {
        let index = Index::default();
        let mut texts: BTreeMap<i64, String> = BTreeMap::new();
        let mut revs: BTreeMap<i64, i64> = BTreeMap::new();
        let mut batch = Vec::new();
        for (id, text, flush) in steps {
            let rev = revs.entry(id).or_insert(0);
            *rev += 1;
            match text {
                Some(text) => {
                    batch.push(put(unit(id, 1, *rev, &[("en", &text), ("fa", "متن")])));
                    texts.insert(id, text);
                }
                None => {
                    batch.push(Change { seq: Seq(1), kind: ChangeKind::UnitDeleted { memory: MemoryId(1), id: UnitId(id) } });
                    texts.remove(&id);
                }
            }
            if flush {
                index.apply(&batch);
                batch.clear();
                index.tidy(*rev % 2 == 0);
            }
        }
        index.apply(&batch);
        for threshold in [50, 70, 95] {
            prop_assert_eq!(found(&index, ONE, &texts, &query, threshold), brute(&texts, &query, threshold));
        }
        while index.tidy(true) {}
        prop_assert_eq!(found(&index, ONE, &texts, &query, 50), brute(&texts, &query, 50));
    }
}

#[test]
fn a_load_at_the_start_gives_the_same_as_changes_one_by_one() {
    let texts: BTreeMap<i64, String> = (1..3_000)
        .map(|id| {
            (
                id,
                format!(
                    "Sentence {} of the {}th report about item{}",
                    id % 17,
                    id % 5,
                    id % 401
                ),
            )
        })
        .collect();
    let loaded = Index::default();
    let mut filling = loaded.fill();
    let (en, fa) = (lang("en"), lang("fa"));
    for (id, text) in &texts {
        filling.add(
            MemoryId(1),
            UnitId(*id),
            [(&en, text.as_str()), (&fa, "متن")].into_iter(),
        );
    }
    filling.finish();
    let applied = filled(&texts);
    for query in [
        "Sentence 3 of the report about item77",
        "the 4th report about items",
        "Sentence 1",
    ] {
        for threshold in [50, 70, 90] {
            let expected = brute(&texts, query, threshold);
            assert_eq!(found(&loaded, ONE, &texts, query, threshold), expected);
            assert_eq!(found(&applied, ONE, &texts, query, threshold), expected);
        }
    }
}

#[test]
fn beside_merges_every_look_up_sees_what_was_acknowledged_and_nothing_that_was_deleted() {
    const LAST: i64 = 600;
    let text = |id: i64| format!("Report {} of the committee about item{id}", id % 7);
    let is_deleted = |id: i64| id % 3 == 2;
    let index = Index::default();
    let acknowledged = AtomicI64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while acknowledged.load(Ordering::Acquire) < LAST {
                index.tidy(true);
                index.tidy(false);
            }
        });
        scope.spawn(|| {
            let mut asked = 0;
            while asked < LAST {
                let last = acknowledged.load(Ordering::Acquire);
                for id in [last, last / 2, last / 3 + 1] {
                    // The next one may be on its way, and takes this one out.
                    if id > 0 && (id < last || !is_deleted(id)) && id <= last {
                        let near = same_ids(&index, ONE, &text(id));
                        assert_eq!(near.contains(&id), !is_deleted(id), "{id} of {last}");
                    }
                }
                asked = last;
            }
        });
        for id in 1..=LAST {
            let mut changes = vec![put(unit(id, 1, 1, &[("en", &text(id)), ("fa", "متن")]))];
            if is_deleted(id - 1) {
                let kind = ChangeKind::UnitDeleted {
                    memory: MemoryId(1),
                    id: UnitId(id - 1),
                };
                changes.push(Change { seq: Seq(id), kind });
            }
            index.apply(&changes);
            acknowledged.store(id, Ordering::Release);
        }
    });
    let texts: BTreeMap<i64, String> = (1..=LAST)
        .filter(|&id| !is_deleted(id))
        .map(|id| (id, text(id)))
        .collect();
    assert_eq!(
        found(&index, ONE, &texts, &text(6), 50),
        brute(&texts, &text(6), 50)
    );
}

/// The units that are candidates for the same text.
fn same_ids(index: &Index, memories: &[(MemoryId, u8)], text: &str) -> Vec<i64> {
    let segment = Segment::plain(text);
    let found = index.search(&Question {
        memories,
        source: &lang("en").group(),
        target: &lang("fa").group(),
        text,
        analysis: &segment.analysis,
        threshold: 95,
        keep: 20,
    });
    found.near.iter().map(|(_, unit)| unit.0).collect()
}

#[test]
fn only_the_memories_asked_and_units_with_the_target_language_are_found() {
    let index = Index::default();
    index.apply(&[
        put(unit(1, 1, 1, &[("en", "a small house"), ("fa", "خانه")])),
        put(unit(
            2,
            2,
            1,
            &[("en-GB", "a small house"), ("fa-IR", "خانه")],
        )),
        put(unit(
            3,
            1,
            1,
            &[("en", "a small house"), ("de", "ein Haus")],
        )),
    ]);
    let texts = BTreeMap::from([
        (1, "a small house".to_owned()),
        (2, "a small house".to_owned()),
    ]);
    assert_eq!(
        found(&index, ONE, &texts, "a small house", 70)
            .into_keys()
            .collect::<Vec<_>>(),
        [1]
    );
    let both = [(MemoryId(1), 0), (MemoryId(2), 0)];
    assert_eq!(
        found(&index, &both, &texts, "a small horse", 50)
            .into_keys()
            .collect::<Vec<_>>(),
        [1, 2]
    );
    index.apply(&[Change {
        seq: Seq(2),
        kind: ChangeKind::MemoryDeleted(MemoryId(1)),
    }]);
    assert_eq!(
        found(&index, &both, &texts, "a small horse", 50)
            .into_keys()
            .collect::<Vec<_>>(),
        [2]
    );
}

#[test]
fn a_penalty_raises_what_a_segment_must_reach() {
    let texts = BTreeMap::from([(1, "the committee approved the budget today".to_owned())]);
    let index = filled(&texts);
    let query = "the committee approved the budgets today";
    let percent = brute(&texts, query, 50)[&1];
    assert!(!found(&index, &[(MemoryId(1), 10)], &texts, query, percent - 10).is_empty());
    assert!(found(&index, &[(MemoryId(1), 10)], &texts, query, percent - 9).is_empty());
}

#[test]
fn monstrous_segments_end_within_the_budget_and_say_so() {
    let long: String = (0..2_000).map(|n| format!("w{} ", n % 700)).collect();
    let texts: BTreeMap<i64, String> = (1..200)
        .map(|id| (id, format!("{long}{id} extra{id}")))
        .collect();
    let index = filled(&texts);
    let segment = Segment::plain(&texts[&5]);
    let found = index.search(&Question {
        memories: ONE,
        source: &lang("en").group(),
        target: &lang("fa").group(),
        text: &texts[&5],
        analysis: &segment.analysis,
        threshold: 50,
        keep: 20,
    });
    assert!(found.truncated);
    assert!(
        found.near.contains(&(MemoryId(1), UnitId(5))),
        "the same text is always found"
    );
}
