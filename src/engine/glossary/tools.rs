//! Names in whole documents: found, counted, and brought in line with a style, with the formatting kept. Also
//! for a command that has the termbase from a server as a file.

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::Arc;

use super::super::{Caller, Engine, Error, Role};
use super::find::{mentions, normalized};
use super::requests::{MentionView, NormalizedNames, StyleView};
use crate::documents::{self, Edit, Kind, Paragraph};
use crate::formats::glossary;
use crate::model::{ConceptId, Lang, Style};
use crate::names::{Finder, Scope, normalize};

/// A document up to this size is read as one text, so that a first mention is the first of the document;
/// beyond it, each paragraph stands alone. In bytes of text.
const AS_ONE: usize = 32 << 20;
/// Stands between the paragraphs of a document.
const BETWEEN: &str = "\n\n";

/// A termbase and a style, ready for texts and documents.
pub struct NameTools {
    finder: Arc<Finder>,
    style: Style,
}

/// One name that was written otherwise in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChange {
    /// The number of the paragraph, from 0.
    pub paragraph: usize,
    /// The line in the file or its part, from 1.
    pub line: u64,
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
    /// The concept.
    pub concept: ConceptId,
    /// Why.
    pub reason: &'static str,
}

/// What was done to a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentChanges {
    /// In order.
    pub changes: Vec<DocumentChange>,
    /// Changes that were not made, since they would touch more than text, and why.
    pub skipped: Vec<&'static str>,
}

impl Engine {
    /// The tools with a style of this termbase.
    pub fn name_tools(&self, caller: &Caller, style: Option<&str>) -> Result<NameTools, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        Ok(NameTools {
            style: self.style_named(style)?,
            finder: Arc::clone(&self.live.snapshot().finder),
        })
    }
}

/// A paragraph's text and where it stands.
struct Piece {
    /// In the text of all.
    range: Range<usize>,
    line: u64,
}

impl NameTools {
    /// The tools of a termbase that was exported as CSV.
    pub fn of_csv(csv: impl Read + Send + 'static, style: &StyleView) -> Result<Self, Error> {
        let file = glossary::read(csv).map_err(|error| Error::Format {
            error,
            report: Box::default(),
        })?;
        Ok(Self {
            finder: Arc::new(Finder::new(&file.concepts())),
            style: Style {
                name: style.name.clone(),
                first_mention: style.settings.first_mention,
                later: style.settings.later,
                leave_quotations: style.settings.leave_quotations,
            },
        })
    }

    /// The mentions of a text.
    pub fn find(&self, text: &str, lang: Option<&Lang>) -> Vec<MentionView> {
        let scope = Scope { lang, kinds: None };
        mentions(&self.finder, text, scope, &self.style)
    }

    /// A text as the style wants it.
    pub fn normalize(&self, text: &str, lang: Option<&Lang>) -> NormalizedNames {
        normalized(&self.finder, text, lang, &self.style)
    }

    /// The paragraphs of a document, joined with empty lines: what a reader sees.
    pub fn text_of(kind: Kind, document: &[u8]) -> Result<String, Error> {
        let mut text = String::new();
        documents::read(kind, document, &mut |paragraph| {
            text.push_str(paragraph.text);
            text.push_str(BETWEEN);
        })?;
        Ok(text)
    }

    /// Writes a document with its names as the style wants them. Nothing is written of one that is refused.
    pub fn normalize_document(
        &self,
        kind: Kind,
        document: &[u8],
        lang: Option<&Lang>,
        out: &mut dyn Write,
    ) -> Result<DocumentChanges, Error> {
        let (mut text, mut pieces) = (String::new(), Vec::new());
        let mut length = 0;
        documents::read(kind, document, &mut |paragraph: &Paragraph<'_>| {
            length += paragraph.text.len() + BETWEEN.len();
            if length > AS_ONE {
                return;
            }
            let start = text.len();
            text.push_str(paragraph.text);
            pieces.push(Piece {
                range: start..text.len(),
                line: paragraph.line,
            });
            text.push_str(BETWEEN);
        })?;
        let mut done = DocumentChanges::default();
        let mut changes = Vec::new();
        if length <= AS_ONE {
            changes = normalize(&self.finder, &text, lang, &self.style).changes;
        }
        drop(text);
        let mut next = changes.into_iter().peekable();
        let summary = documents::rewrite(kind, document, out, &mut |paragraph| {
            let piece = pieces.get(paragraph.number).filter(|_| length <= AS_ONE);
            let Some(piece) = piece else {
                let own = normalize(&self.finder, paragraph.text, lang, &self.style);
                return self.edits(own.changes, paragraph, 0, &mut done);
            };
            let mut own = Vec::new();
            while let Some(change) = next.next_if(|change| change.range.end <= piece.range.end) {
                own.push(change);
            }
            debug_assert_eq!(piece.line, paragraph.line);
            own.retain(|change| change.range.start >= piece.range.start);
            self.edits(own, paragraph, piece.range.start, &mut done)
        })?;
        done.skipped = summary
            .skipped
            .iter()
            .map(|skipped| skipped.reason)
            .collect();
        Ok(done)
    }

    fn edits(
        &self,
        changes: Vec<crate::names::Change>,
        paragraph: &Paragraph<'_>,
        base: usize,
        done: &mut DocumentChanges,
    ) -> Vec<Edit> {
        let mut edits = Vec::with_capacity(changes.len());
        for change in changes {
            let Some(concept) = self.finder.concept_at(change.concept) else {
                continue;
            };
            edits.push(Edit {
                range: change.range.start - base..change.range.end - base,
                replacement: change.to.clone(),
            });
            done.changes.push(DocumentChange {
                paragraph: paragraph.number,
                line: paragraph.line,
                from: change.from,
                to: change.to,
                concept: concept.id.clone(),
                reason: change.reason.as_str(),
            });
        }
        edits
    }
}
