//! From an edit of the termbase to the first answer that knows it, through the engine, with its write to the disk;
//! and what somebody notices who asks meanwhile.

use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hamzaban::engine::{Caller, Engine, GlossaryImport};
use hamzaban::formats::glossary;
use hamzaban::model::Concept;

/// More than are taken along before everything is built again aside.
const EDITS: usize = 700;

pub(crate) fn measure(title: &str, concepts: &[Concept]) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path(), false).unwrap();
    engine.catch_up().unwrap();
    let mut csv = Vec::new();
    glossary::write(concepts, &mut csv).unwrap();
    let how = GlossaryImport {
        allow_confusable: true,
        ..GlossaryImport::default()
    };
    let caller = Caller::local();
    let report = engine.import_glossary(&caller, Box::new(Cursor::new(csv)), &how);
    report.unwrap();
    let find = |text: &str| {
        let asked = serde_json::json!({ "text": text });
        let asked = serde_json::from_value(asked).unwrap();
        engine.find_names(&caller, &asked).unwrap().mentions.len()
    };
    let (mut edits, mut asks) = (Vec::new(), Vec::new());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut asks = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                find("A spokesman of the city council met reporters in Tehran on Tuesday.");
                asks.push(start.elapsed());
                std::thread::sleep(Duration::from_millis(1));
            }
            asks
        });
        for number in 0..EDITS {
            let name = format!("Bureau of Edited Affairs {number}");
            let new = serde_json::json!({
                "id": format!("org:edited-{number}"), "names": [{"lang": "en", "text": name}],
                "allow_confusable": true,
            });
            let new = serde_json::from_value(new).unwrap();
            let start = Instant::now();
            engine.create_concept(&caller, &new).unwrap();
            assert_eq!(find(&name), 1, "{name}");
            edits.push(start.elapsed());
        }
        done.store(true, Ordering::Relaxed);
        asks = asking.join().unwrap();
    });
    edits.sort_unstable();
    asks.sort_unstable();
    let told = |times: &[Duration]| {
        let at = |part: usize| times[(times.len() - 1) * part / 100];
        format!(
            "p50 {:.2?}, p99 {:.2?}, max {:.2?}",
            at(50),
            at(99),
            at(100)
        )
    };
    println!(
        "edits of the {title} glossary ({} concepts), written and found again: {}; who asks meanwhile: {}",
        concepts.len(),
        told(&edits),
        told(&asks)
    );
}
