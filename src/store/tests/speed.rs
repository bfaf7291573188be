//! Measurements, run by hand: `cargo test --release --lib store::tests::speed -- --ignored --nocapture --test-threads 1`.
//! `SPEED_UNITS` sets the size (default 200,000), `TMPDIR` the disk.

use std::time::{Duration, Instant};

use super::*;

fn units() -> usize {
    std::env::var("SPEED_UNITS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(200_000)
}

/// Words from a small generator: about 60 characters a side, all different.
fn sentence(number: usize, words: &[&str]) -> String {
    let mut state = number as u64 + 1;
    let mut text = String::new();
    for _ in 0..9 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.push_str(words[(state >> 33) as usize % words.len()]);
        text.push(' ');
    }
    text.push_str(&number.to_string());
    text
}

fn sample(number: usize) -> Draft {
    let english = [
        "protest", "people", "in", "the", "streets", "of", "Tehran", "arrested", "women",
    ];
    let persian = [
        "اعتراض",
        "مردم",
        "در",
        "خیابان",
        "تهران",
        "بازداشت",
        "زنان",
        "و",
        "آزادی",
    ];
    draft(&[
        ("en", &sentence(number, &english)),
        ("fa", &sentence(number, &persian)),
    ])
}

/// Imports a file's worth of units as an import does: prepared here, batches of 2,000, three of them on the way.
fn import(store: &Store, memory: MemoryId, from: usize, count: usize, mode: Mode) -> Duration {
    let batches: Vec<Vec<Prepared>> = (from..from + count)
        .collect::<Vec<_>>()
        .chunks(2_000)
        .map(|batch| {
            batch
                .iter()
                .map(|n| Prepared::new(sample(*n)).unwrap())
                .collect()
        })
        .collect();
    let (start, busy) = (Instant::now(), writer_cpu());
    let mut waiting = std::collections::VecDeque::new();
    for batch in batches {
        waiting.push_back(store.submit(move |tx| {
            for prepared in batch {
                tx.put_draft(memory, prepared, mode, Some("importer"), None)?;
            }
            Ok(())
        }));
        if waiting.len() > 3 {
            waiting.pop_front().unwrap().wait().unwrap();
        }
    }
    for pending in waiting {
        pending.wait().unwrap();
    }
    let cpu = (writer_cpu() - busy).as_secs_f64() * 1e6 / count as f64;
    print!("[{cpu:.1} µs of the writer's CPU a unit] ");
    start.elapsed()
}

/// How long the writer thread has been on a core: on a shared machine a better measure than the clock.
fn writer_cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let of_writer = tasks.flatten().filter_map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        (name.trim() == "store-writer").then(|| stat.split(' ').next()?.parse::<u64>().ok())?
    });
    Duration::from_nanos(of_writer.sum::<u64>())
}

/// How long this thread has been on a core.
fn my_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

fn rate(what: &str, count: usize, time: Duration) {
    println!(
        "{what}: {:.0}/s ({count} in {time:.2?})",
        count as f64 / time.as_secs_f64()
    );
}

#[test]
#[ignore = "a measurement"]
fn bulk_import_and_the_reads_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let memory = store
        .write(|tx| tx.create_memory("tm", "", 0, false, None))
        .unwrap()
        .id;
    let start = Instant::now();
    for n in 0..20_000 {
        std::hint::black_box(Prepared::new(sample(n)).unwrap());
    }
    rate("make and prepare drafts", 20_000, start.elapsed());
    let steps = 4;
    for step in 0..steps {
        let count = units() / steps;
        rate(
            "new units",
            count,
            import(&store, memory, step * count, count, Mode::Add),
        );
    }
    rate(
        "units that are there",
        20_000,
        import(&store, memory, 0, 20_000, Mode::Add),
    );
    let size = std::fs::metadata(dir.path().join(super::super::DB_FILE))
        .unwrap()
        .len();
    println!("{} bytes a unit", size / units() as u64);
    let start = my_cpu();
    let (mut after, mut count) = (UnitId(0), 0);
    loop {
        let (list, next) = store.read(|r| r.scan(after, 50_000)).unwrap();
        count += list.len();
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    rate("scan (CPU time)", count, my_cpu() - start);
    let ids: Vec<UnitId> = (0..50_000_i64)
        .map(|n| UnitId(1 + n * 7_919 % units() as i64))
        .collect();
    let start = my_cpu();
    for ten in ids.chunks(10) {
        assert_eq!(store.read(|r| r.units(ten)).unwrap().len(), 10);
    }
    rate(
        "units by id, ten a read (CPU time)",
        ids.len(),
        my_cpu() - start,
    );
    let start = my_cpu();
    let mut page = store
        .read(|r| r.page(memory, None, 500, &Default::default()))
        .unwrap();
    let mut count = page.units.len();
    while let Some(next) = page.next.filter(|_| count < 50_000) {
        page = store
            .read(|r| r.page(memory, Some(next), 500, &Default::default()))
            .unwrap();
        count += page.units.len();
    }
    rate("pages of 500 (CPU time)", count, my_cpu() - start);
    let start = my_cpu();
    let checked = store
        .read(|r| r.check_unit_sums(UnitId(0), 50_000))
        .unwrap();
    assert!(checked.differ.is_empty());
    rate("checksums (CPU time)", checked.checked, my_cpu() - start);
}

#[test]
#[ignore = "a measurement"]
fn one_unit_a_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let memory = store
        .write(|tx| tx.create_memory("tm", "", 0, false, None))
        .unwrap()
        .id;
    for threads in [1, 8, 32] {
        let each = 4_000 / threads;
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let store = &store;
                scope.spawn(move || {
                    for n in 0..each {
                        let number = (threads * 100 + thread) * 100_000 + n;
                        let new = Prepared::new(sample(number)).unwrap();
                        store
                            .write(move |tx| tx.put_draft(memory, new, Mode::Update, None, None))
                            .unwrap();
                    }
                });
            }
        });
        rate(
            &format!("durable writes, {threads} threads"),
            each * threads,
            start.elapsed(),
        );
    }
}
