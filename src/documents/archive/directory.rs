//! The directory at the end of a zip and the headers before the entries (PKWARE APPNOTE 6.3): they must agree.

use std::collections::HashSet;
use std::ops::Range;

use super::MAX_ENTRIES;
use crate::documents::error::Error;

const END: &[u8; 4] = b"PK\x05\x06";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";

/// The bits of the flags that mean encryption: plain, strong, of the directory.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Sizes stand behind the data.
pub(super) const SIZES_BEHIND: u16 = 1 << 3;

/// How an entry is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::documents) enum Method {
    Stored,
    Deflated,
}

/// An entry of an archive.
#[derive(Clone, Debug)]
pub(in crate::documents) struct Entry {
    /// Its name: a label, never a path.
    pub(in crate::documents) name: String,
    pub(super) method: Method,
    pub(super) crc: u32,
    /// Its size, unpacked.
    pub(super) size: u64,
    /// Where it stands in the file, from the local header on.
    pub(super) start: usize,
    /// Its packed bytes.
    pub(super) data: Range<usize>,
    /// Its record in the directory.
    pub(super) record: Range<usize>,
}

/// Little-endian numbers at places of a file; none behind its end.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(self, at: usize) -> Result<[u8; N], Error> {
        at.checked_add(N)
            .and_then(|end| self.0.get(at..end))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Error::archive("", "the archive is cut off or damaged"))
    }

    pub(super) fn u16(self, at: usize) -> Result<u16, Error> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32(self, at: usize) -> Result<u32, Error> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn place(self, at: usize) -> Result<usize, Error> {
        Ok(self.u32(at)? as usize)
    }

    fn is(self, at: usize, magic: &[u8; 4]) -> bool {
        self.array::<4>(at).is_ok_and(|bytes| bytes == *magic)
    }

    fn slice(self, range: Range<usize>) -> Result<&'a [u8], Error> {
        self.0
            .get(range)
            .ok_or_else(|| Error::archive("", "the archive is cut off or damaged"))
    }
}

/// Reads the directory.
///
/// # Errors
/// When the archive is one of those that are refused, as far as the directory shows it.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let refuse = |reason: &str| Err(Error::archive("", reason));
    let file = Bytes(bytes);
    if !file.is(0, LOCAL) {
        return refuse("the archive does not begin with an entry");
    }
    let end = end_record(file)?;
    let (on_disk, count) = (file.u16(end + 8)?, file.u16(end + 10)?);
    let (size, start) = (file.place(end + 12)?, file.place(end + 16)?);
    if count == u16::MAX || start == u32::MAX as usize {
        return refuse("the archive is a zip64");
    }
    if file.u32(end + 4)? != 0 || on_disk != count {
        return refuse("the archive is a part of several");
    }
    if usize::from(count) > MAX_ENTRIES {
        return refuse(&format!("the archive has more than {MAX_ENTRIES} entries"));
    }
    if start.checked_add(size) != Some(end) {
        return refuse("the directory of the archive is not where it should be");
    }
    let mut entries = Vec::with_capacity(usize::from(count));
    let mut names = HashSet::new();
    let mut at = start;
    for _ in 0..count {
        let entry = entry(file, at, end, start)?;
        if !names.insert(entry.name.to_ascii_lowercase()) {
            return Err(Error::archive(&entry.name, "there are two of this name"));
        }
        at = entry.record.end;
        entries.push(entry);
    }
    if at != end {
        return refuse("the directory of the archive has more entries than it says");
    }
    entries.sort_by_key(|entry| entry.start);
    for pair in entries.windows(2) {
        if let [one, next] = pair
            && next.start < one.data.end
        {
            return Err(Error::archive(&next.name, "it overlaps another entry"));
        }
    }
    match entries.first() {
        Some(first) if first.start == 0 => Ok(entries),
        _ => refuse("there is something before the first entry of the archive"),
    }
}

/// The end record: the last in the file whose comment ends with it.
fn end_record(file: Bytes<'_>) -> Result<usize, Error> {
    let last = file.0.len().saturating_sub(22);
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last)
        .rev()
        .find(|at| {
            file.is(*at, END)
                && file
                    .u16(at + 20)
                    .is_ok_and(|comment| at + 22 + usize::from(comment) == file.0.len())
        })
        .ok_or_else(|| Error::archive("", "the end of the archive is missing: it is cut off"))
}

fn entry(file: Bytes<'_>, at: usize, end: usize, directory: usize) -> Result<Entry, Error> {
    if !file.is(at, CENTRAL) {
        return Err(Error::archive(
            "",
            "the directory of the archive is damaged",
        ));
    }
    let lengths = [28, 30, 32].map(|field| file.u16(at + field).map(usize::from));
    let [name_length, extra, comment] = lengths;
    let name_end = at + 46 + name_length?;
    let record = at..name_end + extra? + comment?;
    if record.end > end {
        return Err(Error::archive(
            "",
            "the directory of the archive is damaged",
        ));
    }
    let raw_name = file.slice(at + 46..name_end)?;
    // Old names are in CP437; they only need to be told apart, and no part that is read has such a one.
    let name = match std::str::from_utf8(raw_name) {
        Ok(name) => name.to_owned(),
        Err(_) => raw_name.iter().map(|b| char::from(*b)).collect(),
    };
    let refuse = |reason: &str| Err(Error::archive(&name, reason));
    if let Some(reason) = fault_of_name(&name) {
        return refuse(reason);
    }
    let flags = file.u16(at + 8)?;
    if flags & ENCRYPTED != 0 {
        return refuse("it is encrypted");
    }
    let method = match file.u16(at + 10)? {
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => return refuse("it is packed by a method other than deflate"),
    };
    let unix_kind = (file.u32(at + 38)? >> 16) & 0o170_000;
    if !matches!(unix_kind, 0 | 0o100_000 | 0o040_000) {
        return refuse("it is a link or a device");
    }
    let (packed, size) = (file.u32(at + 20)?, file.u32(at + 24)?);
    let start = file.place(at + 42)?;
    if [packed, size].contains(&u32::MAX) || start == u32::MAX as usize {
        return refuse("it is a zip64 entry");
    }
    if method == Method::Stored && packed != size {
        return refuse("its sizes disagree");
    }
    let crc = file.u32(at + 16)?;
    if !file.is(start, LOCAL) {
        return refuse("it does not begin where the directory says");
    }
    let local_name = start + 30..start + 30 + usize::from(file.u16(start + 26)?);
    let data = local_name.end + usize::from(file.u16(start + 28)?);
    let data = data..data.saturating_add(packed as usize);
    let local_flags = file.u16(start + 6)?;
    let agrees = file.slice(local_name)? == raw_name
        && file.u16(start + 8)? == file.u16(at + 10)?
        && local_flags & ENCRYPTED == 0
        && (local_flags & SIZES_BEHIND != 0
            || (
                file.u32(start + 14)?,
                file.u32(start + 18)?,
                file.u32(start + 22)?,
            ) == (crc, packed, size));
    if !agrees {
        return refuse("its header and the directory disagree");
    }
    if data.end > directory {
        return refuse("it reaches into the directory");
    }
    Ok(Entry {
        name,
        method,
        crc,
        size: u64::from(size),
        start,
        data,
        record,
    })
}

/// What is wrong with a name. It is never used as a path, but whoever unpacks our output might.
fn fault_of_name(name: &str) -> Option<&'static str> {
    let mut parts = name.split(['/', '\\']);
    if name.is_empty() {
        Some("its name is empty")
    } else if name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':') {
        Some("its name is an absolute path")
    } else if parts.any(|part| part == "..") {
        Some("its name climbs out of the archive")
    } else if name.chars().any(char::is_control) {
        Some("its name has a control character")
    } else {
        None
    }
}
