//! Real files: everything in them is read, and is the same when it was written and read again.

use super::{draft, lang, read_all, read_tmx, shared, unit, write_all};
use crate::formats::{Format, ReadOptions, WriteOptions};

fn unpacked(path: &str) -> Option<Vec<u8>> {
    let packed = shared(path)?;
    let mut bytes = Vec::new();
    lzma_rs::xz_decompress(&mut &packed[..], &mut bytes).unwrap();
    Some(bytes)
}

/// Reads, writes and reads again; gives units and skipped ones.
fn round_trip(bytes: Vec<u8>, source: &str) -> (usize, usize) {
    let first = read_tmx(bytes);
    assert_eq!(first.error, None);
    // Real Persian has bidi controls that lost their counterpart; nothing else is odd in these files.
    let odd = first.warnings();
    println!("{} warnings", odd.len());
    assert!(odd.iter().all(|warning| warning.contains("bidi control")));
    let units: Vec<_> = first.units().into_iter().map(unit).collect();
    let options = WriteOptions {
        source: Some(lang(source)),
        ..WriteOptions::default()
    };
    let (file, skipped) = write_all(&units, Format::Tmx, &options);
    assert!(skipped.is_empty());
    let second = read_tmx(file.clone());
    assert_eq!(second.error, None);
    for (read, unit) in second.units().into_iter().zip(&units) {
        assert_eq!(*read, draft(unit));
    }
    let again: Vec<_> = second.units().into_iter().map(unit).collect();
    assert!(
        write_all(&again, Format::Tmx, &options).0 == file,
        "the second writing differs"
    );
    (second.units().len(), first.skipped().len())
}

#[test]
fn tico19_comes_through_whole() {
    let Some(bytes) = shared("data/tico19.en-fa.tmx") else {
        return;
    };
    assert_eq!(round_trip(bytes, "en"), (3_071, 0));
}

#[test]
fn the_sample_comes_through_whole() {
    let Some(bytes) = unpacked("data/sample-en-fa.tmx.xz") else {
        return;
    };
    // 17 of its English segments, such as `<it>&lt;No Files&gt;</it>`, have no text outside of elements.
    assert_eq!(round_trip(bytes, "en-US"), (18_427, 0));
}

#[test]
fn the_table_of_pairs_is_read() {
    let Some(bytes) = unpacked("data/en_fa.tsv.xz") else {
        return;
    };
    let lines = String::from_utf8(bytes.clone())
        .unwrap()
        .lines()
        .filter(|l| !l.is_empty())
        .count();
    let options = ReadOptions {
        source: Some(lang("en")),
        target: Some(lang("fa")),
    };
    let outcome = read_all(bytes, Format::Tsv, &options);
    assert_eq!(
        (outcome.error.as_ref(), outcome.entries.len()),
        (None, lines)
    );
    println!(
        "{lines} lines, skipped {}: {:?}",
        outcome.skipped().len(),
        outcome.skipped().first()
    );
}
