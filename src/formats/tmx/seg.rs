//! The inside of `<seg>`: its plain text, and its canonical form with inline elements.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::{Element, Inline};
use crate::formats::error::shown;
use crate::formats::segment;
use crate::formats::xml::attributes::{self, RawAttribute, TagFault};

/// The longest canonical form that is kept, in bytes.
const MAX_TAGGED: usize = 256 << 10;

/// A segment that is being read.
#[derive(Default)]
pub(super) struct Seg {
    text: String,
    tagged: String,
    has_inline: bool,
    open: Vec<Inline>,
    /// How many elements are open from the outermost one that holds native code.
    native: usize,
    /// The last start tag still lacks its `>`.
    pending: bool,
    /// `i` of `bpt` and `ept`: how often each was seen.
    pairs: HashMap<String, (u32, u32)>,
}

/// A segment that was read.
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) tagged: Option<String>,
    pub(super) warnings: Vec<String>,
}

impl Seg {
    /// Takes text, references resolved and line ends unified.
    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.native == 0 {
            self.text.push_str(text);
        }
        if self.has_inline {
            self.close_start_tag(">");
            attributes::push_text(&mut self.tagged, text);
        }
    }

    /// Begins an inline element.
    ///
    /// # Errors
    /// The reason to skip the unit, for an attribute value that cannot be read.
    pub(super) fn start(
        &mut self,
        inline: Inline,
        attributes: &[RawAttribute<'_>],
    ) -> Result<(), String> {
        if !self.has_inline {
            self.has_inline = true;
            attributes::push_text(&mut self.tagged, &self.text);
        }
        self.close_start_tag(">");
        self.tagged.push('<');
        self.tagged.push_str(inline.name());
        for (name, raw) in attributes {
            let value = attributes::value(raw)?;
            if let Some(c) = segment::forbidden(&value) {
                return Err(segment::named(c));
            }
            if is_namespace(name) {
                continue;
            }
            self.tagged.push(' ');
            self.tagged.push_str(name);
            self.tagged.push_str("=\"");
            attributes::push_value(&mut self.tagged, &value);
            self.tagged.push('"');
            if *name == "i" {
                self.note_pair(inline, &value);
            }
        }
        self.pending = true;
        self.open.push(inline);
        if self.native > 0 || inline.is_code() {
            self.native += 1;
        }
        Ok(())
    }

    fn note_pair(&mut self, inline: Inline, i: &str) {
        if !matches!(inline, Inline::Bpt | Inline::Ept) {
            return;
        }
        let seen = self.pairs.entry(i.to_owned()).or_default();
        match inline {
            Inline::Bpt => seen.0 += 1,
            _ => seen.1 += 1,
        }
    }

    /// Ends the innermost inline element.
    pub(super) fn end(&mut self) {
        let Some(inline) = self.open.pop() else {
            return;
        };
        self.native = self.native.saturating_sub(1);
        if self.pending {
            self.close_start_tag("/>");
        } else {
            self.tagged.push_str("</");
            self.tagged.push_str(inline.name());
            self.tagged.push('>');
        }
    }

    fn close_start_tag(&mut self, with: &str) {
        if self.pending {
            self.tagged.push_str(with);
            self.pending = false;
        }
    }

    /// The segment.
    ///
    /// # Errors
    /// The reason, if its markup is too long to be kept.
    pub(super) fn finish(self) -> Result<Segment, String> {
        if self.tagged.len() > MAX_TAGGED {
            return Err(format!(
                "has {} bytes with its inline elements, more than {MAX_TAGGED}",
                self.tagged.len()
            ));
        }
        let mut orphans: Vec<_> = self.pairs.iter().filter(|(_, (b, e))| b != e).collect();
        orphans.sort_unstable();
        let warnings = orphans
            .into_iter()
            .take(10)
            .map(|(i, (begins, ends))| {
                let (has, lacks) = if begins > ends {
                    ("bpt", "ept")
                } else {
                    ("ept", "bpt")
                };
                format!("`{has}` i=\"{}\" has no `{lacks}`; kept as it is", shown(i))
            })
            .collect();
        Ok(Segment {
            text: self.text,
            tagged: self.has_inline.then_some(self.tagged),
            warnings,
        })
    }
}

/// Attributes that would need the namespaces of the file they come from.
fn is_namespace(name: &str) -> bool {
    name == "xmlns" || (name.contains(':') && !name.starts_with("xml:"))
}

/// Reads the inside of a segment that does not come from a file, to be sure of it before it is written.
///
/// # Errors
/// The reason why it is not the inside of a TMX `seg`.
pub(super) fn parse(tagged: &str) -> Result<Segment, String> {
    let mut reader = quick_xml::Reader::from_str(tagged);
    reader.config_mut().allow_dangling_amp = true;
    let mut seg = Seg::default();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(tag) => start(&mut seg, &tag)?,
            Event::Empty(tag) => {
                start(&mut seg, &tag)?;
                seg.end();
            }
            Event::End(_) => seg.end(),
            Event::Text(text) => {
                if text.starts_with('&') {
                    return Err("there is a bare `&`".into());
                }
                push_checked(&mut seg, &attributes::unify_line_ends(&text))?;
            }
            Event::CData(text) => push_checked(&mut seg, &attributes::unify_line_ends(&text))?,
            Event::GeneralRef(name) => {
                let c = attributes::reference(&name)?;
                push_checked(&mut seg, c.encode_utf8(&mut [0; 4]))?;
            }
            Event::Eof if seg.open.is_empty() => return seg.finish(),
            Event::Eof => return Err("an inline element is not closed".into()),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Decl(_) | Event::DocType(_) => return Err("a declaration is no text".into()),
        }
    }
}

fn push_checked(seg: &mut Seg, text: &str) -> Result<(), String> {
    if let Some(c) = segment::forbidden(text) {
        return Err(segment::named(c));
    }
    seg.text(text);
    Ok(())
}

fn start(seg: &mut Seg, tag: &BytesStart<'_>) -> Result<(), String> {
    let name = tag.name();
    let Element::Inline(inline) = Element::of(name.as_ref()) else {
        return Err(format!("`{}` is no inline element", shown(name.as_ref())));
    };
    let attributes = attributes::split(tag.attributes_raw()).map_err(|fault| match fault {
        TagFault::TooManyAttributes => "an element has too many attributes".to_owned(),
        TagFault::NotWellFormed(reason) => reason,
    })?;
    seg.start(inline, &attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_form_and_plain_text_of_segments() {
        for (given, text, canonical) in [
            ("a<b", None, None),
            ("a", Some("a"), None),
            ("a &amp; b&#13;", Some("a & b\r"), None),
            ("a\r\nb", Some("a\nb"), None),
            ("<![CDATA[<ph/>]]>&lt;", Some("<ph/><"), None),
            ("<PH X='1'></PH>x", Some("x"), Some("<ph X=\"1\"/>x")),
            (
                "<tmx:hi  b='&quot;\t&#9;' a='2' >r<!-- c -->ed</tmx:hi>",
                Some("red"),
                Some("<hi b=\"&quot; &#9;\" a=\"2\">red</hi>"),
            ),
            (
                "<ph>&lt;b&gt;<sub>s<hi>t</hi></sub></ph>.",
                Some("."),
                Some("<ph>&lt;b&gt;<sub>s<hi>t</hi></sub></ph>."),
            ),
            (
                "<hi>a<bpt i=\"1\">n</bpt>b</hi>",
                Some("ab"),
                Some("<hi>a<bpt i=\"1\">n</bpt>b</hi>"),
            ),
            ("<hi></hi>", Some(""), Some("<hi/>")),
            ("a<sub>b</sub>", Some("ab"), Some("a<sub>b</sub>")),
            (
                "a<ph><hi>b</hi></ph>c",
                Some("ac"),
                Some("a<ph><hi>b</hi></ph>c"),
            ),
            ("<hi>", None, None),
            ("</hi>", None, None),
            ("<hi></ph>", None, None),
            ("<b>x</b>", None, None),
            ("&nbsp;", None, None),
            ("a & b", None, None),
            ("<hi x='&a;'/>", None, None),
            ("<hi x='1' x='2'/>", None, None),
            ("\u{7}", None, None),
            ("&#x81;", None, None),
            ("<!DOCTYPE tmx><hi/>", None, None),
        ] {
            let read = parse(given).ok();
            assert_eq!(read.as_ref().map(|s| s.text.as_str()), text, "{given}");
            assert_eq!(read.and_then(|s| s.tagged).as_deref(), canonical, "{given}");
        }
    }

    #[test]
    fn the_canonical_form_is_stable() {
        let given = "a &gt; <it pos=\"begin\" x=\"&#10;\">&#13;</it><ut/> b";
        let once = parse(given).unwrap().tagged.unwrap();
        assert_eq!(once, given);
        assert_eq!(parse(&once).unwrap().tagged.unwrap(), once);
    }

    #[test]
    fn orphans_are_named() {
        let read = parse("<bpt i=\"1\"/>a<ept i=\"9\"/><bpt i=\"2\"/><ept i=\"2\"/>").unwrap();
        assert_eq!(read.warnings.len(), 2);
        assert!(
            read.warnings[0].contains("`bpt` i=\"1\""),
            "{:?}",
            read.warnings
        );
    }
}
