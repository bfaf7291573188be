//! Logs, text or JSON on stderr, and the figures for Prometheus. Route patterns and request ids are told; segments,
//! names of memories and keys are not.

pub mod metrics;

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use std::error::Error as _;

/// A log filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("log filter {filter:?}: {reason}; examples: info, warn,hamzaban=debug")]
pub struct FilterError {
    filter: String,
    reason: String,
}

/// Starts logging for the whole process; the second call does nothing.
/// `filter` is a level or a tracing filter such as `info,hamzaban=debug`.
pub fn start(filter: &str, json: bool) -> Result<(), FilterError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| FilterError {
        filter: filter.to_owned(),
        reason: error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string),
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // Where the log's disk is full, a complaint on the same stderr would panic whoever logs.
        .log_internal_errors(false);
    // It fails only where logging has been started before, as tests in one process do.
    let _ = if json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.try_init()
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_with_an_example() {
        let message = start("hamzaban=loudly", false).unwrap_err().to_string();
        assert!(
            message.contains("hamzaban=loudly") && message.contains("examples"),
            "{message}"
        );
    }
}
