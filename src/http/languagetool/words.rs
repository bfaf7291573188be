//! The personal dictionary of the protocol: a word that somebody adds becomes a suggestion, which waits for an editor
//! of the termbase; until one accepts it, it is a finding as before. Whoever may write in the termbase may add.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use xxhash_rust::xxh3::xxh3_64;

use super::request::{Form, by_look};
use super::{is_there, no_such_style, style_of};
use crate::engine::{
    Caller, ConceptContent, Decision, Engine, Error, FindNames, NameEntry, NewSuggestion, Role,
    SuggestionKind, SuggestionView,
};
use crate::http::api::json;
use crate::http::auth::{Access, admit};
use crate::http::problem::Problem;
use crate::http::{State, blocking};
use crate::model::{ConceptId, ConceptKind, Lang, Marks, NameForm, NameUse, Status};

/// What the editor reads beside the suggestion.
const COMMENT: &str = "added to the dictionary in an editor";
/// How many suggestions are read at a time.
const PAGE: usize = 500;

/// What this client may write is what the glossary says; there is no dictionary besides.
pub(super) async fn list(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = Form::read(&request, payload).await?;
    let access = admit(&request, form.key())?;
    let style = style_of(&request);
    let (engine, named) = (state.engine.clone(), style.clone());
    if blocking(move || is_there(&engine, &access, &named)).await? {
        json(StatusCode::OK, &json!({ "words": [] }))
    } else {
        Err(no_such_style(&style))
    }
}

/// Suggests a word.
pub(super) async fn add(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let added = change(request, state, payload, suggest).await?;
    json(StatusCode::OK, &json!({ "added": added }))
}

/// Takes back what was suggested of a word.
pub(super) async fn delete(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let deleted = change(request, state, payload, take_back).await?;
    json(StatusCode::OK, &json!({ "deleted": deleted }))
}

async fn change(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
    work: fn(&Engine, &Caller, &str) -> Result<bool, Error>,
) -> Result<bool, Problem> {
    let form = Form::read(&request, payload).await?;
    let access: Access = admit(&request, form.key())?;
    let word = form
        .get("word")
        .map(str::trim)
        .unwrap_or_default()
        .to_owned();
    if word.is_empty() {
        let detail = "the parameter `word` is missing: send the word or name";
        return Err(Problem::bad_request("missing_field", detail));
    }
    let style = style_of(&request);
    let (engine, named) = (state.engine.clone(), style.clone());
    let done = blocking(move || {
        access.caller.must_have_in_glossary(Role::Write)?;
        if !is_there(&engine, &access, &named)? {
            return Ok(None);
        }
        work(&engine, &access.caller, &word).map(Some)
    });
    done.await?.ok_or_else(|| no_such_style(&style))
}

/// Whether something is suggested now that was not before.
fn suggest(engine: &Engine, caller: &Caller, word: &str) -> Result<bool, Error> {
    if !open(engine, caller, word)?.is_empty() {
        return Ok(false);
    }
    match suggestion(engine, caller, word)? {
        Some(new) => engine.suggest(caller, &new).map(|_| true),
        None => Ok(false),
    }
}

/// A name of the concept that the word is found to name, else a concept of its own; none where the word is right.
fn suggestion(
    engine: &Engine,
    caller: &Caller,
    word: &str,
) -> Result<Option<NewSuggestion>, Error> {
    let find = FindNames {
        text: word.to_owned(),
        kinds: Some(ConceptKind::ALL.to_vec()),
        ..FindNames::default()
    };
    let found = engine.find_names(caller, &find)?;
    let whole = found
        .mentions
        .into_iter()
        .find(|mention| mention.text == word);
    let Some(mention) = whole else {
        return Ok(concept(word));
    };
    let right = |form| !matches!(form, NameForm::Spelling | NameForm::Transliteration);
    let form = Some(mention.form)
        .filter(|form| right(*form))
        .unwrap_or(NameForm::Full);
    Ok(mention.finding.map(|_| NewSuggestion {
        kind: SuggestionKind::Name,
        concept: mention.concept,
        name: Some(name(word, mention.lang, Some(Status::Admitted), form)),
        content: None,
        rev: None,
        comment: Some(COMMENT.to_owned()),
    }))
}

fn concept(word: &str) -> Option<NewSuggestion> {
    let lang = Lang::parse(super::request::short(by_look(word))).ok()?;
    Some(NewSuggestion {
        kind: SuggestionKind::Concept,
        concept: ConceptId::parse(&format!("other:word-{:016x}", xxh3_64(word.as_bytes()))).ok()?,
        name: None,
        content: Some(ConceptContent {
            names: vec![name(word, lang, None, NameForm::Full)],
            ..ConceptContent::default()
        }),
        rev: None,
        comment: Some(COMMENT.to_owned()),
    })
}

fn name(word: &str, lang: Lang, status: Option<Status>, form: NameForm) -> NameEntry {
    NameEntry {
        lang,
        text: word.to_owned(),
        status,
        form,
        style: None,
        usage: NameUse::Any,
        marks: Marks::default(),
        note: None,
        source: None,
    }
}

/// Whether anything was taken back.
fn take_back(engine: &Engine, caller: &Caller, word: &str) -> Result<bool, Error> {
    let open = open(engine, caller, word)?;
    for suggestion in &open {
        let decision = Decision {
            reason: Some("taken back where it was added".to_owned()),
            ..Decision::default()
        };
        engine.reject_suggestion(caller, &suggestion.id, &decision)?;
    }
    Ok(!open.is_empty())
}

/// The suggestions of a word that came this way and nobody has decided on.
fn open(engine: &Engine, caller: &Caller, word: &str) -> Result<Vec<SuggestionView>, Error> {
    let mut cursor: Option<String> = None;
    let mut open = Vec::new();
    loop {
        let page = engine.suggestions(caller, "open", cursor.as_deref(), PAGE)?;
        let of_it = |suggestion: &SuggestionView| {
            let content = suggestion.content.iter().flat_map(|content| &content.names);
            let mut names = suggestion.name.iter().chain(content);
            suggestion.comment.as_deref() == Some(COMMENT) && names.any(|name| name.text == word)
        };
        open.extend(page.suggestions.into_iter().filter(of_it));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(open);
        }
    }
}
