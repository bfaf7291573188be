//! Units as records: plain text, one language a column.

use std::io;

use super::formula;
use crate::formats::{Format, WriteOptions};
use crate::model::{Lang, Unit};

/// Writes TSV and CSV.
pub(crate) struct TableWriter {
    format: Format,
    langs: Vec<Lang>,
    context: bool,
    spreadsheet_safe: bool,
}

impl TableWriter {
    /// Writes the header.
    pub(crate) fn begin(
        out: &mut String,
        format: Format,
        options: &WriteOptions,
    ) -> io::Result<Self> {
        if options.langs.len() < 2 {
            let reason = "a table needs two languages or more: name them";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let writer = Self {
            format,
            langs: options.langs.clone(),
            context: options.context,
            spreadsheet_safe: options.spreadsheet_safe,
        };
        let mut names: Vec<&str> = options.langs.iter().map(Lang::as_str).collect();
        if options.context {
            names.extend(["previous", "next", "id"]);
        }
        writer
            .record(out, &names)
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        Ok(writer)
    }

    /// Writes a unit; on an error, part of it may be in `out`.
    ///
    /// # Errors
    /// Why the table cannot hold it: a text in fewer than two of its languages, or a tab or line break in TSV.
    pub(crate) fn unit(&self, out: &mut String, unit: &Unit) -> Result<(), String> {
        let mut cells = self.texts(unit);
        if cells.iter().filter(|cell| !cell.is_empty()).count() < 2 {
            return Err("it has no text in two of the languages".into());
        }
        if self.context {
            let context = &unit.context;
            let parts = [&context.previous, &context.next, &context.id];
            cells.extend(parts.map(|part| part.as_deref().unwrap_or_default()));
        }
        self.record(out, &cells)
    }

    /// The text of each language: of its own tag, else of one that meets it and has no column itself.
    fn texts<'a>(&self, unit: &'a Unit) -> Vec<&'a str> {
        let variants = &unit.variants;
        let text = |lang: &Lang| {
            let exact = variants.iter().find(|variant| variant.lang == *lang);
            let variant = exact.or_else(|| {
                variants
                    .iter()
                    .find(|variant| variant.lang.meets(lang) && !self.langs.contains(&variant.lang))
            });
            variant.map_or("", |variant| &variant.text)
        };
        self.langs.iter().map(text).collect()
    }

    fn record(&self, out: &mut String, cells: &[&str]) -> Result<(), String> {
        for (at, cell) in cells.iter().enumerate() {
            match self.format {
                Format::Csv => {
                    if at > 0 {
                        out.push(',');
                    }
                    self.csv_cell(out, cell);
                }
                _ => {
                    if cell.contains(['\t', '\n', '\r']) {
                        return Err("TSV cannot hold a tab or a line break; use CSV or TMX".into());
                    }
                    if at > 0 {
                        out.push('\t');
                    }
                    out.push_str(cell);
                }
            }
        }
        out.push_str(if self.format == Format::Csv {
            "\r\n"
        } else {
            "\n"
        });
        Ok(())
    }

    fn csv_cell(&self, out: &mut String, cell: &str) {
        let guard = match formula(cell) {
            Some(0) => self.spreadsheet_safe,
            Some(_) => true,
            None => false,
        };
        let quoted = cell.contains([',', '"', '\n', '\r']);
        if quoted {
            out.push('"');
        }
        if guard {
            out.push('\'');
        }
        for (at, part) in cell.split('"').enumerate() {
            if at > 0 {
                out.push_str("\"\"");
            }
            out.push_str(part);
        }
        if quoted {
            out.push('"');
        }
    }
}
