//! The one integration binary. What belongs where:
//! * `architecture`: the map in `src/lib.rs` is true
//! * `cli`: the program as users start it, exit codes, what goes to stdout and stderr; `bench`: its figures on one's own data
//! * `folders`: data folders of others and of newer versions; `upkeep`: backup, restore, verify; `faults`: disks and
//!   processes that fail; `power`: power cuts and flipped bits; `strain`: slow, many and greedy clients, tight limits,
//!   clocks that jump; `watching`: figures and logs; `threats`: every claim of the threat model has its test
//! * `crash`: the program killed and ended while it works, with `load` (who works) and `ledger` (what must be there)
//! * `restart`: the index comes back from its snapshot, or is filled anew
//! * `real`: real files in and out, with `tmx` (a reader of its own); `recall`: real segments against brute force
//! * `http`, `units`, `transfer`: replies to good and bad requests, over a real socket; `inputs` (with the table
//!   `bad_rows`): the sixty bad inputs of the design; `replies`: what replies must look like
//! * `glossary`: concepts, styles, suggestions; `glossary_files`: files of them in and out, taken back; `glossary_harm`: bad ones
//! * `maintain`: many units at once: filters, replace, duplicates, erasure, statistics; `undo`: any of it taken back
//! * `rights`: every route × every kind of key, as `rights_table` says; `keys`: keys over their life, and what must never be written down;
//!   `path_key`: keys in the path
//! * `concordance`: questions good and bad, and real segments against a look at each
//! * `changes`: the feed of what happened, and those who wait for news; `follower`: a copy that follows it
//! * `terms`: names and terms in texts, as editors and translators ask
//! * `languagetool`: its protocol; `languagetool_clients`: real clients of it
//! * `reconcile`: the glossary for `OpenRefine`, and with `OpenRefine` and Python clients themselves
//! * `openapi`: the document, as a snapshot
//! * `tmserver`, `tmserver_clients`, `apertium`: other programs' protocols, with what these programs send (`protocols`: what the tests share)
//! * `documents`: rewritten documents, as `LibreOffice` opens them; `large_texts`: texts of 100 MB
//! * `helpers`: a server in this process, and a client for it; `process`: the program in processes of its own
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may tell figures"
)]

mod apertium;
mod architecture;
mod bad_rows;
mod bench;
mod changes;
mod cli;
mod concordance;
mod crash;
mod documents;
mod faults;
mod folders;
mod follower;
mod glossary;
mod glossary_files;
mod glossary_harm;
mod helpers;
mod http;
mod inputs;
mod journal;
mod keys;
mod languagetool;
mod languagetool_clients;
mod large_texts;
mod ledger;
mod load;
mod maintain;
mod names;
mod openapi;
mod path_key;
mod power;
mod process;
mod protocols;
mod real;
mod recall;
mod reconcile;
mod replies;
mod restart;
mod rights;
mod rights_table;
mod strain;
mod tbx;
mod terms;
mod threats;
mod tmserver;
mod tmserver_clients;
mod tmx;
mod transfer;
mod undo;
mod units;
mod upkeep;
mod watching;
