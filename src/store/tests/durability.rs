//! The writer: groups, failures, full disks; and the readers beside it.

use std::sync::Barrier;
use std::time::Duration;

use super::*;
use crate::store::{ImportState, MemoryPatch, NewImport, Remembered};

#[test]
fn what_is_put_is_read_back_and_the_follower_was_told_before_the_caller_goes_on() {
    let f = Fixture::new();
    let memory = f.memory("tm");
    let outcome = f.put(
        memory.id,
        draft(&[("en", "Hello"), ("fa", "سلام")]),
        Mode::Add,
    );
    assert_eq!(outcome, Outcome::Added(UnitId(1), 1));
    let unit = f.unit(UnitId(1)).unwrap();
    assert_eq!(unit.variants[1].text, "سلام");
    assert_eq!(unit.created.by.as_deref(), Some("putter"));
    let told = f.told.lock().unwrap();
    assert_eq!(told.len(), 2);
    assert!(matches!(&told[1].kind, ChangeKind::UnitPut(u) if **u == unit));
    assert_eq!(told[1].seq, f.head());
}

fn one(number: usize) -> Prepared {
    Prepared::new(draft(&[("en", &format!("text {number}")), ("fa", "متن")])).unwrap()
}

#[test]
fn a_failing_and_a_panicking_job_harm_no_other_job_of_their_group() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    // The first job holds the writer until all are waiting, so that they become one group.
    let gate = Arc::new(Barrier::new(2));
    let held = Arc::clone(&gate);
    let first = f.submit(move |_| {
        held.wait();
        Ok(())
    });
    let jobs: Vec<_> = (0..30)
        .map(|n| {
            f.submit(move |tx| {
                let outcome = tx.put_draft(memory, one(n), Mode::Add, None, None)?;
                match n % 3 {
                    0 => Ok(outcome),
                    1 => Err(Error::NotFound { what: "anything" }),
                    _ => panic!("on purpose"),
                }
            })
        })
        .collect();
    gate.wait();
    first.wait().unwrap();
    let mut ids = Vec::new();
    for (n, job) in jobs.into_iter().enumerate() {
        match (n % 3, job.wait()) {
            (0, Ok(outcome)) => ids.push(outcome.id()),
            (1, Err(Error::NotFound { what: "anything" })) => {}
            (2, Err(Error::Panicked { detail })) => assert_eq!(detail, "on purpose"),
            (_, other) => panic!("job {n}: {other:?}"),
        }
    }
    assert_eq!(
        ids,
        (1..=10).map(UnitId).collect::<Vec<_>>(),
        "failed jobs use up no ids"
    );
    assert_eq!(f.read(|r| r.memory("tm")).unwrap().unwrap().units, 10);
    assert_eq!(f.told.lock().unwrap().len(), 11);
    assert_eq!(f.check(Duration::MAX).unwrap().findings, []);
}

#[test]
fn an_error_in_the_middle_of_a_write_is_not_overheard_by_a_job_that_ignores_it() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    let result = f.write(move |tx| {
        // A unit row is in the way, so the insertion fails half way; the job pretends that nothing was.
        tx.conn
            .execute_batch("INSERT INTO variant VALUES (1, 1, 'xx', '', NULL, NULL)")?;
        drop(tx.put_draft(memory, one(1), Mode::Add, None, None));
        Ok(())
    });
    assert!(result.is_err());
    assert_eq!(f.read(|r| r.memory("tm")).unwrap().unwrap().units, 0);
    assert_eq!(f.unit(UnitId(1)), None);
}

#[test]
fn groups_give_the_same_store_as_single_writes() {
    let (grouped, single) = (Fixture::new(), Fixture::new());
    for f in [&grouped, &single] {
        f.memory("tm");
    }
    let memory = MemoryId(1);
    let pending: Vec<_> = (0..200)
        .map(|n| {
            grouped.submit(move |tx| tx.put_draft(memory, one(n % 150), Mode::Add, None, None))
        })
        .collect();
    let grouped_outcomes: Vec<_> = pending.into_iter().map(|p| p.wait().unwrap()).collect();
    let single_outcomes: Vec<_> = (0..200)
        .map(|n| {
            single
                .write(move |tx| tx.put_draft(memory, one(n % 150), Mode::Add, None, None))
                .unwrap()
        })
        .collect();
    assert_eq!(grouped_outcomes, single_outcomes);
    let all = |f: &Fixture| f.read(|r| r.scan(UnitId(0), 1_000)).unwrap().0;
    assert_eq!(all(&grouped), all(&single));
    assert_eq!(grouped.head(), single.head());
}

#[test]
fn readers_never_see_half_a_batch_nor_a_count_that_differs_from_the_rows() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut looks = 0;
                    while !done.load(Ordering::Relaxed) || looks == 0 {
                        let (counted, there) = f
                            .read(|r| {
                                let counted = r.memory("tm")?.unwrap().units;
                                Ok((counted, r.count_units(memory)?))
                            })
                            .unwrap();
                        assert_eq!(counted, there);
                        assert_eq!(there % 10, 0, "half a batch");
                        looks += 1;
                    }
                })
            })
            .collect();
        for batch in 0..60 {
            f.write(move |tx| {
                for n in 0..10 {
                    tx.put_draft(memory, one(batch * 10 + n), Mode::Add, None, None)?;
                }
                Ok(())
            })
            .unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_full_disk_refuses_writes_keeps_reads_and_heals_by_itself() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "before"), ("fa", "پیش")]), Mode::Add);
    let pages = |f: &Fixture, limit: &'static str| {
        f.write(move |tx| {
            tx.conn
                .query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))?;
            Ok(())
        })
        .unwrap();
    };
    // No less than what is used now: SQLite takes the larger of the two.
    pages(&f, "1");
    let big = "x".repeat(100_000);
    let mut full = false;
    for n in 0..3 {
        let new = Prepared::new(draft(&[("en", &format!("{n}{big}")), ("fa", "پس")])).unwrap();
        let result = f.write(move |tx| tx.put_draft(memory, new, Mode::Add, None, None));
        full |= matches!(result, Err(Error::Full { .. }));
        assert!(matches!(result, Err(Error::Full { .. })), "{result:?}");
    }
    assert!(full);
    assert_eq!(f.unit(UnitId(1)).unwrap().variants[0].text, "before");
    assert_eq!(f.read(|r| r.memory("tm")).unwrap().unwrap().units, 1);
    pages(&f, "1000000");
    let after = f.put(memory, draft(&[("en", "after"), ("fa", "پس")]), Mode::Add);
    assert_eq!(after, Outcome::Added(UnitId(2), 1));
    assert_eq!(f.check(Duration::MAX).unwrap().findings, []);
}

#[test]
fn a_read_that_takes_too_long_is_stopped_and_its_connection_serves_again() {
    let f = Fixture::new();
    let options = OpenOptions {
        read_limit: Duration::from_millis(20),
        readers: 1,
        ..f.options()
    };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &options, nobody()).unwrap();
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let stopped = store.read(|r| Ok(r.conn.query_row(endless, [], |row| row.get::<_, i64>(0))?));
    assert!(matches!(stopped, Err(Error::TooLong)));
    assert!(store.is_empty().unwrap());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.read(|_| -> Result<(), Error> { panic!("on purpose") })
    }));
    assert!(panicked.is_err());
    assert!(store.is_empty().unwrap());
    assert!(
        store
            .read(|r| Ok(r.conn.execute("DELETE FROM meta", [])?))
            .is_err()
    );
}

#[test]
fn a_read_only_or_unknown_memory_refuses_every_write_of_units() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    let patch = MemoryPatch {
        read_only: Some(true),
        ..MemoryPatch::default()
    };
    f.write(move |tx| tx.change_memory(memory, &patch, None))
        .unwrap();
    let id = UnitId(1);
    let refused = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::ReadOnly { .. })), "{result:?}")
    };
    refused(f.write(move |tx| {
        tx.put_draft(memory, one(1), Mode::Add, None, None)
            .map(drop)
    }));
    refused(f.write(move |tx| {
        tx.replace_unit(id, 1, draft(&[("en", "a"), ("fa", "c")]), None)
            .map(drop)
    }));
    refused(f.write(move |tx| tx.delete_unit(id, 1, None).map(drop)));
    refused(f.write(move |tx| tx.revert_unit(id, 1, 1, None).map(drop)));
    refused(f.write(move |tx| tx.delete_memory(memory, None).map(drop)));
    let unknown = f.write(move |tx| tx.put_draft(MemoryId(9), one(1), Mode::Add, None, None));
    assert!(matches!(unknown, Err(Error::NotFound { what: "memory" })));
}

#[test]
fn a_deleted_memory_is_gone_for_readers_and_comes_back_whole_within_30_days() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    let exists = f.write(|tx| tx.create_memory("tm", "", 0, false, None));
    assert!(matches!(exists, Err(Error::Exists { .. })));
    f.write(move |tx| tx.delete_memory(memory, Some("boss")))
        .unwrap();
    assert_eq!(f.unit(UnitId(1)), None);
    assert!(f.read(|r| r.memories()).unwrap().is_empty());
    assert!(f.read(|r| r.scan(UnitId(0), 10)).unwrap().0.is_empty());
    assert!(f.read(|r| r.history(UnitId(1), None, 9)).is_err());
    let edit = f.write(|tx| tx.delete_unit(UnitId(1), 1, None));
    assert!(matches!(edit, Err(Error::NotFound { what: "unit" })));
    assert!(!f.is_empty().unwrap(), "a memory was made once");
    let back = f.write(|tx| tx.undelete_memory("tm", None)).unwrap();
    assert_eq!((back.id, back.units), (memory, 1));
    assert!(f.unit(UnitId(1)).is_some());

    f.write(move |tx| tx.delete_memory(memory, None)).unwrap();
    f.set_clock(1_000 + crate::store::UNDELETE_WITHIN + 1);
    let late = f.write(|tx| tx.undelete_memory("tm", None));
    assert!(matches!(late, Err(Error::NotFound { .. })));
    while f.write(|tx| tx.purge()).unwrap() {}
    let rows = f.read(|r| {
        let sql = "SELECT (SELECT count(*) FROM unit) + (SELECT count(*) FROM variant) + (SELECT count(*) FROM memory)";
        Ok(r.conn.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(rows.unwrap(), 0);
    let horizon = f.read(|r| r.changes_after(crate::model::Seq(0), 10));
    assert!(
        matches!(horizon, Err(Error::BehindHorizon { horizon: 5 })),
        "{horizon:?}"
    );
    assert_eq!(f.memory("tm").id, MemoryId(2), "numbers are not used twice");
    assert_eq!(f.head(), crate::model::Seq(6));
}

#[test]
fn imports_and_replies_are_remembered() {
    let f = Fixture::new();
    let start = NewImport {
        memory: f.memory("tm").id,
        file: "a.tmx".into(),
        format: "tmx".into(),
        mode: "add".into(),
        by: Some("me".into()),
    };
    let wanted = start.clone();
    let id = f.write(move |tx| tx.start_import(&start)).unwrap();
    let report = crate::model::ImportReport {
        read: 3,
        added: 3,
        ..Default::default()
    };
    let sent = report.clone();
    f.write(move |tx| tx.finish_import(id, ImportState::Done, 77, &sent))
        .unwrap();
    let import = f.read(|r| r.import(id)).unwrap().unwrap();
    assert_eq!(
        (import.start, import.report, import.bytes_read),
        (wanted, report, 77)
    );
    assert_eq!(
        (import.state, import.finished_at),
        (ImportState::Done, Some(1_000))
    );

    let reply = Remembered {
        body_hash: -5,
        status: 201,
        reply: b"{}".to_vec(),
    };
    let sent = reply.clone();
    f.write(move |tx| tx.remember("k", "POST /x", &sent))
        .unwrap();
    let asked = |f: &Fixture| f.read(|r| r.remembered("k", "POST /x")).unwrap();
    assert_eq!(asked(&f), Some(reply));
    assert_eq!(f.read(|r| r.remembered("k", "POST /y")).unwrap(), None);
    f.set_clock(1_000 + 30 * 24 * 60 * 60);
    assert_eq!(asked(&f), None);
}

#[test]
fn a_damaged_text_is_found_by_its_checksum() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    f.put(memory, draft(&[("en", "c"), ("fa", "d")]), Mode::Add);
    for sql in [
        "UPDATE variant SET text = 'x' WHERE unit_id = 2 AND place = 1",
        "UPDATE variant SET text = 'd' WHERE unit_id = 2 AND place = 1; UPDATE unit SET changed_by = 'z' WHERE id = 2",
        "UPDATE unit SET changed_by = 'putter', metadata = '{' WHERE id = 2",
    ] {
        f.write(move |tx| Ok(tx.conn.execute_batch(sql)?)).unwrap();
        let check = f.read(|r| r.check_unit_sums(UnitId(0), 10)).unwrap();
        assert_eq!(check.differ, [UnitId(2)], "{sql}");
    }
}

#[test]
fn a_copy_is_a_whole_store() {
    let f = Fixture::new();
    let memory = f.memory("tm").id;
    f.put(memory, draft(&[("en", "a"), ("fa", "b")]), Mode::Add);
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join(crate::store::DB_FILE);
    f.backup(&copy).unwrap();
    assert!(
        matches!(f.backup(&copy), Err(Error::Invalid { .. })),
        "never over a file"
    );
    let store = open(other.path()).unwrap();
    assert_eq!(store.head(), f.head());
    assert_eq!(store.epoch(), f.epoch());
    assert_eq!(
        store.read(|r| r.unit(UnitId(1))).unwrap(),
        f.unit(UnitId(1))
    );
}

#[test]
fn a_new_epoch_is_seen_at_once_and_after_a_restart() {
    let mut f = Fixture::new();
    let before = f.epoch();
    let epoch = f.write(|tx| tx.renew_epoch()).unwrap();
    assert_ne!(before, epoch);
    assert_eq!(f.epoch(), epoch);
    f.reopen();
    assert_eq!(f.epoch(), epoch);
}

#[test]
fn a_panicking_follower_is_noticed_and_nobody_waits_forever() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions::default();
    let store = Store::open(dir.path(), &options, Box::new(|_| panic!("on purpose"))).unwrap();
    assert!(store.is_following());
    store
        .write(|tx| tx.create_memory("tm", "", 0, false, None))
        .unwrap();
    assert!(!store.is_following());
}
