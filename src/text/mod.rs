//! Text.
pub mod check;
pub mod fold;
#[cfg(test)]
mod fold_tests;
mod map;
mod pages;
mod placeables;
mod tables;
pub mod tags;
pub mod tokens;
pub use tokens::{Analysis, Kind, Token, analyse, analyse_into};
