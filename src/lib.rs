//! Hamzaban.
pub mod engine;
pub mod formats;
pub mod index;
pub mod model;
pub mod score;
pub mod store;
pub mod text;
