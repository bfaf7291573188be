//! Writing: every entry in its old order, the unchanged ones as they are packed.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::directory::{Bytes, SIZES_BEHIND};
use super::{Archive, Entry, Method};
use crate::documents::error::{Error, code};

/// An entry as it will be written.
struct Packed<'a> {
    entry: &'a Entry,
    method: Method,
    crc: u32,
    size: u32,
    data: &'a [u8],
}

impl Archive<'_> {
    /// Writes the archive with the content of some entries, by name, replaced. Without any it is the same.
    ///
    /// # Errors
    /// When the result would be larger than a zip can be, or the output fails.
    pub(in crate::documents) fn write(
        &self,
        changed: &BTreeMap<String, String>,
        output: &mut dyn Write,
    ) -> Result<(), Error> {
        let io = |error: std::io::Error| Error::output(&error);
        if changed.is_empty() {
            return output.write_all(self.bytes).map_err(io);
        }
        let mut directory = Vec::new();
        let mut offset = 0_u32;
        for entry in &self.entries {
            let deflated;
            let packed = match changed.get(&entry.name) {
                None => self.kept(entry)?,
                Some(content) => {
                    deflated = deflate(content)?;
                    Packed {
                        entry,
                        method: Method::Deflated,
                        crc: crc(content),
                        size: narrow(content.len())?,
                        data: &deflated,
                    }
                }
            };
            let header = self.header(&packed)?;
            output.write_all(&header).map_err(io)?;
            output.write_all(packed.data).map_err(io)?;
            self.record(&packed, offset, &mut directory)?;
            let length = narrow(header.len() + packed.data.len())?;
            offset = offset.checked_add(length).ok_or_else(too_large)?;
        }
        output.write_all(&directory).map_err(io)?;
        output
            .write_all(&self.end(narrow(directory.len())?, offset)?)
            .map_err(io)
    }

    fn kept<'a>(&'a self, entry: &'a Entry) -> Result<Packed<'a>, Error> {
        Ok(Packed {
            entry,
            method: entry.method,
            crc: entry.crc,
            size: u32::try_from(entry.size).map_err(|_| too_large())?,
            data: self.packed(entry),
        })
    }

    /// The local header: the old one with the sizes in it, so that none need to stand behind the data.
    fn header(&self, packed: &Packed<'_>) -> Result<Vec<u8>, Error> {
        let old = packed.entry.start..packed.entry.data.start;
        let mut header = self.bytes.get(old).unwrap_or_default().to_vec();
        put(&mut header, 14, &fields(packed)?);
        self.put_common(&mut header, 6, packed)?;
        Ok(header)
    }

    /// The record in the directory: the old one with the new sizes and place.
    fn record(
        &self,
        packed: &Packed<'_>,
        offset: u32,
        directory: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let old = packed.entry.record.clone();
        let mut record = self.bytes.get(old).unwrap_or_default().to_vec();
        put(&mut record, 16, &fields(packed)?);
        put(&mut record, 42, &offset.to_le_bytes());
        self.put_common(&mut record, 8, packed)?;
        directory.extend(record);
        Ok(())
    }

    fn put_common(&self, bytes: &mut [u8], at: usize, packed: &Packed<'_>) -> Result<(), Error> {
        let flags = Bytes(bytes).u16(at)? & !SIZES_BEHIND;
        let method: u16 = match packed.method {
            Method::Stored => 0,
            Method::Deflated => 8,
        };
        put(bytes, at, &flags.to_le_bytes());
        put(bytes, at + 2, &method.to_le_bytes());
        Ok(())
    }

    fn end(&self, size: u32, offset: u32) -> Result<Vec<u8>, Error> {
        let count = u16::try_from(self.entries.len()).map_err(|_| too_large())?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(size.to_le_bytes());
        end.extend(offset.to_le_bytes());
        end.extend([0, 0]);
        Ok(end)
    }
}

/// Checksum, packed size, size.
fn fields(packed: &Packed<'_>) -> Result<Vec<u8>, Error> {
    let mut fields = packed.crc.to_le_bytes().to_vec();
    fields.extend(narrow(packed.data.len())?.to_le_bytes());
    fields.extend(packed.size.to_le_bytes());
    Ok(fields)
}

fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + new.len()) {
        place.copy_from_slice(new);
    }
}

fn crc(content: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(content.as_bytes());
    crc.sum()
}

fn deflate(content: &str) -> Result<Vec<u8>, Error> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(content.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|error| Error::output(&error))
}

fn narrow(size: usize) -> Result<u32, Error> {
    u32::try_from(size).map_err(|_| too_large())
}

fn too_large() -> Error {
    Error::new(code::TOO_LARGE, "the document would be larger than 4 GiB")
}
