//! Records and their cells, with the place of each record.
//!
//! CSV is read here and not by the `csv` crate, which would swallow the rest of a file behind a quote that is
//! never closed and says nothing about it; tests compare the two.

use std::io::BufRead;

use crate::formats::error::{Error, code};
use crate::formats::input::Input;
use crate::formats::{Format, Place};

/// The longest record, in bytes of UTF-8.
const MAX_RECORD: usize = 1 << 20;
/// The most cells of a record; what comes behind is part of the last one.
const MAX_CELLS: usize = 1_024;

/// Reads records.
pub(in crate::formats) struct Records {
    input: Input,
    format: Format,
    bytes: Vec<u8>,
    /// Where each cell ends in `bytes`.
    ends: Vec<usize>,
}

/// A record; its cells are in [`Records::cells`].
pub(in crate::formats) struct Record {
    pub(in crate::formats) place: Place,
    /// Why it should not be used.
    pub(in crate::formats) fault: Option<&'static str>,
}

/// Where in a CSV cell the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or half of an escaped quote.
    Quote,
}

impl Records {
    pub(in crate::formats) fn new(input: Input, format: Format) -> Self {
        Self {
            input,
            format,
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    pub(in crate::formats) fn place(&self) -> Place {
        self.input.place()
    }

    /// The cells of the last record.
    pub(in crate::formats) fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| {
            // The input is UTF-8 and cells end at ASCII, so this is always text.
            let bytes = self.bytes.get(start..*end).unwrap_or_default();
            std::str::from_utf8(bytes).unwrap_or_default()
        })
    }

    /// Reads the next record that is not an empty line.
    pub(in crate::formats) fn next(&mut self) -> Result<Option<Record>, Error> {
        loop {
            let place = self.input.place();
            self.input.allow(MAX_RECORD);
            self.bytes.clear();
            self.ends.clear();
            let read = match self.format {
                Format::Csv => self.csv(place),
                _ => self.line(),
            };
            let Some(fault) = read.map_err(|error| too_long_at(error, place))? else {
                return Ok(None);
            };
            if !self.bytes.is_empty() || self.ends.len() > 1 {
                return Ok(Some(Record { place, fault }));
            }
        }
    }

    /// One line of TSV; `None` at the end of the input.
    fn line(&mut self) -> Result<Option<Option<&'static str>>, Error> {
        let mut any = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) => return Err(self.input.error(&error)),
            };
            any |= !chunk.is_empty();
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(chunk.len());
            self.bytes.extend_from_slice(&chunk[..length]);
            let ended = end.is_some() || chunk.is_empty();
            self.input.consume(length + usize::from(end.is_some()));
            if ended {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        if self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        self.split_at_tabs();
        Ok(Some(None))
    }

    fn split_at_tabs(&mut self) {
        let mut kept = 0;
        for at in 0..self.bytes.len() {
            let byte = self.bytes[at];
            if byte == b'\t' && self.ends.len() + 1 < MAX_CELLS {
                self.ends.push(kept);
            } else {
                self.bytes[kept] = byte;
                kept += 1;
            }
        }
        self.bytes.truncate(kept);
        self.ends.push(kept);
    }

    /// One record of CSV; `None` at the end of the input.
    fn csv(&mut self, place: Place) -> Result<Option<Option<&'static str>>, Error> {
        let mut cell = Cell::Start;
        let mut fault = None;
        let mut any = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) => return Err(self.input.error(&error)),
            };
            if chunk.is_empty() {
                if cell == Cell::Quoted {
                    let reason = "a quote in the record that begins here is never closed";
                    return Err(Error::new(code::UNEXPECTED_EOF, place, reason));
                }
                self.ends.push(self.bytes.len());
                return Ok(any.then_some(fault));
            }
            any = true;
            let mut used = 0;
            let mut ended = false;
            for byte in chunk {
                used += 1;
                match (cell, byte) {
                    (Cell::Quoted, b'"') => cell = Cell::Quote,
                    (Cell::Quoted, _) => self.bytes.push(*byte),
                    (Cell::Start, b'"') => cell = Cell::Quoted,
                    (Cell::Quote, b'"') => {
                        self.bytes.push(b'"');
                        cell = Cell::Quoted;
                    }
                    (_, b',') if self.ends.len() + 1 < MAX_CELLS => {
                        self.ends.push(self.bytes.len());
                        cell = Cell::Start;
                    }
                    // The LF of a CRLF is then an empty line, which is none.
                    (_, b'\r' | b'\n') => {
                        ended = true;
                        break;
                    }
                    (Cell::Quote, _) => {
                        fault = Some(
                            "there is text behind a closing quote; quotes in a text must be doubled",
                        );
                        self.bytes.push(*byte);
                        cell = Cell::Plain;
                    }
                    _ => {
                        self.bytes.push(*byte);
                        cell = Cell::Plain;
                    }
                }
            }
            self.input.consume(used);
            if ended {
                self.ends.push(self.bytes.len());
                return Ok(Some(fault));
            }
        }
    }
}

/// A record that is too long is known by its beginning.
fn too_long_at(error: Error, place: Place) -> Error {
    if error.code != code::TEXT_TOO_LONG {
        return error;
    }
    let reason = format!(
        "the record has more than {MAX_RECORD} bytes, perhaps behind a quote that is not closed"
    );
    Error::new(code::TEXT_TOO_LONG, place, reason)
}
