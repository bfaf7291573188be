//! HTML: the text between tags, with inline elements joined and block elements apart.
//!
//! Only text nodes change. Where the file is pure ASCII and does not say that it is UTF-8, other characters are
//! written as references, for a browser would guess another encoding.

mod references;
mod tokens;

use std::io::Write;
use std::ops::Range;

use super::OBJECT;
use super::block::{Block, Splice, spliced};
use super::error::{Error, code, shown};
use super::escape::Style;
use super::plain::BOM;
use super::session::{Lines, Session};
use references::reference;
use tokens::{Token, Tokens};

/// A paragraph this long ends at the next white space: a file without block tags is one paragraph.
const LONG: usize = 256 << 10;

/// Elements inside of a line. All others end it.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "data", "dfn", "em", "font", "i",
    "ins", "label", "mark", "nobr", "q", "rb", "ruby", "s", "small", "span", "strike", "strong",
    "sub", "time", "tt", "u", "var", "wbr",
];

/// Elements inside of a line that are left alone, and whether they are seen as something in it.
const ALONE_INLINE: &[(&str, bool)] = &[
    ("code", true),
    ("kbd", true),
    ("samp", true),
    ("del", true),
    ("textarea", true),
    ("svg", true),
    ("math", true),
    ("iframe", true),
    ("object", true),
    ("video", true),
    ("audio", true),
    ("canvas", true),
    ("select", true),
    ("script", false),
    ("style", false),
    // Marks of notes, and readings of characters.
    ("sup", false),
    ("rt", false),
    ("rtc", false),
    ("rp", false),
];

/// Elements that end a line and are left alone.
const ALONE: &[&str] = &[
    "pre",
    "template",
    "xmp",
    "listing",
    "plaintext",
    "noembed",
    "noframes",
];

/// Elements without an end tag that are seen inside of a line.
const SEEN: &[&str] = &["img", "input", "embed"];

/// Elements with another markup inside. Only they close themselves; elsewhere the slash means nothing.
const FOREIGN: &[&str] = &["svg", "math"];

/// Elements of the line that a block ends even without their end tag.
const WEAK: &[&str] = &["sup", "del", "kbd", "samp", "rt", "rtc", "rp"];

pub(super) fn run(
    html: &str,
    output: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let ascii = needs_ascii(html)?;
    let start = html.len() - html.strip_prefix(BOM).unwrap_or(html).len();
    let mut page = Page {
        html,
        lines: Lines::new(html.as_bytes()),
        session,
        block: Block::default(),
        alone: None,
        style: Style::Html { ascii },
        splices: Vec::new(),
    };
    let mut tokens = Tokens::new(html, start);
    while let Some((token, source)) = tokens.next() {
        page.token(token, source)?;
        tokens.foreign = page.is_foreign();
    }
    page.end_block()?;
    output
        .write_all(spliced(html, &page.splices).as_bytes())
        .map_err(|error| Error::output(&error))
}

/// Whether characters beyond ASCII must be written as references.
///
/// # Errors
/// When the document says that it is in another encoding than UTF-8, in which it cannot be read right.
fn needs_ascii(html: &str) -> Result<bool, Error> {
    let head = html.as_bytes().get(..1024).unwrap_or(html.as_bytes());
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declared = head
        .split("charset=")
        .nth(1)
        .map(|value| {
            value
                .trim_start_matches(['"', '\'', ' '])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
                .collect::<String>()
        })
        .unwrap_or_default();
    let utf8 = matches!(declared.as_str(), "utf-8" | "utf8") || html.starts_with(BOM);
    match html.is_ascii() {
        true => Ok(!utf8),
        false if utf8 || declared.is_empty() => Ok(false),
        false => {
            let reason = format!(
                "the document says that it is {}, but is UTF-8",
                shown(&declared)
            );
            Err(Error::new(code::ENCODING_ERROR, reason))
        }
    }
}

/// An element that is left alone, and how many of its name are open.
struct Alone<'a> {
    name: &'a str,
    depth: usize,
}

struct Page<'a, 's, 'e> {
    html: &'a str,
    lines: Lines<'a>,
    session: &'s mut Session<'e>,
    block: Block,
    alone: Option<Alone<'a>>,
    style: Style<'static>,
    splices: Vec<Splice>,
}

fn is(name: &str, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

fn among(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| is(name, known))
}

impl<'a> Page<'a, '_, '_> {
    fn is_foreign(&self) -> bool {
        self.alone
            .as_ref()
            .is_some_and(|alone| among(FOREIGN, alone.name))
    }

    fn token(&mut self, token: Token<'a>, source: Range<usize>) -> Result<(), Error> {
        let tag = match token {
            Token::Start(name, _) | Token::End(name) => Some(name),
            _ => None,
        };
        if let (Some(alone), Some(tag)) = (&self.alone, tag)
            && among(WEAK, alone.name)
            && is_block(tag)
        {
            self.alone = None;
        }
        if let Some(alone) = &mut self.alone {
            match token {
                Token::Start(name, closed)
                    if is(name, alone.name) && !(closed && among(FOREIGN, name)) =>
                {
                    alone.depth += 1;
                }
                Token::End(name) if is(name, alone.name) => alone.depth -= 1,
                _ => {}
            }
            if alone.depth == 0 {
                self.alone = None;
            }
            return Ok(());
        }
        match token {
            Token::Start(name, closed) => self.start(name, closed, source),
            Token::End(name) if is_block(name) => self.end_block(),
            Token::Text => self.text(source),
            Token::End(_) | Token::Raw | Token::Other => Ok(()),
        }
    }

    fn start(&mut self, name: &'a str, closed: bool, source: Range<usize>) -> Result<(), Error> {
        let inline = ALONE_INLINE.iter().find(|(known, _)| is(name, known));
        if let Some((_, seen)) = inline {
            if *seen {
                self.block.fixed(source, OBJECT);
            }
        } else if among(ALONE, name) {
            self.end_block()?;
        } else if is(name, "br") {
            self.block.fixed(source, '\n');
            self.block.unsee();
            return Ok(());
        } else if among(SEEN, name) {
            self.block.fixed(source, OBJECT);
            return Ok(());
        } else if is_block(name) {
            return self.end_block();
        } else {
            return Ok(());
        }
        if !(closed && among(FOREIGN, name)) {
            self.alone = Some(Alone { name, depth: 1 });
        }
        Ok(())
    }

    fn text(&mut self, source: Range<usize>) -> Result<(), Error> {
        let mut at = source.start;
        while at < source.end {
            let rest = self.html.get(at..source.end).unwrap_or_default();
            if let Some(reference) = reference(rest) {
                let end = at + reference.length;
                match reference.text.chars().next() {
                    Some(c) if reference.text.len() == c.len_utf8() => {
                        self.block.folding_atom(at..end, c);
                    }
                    _ => self.block.atom(at..end, &reference.text),
                }
                at = end;
                continue;
            }
            // Up to the next reference; a `&` that begins none is text.
            let end = rest
                .bytes()
                .take(2 * LONG)
                .skip(1)
                .position(|b| b == b'&')
                .map_or(rest.len(), |found| found + 1);
            // Beyond what was searched it is cut in any case.
            let text = self.cut_if_long(rest.get(..end).unwrap_or_default());
            self.block.folded(at, text);
            at += text.len();
            if self.block.text.len() >= LONG {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// As much of the text as the paragraph should take: to white space if there is some.
    fn cut_if_long<'t>(&self, text: &'t str) -> &'t str {
        let room = LONG.saturating_sub(self.block.text.len());
        let end = text
            .char_indices()
            .find(|(at, c)| (*at >= room && c.is_ascii_whitespace()) || *at >= room + LONG)
            .map_or(text.len(), |(at, c)| at + c.len_utf8());
        text.get(..end).unwrap_or(text)
    }

    fn end_block(&mut self) -> Result<(), Error> {
        let block = std::mem::take(&mut self.block);
        if block.has_text() {
            let edits = self
                .session
                .ask("", &mut self.lines, block.start(), &block.text)?;
            self.splices
                .extend(self.session.splices(&block, &edits, self.style));
        }
        Ok(())
    }
}

fn is_block(name: &str) -> bool {
    let inline = ALONE_INLINE.iter().any(|(known, _)| is(name, known));
    !inline && !among(INLINE, name) && !among(SEEN, name) && !is(name, "br")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Tags as `<name` and `</name`, text as `=text` with its references decoded.
    pub(in crate::documents) fn decoded_tokens(html: &str) -> Vec<String> {
        let mut tokens: Vec<String> = Vec::new();
        for (token, source) in Tokens::new(html, 0) {
            let text = match token {
                Token::Start(name, _) => {
                    tokens.push(format!("<{}", name.to_ascii_lowercase()));
                    continue;
                }
                Token::End(name) => {
                    tokens.push(format!("</{}", name.to_ascii_lowercase()));
                    continue;
                }
                Token::Other => continue,
                Token::Raw => html[source].to_owned(),
                Token::Text => decoded(&html[source]),
            };
            match tokens.last_mut() {
                Some(last) if last.starts_with('=') => last.push_str(&text),
                _ => tokens.push(format!("={text}")),
            }
        }
        tokens
    }

    fn decoded(text: &str) -> String {
        let mut decoded = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = match reference(rest) {
                Some(reference) => {
                    decoded.push_str(&reference.text);
                    reference.length
                }
                None => {
                    decoded.push(c);
                    c.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        decoded
    }
}
