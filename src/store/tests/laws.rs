//! Laws: whatever is done in whatever order, the store agrees with a naive model of it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::Model;
use super::*;
use crate::model::Stamp;
use crate::store::Event;

#[derive(Clone, Debug)]
enum Op {
    Put(Draft, Mode),
    /// A put that its job takes back.
    Fail(Draft, Mode),
    Replace(usize, i64, Draft),
    Delete(usize, i64),
    Revert(usize, i64, i64),
    Reopen,
}

fn tags() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(vec!["en", "en-US", "fa", "fa-IR", "de"], 2..=3).prop_shuffle()
}

fn stamps() -> impl Strategy<Value = Option<Stamp>> {
    let stamp = (
        990..1_040_i64,
        prop_oneof![Just(None), Just(Some("filer".to_owned()))],
    );
    prop_oneof![3 => Just(None), 1 => stamp.prop_map(|(at, by)| Some(Stamp { at, by }))]
}

pub(super) fn drafts() -> impl Strategy<Value = Draft> {
    let texts = prop_oneof![
        Just("a"),
        Just(" a "),
        Just("b"),
        Just("nul\0 and \u{1F600}")
    ];
    // The engine only lets tags in that belong to the text.
    let tagged = prop_oneof![4 => Just(false), 1 => Just(true)];
    let metadata = prop_oneof![3 => Just(Metadata::default()), 1 => Just(noted("k"))];
    let texts = (texts, tagged, metadata.clone()).prop_map(|(text, tagged, metadata)| {
        (text, tagged.then(|| format!("<ph/>{text}")), metadata)
    });
    let variants = proptest::collection::vec(texts, 3);
    let context = prop_oneof![
        2 => Just(Context::default()),
        1 => Just(Context { previous: Some("p".into()), next: None, id: Some(String::new()) })
    ];
    (
        tags(),
        variants,
        0..2_usize,
        context,
        metadata,
        stamps(),
        stamps(),
    )
        .prop_map(
            |(tags, texts, source, context, metadata, created, changed)| Draft {
                variants: tags
                    .into_iter()
                    .zip(texts)
                    .map(|(tag, (text, tagged, metadata))| Variant {
                        tagged,
                        metadata,
                        ..variant(tag, text)
                    })
                    .collect(),
                source,
                context,
                metadata,
                created,
                changed,
            },
        )
}

fn ops() -> impl Strategy<Value = Op> {
    let modes = prop_oneof![Just(Mode::Add), Just(Mode::Update), Just(Mode::Keep)];
    // A revision is given as how far it is from the present one: mostly right, sometimes stale.
    let off = prop_oneof![4 => Just(0_i64), 1 => Just(-1_i64)];
    prop_oneof![
        8 => (drafts(), modes.clone()).prop_map(|(d, m)| Op::Put(d, m)),
        2 => (drafts(), modes).prop_map(|(d, m)| Op::Fail(d, m)),
        2 => (0..6_usize, off.clone(), drafts()).prop_map(|(u, o, d)| Op::Replace(u, o, d)),
        2 => (0..6_usize, off.clone()).prop_map(|(u, o)| Op::Delete(u, o)),
        2 => (0..6_usize, 1..5_i64, off).prop_map(|(u, to, o)| Op::Revert(u, to, o)),
        1 => Just(Op::Reopen),
    ]
}

/// What an edit should give: its outcome, or the name of its error.
fn expected<T>(result: Result<T, Error>) -> Result<T, &'static str> {
    result.map_err(|error| match error {
        Error::NotFound { .. } => "not found",
        Error::Conflict { .. } => "conflict",
        other => panic!("{other}"),
    })
}

fn edit(f: &Fixture, model: &mut Model, op: Op) {
    let (number, off) = match op {
        Op::Replace(unit, off, _) | Op::Delete(unit, off) | Op::Revert(unit, _, off) => (unit, off),
        Op::Put(..) | Op::Fail(..) | Op::Reopen => return,
    };
    let id = UnitId(number as i64 + 1);
    let revs = model.units.get(&id.0).cloned().unwrap_or_default();
    let (rev, current) = (revs.len() as i64 + off, revs.last().cloned().flatten());
    let stale = off != 0;
    let old_at = revs.iter().flatten().last().map_or(0, |u| u.changed.at);
    let changed = |at: i64, by: Option<String>| Stamp {
        at: at.max(old_at),
        by: by.or(Some("editor".into())),
    };
    match op {
        Op::Replace(_, _, draft) => {
            let sent = draft.clone();
            let got = f.write(move |tx| tx.replace_unit(id, rev, sent, Some("editor")));
            let wanted = match current {
                None => Err("not found"),
                Some(_) if stale => Err("conflict"),
                Some(old) => {
                    let mut unit = old.clone();
                    unit.variants = draft.variants;
                    unit.source = draft.source;
                    unit.context = draft.context;
                    unit.metadata = draft.metadata;
                    unit.created = draft.created.unwrap_or(unit.created);
                    if unit == old && draft.changed.is_none() {
                        Ok(Outcome::Unchanged(id, rev))
                    } else {
                        let given = draft.changed.unwrap_or(Stamp {
                            at: model.now,
                            by: None,
                        });
                        unit.changed = changed(given.at, given.by);
                        Ok(model.push(unit))
                    }
                }
            };
            assert_eq!(expected(got), wanted);
        }
        Op::Delete(..) => {
            let got = f.write(move |tx| tx.delete_unit(id, rev, Some("editor")));
            let wanted = match current {
                None => Err("not found"),
                Some(_) if stale => Err("conflict"),
                Some(_) => {
                    model.units.get_mut(&id.0).unwrap().push(None);
                    Ok(rev + 1)
                }
            };
            assert_eq!(expected(got), wanted);
        }
        Op::Revert(_, to, _) => {
            let got = f.write(move |tx| tx.revert_unit(id, to, rev, Some("editor")));
            let target = revs.get(to as usize - 1).cloned().flatten();
            let wanted = match (current, target) {
                _ if revs.is_empty() => Err("not found"),
                _ if stale => Err("conflict"),
                (Some(_), _) if to == rev => Ok(Outcome::Unchanged(id, rev)),
                (_, None) => Err("not found"),
                (_, Some(mut unit)) => {
                    unit.changed = changed(model.now, None);
                    Ok(model.push(unit))
                }
            };
            assert_eq!(expected(got), wanted);
        }
        Op::Put(..) | Op::Fail(..) | Op::Reopen => {}
    }
}

fn agree(f: &Fixture, model: &Model, memory: MemoryId) {
    let wanted: Vec<Unit> = model.living().cloned().collect();
    let ids: Vec<UnitId> = model.units.keys().map(|id| UnitId(*id)).collect();
    let by_writer = f.write(move |tx| tx.same_source_groups(memory, None, 9));
    let by_writer = by_writer.unwrap();
    f.read(|r| {
        assert_eq!(r.same_source_groups(memory, None, 9)?, by_writer);
        assert_eq!(r.units(&ids)?, wanted);
        assert_eq!(r.memory_by_id(memory)?.unwrap().units, wanted.len() as i64);
        assert_eq!(r.count_units(memory)?, wanted.len() as i64);
        let mut paged = Vec::new();
        let mut page = r.page(memory, None, 2, None)?;
        paged.append(&mut page.units);
        while let Some(next) = page.next {
            page = r.page(memory, Some(next), 2, None)?;
            paged.append(&mut page.units);
        }
        assert_eq!(paged, wanted);
        let (scanned, next) = r.scan(UnitId(0), 1_000)?;
        assert_eq!(next, None);
        assert_eq!(scanned.len(), wanted.len());
        for (scanned, unit) in scanned.iter().zip(&wanted) {
            assert_eq!((scanned.id, scanned.memory), (unit.id, unit.memory));
            let texts = unit
                .variants
                .iter()
                .map(|v| (&v.lang, &v.text, v.tagged.is_some()));
            assert!(
                texts.eq(scanned
                    .variants
                    .iter()
                    .map(|v| (&v.lang, &v.text, v.tagged)))
            );
        }
        let mut langs: BTreeMap<String, i64> = BTreeMap::new();
        for variant in wanted.iter().flat_map(|u| &u.variants) {
            *langs.entry(variant.lang.to_string()).or_default() += 1;
        }
        let counted = r.languages(memory)?.into_iter();
        assert_eq!(
            counted
                .map(|(l, n)| (l.to_string(), n))
                .collect::<BTreeMap<_, _>>(),
            langs
        );
        let sums = r.check_unit_sums(UnitId(0), 1_000)?;
        assert_eq!((sums.checked, sums.differ), (wanted.len(), vec![]));
        for (id, revs) in &model.units {
            let (history, older) = r.history(UnitId(*id), None, 1_000)?;
            assert_eq!(older, None);
            let numbers: Vec<i64> = history.iter().map(|h| h.rev).collect();
            assert_eq!(numbers, (1..=revs.len() as i64).rev().collect::<Vec<_>>());
            for revision in &history {
                assert_eq!(
                    revision.unit.as_deref(),
                    revs[revision.rev as usize - 1].as_ref()
                );
                assert_eq!(revision.event == Event::Deleted, revision.unit.is_none());
                assert_eq!(revision.event == Event::Added, revision.rev == 1);
            }
            // The same page by page.
            for limit in 1..4 {
                let (mut paged, mut before) = (Vec::new(), None);
                loop {
                    let (page, older) = r.history(UnitId(*id), before, limit)?;
                    assert!(page.len() <= limit);
                    paged.extend(page);
                    before = older;
                    if older.is_none() {
                        break;
                    }
                }
                assert_eq!(paged, history);
            }
        }
        let changes = r.changes_after(crate::model::Seq(0), 10_000)?;
        assert!(changes.iter().map(|c| c.seq.0).eq(1..=f.head().0));
        Ok(())
    })
    .unwrap();
    assert_eq!(follower_agrees(f), wanted);
}

/// What the follower was told, applied in order, is what the store has.
pub(super) fn follower_agrees(f: &Fixture) -> Vec<Unit> {
    let told = f.told.lock().unwrap();
    assert!(
        told.iter().map(|c| c.seq.0).eq(1..=f.head().0),
        "the follower missed something"
    );
    let mut followed = BTreeMap::new();
    for change in &*told {
        match &change.kind {
            ChangeKind::UnitPut(unit) => drop(followed.insert(unit.id, (**unit).clone())),
            ChangeKind::UnitDeleted { id, .. } => drop(followed.remove(id)),
            _ => {}
        }
    }
    let followed: Vec<Unit> = followed.into_values().collect();
    let ids: Vec<UnitId> = followed.iter().map(|unit| unit.id).collect();
    assert_eq!(f.read(|r| r.units(&ids)).unwrap(), followed);
    followed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_writes_leaves_what_the_naive_model_says(
        list in proptest::collection::vec((ops(), 0..3_i64), 1..30),
    ) {
        let mut f = Fixture::new();
        let memory = f.memory("tm").id;
        let mut model = Model { now: 1_000, ..Model::default() };
        for (op, later) in list {
            model.now += later;
            f.set_clock(model.now);
            match op {
                Op::Put(draft, mode) => {
                    let wanted = model.put(memory, draft.clone(), mode);
                    prop_assert_eq!(f.put(memory, draft, mode), wanted);
                }
                Op::Fail(draft, mode) => {
                    let prepared = Prepared::new(draft).unwrap();
                    let failed = f.write(move |tx| {
                        tx.put_draft(memory, prepared, mode, None, None)?;
                        Err::<(), _>(Error::TooLong)
                    });
                    prop_assert!(matches!(failed, Err(Error::TooLong)));
                }
                Op::Reopen => f.reopen(),
                edit_op => edit(&f, &mut model, edit_op),
            }
        }
        agree(&f, &model, memory);
        f.reopen();
        agree(&f, &model, memory);
    }

    #[test]
    fn putting_a_draft_a_second_time_changes_nothing(
        before in proptest::collection::vec(drafts(), 0..4),
        draft in drafts(),
    ) {
        for mode in [Mode::Add, Mode::Update, Mode::Keep] {
            let f = Fixture::new();
            let memory = f.memory("tm").id;
            for draft in before.clone() {
                f.put(memory, draft, Mode::Add);
            }
            let first = f.put(memory, draft.clone(), mode);
            f.set_clock(2_000);
            let again = f.put(memory, draft.clone(), mode);
            prop_assert_eq!(again, Outcome::Unchanged(first.id(), first.rev()));
        }
    }
}

#[test]
fn an_update_keeps_other_languages_and_takes_the_place_of_a_variety() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    let first = draft(&[("en", "Hello"), ("fa", "سلام"), ("de", "Hallo")]);
    f.put(memory, first, Mode::Add);
    let second = draft(&[("en-US", "Hello"), ("fa-IR", "درود")]);
    assert_eq!(
        f.put(memory, second, Mode::Update),
        Outcome::Updated(UnitId(1), 2)
    );
    let unit = f.unit(UnitId(1)).unwrap();
    let texts: Vec<_> = unit
        .variants
        .iter()
        .map(|v| (v.lang.as_str(), v.text.as_str()))
        .collect();
    assert_eq!(
        texts,
        [("en-US", "Hello"), ("fa-IR", "درود"), ("de", "Hallo")]
    );
}

#[test]
fn a_change_never_goes_back_in_time_even_when_the_clock_does() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.set_clock(5_000);
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    f.set_clock(-3_000_000_000);
    f.put(memory, draft(&[("en", "a"), ("fa", "c")]), Mode::Update);
    let unit = f.unit(UnitId(1)).unwrap();
    assert_eq!((unit.rev, unit.changed.at), (2, 5_000));
}

#[test]
fn drafts_that_cannot_be_units_are_refused() {
    for (texts, source) in [
        (vec![("en", "alone")], 0),
        (vec![("en", "a"), ("en", "b")], 0),
        (vec![("en", "a"), ("fa", "b")], 2),
    ] {
        let draft = Draft {
            source,
            ..draft(&texts)
        };
        assert!(
            matches!(Prepared::new(draft), Err(Error::Invalid { .. })),
            "{texts:?}"
        );
    }
}
