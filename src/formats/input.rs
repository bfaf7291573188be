//! Bytes of any accepted encoding as checked UTF-8, with the place of every byte.
//! Nothing is ever replaced by U+FFFD: the first byte that is not text ends the reading, and says where.
//!
//! A reader on top says how much it is willing to take at a time ([`Input::allow`]); a parser that buffers
//! without limit (quick-xml does) can therefore not be made to.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::Place;
use super::encoding::{self, Declares, Width};
use super::error::{Error, code};
use super::unpack::{ArchiveFault, Unpacked};

/// Raw bytes read at a time.
const RAW: usize = 32 << 10;
/// Room for decoded bytes; three times the raw ones is the worst case of all single-byte encodings.
const DECODED: usize = 3 * RAW + 64;
/// Bytes that are looked at to find out the encoding.
const HEAD: usize = 1024;

/// Decoded input.
pub(super) struct Input {
    source: Unpacked,
    raw: Vec<u8>,
    raw_start: usize,
    source_ended: bool,
    /// What the source said behind the raw bytes at hand.
    source_failed: Option<Error>,
    decoder: Decoder,
    /// Raw bytes that the decoder has taken, the byte order mark included.
    taken: u64,
    width: Width,
    decoded: Vec<u8>,
    start: usize,
    end: usize,
    place: Place,
    allowance: usize,
    state: State,
}

enum State {
    Open,
    Ended,
    Failed(Error),
}

impl Input {
    /// Unpacks, finds out the encoding, and skips byte order marks.
    pub(super) fn open(input: Box<dyn Read + Send>, declares: Declares) -> Result<Self, Error> {
        let start = Place { line: 1, byte: 0 };
        let source = Unpacked::open(input).map_err(|error| io_error(&error, start))?;
        let mut input = Self {
            source,
            raw: Vec::with_capacity(RAW),
            raw_start: 0,
            source_ended: false,
            source_failed: None,
            decoder: UTF_8.new_decoder_without_bom_handling(),
            taken: 0,
            width: Width::Utf8,
            decoded: vec![0; DECODED],
            start: 0,
            end: 0,
            place: start,
            allowance: usize::MAX,
            state: State::Open,
        };
        while input.raw.len() < HEAD && !input.source_ended {
            if let Err(error) = input.read_raw() {
                // What came before it may hold whole units.
                input.source_failed = Some(io_error(&error, start));
                break;
            }
        }
        let found = encoding::find(&input.raw, declares)
            .map_err(|reason| Error::new(code::ENCODING_ERROR, start, reason))?;
        input.begin(found.encoding, found.mark);
        Ok(input)
    }

    fn begin(&mut self, encoding: &'static Encoding, mark: usize) {
        self.decoder = encoding.new_decoder_without_bom_handling();
        self.width = encoding::width(encoding);
        self.raw_start = mark;
        self.taken = mark as u64;
        self.place.byte = mark as u64;
        // Some tools write the mark twice; it is never text at the start of a file.
        while let Ok([0xEF, 0xBB, 0xBF, ..]) = self.fill_buf() {
            self.consume(3);
        }
    }

    /// The place of the next byte.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// From here, at most `bytes` decoded bytes may be taken before the next `allow`;
    /// then reading fails with `text_too_long`.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Whether everything was read and taken.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.allowance = self.allowance.max(1);
        matches!(self.fill_buf(), Ok([]))
    }

    /// What an `io::Error` of this input stands for.
    pub(super) fn error(&self, error: &io::Error) -> Error {
        match &self.state {
            State::Failed(error) => error.clone(),
            _ => io_error(error, self.place),
        }
    }

    fn read_raw(&mut self) -> io::Result<()> {
        let have = self.raw.len();
        self.raw.resize(have.max(RAW - 1) + 1, 0);
        let read = loop {
            match self.source.read(&mut self.raw[have..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.raw.truncate(have + *read.as_ref().unwrap_or(&0));
        self.source_ended = read? == 0;
        Ok(())
    }

    fn refill(&mut self) -> Result<(), Error> {
        (self.start, self.end) = (0, 0);
        while self.end == 0 && matches!(self.state, State::Open) {
            if self.raw_start == self.raw.len() && !self.source_ended {
                if let Some(error) = self.source_failed.take() {
                    return Err(Error {
                        byte: self.place.byte,
                        ..error
                    });
                }
                self.raw.clear();
                self.raw_start = 0;
                self.read_raw()
                    .map_err(|error| io_error(&error, self.place))?;
            }
            self.decode()?;
        }
        Ok(())
    }

    /// One step. The call that says "last" comes alone, so that a character cut off by the end of the file
    /// is told from a wrong one.
    fn decode(&mut self) -> Result<(), Error> {
        let raw = &self.raw[self.raw_start..];
        let last = raw.is_empty();
        let (result, read, written) =
            self.decoder
                .decode_to_utf8_without_replacement(raw, &mut self.decoded, last);
        self.raw_start += read;
        self.taken += read as u64;
        self.end = written;
        match result {
            DecoderResult::Malformed(bad, after) => {
                // What was decoded before it goes out first; this comes up again as `Failed`.
                let byte = self.taken.saturating_sub(u64::from(bad) + u64::from(after));
                let error = if last {
                    Error::new(
                        code::UNEXPECTED_EOF,
                        self.place,
                        "the file ends inside a character",
                    )
                } else {
                    let name = self.decoder.encoding().name();
                    let reason = format!("the bytes here are not {name}");
                    Error::new(code::ENCODING_ERROR, Place { byte, ..self.place }, reason)
                };
                self.state = State::Failed(error);
            }
            _ if last => self.state = State::Ended,
            _ => {}
        }
        Ok(())
    }

    fn fail(&mut self, mut error: Error) -> io::Error {
        error.line = self.place.line;
        self.state = State::Failed(error);
        io::Error::other("the input failed; Input::error has the reason")
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            if let State::Failed(error) = &self.state {
                let error = error.clone();
                return Err(self.fail(error));
            }
            if let Err(error) = self.refill() {
                return Err(self.fail(error));
            }
            if self.end == 0 {
                if let State::Failed(error) = &self.state {
                    let error = error.clone();
                    return Err(self.fail(error));
                }
                return Ok(&[]);
            }
        }
        let length = (self.end - self.start).min(self.allowance);
        if length == 0 {
            let error = Error::new(code::TEXT_TOO_LONG, self.place, "one piece is too long");
            return Err(self.fail(error));
        }
        Ok(&self.decoded[self.start..self.start + length])
    }

    fn consume(&mut self, amount: usize) {
        let end = self.end.min(self.start + amount);
        let bytes = &self.decoded[self.start..end];
        self.place.line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.place.byte += encoding::original_length(bytes, self.width);
        self.start = end;
        self.allowance = self.allowance.saturating_sub(amount);
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let length = bytes.len().min(buf.len());
        buf[..length].copy_from_slice(&bytes[..length]);
        self.consume(length);
        Ok(length)
    }
}

fn io_error(error: &io::Error, place: Place) -> Error {
    let code = match error.kind() {
        io::ErrorKind::UnexpectedEof => code::UNEXPECTED_EOF,
        _ if error.get_ref().is_some_and(|e| e.is::<ArchiveFault>()) => code::ARCHIVE_REJECTED,
        _ => code::IO,
    };
    Error::new(code, place, error.to_string())
}
