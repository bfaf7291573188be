//! Reads the command line, runs the command, turns an error into one line and an exit code.

use std::process::ExitCode;

use clap::Parser;
use hamzaban::cli::{self, Arguments};

fn main() -> ExitCode {
    cli::main(Arguments::parse())
}
