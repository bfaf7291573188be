//! Hamzaban (همزبان, "of one tongue"): a translation-memory and glossary server.
//! This page is the map for whoever changes the code; users read `README.md`.
//!
//! # Words
//! A *memory* holds *units*; a unit is the same text in two or more languages, its *variants*; a *segment* is
//! a text that is looked up; a *match* is a unit with a *score*, an integer percentage.
//!
//! # Rooms
//! | room | what it is for |
//! |---|---|
//! | [`cli`] | one file a command: settings → engine → print |
//! | [`http`] | the listener, who may come in, errors as problems, the JSON API in [`http`]'s `api`, and a file or folder for each protocol of other programs: `tmserver`, `apertium`, `languagetool`, `reconcile`; MyMemory and t5memory have their place beside them |
//! | [`engine`] | the use cases: look up, edit, import, export. The only room that decides |
//! | [`names`] | names and terms in running text: what is meant, its standing, its rewriting; fuzzy look-up |
//! | [`index`] | which stored segments reach a score: exact, without comparing all |
//! | [`score`] | how alike two segments are, and why: the percentage people are paid by |
//! | [`store`] | `SQLite`: memories, units, history, the log of changes. The only room with SQL |
//! | [`formats`] | TMX, TSV and CSV as streams of units, in and out |
//! | [`documents`] | the text of plain, Markdown, HTML, DOCX and ODT files, and its rewriting with the formatting kept |
//! | [`text`] | folding with places, words, inline tags, what a segment may be |
//! | [`model`] | the plain values that all rooms speak: languages, units, changes, reports |
//! | [`config`], [`telemetry`] | the settings and where each came from; the log and the metrics |
//! | [`failpoint`] | where tests make the program fail; empty in a release |
//!
//! # Arrows
//! ```text
//! main      → cli, telemetry
//! cli       → engine, http, config, telemetry, model
//! http      → engine, config, telemetry, failpoint, model
//! engine    → store, index, names, score, formats, documents, text, failpoint, model
//! index     → score, text, model        score   → text
//! store     → text, failpoint, model    names   → text, model
//! documents → text, model               formats → text, model
//! ```
//! Nothing else may `use crate::…` another room; `tests/suite/architecture.rs` reads the sources and says so.
//!
//! # What never changes
//! * Stored text is returned byte for byte. Folding is for comparing; every fold keeps the way back.
//! * A score is a function of two texts and their context. Percentages are integers, rounded down once.
//! * A write that was acknowledged is on the disk, and the next look-up sees it. The index is derived: it
//!   changes only by applying the store's changes, in the order of the log, and can be made anew at any time.
//! * Search is exact; only the work budget may end it early, and then the reply says `truncated`.
//! * SQL stays in [`store`], actix in [`http`]; nothing below [`http`] is async.
//! * No request, file or text may panic the server or make it hold more than it can bound.
//!
//! # How things flow
//! *Look-up*: `http/api/lookup.rs` → `engine/lookup.rs` → [`index`] → rows from [`store`] → [`score`] → JSON.
//! *Write*: `http/api/units.rs` → `engine/edit.rs` → one transaction on the store's writer thread → COMMIT →
//! the follower thread applies the changes to the index → the answer.
//! *Import*: `formats::read` on the caller's thread → batches to the writer → the follower, all at once.
//! *Feed*: `http/api/changes.rs` → `engine/feed.rs` → the store's log; the follower wakes whoever waits in `http/news.rs`.
//! *Start*: bind → the engine loads the index from its snapshot and replays the log since, or fills it from the
//! store → ready.
//!
//! # Where to look
//! | I want to … | go to |
//! |---|---|
//! | treat two letters alike | `text/tables.rs` |
//! | change what 85 % means | `score/mod.rs`, and `docs/matching.md` for translators |
//! | find a name that is missed | `names/walk.rs` (spelling), `names/context.rs` (words around), `names/sound.rs` |
//! | change what a search for words finds | `text/wanted.rs`, and `index/concordance.rs` must find the same |
//! | make look-ups faster | `index/search.rs`, then `cargo bench --bench figures` |
//! | add a column | `schema.sql` and a step in `store/schema.rs` |
//! | add a file format | `formats/NAME.rs` and a line in `formats/mod.rs` |
//! | add a kind of document | `documents/NAME.rs`, `documents/kind.rs` and a line in `documents/mod.rs` |
//! | speak another protocol | `http/NAME.rs` after `http/apertium.rs`, its refusals in `http/door.rs`, and its rows in `tests/suite/rights_table.rs` |
//! | speak with OpenRefine | `http/reconcile`, which only translates; `engine/glossary/identify.rs` decides what is a match |
//! | add a call | `http/api/NAME.rs`, `http/openapi.rs`, and its row in `tests/suite` |
//! | change what editors underline | `http/languagetool/reply.rs`; what is found is `names` |
//! | decide who may do what | `engine/access.rs`, and the route's row in `tests/suite/rights.rs` |
//! | change an error's status | `http/problem.rs` |
//! | add a setting | `config` |

pub mod cli;
pub mod config;
pub mod documents;
pub mod engine;
pub mod failpoint;
pub mod formats;
pub mod http;
pub mod index;
pub mod model;
pub mod names;
pub mod score;
pub mod store;
pub mod telemetry;
pub mod text;
