//! What a page of 2,000 words takes through the protocol of `LanguageTool`, beside the native call:
//! `cargo bench --bench languagetool`. With the glossary that ships; on one kept-alive connection.
//!
//! Without the measuring data (`HAMZABAN_SHARED`, else `../shared`) made-up sentences are read, and it says so.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench tells figures and may panic"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use hamzaban::engine::{Caller, Engine, FindNames};
use hamzaban::http;
use hamzaban::model::Lang;

const WORDS: usize = 2_000;
const ROUNDS: usize = 100;

/// Pages of the measuring data, and their language: articles full of names, and Persian segments.
fn pages() -> Vec<(&'static str, String)> {
    let shared = std::env::var("HAMZABAN_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let data = std::path::Path::new(&shared).join("data");
    let Ok(folder) = std::fs::read_dir(data.join("articles")) else {
        println!("(no measuring data: made-up sentences)");
        let made_up = "The MKO said so in Tehran, and the talks go on. ".repeat(WORDS);
        return vec![("en", words(made_up.split(' ')))];
    };
    let mut articles: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    articles.sort();
    articles.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    let texts = articles
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap());
    let english = texts.collect::<Vec<_>>().join("\n");
    let mut segments = Vec::new();
    let file = std::fs::File::open(data.join("en_fa.tsv.xz")).unwrap();
    lzma_rs::xz_decompress(&mut std::io::BufReader::new(file), &mut segments).unwrap();
    let segments = String::from_utf8(segments).unwrap();
    let persian = segments.lines().filter_map(|line| line.split('\t').nth(1));
    vec![
        ("en", words(english.split(' '))),
        ("fa", words(persian.flat_map(|line| line.split(' ')))),
    ]
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.take(WORDS).collect::<Vec<_>>().join(" ")
}

/// Half of the calls take no longer, in milliseconds.
fn median(mut call: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2].as_secs_f64() * 1e3
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path(), true).unwrap();
    engine.start().unwrap();
    let options = http::Options {
        listen: "127.0.0.1:0".into(),
        token: "0".repeat(64),
    };
    let server = http::bind(Arc::clone(&engine), options).unwrap();
    let base = format!("http://{}", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = std::thread::spawn(move || {
        let stop = async move {
            let _ = stopped.await;
        };
        actix_web::rt::System::new().block_on(server.run(stop))
    });
    let agent = ureq::Agent::new_with_defaults();
    let mut findings = 0;
    for (language, text) in pages() {
        let native = FindNames {
            text: text.clone(),
            lang: Lang::parse(language).ok(),
            ..FindNames::default()
        };
        let inside = median(|| drop(engine.find_names(&Caller::local(), &native).unwrap()));
        let find = format!("{base}/v1/names/find");
        let beside = median(|| {
            let mut reply = agent.post(&find).send_json(&native).unwrap();
            reply.body_mut().read_to_string().unwrap();
        });
        let check = format!("{base}/lt/default/v2/check");
        let form = [("text", text.as_str()), ("language", language)];
        let checked = median(|| {
            let mut reply = agent.post(&check).send_form(form).unwrap();
            let reply = reply.body_mut().read_to_string().unwrap();
            findings = reply.matches("contextForSureMatch").count();
        });
        let bytes = text.len();
        println!(
            "{language}, {WORDS} words in {bytes} bytes, {findings} findings: check {checked:.2} ms; \
             /v1/names/find {beside:.2} ms, in process {inside:.2} ms; ratio {:.2}",
            checked / beside
        );
    }
    stop.send(()).unwrap();
    running.join().unwrap().unwrap();
    engine.close();
}
