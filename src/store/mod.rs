//! Stand-in until the store lands.
#[derive(Debug, thiserror::Error)]
#[error("stand-in")]
pub struct OpenError;
