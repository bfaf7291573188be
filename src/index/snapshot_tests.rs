//! Snapshots: what comes back answers as before, and whatever else a file may hold is refused.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::tests::{ONE, brute, filled, found, lang, nasty, put, unit};
use super::*;
use crate::index::Question;
use crate::model::{Change, ChangeKind};
use crate::score::Segment;

const EPOCH: &str = "an epoch";

fn written(index: &Index) -> Vec<u8> {
    index.has_all_up_to(Seq(7));
    let mut bytes = Vec::new();
    index.snapshot().unwrap().write(&mut bytes, EPOCH).unwrap();
    bytes
}

fn loaded(bytes: &[u8]) -> Result<Index, Refused> {
    let index = Index::default();
    let seq = index.load(&mut &*bytes, EPOCH, Seq(9))?;
    index.has_all_up_to(seq);
    Ok(index)
}

/// Asks and changes an index that may hold anything: it may be wrong, but must not panic.
fn exercise(index: &Index) {
    for text in ["the committee approved 12 budgets", "آن‌ها کتاب ها", "x"] {
        let segment = Segment::plain(text);
        index.search(&Question {
            memories: ONE,
            source: &lang("en").group(),
            target: &lang("fa").group(),
            text,
            analysis: &segment.analysis,
            threshold: 50,
            keep: 20,
        });
    }
    index.apply(&[put(unit(3, 1, 2, &[("en", "the budget 12"), ("fa", "x")]))]);
    while index.tidy(true) {}
}

/// Where the content of each section is, and its kind.
fn sections(bytes: &[u8]) -> Vec<(u64, std::ops::Range<usize>)> {
    let mut sections = Vec::new();
    let mut at = MAGIC.len();
    while let Some(head) = bytes.get(at..at + 24) {
        let mut head = In(head);
        let (kind, length) = (head.number().unwrap(), head.length().unwrap());
        sections.push((kind, at + 24..at + 24 + length));
        at += 24 + length;
    }
    sections
}

/// Makes the checksum of a section right again.
fn seal(bytes: &mut [u8], (kind, content): (u64, std::ops::Range<usize>)) {
    let mut sum = summing(kind);
    sum.update(&bytes[content.clone()]);
    bytes[content.start - 8..content.start].copy_from_slice(&sum.digest().to_le_bytes());
}

fn texts() -> impl Strategy<Value = BTreeMap<i64, String>> {
    prop::collection::vec(nasty(), 1..40).prop_map(|texts| (1..).zip(texts).collect())
}

proptest! {
    #[test]
    fn what_comes_back_answers_and_changes_as_before(
        mut texts in texts(),
        queries in prop::collection::vec(nasty(), 1..4),
        gone in 1i64..40,
        tidy in any::<bool>(),
    ) {
        let index = filled(&texts);
        if tidy {
            while index.tidy(true) {}
        }
        let delete = |id| [Change { seq: Seq(8), kind: ChangeKind::UnitDeleted { memory: MemoryId(1), id: UnitId(id) } }];
        index.apply(&delete(gone));
        texts.remove(&gone);
        let bytes = written(&index);
        let again = loaded(&bytes).unwrap();
        prop_assert_eq!(written(&again).len(), bytes.len());
        for query in &queries {
            prop_assert_eq!(found(&again, ONE, &texts, query, 50), brute(&texts, query, 50));
        }
        again.apply(&delete(gone + 1));
        again.apply(&[put(unit(100, 1, 1, &[("en", &queries[0]), ("fa", "x")]))]);
        texts.remove(&(gone + 1));
        texts.insert(100, queries[0].clone());
        while again.tidy(true) {}
        for query in &queries {
            prop_assert_eq!(found(&again, ONE, &texts, query, 50), brute(&texts, query, 50));
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_is_refused(texts in texts(), place in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>()) {
        let mut bytes = written(&filled(&texts));
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 1 << bit;
        }
        prop_assert!(loaded(&bytes).is_err());
        bytes.push(0);
        prop_assert!(loaded(&bytes).is_err());
    }

    #[test]
    fn a_forged_one_is_refused_or_harmless(
        texts in texts(),
        tidy in any::<bool>(),
        forged in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop_oneof![Just(0u8), Just(255), any::<u8>()], any::<bool>()), 1..6),
    ) {
        let index = filled(&texts);
        if tidy {
            while index.tidy(true) {}
        }
        let mut bytes = written(&index);
        let sections = sections(&bytes);
        for (section, place, byte, whole) in forged {
            let (kind, content) = sections[section.index(sections.len())].clone();
            let place = content.start + place.index(content.len());
            bytes[place] = byte;
            if whole {
                bytes[content.start + (place - content.start) / 8 * 8..][..8.min(content.end - place)].fill(byte);
            }
            seal(&mut bytes, (kind, content));
        }
        if let Ok(index) = loaded(&bytes) {
            exercise(&index);
        }
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let bytes = if magic { [MAGIC.as_slice(), &bytes].concat() } else { bytes };
        prop_assert!(loaded(&bytes).is_err());
    }
}

/// A disk that has room for so many bytes.
struct Disk {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fit = bytes.len().min(self.room - self.bytes.len());
        if fit == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&bytes[..fit]);
        Ok(fit)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An index with each kind of section, more than one part, numbers, and a tombstone.
fn varied() -> Index {
    let line = |id: i64| format!("Report {id} of the committee on item{} آن‌ها", id % 90);
    let index = filled(&(1..300).map(|id| (id, line(id))).collect());
    while index.tidy(true) {}
    index.apply(&[put(unit(
        400,
        1,
        1,
        &[("en", "a new part 12"), ("fa", "x")],
    ))]);
    let kind = ChangeKind::UnitDeleted {
        memory: MemoryId(1),
        id: UnitId(7),
    };
    index.apply(&[Change { seq: Seq(7), kind }]);
    index
}

#[test]
fn every_section_is_guarded_at_its_head_its_edges_and_within() {
    let whole = written(&varied());
    let all = sections(&whole);
    let kinds: Vec<u64> = all.iter().map(|(kind, _)| *kind).collect();
    assert!(
        [HEAD, VOCABULARY, SHARD, PART, END]
            .iter()
            .all(|kind| kinds.contains(kind))
    );
    for (kind, content) in all {
        let head = content.start - 24;
        let within = (content.start..content.end).step_by((content.len() / 50).max(1));
        for place in (head..content.start).chain(within).chain([content.end - 1]) {
            for bit in [0, 7] {
                let mut flipped = whole.clone();
                flipped[place] ^= 1 << bit;
                assert!(
                    loaded(&flipped).is_err(),
                    "section {kind} flipped at {place}"
                );
            }
            assert!(
                loaded(&whole[..place]).is_err(),
                "section {kind} cut at {place}"
            );
        }
        let without = [&whole[..head], &whole[content.end..]].concat();
        assert!(loaded(&without).is_err(), "without a section {kind}");
        let twice = [&whole[..content.end], &whole[head..]].concat();
        assert!(loaded(&twice).is_err(), "a section {kind} twice");
    }
}

#[test]
fn a_disk_that_fills_up_is_an_error_and_what_is_on_it_refused() {
    let index = varied();
    let whole = written(&index);
    for room in (0..whole.len())
        .step_by(whole.len() / 60)
        .chain([whole.len() - 1])
    {
        let mut disk = Disk {
            bytes: Vec::new(),
            room,
        };
        let error = index
            .snapshot()
            .unwrap()
            .write(&mut disk, EPOCH)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(loaded(&disk.bytes).is_err(), "{room}");
    }
}

#[test]
fn one_of_another_life_version_or_time_is_refused() {
    let bytes = written(&filled(&BTreeMap::from([(1, "a small house".to_owned())])));
    let load = |bytes: &[u8], epoch, head| Index::default().load(&mut &*bytes, epoch, Seq(head));
    assert_eq!(load(&bytes, EPOCH, 7).unwrap(), Seq(7));
    assert!(matches!(
        load(&bytes, EPOCH, 6),
        Err(Refused::FromTheFuture)
    ));
    assert!(matches!(
        load(&bytes, "another", 7),
        Err(Refused::OtherEpoch)
    ));
    assert!(matches!(
        load(b"PK something else", EPOCH, 7),
        Err(Refused::Foreign)
    ));
    for version in [0, 8] {
        let mut other = bytes.clone();
        let head = sections(&other)[0].clone();
        other[head.1.start + version] ^= 1;
        seal(&mut other, head);
        assert!(matches!(load(&other, EPOCH, 7), Err(Refused::OtherVersion)));
    }
}
