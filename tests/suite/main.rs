//! The one integration binary. What belongs where:
//! * `cli`: the program as users start it, exit codes, what goes to stdout and stderr
//! * `http`, `bad_input`, `units`, `transfer`: replies to good and bad requests, over a real socket, with
//!   `bad_rows` (tables) and `replies` (what replies must look like)
//! * `openapi`: the document, as a snapshot
//! * `helpers`: a server in this process, and a client for it
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails may panic"
)]

mod bad_input;
mod bad_rows;
mod cli;
mod helpers;
mod http;
mod openapi;
mod replies;
mod transfer;
mod units;
