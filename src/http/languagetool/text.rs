//! A text as it is checked and as the client counts it: markup is left out or read as something else, and places are
//! UTF-16 units of the whole, markup with it.

use std::ops::Range;

use serde::Deserialize;

use crate::http::problem::Problem;

/// A text with its markup.
pub(super) struct Document {
    /// What is checked.
    pub(super) plain: String,
    /// The whole, in UTF-16.
    pub(super) full: Vec<u16>,
    /// In their order; without a gap, neither in what is checked nor in the whole.
    pieces: Vec<Piece>,
}

/// A piece of text, or of markup and what it is read as. Places are UTF-16 units.
struct Piece {
    plain: Range<usize>,
    full: Range<usize>,
    is_text: bool,
}

/// The parameter `data`.
#[derive(Deserialize)]
struct Data {
    text: Option<String>,
    annotation: Option<Vec<Annotation>>,
}

#[derive(Deserialize)]
struct Annotation {
    text: Option<String>,
    markup: Option<String>,
    #[serde(rename = "interpretAs")]
    interpret_as: Option<String>,
}

impl Document {
    /// A text without markup.
    pub(super) fn of_text(text: String) -> Self {
        let full: Vec<u16> = text.encode_utf16().collect();
        let piece = Piece {
            plain: 0..full.len(),
            full: 0..full.len(),
            is_text: true,
        };
        Self {
            plain: text,
            full,
            pieces: vec![piece],
        }
    }

    /// A text with markup, from the JSON of the parameter `data`.
    pub(super) fn of_data(json: &str) -> Result<Self, Problem> {
        let wrong = |detail: String| Problem::bad_request("invalid_data", detail);
        let data: Data = serde_json::from_str(json)
            .map_err(|error| wrong(format!("the parameter `data` cannot be read: {error}")))?;
        let annotation = match (data.text, data.annotation) {
            (Some(text), None) => return Ok(Self::of_text(text)),
            (None, Some(annotation)) => annotation,
            _ => return Err(wrong("`data` has either `text` or `annotation`".to_owned())),
        };
        let mut document = Self {
            plain: String::new(),
            full: Vec::new(),
            pieces: Vec::with_capacity(annotation.len()),
        };
        let mut checked = 0;
        for (number, piece) in annotation.iter().enumerate() {
            let (whole, read, is_text) = match (&piece.text, &piece.markup) {
                (Some(text), None) if piece.interpret_as.is_none() => (text, text.as_str(), true),
                (None, Some(markup)) => (
                    markup,
                    piece.interpret_as.as_deref().unwrap_or_default(),
                    false,
                ),
                _ => {
                    return Err(wrong(format!(
                        "`annotation` number {number} must have `text`, or `markup` with or without `interpretAs`"
                    )));
                }
            };
            let (start, begin) = (document.full.len(), checked);
            document.full.extend(whole.encode_utf16());
            document.plain.push_str(read);
            checked += read.encode_utf16().count();
            document.pieces.push(Piece {
                plain: begin..checked,
                full: start..document.full.len(),
                is_text,
            });
        }
        Ok(document)
    }

    /// Where a stretch of what is checked stands in the whole. A stretch that begins or ends inside what markup is read
    /// as has all of that markup.
    pub(super) fn place(&self, checked: Range<usize>) -> Range<usize> {
        let start = match self.piece_at(checked.start) {
            Some(piece) if piece.is_text => piece.full.start + (checked.start - piece.plain.start),
            Some(piece) => piece.full.start,
            None => self.full.len(),
        };
        let last = checked.end.saturating_sub(1).max(checked.start);
        let end = match self.piece_at(last) {
            _ if checked.is_empty() => start,
            Some(piece) if piece.is_text => piece.full.start + (last + 1 - piece.plain.start),
            Some(piece) => piece.full.end,
            None => self.full.len(),
        };
        start..end.max(start)
    }

    /// The piece that has a unit of what is checked.
    fn piece_at(&self, unit: usize) -> Option<&Piece> {
        let place = self.pieces.partition_point(|piece| piece.plain.end <= unit);
        self.pieces.get(place)
    }
}

/// A stretch of a text in UTF-16; half a character at its ends becomes a replacement character.
pub(super) fn slice(text: &[u16], range: Range<usize>) -> String {
    String::from_utf16_lossy(text.get(range).unwrap_or_default())
}

/// The text around a stretch, at most `room` units on each side and no half characters, and where it begins.
pub(super) fn around(text: &[u16], range: &Range<usize>, room: usize) -> Range<usize> {
    let is_tail = |at: &usize| {
        text.get(*at)
            .is_some_and(|unit| (0xDC00..0xE000).contains(unit))
    };
    let mut start = range.start.saturating_sub(room);
    let mut end = range.end.saturating_add(room).min(text.len());
    if is_tail(&start) {
        start += 1;
    }
    if is_tail(&end) {
        end -= 1;
    }
    start..end.max(start)
}

/// The sentences of a text, in UTF-16 units, with the space behind them: they end at `.`, `!`, `?` or `؟` before a
/// space, not behind a single letter, and at line ends.
pub(super) fn sentences(text: &[u16]) -> Vec<Range<usize>> {
    let is = |at: usize, signs: &str| {
        let unit = text.get(at).copied().unwrap_or_default();
        char::from_u32(unit.into()).is_some_and(|c| signs.contains(c))
    };
    let is_space = |at: usize| is(at, " \u{A0}\t\r");
    let (mut sentences, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let mut end = at + 1;
        let ends = if is(at, "\n") {
            true
        } else if is(at, ".!?؟…۔") {
            while is(end, ".!?؟…۔\"')]»”’") {
                end += 1;
            }
            let one_letter =
                is(at, ".") && at >= 1 && !is_space(at - 1) && is_before_letter(text, at);
            end < text.len() && (is_space(end) || is(end, "\n")) && !one_letter
        } else {
            false
        };
        if ends {
            while is_space(end) {
                end += 1;
            }
            sentences.push(start..end);
            start = end;
        }
        at = end;
    }
    if start < text.len() {
        sentences.push(start..text.len());
    }
    sentences
}

/// Whether what stands before a full stop is a letter by itself, as in `M.E.K.` or `J. Smith`.
fn is_before_letter(text: &[u16], stop: usize) -> bool {
    let before = stop.checked_sub(2).and_then(|at| text.get(at)).copied();
    let single = before.is_none_or(|unit| {
        char::from_u32(unit.into()).is_some_and(|c| c.is_whitespace() || c == '.')
    });
    let letter = stop.checked_sub(1).and_then(|at| text.get(at)).copied();
    single
        && letter.is_some_and(|unit| char::from_u32(unit.into()).is_some_and(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn found(document: &Document, needle: &str) -> String {
        let at = document.plain.find(needle).unwrap();
        let start = document.plain[..at].encode_utf16().count();
        let place = document.place(start..start + needle.encode_utf16().count());
        slice(&document.full, place)
    }

    #[test]
    fn places_are_in_the_whole_with_its_markup() {
        let json = r#"{"annotation":[{"text":"😀 The "},{"markup":"<b>"},{"text":"MEK"},{"markup":"</b>"},
            {"text":" of"},{"markup":"&nbsp;","interpretAs":" "},{"text":"Iran"},{"markup":"<br/>","interpretAs":"\n\n"}]}"#;
        let document = Document::of_data(json).unwrap();
        assert_eq!(document.plain, "😀 The MEK of Iran\n\n");
        assert_eq!(found(&document, "MEK"), "MEK");
        assert_eq!(found(&document, "The MEK"), "The <b>MEK");
        assert_eq!(found(&document, "of Iran"), "of&nbsp;Iran");
        assert_eq!(found(&document, "of "), "of&nbsp;");
        assert_eq!(found(&document, " Iran"), "&nbsp;Iran");
        assert_eq!(found(&document, "Iran\n"), "Iran<br/>");
        assert_eq!(document.place(0..0), 0..0);
    }

    #[test]
    fn what_is_no_annotation_is_refused() {
        for json in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"text":"a","annotation":[]}"#,
            r#"{"annotation":[{}]}"#,
            r#"{"annotation":[{"text":"a","markup":"b"}]}"#,
            r#"{"annotation":[{"text":"a","interpretAs":"b"}]}"#,
            r#"{"annotation":"a"}"#,
            r#"{"text":"\ud83d"}"#,
        ] {
            let problem = Document::of_data(json).err().unwrap();
            assert_eq!(problem.code(), "invalid_data", "{json}");
        }
        assert_eq!(Document::of_data(r#"{"text":"a"}"#).unwrap().plain, "a");
    }

    #[test]
    fn sentences_end_where_readers_end_them() {
        for (text, expected) in [
            ("One. Two! Three?", vec!["One. ", "Two! ", "Three?"]),
            ("“One.” Two", vec!["“One.” ", "Two"]),
            ("M.E.K. said 3.5 now", vec!["M.E.K. said 3.5 now"]),
            ("a\nb\n\nc", vec!["a\n", "b\n", "\n", "c"]),
            ("یک؟ دو.", vec!["یک؟ ", "دو."]),
            ("", vec![]),
        ] {
            let text = units(text);
            let all = sentences(&text).into_iter();
            let all: Vec<String> = all.map(|range| slice(&text, range)).collect();
            assert_eq!(all, expected);
        }
    }

    proptest! {
        #[test]
        fn sentences_are_the_whole_text(text in "[a-c.!? \n😀”]{0,40}") {
            let text = units(&text);
            let mut end = 0;
            for range in sentences(&text) {
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start);
                end = range.end;
            }
            prop_assert_eq!(end, text.len());
        }

        #[test]
        fn what_is_around_has_no_half_characters(text in "[a😀]{1,30}", at in 0usize..30, room in 0usize..9) {
            let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| text[..at].encode_utf16().count()).collect();
            let text = units(&text);
            starts.push(text.len());
            let at = starts[at % starts.len()];
            let range = around(&text, &(at..at), room);
            prop_assert!(range.start <= at && at <= range.end);
            prop_assert!(String::from_utf16(&text[range]).is_ok());
        }

        #[test]
        fn a_stretch_of_text_is_the_same_in_the_whole(pieces in prop::collection::vec(("[a-z😀]{0,6}", "[<>b]{0,4}"), 0..6)) {
            let annotation: Vec<serde_json::Value> = pieces.iter().flat_map(|(text, markup)| [
                serde_json::json!({"text": text}), serde_json::json!({"markup": markup}),
            ]).collect();
            let json = serde_json::json!({"annotation": annotation}).to_string();
            let document = Document::of_data(&json).unwrap();
            let mut start = 0;
            for (text, _) in &pieces {
                let end = start + text.encode_utf16().count();
                prop_assert_eq!(&slice(&document.full, document.place(start..end)), text);
                start = end;
            }
        }
    }
}
