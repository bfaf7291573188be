//! TMX 1.1 to 1.4 (`tmx14.dtd`), level 2.
//!
//! **Text.** White space is kept as the file has it, except that line ends become LF, as XML demands of every
//! parser (`&#13;` is a CR and stays one). CDATA and character references are merged. The plain text of a
//! segment leaves out the content of `bpt`, `ept`, `ph`, `it` and `ut`, which is native code, with any `sub` in it;
//! the content of `hi` is text, and that of a `sub` that stands in text, where the DTD has none. Segments with inline elements are also kept with them, in one canonical form: names in lower
//! case without a prefix, attributes in file order, `<x/>` for an empty element, comments and processing
//! instructions left out.
//!
//! **What is kept.** Attributes of `tu` and `tuv`, `prop` and `note` with their language, in order; those that
//! the DTD does not know become a `prop` of type `x-attr-NAME`. `creationdate`/`creationid` and
//! `changedate`/`changeid` of a `tu` become stamps. The header gives the source language; the rest of it, and
//! `o-encoding` of `prop` and `note`, is not kept. Notes come behind props when written, and context first
//! (see `context`).
//!
//! **What is forgiven:** upper-case names, namespace prefixes, a missing header, `tu` outside `body` (with a
//! warning), undeclared entities and raw control characters (that unit is skipped), `lang` for `xml:lang`.
//! **What is not:** anything else that is not well-formed XML, see [`super::code`].

mod context;
mod dates;
mod document;
mod languages;
mod seg;
mod unit;
mod write;

pub(super) use document::TmxDocument;
pub(super) use write::TmxWriter;

/// The elements of TMX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Tmx,
    Header,
    Body,
    Tu,
    Tuv,
    Seg,
    Prop,
    Note,
    Inline(Inline),
    Other,
}

/// The elements that occur inside of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inline {
    Bpt,
    Ept,
    Ph,
    It,
    Ut,
    Hi,
    Sub,
}

impl Inline {
    /// Whether it holds native code.
    fn is_code(self) -> bool {
        !matches!(self, Self::Hi | Self::Sub)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bpt => "bpt",
            Self::Ept => "ept",
            Self::Ph => "ph",
            Self::It => "it",
            Self::Ut => "ut",
            Self::Hi => "hi",
            Self::Sub => "sub",
        }
    }
}

impl Element {
    /// The element of this name, in any case, with or without a namespace prefix.
    fn of(name: &str) -> Self {
        let local = name.rsplit(':').next().unwrap_or(name);
        match Self::exactly(local) {
            Self::Other if local.len() <= 6 && local.bytes().any(|b| b.is_ascii_uppercase()) => {
                Self::exactly(&local.to_ascii_lowercase())
            }
            element => element,
        }
    }

    fn exactly(name: &str) -> Self {
        match name {
            "tu" => Self::Tu,
            "tuv" => Self::Tuv,
            "seg" => Self::Seg,
            "prop" => Self::Prop,
            "note" => Self::Note,
            "ph" => Self::Inline(Inline::Ph),
            "bpt" => Self::Inline(Inline::Bpt),
            "ept" => Self::Inline(Inline::Ept),
            "it" => Self::Inline(Inline::It),
            "ut" => Self::Inline(Inline::Ut),
            "hi" => Self::Inline(Inline::Hi),
            "sub" => Self::Inline(Inline::Sub),
            "tmx" => Self::Tmx,
            "header" => Self::Header,
            "body" => Self::Body,
            _ => Self::Other,
        }
    }
}

/// The date of the last change. Among a unit's attributes it says that the file gave it although it equals the
/// creation: only then is it written for a unit that was not changed.
const CHANGE_DATE: &str = "changedate";

/// Attributes that `tmx14.dtd` gives a `tu`, without dates and users.
const TU_ATTRIBUTES: [&str; 10] = [
    "tuid",
    "o-encoding",
    "datatype",
    "usagecount",
    "lastusagedate",
    "creationtool",
    "creationtoolversion",
    "segtype",
    "o-tmf",
    "srclang",
];

/// Attributes that `tmx14.dtd` gives a `tuv`, without its language.
const TUV_ATTRIBUTES: [&str; 11] = [
    "o-encoding",
    "datatype",
    "usagecount",
    "lastusagedate",
    "creationtool",
    "creationtoolversion",
    "creationdate",
    "creationid",
    "changedate",
    "o-tmf",
    "changeid",
];

/// Values of `segtype`.
const SEGTYPES: [&str; 4] = ["block", "paragraph", "sentence", "phrase"];

/// What the type of a `prop` begins with that stands for an attribute the DTD does not know.
const FOREIGN_ATTRIBUTE: &str = "x-attr-";

/// The context that props hold.
#[cfg(test)]
pub(super) fn context_of(
    unit: &mut crate::model::Metadata,
    source: &crate::model::Metadata,
) -> crate::model::Context {
    context::take(unit, source)
}

/// Plain text and canonical form of the inside of a segment.
#[cfg(test)]
pub(super) fn plain_and_canonical(inside: &str) -> Result<(String, Option<String>), String> {
    seg::parse(inside).map(|seg| (seg.text, seg.tagged))
}
