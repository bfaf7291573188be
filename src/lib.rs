//! Hamzaban.
pub mod cli;
pub mod config;
pub mod engine;
pub mod formats;
pub mod http;
pub mod index;
pub mod model;
pub mod score;
pub mod store;
pub mod telemetry;
pub mod text;
