//! What an import says when it ends, everywhere the same.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many problems a report lists; `problems_total` counts them all.
pub const MAX_PROBLEMS: usize = 1_000;

/// The result of an import, honest to the unit: `read` = `added` + `updated` + `unchanged` + `skipped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// The import's id, for `GET /v1/imports/{id}`.
    pub id: String,
    /// The memory that was written.
    pub memory: String,
    /// Units read: TMX `tu` elements, or lines with content.
    pub read: u64,
    /// New units.
    pub added: u64,
    /// Units that got a new revision.
    pub updated: u64,
    /// Units that were there already.
    pub unchanged: u64,
    /// Units that could not be taken; each has its problem.
    pub skipped: u64,
    /// What was wrong, in file order, the first 1,000.
    pub problems: Vec<Problem>,
    /// How many problems there were.
    pub problems_total: u64,
}

/// One thing that was wrong with a file: a unit that was skipped, or a detail of one that was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: u64,
    /// Byte in the (unpacked) file, from 0.
    pub byte: u64,
    /// What is wrong and what was done about it.
    pub reason: String,
}

impl ImportReport {
    /// Counts a problem, and lists it while there is room.
    pub fn add_problem(&mut self, problem: Problem) {
        self.problems_total += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}
