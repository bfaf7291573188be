//! What `/reconcile` adds to the look-up of the native API, over HTTP: `cargo bench --bench reconcile`. With the
//! glossary that ships.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench is for people who read its output"
)]

use std::fs::File;
use std::time::{Duration, Instant};

use hamzaban::engine::Engine;
use hamzaban::formats::glossary;
use hamzaban::http::{Options, bind};

/// Queries that are timed, and rounds of all of them.
const QUERIES: usize = 1_000;
const ROUNDS: usize = 3;

fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/glossary/concepts.csv");
    let concepts = glossary::read(File::open(path).unwrap())
        .unwrap()
        .concepts();
    let names = concepts.iter().flat_map(|concept| &concept.names);
    let names: Vec<&str> = names.map(|name| name.text.as_str()).collect();
    let queries: Vec<&str> = names
        .iter()
        .step_by(names.len() / QUERIES + 1)
        .copied()
        .collect();

    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path(), true).unwrap();
    engine.catch_up().unwrap();
    let options = Options {
        listen: "127.0.0.1:0".into(),
        token: "0".repeat(64),
    };
    let server = bind(engine.clone(), options).unwrap();
    let here = format!("http://{}", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = std::thread::spawn(move || {
        let stop = async move {
            let _ = stopped.await;
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(server.run(stop))
    });
    let agent = ureq::Agent::new_with_defaults();
    let import = format!("{here}/v1/glossary/import?format=csv");
    agent
        .post(&import)
        .send(std::fs::read(path).unwrap().as_slice())
        .unwrap();

    let (mut native, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for query in &queries {
            let url = format!("{here}/v1/concepts");
            native.push(timed(|| {
                let mut reply = agent
                    .get(&url)
                    .query("q", *query)
                    .query("limit", "5")
                    .call()
                    .unwrap();
                reply.body_mut().read_to_string().unwrap();
            }));
            let batch = serde_json::json!({ "q0": { "query": query, "limit": 5 } }).to_string();
            let url = format!("{here}/reconcile");
            ours.push(timed(|| {
                let mut reply = agent
                    .post(&url)
                    .send_form([("queries", batch.as_str())])
                    .unwrap();
                reply.body_mut().read_to_string().unwrap();
            }));
        }
    }
    let (native, ours) = (median(native), median(ours));
    println!(
        "{} names: GET /v1/concepts median {native:.3} ms, POST /reconcile {ours:.3} ms, which adds {:.3} ms",
        queries.len(),
        ours - native
    );
    stop.send(()).unwrap();
    running.join().unwrap().unwrap();
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}
