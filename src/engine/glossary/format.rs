//! The formats of glossary files, and reading and writing a whole file in each of them.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Error, invalid};
use crate::formats::glossary::{self, Glossary, pairs};
use crate::formats::tbx::{self, Version};
use crate::model::{Concept, ConceptId, Lang, LangGroup, Name};

/// The largest glossary file, in bytes unpacked or not: some 500,000 names.
const LARGEST: u64 = 64 << 20;

/// A glossary file's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GlossaryFormat {
    /// One name a row; `glossary/README.md` tells of the columns.
    #[default]
    Csv,
    /// TBX v2 (`martif`), which OmegaT and others read; also TBX v3 where a file is read.
    Tbx,
    /// TBX v3 (ISO 30042:2019).
    Tbx3,
    /// OmegaT's own: `term TAB translation TAB comment`, UTF-8. It needs the two languages, and says of names only
    /// that they are right.
    Omegat,
}

impl GlossaryFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Tbx, Self::Tbx3, Self::Omegat];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tbx => "tbx",
            Self::Tbx3 => "tbx3",
            Self::Omegat => "omegat",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(name))
    }

    /// What its files end in. OmegaT takes `.txt` for UTF-8 where the first line says so.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tbx | Self::Tbx3 => "tbx",
            Self::Omegat => "txt",
        }
    }

    /// The format that the ending of a file's name promises, in lower case.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "csv" => Some(Self::Csv),
            "tbx" | "tbx2" | "martif" => Some(Self::Tbx),
            "tbx3" => Some(Self::Tbx3),
            "txt" | "utf8" | "tab" | "tsv" => Some(Self::Omegat),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Tbx | Self::Tbx3 => "application/x-tbx+xml",
            Self::Omegat => "text/tab-separated-values; charset=utf-8",
        }
    }

    /// The languages of a format that does not say them itself.
    pub(super) fn pair(self, langs: Option<&(Lang, Lang)>) -> Result<Option<&(Lang, Lang)>, Error> {
        match (self, langs) {
            (Self::Omegat, None) => {
                let reason = "OmegaT's glossaries do not say their languages: give from and to, such as en and fa";
                Err(invalid("missing_field", "from", reason))
            }
            (Self::Omegat, Some((from, to))) if from.meets(to) => {
                Err(invalid("same_language", "to", "give two languages"))
            }
            (_, langs) => Ok(langs),
        }
    }

    pub(super) fn read(
        self,
        file: Vec<u8>,
        langs: Option<&(Lang, Lang)>,
    ) -> Result<Glossary, Error> {
        let bytes = io::Cursor::new(file);
        let read = match (self, self.pair(langs)?) {
            (Self::Omegat, Some((from, to))) => pairs::read(bytes, from, to),
            (Self::Tbx | Self::Tbx3, _) => tbx::glossary(bytes),
            _ => glossary::read(bytes),
        };
        read.map_err(|error| Error::Format {
            error,
            report: Box::default(),
        })
    }

    pub(super) fn write(
        self,
        concepts: &[&Concept],
        langs: Option<&(Lang, Lang)>,
        mut out: &mut dyn Write,
    ) -> Result<(), Error> {
        match (self, self.pair(langs)?) {
            (Self::Omegat, Some((from, to))) => {
                pairs::write(concepts, from, to, &mut out)?;
            }
            (Self::Tbx, _) => tbx::write(concepts, Version::V2, &mut out)?,
            (Self::Tbx3, _) => tbx::write(concepts, Version::V3, &mut out)?,
            _ => glossary::write(concepts, &mut out)?,
        }
        Ok(out.flush()?)
    }
}

/// Takes out the pairs that a concept has already, so that a glossary that was handed to a translator and comes back
/// makes no second concepts; how many rows those were. `known` are the concepts that are there.
pub(super) fn without_known<'a>(
    file: &mut Glossary,
    known: impl Iterator<Item = &'a Concept>,
) -> u64 {
    let mut bearers: HashMap<(LangGroup, &str), Vec<&Concept>> = HashMap::new();
    for concept in known {
        for name in &concept.names {
            let bearer = bearers.entry((name.lang.group(), &name.text));
            bearer.or_default().push(concept);
        }
    }
    let has = |concept: &Concept, name: &Name| {
        let mut names = concept.names.iter();
        names.any(|own| own.text == name.text && own.lang.meets(&name.lang))
    };
    let is_known = |made: &&Concept| {
        let Some((first, others)) = made.names.split_first() else {
            return false;
        };
        let bearers = bearers.get(&(first.lang.group(), first.text.as_str()));
        let mut bearers = bearers.into_iter().flatten();
        bearers.any(|concept| others.iter().all(|name| has(concept, name)))
    };
    let made = file.concepts();
    let known = made.iter().filter(is_known);
    let known: HashSet<&ConceptId> = known.map(|made| &made.id).collect();
    let before = file.rows.len();
    file.rows.retain(|row| !known.contains(&row.concept));
    (before - file.rows.len()) as u64
}

/// A file whole, unpacked if it is gzip; nothing larger than [`LARGEST`].
pub(super) fn held(input: Box<dyn Read + Send>) -> Result<Vec<u8>, Error> {
    let broken = |error: io::Error| Error::Input {
        reason: error.to_string(),
        report: Box::default(),
    };
    let all = |input: &mut dyn Read| {
        let (mut bytes, left) = (Vec::new(), LARGEST);
        Bounded { input, left }
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    let mut input = input;
    let bytes = all(&mut *input).map_err(broken)?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    match all(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice())) {
        Ok(unpacked) => Ok(unpacked),
        Err(error) if error.kind() == io::ErrorKind::Other => Err(broken(error)),
        // The reader of the format says what is wrong with it.
        Err(_) => Ok(bytes),
    }
}

/// A reader that fails beyond a size, since a glossary is held whole while it is read in.
struct Bounded<'a> {
    input: &'a mut dyn Read,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("a glossary file may have 64 MiB: split it"))?;
        Ok(read)
    }
}
