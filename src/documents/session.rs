//! One pass over a document: numbers the paragraphs, asks for their edits, counts what was done.

use super::block::{Block, Splice};
use super::error::{Error, code};
use super::escape::Style;
use super::{Edit, Paragraph, Skipped, Summary};

/// Counts lines up to places that mostly follow each other.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    fn line_of(&mut self, place: usize) -> u64 {
        let place = place.min(self.bytes.len());
        let (from, to) = (self.at.min(place), self.at.max(place));
        let between = self.bytes.get(from..to).unwrap_or_default();
        let breaks = between.iter().filter(|b| **b == b'\n').count() as u64;
        self.line = if self.at <= place {
            self.line + breaks
        } else {
            self.line.saturating_sub(breaks)
        };
        self.at = place;
        self.line
    }
}

/// The caller's edits and the account of them.
pub(super) struct Session<'a> {
    edits: &'a mut dyn FnMut(&Paragraph<'_>) -> Vec<Edit>,
    pub(super) summary: Summary,
}

impl<'a> Session<'a> {
    pub(super) fn new(edits: &'a mut dyn FnMut(&Paragraph<'_>) -> Vec<Edit>) -> Self {
        Self {
            edits,
            summary: Summary::default(),
        }
    }

    /// The edits of a paragraph: checked, sorted, without those that change nothing.
    ///
    /// # Errors
    /// When one is not inside of the text, not on boundaries of characters, or overlaps another.
    pub(super) fn ask(
        &mut self,
        part: &str,
        lines: &mut Lines<'_>,
        start: usize,
        text: &str,
    ) -> Result<Vec<Edit>, Error> {
        let paragraph = Paragraph {
            number: self.summary.paragraphs,
            part,
            line: lines.line_of(start),
            byte: start as u64,
            text,
        };
        self.summary.paragraphs += 1;
        let mut edits = (self.edits)(&paragraph);
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut end = 0;
        for edit in &edits {
            if text.get(edit.range.clone()).is_none() || edit.range.start < end {
                let reason = format!(
                    "the edit of bytes {}..{} of paragraph {} is not inside of the text or overlaps another",
                    edit.range.start, edit.range.end, paragraph.number
                );
                return Err(Error::new(code::BAD_EDIT, reason));
            }
            end = edit.range.end;
        }
        edits.retain(|edit| text.get(edit.range.clone()) != Some(edit.replacement.as_str()));
        Ok(edits)
    }

    /// The changes of the file for the edits of the paragraph that was asked last.
    pub(super) fn splices(
        &mut self,
        block: &Block,
        edits: &[Edit],
        style: Style<'_>,
    ) -> Vec<Splice> {
        let paragraph = self.summary.paragraphs.saturating_sub(1);
        let before = self.summary.skipped.len();
        let splices = block.splices(edits, style, &mut |edit, reason| {
            self.summary.skipped.push(Skipped {
                paragraph,
                range: edit.range.clone(),
                reason,
            });
        });
        self.summary.edits += edits.len() - (self.summary.skipped.len() - before);
        splices
    }
}
