//! A paragraph's text and the places in the file that it comes from, and how an edit of the text becomes
//! changes of the file. All kinds of documents share this; they differ in
//! [`Style`], how text is escaped.

use std::ops::Range;

use super::escape::{Style, is_barred, written};
use super::{Edit, OBJECT};

/// How the text of a piece is written in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Byte for byte; any part of it can be replaced.
    Verbatim,
    /// By something that can only be replaced whole: a reference, an escape, folded white space.
    Atom,
    /// By something that can be taken away but that no text can be written into: a hyphen element.
    Removable,
    /// By something that is no text, such as a tab element: never replaced.
    Fixed,
}

/// A stretch of the text and where it stands in the file. Empty text: white space that nobody sees.
#[derive(Clone, Debug)]
struct Piece {
    text: Range<usize>,
    source: Range<usize>,
    how: How,
    /// Inside of a CDATA section, where there are no references.
    cdata: bool,
}

impl Piece {
    /// Whether new text can be written into it.
    fn holds_text(&self) -> bool {
        matches!(self.how, How::Verbatim | How::Atom) && !self.text.is_empty()
    }
}

/// Marks around formatted text that must go when the text between them goes (`**` in Markdown).
#[derive(Clone, Debug)]
struct Mark {
    text: Range<usize>,
    source: Range<usize>,
}

/// A change of the file: these bytes become `new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) source: Range<usize>,
    pub(super) new: String,
}

/// A paragraph under construction or complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) text: String,
    pieces: Vec<Piece>,
    marks: Vec<Mark>,
    /// Whether white space would be seen: something visible stands before it.
    seen: bool,
}

/// White space that HTML and `OpenDocument` fold.
pub(super) fn folds(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{C}')
}

impl Block {
    /// Whether there is anything in it that an edit could change.
    pub(super) fn has_text(&self) -> bool {
        self.text.chars().any(|c| !c.is_whitespace() && c != OBJECT)
    }

    /// Where what is seen of it begins in the file.
    pub(super) fn start(&self) -> usize {
        let seen = self.pieces.iter().find(|piece| !piece.text.is_empty());
        seen.map_or(0, |piece| piece.source.start)
    }

    /// Text that stands in the file as it is.
    pub(super) fn verbatim(&mut self, at: usize, text: &str) {
        if !text.is_empty() {
            self.push(text, at..at + text.len(), How::Verbatim);
        }
    }

    /// Adds what stands in a CDATA section.
    pub(super) fn in_cdata(&mut self, add: impl FnOnce(&mut Self)) {
        let before = self.pieces.len();
        add(self);
        for piece in self.pieces.iter_mut().skip(before) {
            piece.cdata = true;
        }
    }

    /// Text that stands in the file as something else.
    pub(super) fn atom(&mut self, source: Range<usize>, text: &str) {
        self.push(text, source, How::Atom);
    }

    /// Something that is no text.
    pub(super) fn fixed(&mut self, source: Range<usize>, what: char) {
        self.push(what.encode_utf8(&mut [0; 4]), source, How::Fixed);
        self.seen = true;
    }

    /// A character that stands in the file as a reference, and folds if it is white space.
    pub(super) fn folding_atom(&mut self, source: Range<usize>, c: char) {
        match c {
            c if !folds(c) => self.atom(source, c.encode_utf8(&mut [0; 4])),
            _ if self.seen => self.atom(source, " "),
            _ => self.dropped(source),
        }
    }

    /// A character that stands in the file as an element beside the text.
    pub(super) fn removable(&mut self, source: Range<usize>, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]), source, How::Removable);
    }

    /// White space behind this is seen.
    pub(super) fn see(&mut self) {
        self.seen = true;
    }

    /// White space behind this is not seen.
    pub(super) fn unsee(&mut self) {
        self.seen = false;
    }

    /// White space that is not seen.
    pub(super) fn dropped(&mut self, source: Range<usize>) {
        if !source.is_empty() {
            self.push("", source, How::Atom);
        }
    }

    fn push(&mut self, text: &str, source: Range<usize>, how: How) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece {
            text: start..self.text.len(),
            source,
            how,
            cdata: false,
        });
        if let Some(last) = text.chars().next_back() {
            self.seen = !folds(last);
        }
    }

    /// Text in which runs of white space are seen as one space, or not at all behind another.
    pub(super) fn folded(&mut self, at: usize, raw: &str) {
        let mut rest = raw;
        let mut place = at;
        while !rest.is_empty() {
            let visible = self.visible_prefix(rest);
            let (text, behind) = rest.split_at(visible);
            self.verbatim(place, text);
            place += visible;
            let space = behind.len() - behind.trim_start_matches(folds).len();
            if space > 0 {
                if self.seen {
                    self.atom(place..place + space, " ");
                } else {
                    self.dropped(place..place + space);
                }
                place += space;
            }
            rest = behind.get(space..).unwrap_or_default();
        }
    }

    /// How much is seen exactly as it is written: single spaces between words are.
    fn visible_prefix(&self, text: &str) -> usize {
        let mut after_space = !self.seen;
        let mut end = 0;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if !folds(c) {
                after_space = false;
            } else if after_space || c != ' ' || chars.peek().is_some_and(|(_, next)| folds(*next))
            {
                break;
            } else {
                after_space = true;
            }
            end = at + c.len_utf8();
        }
        end
    }

    /// Marks around the text from `start` on; they go when an edit that begins before it covers it whole.
    pub(super) fn marks(&mut self, start: usize, opening: Range<usize>, closing: Range<usize>) {
        let text = start..self.text.len();
        for source in [opening, closing] {
            let text = text.clone();
            self.marks.push(Mark { text, source });
        }
    }

    /// Where the text ends in the file so far.
    pub(super) fn source_end(&self) -> Option<usize> {
        self.pieces.last().map(|piece| piece.source.end)
    }

    /// The changes of the file that make these edits, which are sorted and do not overlap.
    /// An edit that cannot be made is given to `skip` with the reason.
    pub(super) fn splices(
        &self,
        edits: &[Edit],
        style: Style<'_>,
        skip: &mut dyn FnMut(&Edit, &'static str),
    ) -> Vec<Splice> {
        let mut all: Vec<Splice> = Vec::new();
        for edit in edits {
            let made = match self.edit(edit, style) {
                Ok(made) => made,
                Err(reason) => {
                    skip(edit, reason);
                    continue;
                }
            };
            let end = all.last().map_or(0, |last| last.source.end);
            if made.first().is_some_and(|first| first.source.start < end) {
                skip(edit, "it shares a character reference with another edit");
                continue;
            }
            all.extend(made);
        }
        all
    }

    fn edit(&self, edit: &Edit, style: Style<'_>) -> Result<Vec<Splice>, &'static str> {
        if style != Style::Plain && edit.replacement.chars().any(is_barred) {
            return Err("the replacement has a control character");
        }
        if edit.range.is_empty() {
            return self.insert(edit.range.start, &edit.replacement, style);
        }
        let (from, to) = (edit.range.start, edit.range.end);
        let mut made: Vec<Splice> = Vec::new();
        let mut replacement = Some(edit.replacement.as_str());
        let first = self.pieces.partition_point(|piece| piece.text.end <= from);
        for piece in self.pieces.get(first..).unwrap_or_default() {
            let unseen = piece.text.is_empty();
            if piece.text.start > to || (piece.text.start == to && !unseen) {
                break;
            }
            if piece.how == How::Fixed {
                return Err(
                    "it covers a tab, a line break or something else that is not rewritten",
                );
            }
            if unseen || piece.how == How::Removable {
                made.push(Splice {
                    source: piece.source.clone(),
                    new: String::new(),
                });
                continue;
            }
            let new = replacement.take().unwrap_or_default();
            made.push(self.replace(piece, from, to, new, style));
        }
        if replacement.is_some_and(|left| !left.is_empty()) {
            return Err("it covers only a hyphen that is no text in the file");
        }
        let covered = |mark: &&Mark| from < mark.text.start && mark.text.end <= to;
        for mark in self.marks.iter().filter(covered) {
            made.push(Splice {
                source: mark.source.clone(),
                new: String::new(),
            });
        }
        made.sort_by_key(|splice| splice.source.start);
        Ok(made)
    }

    /// Replaces the part of a piece that lies in `from..to`.
    fn replace(
        &self,
        piece: &Piece,
        from: usize,
        to: usize,
        new: &str,
        style: Style<'_>,
    ) -> Splice {
        let from = from.max(piece.text.start);
        let to = to.min(piece.text.end);
        let places = |range: Range<usize>| {
            let start = piece.source.start + (range.start - piece.text.start);
            start..start + range.len()
        };
        match piece.how {
            How::Verbatim => Splice {
                source: places(from..to),
                new: written(new, style, piece.cdata),
            },
            _ => {
                let kept = |range: Range<usize>| self.text.get(range).unwrap_or_default();
                let whole = [kept(piece.text.start..from), new, kept(to..piece.text.end)].concat();
                Splice {
                    source: piece.source.clone(),
                    new: written(&whole, style, piece.cdata),
                }
            }
        }
    }

    /// Inserts: with the formatting of the character before, or else of the one behind.
    fn insert(&self, at: usize, new: &str, style: Style<'_>) -> Result<Vec<Splice>, &'static str> {
        let first = self.pieces.partition_point(|piece| piece.text.end < at);
        let near = || {
            self.pieces
                .get(first..)
                .unwrap_or_default()
                .iter()
                .take_while(|piece| piece.text.start <= at)
                .filter(|piece| piece.holds_text())
        };
        let piece = near()
            .find(|piece| piece.text.start < at)
            .or_else(|| near().next())
            .ok_or("there is no text beside it that it could be written into")?;
        let edge = match at {
            _ if piece.how != How::Atom => None,
            at if at == piece.text.end => Some(piece.source.end),
            at if at == piece.text.start => Some(piece.source.start),
            _ => None,
        };
        Ok(vec![match edge {
            Some(place) => Splice {
                source: place..place,
                new: written(new, style, piece.cdata),
            },
            None => self.replace(piece, at, at, new, style),
        }])
    }
}

/// The file with the changes made, which are sorted.
pub(super) fn spliced(source: &str, splices: &[Splice]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for splice in splices {
        out.push_str(source.get(at..splice.source.start).unwrap_or_default());
        out.push_str(&splice.new);
        at = splice.source.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}
