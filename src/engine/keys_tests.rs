//! A key that is revoked ends also what runs with it already.

use std::io::{self, Read, Write};

use super::trial::World;
use super::{
    BulkDelete, Caller, Engine, Error, Filter, Format, ImportMode, KeyRequest, Progress, Role,
};

/// Somebody with a key to everything, who was let in.
fn let_in(engine: &Engine) -> Caller {
    let asked = KeyRequest {
        role: Some(Role::Admin),
        ..KeyRequest::default()
    };
    let made = engine.create_key(&Caller::local(), &asked).unwrap();
    engine.admit(&made.key).unwrap().caller
}

fn revoke(engine: &Engine, caller: &Caller) {
    let id = caller.key.as_deref().unwrap();
    engine.revoke_key(&Caller::local(), id).unwrap();
}

/// Has the key revoked as soon as something is written into it.
struct Revoking<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    written: usize,
}

impl Write for Revoking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        revoke(self.engine, self.caller);
        self.written += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _bytes: u64, _units: u64) {}
}

/// Rows without end, and the key is revoked after some of them.
struct Endless {
    engine: std::sync::Arc<Engine>,
    caller: Caller,
    rows: u32,
    rest: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rows += 1;
            if self.rows == 5_000 {
                revoke(&self.engine, &self.caller);
            }
            self.rest = format!("row {0}\tسطر {0}\n", self.rows).into_bytes();
        }
        let length = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..length);
        Ok(length)
    }
}

#[test]
fn what_runs_with_a_key_ends_when_the_key_does() {
    let world = World::new(&["news"]);
    let engine = &world.engine;
    let langs = || {
        Some(
            ["en", "fa"]
                .map(|tag| crate::model::Lang::parse(tag).unwrap())
                .into(),
        )
    };
    let caller = let_in(engine);
    let begin = |label| engine.begin_import(&caller, "news", label, Format::Tsv, ImportMode::Add);
    let row = |number| format!("{number} {0}\t{number} {0}\n", "long ".repeat(50));
    let rows = io::Cursor::new((0..600).map(row).collect::<String>());
    let id = begin("rows").unwrap();
    let imported = engine.import(&caller, &id, Box::new(rows), langs(), &Unwatched);
    assert_eq!(imported.unwrap().added, 600);

    let mut out = Revoking {
        engine,
        caller: &caller,
        written: 0,
    };
    let exported = engine.export(&caller, "news", Format::Tsv, &Filter::default(), &mut out);
    assert!(matches!(exported, Err(Error::KeyEnded)), "{exported:?}");
    assert!(out.written > 0);

    let caller = let_in(engine);
    let id = engine.begin_import(&caller, "news", "endless", Format::Tsv, ImportMode::Add);
    let id = id.unwrap();
    let endless = Endless {
        engine: engine.clone(),
        caller: caller.clone(),
        rows: 0,
        rest: Vec::new(),
    };
    let ended = engine.import(&caller, &id, Box::new(endless), langs(), &Unwatched);
    let Err(Error::ImportStopped { error, report }) = ended else {
        panic!("{ended:?}");
    };
    assert!(matches!(*error, Error::KeyEnded), "{error:?}");
    let status = engine.import_status(&Caller::local(), &id).unwrap();
    assert_eq!(
        (&status.report, status.state),
        (&*report, super::ImportState::Failed)
    );
    let units = engine.memory(&Caller::local(), "news").unwrap().units;
    assert_eq!(units, 600 + report.added);

    let caller = let_in(engine);
    revoke(engine, &caller);
    let all = BulkDelete {
        all: true,
        ..BulkDelete::default()
    };
    let deleted = engine.bulk_delete(&caller, "news", &all);
    assert!(matches!(deleted, Err(Error::KeyEnded)), "{deleted:?}");
    let undone = engine.undo_import(&caller, &id);
    assert!(matches!(undone, Err(Error::KeyEnded)), "{undone:?}");
    assert_eq!(
        engine.memory(&Caller::local(), "news").unwrap().units,
        units
    );
}
