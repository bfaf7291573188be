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
#[cfg(test)]
mod tokens_tests;
