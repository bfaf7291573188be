//! A word search as one would build it with `tantivy`: segments that have any of the words, the 200 best by BM25, those
//! scored with our score. Folded texts, one segment of the index, in memory, no positions.

use std::collections::HashSet;

use hamzaban::engine::{Caller, Engine};
use hamzaban::score::{Segment, compare};
use hamzaban::text::fold;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument, Term};

use crate::brute;
use crate::data::Segments;
use crate::made::{ask, timed};

const QUERIES: usize = 1_002;
const CANDIDATES: usize = 200;
const THRESHOLD: u8 = 70;

pub(crate) fn search(engine: &Engine, segments: &Segments) {
    let words = Words::of(segments);
    let ready: Vec<Segment> = segments
        .lines
        .iter()
        .map(|line| Segment::plain(line))
        .collect();
    let queries = segments.queries(QUERIES);
    let (found, took) = timed(|| -> Vec<Vec<(u8, usize)>> {
        queries
            .iter()
            .map(|query| words.best(query, &ready))
            .collect()
    });
    drop(ready);
    let theirs = took.as_secs_f64() / queries.len() as f64;
    brute::tell(
        "tantivy, OR of the words, 200 best scored",
        theirs,
        brute::ours(engine, segments, QUERIES),
    );

    let (mut matches, mut missed, mut queries_with) = (0, 0, 0);
    for (query, found) in queries.iter().zip(found) {
        let found: HashSet<&str> = found
            .iter()
            .map(|(_, line)| segments.lines[*line].as_str())
            .collect();
        let reply = engine
            .lookup(&Caller::local(), &ask(query, THRESHOLD))
            .expect("a look-up");
        let not_found = reply
            .matches
            .iter()
            .filter(|found_by_us| !found.contains(found_by_us.source.as_str()));
        let not_found = not_found.count();
        matches += reply.matches.len();
        missed += not_found;
        queries_with += usize::from(not_found > 0);
    }
    println!(
        "tantivy misses {missed} of the {matches} matches shown, in {queries_with} of {QUERIES} queries"
    );
}

struct Words {
    searcher: Searcher,
    text: Field,
}

impl Words {
    fn of(segments: &Segments) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("default")
            .set_index_option(IndexRecordOption::WithFreqs);
        let text = schema.add_text_field(
            "text",
            TextOptions::default().set_indexing_options(indexing),
        );
        let line = schema.add_u64_field("line", FAST);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 1 << 30).expect("a writer");
        for (place, segment) in segments.lines.iter().enumerate() {
            let mut document = TantivyDocument::default();
            document.add_text(text, fold::key(segment).text);
            document.add_u64(line, place as u64);
            writer.add_document(document).expect("room");
        }
        writer.commit().expect("a commit");
        let parts = index.searchable_segment_ids().expect("segments");
        if parts.len() > 1 {
            writer.merge(&parts).wait().expect("a merge");
        }
        writer.wait_merging_threads().expect("merged");
        let searcher = index.reader().expect("a reader").searcher();
        println!(
            "tantivy: {} documents in {} segments",
            searcher.num_docs(),
            searcher.segment_readers().len()
        );
        Self { searcher, text }
    }

    /// Lines among the candidates that reach the threshold, the best first.
    fn best(&self, query: &str, ready: &[Segment]) -> Vec<(u8, usize)> {
        let folded = fold::key(query).text;
        let words: HashSet<&str> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let one = |word: &str| -> (Occur, Box<dyn Query>) {
            let term = Term::from_field_text(self.text, word);
            (
                Occur::Should,
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
            )
        };
        let any = BooleanQuery::new(words.into_iter().map(one).collect());
        let candidates = self
            .searcher
            .search(&any, &TopDocs::with_limit(CANDIDATES).order_by_score())
            .expect("a search");
        let lines: Vec<_> = self
            .searcher
            .segment_readers()
            .iter()
            .map(|reader| reader.fast_fields().u64("line").expect("lines"))
            .collect();
        let asked = Segment::plain(query);
        let mut best: Vec<(u8, usize)> = candidates
            .iter()
            .filter_map(|(_, place)| lines[place.segment_ord as usize].first(place.doc_id))
            .map(|line| {
                (
                    compare(&asked, &ready[line as usize]).percent,
                    line as usize,
                )
            })
            .filter(|(percent, _)| *percent >= THRESHOLD)
            .collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        best
    }
}
