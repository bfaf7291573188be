//! TSV and CSV: one unit a record, one language a column.
//!
//! **TSV** is UTF-8 (UTF-16 with a byte order mark), cells are separated by tabs, lines end with LF or CRLF.
//! There is no quoting and there are no escapes: `"` and `\` are characters. A text with a tab or line break
//! cannot be written; [`super::Written::Skipped`] says so. **CSV** is RFC 4180. Empty lines are no units.
//!
//! **Columns.** A header names them, and is required unless `--from` and `--to` are given:
//! a language tag (two or three letters, then what BCP 47 allows) is a variant; `previous`, `next` and
//! `id` (or `context`) are context; anything else is a `prop` of that type. Its first language is the source, or
//! the one `--from` names. With `--from` and `--to` given, the first line is a header exactly if one of its cells is
//! a tag that meets the one and another is a tag that meets the other (`source` and `target` also will do);
//! so a first unit "he ⇥ it" is a unit in an English–Persian file, and is taken for Hebrew and Italian only where
//! nothing else was said. Without a header, column 1 is the source and column 2 the target; further cells become
//! props `column-3`, `column-4` …, as do cells beyond the header.
//!
//! **Not kept:** tables hold plain text; inline elements, metadata other than props, and dates are lost
//! in writing. Use TMX to keep everything.
//!
//! **Spreadsheets.** CSV cells that begin with `=`, `+`, `-`, `@`, TAB, CR or a full-width form of these are formulas
//! to a spreadsheet. In the safe mode they get an apostrophe in front. A cell that has apostrophes there
//! already gets one more in both modes, so that reading, which takes one away, is always exact.

mod header;
mod read;
pub(super) mod records;
mod write;

pub(super) use read::TableReader;
pub(super) use write::TableWriter;

/// Whether a cell begins, behind any apostrophes, with what a spreadsheet takes for a formula.
/// Gives the number of apostrophes.
fn formula(cell: &str) -> Option<usize> {
    let rest = cell.trim_start_matches('\'');
    let first = rest.chars().next()?;
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'
    )
    .then_some(cell.len() - rest.len())
}
