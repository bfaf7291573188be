//! TMX 1.4, valid against `tmx14.dtd` as far as the inline elements came in valid, one unit at a time.
//! No DOCTYPE: some readers would go and look for the DTD.

use super::languages::source_of;
use super::unit::is_known;
use super::{CHANGE_DATE, FOREIGN_ATTRIBUTE, TU_ATTRIBUTES, TUV_ATTRIBUTES, context, dates, seg};
use crate::formats::WriteOptions;
use crate::formats::segment::named;
use crate::formats::xml::attributes::{is_xml_char, push_text, push_value};
use crate::model::{Lang, Metadata, Stamp, Unit, Variant};

/// Writes units between a head and an end.
pub(crate) struct TmxWriter {
    source: Option<Lang>,
}

impl TmxWriter {
    /// Writes everything before the first unit.
    pub(crate) fn begin(out: &mut String, options: &WriteOptions) -> Self {
        let source = options.source.as_ref().map_or("*all*", Lang::as_str);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\">\n");
        out.push_str("<header creationtool=\"hamzaban\" creationtoolversion=\"");
        out.push_str(env!("CARGO_PKG_VERSION"));
        out.push_str("\" segtype=\"sentence\" o-tmf=\"hamzaban\" adminlang=\"en\" srclang=\"");
        push_value(out, source);
        out.push_str("\" datatype=\"plaintext\"/>\n<body>\n");
        Self {
            source: options.source.clone(),
        }
    }

    /// Writes everything behind the last unit.
    pub(crate) fn end(out: &mut String) {
        out.push_str("</body>\n</tmx>\n");
    }

    /// Writes a unit; on an error, part of it may be in `out`.
    ///
    /// # Errors
    /// Why TMX cannot hold it: a character that XML forbids, or inline elements that are none.
    pub(crate) fn unit(&self, out: &mut String, unit: &Unit) -> Result<(), String> {
        if unit.variants.is_empty() {
            return Err("it has no text".into());
        }
        let metadata = &unit.metadata;
        out.push_str("<tu");
        let srclang = self.srclang(unit);
        for (name, value) in &metadata.attributes {
            let instead = match name.as_str() {
                "srclang" => srclang.is_some(),
                _ => !is_known(&TU_ATTRIBUTES, name, value),
            };
            if !instead {
                attribute(out, name, value)?;
            }
        }
        if let Some(srclang) = srclang {
            attribute(out, "srclang", srclang)?;
        }
        stamp(out, ["creationdate", "creationid"], &unit.created, metadata)?;
        let says_it = metadata.attributes.contains_key(CHANGE_DATE);
        if unit.changed != unit.created || says_it {
            stamp(out, [CHANGE_DATE, "changeid"], &unit.changed, metadata)?;
        } else if let Some(user) = metadata.attributes.get("changeid") {
            attribute(out, "changeid", user)?;
        }
        out.push_str(">\n");
        let none = Metadata::default();
        let source = unit.variants.get(unit.source);
        let of_source = source.map_or(&none, |variant| &variant.metadata);
        for (kind, text) in context::to_write(&unit.context, metadata, of_source) {
            prop(out, kind, None, text)?;
        }
        items(out, metadata, |name, value| {
            STAMPS.contains(&name) || is_known(&TU_ATTRIBUTES, name, value)
        })?;
        for variant in &unit.variants {
            tuv(out, variant)?;
        }
        out.push_str("</tu>\n");
        Ok(())
    }

    /// The `srclang` that the unit needs beside the header's and its own, so that the source stays the source.
    fn srclang<'a>(&self, unit: &'a Unit) -> Option<&'a str> {
        let own = unit.metadata.attributes.get("srclang");
        let read = source_of(
            &unit.variants,
            own.map(String::as_str),
            self.source.as_ref(),
        );
        let source = unit.variants.get(unit.source)?;
        (read != unit.source).then(|| source.lang.as_str())
    }
}

/// Attributes of a `tu` that are written from its stamps.
const STAMPS: [&str; 4] = ["creationdate", "creationid", CHANGE_DATE, "changeid"];

/// A date and a user; a user without a stamp of its own may stand among the attributes.
fn stamp(
    out: &mut String,
    [date_name, user_name]: [&str; 2],
    stamp: &Stamp,
    metadata: &Metadata,
) -> Result<(), String> {
    if let Some(date) = dates::write(stamp.at) {
        attribute(out, date_name, &date)?;
    }
    match stamp
        .by
        .as_ref()
        .or_else(|| metadata.attributes.get(user_name))
    {
        Some(user) => attribute(out, user_name, user),
        None => Ok(()),
    }
}

fn tuv(out: &mut String, variant: &Variant) -> Result<(), String> {
    let metadata = &variant.metadata;
    out.push_str("<tuv xml:lang=\"");
    out.push_str(variant.lang.as_str());
    out.push('"');
    let known = |name: &str, value: &str| is_known(&TUV_ATTRIBUTES, name, value);
    for (name, value) in &metadata.attributes {
        if known(name, value) {
            attribute(out, name, value)?;
        }
    }
    out.push('>');
    items(out, metadata, known)?;
    out.push_str("<seg>");
    match &variant.tagged {
        Some(tagged) => out.push_str(&canonical(tagged)?),
        None => text(out, &variant.text)?,
    }
    out.push_str("</seg></tuv>\n");
    Ok(())
}

/// Inline elements come from the store, where a reader or a client put them: nothing is taken on trust.
fn canonical(tagged: &str) -> Result<String, String> {
    let segment = seg::parse(tagged).map_err(|reason| format!("its inline elements: {reason}"))?;
    if let Some(tagged) = segment.tagged {
        return Ok(tagged);
    }
    let mut plain = String::with_capacity(segment.text.len());
    text(&mut plain, &segment.text)?;
    Ok(plain)
}

/// Attributes that have no place as such, props, and notes.
fn items(
    out: &mut String,
    metadata: &Metadata,
    is_attribute: impl Fn(&str, &str) -> bool,
) -> Result<(), String> {
    for (name, value) in &metadata.attributes {
        if !is_attribute(name, value) {
            prop(out, &format!("{FOREIGN_ATTRIBUTE}{name}"), None, value)?;
        }
    }
    for item in &metadata.props {
        prop(out, &item.kind, item.lang.as_deref(), &item.text)?;
    }
    for note in &metadata.notes {
        out.push_str("<note");
        end_item(out, "note", note.lang.as_deref(), &note.text)?;
    }
    Ok(())
}

fn prop(out: &mut String, kind: &str, lang: Option<&str>, text: &str) -> Result<(), String> {
    out.push_str("<prop");
    attribute(out, "type", kind)?;
    end_item(out, "prop", lang, text)
}

fn end_item(out: &mut String, name: &str, lang: Option<&str>, content: &str) -> Result<(), String> {
    if let Some(lang) = lang {
        attribute(out, "xml:lang", lang)?;
    }
    out.push('>');
    text(out, content)?;
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
    Ok(())
}

fn attribute(out: &mut String, name: &str, value: &str) -> Result<(), String> {
    check(value)?;
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_value(out, value);
    out.push('"');
    Ok(())
}

fn text(out: &mut String, text: &str) -> Result<(), String> {
    check(text)?;
    push_text(out, text);
    Ok(())
}

/// Only what XML cannot hold at all is refused here; other rules were the reader's.
fn check(text: &str) -> Result<(), String> {
    match text.chars().find(|c| !is_xml_char(*c)) {
        Some(c) => Err(format!("{} in XML", named(c))),
        None => Ok(()),
    }
}
