//! Who may use which route: one line each. `rights` tries them all.

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Everybody, also without a key.
    Nothing,
    /// Whoever has a key that is good.
    Key,
    /// A role in all memories.
    Everywhere(Role),
    /// A role in the memory that the path or the body names, or that the thing named is in.
    Memory(Role),
    /// A role in the glossary.
    Glossary(Role),
}
use Need::{Everywhere, Glossary, Key, Memory, Nothing};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Read,
    Write,
    Admin,
}
use Role::{Admin, Read, Write};

/// A route, who may use it, the status that they get, and a good query and body. In all of them `{name}` stands for
/// a memory, `{id}` for what the path says is there, `{unit}` for a unit of the memory, `{new}` for a new name.
pub(crate) type Row = (&'static str, Need, u16, &'static str, &'static str);

/// What a route leaves in the audit log when its row is sent: the action, and the revisions before and after.
pub(crate) type Entry = (&'static str, &'static str, Option<i64>, Option<i64>);

/// Routes that change nothing and take nothing along: they leave nothing there.
pub(crate) const QUESTIONS: &[&str] = &[
    "POST /v1/lookup",
    "POST /v1/lookup/batch",
    "POST /v1/memories/{name}/bulk/replace/preview",
    "POST /v1/names/find",
    "POST /v1/names/normalize",
    "POST /v1/terms",
    "POST /v1/check",
    "POST /v1/documents/normalize",
    "POST /reconcile",
    "POST /reconcile/match",
];

#[rustfmt::skip]
pub(crate) const AUDITED: &[Entry] = &[
    ("POST /v1/admin/backup", "store_backed_up", None, None),
    ("POST /v1/admin/verify", "store_verified", None, None),
    ("POST /v1/admin/erase", "unit_erased", None, None),
    ("POST /v1/memories", "memory_created", None, None),
    ("PATCH /v1/memories/{name}", "memory_changed", None, None),
    ("DELETE /v1/memories/{name}", "memory_deleted", None, None),
    ("POST /v1/memories/{name}/restore", "memory_restored", None, None),
    ("POST /v1/memories/{name}/units", "unit_added", None, Some(1)),
    ("PUT /v1/units/{id}", "unit_changed", Some(1), Some(2)),
    ("DELETE /v1/units/{id}", "unit_deleted", Some(1), Some(2)),
    ("POST /v1/units/{id}/revert", "unit_reverted", Some(2), Some(3)),
    ("POST /v1/memories/{name}/import", "import_started", None, None),
    ("POST /v1/memories/{name}/import", "import_done", None, None),
    ("DELETE /v1/imports/{id}", "bulk_undo", None, None),
    ("GET /v1/memories/{name}/export", "exported", None, None),
    ("DELETE /v1/bulk/{id}", "bulk_undo", None, None),
    ("POST /v1/memories/{name}/bulk/delete", "bulk_delete", None, None),
    ("POST /v1/memories/{name}/bulk/move", "bulk_move", None, None),
    ("POST /v1/memories/{name}/bulk/merge", "bulk_merge", None, None),
    ("POST /v1/memories/{name}/bulk/replace", "bulk_replace", None, None),
    ("POST /v1/keys", "key_created", None, None),
    ("DELETE /v1/keys/{id}", "key_revoked", None, None),
    ("POST /v1/concepts", "concept_added", None, Some(1)),
    ("PUT /v1/concepts/{id}", "concept_changed", Some(1), Some(2)),
    ("DELETE /v1/concepts/{id}", "concept_deleted", Some(1), Some(2)),
    ("POST /v1/concepts/{id}/revert", "concept_reverted", Some(2), Some(3)),
    ("POST /v1/styles", "style_changed", None, Some(1)),
    ("PUT /v1/styles/{name}", "style_changed", Some(1), Some(2)),
    ("DELETE /v1/styles/{name}", "style_deleted", Some(1), Some(2)),
    ("POST /v1/suggestions", "suggestion_made", None, None),
    ("POST /v1/suggestions/{id}/accept", "suggestion_accepted", None, None),
    ("POST /v1/suggestions/{id}/reject", "suggestion_rejected", None, None),
    ("POST /v1/glossary/import", "glossary_import_started", None, None),
    ("POST /v1/glossary/import", "glossary_import_done", None, None),
];

const UNIT: &str = r#"{"variants":{"en":"A new {new}","fa":"نو {new}"}}"#;
const LOOKUP: &str = r#"{"source_lang":"en","target_lang":"fa","text":"a","memories":["{name}"]}"#;
const BATCH: &str = r#"{"source_lang":"en","target_lang":"fa","segments":[{"text":"a"}],"memories":["own","{name}"]}"#;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    ("GET /v1/health", Nothing, 200, "", ""),
    ("GET /v1/ready", Nothing, 200, "", ""),
    ("POST /v1/lookup", Memory(Read), 200, "", LOOKUP),
    ("POST /v1/lookup/batch", Memory(Read), 200, "", BATCH),
    ("GET /v1/changes", Key, 200, "", ""),
    ("GET /v1/concordance", Memory(Read), 200, "q=a&lang=en&memory={name}", ""),
    ("POST /v1/admin/backup", Everywhere(Admin), 200, "", ""),
    ("POST /v1/admin/verify", Everywhere(Admin), 200, "", ""),
    ("GET /v1/memories", Key, 200, "", ""),
    ("POST /v1/memories", Everywhere(Write), 201, "", r#"{"name":"{new}"}"#),
    ("GET /v1/memories/{name}", Memory(Read), 200, "", ""),
    ("PATCH /v1/memories/{name}", Memory(Admin), 200, "", r#"{"penalty":1}"#),
    ("DELETE /v1/memories/{name}", Memory(Admin), 204, "confirm={name}", ""),
    ("GET /v1/memories/{name}/units", Memory(Read), 200, "", ""),
    ("POST /v1/memories/{name}/units", Memory(Write), 201, "", UNIT),
    ("GET /v1/units/{id}", Memory(Read), 200, "", ""),
    ("PUT /v1/units/{id}", Memory(Write), 200, "", r#"{"rev":1,"variants":{"en":"x","fa":"y"}}"#),
    ("DELETE /v1/units/{id}", Memory(Write), 204, "rev=1", ""),
    ("GET /v1/units/{id}/history", Memory(Read), 200, "", ""),
    ("POST /v1/units/{id}/revert", Memory(Write), 200, "", r#"{"rev":1,"to_rev":1}"#),
    ("POST /v1/memories/{name}/import", Memory(Write), 200, "format=tsv", "{file}"),
    ("GET /v1/imports/{id}", Memory(Read), 200, "", ""),
    ("DELETE /v1/imports/{id}", Memory(Write), 200, "", ""),
    ("GET /v1/memories/{name}/export", Memory(Read), 200, "format=tsv", ""),
    ("GET /v1/memories/{name}/bulk", Memory(Read), 200, "", ""),
    ("GET /v1/bulk/{id}", Memory(Read), 200, "", ""),
    ("DELETE /v1/bulk/{id}", Memory(Write), 200, "", ""),
    ("POST /v1/memories/{name}/restore", Memory(Admin), 200, "", ""),
    ("POST /v1/memories/{name}/bulk/delete", Memory(Write), 200, "", r#"{"filter":{"text":"One"}}"#),
    ("POST /v1/memories/{name}/bulk/move", Memory(Write), 200, "", r#"{"to":"own","filter":{"text":"One"}}"#),
    // The other unit is not there: whoever may merge is told so.
    ("POST /v1/memories/{name}/bulk/merge", Memory(Write), 404, "", r#"{"keep":"{unit}","merge":["999999999"]}"#),
    ("POST /v1/memories/{name}/bulk/replace", Memory(Write), 200, "", r#"{"lang":"en","find":"One","with":"1"}"#),
    ("POST /v1/memories/{name}/bulk/replace/preview", Memory(Read), 200, "", r#"{"lang":"en","find":"One","with":"1"}"#),
    ("GET /v1/memories/{name}/duplicates", Memory(Read), 200, "", ""),
    ("GET /v1/memories/{name}/stats", Memory(Read), 200, "", ""),
    ("GET /v1/stats", Key, 200, "", ""),
    ("POST /v1/admin/erase", Memory(Admin), 200, "", r#"{"units":["{unit}"],"confirm":"{unit}"}"#),
    ("GET /v1/keys", Everywhere(Admin), 200, "", ""),
    ("POST /v1/keys", Everywhere(Admin), 201, "", r#"{"memories":["own"]}"#),
    ("DELETE /v1/keys/{id}", Everywhere(Admin), 204, "", ""),
    ("GET /v1/audit", Everywhere(Admin), 200, "", ""),
    ("GET /v1/me", Key, 200, "", ""),
    ("POST /v1/names/find", Glossary(Read), 200, "", r#"{"text":"a"}"#),
    ("POST /v1/names/normalize", Glossary(Read), 200, "", r#"{"text":"a"}"#),
    ("POST /v1/terms", Glossary(Read), 200, "", r#"{"text":"a","source_lang":"en","target_lang":"fa"}"#),
    ("POST /v1/check", Glossary(Read), 200, "", r#"{"source":"a","target":"b","source_lang":"en","target_lang":"fa"}"#),
    ("POST /v1/documents/normalize", Glossary(Read), 200, "kind=text", "{file}"),
    ("GET /v1/concepts", Glossary(Read), 200, "", ""),
    ("POST /v1/concepts", Glossary(Write), 201, "", r#"{"id":"org:{new}","allow_confusable":true,"names":[{"lang":"en","text":"Org {new}"}]}"#),
    ("GET /v1/concepts/{id}", Glossary(Read), 200, "", ""),
    ("PUT /v1/concepts/{id}", Glossary(Write), 200, "", r#"{"rev":1,"allow_confusable":true,"names":[{"lang":"en","text":"Other {new}"}]}"#),
    ("DELETE /v1/concepts/{id}", Glossary(Write), 204, "rev=1", ""),
    ("GET /v1/concepts/{id}/history", Glossary(Read), 200, "", ""),
    ("POST /v1/concepts/{id}/revert", Glossary(Write), 200, "", r#"{"rev":1,"to_rev":1}"#),
    ("GET /v1/styles", Glossary(Read), 200, "", ""),
    ("POST /v1/styles", Glossary(Write), 201, "", r#"{"name":"{new}"}"#),
    ("GET /v1/styles/{name}", Glossary(Read), 200, "", ""),
    ("PUT /v1/styles/{name}", Glossary(Write), 200, "", r#"{"rev":1,"title":"Another"}"#),
    ("DELETE /v1/styles/{name}", Glossary(Write), 204, "rev=1", ""),
    ("GET /v1/styles/{name}/history", Glossary(Read), 200, "", ""),
    ("POST /v1/suggestions", Glossary(Read), 201, "", r#"{"kind":"concept","concept":"org:{new}","content":{"names":[{"lang":"en","text":"Org {new}"}]}}"#),
    ("GET /v1/suggestions", Glossary(Read), 200, "", ""),
    ("GET /v1/suggestions/{id}", Glossary(Read), 200, "", ""),
    ("POST /v1/suggestions/{id}/accept", Glossary(Write), 200, "", r#"{"allow_confusable":true}"#),
    ("POST /v1/suggestions/{id}/reject", Glossary(Write), 200, "", "{}"),
    ("GET /reconcile", Glossary(Read), 200, "", ""),
    ("POST /reconcile", Glossary(Read), 200, "", r#"{"queries":[]}"#),
    ("POST /reconcile/match", Glossary(Read), 200, "", r#"{"queries":[]}"#),
    ("GET /reconcile/suggest/entity", Glossary(Read), 200, "prefix=a", ""),
    ("GET /reconcile/suggest/type", Glossary(Read), 200, "", ""),
    ("GET /reconcile/suggest/property", Glossary(Read), 200, "", ""),
    // There is no such concept: whoever may read the glossary is told so.
    ("GET /reconcile/flyout/{what}", Glossary(Read), 404, "id=org:none", ""),
    ("GET /reconcile/properties", Glossary(Read), 200, "", ""),
    ("GET /reconcile/preview", Glossary(Read), 404, "id=org:none", ""),
    ("GET /reconcile/view", Glossary(Read), 404, "id=org:none", ""),
    ("POST /v1/glossary/import", Glossary(Write), 200, "format=csv", "{glossary}"),
    ("GET /v1/glossary/export", Glossary(Read), 200, "format=csv", ""),
];

/// The routes of other programs' protocols, which stand in no document of ours: addresses as they are asked for.
#[rustfmt::skip]
pub(crate) const PROTOCOLS: &[Row] = &[
    ("GET /tmserver/languages/", Key, 200, "", ""),
    ("GET /tmserver/en/fa/unit/One.", Memory(Read), 200, "memory={name}", ""),
    ("GET /amagama/api/v1/en/fa/unit/", Memory(Read), 200, "source=One.&memory={name}", ""),
    ("PUT /tmserver/en/fa/unit/New", Memory(Write), 200, "memory={name}", r#"{"target":"نو"}"#),
    ("POST /tmserver/en/fa/unit/New", Memory(Write), 200, "memory={name}", r#"{"target":"نو"}"#),
    ("DELETE /tmserver/en/fa/unit/One.", Memory(Write), 200, "memory={name}", ""),
    ("PUT /tmserver/en/fa/store/a.tsv", Memory(Write), 200, "memory={name}", "{file}"),
    ("POST /tmserver/en/fa/store/a.po", Memory(Write), 200, "memory={name}", r#"[{"source":"a","target":"b"}]"#),
    ("GET /apertium/translate", Memory(Read), 200, "langpair=en%7Cfa&q=One.&memory={name}", ""),
    ("POST /apertium/translate", Memory(Read), 200, "langpair=en%7Cfa&q=One.&memory={name}", "-"),
    ("GET /apertium/listPairs", Key, 200, "", ""),
    ("GET /v2/languages", Nothing, 200, "", ""),
    ("GET /v2/info", Nothing, 200, "", ""),
    ("GET /v2/maxtextlength", Nothing, 200, "", ""),
    ("GET /v2/healthcheck", Nothing, 200, "", ""),
    ("GET /v2/configinfo", Glossary(Read), 200, "", ""),
    ("GET /v2/check", Glossary(Read), 200, "text=a", ""),
    ("POST /v2/check", Glossary(Read), 200, "", "text=a"),
    ("POST /lt/default/v2/check", Glossary(Read), 200, "", "text=a"),
    ("POST /lt/default/check", Glossary(Read), 200, "", "text=a"),
    ("GET /lt/default/v2/words", Glossary(Read), 200, "", ""),
    ("POST /lt/default/v2/words/add", Glossary(Write), 200, "", "word={new}"),
    ("POST /lt/default/v2/words/delete", Glossary(Write), 200, "", "word={new}"),
];
