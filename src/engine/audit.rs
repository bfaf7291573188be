//! The audit log, read and filtered by an administrator.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::not_found;
use super::{Caller, Engine, Error, invalid, view};
use crate::store::{self, AuditEntry, AuditFilter, Deed};

/// The most entries on a page.
const MOST_ON_A_PAGE: usize = 1_000;
/// For cursors.
const LIST: &str = "the audit log";

/// Which entries to show; all conditions given must hold.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// The cursor of the page before.
    pub after: Option<String>,
    /// Entries on a page, 1–1000.
    pub limit: usize,
    /// A key's id or name.
    pub by: Option<String>,
    /// An action.
    pub action: Option<String>,
    /// A memory's name, also of a deleted one.
    pub memory: Option<String>,
    /// RFC 3339; at that time or later.
    pub since: Option<String>,
    /// RFC 3339; before that time.
    pub until: Option<String>,
}

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct AuditView {
    /// When.
    pub at: String,
    /// The name of the key; null for the local administrator, and for anybody while there are no keys.
    pub by: Option<String>,
    /// The key's id.
    pub key: Option<String>,
    /// What was done, such as `unit_added`, `memory_deleted`, `exported`, `key_revoked`, `refused`.
    pub action: String,
    /// To what kind of thing: `unit`, `memory`, `import`, `key`, `route` …
    pub object: String,
    /// To which one.
    pub object_id: String,
    /// The name of the memory it is in, or is.
    pub memory: Option<String>,
    /// The unit's revision before.
    pub before_rev: Option<i64>,
    /// The unit's revision after.
    pub after_rev: Option<i64>,
    /// The request's id, as in `X-Request-Id` and in the log; null for the command line.
    pub request_id: Option<String>,
}

/// Entries of the audit log, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries; a page that looked far back for what the filter says may be short, or empty.
    pub entries: Vec<AuditView>,
    /// Where older ones begin: `after` of the next page. Left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cursor: Option<String>,
}

impl Engine {
    /// A page of the audit log, the newest first.
    pub fn audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, Error> {
        caller.must_be_admin()?;
        if !(1..=MOST_ON_A_PAGE).contains(&query.limit) {
            let reason = "1 to 1000 entries fit on a page";
            return Err(invalid("out_of_range", "limit", reason));
        }
        let time = |text: &Option<String>, field| {
            let text = text.as_deref();
            text.map(|text| view::read_time(text, field)).transpose()
        };
        let filter = AuditFilter {
            by: query.by.clone(),
            action: query.action.clone(),
            memory: query.memory.clone(),
            since: time(&query.since, "since")?,
            until: time(&query.until, "until")?,
        };
        let before = query
            .after
            .as_deref()
            .map(|cursor| view::read_cursor(LIST, cursor, "after"))
            .transpose()?;
        let page = self.store.read(|reader| match &filter.memory {
            Some(name) if !reader.memory_was(name)? => Ok(None),
            _ => reader.audit(before, query.limit, &filter).map(Some),
        })?;
        let page = page.ok_or_else(|| not_found("memory"))?;
        Ok(AuditPage {
            entries: page.entries.into_iter().map(shown).collect(),
            cursor: page.next.map(|entry| view::cursor(LIST, entry)),
        })
    }

    /// Writes down that much was taken along at once, as by an export. Where it cannot be written, as on a full
    /// disk, the work goes on, since it may be the rescue.
    pub(super) fn note(&self, caller: &Caller, deed: Deed) {
        let (who, action) = (caller.actor(), deed.action);
        if let Err(error) = self.store.write(move |tx| tx.audit(&who, &deed)) {
            tracing::error!(%error, action, "this could not be written into the audit log");
        }
    }

    /// Writes down that a call was refused that only an administrator may make; `route` is its method and
    /// pattern.
    pub fn note_refusal(&self, caller: &Caller, route: String) -> Result<(), Error> {
        let who = caller.actor();
        let noted: Result<(), store::Error> = self
            .store
            .write(move |tx| tx.audit(&who, &Deed::new("refused", "route", route)));
        Ok(noted?)
    }
}

fn shown(entry: AuditEntry) -> AuditView {
    AuditView {
        at: view::time(entry.at),
        by: entry.actor.by,
        key: entry.actor.key,
        action: entry.action,
        object: entry.object,
        object_id: entry.object_id,
        memory: entry.memory,
        before_rev: entry.before,
        after_rev: entry.after,
        request_id: entry.actor.request,
    }
}
