//! How much memory an import of a gigabyte takes, beyond the index.

use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use crate::data::Random;
use crate::made::{Quiet, write_tmx};
use hamzaban::engine::{Caller, Engine, Format, ImportMode, NewMemory};

/// Imports a TMX of 1 GB that is never on the disk; says how much the process grew beyond the index.
pub(crate) fn import(folder: &Path) {
    let fresh = folder.join("gigabyte");
    let engine = Engine::open(&fresh, false).unwrap();
    engine.catch_up().unwrap();
    let caller = Caller::local();
    engine
        .create_memory(
            &caller,
            &NewMemory {
                name: "g".into(),
                ..NewMemory::default()
            },
        )
        .unwrap();
    let id = engine
        .begin_import(&caller, "g", "gigabyte.tmx", Format::Tmx, ImportMode::Add)
        .unwrap();
    let before = resident();
    let report = engine
        .import(&caller, &id, Box::new(Gigabyte::default()), None, &Quiet)
        .unwrap();
    let after = resident();
    let highest = peak();
    let (_, parts, words, similar) = engine.index_size();
    let index = (parts + words + similar) >> 20;
    println!(
        "1 GB TMX: {} units; resident {before} MB before, {after} MB after, {highest} MB at the most; index {index} MB; \
         beyond the index +{} MB after, +{} MB at the most",
        report.read,
        after.saturating_sub(before + index),
        highest.saturating_sub(before + index)
    );
}

/// A TMX of a gigabyte: long segments of random words, few units.
#[derive(Default)]
struct Gigabyte {
    made: usize,
    waiting: Cursor<Vec<u8>>,
    ended: bool,
}

impl Read for Gigabyte {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.waiting.read(buffer)?;
        if read > 0 || self.ended {
            return Ok(read);
        }
        let mut next = Vec::new();
        if self.made == 0 {
            write_tmx(&mut next, std::iter::empty())?;
            next.truncate(next.len() - "</body></tmx>\n".len());
        }
        let mut random = Random(self.made as u64 + 1);
        for _ in 0..100 {
            let words: Vec<String> = (0..900)
                .map(|_| format!("word{}", random.below(20_000)))
                .collect();
            writeln!(
                next,
                "<tu><tuv xml:lang=\"en\"><seg>{}</seg></tuv><tuv xml:lang=\"fa\"><seg>متن {}</seg></tuv></tu>",
                words.join(" "),
                random.below(1 << 40)
            )?;
        }
        self.made += next.len();
        if self.made > 1_000_000_000 {
            next.extend_from_slice(b"</body></tmx>\n");
            self.ended = true;
        }
        self.waiting = Cursor::new(next);
        self.waiting.read(buffer)
    }
}

/// A line of `/proc/self/status`, in megabytes.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok())
        .unwrap_or_default()
        >> 10
}

fn resident() -> usize {
    status("VmRSS")
}

fn peak() -> usize {
    status("VmHWM")
}
