//! What the columns of a table are. The rule is in [`super`].

use crate::formats::ReadOptions;
use crate::formats::error::shown;
use crate::model::Lang;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Text(Lang),
    Previous,
    Next,
    Id,
    Prop(String),
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    /// The source language.
    pub(super) source: Lang,
}

impl Columns {
    /// The columns, and whether the first line is their header.
    ///
    /// # Errors
    /// Why nothing says what they are.
    pub(super) fn find(first: &[&str], options: &ReadOptions) -> Result<(Self, bool), String> {
        if let (Some(from), Some(to)) = (&options.source, &options.target) {
            return match Self::meeting(first, from, to) {
                Some(columns) => Ok((columns, true)),
                None => Ok((Self::plain(from, to), false)),
            };
        }
        Ok((Self::named(first, options.source.as_ref())?, true))
    }

    /// Source and target without a header.
    fn plain(from: &Lang, to: &Lang) -> Self {
        Self {
            columns: vec![Column::Text(from.clone()), Column::Text(to.clone())],
            source: from.clone(),
        }
    }

    /// The header in a file of which the languages are known, if this is one.
    fn meeting(first: &[&str], from: &Lang, to: &Lang) -> Option<Self> {
        let columns: Vec<Column> = first
            .iter()
            .enumerate()
            .map(
                |(at, cell)| match cell.trim().to_ascii_lowercase().as_str() {
                    "source" => Column::Text(from.clone()),
                    "target" => Column::Text(to.clone()),
                    _ => column(cell, at),
                },
            )
            .collect();
        let source = meets(&columns, from)?;
        let target = meets(&columns, to)?;
        let distinct = source != target && twice(&columns).is_none();
        let source = source.clone();
        distinct.then_some(Self { columns, source })
    }

    /// The header that must be there.
    fn named(first: &[&str], from: Option<&Lang>) -> Result<Self, String> {
        let columns: Vec<Column> = first
            .iter()
            .enumerate()
            .map(|(at, cell)| column(cell, at))
            .collect();
        let mut texts = columns.iter().filter_map(|column| match column {
            Column::Text(lang) => Some(lang),
            _ => None,
        });
        let (Some(source), Some(_)) = (texts.next(), texts.next()) else {
            let found = first.first().map(|cell| shown(cell)).unwrap_or_default();
            return Err(format!(
                "the first line names no two languages; it begins with `{found}`"
            ));
        };
        if let Some(lang) = twice(&columns) {
            return Err(format!("the first line names {lang} twice"));
        }
        let source = from
            .and_then(|from| meets(&columns, from))
            .unwrap_or(source);
        let source = source.clone();
        Ok(Self { columns, source })
    }
}

/// What a header cell says.
fn column(cell: &str, at: usize) -> Column {
    let name = cell.trim();
    match name.to_ascii_lowercase().as_str() {
        "previous" => Column::Previous,
        "next" => Column::Next,
        "id" | "context" => Column::Id,
        "" => Column::Prop(format!("column-{}", at + 1)),
        _ => match plausible(name) {
            Some(lang) => Column::Text(lang),
            None => Column::Prop(name.to_owned()),
        },
    }
}

/// A language tag with a primary language as it occurs: `note` and `domain` are allowed by BCP 47, too.
fn plausible(name: &str) -> Option<Lang> {
    let lang: Lang = name.parse().ok()?;
    let primary = lang.as_str().split('-').next().unwrap_or_default().len();
    matches!(primary, 2 | 3).then_some(lang)
}

fn meets<'a>(columns: &'a [Column], wanted: &Lang) -> Option<&'a Lang> {
    let langs = || {
        columns.iter().filter_map(|column| match column {
            Column::Text(lang) => Some(lang),
            _ => None,
        })
    };
    langs()
        .find(|lang| *lang == wanted)
        .or_else(|| langs().find(|lang| lang.meets(wanted)))
}

fn twice(columns: &[Column]) -> Option<&Lang> {
    columns
        .iter()
        .enumerate()
        .find_map(|(at, column)| match column {
            Column::Text(lang) if columns.iter().take(at).any(|other| other == column) => {
                Some(lang)
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pair: &str) -> ReadOptions {
        let (source, target) = pair.split_once(' ').unwrap_or((pair, ""));
        ReadOptions {
            source: source.parse().ok(),
            target: target.parse().ok(),
        }
    }

    /// Languages in order with the source in brackets, and `+` if the line is a header.
    fn found(line: &str, pair: &str) -> String {
        let cells: Vec<&str> = line.split('\t').collect();
        let Ok((found, header)) = Columns::find(&cells, &options(pair)) else {
            return "none".into();
        };
        let names = found.columns.iter().map(|column| match column {
            Column::Text(lang) if *lang == found.source => format!("[{lang}]"),
            Column::Text(lang) => lang.to_string(),
            other => format!("{other:?}").to_lowercase(),
        });
        names.collect::<Vec<_>>().join(" ") + if header { " +" } else { "" }
    }

    #[test]
    fn the_first_line_is_a_header_only_if_it_can_be_one() {
        for (line, pair, expected) in [
            ("en\tfa", "", "[en] fa +"),
            (" EN-us \tfa_IR", "", "[en-US] fa-IR +"),
            ("en\tfa", "fa", "en [fa] +"),
            ("en\tfa", "en fa", "[en] fa +"),
            ("fa-IR\ten-GB", "en fa", "fa-IR [en-GB] +"),
            ("fa\ten\tde", "en fa", "fa [en] de +"),
            ("source\tTarget", "en fa", "[en] fa +"),
            (
                "id\ten\tfa\tprevious\tnext\tdomain\t",
                "",
                "id [en] fa previous next prop(\"domain\") prop(\"column-7\") +",
            ),
            ("he\tit", "en fa", "[en] fa"),
            ("he\tit", "", "[he] it +"),
            ("Hello\tسلام", "en fa", "[en] fa"),
            ("Hello\tسلام", "", "none"),
            ("hello\tworld", "", "none"),
            ("source\ttarget", "", "none"),
            ("en", "", "none"),
            ("en", "en fa", "[en] fa"),
            ("en\ten", "", "none"),
            ("en\ten\tfa", "en fa", "[en] fa"),
            ("", "", "none"),
        ] {
            assert_eq!(found(line, pair), expected, "{line:?} {pair:?}");
        }
    }
}
