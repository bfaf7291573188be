//! Stored values in the shapes that are shown, and texts that come in checked.

use jiff::Timestamp;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64;

use super::requests::{MemoryInfo, UnitView};
use super::{Error, invalid};
use crate::model::{MemoryId, Unit, UnitId};
use crate::store;
use crate::text::check::{self, SegmentFault};

/// A unit's id as clients see it.
pub(super) fn unit_id(id: UnitId) -> String {
    id.0.to_string()
}

/// And back. What is no id is not found, like an id that is none's.
pub(super) fn read_unit_id(id: &str) -> Result<UnitId, Error> {
    let number = id
        .parse::<i64>()
        .ok()
        .filter(|number| *number > 0 && number.to_string() == id);
    number.map(UnitId).ok_or_else(|| Error::NotFound {
        what: "unit".into(),
    })
}

/// A place in a list as clients see it: good for this list only.
pub(super) fn cursor(list: &str, place: i64) -> String {
    let check = xxh3_64(format!("{list}, {place}").as_bytes());
    format!("{:x}-{:08x}", place.cast_unsigned(), check >> 32)
}

/// And back; `field` is where it stands in the request.
pub(super) fn read_cursor(list: &str, text: &str, field: &str) -> Result<i64, Error> {
    let place = text.split_once('-').map(|(place, _)| place);
    let place = place.and_then(|place| u64::from_str_radix(place, 16).ok());
    let known = place
        .map(u64::cast_signed)
        .filter(|place| cursor(list, *place) == text);
    known.ok_or_else(|| {
        let reason = "give the cursor of the page before as it was, with the same question, or none for the first page";
        invalid("invalid_cursor", field, reason)
    })
}

/// A memory's list of units, for its cursors.
pub(super) fn units_of(memory: MemoryId) -> String {
    format!("units of {}", memory.0)
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub(super) fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

/// And back.
pub(super) fn read_time(text: &str, field: &str) -> Result<i64, Error> {
    text.parse::<Timestamp>()
        .map(|time| time.as_second())
        .map_err(|_| {
            invalid(
                "invalid_time",
                field,
                "a time is written as in 2026-11-21T08:30:00Z",
            )
        })
}

/// Refuses a text that no segment may be; see [`check::check_segment`].
pub(super) fn check_text(text: &str, field: &str) -> Result<(), Error> {
    check::check_segment(text).map_err(|fault| invalid(fault.code(), field, &fault.to_string()))
}

/// The same for a text that is only looked up. Imports keep segments with bidi controls that have no
/// counterpart and with heaps of marks, because files have them; so they can be asked for, too.
pub(super) fn check_asked(text: &str, field: &str) -> Result<(), Error> {
    match check::check_segment(text) {
        Err(SegmentFault::UnbalancedBidi { .. } | SegmentFault::TooManyMarks { .. }) => {
            let odd = |c: char| {
                is_combining_mark(c)
                    || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
            };
            let rest: String = text.chars().filter(|c| !odd(*c)).collect();
            check_text(&rest, field)
        }
        _ => check_text(text, field),
    }
}

/// A count that the store keeps, which is never below nothing.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A unit as shown; `memory` is its memory's name.
pub(super) fn unit(unit: &Unit, memory: &str) -> UnitView {
    let text = |v: &crate::model::Variant| (v.lang.to_string(), v.text.clone());
    UnitView {
        id: unit_id(unit.id),
        rev: unit.rev,
        memory: memory.to_owned(),
        variants: unit.variants.iter().map(text).collect(),
        variants_tagged: unit
            .variants
            .iter()
            .filter_map(|v| Some((v.lang.to_string(), v.tagged.clone()?)))
            .collect(),
        source_lang: unit.variants[unit.source.min(unit.variants.len() - 1)]
            .lang
            .clone(),
        context: unit.context.clone(),
        metadata: unit.metadata.clone(),
        created_at: time(unit.created.at),
        created_by: unit.created.by.clone(),
        changed_at: time(unit.changed.at),
        changed_by: unit.changed.by.clone(),
    }
}

/// A memory as shown.
pub(super) fn memory(memory: &store::Memory, languages: Vec<String>) -> MemoryInfo {
    MemoryInfo {
        name: memory.name.clone(),
        title: memory.title.clone(),
        penalty: memory.penalty,
        read_only: memory.read_only,
        units: memory.units.max(0) as u64,
        languages,
        created_at: time(memory.created.at),
        deleted_at: None,
        deleted_by: None,
        restorable_until: None,
    }
}

/// Turns byte offsets of a text into code points and UTF-16 units; ask in rising order.
pub(super) struct Offsets<'a> {
    text: &'a str,
    byte: usize,
    points: usize,
    utf16: usize,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            byte: 0,
            points: 0,
            utf16: 0,
        }
    }

    /// (code points, UTF-16 units) before a byte offset.
    pub(super) fn at(&mut self, byte: usize) -> (usize, usize) {
        for c in self.text.get(self.byte..byte).unwrap_or_default().chars() {
            self.points += 1;
            self.utf16 += c.len_utf16();
        }
        self.byte = byte;
        (self.points, self.utf16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_memory_and_as_it_was_given() {
        let (list, other) = (units_of(MemoryId(3)), units_of(MemoryId(4)));
        for place in [255, 0, -1, i64::MIN] {
            let given = cursor(&list, place);
            assert_eq!(read_cursor(&list, &given, "cursor").unwrap(), place);
            assert!(read_cursor(&other, &given, "cursor").is_err());
        }
        let upper = cursor(&list, 255).to_uppercase();
        for forged in ["", "-", "ff", "255", "-1", "ff-00000000", "+ff-0", &upper] {
            assert!(read_cursor(&list, forged, "cursor").is_err(), "{forged}");
        }
    }

    #[test]
    fn what_an_import_keeps_can_be_looked_up() {
        let code = |text: &str| match check_asked(text, "/text") {
            Err(Error::Invalid { code, .. }) => code,
            _ => "fine",
        };
        let marks = format!("e{}", "\u{301}".repeat(5_000));
        for (text, expected) in [
            ("a\u{202E}b", "fine"),
            (&marks, "fine"),
            ("\u{202E}", "empty_segment"),
            (&marks[1..], "empty_segment"),
            ("\u{202E}a\0", "invalid_character"),
            ("", "empty_segment"),
        ] {
            assert_eq!(code(text), expected, "{text:.20?}");
        }
    }
}
