//! `/v1/suggestions`: propose an edit of the glossary, list what waits, accept, reject.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::json;
use super::memories::NoParameters;
use crate::engine::{Caller, Decision, Engine, NewSuggestion, SuggestionPage, SuggestionView};
use crate::http::auth::Access;
use crate::http::body::{Body, Id, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Which suggestions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Which {
    /// `open` (where left out), `accepted` or `rejected`.
    state: Option<String>,
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
    /// Suggestions on a page, 50 where left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// Propose an edit of the glossary
///
/// Whoever may read the glossary may propose; whoever may write it decides.
#[utoipa::path(post, path = "/v1/suggestions", tag = "glossary", request_body = NewSuggestion, responses(
    (status = 201, description = "It waits for an editor.", body = SuggestionView),
    (status = 404, description = "There is no concept of that id to change."),
    (status = 409, description = "There is a concept of that id already."),
    (status = 422, description = "A name is not what a name can be."),
))]
pub(in crate::http) async fn create(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<NewSuggestion>,
) -> Result<HttpResponse, Problem> {
    let suggest = move |engine: &Engine, caller: &Caller| engine.suggest(caller, &body.value);
    once(
        (access, key, state),
        StatusCode::CREATED,
        body.hash,
        suggest,
    )
    .await
}

/// List suggestions
#[utoipa::path(get, path = "/v1/suggestions", tag = "glossary", params(Which),
    responses((status = 200, description = "In the order they were made.", body = SuggestionPage)))]
pub(in crate::http) async fn list(
    access: Access,
    state: web::Data<State>,
    query: Parameters<Which>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let page = blocking(move || {
        let which = query.0;
        let wanted = which.state.as_deref().unwrap_or("open");
        let limit = which.limit.unwrap_or(50).into();
        engine.suggestions(&access.caller, wanted, which.cursor.as_deref(), limit)
    });
    json(StatusCode::OK, &page.await?)
}

/// Show a suggestion
#[utoipa::path(get, path = "/v1/suggestions/{id}", tag = "glossary",
    params(("id" = String, Path, description = "The suggestion's id.")),
    responses((status = 200, description = "The suggestion.", body = SuggestionView)))]
pub(in crate::http) async fn show(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let found = blocking(move || engine.suggestion(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &found)
}

/// Accept a suggestion
///
/// It becomes an edit like any other, with its revision and history.
#[utoipa::path(post, path = "/v1/suggestions/{id}/accept", tag = "glossary", request_body = Decision,
    params(("id" = String, Path, description = "The suggestion's id.")),
    responses(
        (status = 200, description = "The suggestion as it is now.", body = SuggestionView),
        (status = 409, description = "It is decided already (`already_decided`), or the concept was changed meanwhile (`stale_rev`)."),
    ))]
pub(in crate::http) async fn accept(
    access: Access,
    id: Id,
    key: Key,
    state: web::Data<State>,
    body: Body<Decision>,
) -> Result<HttpResponse, Problem> {
    let accept = move |engine: &Engine, caller: &Caller| {
        engine.accept_suggestion(caller, &id.0, &body.value)
    };
    once((access, key, state), StatusCode::OK, body.hash, accept).await
}

/// Reject a suggestion
#[utoipa::path(post, path = "/v1/suggestions/{id}/reject", tag = "glossary", request_body = Decision,
    params(("id" = String, Path, description = "The suggestion's id.")),
    responses(
        (status = 200, description = "The suggestion as it is now.", body = SuggestionView),
        (status = 409, description = "It is decided already (`already_decided`)."),
    ))]
pub(in crate::http) async fn reject(
    access: Access,
    id: Id,
    key: Key,
    state: web::Data<State>,
    body: Body<Decision>,
) -> Result<HttpResponse, Problem> {
    let reject = move |engine: &Engine, caller: &Caller| {
        engine.reject_suggestion(caller, &id.0, &body.value)
    };
    once((access, key, state), StatusCode::OK, body.hash, reject).await
}
