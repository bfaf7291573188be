//! gzip, known by its first bytes whatever the file is called, unpacked as a stream.
//! Several members after one another are one file, as gzip(1) has it. A bomb is refused by its ratio
//! long before it could matter; memory is flat in any case.

use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::GzDecoder;

/// Beyond [`RATIO_FREE`] unpacked bytes, a packed byte may not give more than this many.
const MAX_RATIO: u64 = 100;
/// Unpacked bytes that are never counted against the ratio.
const RATIO_FREE: u64 = 10 << 20;
/// The most that is ever unpacked from one file.
const MAX_UNPACKED: u64 = 8 << 30;

type Source = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

/// The unpacked bytes of a file that may be packed.
pub(super) enum Unpacked {
    Plain(Source),
    Gzip(Box<Members>),
}

/// The members of a gzip file.
pub(super) struct Members {
    /// Between members, and at the end, `None`.
    member: Option<GzDecoder<BufReader<Counted>>>,
    unpacked: u64,
}

/// A source that knows how many bytes were taken from it.
pub(super) struct Counted {
    source: Source,
    taken: u64,
}

/// What is wrong with an archive; the payload of the `io::Error` that says so.
#[derive(Debug)]
pub(super) struct ArchiveFault(String);

impl fmt::Display for ArchiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ArchiveFault {}

fn rejected(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, ArchiveFault(reason.into()))
}

impl Unpacked {
    /// Looks at the first two bytes and chooses.
    pub(super) fn open(mut input: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut head = Vec::with_capacity(2);
        input.by_ref().take(2).read_to_end(&mut head)?;
        let packed = head == [0x1f, 0x8b];
        let source = Cursor::new(head).chain(input);
        if !packed {
            return Ok(Self::Plain(source));
        }
        let counted = BufReader::with_capacity(32 << 10, Counted { source, taken: 0 });
        Ok(Self::Gzip(Box::new(Members {
            member: Some(GzDecoder::new(counted)),
            unpacked: 0,
        })))
    }
}

impl Read for Unpacked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buf),
            Self::Gzip(members) => members.read(buf).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
                    if !error.get_ref().is_some_and(|e| e.is::<ArchiveFault>()) =>
                {
                    rejected(format!("damaged gzip data ({error})"))
                }
                _ => error,
            }),
        }
    }
}

impl Members {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buf)?;
            if read > 0 {
                self.unpacked += read as u64;
                let taken = member.get_ref().get_ref().taken;
                return check_size(self.unpacked, taken).map(|()| read);
            }
            if buf.is_empty() {
                return Ok(0);
            }
            self.next_member()?;
        }
        Ok(0)
    }

    /// After a member: another one, the end, or padding with zeros (tape blocks). Anything else could be
    /// a damaged member, so it is not passed over in silence.
    fn next_member(&mut self) -> io::Result<()> {
        let Some(member) = self.member.take() else {
            return Ok(());
        };
        let mut rest = member.into_inner();
        let mut padded = false;
        loop {
            let bytes = rest.fill_buf()?;
            match bytes.iter().position(|byte| *byte != 0) {
                _ if bytes.is_empty() => return Ok(()),
                Some(0) if bytes[0] == 0x1f && !padded => {
                    self.member = Some(GzDecoder::new(rest));
                    return Ok(());
                }
                Some(_) => return Err(rejected("there are other bytes behind the gzip data")),
                None => {
                    padded = true;
                    let zeros = bytes.len();
                    rest.consume(zeros);
                }
            }
        }
    }
}

fn check_size(unpacked: u64, taken: u64) -> io::Result<()> {
    if unpacked > MAX_UNPACKED {
        return Err(rejected("it unpacks to more than 8 GiB"));
    }
    if unpacked > RATIO_FREE && unpacked / MAX_RATIO > taken {
        return Err(rejected(format!(
            "it unpacks to more than {MAX_RATIO} times its size"
        )));
    }
    Ok(())
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buf)?;
        self.taken += read as u64;
        Ok(read)
    }
}
