//! Hamzaban: a multilingual translation-memory and glossary server.
pub mod engine;
pub mod formats;
pub mod model;
pub mod store;
pub mod text;
