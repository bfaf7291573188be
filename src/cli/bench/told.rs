//! The figures for people.

use std::fmt::{self, Write as _};

use super::Report;

impl Report {
    pub(super) fn told(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.tell(&mut text);
        text
    }

    fn tell(&self, out: &mut String) -> fmt::Result {
        let mega = |bytes: u64| bytes as f64 / 1e6;
        let index = &self.index;
        let each = |bytes: usize| bytes as f64 / index.segments.max(1) as f64;
        let bytes: usize = index.bytes.values().sum();
        writeln!(
            out,
            "hamzaban {}, {} cores: {} units, {:.1} MB on the disk",
            self.version,
            self.cores,
            self.units,
            mega(self.database_bytes)
        )?;
        writeln!(
            out,
            "index: {} segments built from the store in {:.2} s, {:.0} a second",
            index.segments,
            index.build_seconds,
            index.segments as f64 / index.build_seconds
        )?;
        write!(
            out,
            "memory: {:.1} MB, {:.1} B a segment:",
            mega(bytes as u64),
            each(bytes)
        )?;
        for (name, bytes) in &index.bytes {
            write!(out, " {name} {:.1}", each(*bytes))?;
        }
        writeln!(out)?;
        match &index.snapshot {
            Some(snapshot) => writeln!(
                out,
                "snapshot: {:.1} MB, written in {:.2} s, loaded and checked in {:.2} s",
                mega(snapshot.bytes),
                snapshot.write_seconds,
                snapshot.load_seconds
            )?,
            None => writeln!(out, "snapshot: not measured, the index was being changed")?,
        }
        writeln!(
            out,
            "look-ups {} → {}, top 5, one thread, nothing cached between questions, ms:",
            self.from, self.to
        )?;
        writeln!(
            out,
            "   at  kind    questions     p50     p95     p99      max  matched  truncated"
        )?;
        for block in &self.lookups {
            writeln!(
                out,
                "  {:>3}  {:<6}  {:>9} {:>7.3} {:>7.3} {:>7.3} {:>8.2}  {:>7}  {:>9}",
                block.threshold,
                block.kind,
                block.questions,
                block.p50_ms,
                block.p95_ms,
                block.p99_ms,
                block.max_ms,
                block.matched,
                block.truncated
            )?;
        }
        writeln!(
            out,
            "batches: {:.0} segments a second, one by one {:.0}",
            self.batches.in_batches, self.batches.one_by_one
        )?;
        writeln!(
            out,
            "import: {} units, a TMX of {:.1} MB, into an empty store in {:.2} s, {:.0} a second",
            self.import.units,
            mega(self.import.tmx_bytes),
            self.import.seconds,
            self.import.units as f64 / self.import.seconds
        )
    }
}
