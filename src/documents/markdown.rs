//! Markdown (`CommonMark` with tables, footnotes, task lists, strike-through, front matter).
//!
//! Marks can change their meaning when the text beside them changes. So the result is read again: where a
//! paragraph is not what its edits make it, its edits are taken back and counted as skipped.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::block::{Block, Splice, spliced};
use super::error::Error;
use super::escape::Style;
use super::plain::BOM;
use super::session::{Lines, Session};
use super::{Edit, OBJECT, Skipped};

/// How often edits are taken back one paragraph at a time before all are.
const ROUNDS: usize = 16;

pub(super) fn run(
    text: &str,
    output: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let start = text.len() - body.len();
    let blocks = blocks(body);
    let mut lines = Lines::new(text.as_bytes());
    let mut changes = Changes::default();
    for block in &blocks {
        let edits = session.ask("", &mut lines, start + block.start(), &block.text)?;
        let skipped = session.summary.skipped.len();
        let splices = session.splices(block, &edits, Style::Markdown);
        let refused = session.summary.skipped.get(skipped..).unwrap_or_default();
        let made = |edit: &Edit| !refused.iter().any(|skip| skip.range == edit.range);
        let edits: Vec<Edit> = edits.into_iter().filter(made).collect();
        changes.expected.push(edited(&block.text, &edits));
        changes.splices.push(splices);
        changes.edits.push(edits);
    }
    let result = changes.settle(body, &blocks);
    for (number, edit) in changes.taken_back {
        session.summary.edits -= 1;
        session.summary.skipped.push(Skipped {
            paragraph: session.summary.paragraphs - blocks.len() + number,
            range: edit.range,
            reason: "the marks of Markdown around it would come to mean something else",
        });
    }
    for part in [text.get(..start).unwrap_or_default(), &result] {
        output
            .write_all(part.as_bytes())
            .map_err(|error| Error::output(&error))?;
    }
    Ok(())
}

/// Of each paragraph: its edits, what they change in the file, and the text that should come of it.
#[derive(Default)]
struct Changes {
    edits: Vec<Vec<Edit>>,
    splices: Vec<Vec<Splice>>,
    expected: Vec<String>,
    taken_back: Vec<(usize, Edit)>,
}

impl Changes {
    /// The file with all edits that leave the paragraphs what they should be.
    fn settle(&mut self, body: &str, before: &[Block]) -> String {
        for _ in 0..ROUNDS {
            let splices: Vec<Splice> = self.splices.iter().flatten().cloned().collect();
            if splices.is_empty() {
                return body.to_owned();
            }
            let result = spliced(body, &splices);
            let wrong = self.wrong(&blocks(&result));
            if wrong.is_empty() {
                return result;
            }
            for number in wrong {
                self.take_back(number, before);
            }
        }
        for number in 0..before.len() {
            self.take_back(number, before);
        }
        body.to_owned()
    }

    /// The paragraphs with edits that have become something else than they should.
    fn wrong(&self, after: &[Block]) -> BTreeSet<usize> {
        let edited = |number: &usize| self.edits.get(*number).is_some_and(|all| !all.is_empty());
        let differs = |number: &usize| {
            self.expected.get(*number) != after.get(*number).map(|block| &block.text)
        };
        let all = 0..self.expected.len();
        if after.len() == self.expected.len() {
            let wrong: BTreeSet<usize> = all.clone().filter(edited).filter(differs).collect();
            if !wrong.is_empty() || !all.clone().any(|number| differs(&number)) {
                return wrong;
            }
        }
        // Paragraphs have come or gone: the first that differs, or an edited one near it, is to blame.
        let first = all.clone().find(differs).unwrap_or(0);
        all.clone()
            .take(first + 1)
            .rev()
            .find(edited)
            .or_else(|| all.clone().find(edited))
            .into_iter()
            .collect()
    }

    fn take_back(&mut self, number: usize, before: &[Block]) {
        let (Some(edits), Some(splices), Some(expected), Some(block)) = (
            self.edits.get_mut(number),
            self.splices.get_mut(number),
            self.expected.get_mut(number),
            before.get(number),
        ) else {
            return;
        };
        self.taken_back
            .extend(edits.drain(..).map(|edit| (number, edit)));
        splices.clear();
        expected.clone_from(&block.text);
    }
}

/// The text with the edits made.
fn edited(text: &str, edits: &[Edit]) -> String {
    let splices: Vec<Splice> = edits
        .iter()
        .map(|edit| Splice {
            source: edit.range.clone(),
            new: edit.replacement.clone(),
        })
        .collect();
    spliced(text, &splices)
}

/// The paragraphs with text.
fn blocks(body: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut reading = Reading {
        body,
        ..Reading::default()
    };
    for (event, source) in Parser::new_ext(body, options).into_offset_iter() {
        reading.end_soft_break(source.start);
        reading.event(event, source);
    }
    reading.end_block();
    reading.blocks
}

/// An open emphasis: where it begins in the file and in the text.
struct Emphasis {
    start: usize,
    text: usize,
}

#[derive(Default)]
struct Reading<'a> {
    body: &'a str,
    block: Block,
    blocks: Vec<Block>,
    emphases: Vec<Emphasis>,
    /// Where a line ended inside of the paragraph: it ends where the next event begins.
    soft_break: Option<usize>,
    /// Open elements whose text is left alone.
    alone: usize,
}

impl Reading<'_> {
    fn event(&mut self, event: Event<'_>, source: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, source),
            Event::End(tag) => self.end(tag, source),
            _ if self.alone > 0 => {}
            Event::Text(text) => self.text(&text, source),
            Event::SoftBreak => self.soft_break = Some(source.start),
            Event::HardBreak => self.block.fixed(source, '\n'),
            Event::InlineHtml(tag) => {
                let head = tag.get(..3).unwrap_or_default();
                if head.eq_ignore_ascii_case("<br") {
                    self.block.fixed(source, '\n');
                }
            }
            Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                self.block.fixed(source, OBJECT);
            }
            Event::Rule => self.end_block(),
            Event::Html(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, source: Range<usize>) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => self.emphases.push(Emphasis {
                start: source.start,
                text: self.block.text.len(),
            }),
            Tag::Link {
                link_type: LinkType::Autolink | LinkType::Email,
                ..
            }
            | Tag::Image { .. } => {
                if self.alone == 0 {
                    self.block.fixed(source, OBJECT);
                }
                self.alone += 1;
            }
            // Inside of something that is left alone, their ends are counted too.
            Tag::Link { .. } if self.alone > 0 => self.alone += 1,
            Tag::Link { .. } | Tag::Superscript | Tag::Subscript => {}
            Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) => {
                self.end_block();
                self.alone += 1;
            }
            _ => self.end_block(),
        }
    }

    fn end(&mut self, tag: TagEnd, source: Range<usize>) {
        match tag {
            TagEnd::Emphasis => self.end_emphasis(source.end, 1),
            TagEnd::Strong | TagEnd::Strikethrough => self.end_emphasis(source.end, 2),
            TagEnd::Link if self.alone > 0 => self.alone -= 1,
            TagEnd::Link | TagEnd::Superscript | TagEnd::Subscript => {}
            TagEnd::Image => self.alone = self.alone.saturating_sub(1),
            TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) => {
                self.alone = self.alone.saturating_sub(1);
            }
            _ => self.end_block(),
        }
    }

    /// The marks around an emphasis, one or two characters wide, go when its text does.
    fn end_emphasis(&mut self, end: usize, widest: usize) {
        let Some(Emphasis { start, text }) = self.emphases.pop() else {
            return;
        };
        let source = self.body.get(start..end).unwrap_or_default();
        let Some(mark) = source
            .chars()
            .next()
            .filter(|_| self.block.text.len() > text)
        else {
            return;
        };
        let opening = source.len() - source.trim_start_matches(mark).len();
        let closing = source.len() - source.trim_end_matches(mark).len();
        let width = opening.min(closing).min(widest);
        self.block
            .marks(text, start..start + width, end - width..end);
    }

    fn text(&mut self, text: &CowStr<'_>, source: Range<usize>) {
        let written = self.body.get(source.clone()).unwrap_or_default();
        if written != &**text {
            self.block.atom(source, text);
            return;
        }
        let escaped = source.start.checked_sub(1).filter(|at| {
            self.body.as_bytes().get(*at) == Some(&b'\\')
                && self.block.source_end().is_none_or(|end| end <= *at)
                && text.starts_with(|c: char| c.is_ascii_punctuation())
        });
        match (escaped, text.chars().next()) {
            (Some(at), Some(first)) => {
                let behind = source.start + first.len_utf8();
                self.block.atom(at..behind, first.encode_utf8(&mut [0; 4]));
                self.block
                    .verbatim(behind, text.get(first.len_utf8()..).unwrap_or_default());
            }
            _ => self.block.verbatim(source.start, text),
        }
    }

    /// A line's end inside of a paragraph is a space: with the spaces before it and the marks of quotes and
    /// the indent of the next line.
    fn end_soft_break(&mut self, next: usize) {
        let Some(at) = self.soft_break.take() else {
            return;
        };
        let before = self.body.get(..at).unwrap_or_default();
        let start = before.trim_end_matches([' ', '\t']).len();
        let start = start.max(self.block.source_end().unwrap_or(0));
        let between = self.body.get(start..next).unwrap_or_default();
        let end = next - (between.len() - between.trim_end_matches('\\').len());
        self.block.atom(start..end.max(start), " ");
    }

    fn end_block(&mut self) {
        self.soft_break = None;
        self.emphases.clear();
        let block = std::mem::take(&mut self.block);
        if block.has_text() {
            self.blocks.push(block);
        }
    }
}
