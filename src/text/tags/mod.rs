//! TMX 1.4 inline markup: the inside of a `<seg>`, checked and reduced to plain text or to its tags.
//!
//! `bpt`, `ept`, `ph`, `it` and `ut` hold the native code of a document format: not text, and neither
//! is a `sub` inside them. `hi` only marks text. (TMX 1.4b, "Content markup".) The reader is a small
//! hand scanner: it neither recurses nor expands entities, so depth and size cost nothing but time.

use std::borrow::Cow;

mod scan;
#[cfg(test)]
mod tests;

pub use scan::{Element, TagError, TagFault};
use scan::{Event, Scanner};

/// The deepest nesting that is read.
pub const DEEPEST: usize = 4_096;
/// The most attributes of one element.
pub const MOST_ATTRIBUTES: usize = 128;

/// One tag of a segment, without what merely numbers it (`i`, `x`), so that the tags of two segments
/// can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    /// Which element.
    pub element: Element,
    /// What it is: the `type` attribute, else the native code inside (entities resolved, spaces
    /// trimmed); for `it` after its `pos` and a space. `/` for the end of a `hi` or of a `sub` in text.
    pub label: String,
}

/// The text of a segment without its inline elements, entities resolved.
///
/// Checks the whole: known elements only, balanced, no comments' bigger cousins (DOCTYPE, processing
/// instructions), only the five predefined entities and references to XML characters.
pub fn plain(tagged: &str) -> Result<String, TagError> {
    let mut text = String::with_capacity(tagged.len());
    let mut codes = 0usize;
    for event in Scanner::new(tagged) {
        match event? {
            Event::Start { element, .. } if codes > 0 || element.is_code() => codes += 1,
            Event::End if codes > 0 => codes -= 1,
            Event::Text(piece) if codes == 0 => text.push_str(&piece),
            Event::Start { .. } | Event::End | Event::Text(_) => {}
        }
    }
    Ok(text)
}

/// Checks a tagged segment as [`plain`] does.
pub fn validate(tagged: &str) -> Result<(), TagError> {
    Scanner::new(tagged).try_for_each(|event| event.map(drop))
}

/// The segment with its text changed and its inline elements as they are. `change` gets each run of text that no
/// tag interrupts, in order, and gives what shall stand there, or none to leave it byte for byte.
pub fn map_text(
    tagged: &str,
    mut change: impl FnMut(&str) -> Option<String>,
) -> Result<String, TagError> {
    let mut out = String::with_capacity(tagged.len());
    let mut scanner = Scanner::new(tagged);
    let mut codes = 0usize;
    // Where the run began, and its text so far.
    let mut run: Option<(usize, String)> = None;
    let mut end_run = |out: &mut String, run: Option<(usize, String)>, end: usize| {
        if let Some((start, text)) = run {
            match change(&text) {
                Some(new) => out.push_str(&escape(&new)),
                None => out.push_str(tagged.get(start..end).unwrap_or_default()),
            }
        }
    };
    loop {
        let start = scanner.at();
        let Some(event) = scanner.next().transpose()? else {
            end_run(&mut out, run, start);
            return Ok(out);
        };
        match event {
            Event::Text(piece) if codes == 0 => match &mut run {
                Some((_, text)) => text.push_str(&piece),
                None => run = Some((start, piece.into_owned())),
            },
            other => {
                end_run(&mut out, run.take(), start);
                out.push_str(tagged.get(start..scanner.at()).unwrap_or_default());
                match other {
                    Event::Start { element, .. } if codes > 0 || element.is_code() => codes += 1,
                    Event::End if codes > 0 => codes -= 1,
                    _ => {}
                }
            }
        }
    }
}

/// The tags of a segment in their order. Of a segment that [`validate`] refuses, those before the
/// error.
pub fn signature(tagged: &str) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    // The open elements in text, and the depth inside a code element.
    let mut open: Vec<Element> = Vec::new();
    let mut depth = 0usize;
    // The label being read is native code: the element has no type.
    let mut reading = false;
    for event in Scanner::new(tagged).map_while(Result::ok) {
        match event {
            Event::Start { .. } if depth > 0 => depth += 1,
            Event::Start {
                element,
                kind,
                position,
            } => {
                let mut label = position.map(|p| p + " ").unwrap_or_default();
                reading = element.is_code() && kind.is_none();
                label.push_str(&kind.unwrap_or_default());
                tags.push(Tag { element, label });
                if element.is_code() {
                    depth = 1;
                } else {
                    open.push(element);
                }
            }
            Event::Text(piece) if depth == 1 && reading => {
                if let Some(tag) = tags.last_mut() {
                    tag.label.push_str(&piece);
                }
            }
            Event::Text(_) => {}
            Event::End if depth > 1 => depth -= 1,
            Event::End if depth == 1 => {
                depth = 0;
                if let Some(tag) = tags.last_mut() {
                    tag.label = tag.label.trim().to_owned();
                }
            }
            Event::End => {
                if let Some(element) = open.pop() {
                    let label = "/".to_owned();
                    tags.push(Tag { element, label });
                }
            }
        }
    }
    tags
}

/// Text as XML character data: what [`plain`] gives back unchanged. A carriage return is escaped too,
/// because an XML reader would make a line feed of it.
///
/// Characters that XML cannot carry (most controls) stay as they are; segments hold none, see
/// [`check_segment`](super::check::check_segment).
pub fn escape(text: &str) -> Cow<'_, str> {
    const SPECIAL: [char; 4] = ['&', '<', '>', '\r'];
    let Some(first) = text.find(SPECIAL) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(clean);
    for c in rest.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}
