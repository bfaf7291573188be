//! `/v1/concepts`: look up, browse, make, show, change, delete, history, revert.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::json;
use super::memories::NoParameters;
use super::units::{AtRev, Revert, missing_rev};
use crate::engine::{
    Caller, ConceptEdit, ConceptHistoryEntry, ConceptPage, ConceptQuery, ConceptView, Engine,
    NewConcept,
};
use crate::http::auth::Access;
use crate::http::body::{Body, ConceptName, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::problem::Problem;
use crate::http::{State, blocking};
use crate::model::{ConceptKind, Lang};

/// Concepts on a page where nothing is said.
const PAGE: u16 = 20;
/// Concepts on a page at most.
const MAX_PAGE: u16 = 100;

/// Which concepts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Which {
    /// A name in any language and spelling, best first; without it all concepts page by page.
    q: Option<String>,
    /// Most concepts to show, 20 where left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// Only this kind: `org`, `gov`, `person`, `place`, `media`, `office`, `event`, `term`, `other`.
    #[param(value_type = Option<String>)]
    kind: Option<ConceptKind>,
    /// Only concepts with a name in this language.
    #[param(value_type = Option<String>)]
    lang: Option<Lang>,
    /// What the page before said; without `q` only.
    cursor: Option<String>,
}

/// A concept's revisions, the newest first.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ConceptHistory {
    history: Vec<ConceptHistoryEntry>,
}

/// Look up or browse concepts
#[utoipa::path(get, path = "/v1/concepts", tag = "glossary", params(Which),
    responses((status = 200, description = "Best first; without q in the order of ids.", body = ConceptPage)))]
pub(in crate::http) async fn list(
    access: Access,
    state: web::Data<State>,
    query: Parameters<Which>,
) -> Result<HttpResponse, Problem> {
    let limit = query.0.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let range = format!("limit must be from 1 to {MAX_PAGE}");
        return Err(Problem::bad_request("out_of_range", range).at("limit"));
    }
    let asked = ConceptQuery {
        q: query.0.q,
        limit: limit.into(),
        kinds: query.0.kind.into_iter().collect(),
        lang: query.0.lang,
        cursor: query.0.cursor,
    };
    let engine = state.engine.clone();
    let page = blocking(move || engine.concepts(&access.caller, &asked)).await?;
    json(StatusCode::OK, &page)
}

/// Make a concept
#[utoipa::path(post, path = "/v1/concepts", tag = "glossary", request_body = NewConcept, responses(
    (status = 201, description = "It was made.", body = ConceptView),
    (status = 409, description = "There is one by that id (`exists`), or a name looks like another concept's (`confusable_name`)."),
    (status = 422, description = "A name is not what a name can be."),
))]
pub(in crate::http) async fn create(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<NewConcept>,
) -> Result<HttpResponse, Problem> {
    let create = move |engine: &Engine, caller: &Caller| engine.create_concept(caller, &body.value);
    once((access, key, state), StatusCode::CREATED, body.hash, create).await
}

/// Show a concept
#[utoipa::path(get, path = "/v1/concepts/{id}", tag = "glossary",
    params(("id" = String, Path, description = "The concept's id.")),
    responses((status = 200, description = "The concept.", body = ConceptView)))]
pub(in crate::http) async fn show(
    access: Access,
    id: ConceptName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let concept = blocking(move || engine.concept(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &concept)
}

/// Replace a concept
///
/// `rev` is the revision that was read; another one meanwhile is a conflict.
#[utoipa::path(put, path = "/v1/concepts/{id}", tag = "glossary", request_body = ConceptEdit,
    params(("id" = String, Path, description = "The concept's id.")),
    responses(
        (status = 200, description = "The concept as it is now.", body = ConceptView),
        (status = 409, description = "It was changed meanwhile (`stale_rev`), or a name looks like another concept's."),
        (status = 422, description = "A name is not what a name can be."),
    ))]
pub(in crate::http) async fn replace(
    access: Access,
    id: ConceptName,
    state: web::Data<State>,
    body: Body<ConceptEdit>,
) -> Result<HttpResponse, Problem> {
    let rev = body.value.rev.ok_or_else(|| missing_rev("/rev"))?;
    let engine = state.engine.clone();
    let replaced = move || engine.replace_concept(&access.caller, &id.0, rev, &body.value);
    json(StatusCode::OK, &blocking(replaced).await?)
}

/// Delete a concept
#[utoipa::path(delete, path = "/v1/concepts/{id}", tag = "glossary",
    params(("id" = String, Path, description = "The concept's id."), AtRev),
    responses(
        (status = 204, description = "It is gone; its history stays, and revert brings it back."),
        (status = 409, description = "It was changed meanwhile; `current` is what it is now."),
    ))]
pub(in crate::http) async fn delete(
    access: Access,
    id: ConceptName,
    state: web::Data<State>,
    query: Parameters<AtRev>,
) -> Result<HttpResponse, Problem> {
    let rev = query.0.rev.ok_or_else(|| missing_rev("rev"))?;
    let engine = state.engine.clone();
    blocking(move || engine.delete_concept(&access.caller, &id.0, rev)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Show a concept's revisions
#[utoipa::path(get, path = "/v1/concepts/{id}/history", tag = "glossary",
    params(("id" = String, Path, description = "The concept's id.")),
    responses((status = 200, description = "All revisions, the newest first; also of a deleted concept.", body = ConceptHistory)))]
pub(in crate::http) async fn history(
    access: Access,
    id: ConceptName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let history = blocking(move || engine.concept_history(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &ConceptHistory { history })
}

/// Go back to an earlier revision
///
/// Its content becomes a new revision; nothing is lost. Brings back a deleted concept, too.
#[utoipa::path(post, path = "/v1/concepts/{id}/revert", tag = "glossary", request_body = Revert,
    params(("id" = String, Path, description = "The concept's id.")),
    responses(
        (status = 200, description = "The concept as it is now.", body = ConceptView),
        (status = 409, description = "It was changed meanwhile; `current` is what it is now."),
    ))]
pub(in crate::http) async fn revert(
    access: Access,
    id: ConceptName,
    key: Key,
    state: web::Data<State>,
    body: Body<Revert>,
) -> Result<HttpResponse, Problem> {
    let Revert { rev, to_rev } = body.value;
    let rev = rev.ok_or_else(|| missing_rev("/rev"))?;
    let revert =
        move |engine: &Engine, caller: &Caller| engine.revert_concept(caller, &id.0, rev, to_rev);
    once((access, key, state), StatusCode::OK, body.hash, revert).await
}
