//! One `<tu>` as it is read: elements, text and references come in, an [`Entry`] comes out.

use std::borrow::Cow;

use super::languages::Languages;
use super::seg::Seg;
use super::{
    CHANGE_DATE, Element, FOREIGN_ATTRIBUTE, SEGTYPES, TU_ATTRIBUTES, TUV_ATTRIBUTES, context,
    dates,
};
use crate::formats::error::shown;
use crate::formats::segment::{self, Variants};
use crate::formats::xml::attributes::{self, RawAttribute};
use crate::formats::{Entry, Place};
use crate::model::{Draft, Lang, Metadata, Note, Prop, Stamp, Variant};

/// The most warnings of one unit.
const MAX_WARNINGS: usize = 20;

/// What the open elements of a unit are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Tu,
    Tuv,
    Seg,
    Inline,
    /// `prop` or `note`.
    Item,
    /// An element inside of a `prop` or `note`, of which the text is kept.
    ItemInside,
    Ignored,
}

/// A unit that is being read.
pub(super) struct UnitBuilder {
    pub(super) place: Place,
    levels: Vec<Level>,
    /// The first reason to skip the unit.
    fault: Option<String>,
    warnings: Vec<String>,
    metadata: Metadata,
    created: Event,
    changed: Event,
    variants: Variants,
    tuv: Option<Tuv>,
    item: Item,
}

/// A date and a user as they stand in the file.
#[derive(Default)]
struct Event {
    date: Option<String>,
    user: Option<String>,
}

#[derive(Default)]
struct Tuv {
    lang: Option<Lang>,
    metadata: Metadata,
    seg: Option<Seg>,
}

#[derive(Default)]
struct Item {
    element: Option<Element>,
    kind: String,
    lang: Option<String>,
    text: String,
}

impl UnitBuilder {
    /// Begins with the start tag of a `tu`.
    pub(super) fn new(place: Place, attributes: &[RawAttribute<'_>]) -> Self {
        let mut unit = Self {
            place,
            levels: vec![Level::Tu],
            fault: None,
            warnings: Vec::new(),
            metadata: Metadata::default(),
            created: Event::default(),
            changed: Event::default(),
            variants: Variants::default(),
            tuv: None,
            item: Item::default(),
        };
        for (name, raw) in attributes {
            let Some(value) = unit.value(raw, place.line) else {
                continue;
            };
            match lower(name).as_ref() {
                "creationdate" => unit.created.date = Some(value),
                "creationid" => unit.created.user = Some(value),
                "changedate" => unit.changed.date = Some(value),
                "changeid" => unit.changed.user = Some(value),
                name => keep(&mut unit.metadata, &TU_ATTRIBUTES, name, value),
            }
        }
        unit
    }

    /// Notes a reason to skip the unit; the first one counts.
    pub(super) fn fault(&mut self, line: u64, reason: impl AsRef<str>) {
        if self.fault.is_none() {
            self.fault = Some(format!("{} (line {line})", reason.as_ref()));
        }
    }

    /// Notes a detail that was not as it should be.
    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning.into());
        }
    }

    fn value(&mut self, raw: &str, line: u64) -> Option<String> {
        let value = match attributes::value(raw) {
            Ok(value) => value,
            Err(reason) => {
                self.fault(line, reason);
                return None;
            }
        };
        if let Some(c) = segment::forbidden(&value) {
            self.fault(line, segment::named(c));
            return None;
        }
        Some(value.into_owned())
    }

    /// An element begins inside of the unit.
    pub(super) fn start(
        &mut self,
        name: &str,
        attributes: &[RawAttribute<'_>],
        line: u64,
        languages: &mut Languages,
    ) {
        let parent = self.levels.last().copied().unwrap_or(Level::Ignored);
        let level = match (parent, Element::of(name)) {
            (_, Element::Tu) => {
                self.fault(line, "there is a `tu` inside of the `tu`");
                Level::Ignored
            }
            (Level::Ignored, _) => Level::Ignored,
            (Level::Tu | Level::Tuv, element @ (Element::Prop | Element::Note)) => {
                self.start_item(element, attributes, line);
                Level::Item
            }
            (Level::Tu, Element::Tuv) => {
                self.start_tuv(attributes, line, languages);
                Level::Tuv
            }
            (Level::Tuv, Element::Seg) => self.start_seg(),
            (Level::Seg | Level::Inline, Element::Inline(inline)) => {
                let seg = self.tuv.as_mut().and_then(|tuv| tuv.seg.as_mut());
                if let Some(Err(reason)) = seg.map(|seg| seg.start(inline, attributes)) {
                    self.fault(line, reason);
                }
                Level::Inline
            }
            (Level::Seg | Level::Inline, _) => {
                self.fault(
                    line,
                    format!("`{}` is no element of a segment", shown(name)),
                );
                Level::Ignored
            }
            (Level::Item | Level::ItemInside, _) => {
                self.warn(format!(
                    "`{}` inside of a prop or note: only its text is kept",
                    shown(name)
                ));
                Level::ItemInside
            }
            _ => {
                self.warn(format!(
                    "`{}` does not belong here and is ignored",
                    shown(name)
                ));
                Level::Ignored
            }
        };
        self.levels.push(level);
    }

    fn start_item(&mut self, element: Element, attributes: &[RawAttribute<'_>], line: u64) {
        self.item = Item {
            element: Some(element),
            ..Item::default()
        };
        for (name, raw) in attributes {
            let Some(value) = self.value(raw, line) else {
                continue;
            };
            match lower(name).as_ref() {
                "type" => self.item.kind = value,
                "xml:lang" => self.item.lang = Some(value),
                "lang" if self.item.lang.is_none() => self.item.lang = Some(value),
                _ => {}
            }
        }
    }

    fn start_tuv(&mut self, attributes: &[RawAttribute<'_>], line: u64, languages: &mut Languages) {
        let mut tuv = Tuv::default();
        let mut tag: Option<String> = None;
        for (name, raw) in attributes {
            let Some(value) = self.value(raw, line) else {
                continue;
            };
            match lower(name).as_ref() {
                "xml:lang" => tag = Some(value),
                "lang" => tag = tag.or(Some(value)),
                name => keep(&mut tuv.metadata, &TUV_ATTRIBUTES, name, value),
            }
        }
        match tag.map(|tag| languages.parse(&tag)) {
            Some(Ok(lang)) => tuv.lang = Some(lang),
            Some(Err(reason)) => self.fault(line, reason),
            None => {}
        }
        self.tuv = Some(tuv);
    }

    fn start_seg(&mut self) -> Level {
        match &mut self.tuv {
            Some(tuv) if tuv.seg.is_none() => {
                tuv.seg = Some(Seg::default());
                Level::Seg
            }
            _ => {
                self.warn("there is more than one `seg` in a `tuv`; the first is kept");
                Level::Ignored
            }
        }
    }

    /// Text, CDATA or a resolved reference. White space between elements comes here too.
    pub(super) fn text(&mut self, text: &str, line: u64) {
        if let Some(c) = segment::forbidden(text) {
            self.fault(line, segment::named(c));
        }
        if self.fault.is_some() {
            return;
        }
        match self.levels.last() {
            Some(Level::Seg | Level::Inline) => {
                if let Some(seg) = self.tuv.as_mut().and_then(|tuv| tuv.seg.as_mut()) {
                    seg.text(&attributes::unify_line_ends(text));
                }
            }
            Some(Level::Item | Level::ItemInside) => {
                self.item.text.push_str(&attributes::unify_line_ends(text));
            }
            Some(Level::Tu | Level::Tuv) if !text.trim().is_empty() => {
                self.warn(format!(
                    "text outside of `seg` is ignored: `{}`",
                    shown(text.trim())
                ));
            }
            _ => {}
        }
    }

    /// A CR that was written as a reference: it is text and no line end.
    pub(super) fn carriage_return(&mut self, line: u64) {
        match self.levels.last() {
            Some(Level::Seg | Level::Inline) => {
                if let Some(seg) = self.tuv.as_mut().and_then(|tuv| tuv.seg.as_mut()) {
                    seg.text("\r");
                }
            }
            Some(Level::Item | Level::ItemInside) => self.item.text.push('\r'),
            _ => self.text("\r", line),
        }
    }

    /// An element ends; true when it was the unit itself.
    pub(super) fn end(&mut self) -> bool {
        match self.levels.pop() {
            Some(Level::Inline) => {
                if let Some(seg) = self.tuv.as_mut().and_then(|tuv| tuv.seg.as_mut()) {
                    seg.end();
                }
            }
            Some(Level::Item) => self.end_item(),
            Some(Level::Tuv) => self.end_tuv(),
            _ => {}
        }
        self.levels.is_empty()
    }

    fn end_item(&mut self) {
        let metadata = match &mut self.tuv {
            Some(tuv) => &mut tuv.metadata,
            None => &mut self.metadata,
        };
        let Item {
            element,
            kind,
            lang,
            text,
        } = std::mem::take(&mut self.item);
        if element == Some(Element::Prop) {
            metadata.props.push(Prop { kind, text, lang });
        } else {
            metadata.notes.push(Note { text, lang });
        }
    }

    fn end_tuv(&mut self) {
        let Some(tuv) = self.tuv.take() else {
            return;
        };
        let (Some(lang), Some(seg)) = (tuv.lang, tuv.seg) else {
            self.variants
                .add_unreadable("a `tuv` has no language or no `seg`");
            return;
        };
        match seg.finish() {
            Ok(seg) => {
                for warning in seg.warnings {
                    self.warn(warning);
                }
                self.variants.add(Variant {
                    lang,
                    text: seg.text,
                    tagged: seg.tagged,
                    metadata: tuv.metadata,
                });
            }
            Err(reason) => self
                .variants
                .add_unreadable(format!("the {lang} segment {reason}")),
        }
    }

    /// The entry of the unit.
    pub(super) fn finish(mut self, languages: &mut Languages) -> Entry {
        let place = self.place;
        let unit = match self.fault.take() {
            Some(fault) => Err(fault),
            None => self.draft(languages),
        };
        let warnings = if unit.is_ok() {
            self.warnings
        } else {
            Vec::new()
        };
        Entry {
            place,
            unit,
            warnings,
        }
    }

    fn draft(&mut self, languages: &mut Languages) -> Result<Draft, String> {
        let (variants, left_out) = std::mem::take(&mut self.variants).finish()?;
        for reason in left_out {
            self.warn(reason);
        }
        let created = self.stamp("creationdate", "creationid");
        let changed = self.stamp(CHANGE_DATE, "changeid");
        let mut metadata = std::mem::take(&mut self.metadata);
        let redundant = created.is_none() || created == changed;
        if let Some(changed) = changed.as_ref().filter(|_| redundant) {
            // Most files say nothing where nothing was changed; that this one does is kept for the writer.
            let date = dates::write(changed.at).unwrap_or_default();
            metadata.attributes.insert(CHANGE_DATE.to_owned(), date);
        }
        let source = languages.source(&variants, &mut metadata);
        let none = Metadata::default();
        let of_source = variants
            .get(source)
            .map_or(&none, |source| &source.metadata);
        let context = context::take(&mut metadata, of_source);
        Ok(Draft {
            variants,
            source,
            context,
            metadata,
            created,
            changed,
        })
    }

    fn stamp(&mut self, date_name: &str, user_name: &str) -> Option<Stamp> {
        let event = if date_name == "creationdate" {
            std::mem::take(&mut self.created)
        } else {
            std::mem::take(&mut self.changed)
        };
        let at = event.date.and_then(|date| {
            let at = dates::read(&date);
            if at.is_none() {
                self.warn(format!(
                    "{date_name} `{}` is no date: ignored",
                    shown(&date)
                ));
            }
            at
        });
        match (at, event.user) {
            (Some(at), by) => Some(Stamp { at, by }),
            (None, Some(user)) => {
                // A stamp needs a date; the name is not lost for it.
                self.metadata.attributes.insert(user_name.to_owned(), user);
                None
            }
            (None, None) => None,
        }
    }
}

/// Attributes have their names in lower case, but who knows.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Keeps an attribute, as a prop if the DTD does not know it.
fn keep(metadata: &mut Metadata, known: &[&str], name: &str, value: String) {
    if is_known(known, name, &value) {
        metadata.attributes.insert(name.to_owned(), value);
    } else if !name.starts_with("xmlns") && !name.starts_with("xml:") {
        metadata.props.push(Prop {
            kind: format!("{FOREIGN_ATTRIBUTE}{name}"),
            text: value,
            lang: None,
        });
    }
}

/// Whether the DTD allows this attribute with this value.
pub(super) fn is_known(known: &[&str], name: &str, value: &str) -> bool {
    known.contains(&name) && (name != "segtype" || SEGTYPES.contains(&value))
}
