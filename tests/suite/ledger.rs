//! What must be there after a crash: every write that was acknowledged, and nothing that was not asked for.

use serde_json::{Value, json};

use super::load::Client;

/// What its writer knows of a unit.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) rev: i64,
    pub(crate) source: String,
    /// Its translation; none once it is deleted.
    pub(crate) target: Option<String>,
    /// What was asked for last, if no answer came: it may have been done, or not.
    pub(crate) asked: Option<Asked>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    Target(String),
    Deletion,
}

impl Note {
    /// What was asked for is done.
    pub(crate) fn happened(&mut self, rev: i64) {
        self.rev = rev;
        self.target = match self.asked.take() {
            Some(Asked::Target(target)) => Some(target),
            _ => None,
        };
    }

    /// A look-up of its source finds it with its target; or does not, once it is deleted.
    pub(crate) fn agrees_with(&self, matches: &[Value]) {
        let found = matches.iter().find(|found| found["unit_id"] == self.id);
        match (&self.target, found) {
            (Some(target), Some(found)) => {
                assert!(found["score"].as_u64().unwrap() >= 100, "{found}");
                assert_eq!(
                    (&found["source"], &found["target"], &found["rev"]),
                    (&json!(self.source), &json!(target), &json!(self.rev))
                );
            }
            (None, None) => {}
            (Some(_), None) => panic!("written, and no longer found: {self:?}"),
            (None, Some(_)) => panic!("found, and deleted: {self:?}"),
        }
    }

    /// The store has it as it was acknowledged, or as it was asked for last.
    fn is_kept(&mut self, client: &Client) {
        let reply = client.get(&format!("/v1/units/{}", self.id));
        if reply.status == 404 {
            let allowed = self.target.is_none() || self.asked == Some(Asked::Deletion);
            assert!(allowed, "lost: {self:?}");
            self.target = None;
        } else {
            assert_eq!(reply.status, 200, "{}", reply.text);
            let unit = reply.json();
            let rev = unit["rev"].as_i64().unwrap();
            let later = matches!(self.asked, Some(Asked::Target(_))) && rev == self.rev + 1;
            if later {
                self.happened(rev);
            }
            let texts = json!({ "en": self.source, "fa": self.target });
            assert_eq!((rev, &unit["variants"]), (self.rev, &texts), "{self:?}");
        }
        self.asked = None;
    }
}

/// Every acknowledged write is in the store as it was acknowledged, and look-ups say the same.
pub(crate) fn nothing_is_lost(client: &Client, notes: &mut [Note]) {
    for note in &mut *notes {
        note.is_kept(client);
    }
    let sources: Vec<&str> = notes.iter().map(|note| note.source.as_str()).collect();
    let found = client.same(&sources);
    for (note, matches) in notes.iter().zip(&found) {
        note.agrees_with(matches);
    }
}

/// Each of these units of the store is found by its source, and whatever is found is in the store.
pub(crate) fn index_equals_store(client: &Client, units: &[&Value]) {
    let source = |unit: &&Value| unit["variants"]["en"].as_str().unwrap().to_owned();
    let sources: Vec<String> = units.iter().map(source).collect();
    let texts: Vec<&str> = sources.iter().map(String::as_str).collect();
    for (unit, matches) in units.iter().zip(client.same(&texts)) {
        let is_it = |found: &Value| found["unit_id"] == unit["id"] && found["rev"] == unit["rev"];
        assert!(matches.iter().any(is_it), "not found: {unit}");
        for found in &matches {
            let id = found["unit_id"].as_str().unwrap();
            let stored = client.get(&format!("/v1/units/{id}"));
            assert_eq!(stored.status, 200, "found, and not there: {found}");
            assert_eq!(stored.json()["rev"], found["rev"]);
        }
    }
}
