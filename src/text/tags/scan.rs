//! The scanner: events of a tagged segment, every rule checked on the way.

use std::borrow::Cow;

use super::{DEEPEST, MOST_ATTRIBUTES};

/// A TMX 1.4 inline element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// Begin of a paired code.
    Bpt,
    /// End of a paired code.
    Ept,
    /// A code whose partner is outside the segment.
    It,
    /// A code that stands alone.
    Ph,
    /// A code of unknown kind.
    Ut,
    /// Marked text.
    Hi,
    /// Text inside a code (a footnote, an attribute).
    Sub,
}

impl Element {
    /// Its name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpt => "bpt",
            Self::Ept => "ept",
            Self::It => "it",
            Self::Ph => "ph",
            Self::Ut => "ut",
            Self::Hi => "hi",
            Self::Sub => "sub",
        }
    }

    /// Its content is native code, not text.
    pub fn is_code(self) -> bool {
        !matches!(self, Self::Hi | Self::Sub)
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bpt" => Self::Bpt,
            "ept" => Self::Ept,
            "it" => Self::It,
            "ph" => Self::Ph,
            "ut" => Self::Ut,
            "hi" => Self::Hi,
            "sub" => Self::Sub,
            _ => return None,
        })
    }
}

/// What is wrong with a tagged segment, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at} of the tagged segment: {fault}")]
pub struct TagError {
    /// Byte offset in the tagged segment.
    pub at: usize,
    /// What is wrong there.
    pub fault: TagFault,
}

/// The ways a tagged segment can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    /// An element that TMX does not have inline.
    #[error(
        "`{0}` is no inline element of TMX; allowed are bpt, ept, it, ph, ut, hi, sub (write `&lt;` for a plain `<`)"
    )]
    UnknownElement(String),
    /// An end tag without its start tag, or of another element than the open one.
    #[error("an end tag that closes nothing; elements must be nested and balanced")]
    WrongEnd,
    /// An element that is never closed.
    #[error("`{}` is not closed; add `</{}>`", .0.name(), .0.name())]
    Unclosed(Element),
    /// Something that begins like markup and is none.
    #[error(
        "broken markup; write `&lt;` and `&amp;` for plain `<` and `&`, and quote attribute values"
    )]
    Broken,
    /// A reference that is not resolved.
    #[error(
        "`&{0};` is not resolved; allowed are amp, lt, gt, quot, apos and numbers of XML characters"
    )]
    UnknownEntity(String),
    /// A character that XML does not allow.
    #[error("character U+{:04X} is not allowed in XML; remove it", u32::from(*.0))]
    InvalidCharacter(char),
    /// DOCTYPE or a processing instruction.
    #[error("DOCTYPE and processing instructions are not allowed in a segment; remove it")]
    NotAllowed,
    /// Nested deeper than [`DEEPEST`].
    #[error("elements are nested deeper than {DEEPEST}; flatten them")]
    TooDeep,
    /// More attributes than [`MOST_ATTRIBUTES`].
    #[error("more than {MOST_ATTRIBUTES} attributes; remove some")]
    TooManyAttributes,
    /// The same attribute twice.
    #[error("attribute `{0}` stands twice; remove one")]
    DuplicateAttribute(String),
}

pub(super) enum Event<'s> {
    Start {
        element: Element,
        /// The `type` attribute.
        kind: Option<String>,
        /// The `pos` attribute of an `it`.
        position: Option<String>,
    },
    End,
    /// Character data, entities resolved; one text may come in several pieces.
    Text(Cow<'s, str>),
}

/// An iterator of events; after an error it ends.
pub(super) struct Scanner<'s> {
    source: &'s str,
    at: usize,
    open: Vec<(Element, usize)>,
    /// The last tag was empty (`<ph/>`): its end is still to be told.
    pending_end: bool,
    done: bool,
}

type Step<T> = Result<T, TagError>;

fn error<T>(at: usize, fault: TagFault) -> Step<T> {
    Err(TagError { at, fault })
}

impl<'s> Iterator for Scanner<'s> {
    type Item = Step<Event<'s>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let event = self.step().transpose();
        self.done = !matches!(event, Some(Ok(_)));
        event
    }
}

impl<'s> Scanner<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            source,
            at: 0,
            open: Vec::new(),
            pending_end: false,
            done: false,
        }
    }

    /// Where it is: the byte behind what was told last.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) -> Step<Option<Event<'s>>> {
        if std::mem::take(&mut self.pending_end) {
            self.open.pop();
            return Ok(Some(Event::End));
        }
        loop {
            let rest = self.rest();
            return match rest.as_bytes() {
                [] => match self.open.pop() {
                    Some((element, at)) => error(at, TagFault::Unclosed(element)),
                    None => Ok(None),
                },
                [b'&', ..] => self
                    .reference()
                    .map(|c| Some(Event::Text(c.to_string().into()))),
                [b'<', b'/', ..] => self.end_tag().map(Some),
                [b'<', b'?', ..] => error(self.at, TagFault::NotAllowed),
                [b'<', b'!', ..] => {
                    if rest.starts_with("<!--") {
                        self.until("<!--", "-->")?;
                        continue;
                    }
                    if rest.starts_with("<![CDATA[") {
                        let text = self.until("<![CDATA[", "]]>")?;
                        return Ok(Some(Event::Text(text.into())));
                    }
                    error(self.at, TagFault::NotAllowed)
                }
                [b'<', ..] => self.start_tag().map(Some),
                _ => {
                    let end = rest.find(['<', '&']).unwrap_or(rest.len());
                    let text = rest.get(..end).unwrap_or_default();
                    check_characters(text, self.at)?;
                    self.at += end;
                    Ok(Some(Event::Text(text.into())))
                }
            };
        }
    }

    /// Reads over `open … close` and returns what is between.
    fn until(&mut self, open: &str, close: &str) -> Step<&'s str> {
        let inside = self.rest().get(open.len()..).unwrap_or_default();
        let Some(end) = inside.find(close) else {
            return error(self.at, TagFault::Broken);
        };
        let text = inside.get(..end).unwrap_or_default();
        check_characters(text, self.at + open.len())?;
        self.at += open.len() + end + close.len();
        Ok(text)
    }

    /// A reference at the place, `&…;`; moves behind it.
    fn reference(&mut self) -> Step<char> {
        let (character, length) = resolve(self.rest(), self.at)?;
        self.at += length;
        Ok(character)
    }

    fn end_tag(&mut self) -> Step<Event<'s>> {
        let inside = self.rest().get(2..).unwrap_or_default();
        let Some(end) = inside
            .find(['>', '<'])
            .filter(|&end| inside.as_bytes()[end] == b'>')
        else {
            return error(self.at, TagFault::Broken);
        };
        let name = inside
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches(is_space);
        match self.open.pop() {
            Some((element, _)) if element.name() == name => {
                self.at += 2 + end + 1;
                Ok(Event::End)
            }
            _ => error(self.at, TagFault::WrongEnd),
        }
    }

    fn start_tag(&mut self) -> Step<Event<'s>> {
        let start = self.at;
        self.at += 1;
        let name = self.name();
        let Some(element) = Element::named(name) else {
            return error(
                start,
                match name {
                    "" => TagFault::Broken,
                    _ => TagFault::UnknownElement(shown(name)),
                },
            );
        };
        if self.open.len() >= DEEPEST {
            return error(start, TagFault::TooDeep);
        }
        let (mut kind, mut position) = (None, None);
        let mut names: Vec<&str> = Vec::new();
        loop {
            let spaces = self.skip_spaces();
            match self.rest().as_bytes() {
                [b'>', ..] => {
                    self.at += 1;
                    break;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    self.pending_end = true;
                    break;
                }
                _ if !spaces => return error(self.at, TagFault::Broken),
                _ => {}
            }
            let at = self.at;
            let name = self.name();
            if names.len() >= MOST_ATTRIBUTES {
                return error(at, TagFault::TooManyAttributes);
            }
            if names.contains(&name) {
                return error(at, TagFault::DuplicateAttribute(shown(name)));
            }
            names.push(name);
            let value = self.value(at, name)?;
            match name {
                "type" => kind = Some(value),
                "pos" if element == Element::It => position = Some(value),
                _ => {}
            }
        }
        self.open.push((element, start));
        Ok(Event::Start {
            element,
            kind,
            position,
        })
    }

    /// The name at the place, perhaps empty; moves behind it.
    fn name(&mut self) -> &'s str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| is_space(c) || "/>=<\"'&".contains(c))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// The `="value"` of the attribute `name` that begins at `at`.
    fn value(&mut self, at: usize, name: &str) -> Step<String> {
        self.skip_spaces();
        if name.is_empty() || !self.rest().starts_with('=') {
            return error(at, TagFault::Broken);
        }
        self.at += 1;
        self.skip_spaces();
        let quote = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return error(self.at, TagFault::Broken),
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(['<', '&', quote]) else {
                return error(at, TagFault::Broken);
            };
            let piece = rest.get(..end).unwrap_or_default();
            check_characters(piece, self.at)?;
            value.push_str(piece);
            self.at += end;
            match rest.as_bytes()[end] {
                b'<' => return error(self.at, TagFault::Broken),
                b'&' => value.push(self.reference()?),
                _ => {
                    self.at += 1;
                    return Ok(value);
                }
            }
        }
    }

    fn skip_spaces(&mut self) -> bool {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_start_matches(is_space).len();
        self.at += spaces;
        spaces > 0
    }
}

/// XML's white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// XML 1.0's `Char`.
fn is_xml_character(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

fn check_characters(text: &str, at: usize) -> Step<()> {
    match text.char_indices().find(|&(_, c)| !is_xml_character(c)) {
        Some((place, c)) => error(at + place, TagFault::InvalidCharacter(c)),
        None => Ok(()),
    }
}

/// The character of the reference that `rest` begins with, and the reference's length.
fn resolve(rest: &str, at: usize) -> Step<(char, usize)> {
    // The longest that is of use is `&#x10FFFF;`; a few leading zeros are common enough.
    let name = rest
        .get(1..)
        .and_then(|inside| inside.split_once(';'))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.len() <= 64 && !name.contains(['<', '&', ' ']));
    let Some(name) = name else {
        return error(at, TagFault::Broken);
    };
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => number(name)
            .and_then(char::from_u32)
            .filter(|&c| is_xml_character(c)),
    };
    match character {
        Some(character) => Ok((character, name.len() + 2)),
        None => error(at, TagFault::UnknownEntity(shown(name))),
    }
}

fn number(name: &str) -> Option<u32> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would accept a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// A name as an error message may show it: short, without anything odd.
fn shown(name: &str) -> String {
    name.chars()
        .take(40)
        .map(|c| {
            if c.is_alphanumeric() || c.is_ascii_graphic() {
                c
            } else {
                '?'
            }
        })
        .collect()
}
