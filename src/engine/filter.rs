//! Which units are meant: one filter for look-ups, browsing, exports and changes of many units, read from a query
//! string or JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Error, bulk, invalid, view};
use crate::model::{Lang, Unit, Variant};
use crate::store::ImportId;
use crate::text::check;
use crate::text::fold;
use crate::text::{self, Kind, tags};

/// The longest text of a filter, in characters.
const MAX_TEXT: usize = 1_000;

/// Which units are meant. All conditions given must hold; without any, all units are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Units with a text in this language; `fa` means `fa-IR` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    #[param(value_type = Option<String>)]
    pub lang: Option<Lang>,
    /// Units in which this stands, in the language `lang` if that is given, else in any. Letters of either case, of
    /// Arabic or Persian shape, digits of any script, with or without vowel marks are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    #[param(max_length = 1000)]
    pub text: Option<String>,
    /// Made by this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Last changed by this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// RFC 3339; units made at that time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_after: Option<String>,
    /// RFC 3339; units made before that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<String>,
    /// RFC 3339; units changed at that time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_after: Option<String>,
    /// RFC 3339; units changed before that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_before: Option<String>,
    /// Units whose present revision this import or bulk change wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// Units with (`true`) or without (`false`) inline tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagged: Option<bool>,
    /// Units worth a look (`true`), or not (`false`): a translation equal to its source, other numbers or tags than in
    /// the source, a text that could not be written today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspicious: Option<bool>,
    /// Props that the unit or a text of it must have, type → text. In a query string each is `prop.TYPE=TEXT`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[param(ignore)]
    pub props: BTreeMap<String, String>,
}

impl Filter {
    /// Whether it takes every unit.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads its times and folds its text; `at` is where it stands in the request: `/filter/` or nothing.
    pub(super) fn ready(&self, at: &str) -> Result<Bounds<'_>, Error> {
        let time = |text: &Option<String>, field: &str| {
            text.as_deref()
                .map(|text| view::read_time(text, &format!("{at}{field}")))
                .transpose()
        };
        let text = match &self.text {
            None => None,
            Some(text) if text.chars().count() > MAX_TEXT => {
                let reason = format!("at most {MAX_TEXT} characters");
                return Err(invalid("out_of_range", &format!("{at}text"), &reason));
            }
            Some(text) => Some(fold::key(text).text),
        };
        if text.as_ref().is_some_and(String::is_empty) {
            let reason = "a text to find must have a letter, a digit or a sign";
            return Err(invalid("empty_text", &format!("{at}text"), reason));
        }
        // What is no id of an import is that of none.
        let import = self
            .import
            .as_deref()
            .map(|id| bulk::read_id(id, "import").unwrap_or(ImportId(-1)));
        Ok(Bounds {
            filter: self,
            created_after: time(&self.created_after, "created_after")?,
            created_before: time(&self.created_before, "created_before")?,
            changed_after: time(&self.changed_after, "changed_after")?,
            changed_before: time(&self.changed_before, "changed_before")?,
            text,
            import,
        })
    }
}

/// A filter ready to be asked about many units.
#[derive(Clone, Debug)]
pub(super) struct Bounds<'a> {
    filter: &'a Filter,
    created_after: Option<i64>,
    created_before: Option<i64>,
    changed_after: Option<i64>,
    changed_before: Option<i64>,
    text: Option<String>,
    import: Option<ImportId>,
}

impl Bounds<'_> {
    /// Whether it takes every unit.
    pub(super) fn is_empty(&self) -> bool {
        self.filter.is_empty()
    }

    /// Whether a unit is meant; `import` is what wrote its present revision. The costly conditions come last.
    pub(super) fn admits(&self, unit: &Unit, import: Option<ImportId>) -> bool {
        let by = |wanted: &Option<String>, by: &Option<String>| wanted.is_none() || wanted == by;
        let filter = self.filter;
        by(&filter.created_by, &unit.created.by)
            && by(&filter.changed_by, &unit.changed.by)
            && self.created_after.is_none_or(|at| unit.created.at >= at)
            && self.created_before.is_none_or(|at| unit.created.at < at)
            && self.changed_after.is_none_or(|at| unit.changed.at >= at)
            && self.changed_before.is_none_or(|at| unit.changed.at < at)
            && (self.import.is_none() || self.import == import)
            && filter.props.iter().all(|(kind, text)| {
                let own = unit.variants.iter().map(|variant| &variant.metadata);
                own.chain([&unit.metadata])
                    .flat_map(|metadata| &metadata.props)
                    .any(|prop| prop.kind == *kind && prop.text == *text)
            })
            && filter
                .tagged
                .is_none_or(|tagged| unit.variants.iter().any(|v| v.tagged.is_some()) == tagged)
            && self.has_text(unit)
            && filter
                .suspicious
                .is_none_or(|suspicious| is_suspicious(unit) == suspicious)
    }

    fn has_text(&self, unit: &Unit) -> bool {
        let lang = self.filter.lang.as_ref();
        let mut variants = unit
            .variants
            .iter()
            .filter(|v| lang.is_none_or(|lang| v.lang.meets(lang)));
        match &self.text {
            None => lang.is_none() || variants.next().is_some(),
            Some(text) => variants.any(|v| fold::key(&v.text).text.contains(text.as_str())),
        }
    }
}

/// Whether a person should look at a unit.
fn is_suspicious(unit: &Unit) -> bool {
    let Some(source) = unit.variants.get(unit.source) else {
        return true;
    };
    let odd = |v: &Variant| check::check_segment(&v.text).is_err();
    let mut others = unit.variants.iter().filter(|v| !std::ptr::eq(*v, source));
    odd(source) || others.any(|target| odd(target) || differs(source, target))
}

fn differs(source: &Variant, target: &Variant) -> bool {
    let (ours, theirs) = (text::analyse(&source.text), text::analyse(&target.text));
    let has_words = ours.tokens.iter().any(|token| token.kind == Kind::Word);
    let numbers = |analysis: &text::Analysis| -> BTreeSet<String> {
        let numbers = analysis.tokens.iter().filter(|t| t.kind == Kind::Number);
        numbers.map(|t| analysis.word(t).to_owned()).collect()
    };
    let labels = |v: &Variant| -> BTreeSet<String> {
        let tags = tags::signature(v.tagged.as_deref().unwrap_or_default());
        tags.into_iter()
            .map(|tag| format!("{} {}", tag.element.name(), tag.label))
            .collect()
    };
    (has_words && fold::key(&source.text).text == fold::key(&target.text).text)
        || numbers(&ours) != numbers(&theirs)
        || labels(source) != labels(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemoryId, Prop, Stamp, UnitId};

    fn unit(en: &str, fa: &str) -> Unit {
        let variant = |tag: &str, text: &str| Variant {
            lang: Lang::parse(tag).unwrap(),
            text: text.into(),
            tagged: None,
            metadata: Default::default(),
        };
        let at = |at: i64, by: &str| Stamp {
            at,
            by: Some(by.into()),
        };
        let mut unit = Unit {
            id: UnitId(1),
            memory: MemoryId(1),
            rev: 1,
            variants: vec![variant("en", en), variant("fa-IR", fa)],
            source: 0,
            context: Default::default(),
            metadata: Default::default(),
            created: at(1_000_000_000, "maker"),
            changed: at(1_100_000_000, "changer"),
        };
        unit.metadata.props.push(Prop {
            kind: "client".into(),
            text: "A".into(),
            lang: None,
        });
        unit.variants[1].metadata.props.push(Prop {
            kind: "tone".into(),
            text: "dry".into(),
            lang: None,
        });
        unit
    }

    #[test]
    fn every_condition_takes_and_leaves() {
        let unit = unit("The Door has 3 keys.", "در ۳ کلید دارد.");
        for (filter, taken) in [
            (r#"{}"#, true),
            (r#"{"lang":"fa"}"#, true),
            (r#"{"lang":"de"}"#, false),
            (r#"{"text":"door"}"#, true),
            (r#"{"text":"كليد"}"#, true),
            (r#"{"text":"3 کلید"}"#, true),
            (r#"{"text":"door","lang":"fa"}"#, false),
            (r#"{"created_by":"maker"}"#, true),
            (r#"{"created_by":"changer"}"#, false),
            (r#"{"changed_by":"changer"}"#, true),
            (r#"{"created_after":"2001-09-09T01:46:40Z"}"#, true),
            (r#"{"created_after":"2001-09-09T01:46:41Z"}"#, false),
            (r#"{"created_before":"2001-09-09T01:46:40Z"}"#, false),
            (r#"{"changed_after":"2004-01-01T00:00:00Z"}"#, true),
            (r#"{"changed_before":"2004-01-01T00:00:00Z"}"#, false),
            (r#"{"import":"7"}"#, true),
            (r#"{"import":"8"}"#, false),
            (r#"{"import":"x"}"#, false),
            (r#"{"tagged":false}"#, true),
            (r#"{"suspicious":false}"#, true),
            (r#"{"props":{"client":"A"}}"#, true),
            (r#"{"props":{"client":"B"}}"#, false),
            (r#"{"props":{"client":"A","tone":"dry"}}"#, true),
        ] {
            let parsed: Filter = serde_json::from_str(filter).unwrap();
            let bounds = parsed.ready("").unwrap();
            assert_eq!(bounds.admits(&unit, Some(ImportId(7))), taken, "{filter}");
        }
        for filter in [r#"{"text":" "}"#, r#"{"created_after":"yesterday"}"#] {
            let parsed: Filter = serde_json::from_str(filter).unwrap();
            assert!(parsed.ready("").is_err(), "{filter}");
        }
    }

    #[test]
    fn other_numbers_tags_and_no_translation_are_worth_a_look() {
        for (en, fa, suspicious) in [
            ("It is 5.", "۵ است.", false),
            ("It is 5.", "۶ است.", true),
            ("OK", "OK", true),
            ("2024", "2024", false),
            ("a", "\u{202e}ب", true),
        ] {
            assert_eq!(is_suspicious(&unit(en, fa)), suspicious, "{en} {fa}");
        }
        let mut tagged = unit("a", "ب");
        tagged.variants[0].tagged = Some("<ph type=\"x\"/>a".into());
        assert!(is_suspicious(&tagged));
    }
}
