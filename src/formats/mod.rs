//! Stand-in until the formats land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Tmx,
    Tsv,
    Csv,
}
#[derive(Debug, thiserror::Error)]
#[error("stand-in")]
pub struct Error {
    pub code: &'static str,
    pub line: u64,
    pub byte: u64,
    pub reason: String,
}
