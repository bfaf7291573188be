//! The measuring data, and queries made of it; the same every time.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};

/// English segments, one a line.
pub(crate) struct Segments {
    pub(crate) lines: Vec<String>,
    pub(crate) origin: &'static str,
}

/// Where the measuring data is, if it is.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("HAMZABAN_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    )
}

impl Segments {
    pub(crate) fn load() -> Self {
        match File::open(shared().join("data/en_segments.txt.xz")) {
            Ok(file) => {
                let mut text = Vec::new();
                lzma_rs::xz_decompress(&mut BufReader::new(file), &mut text).unwrap();
                let lines = Cursor::new(text)
                    .lines()
                    .map(|line| line.unwrap().replace('\t', " "));
                Self {
                    lines: lines.collect(),
                    origin: "en_segments.txt.xz",
                }
            }
            Err(_) => {
                let mut random = Random(7);
                let sentence = |random: &mut Random| {
                    let words = (0..5 + random.below(20)).map(|_| {
                        let rank = random.below(300) * random.below(300) / 3;
                        format!("w{rank:x}rd")
                    });
                    words.collect::<Vec<_>>().join(" ")
                };
                let lines = (0..200_000).map(|_| sentence(&mut random)).collect();
                Self {
                    lines,
                    origin: "made of random words; the measuring data is not here",
                }
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.iter().map(String::len).sum()
    }

    /// Exact, edited and unseen segments in equal parts.
    pub(crate) fn queries(&self, count: usize) -> Vec<String> {
        let mut random = Random(42);
        let make = |kind| {
            let mut line = || self.lines[random.below(self.lines.len())].clone();
            let (one, other) = (line(), line());
            query(kind, &one, &other, &mut random)
        };
        (0..count).map(make).collect()
    }
}

/// One line as it is, or with some words of the other, or half of each.
pub(crate) fn query(kind: usize, one: &str, other: &str, random: &mut Random) -> String {
    let mut words: Vec<&str> = one.split(' ').collect();
    let other: Vec<&str> = other.split(' ').collect();
    match kind % 3 {
        0 => {}
        1 => {
            for _ in 0..1 + words.len() / 8 {
                let place = random.below(words.len());
                words[place] = other[random.below(other.len())];
            }
        }
        _ => {
            words.truncate(words.len() / 2);
            words.extend_from_slice(&other[other.len() / 2..]);
        }
    }
    words.join(" ")
}

/// Xorshift: the same numbers every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
