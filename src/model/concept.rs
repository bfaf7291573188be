//! Concepts and their names, as the termbase holds them (after TBX, ISO 30042): one thing, and every
//! designation of it in every language, each with its standing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Lang, LangGroup};

/// The most bytes of a concept's id.
pub const MAX_CONCEPT_ID: usize = 128;

/// A concept's id: `org:pmoi`. Letters, digits, `:`, `_`, `-`; the part before the first colon is the kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConceptId(Box<str>);

/// Why a text is not a concept's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is not a concept id; use 1 to {MAX_CONCEPT_ID} of A–Z a–z 0–9 : _ -, as in org:pmoi"
)]
pub struct ConceptIdError {
    /// The offending text, shortened, with everything but printable ASCII replaced.
    pub shown: String,
}

impl ConceptId {
    /// Reads an id.
    pub fn parse(id: &str) -> Result<Self, ConceptIdError> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-');
        if id.is_empty() || id.len() > MAX_CONCEPT_ID || !id.bytes().all(fine) {
            return Err(ConceptIdError { shown: shown(id) });
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of thing it is, from the part before the colon.
    pub fn kind(&self) -> ConceptKind {
        match self.0.split_once(':').map(|(kind, _)| kind) {
            Some("org") => ConceptKind::Org,
            Some("gov") => ConceptKind::Gov,
            Some("person") => ConceptKind::Person,
            Some("place") => ConceptKind::Place,
            Some("media") => ConceptKind::Media,
            Some("office") => ConceptKind::Office,
            Some("event") => ConceptKind::Event,
            Some("term") => ConceptKind::Term,
            _ => ConceptKind::Other,
        }
    }
}

impl fmt::Display for ConceptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ConceptId {
    type Error = ConceptIdError;
    fn try_from(id: String) -> Result<Self, ConceptIdError> {
        Self::parse(&id)
    }
}

impl From<ConceptId> for String {
    fn from(id: ConceptId) -> Self {
        id.0.into()
    }
}

/// Declares an enum whose values have one word each, with `as_str` and a strict `parse`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $word)] $value,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The word that stands for it in files and replies.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            /// The value of exactly this word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What kind of thing a concept is.
    ConceptKind {
        /// An organization, party, movement or company.
        Org = "org",
        /// A state or its regime as such.
        Gov = "gov",
        /// A person.
        Person = "person",
        /// A country, city, camp …
        Place = "place",
        /// A newspaper, agency, channel.
        Media = "media",
        /// An office that people hold.
        Office = "office",
        /// A war, treaty, meeting …
        Event = "event",
        /// An ordinary term of a glossary for translators.
        Term = "term",
        /// An id without one of the known kinds.
        Other = "other",
    }
}

words! {
    /// A name's standing (TBX administrative status).
    Status {
        /// The name to use.
        Preferred = "preferred",
        /// Right too.
        Admitted = "admitted",
        /// Not to be used any more.
        Deprecated = "deprecated",
        /// Not to be used.
        Forbidden = "forbidden",
    }
}

impl Status {
    /// Reads the plain words and the long forms of TBX (`preferredTerm-admn-sts`, `supersededTerm` …).
    pub fn parse_any(word: &str) -> Option<Self> {
        let word = word.trim();
        let plain = word.strip_suffix("-admn-sts").unwrap_or(word);
        let plain = plain.strip_suffix("Term").unwrap_or(plain);
        Some(match plain.to_ascii_lowercase().as_str() {
            "preferred" | "standardized" | "legal" | "regulated" => Self::Preferred,
            "admitted" => Self::Admitted,
            "deprecated" | "superseded" | "obsolete" => Self::Deprecated,
            "forbidden" | "notrecommended" => Self::Forbidden,
            _ => return None,
        })
    }

    /// Preferred or admitted.
    pub fn is_right(self) -> bool {
        matches!(self, Self::Preferred | Self::Admitted)
    }
}

words! {
    /// What form of the concept's name it is (TBX term type).
    NameForm {
        /// The full form.
        Full = "full",
        /// Initials: matched by exact case and the dotted form only.
        Acronym = "acronym",
        /// A shortened full form, a bare family name.
        Short = "short",
        /// A spelling of a better name; always reported.
        Spelling = "spelling",
        /// The name of another language in this one's letters.
        Transliteration = "transliteration",
    }
}

words! {
    /// What a name is for within a style.
    NameUse {
        /// Anywhere.
        Any = "",
        /// The first mention in a text.
        First = "first",
        /// Mentions after the first.
        Later = "later",
        /// Headlines.
        Headline = "headline",
    }
}

/// What else is to be known about a name when it is looked for. Written as words with a space between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(u8);

impl Marks {
    /// Made of ordinary words: matches with exactly these capitals only.
    pub const EXACT_CASE: Self = Self(1);
    /// This concept is meant by the name unless the text says otherwise.
    pub const DEFAULT: Self = Self(2);
    /// The name judges what it names.
    pub const LOADED: Self = Self(4);
    /// The name insults.
    pub const PEJORATIVE: Self = Self(8);
    /// A longer, different name that contains a known one: consumed, never reported.
    pub const BLOCKER: Self = Self(16);
    /// It is known that other concepts bear this name too, and that none of them is meant by default. Only
    /// `glossary check` asks for it.
    pub const AMBIGUOUS: Self = Self(32);

    const WORDS: [(&'static str, Self); 6] = [
        ("case=exact", Self::EXACT_CASE),
        ("default", Self::DEFAULT),
        ("loaded", Self::LOADED),
        ("pejorative", Self::PEJORATIVE),
        ("blocker", Self::BLOCKER),
        ("ambiguous", Self::AMBIGUOUS),
    ];

    /// Reads the marks; the first unknown word is the error.
    pub fn parse(words: &str) -> Result<Self, String> {
        let mut marks = Self::default();
        for word in words.split_whitespace() {
            match Self::WORDS.iter().find(|(known, _)| *known == word) {
                Some((_, mark)) => marks = marks.with(*mark),
                None => return Err(word.to_owned()),
            }
        }
        Ok(marks)
    }

    /// These and those.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are among these.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Self::WORDS.iter().filter(|(_, mark)| self.has(*mark));
        for (place, (word, _)) in words.enumerate() {
            f.write_str(if place > 0 { " " } else { "" })?;
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl Serialize for Marks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = String::deserialize(deserializer)?;
        Self::parse(&words)
            .map_err(|word| serde::de::Error::custom(format_args!("`{word}` is no mark of a name")))
    }
}

/// One designation of a concept in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The language it belongs to.
    pub lang: Lang,
    /// The name, byte for byte as it is to be written.
    pub text: String,
    /// Its standing.
    pub status: Status,
    /// What form of name it is.
    #[serde(rename = "type")]
    pub form: NameForm,
    /// The style it has this standing in; `None` is the default style.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// What it is for.
    #[serde(rename = "use", default = "any_use")]
    pub usage: NameUse,
    /// How it is to be looked for.
    #[serde(default)]
    pub marks: Marks,
    /// A fact about usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where the fact is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn any_use() -> NameUse {
    NameUse::Any
}

/// What a preferred name is the only one of.
pub type Slot<'a> = (LangGroup, Option<&'a str>, NameUse, Option<NameForm>);

impl Name {
    /// Of the names with one slot, a concept prefers one. Acronyms and short forms are preferred beside a full form.
    pub fn slot(&self) -> Slot<'_> {
        let form =
            Some(self.form).filter(|form| matches!(form, NameForm::Acronym | NameForm::Short));
        (self.lang.group(), self.style.as_deref(), self.usage, form)
    }

    /// A preferred full form of the default style, to start from.
    pub fn new(lang: Lang, text: impl Into<String>) -> Self {
        Self {
            lang,
            text: text.into(),
            status: Status::Preferred,
            form: NameForm::Full,
            style: None,
            usage: NameUse::Any,
            marks: Marks::default(),
            note: None,
            source: None,
        }
    }
}

/// One thing that has names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concept {
    /// Its id, which never changes its meaning.
    pub id: ConceptId,
    /// The subject field, of ordinary terms above all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Definitions, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<Lang, String>,
    /// Its names, in the order of the glossary.
    pub names: Vec<Name>,
}

impl Concept {
    /// A concept without names.
    pub fn new(id: ConceptId) -> Self {
        Self {
            id,
            subject: None,
            definitions: BTreeMap::new(),
            names: Vec::new(),
        }
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> ConceptKind {
        self.id.kind()
    }

    /// The preferred name in a language: the style's own, else the default style's; else the first name that is
    /// right. Names for a special use (first mention, headline) do not count.
    pub fn preferred(&self, lang: &Lang, style: Option<&str>) -> Option<&Name> {
        let group = lang.group();
        let here = || {
            let same = |other: &Lang| other == lang || other.group() == group;
            let plain = move |name: &&Name| name.usage == NameUse::Any && same(&name.lang);
            self.names.iter().filter(plain)
        };
        let own = |name: &&Name| {
            style.is_some() && name.style.as_deref() == style && name.status == Status::Preferred
        };
        let general = |name: &&Name| name.style.is_none() && name.status == Status::Preferred;
        let right = |name: &&Name| name.style.is_none() && name.status.is_right();
        here()
            .find(own)
            .or_else(|| here().find(general))
            .or_else(|| here().find(right))
    }
}

fn shown(text: &str) -> String {
    text.chars()
        .take(40)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_name_their_kind_and_refuse_all_but_ascii() {
        let id = ConceptId::parse("org:pmoi").unwrap();
        assert_eq!((id.kind(), id.as_str()), (ConceptKind::Org, "org:pmoi"));
        assert_eq!(ConceptId::parse("x").unwrap().kind(), ConceptKind::Other);
        for id in ["", "a b", "سازمان", "a/b", &"x".repeat(MAX_CONCEPT_ID + 1)] {
            assert!(ConceptId::parse(id).is_err(), "{id}");
        }
    }

    #[test]
    fn statuses_of_tbx_are_read_in_all_their_forms() {
        for (word, status) in [
            ("preferred", Some(Status::Preferred)),
            ("preferredTerm-admn-sts", Some(Status::Preferred)),
            ("admittedTerm", Some(Status::Admitted)),
            ("supersededTerm-admn-sts", Some(Status::Deprecated)),
            ("obsolete", Some(Status::Deprecated)),
            ("forbidden", Some(Status::Forbidden)),
            ("nice", None),
        ] {
            assert_eq!(Status::parse_any(word), status, "{word}");
        }
    }

    #[test]
    fn marks_are_written_as_they_are_read() {
        let marks = Marks::parse("default  case=exact").unwrap();
        assert_eq!(marks.to_string(), "case=exact default");
        assert_eq!(Marks::parse(&marks.to_string()), Ok(marks));
        assert_eq!(Marks::parse("loaded odd"), Err("odd".to_owned()));
    }

    #[test]
    fn a_styles_own_preferred_name_comes_before_the_general_one() {
        let en = Lang::parse("en").unwrap();
        let mut concept = Concept::new(ConceptId::parse("org:x").unwrap());
        concept.names.push(Name::new(en.clone(), "General"));
        concept.names.push(Name {
            style: Some("house".into()),
            ..Name::new(en.clone(), "Own")
        });
        let name = |style| concept.preferred(&en, style).map(|name| name.text.as_str());
        assert_eq!(name(None), Some("General"));
        assert_eq!(name(Some("house")), Some("Own"));
        assert_eq!(name(Some("other")), Some("General"));
    }
}
