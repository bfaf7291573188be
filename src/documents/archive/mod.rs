//! The zip archives that DOCX and ODT are: read from memory, judged before anything in them is used, and
//! written with the changed entries alone packed anew.
//!
//! Our own reader and not a crate's, for two reasons: an archive whose directory and local headers disagree
//! is read differently by different programs, and is refused here rather than understood; and untouched
//! entries are copied as they are packed, in their order, with their times and attributes.
//!
//! Refused: more than 1,000 entries; more than 256 MiB unpacked, or more than 100 times the packed size beyond
//! 10 MiB; encryption; links and devices; names that are absolute, climb (`..`), repeat (also but for case) or
//! have controls; entries that overlap; other methods than stored and deflated; zip64; several disks; data
//! before the first entry; an entry that unpacks to something other than its size and checksum.
//! Archives in the archive are bytes: they are never opened.

mod directory;
mod write;

use std::borrow::Cow;
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::error::Error;
pub(super) use directory::Entry;
use directory::Method;

/// The most entries. A thesis with an image on each page has some 500.
const MAX_ENTRIES: usize = 1_000;
/// The most bytes unpacked, all entries together.
const MAX_UNPACKED: u64 = 256 << 20;
/// From this size on, the ratio counts.
const RATIO_FROM: u64 = 10 << 20;
/// The highest ratio of unpacked to packed.
const MAX_RATIO: u64 = 100;

/// An archive that has passed all checks.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    /// In the order in which they stand in the file.
    entries: Vec<Entry>,
}

impl<'a> Archive<'a> {
    /// Reads and judges an archive.
    ///
    /// # Errors
    /// `archive_rejected` with the entry and the reason.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let entries = directory::read(bytes)?;
        judge_sizes(&entries, bytes.len() as u64)?;
        let archive = Self { bytes, entries };
        for entry in &archive.entries {
            archive.check(entry)?;
        }
        Ok(archive)
    }

    /// The entry of a name; names of parts are compared without regard to ASCII case (OPC).
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// The content of an entry, unpacked. It was checked when the archive was opened.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub(super) fn content(&self, entry: &Entry) -> Result<Cow<'a, [u8]>, Error> {
        let packed = self.packed(entry);
        match entry.method {
            Method::Stored => Ok(Cow::Borrowed(packed)),
            Method::Deflated => {
                let mut content = Vec::with_capacity(usize::try_from(entry.size).unwrap_or(0));
                DeflateDecoder::new(packed)
                    .take(entry.size)
                    .read_to_end(&mut content)
                    .map_err(|_| damaged(entry))?;
                Ok(Cow::Owned(content))
            }
        }
    }

    fn packed(&self, entry: &Entry) -> &'a [u8] {
        self.bytes.get(entry.data.clone()).unwrap_or_default()
    }

    /// Unpacks an entry into nothing: it must be as long as it says, to the byte, and unpack to its checksum.
    fn check(&self, entry: &Entry) -> Result<(), Error> {
        let packed = self.packed(entry);
        let mut crc = Crc::new();
        let mut size = 0_u64;
        match entry.method {
            Method::Stored => {
                crc.update(packed);
                size = packed.len() as u64;
            }
            Method::Deflated => {
                let mut decoder = DeflateDecoder::new(packed);
                let mut buffer = [0; 32 << 10];
                loop {
                    match decoder.read(&mut buffer) {
                        Ok(0) => break,
                        Ok(count) => {
                            crc.update(buffer.get(..count).unwrap_or_default());
                            size += count as u64;
                        }
                        Err(_) => return Err(damaged(entry)),
                    }
                    if size > entry.size {
                        let reason = "it unpacks to more than it says";
                        return Err(Error::archive(&entry.name, reason));
                    }
                }
                if decoder.total_in() != packed.len() as u64 {
                    let reason = "there are bytes behind its packed data";
                    return Err(Error::archive(&entry.name, reason));
                }
            }
        }
        if size != entry.size || crc.sum() != entry.crc {
            return Err(damaged(entry));
        }
        Ok(())
    }
}

fn damaged(entry: &Entry) -> Error {
    Error::archive(&entry.name, "it is damaged: it does not unpack as it says")
}

fn judge_sizes(entries: &[Entry], packed: u64) -> Result<(), Error> {
    let mut total = 0_u64;
    for entry in entries {
        let own = (entry.data.len() as u64).saturating_mul(MAX_RATIO);
        if entry.size > RATIO_FROM && entry.size > own {
            let reason = format!("it unpacks to more than {MAX_RATIO} times its size");
            return Err(Error::archive(&entry.name, reason));
        }
        total = total.saturating_add(entry.size);
    }
    if total > MAX_UNPACKED {
        let reason = format!("the archive unpacks to more than {MAX_UNPACKED} bytes");
        return Err(Error::archive("", reason));
    }
    if total > RATIO_FROM && total > packed.saturating_mul(MAX_RATIO) {
        let reason = format!("the archive unpacks to more than {MAX_RATIO} times its size");
        return Err(Error::archive("", reason));
    }
    Ok(())
}
