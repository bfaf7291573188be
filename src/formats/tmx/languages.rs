//! Which languages a file speaks, and which variant of a unit is its source.

use crate::formats::segment;
use crate::model::{Lang, Metadata, Variant};

/// What the file said before about the language of sources, and languages already parsed.
pub(super) struct Languages {
    /// `--from`.
    wanted: Option<Lang>,
    /// The header's `srclang`; `None` for `*all*`.
    pub(super) header: Option<Lang>,
    known: Vec<(String, Lang)>,
}

impl Languages {
    pub(super) fn new(wanted: Option<Lang>) -> Self {
        Self {
            wanted,
            header: None,
            known: Vec::new(),
        }
    }

    /// Parses a tag; files repeat a few of them without end.
    pub(super) fn parse(&mut self, tag: &str) -> Result<Lang, String> {
        if let Some((_, lang)) = self.known.iter().find(|(known, _)| known == tag) {
            return Ok(lang.clone());
        }
        let lang = segment::language(tag)?;
        if self.known.len() < 16 {
            self.known.push((tag.to_owned(), lang.clone()));
        }
        Ok(lang)
    }

    /// The source among the variants. A `srclang` that only says which one it is, where the header does not,
    /// is taken out of the attributes: the writer puts it back for the same reason.
    pub(super) fn source(&mut self, variants: &[Variant], metadata: &mut Metadata) -> usize {
        let own = metadata.attributes.get("srclang");
        let own = own.and_then(|tag| self.parse(tag).ok());
        let find = |lang: &Option<Lang>| lang.as_ref().and_then(|l| segment::find(variants, l));
        let by_header = find(&self.header).unwrap_or(0);
        let source = find(&own).unwrap_or(by_header);
        let exact = variants.get(source).map(|variant| variant.lang.as_str());
        let given = metadata.attributes.get("srclang").map(String::as_str);
        if source != by_header && exact == given {
            metadata.attributes.remove("srclang");
        }
        find(&self.wanted).unwrap_or(source)
    }
}

/// Which variant a reader takes for the source, given these; for the writer.
pub(super) fn source_of(variants: &[Variant], own: Option<&str>, header: Option<&Lang>) -> usize {
    let own = own.and_then(|tag| segment::language(tag).ok());
    own.as_ref()
        .and_then(|lang| segment::find(variants, lang))
        .or_else(|| header.and_then(|lang| segment::find(variants, lang)))
        .unwrap_or(0)
}
