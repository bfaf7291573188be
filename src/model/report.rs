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

/// How many units a [`BulkReport`] lists that it left alone; `conflicts_total` counts them all.
pub const MAX_CONFLICTS: usize = 1_000;

/// What a change of many units did, so far or at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkReport {
    /// Units that were looked at because they were to be changed.
    pub matched: u64,
    /// New units.
    pub added: u64,
    /// Units that got a new revision.
    pub changed: u64,
    /// Units that were deleted.
    pub deleted: u64,
    /// Deleted units that came back.
    pub restored: u64,
    /// Units that were as wanted already.
    pub unchanged: u64,
    /// Ids of units that were left alone, because someone edited them meanwhile or since, or because the result
    /// would be no segment; the first 1,000. None for who may not see all memories that a change is about.
    pub conflicts: Vec<String>,
    /// How many of those there were.
    pub conflicts_total: u64,
}

impl BulkReport {
    /// What an import did, in these words.
    pub fn of_import(report: &ImportReport) -> Self {
        Self {
            matched: report.read,
            added: report.added,
            changed: report.updated,
            unchanged: report.unchanged,
            ..Self::default()
        }
    }

    /// Counts a unit that was left alone, and lists it while there is room.
    pub fn add_conflict(&mut self, unit: String) {
        self.conflicts_total += 1;
        if self.conflicts.len() < MAX_CONFLICTS {
            self.conflicts.push(unit);
        }
    }
}
