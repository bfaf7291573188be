//! Units as proptest makes them: everything that a reader could have made of a file.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::formats::segment;
use crate::formats::tmx::plain_and_canonical;
use crate::model::{Context, Lang, MemoryId, Metadata, Note, Prop, Stamp, Unit, UnitId, Variant};

/// Any text that a file may hold, empty too.
pub(super) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z ]{1,8}",
        "[ابپتثجچ\u{200C} ]{1,6}",
        "[<>&\"'\\]\t\r\n]{1,4}",
        "\\PC{1,6}",
        select(vec![
            "\r\n",
            "]]>",
            "&amp;",
            "<ph/>",
            "\u{85}",
            "\u{2028}",
            "\u{202E}",
            "\u{2067}x",
            "😀",
            "\u{A0}",
            "=1",
            "'-",
        ])
        .prop_map(str::to_owned),
    ];
    vec(piece, 0..5)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a character that no file may hold", |text| {
            segment::forbidden(text).is_none()
        })
}

/// The inside of a segment: escaped text and elements in one another.
fn tagged() -> impl Strategy<Value = String> {
    let leaf = text().prop_map(|text| escape(&text));
    leaf.prop_recursive(3, 12, 4, |inner| {
        let name = select(vec!["bpt", "ept", "ph", "it", "ut", "hi", "sub"]);
        let attributes = btree_map("[a-z]{1,4}", text(), 0..3);
        (vec(inner, 0..4), name, attributes).prop_map(|(inside, name, attributes)| {
            let attributes: String = attributes
                .iter()
                .map(|(name, value)| format!(" {name}=\"{}\"", escape(value)))
                .collect();
            format!("<{name}{attributes}>{}</{name}>", inside.concat())
        })
    })
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' | '&' | '>' | '"' | '\r' | '\t' | '\n' => {
                escaped.push_str(&format!("&#{};", u32::from(c)))
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn metadata(attributes: &'static [&'static str]) -> impl Strategy<Value = Metadata> {
    let kind = select(vec![
        "domain",
        "x-note",
        "x-context-pre",
        "x-ContextContent",
        "x-context",
        "file",
        "",
        "a&\"b",
    ]);
    let prop = (kind, text(), option::of("[a-z]{2}")).prop_map(|(kind, text, lang)| Prop {
        kind: kind.into(),
        text,
        lang,
    });
    let note = (text(), option::of("[a-z]{2}")).prop_map(|(text, lang)| Note { text, lang });
    let attributes = btree_map(select(attributes).prop_map(str::to_owned), text(), 0..3);
    (attributes, vec(prop, 0..3), vec(note, 0..2)).prop_map(|(attributes, props, notes)| Metadata {
        attributes,
        props,
        notes,
    })
}

fn variant(lang: Lang) -> impl Strategy<Value = Variant> {
    let tuv = metadata(&["usagecount", "creationdate", "changeid", "o-tmf"]);
    let inside = prop_oneof![text().prop_map(|text| escape(&text)), tagged()];
    (inside, tuv).prop_map(move |(inside, metadata)| {
        // At least one letter, so that it is a segment.
        let (text, tagged) = plain_and_canonical(&format!("x{inside}")).unwrap();
        Variant {
            lang: lang.clone(),
            text,
            tagged,
            metadata,
        }
    })
}

fn stamp() -> impl Strategy<Value = Stamp> {
    (0i64..4_000_000_000, option::of(text())).prop_map(|(at, by)| Stamp { at, by })
}

/// A unit whose source is the one that `srclang="en"` names.
pub(super) fn unit() -> impl Strategy<Value = Unit> {
    let langs = || ["en", "fa-IR", "zh-Hant-TW"].map(|tag| tag.parse::<Lang>().unwrap());
    let [a, b, c] = langs();
    let part = || option::of(text().prop_filter("blank", |text| !text.trim().is_empty()));
    let context =
        (part(), part(), part()).prop_map(|(previous, next, id)| Context { previous, next, id });
    let variants = (variant(a), variant(b), option::of(variant(c)), 0..3usize);
    let tu = metadata(&["tuid", "usagecount", "datatype", "creationtool"]);
    (variants, context, tu, stamp(), stamp()).prop_map(
        |((a, b, c, turn), context, metadata, created, changed)| {
            let mut variants: Vec<Variant> = [Some(a), Some(b), c].into_iter().flatten().collect();
            let length = variants.len();
            variants.rotate_left(turn % length);
            let mut unit = Unit {
                id: UnitId(1),
                memory: MemoryId(1),
                rev: 1,
                source: turn % length,
                variants,
                context,
                metadata,
                created,
                changed,
            };
            // The parts that a prop of another tool fills, and the context leaves open, cannot come from a file.
            let of_source = unit.variants[unit.source].metadata.clone();
            let said = crate::formats::tmx::context_of(&mut unit.metadata.clone(), &of_source);
            unit.context.previous = unit.context.previous.or(said.previous);
            unit.context.next = unit.context.next.or(said.next);
            unit.context.id = unit.context.id.or(said.id);
            unit
        },
    )
}
