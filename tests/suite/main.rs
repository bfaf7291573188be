//! The one integration binary. What belongs where:
//! * `architecture`: the map in `src/lib.rs` is true
//! * `cli`: the program as users start it, exit codes, what goes to stdout and stderr
//! * `folders`: data folders of others and of newer versions; `upkeep`: backup, restore, verify; `faults`: disks and
//!   processes that fail, `figures` for watchers; `threats`: every claim of the threat model has its test
//! * `crash`: the program killed and ended while it works, with `load` (who works) and `ledger` (what must be there)
//! * `real`: real files in and out, with `tmx` (a reader of its own); `recall`: real segments against brute force
//! * `http`, `bad_input` (with the table `bad_rows`), `units`, `transfer`: replies to good and bad requests, over a
//!   real socket; `replies`: what these must look like
//! * `glossary`: concepts, styles, suggestions, glossary files
//! * `maintain`: many units at once: filters, undo, replace, duplicates, erasure, statistics
//! * `rights`: every route × every kind of key, as `rights_table` says; `keys`: keys over their life, and what must never be written down
//! * `concordance`: questions good and bad, and real segments against a look at each
//! * `changes`: a copy that follows the store, and those who wait for news
//! * `terms`: names and terms in texts, as editors and translators ask
//! * `openapi`: the document, as a snapshot
//! * `documents`: rewritten documents, as `LibreOffice` opens them; `large_texts`: texts of 100 MB
//! * `helpers`: a server in this process, and a client for it; `process`: the program in processes of its own
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may tell figures"
)]

mod architecture;
mod bad_input;
mod bad_rows;
mod changes;
mod cli;
mod concordance;
mod crash;
mod documents;
mod faults;
mod folders;
mod glossary;
mod helpers;
mod http;
mod keys;
mod large_texts;
mod ledger;
mod load;
mod maintain;
mod names;
mod openapi;
mod process;
mod real;
mod recall;
mod replies;
mod rights;
mod rights_table;
mod tbx;
mod terms;
mod threats;
mod tmx;
mod transfer;
mod units;
mod upkeep;
