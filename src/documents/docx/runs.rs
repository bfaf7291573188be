//! One paragraph of DOCX: its text nodes (`w:t`) as pieces, and what an edited node needs beside its text.

use std::ops::Range;

use crate::documents::block::{Block, Splice, spliced};
use crate::documents::escape::Style;
use crate::documents::session::Session;
use crate::documents::{Edit, xml::Text};

/// A `w:t`.
struct Node {
    /// Its start tag.
    tag: Range<usize>,
    /// Its content, without the white space at the edges that Word does not show.
    seen: Range<usize>,
    /// Its whole content.
    content: Range<usize>,
    preserves: bool,
}

/// A paragraph that is being read.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) block: Block,
    nodes: Vec<Node>,
}

/// A `w:t` that is being read.
pub(super) struct OpenNode {
    tag: Range<usize>,
    preserves: bool,
    texts: Vec<(Written, Range<usize>)>,
}

enum Written {
    Plain(String),
    Cdata(String),
    Character(char),
}

/// White space as XML has it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

impl OpenNode {
    pub(super) fn new(tag: Range<usize>, preserves: bool) -> Self {
        Self {
            tag,
            preserves,
            texts: Vec::new(),
        }
    }

    pub(super) fn text(&mut self, text: &Text<'_>, source: Range<usize>) {
        let text = match text {
            Text::Plain(text) => Written::Plain((*text).to_owned()),
            Text::Cdata(text) => Written::Cdata((*text).to_owned()),
            Text::Character(c) => Written::Character(*c),
        };
        self.texts.push((text, source));
    }

    /// How much white space stands at the edges and is not shown.
    fn unseen(&self) -> (usize, usize) {
        if self.preserves {
            return (0, 0);
        }
        let leading = match self.texts.first() {
            Some((Written::Plain(text), _)) => text.len() - text.trim_start_matches(is_space).len(),
            _ => 0,
        };
        let trailing = match self.texts.last() {
            Some((Written::Plain(text), _)) => text.len() - text.trim_end_matches(is_space).len(),
            _ => 0,
        };
        (leading, trailing)
    }
}

impl Runs {
    /// A `w:t` ends; `end` is where its end tag begins.
    pub(super) fn node(&mut self, open: &OpenNode, end: usize) {
        let content = open.tag.end..end;
        let (leading, trailing) = open.unseen();
        let seen =
            content.start + leading..end.saturating_sub(trailing).max(content.start + leading);
        for (text, source) in &open.texts {
            match text {
                Written::Plain(text) => {
                    let from = seen.start.clamp(source.start, source.end) - source.start;
                    let to = seen.end.clamp(source.start, source.end) - source.start;
                    let text = text.get(from..to.max(from)).unwrap_or_default();
                    self.block.verbatim(source.start + from, text);
                }
                Written::Cdata(text) => self
                    .block
                    .in_cdata(|block| block.verbatim(source.start, text)),
                Written::Character(c) => {
                    self.block.atom(source.clone(), c.encode_utf8(&mut [0; 4]))
                }
            }
        }
        self.nodes.push(Node {
            tag: open.tag.clone(),
            seen,
            content,
            preserves: open.preserves,
        });
    }

    /// The changes of the part that make these edits.
    pub(super) fn splices(
        &self,
        edits: &[Edit],
        source: &str,
        session: Option<&mut Session<'_>>,
    ) -> Vec<Splice> {
        let mut splices = match session {
            Some(session) => session.splices(&self.block, edits, Style::Xml),
            None => self.block.splices(edits, Style::Xml, &mut |_, _| {}),
        };
        let mut spaces = Vec::new();
        for node in self.nodes.iter().filter(|node| !node.preserves) {
            let from = splices.partition_point(|splice| splice.source.start < node.content.start);
            let to = splices.partition_point(|splice| splice.source.start <= node.content.end);
            if let Some(own) = splices.get(from..to).filter(|own| !own.is_empty()) {
                node.preserve(own, source, &mut spaces);
            }
        }
        splices.extend(spaces);
        splices
    }
}

impl Node {
    /// Keeps white space that has come to stand at an edge by these changes: Word would not show it.
    fn preserve(&self, changes: &[Splice], source: &str, splices: &mut Vec<Splice>) {
        let shifted: Vec<Splice> = changes
            .iter()
            .map(|splice| Splice {
                source: splice.source.start.saturating_sub(self.seen.start)
                    ..splice.source.end.saturating_sub(self.seen.start),
                new: splice.new.clone(),
            })
            .collect();
        let text = spliced(source.get(self.seen.clone()).unwrap_or_default(), &shifted);
        if !text.starts_with(is_space) && !text.ends_with(is_space) {
            return;
        }
        let tag = source.get(self.tag.clone()).unwrap_or_default();
        splices.push(space_attribute(tag, self.tag.start));
        for unseen in [
            self.content.start..self.seen.start,
            self.seen.end..self.content.end,
        ] {
            if !unseen.is_empty() {
                splices.push(Splice {
                    source: unseen,
                    new: String::new(),
                });
            }
        }
    }
}

/// Sets `xml:space="preserve"` in a start tag.
fn space_attribute(tag: &str, at: usize) -> Splice {
    let value = tag.find("xml:space").and_then(|name| {
        let open = name + tag.get(name..)?.find(['"', '\''])?;
        let quote = tag.get(open..)?.chars().next()?;
        let length = tag.get(open + 1..)?.find(quote)?;
        Some(open + 1..open + 1 + length)
    });
    match value {
        Some(value) => Splice {
            source: at + value.start..at + value.end,
            new: "preserve".to_owned(),
        },
        None => {
            let end = at + tag.len() - 1;
            Splice {
                source: end..end,
                new: " xml:space=\"preserve\"".to_owned(),
            }
        }
    }
}
