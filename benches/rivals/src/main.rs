//! Whole look-ups against other ways to find the same, in one run, each in its own block: comparing with every segment
//! (`benches/figures/brute.rs`), and a word search with the crate `tantivy` whose 200 best are scored.
//!
//! `HAMZABAN_SHARED=… cargo run --release --manifest-path benches/rivals/Cargo.toml`

#[path = "../../figures/brute.rs"]
mod brute;
#[path = "../../data/mod.rs"]
mod data;
#[path = "../../figures/made.rs"]
mod made;
mod words;

use data::Segments;

fn main() {
    let segments = Segments::load();
    println!("{} segments: {}", segments.lines.len(), segments.origin);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = made::import(folder.path(), &segments);
    made::index_size(&engine);
    words::search(&engine, &segments);
    brute::force(&engine, &segments);
}
