//! Units from records.

use super::formula;
use super::header::{Column, Columns};
use super::records::{Record, Records};
use crate::formats::error::{Error, code};
use crate::formats::input::Input;
use crate::formats::segment::{self, Variants};
use crate::formats::{Entry, Format, Place, ReadOptions};
use crate::model::{Context, Draft, Metadata, Prop, Variant};

/// Reads TSV and CSV.
pub(crate) struct TableReader {
    records: Records,
    columns: Columns,
    /// The first record, if it is a unit.
    first: Option<Record>,
    is_csv: bool,
}

impl TableReader {
    /// Reads the first record to learn what the columns are.
    ///
    /// # Errors
    /// As [`Records::next`], and when nothing says what they are, as in an empty file without languages given.
    pub(crate) fn new(input: Input, format: Format, options: &ReadOptions) -> Result<Self, Error> {
        let mut records = Records::new(input, format);
        let first = records.next()?;
        let place = first.as_ref().map_or(records.place(), |first| first.place);
        let cells: Vec<&str> = records.cells().collect();
        let missing = |reason: String| Error::new(code::HEADER_MISSING, place, reason);
        let (columns, is_header) = Columns::find(&cells, options).map_err(missing)?;
        Ok(Self {
            records,
            columns,
            first: first.filter(|_| !is_header),
            is_csv: format == Format::Csv,
        })
    }

    pub(crate) fn place(&self) -> Place {
        self.records.place()
    }

    /// The next unit.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, Error> {
        let record = match self.first.take() {
            Some(first) => Some(first),
            None => self.records.next()?,
        };
        Ok(record.map(|record| self.entry(&record)))
    }

    fn entry(&self, record: &Record) -> Entry {
        let unit = match record.fault {
            Some(fault) => Err(fault.to_owned()),
            None => self.draft(),
        };
        let (unit, warnings) = match unit {
            Ok((draft, warnings)) => (Ok(draft), warnings),
            Err(reason) => (Err(reason), Vec::new()),
        };
        Entry {
            place: record.place,
            unit,
            warnings,
        }
    }

    fn draft(&self) -> Result<(Draft, Vec<String>), String> {
        let mut variants = Variants::default();
        let mut context = Context::default();
        let mut metadata = Metadata::default();
        let mut texts = 0;
        for (at, cell) in self.records.cells().enumerate() {
            if let Some(c) = segment::forbidden(cell) {
                return Err(segment::named(c));
            }
            let cell = self.unguarded(cell);
            let some = || (!cell.is_empty()).then(|| cell.to_owned());
            match self.columns.columns.get(at) {
                Some(Column::Text(lang)) => {
                    texts += 1;
                    // With three languages and more, not every unit has all.
                    if !cell.is_empty() || self.texts() == 2 {
                        variants.add(Variant {
                            lang: lang.clone(),
                            text: cell.to_owned(),
                            tagged: None,
                            metadata: Metadata::default(),
                        });
                    }
                }
                Some(Column::Previous) => context.previous = some(),
                Some(Column::Next) => context.next = some(),
                Some(Column::Id) => context.id = some(),
                Some(Column::Prop(kind)) => add_prop(&mut metadata, kind.clone(), cell),
                None => add_prop(&mut metadata, format!("column-{}", at + 1), cell),
            }
        }
        if texts < 2 && self.texts() >= 2 {
            let cells = self.records.cells().count();
            return Err(format!("there are too few columns, {cells}"));
        }
        let (variants, warnings) = variants.finish()?;
        let source = segment::find(&variants, &self.columns.source).unwrap_or(0);
        let draft = Draft {
            variants,
            source,
            context,
            metadata,
            created: None,
            changed: None,
        };
        Ok((draft, warnings))
    }

    fn texts(&self) -> usize {
        let is_text = |column: &&Column| matches!(column, Column::Text(_));
        self.columns.columns.iter().filter(is_text).count()
    }

    /// Without the apostrophe that guards a formula.
    fn unguarded<'a>(&self, cell: &'a str) -> &'a str {
        match formula(cell) {
            Some(1..) if self.is_csv => cell.get(1..).unwrap_or(cell),
            _ => cell,
        }
    }
}

fn add_prop(metadata: &mut Metadata, kind: String, cell: &str) {
    if !cell.is_empty() {
        metadata.props.push(Prop {
            kind,
            text: cell.to_owned(),
            lang: None,
        });
    }
}
