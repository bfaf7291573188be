//! What a unit says, and everything that follows from it alone: metadata as JSON, the two hashes that find equals,
//! and the checksum that `verify` recomputes. It is worked out on the caller's thread, not on the writer's.

use xxhash_rust::xxh3::xxh3_64;

use super::Error;
use crate::model::{Context, Draft, LangGroup, MAX_VARIANTS, Metadata, Stamp, Unit, Variant};
use crate::text::fold;

/// A draft with all that can be known about it without asking the store.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(super) content: Content,
    pub(super) derived: Derived,
    pub(super) created: Option<Stamp>,
    pub(super) changed: Option<Stamp>,
}

/// The part of a unit that a draft brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) variants: Vec<Variant>,
    pub(super) source: usize,
    pub(super) context: Context,
    pub(super) metadata: Metadata,
}

/// What is stored beside the content and follows from it.
#[derive(Clone, Debug)]
pub(super) struct Derived {
    pub(super) metadata: Option<String>,
    pub(super) variant_metadata: Vec<Option<String>>,
    pub(super) hashes: Hashes,
    pub(super) body: u64,
}

/// The two hashes by which equals are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashes {
    pub(super) source: i64,
    pub(super) content: i64,
}

impl Prepared {
    /// Checks a draft and works out its hashes.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has fewer than two variants or more than [`MAX_VARIANTS`], a language twice,
    /// or no variant at `source`.
    pub fn new(draft: Draft) -> Result<Self, Error> {
        let content = Content {
            variants: draft.variants,
            source: draft.source,
            context: draft.context,
            metadata: draft.metadata,
        };
        content.check()?;
        Ok(Self {
            derived: Derived::of(&content)?,
            content,
            created: draft.created,
            changed: draft.changed,
        })
    }
}

impl Prepared {
    /// A stored unit as it could be put elsewhere, with its dates.
    pub(super) fn of(unit: &Unit) -> Result<Self, Error> {
        Self::new(Draft {
            variants: unit.variants.clone(),
            source: unit.source,
            context: unit.context.clone(),
            metadata: unit.metadata.clone(),
            created: Some(unit.created.clone()),
            changed: Some(unit.changed.clone()),
        })
    }
}

impl Content {
    pub(super) fn of(unit: &Unit) -> Self {
        Self {
            variants: unit.variants.clone(),
            source: unit.source,
            context: unit.context.clone(),
            metadata: unit.metadata.clone(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let invalid = |reason: String| Error::Invalid {
            field: "variants",
            reason,
        };
        if !(2..=MAX_VARIANTS).contains(&self.variants.len()) {
            return Err(invalid(format!(
                "{} languages; a unit has 2 to {MAX_VARIANTS}",
                self.variants.len()
            )));
        }
        if self.source >= self.variants.len() {
            return Err(invalid("the source is none of the variants".to_owned()));
        }
        for (place, variant) in self.variants.iter().enumerate() {
            if self
                .variants
                .iter()
                .take(place)
                .any(|v| v.lang == variant.lang)
            {
                return Err(invalid(format!("{} occurs twice", variant.lang)));
            }
        }
        Ok(())
    }

    fn source_variant(&self) -> Result<&Variant, Error> {
        self.variants
            .get(self.source)
            .ok_or_else(|| Error::corrupt("a unit without its source variant"))
    }

    /// The same texts in the same languages, order and place: what makes a second unit pointless.
    pub(super) fn says_the_same(&self, unit: &Unit) -> bool {
        self.source == unit.source
            && self.context == unit.context
            && self.variants.len() == unit.variants.len()
            && self.variants.iter().zip(&unit.variants).all(same_text)
    }

    /// The same source text in the same context, whatever the translation.
    pub(super) fn has_the_source_of(&self, unit: &Unit) -> Result<bool, Error> {
        let (Some(theirs), ours) = (unit.variants.get(unit.source), self.source_variant()?) else {
            return Ok(false);
        };
        Ok(self.context == unit.context
            && ours.lang.meets(&theirs.lang)
            && fold::same(&ours.text) == fold::same(&theirs.text))
    }
}

fn same_text((a, b): (&Variant, &Variant)) -> bool {
    a.lang == b.lang && written(a) == written(b)
}

/// The text with its tags where it has any. The mark in front keeps plain text apart from tagged text.
fn written(variant: &Variant) -> (bool, &str) {
    match &variant.tagged {
        Some(tagged) => (true, tagged),
        None => (false, &variant.text),
    }
}

impl Derived {
    pub(super) fn of(content: &Content) -> Result<Self, Error> {
        let metadata = json(&content.metadata)?;
        let variant_metadata = content
            .variants
            .iter()
            .map(|v| json(&v.metadata))
            .collect::<Result<Vec<_>, _>>()?;
        let mut bytes = Bytes::default();
        let source = content.source_variant()?;
        let group: LangGroup = source.lang.group();
        bytes.text(Some(group.as_str()));
        bytes.text(Some(&fold::same(&source.text)));
        bytes.texts(&parts(&content.context));
        let source_hash = bytes.take();
        bytes.texts(&parts(&content.context));
        for variant in &content.variants {
            let (tagged, text) = written(variant);
            bytes.text(Some(variant.lang.as_str()));
            bytes.number(tagged.into());
            bytes.text(Some(text));
        }
        let content_hash = bytes.take();
        let texts = content
            .variants
            .iter()
            .zip(&variant_metadata)
            .map(|(v, metadata)| {
                [
                    Some(v.lang.as_str()),
                    Some(v.text.as_str()),
                    v.tagged.as_deref(),
                    metadata.as_deref(),
                ]
            });
        let body = body(
            parts(&content.context),
            metadata.as_deref(),
            place(content.source),
            texts,
        );
        Ok(Self {
            metadata,
            variant_metadata,
            hashes: Hashes {
                source: source_hash.cast_signed(),
                content: content_hash.cast_signed(),
            },
            body,
        })
    }
}

/// The checksum of a whole unit: its body and the columns that only the store knows.
pub(super) fn checksum(unit: &Unit, derived: &Derived, import: Option<i64>) -> i64 {
    let numbers = [
        unit.id.0,
        unit.memory.0,
        unit.rev,
        unit.created.at,
        unit.changed.at,
        derived.hashes.source,
        derived.hashes.content,
    ];
    let by = [unit.created.by.as_deref(), unit.changed.by.as_deref()];
    whole(derived.body, numbers, import, by)
}

/// A unit's row as it is in the table, for `verify`: nothing of it is parsed.
pub(super) struct RawUnit<'r> {
    /// `id, memory_id, rev, created_at, changed_at, source_hash, content_hash`.
    pub(super) numbers: [i64; 7],
    pub(super) source: i64,
    pub(super) created_by: Option<&'r str>,
    pub(super) changed_by: Option<&'r str>,
    /// `previous, next, context_id`.
    pub(super) context: [Option<&'r str>; 3],
    pub(super) metadata: Option<&'r str>,
    pub(super) import: Option<i64>,
    pub(super) variants: Vec<RawVariant>,
}

/// A variant's row as it is in the table.
pub(super) struct RawVariant {
    pub(super) lang: String,
    pub(super) text: String,
    pub(super) tagged: Option<String>,
    pub(super) metadata: Option<String>,
}

impl RawUnit<'_> {
    /// The same as [`checksum`], from the columns.
    pub(super) fn checksum(&self) -> i64 {
        let texts = self.variants.iter().map(|v| {
            [
                Some(v.lang.as_str()),
                Some(v.text.as_str()),
                v.tagged.as_deref(),
                v.metadata.as_deref(),
            ]
        });
        let body = body(self.context, self.metadata, self.source, texts);
        let by = [self.created_by, self.changed_by];
        whole(body, self.numbers, self.import, by)
    }
}

fn parts(context: &Context) -> [Option<&str>; 3] {
    [
        context.previous.as_deref(),
        context.next.as_deref(),
        context.id.as_deref(),
    ]
}

fn body<'t>(
    context: [Option<&str>; 3],
    metadata: Option<&str>,
    source: i64,
    variants: impl Iterator<Item = [Option<&'t str>; 4]>,
) -> u64 {
    let mut bytes = Bytes::default();
    bytes.texts(&context);
    bytes.text(metadata);
    bytes.number(source);
    for variant in variants {
        bytes.texts(&variant);
    }
    bytes.take()
}

fn whole(body: u64, numbers: [i64; 7], import: Option<i64>, by: [Option<&str>; 2]) -> i64 {
    let mut bytes = Bytes::default();
    bytes.number(body.cast_signed());
    for number in numbers {
        bytes.number(number);
    }
    bytes.number(import.is_some().into());
    bytes.number(import.unwrap_or_default());
    bytes.texts(&by);
    bytes.take().cast_signed()
}

/// A place in a unit as a column; there are at most [`MAX_VARIANTS`].
pub(super) fn place(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn json(metadata: &Metadata) -> Result<Option<String>, Error> {
    if metadata.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(metadata)
        .map(Some)
        .map_err(|e| Error::Invalid {
            field: "metadata",
            reason: e.to_string(),
        })
}

/// Values written one after another so that no two lists of values give the same bytes.
struct Bytes(Vec<u8>);

impl Default for Bytes {
    /// With room for a usual unit.
    fn default() -> Self {
        Self(Vec::with_capacity(512))
    }
}

impl Bytes {
    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: Option<&str>) {
        self.number(text.map_or(-1, |t| place(t.len())));
        self.0
            .extend_from_slice(text.unwrap_or_default().as_bytes());
    }

    fn texts(&mut self, texts: &[Option<&str>]) {
        for text in texts {
            self.text(*text);
        }
    }

    fn take(&mut self) -> u64 {
        let hash = xxh3_64(&self.0);
        self.0.clear();
        hash
    }
}
