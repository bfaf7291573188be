//! What figures are measured on: a memory of all segments in a folder, and questions. Shared with `benches/rivals`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::data::Segments;
use hamzaban::engine::{Caller, Engine, Format, ImportMode, Lookup, NewMemory, Progress};

pub(crate) struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: u64, _: u64) {}
}

/// Imports a TMX of all segments with made-up targets once for each name: parse, fold, store, index, durable.
pub(crate) fn import(folder: &Path, segments: &Segments, rounds: &[&str]) -> Arc<Engine> {
    let file = folder.join("segments.tmx");
    let mut out = BufWriter::new(File::create(&file).unwrap());
    write_tmx(&mut out, segments.lines.iter().map(String::as_str)).unwrap();
    out.flush().unwrap();
    let engine = Engine::open(folder, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::local();
    engine
        .create_memory(
            &caller,
            &NewMemory {
                name: "m".into(),
                ..NewMemory::default()
            },
        )
        .unwrap();
    for round in rounds {
        let id = engine
            .begin_import(&caller, "m", "segments.tmx", Format::Tmx, ImportMode::Add)
            .unwrap();
        let start = Instant::now();
        let input = Box::new(File::open(&file).unwrap());
        let report = engine.import(&caller, &id, input, None, &Quiet).unwrap();
        let took = start.elapsed().as_secs_f64();
        println!(
            "{round}, TMX: {} read, {} added, {} unchanged, {} skipped in {took:.1} s: {:.0} units/s",
            report.read,
            report.added,
            report.unchanged,
            report.skipped,
            report.read as f64 / took
        );
    }
    std::fs::remove_file(file).unwrap();
    engine
}

pub(crate) fn write_tmx<'a>(
    out: &mut impl Write,
    lines: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\"><header creationtool=\"figures\" \
         creationtoolversion=\"1\" segtype=\"sentence\" o-tmf=\"x\" adminlang=\"en\" srclang=\"en\" datatype=\"plaintext\"/><body>"
    )?;
    for (place, line) in lines.enumerate() {
        let text = hamzaban::text::tags::escape(line);
        writeln!(
            out,
            "<tu><tuv xml:lang=\"en\"><seg>{text}</seg></tuv><tuv xml:lang=\"fa\"><seg>ترجمهٔ {place}</seg></tuv></tu>"
        )?;
    }
    writeln!(out, "</body></tmx>")
}

pub(crate) fn index_size(engine: &Engine) {
    let (segments, parts, words, similar) = engine.index_size();
    let each = |bytes: usize| bytes as f64 / segments.max(1) as f64;
    println!(
        "index: {segments} variants, {:.0} B each (segments {:.0}, words {:.0}, similar words {:.0})",
        each(parts + words + similar),
        each(parts),
        each(words),
        each(similar)
    );
}

pub(crate) fn ask(text: &str, threshold: u8) -> Lookup {
    let lookup = serde_json::json!({
        "source_lang": "en", "target_lang": "fa", "text": text, "threshold": threshold, "limit": 5
    });
    serde_json::from_value(lookup).unwrap()
}

pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
