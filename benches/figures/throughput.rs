//! How much the machine does in all: batches beside single look-ups, and look-ups over HTTP from many connections.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::data::Segments;
use crate::made::{ask, timed};
use crate::server::{Serving, tell};
use crate::times::percentiles;
use hamzaban::engine::{BatchLookup, Caller, Engine, Lookup};

const THRESHOLD: u8 = 70;
/// Segments of one batch.
const BATCH: usize = 100;
/// Queries of the load generator, enough for it to come around but once or twice.
const MANY: usize = 60_000;
/// Its connections, kept alive.
const CONNECTIONS: &str = "16";

/// The same segments one by one on one thread and in batches; and what a client with single look-ups notices while
/// another sends batches without a pause.
pub(crate) fn batches(engine: &Arc<Engine>, segments: &Segments) {
    let queries = segments.queries(4_000);
    let singles: Vec<Lookup> = queries.iter().map(|text| ask(text, THRESHOLD)).collect();
    let batches: Vec<BatchLookup> = queries.chunks(BATCH).map(batch).collect();
    let caller = Caller::local();
    for round in ["first", "again"] {
        let ((), alone) = timed(|| {
            for lookup in &singles {
                std::hint::black_box(engine.lookup(&caller, lookup).unwrap());
            }
        });
        let ((), together) = timed(|| {
            for batch in &batches {
                std::hint::black_box(engine.lookup_batch(&caller, batch, &|| true).unwrap());
            }
        });
        println!(
            "batches of {BATCH}, {round}: {:.0} segments/s, one by one {:.0}: {:.2} × as many",
            queries.len() as f64 / together.as_secs_f64(),
            queries.len() as f64 / alone.as_secs_f64(),
            alone.as_secs_f64() / together.as_secs_f64()
        );
    }
    let server = Serving::start(engine);
    let idle: Vec<Duration> = singles.iter().map(|single| server.lookup(single)).collect();
    println!(
        "single look-ups over HTTP, alone: {}",
        percentiles(idle.clone())
    );
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut all = batches.iter().cycle();
            let send = |sent: &usize| {
                let batch = all.next().filter(|_| !ends.load(Ordering::Acquire))?;
                server.post("/v1/lookup/batch", batch);
                Some(sent + 1)
            };
            timed(|| std::iter::successors(Some(0_usize), send).last().unwrap())
        });
        let busy: Vec<Duration> = singles.iter().map(|single| server.lookup(single)).collect();
        ends.store(true, Ordering::Release);
        let (sent, took) = sending.join().unwrap();
        let rate = (sent * BATCH) as f64 / took.as_secs_f64();
        tell(
            &format!("beside batches ({rate:.0} segments/s)"),
            &idle,
            busy,
        );
    });
}

fn batch(texts: &[String]) -> BatchLookup {
    let segments = texts.iter().map(|text| serde_json::json!({ "text": text }));
    let batch = serde_json::json!({
        "source_lang": "en", "target_lang": "fa", "threshold": THRESHOLD, "limit": 5,
        "segments": segments.collect::<Vec<_>>()
    });
    serde_json::from_value(batch).unwrap()
}

/// With the load generator `wrk` on the same machine: <https://github.com/wg/wrk>.
pub(crate) fn over_http(engine: &Arc<Engine>, segments: &Segments, folder: &Path) {
    let server = Serving::start(engine);
    let mut bodies = Vec::new();
    for text in segments.queries(MANY) {
        writeln!(
            bodies,
            "{}",
            serde_json::to_string(&ask(&text, THRESHOLD)).unwrap()
        )
        .unwrap();
    }
    let (file, script) = (folder.join("bodies"), folder.join("load.lua"));
    std::fs::write(&file, bodies).unwrap();
    std::fs::write(&script, LOAD.replace("BODIES", file.to_str().unwrap())).unwrap();
    let wrk = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--connections",
            CONNECTIONS,
            "--duration",
            "20s",
        ])
        .arg("--script")
        .arg(&script)
        .arg(format!("http://{}/v1/lookup", server.address))
        .output();
    match wrk {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let figures = text.lines().filter(|line| line.starts_with("load: "));
            figures.for_each(|line| println!("{line}, {CONNECTIONS} connections on these cores"));
        }
        Err(error) => println!("load: skipped, wrk cannot be run ({error}): apt install wrk"),
    }
}

/// Every question is another one; answers that are no success are counted.
const LOAD: &str = r#"
local requests, next = {}, 0
function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  for body in io.lines("BODIES") do requests[#requests + 1] = wrk.format(nil, nil, nil, body) end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format("load: %.0f look-ups/s over HTTP, p50 %.2f  p95 %.2f  p99 %.2f  max %.2f ms  (%d look-ups, %d failed)\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, summary.requests,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"#;
