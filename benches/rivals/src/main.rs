//! Whole look-ups against other ways to find the same, in one run, each in its own block: comparing with every segment
//! (`benches/figures/brute.rs`), and a word search with the crate `tantivy` whose 200 best are scored.
//!
//! `HAMZABAN_SHARED=… cargo run --release --manifest-path benches/rivals/Cargo.toml [-- words|brute]`

#[path = "../../figures/brute.rs"]
mod brute;
#[path = "../../data/characters.rs"]
mod characters;
#[path = "../../data/mod.rs"]
mod data;
#[path = "../../figures/made.rs"]
mod made;
mod words;

use data::Segments;

fn main() {
    let only = std::env::args().nth(1);
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    let segments = Segments::load();
    println!(
        "{} segments, {:.1} MB: {}",
        segments.lines.len(),
        segments.bytes() as f64 / 1e6,
        segments.origin
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = made::import(folder.path(), &segments, &["import"]);
    made::index_size(&engine);
    if wanted("words") {
        words::search(&engine, &segments);
    }
    if wanted("brute") {
        brute::force(&engine, &segments);
    }
}
