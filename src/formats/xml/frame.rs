//! The document around the entries: one root of the right name, limits, and nothing before or behind it.

use super::attributes::{self, RawAttribute, TagFault, is_name};
use super::{Expected, judge, malformed, too_many_attributes};
use crate::formats::Place;
use crate::formats::error::{Error, code, shown};

/// The deepest nesting. Real files stay below ten; a damaged one with 3,000 `hi` is still read.
const MAX_DEPTH: usize = 4_096;
/// The longest entry, in bytes of the file.
const MAX_ENTRY: u64 = 8 << 20;

/// What a format makes of the pieces inside of the root. After an error it gets no more of them.
pub(in crate::formats) trait Document {
    /// What the file is a list of.
    type Entry;

    /// Its root and its DOCTYPE.
    const KIND: Expected;
    /// The element of an entry, for messages.
    const ENTRY: &'static str;

    /// A start tag; the first one is the root's.
    fn start(&mut self, name: &str, attributes: &[RawAttribute<'_>], place: Place);
    /// An end tag that fits its start tag; the entry, if one ends with it.
    fn end(&mut self) -> Option<Self::Entry>;
    /// Text and CDATA; line ends are as in the file.
    fn text(&mut self, text: &str, place: Place);
    /// A character that was written as a reference, or why the reference stands for nothing.
    fn reference(&mut self, character: Result<char, String>, place: Place);
    /// Where the entry begins that is being read.
    fn entry(&self) -> Option<Place>;
}

/// How far the root element has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Before,
    Inside,
    Behind,
}

/// What has been read around a [`Document`].
pub(super) struct Frame<D> {
    document: D,
    depth: usize,
    root: Root,
    prolog_seen: bool,
}

impl<D: Document> Frame<D> {
    pub(super) fn new(document: D) -> Self {
        Self {
            document,
            depth: 0,
            root: Root::Before,
            prolog_seen: false,
        }
    }

    /// Whether the root has not begun: what is wrong is then the kind of the file.
    pub(super) fn is_before_root(&self) -> bool {
        self.root == Root::Before
    }

    fn root_name() -> &'static str {
        D::KIND.roots.first().copied().unwrap_or_default()
    }

    /// A start tag, with what stands behind its name.
    pub(super) fn start(
        &mut self,
        name: &str,
        attributes: &str,
        place: Place,
    ) -> Result<(), Error> {
        if !is_name(name) {
            let reason = format!("`<{}` begins no element", shown(name));
            return Err(malformed(place, reason));
        }
        let attributes = attributes::split(attributes).map_err(|fault| match fault {
            TagFault::TooManyAttributes => too_many_attributes(place, name),
            TagFault::NotWellFormed(reason) => malformed(place, reason),
        })?;
        let root = Self::root_name();
        match self.root {
            Root::Behind => {
                let reason = format!("`{}` stands behind the end of `{root}`", shown(name));
                return Err(malformed(place, reason));
            }
            Root::Before if !is_root(name, D::KIND.roots) => {
                let reason = format!("the root element is `{}`, not `{root}`", shown(name));
                return Err(Error::new(D::KIND.not_this, place, reason));
            }
            Root::Before => self.root = Root::Inside,
            Root::Inside => {}
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let reason = format!("elements are nested more than {MAX_DEPTH} deep");
            return Err(Error::new(code::XML_TOO_DEEP, place, reason));
        }
        self.document.start(name, &attributes, place);
        Ok(())
    }

    /// An end tag that fits its start tag; the entry, if one ends with it.
    pub(super) fn end(&mut self) -> Option<D::Entry> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.root = Root::Behind;
        }
        self.document.end()
    }

    /// Text outside of references; a bare `&` comes as a text that begins with it.
    pub(super) fn text(&mut self, text: &str, place: Place) -> Result<(), Error> {
        if self.root == Root::Inside {
            if text.starts_with('&') {
                let reason = "there is a `&` that begins nothing; it must be `&amp;`";
                self.document.reference(Err(reason.into()), place);
            }
            self.document.text(text, place);
        } else if !text.trim_matches(attributes::is_space).is_empty() {
            return Err(self.stray(place, text));
        }
        Ok(())
    }

    /// A CDATA section.
    pub(super) fn cdata(&mut self, text: &str, place: Place) -> Result<(), Error> {
        if self.root != Root::Inside {
            return Err(self.stray(place, text));
        }
        self.document.text(text, place);
        Ok(())
    }

    /// `&name;`
    pub(super) fn reference(&mut self, name: &str, place: Place) -> Result<(), Error> {
        if self.root != Root::Inside {
            return Err(self.stray(place, name));
        }
        self.document.reference(attributes::reference(name), place);
        Ok(())
    }

    fn stray(&self, place: Place, text: &str) -> Error {
        let text = shown(text.trim());
        if self.root == Root::Before {
            let zip = if text.starts_with("PK") {
                "; it looks like a zip archive"
            } else {
                ""
            };
            let reason = format!("the file does not begin with an element but with `{text}`{zip}");
            return Error::new(D::KIND.not_this, place, reason);
        }
        let root = Self::root_name();
        let reason = format!("there is text behind the end of `{root}`: `{text}`");
        malformed(place, reason)
    }

    /// An XML declaration.
    pub(super) fn declaration(&mut self, place: Place) -> Result<(), Error> {
        if self.root != Root::Before {
            return Err(malformed(place, "a second document begins here"));
        }
        self.prolog_seen = true;
        Ok(())
    }

    /// A DOCTYPE.
    pub(super) fn doctype(&mut self, doctype: &str, place: Place) -> Result<(), Error> {
        if self.root != Root::Before {
            return Err(malformed(place, "a DOCTYPE inside of the document"));
        }
        self.prolog_seen = true;
        judge(doctype, &D::KIND).map_err(|(code, reason)| Error::new(code, place, reason))
    }

    /// A comment or processing instruction.
    pub(super) fn aside(&mut self) {
        self.prolog_seen = true;
    }

    /// Whether the end of the file is an end.
    pub(super) fn finish(&self, place: Place) -> Result<(), Error> {
        match self.root {
            Root::Behind => Ok(()),
            Root::Before if !self.prolog_seen => {
                Err(Error::new(D::KIND.not_this, place, "the file is empty"))
            }
            _ => Err(self.cut_off(place)),
        }
    }

    /// Whether the entry that is being read has become too long.
    pub(super) fn check_size(&self, place: Place) -> Result<(), Error> {
        match self.document.entry() {
            Some(began) if place.byte.saturating_sub(began.byte) > MAX_ENTRY => {
                let reason = format!("the `{}` has more than {MAX_ENTRY} bytes", D::ENTRY);
                Err(Error::new(code::TEXT_TOO_LONG, began, reason))
            }
            _ => Ok(()),
        }
    }

    /// The error of a file that ends too early.
    pub(super) fn cut_off(&self, place: Place) -> Error {
        let reason = match self.document.entry() {
            Some(began) => format!(
                "the file ends inside of the `{}` of line {}",
                D::ENTRY,
                began.line
            ),
            None => format!("the file ends before the end of `{}`", Self::root_name()),
        };
        Error::new(code::UNEXPECTED_EOF, place, reason)
    }
}

/// The part of a name behind its namespace prefix.
pub(in crate::formats) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_root(name: &str, roots: &[&str]) -> bool {
    roots
        .iter()
        .any(|root| local(name).eq_ignore_ascii_case(root))
}
