//! Suggestions: whoever may read the termbase may propose an edit; who may write decides.

use super::super::access::not_found;
use super::super::edit::check_label;
use super::super::{Caller, Engine, Error, Role, invalid};
use super::requests::{
    ConceptContent, Decision, NewSuggestion, SuggestionKind, SuggestionPage, SuggestionView,
};
use super::{check, view};
use crate::model::{Concept, ConceptId};
use crate::store::{self, Actor, Deed, Expected, StoredSuggestion, SuggestionState, Tx};

/// The longest comment and reason, in characters.
const LONGEST_COMMENT: usize = 2_000;
/// The most suggestions on a page.
const MOST_ON_A_PAGE: usize = 500;

impl Engine {
    /// Keeps a proposed edit, checked as the edit itself would be.
    pub fn suggest(&self, caller: &Caller, new: &NewSuggestion) -> Result<SuggestionView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Read)?;
        check_comment(new.comment.as_deref(), "/comment")?;
        let old = self.store.read(|reader| reader.concept(&new.concept))?;
        let old = old.map(|stored| stored.concept);
        proposed(new, old.as_deref())?;
        let content = serde_json::to_string(&NewSuggestion {
            comment: None,
            ..new.clone()
        });
        let content = content.map_err(|e| Error::Store(e.to_string()))?;
        let new = new.clone();
        Ok(self.write(caller, move |tx, who| {
            let (comment, by) = (new.comment.as_deref(), who.by.as_deref());
            let kept = tx.add_suggestion(&new.concept, &content, comment, by)?;
            let deed = Deed::new("suggestion_made", "suggestion", kept.id.to_string());
            tx.audit(who, &deed)?;
            view::suggestion(&kept)
        })?)
    }

    /// Suggestions in one state, in the order they were made.
    pub fn suggestions(
        &self,
        caller: &Caller,
        state: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<SuggestionPage, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        if !(1..=MOST_ON_A_PAGE).contains(&limit) {
            let reason = "1 to 500 suggestions fit on a page";
            return Err(invalid("out_of_range", "limit", reason));
        }
        let state = SuggestionState::parse(state).ok_or_else(|| {
            invalid(
                "invalid_value",
                "state",
                "a state is open, accepted or rejected",
            )
        })?;
        let after = cursor.map_or(Ok(0), |cursor| {
            cursor.parse::<i64>().map_err(|_| {
                let reason = "give the cursor of the page before as it was";
                invalid("invalid_cursor", "cursor", reason)
            })
        })?;
        let mut found = self
            .store
            .read(|reader| reader.suggestions(state, after, limit + 1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let cursor = found
            .last()
            .filter(|_| more)
            .map(|last| last.id.to_string());
        let shown = found.iter().map(view::suggestion);
        Ok(SuggestionPage {
            suggestions: shown.collect::<Result<_, _>>()?,
            cursor,
        })
    }

    /// One suggestion.
    pub fn suggestion(&self, caller: &Caller, id: &str) -> Result<SuggestionView, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let stored = self.stored_suggestion(id)?;
        Ok(view::suggestion(&stored)?)
    }

    fn stored_suggestion(&self, id: &str) -> Result<StoredSuggestion, Error> {
        let number = id.parse::<i64>().ok().filter(|n| n.to_string() == id);
        let number = number.ok_or_else(|| not_found("suggestion"))?;
        let stored = self.store.read(|reader| reader.suggestion(number))?;
        stored.ok_or_else(|| not_found("suggestion"))
    }

    /// Makes a suggestion an edit like any other.
    pub fn accept_suggestion(
        &self,
        caller: &Caller,
        id: &str,
        decision: &Decision,
    ) -> Result<SuggestionView, Error> {
        let _editing = self.live.edit();
        let stored = self.open_suggestion(caller, id, decision)?;
        let said: NewSuggestion = serde_json::from_str(&stored.content)
            .map_err(|e| Error::Store(format!("suggestion {id}: {e}")))?;
        let old = self.store.read(|reader| reader.concept(&said.concept))?;
        let concept = proposed(&said, old.as_ref().map(|stored| &*stored.concept))?;
        let expected = match (&old, said.kind) {
            (_, SuggestionKind::Concept) => Expected::Nothing,
            (Some(old), SuggestionKind::Name) => Expected::Rev(decision.rev.unwrap_or(old.rev)),
            (_, _) => Expected::Rev(decision.rev.or(said.rev).unwrap_or(0)),
        };
        let before = old.as_ref().map(|stored| &*stored.concept);
        self.must_be_clear(&concept, before, decision.allow_confusable)?;
        let accepted = decide(&stored, SuggestionState::Accepted, decision);
        self.write_concept(caller, concept, expected, move |tx, who, concept| {
            let rev = tx.concept(concept)?.map(|stored| stored.rev);
            accepted(tx, who, rev)
        })
    }

    /// Says no to a suggestion.
    pub fn reject_suggestion(
        &self,
        caller: &Caller,
        id: &str,
        decision: &Decision,
    ) -> Result<SuggestionView, Error> {
        let stored = self.open_suggestion(caller, id, decision)?;
        let rejected = decide(&stored, SuggestionState::Rejected, decision);
        Ok(self.write(caller, move |tx, who| rejected(tx, who, None))?)
    }

    fn open_suggestion(
        &self,
        caller: &Caller,
        id: &str,
        decision: &Decision,
    ) -> Result<StoredSuggestion, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        check_comment(decision.reason.as_deref(), "/reason")?;
        let stored = self.stored_suggestion(id)?;
        if stored.state == SuggestionState::Open {
            return Ok(stored);
        }
        Err(Error::Conflict {
            code: "already_decided",
            field: "id".into(),
            reason: format!("the suggestion is {} already", stored.state.as_str()),
        })
    }
}

/// Writes down what became of a suggestion, and which revision of its concept came of it.
fn decide(
    stored: &StoredSuggestion,
    state: SuggestionState,
    decision: &Decision,
) -> impl FnOnce(&mut Tx<'_>, &Actor, Option<i64>) -> Result<SuggestionView, store::Error> + Send + 'static
{
    let (number, reason) = (stored.id, decision.reason.clone());
    let action = match state {
        SuggestionState::Accepted => "suggestion_accepted",
        _ => "suggestion_rejected",
    };
    move |tx, who, rev| {
        let by = who.by.as_deref();
        let decided = tx.decide_suggestion(number, state, reason.as_deref(), rev, by)?;
        let deed = Deed::new(action, "suggestion", number.to_string());
        tx.audit(who, &deed)?;
        view::suggestion(&decided)
    }
}

fn check_comment(comment: Option<&str>, field: &str) -> Result<(), Error> {
    comment.map_or(Ok(()), |text| check_label(text, LONGEST_COMMENT, field))
}

/// The concept as it would be.
fn proposed(said: &NewSuggestion, old: Option<&Concept>) -> Result<Concept, Error> {
    let id = said.concept.clone();
    match said.kind {
        SuggestionKind::Concept => match old {
            Some(_) => Err(exists(&id)),
            None => whole(id, said),
        },
        SuggestionKind::Change => {
            old.ok_or_else(|| not_found("concept"))?;
            if said.rev.is_none() {
                let reason = "say which revision you have read: give its rev";
                return Err(invalid("missing_rev", "/rev", reason));
            }
            whole(id, said)
        }
        SuggestionKind::Name => {
            let missing = || invalid("missing_field", "/name", "give the name to add");
            let name = said.name.as_ref().ok_or_else(missing)?;
            let mut content = view::content(old.ok_or_else(|| not_found("concept"))?);
            content.names.push(name.clone());
            check::concept(id, &content).map_err(|error| at_name(error, content.names.len() - 1))
        }
    }
}

fn whole(id: ConceptId, said: &NewSuggestion) -> Result<Concept, Error> {
    let missing = || {
        invalid(
            "missing_field",
            "/content",
            "give what the concept is to say",
        )
    };
    let content: &ConceptContent = said.content.as_ref().ok_or_else(missing)?;
    check::concept(id, content).map_err(|error| error.below("/content"))
}

/// A fault of the last name is one of the name that was given.
fn at_name(error: Error, place: usize) -> Error {
    match error {
        Error::Invalid {
            code,
            field,
            reason,
        } => Error::Invalid {
            code,
            field: field.replace(&format!("/names/{place}"), "/name"),
            reason,
        },
        other => other,
    }
}

fn exists(id: &ConceptId) -> Error {
    Error::Conflict {
        code: "exists",
        field: "/concept".into(),
        reason: format!("there is a concept {id}: suggest a change of it"),
    }
}
