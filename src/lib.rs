//! Hamzaban: a multilingual translation-memory and glossary server.
pub mod cli;
pub mod config;
pub mod engine;
pub mod formats;
pub mod http;
pub mod model;
pub mod store;
pub mod telemetry;
pub mod text;
