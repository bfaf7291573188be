//! Figures of the store and the server: look-ups while an import runs and while a thousand slow clients hold
//! connections, changes of many units and taking them back, backups.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hamzaban::engine::{
    BulkDelete, BulkReplace, Caller, Engine, Format, ImportMode, Lookup, NewMemory,
};
use tokio::sync::oneshot;

use crate::data::Segments;
use crate::made::{Quiet, ask, timed, write_tmx};
use crate::times::percentiles;

/// Units that a change of many units takes.
const MANY: usize = 100_000;
/// Units that come in while look-ups are timed.
const MEANWHILE: usize = 300_000;

/// A server of this process; it ends on `Drop`.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<()>>,
}

impl Serving {
    pub(super) fn start(engine: &Arc<Engine>) -> Self {
        let options = hamzaban::http::Options {
            listen: "127.0.0.1:0".into(),
            token: "0".repeat(64),
        };
        let server = hamzaban::http::bind(engine.clone(), options).unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = std::thread::spawn(move || {
            let stop = async move {
                let _ = stopped.await;
            };
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(server.run(stop))
                .unwrap();
        });
        let agent = ureq::Agent::new_with_defaults();
        Serving {
            address,
            agent,
            stop: Some(stop),
            running: Some(running),
        }
    }

    /// A look-up over a connection that stays open.
    pub(super) fn lookup(&self, lookup: &Lookup) -> Duration {
        self.post("/v1/lookup", lookup)
    }

    /// Any question, over a connection that stays open.
    pub(super) fn post(&self, path: &str, body: &impl serde::Serialize) -> Duration {
        let url = format!("http://{}{path}", self.address);
        let post = || self.agent.post(&url).send_json(body).unwrap();
        timed(|| post().body_mut().read_to_string().unwrap()).1
    }

    /// Any address, over a connection that stays open.
    pub(super) fn get(&self, path: &str) -> Duration {
        let url = format!("http://{}{path}", self.address);
        let get = || self.agent.get(&url).call().unwrap();
        timed(|| get().body_mut().read_to_string().unwrap()).1
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.running.take().unwrap().join().unwrap();
    }
}

fn p99(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[(times.len() - 1) * 99 / 100].as_secs_f64() * 1e3
}

pub(super) fn tell(what: &str, idle: &[Duration], busy: Vec<Duration>) {
    let ratio = p99(&busy) / p99(idle);
    let count = busy.len();
    println!(
        "{what}: {}  ({count} look-ups); p99 {ratio:.1} × idle",
        percentiles(busy)
    );
}

/// What look-ups take over HTTP, one after the other: alone, during an import, beside a thousand slow connections.
pub(super) fn under_load(engine: &Arc<Engine>, segments: &Segments, folder: &Path) {
    let server = Serving::start(engine);
    let queries: Vec<Lookup> = segments
        .queries(3_000)
        .iter()
        .map(|text| ask(text, 70))
        .collect();
    queries.iter().take(300).for_each(|query| {
        server.lookup(query);
    });
    let idle: Vec<Duration> = queries.iter().map(|query| server.lookup(query)).collect();
    println!("look-ups over HTTP, alone: {}", percentiles(idle.clone()));

    let file = file_of(
        folder,
        &segments.lines[..MEANWHILE.min(segments.lines.len())],
        "New: ",
    );
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| {
            let (units, took) = timed(|| import(engine, "meanwhile", &file));
            ends.store(true, Ordering::Release);
            (units, took)
        });
        let mut busy = Vec::new();
        while !ends.load(Ordering::Acquire) {
            busy.push(server.lookup(&queries[busy.len() % queries.len()]));
        }
        let (units, took) = importing.join().unwrap();
        let rate = units as f64 / took.as_secs_f64();
        tell(
            &format!("during an import of {units} units ({rate:.0} units/s beside look-ups)"),
            &idle,
            busy,
        );
    });
    slow_connections(&server, &queries, &idle);
}

/// Half of them say nothing, half a byte of a header every five seconds.
fn slow_connections(server: &Serving, queries: &[Lookup], idle: &[Duration]) {
    let connect = |number: usize| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        if number.is_multiple_of(2) {
            stream
                .write_all(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                .unwrap();
        }
        stream.set_nonblocking(true).unwrap();
        stream
    };
    let mut slow: Vec<TcpStream> = (0..1_000).map(connect).collect();
    let (started, mut busy, mut sent) = (Instant::now(), Vec::new(), 0);
    while !slow.is_empty() {
        for _ in 0..50 {
            busy.push(server.lookup(&queries[busy.len() % queries.len()]));
        }
        let drip = started.elapsed().as_secs() / 5 > sent;
        sent += u64::from(drip);
        slow.retain_mut(|stream| {
            if drip {
                let _ = stream.write(b"a");
            }
            match stream.read(&mut [0; 512]) {
                Ok(0) => false,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
                Ok(_) => true,
            }
        });
    }
    let closed = started.elapsed().as_secs_f64();
    tell(
        &format!("beside 1,000 slow connections, all closed after {closed:.1} s"),
        idle,
        busy,
    );
}

/// A TMX of these lines, each with something before it.
fn file_of(folder: &Path, lines: &[String], before: &str) -> std::path::PathBuf {
    let file = folder.join("more.tmx");
    let mut out = BufWriter::new(File::create(&file).unwrap());
    let lines: Vec<String> = lines.iter().map(|line| format!("{before}{line}")).collect();
    write_tmx(&mut out, lines.iter().map(String::as_str)).unwrap();
    out.flush().unwrap();
    file
}

/// Into a new memory; how many units were added.
fn import(engine: &Engine, memory: &str, file: &Path) -> u64 {
    let caller = Caller::local();
    let new = NewMemory {
        name: memory.into(),
        ..NewMemory::default()
    };
    engine.create_memory(&caller, &new).unwrap();
    let id = engine
        .begin_import(&caller, memory, "more.tmx", Format::Tmx, ImportMode::Add)
        .unwrap();
    let input = Box::new(File::open(file).unwrap());
    engine
        .import(&caller, &id, input, None, &Quiet)
        .unwrap()
        .added
}

/// Changes of a hundred thousand units, and taking them back.
pub(super) fn bulk(engine: &Engine, segments: &Segments, folder: &Path) {
    let caller = Caller::local();
    let file = file_of(
        folder,
        &segments.lines[..MANY.min(segments.lines.len())],
        "Bulk: ",
    );
    let units = import(engine, "bulk", &file);
    let done = |what: &str, count: u64, took: Duration| {
        let rate = count as f64 / took.as_secs_f64();
        println!(
            "{what}: {count} units in {:.1} s, {rate:.0} units/s",
            took.as_secs_f64()
        );
    };
    let replace: BulkReplace = serde_json::from_value(serde_json::json!({
        "lang": "en", "find": "Bulk: ", "with": "Mass: "
    }))
    .unwrap();
    let (replaced, took) = timed(|| engine.bulk_replace(&caller, "bulk", &replace).unwrap());
    done("find and replace", replaced.report.changed, took);
    let (undone, took) = timed(|| engine.undo_bulk(&caller, &replaced.id).unwrap());
    done("… taken back", undone.report.changed, took);
    let all = BulkDelete {
        all: true,
        ..BulkDelete::default()
    };
    let (deleted, took) = timed(|| engine.bulk_delete(&caller, "bulk", &all).unwrap());
    done("delete", deleted.report.deleted, took);
    let (undone, took) = timed(|| engine.undo_bulk(&caller, &deleted.id).unwrap());
    done("… taken back", undone.report.restored, took);
    assert_eq!(undone.report.restored, units);
}

/// A backup while nothing else happens, and while an import runs.
pub(super) fn backup(engine: &Engine, segments: &Segments, folder: &Path) {
    let copy = |name: &str| {
        let to = folder.join(name);
        let ((), took) = timed(|| engine.backup(&Caller::local(), &to).unwrap());
        let bytes = std::fs::metadata(&to).unwrap().len();
        std::fs::remove_file(to).unwrap();
        (took.as_secs_f64(), bytes as f64 / 1e6)
    };
    let (alone, megabytes) = copy("alone.db");
    let file = file_of(
        folder,
        &segments.lines[..MEANWHILE.min(segments.lines.len())],
        "Beside: ",
    );
    let beside = std::thread::scope(|scope| {
        let importing = scope.spawn(|| import(engine, "beside", &file));
        // It has begun when its memory is there.
        while engine.memory(&Caller::local(), "beside").is_err() {
            std::thread::yield_now();
        }
        let beside = copy("beside.db").0;
        importing.join().unwrap();
        beside
    });
    println!(
        "backup of {megabytes:.0} MB: {alone:.1} s; during an import {beside:.1} s, {:.1} × as long",
        beside / alone
    );
}
