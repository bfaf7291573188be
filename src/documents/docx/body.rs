//! A part of DOCX: finds the paragraphs and what of them a reader sees.

use std::collections::HashMap;
use std::ops::Range;

use super::runs::{OpenNode, Runs};
use crate::documents::error::Error;
use crate::documents::parts::Part;
use crate::documents::xml::{Element, Handler, Space, Text};
use crate::documents::{Edit, OBJECT};

/// What an open element means for the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Nothing: a hyperlink, an insertion, a content control, a table.
    Through,
    Paragraph,
    Run {
        /// Whether its text is not to be seen or not part of the line.
        hidden: bool,
    },
    RunProperties,
    Text,
    /// Everything in it is left alone.
    Skipped,
    Alternatives,
    Choice,
    Fallback,
}

/// Reads a part.
pub(super) struct Body<'p, 'a, 's, 'e> {
    part: &'p mut Part<'a, 's, 'e>,
    open: Vec<Open>,
    skipped: usize,
    /// Of each open fallback, how many paragraphs were open before it: their text is in the choice.
    fallbacks: Vec<usize>,
    /// Paragraphs in paragraphs: text boxes.
    paragraphs: Vec<Runs>,
    node: Option<OpenNode>,
    /// Fields, which may reach over paragraphs: whether their code is still going on.
    fields: Vec<bool>,
    /// How many codes are going on.
    codes: usize,
    /// Of each open set of alternatives, the edits of the paragraphs in its choice.
    chosen: Vec<HashMap<String, Vec<Edit>>>,
}

impl<'p, 'a, 's, 'e> Body<'p, 'a, 's, 'e> {
    pub(super) fn new(part: &'p mut Part<'a, 's, 'e>) -> Self {
        Self {
            part,
            open: Vec::new(),
            skipped: 0,
            fallbacks: Vec::new(),
            paragraphs: Vec::new(),
            node: None,
            fields: Vec::new(),
            codes: 0,
            chosen: Vec::new(),
        }
    }

    fn meaning(&mut self, element: &Element<'_>) -> Open {
        match (element.space, element.name) {
            (Space::Word, name) => self.word(name, element),
            (Space::Compatibility, "AlternateContent") => {
                self.chosen.push(HashMap::new());
                Open::Alternatives
            }
            (Space::Compatibility, "Choice") => Open::Choice,
            (Space::Compatibility, "Fallback") => {
                self.fallbacks.push(self.paragraphs.len());
                Open::Fallback
            }
            (Space::WordDrawing, "inline") => {
                self.fixed(element, OBJECT);
                Open::Through
            }
            (Space::Math, "oMath" | "oMathPara") => {
                self.fixed(element, OBJECT);
                Open::Skipped
            }
            _ => Open::Through,
        }
    }

    fn word(&mut self, name: &str, element: &Element<'_>) -> Open {
        match name {
            "p" => {
                self.paragraphs.push(Runs::default());
                Open::Paragraph
            }
            "r" => Open::Run { hidden: false },
            "del" | "moveFrom" | "rt" | "rPrChange" | "pPrChange" => Open::Skipped,
            _ => match self.open.last() {
                Some(Open::Run { hidden }) => {
                    let hidden = *hidden;
                    self.in_run(name, element, hidden)
                }
                Some(Open::RunProperties) => {
                    self.property(name, element);
                    Open::Through
                }
                _ => Open::Through,
            },
        }
    }

    fn in_run(&mut self, name: &str, element: &Element<'_>, hidden: bool) -> Open {
        match name {
            "rPr" => return Open::RunProperties,
            "fldChar" => self.field(&element.attribute("fldCharType")),
            _ if hidden || self.codes > 0 || self.is_copy() => {}
            "t" => {
                let preserves = element.attribute("space") == "preserve";
                self.node = Some(OpenNode::new(element.source.clone(), preserves));
                return Open::Text;
            }
            "tab" | "ptab" => self.fixed(element, '\t'),
            "br" | "cr" => self.fixed(element, '\n'),
            "sym" | "object" | "pict" => self.fixed(element, OBJECT),
            "noBreakHyphen" => self.hyphen(element, '\u{2011}'),
            "softHyphen" => self.hyphen(element, '\u{AD}'),
            _ => {}
        }
        Open::Through
    }

    fn fixed(&mut self, element: &Element<'_>, what: char) {
        if !self.is_copy()
            && let Some(paragraph) = self.paragraphs.last_mut()
        {
            paragraph.block.fixed(element.source.clone(), what);
        }
    }

    /// An empty element can be taken away; of one with an end tag only half would be.
    fn hyphen(&mut self, element: &Element<'_>, hyphen: char) {
        let tag = self.part.text.get(element.source.clone());
        if !tag.is_some_and(|tag| tag.ends_with("/>")) {
            self.fixed(element, hyphen);
        } else if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.block.removable(element.source.clone(), hyphen);
        }
    }

    /// Whether what stands here is in the choice of alternatives already.
    fn is_copy(&self) -> bool {
        self.fallbacks.last() == Some(&self.paragraphs.len())
    }

    fn field(&mut self, kind: &str) {
        match kind {
            "begin" => {
                self.fields.push(true);
                self.codes += 1;
            }
            "separate" => self.end_code(),
            _ => {
                self.end_code();
                self.fields.pop();
            }
        }
    }

    fn end_code(&mut self) {
        if let Some(in_code) = self.fields.last_mut()
            && std::mem::take(in_code)
        {
            self.codes -= 1;
        }
    }

    /// Hidden text is not seen; superscript is a mark of a note more often than a part of a name.
    fn property(&mut self, name: &str, element: &Element<'_>) {
        let value = element.attribute("val");
        let hides = match name {
            "vanish" | "webHidden" => !matches!(value.as_str(), "0" | "false" | "off"),
            "vertAlign" => value == "superscript",
            _ => false,
        };
        let run = self.open.len().checked_sub(2);
        if let Some(Open::Run { hidden }) = run.and_then(|at| self.open.get_mut(at)) {
            *hidden |= hides;
        }
    }

    fn end_paragraph(&mut self) -> Result<(), Error> {
        let Some(runs) = self.paragraphs.pop() else {
            return Ok(());
        };
        if !runs.block.has_text() {
            return Ok(());
        }
        let Part {
            name,
            text,
            lines,
            session,
            splices,
        } = &mut *self.part;
        let seen = &runs.block.text;
        if !self.fallbacks.is_empty()
            && let Some(edits) = self.chosen.iter().rev().find_map(|edits| edits.get(seen))
        {
            splices.extend(runs.splices(edits, text, None));
            return Ok(());
        }
        let edits = session.ask(name, lines, runs.block.start(), seen)?;
        splices.extend(runs.splices(&edits, text, Some(session)));
        if let Some(chosen) = self.chosen.last_mut() {
            chosen.insert(runs.block.text, edits);
        }
        Ok(())
    }

    /// What was chosen in alternatives inside of alternatives is known to the outer ones.
    fn end_alternatives(&mut self) {
        if let Some(inner) = self.chosen.pop()
            && let Some(outer) = self.chosen.last_mut()
        {
            outer.extend(inner);
        }
    }
}

impl Handler for Body<'_, '_, '_, '_> {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let meaning = match self.skipped {
            0 => self.meaning(element),
            _ => Open::Skipped,
        };
        if meaning == Open::Skipped {
            self.skipped += 1;
        }
        self.open.push(meaning);
        Ok(())
    }

    fn end(&mut self, at: usize) -> Result<(), Error> {
        match self.open.pop() {
            Some(Open::Skipped) => self.skipped -= 1,
            Some(Open::Paragraph) => self.end_paragraph()?,
            Some(Open::Alternatives) => self.end_alternatives(),
            Some(Open::Fallback) => {
                self.fallbacks.pop();
            }
            Some(Open::Text) => {
                if let Some(node) = self.node.take()
                    && let Some(paragraph) = self.paragraphs.last_mut()
                {
                    paragraph.node(&node, at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>, source: Range<usize>) {
        if self.open.last() == Some(&Open::Text)
            && let Some(node) = &mut self.node
        {
            node.text(text, source);
        }
    }
}
