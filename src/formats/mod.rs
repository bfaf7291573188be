//! Files of translation memories: TMX, TSV and CSV as streams of units, in and out.
//!
//! A reader yields one [`Entry`] a unit, in file order: a [`Draft`], or the reason why the unit was skipped.
//! What is wrong with a file as a whole ends it with an [`Error`] that names line, byte and remedy; the
//! entries before it are complete. Memory is bounded whatever the file: nothing longer than one unit is held,
//! no entity is expanded, no other file or address is ever opened, and nothing recurses.
//!
//! gzip is recognised by its content. See [`tmx`] and [`table`] for what each format keeps.

mod encoding;
mod error;
pub mod glossary;
mod input;
mod segment;
pub mod table;
pub mod tbx;
pub mod tmx;
mod unpack;
mod xml;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::str::FromStr;

use crate::model::{Concept, Draft, Lang, Unit};
use encoding::Declares;
pub use error::{Error, code};
use input::Input;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Translation Memory eXchange 1.1 to 1.4.
    Tmx,
    /// One unit a line, cells separated by tabs, no quoting and no escapes.
    Tsv,
    /// RFC 4180.
    Csv,
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the format must be tmx, tsv or csv")]
pub struct UnknownFormat;

impl Format {
    /// The format that a file's name promises: `.tmx`, `.tsv`, `.tab`, `.csv`, each also with `.gz` behind it.
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "tab" => Some(Self::Tsv),
            ending => ending.parse().ok(),
        }
    }

    /// Its short name, which is also the ending of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tmx => "tmx",
            Self::Tsv => "tsv",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Tmx => "application/x-tmx+xml",
            Self::Tsv => "text/tab-separated-values; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        [Self::Tmx, Self::Tsv, Self::Csv]
            .into_iter()
            .find(|format| name.eq_ignore_ascii_case(format.as_str()))
            .ok_or(UnknownFormat)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the user says about a file (`--from`, `--to`).
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The source language. In TMX it wins over `srclang` where a unit has a variant that meets it.
    pub source: Option<Lang>,
    /// The target language of a table without a header. TMX ignores it: all variants are kept.
    pub target: Option<Lang>,
}

/// Where something stands in the unpacked file.
///
/// Bytes are those of the file before decoding for UTF-8, UTF-16 and all single-byte encodings;
/// for the Chinese and Japanese multi-byte encodings they are counted as if the file were UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1; lines end with LF.
    pub line: u64,
    /// Byte, from 0.
    pub byte: u64,
}

/// One unit of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins.
    pub place: Place,
    /// The unit, or why it was skipped.
    pub unit: Result<Draft, String>,
    /// What was wrong with details of a unit that is taken nevertheless; empty for a skipped one.
    pub warnings: Vec<String>,
}

/// One concept of a glossary file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConceptEntry {
    /// Where it begins.
    pub place: Place,
    /// The concept, or why it was skipped.
    pub concept: Result<Concept, String>,
    /// What was not kept or mended.
    pub warnings: Vec<String>,
}

/// A stream of entries. After an error it ends.
pub struct Reader {
    kind: Kind,
    ended: bool,
}

enum Kind {
    Tmx(Box<xml::XmlReader<tmx::TmxDocument>>),
    Table(Box<table::TableReader>),
}

/// Begins to read a file.
///
/// # Errors
/// When already the first bytes are wrong: an unknown encoding, a table without the languages of its columns,
/// input that cannot be read.
pub fn read<R: Read + Send + 'static>(
    input: R,
    format: Format,
    options: &ReadOptions,
) -> Result<Reader, Error> {
    let declares = match format {
        Format::Tmx => Declares::Xml,
        Format::Tsv | Format::Csv => Declares::Nothing,
    };
    let input = Input::open(Box::new(input), declares)?;
    let kind = match format {
        Format::Tmx => {
            let document = tmx::TmxDocument::new(options);
            Kind::Tmx(Box::new(xml::XmlReader::new(input, document)))
        }
        Format::Tsv | Format::Csv => {
            Kind::Table(Box::new(table::TableReader::new(input, format, options)?))
        }
    };
    Ok(Reader { kind, ended: false })
}

impl Reader {
    /// Bytes of the unpacked file taken so far.
    pub fn bytes_read(&self) -> u64 {
        match &self.kind {
            Kind::Tmx(reader) => reader.place().byte,
            Kind::Table(reader) => reader.place().byte,
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = match &mut self.kind {
            Kind::Tmx(reader) => reader.next_entry(),
            Kind::Table(reader) => reader.next_entry(),
        };
        self.ended = !matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}

/// How a file is written.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// TMX: the header's `srclang`; without it `*all*`.
    pub source: Option<Lang>,
    /// Tables: the languages of the columns, in order. TMX writes all variants and ignores it.
    pub langs: Vec<Lang>,
    /// Tables: add the columns `previous`, `next` and `id`.
    pub context: bool,
    /// CSV: put an apostrophe before cells that a spreadsheet would take for a formula.
    /// Reading takes it away again.
    pub spreadsheet_safe: bool,
}

/// What became of a unit that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is in the file.
    Whole,
    /// It is not, and nothing of it; the format cannot hold it for this reason.
    Skipped(String),
}

/// Writes units as a stream. At most some 32 KiB are held; [`Writer::finish`] must be called.
pub struct Writer<W: Write> {
    out: W,
    /// Complete units that wait to be written.
    buffer: String,
    kind: WriterKind,
}

enum WriterKind {
    Tmx(tmx::TmxWriter),
    Table(table::TableWriter),
}

/// Text that is collected before it is written.
const BUFFER: usize = 32 << 10;

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When `out` fails, and (`InvalidInput`) when a table is to have fewer than two languages.
    pub fn new(out: W, format: Format, options: &WriteOptions) -> io::Result<Self> {
        let mut buffer = String::with_capacity(BUFFER + (4 << 10));
        let kind = match format {
            Format::Tmx => WriterKind::Tmx(tmx::TmxWriter::begin(&mut buffer, options)),
            Format::Tsv | Format::Csv => {
                WriterKind::Table(table::TableWriter::begin(&mut buffer, format, options)?)
            }
        };
        Ok(Self { out, buffer, kind })
    }

    /// Writes one unit, or says why the format cannot hold it; then the file is as if it had not been given.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write_unit(&mut self, unit: &Unit) -> io::Result<Written> {
        let before = self.buffer.len();
        let written = match &mut self.kind {
            WriterKind::Tmx(writer) => writer.unit(&mut self.buffer, unit),
            WriterKind::Table(writer) => writer.unit(&mut self.buffer, unit),
        };
        if let Err(reason) = written {
            self.buffer.truncate(before);
            return Ok(Written::Skipped(reason));
        }
        if self.buffer.len() >= BUFFER {
            self.out.write_all(self.buffer.as_bytes())?;
            self.buffer.clear();
        }
        Ok(Written::Whole)
    }

    /// Ends the file and gives the output back, flushed.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(mut self) -> io::Result<W> {
        if let WriterKind::Tmx(_) = self.kind {
            tmx::TmxWriter::end(&mut self.buffer);
        }
        self.out.write_all(self.buffer.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests;
