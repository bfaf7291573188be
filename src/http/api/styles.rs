//! `/v1/styles`: list, make, show, change, delete, history.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use super::memories::NoParameters;
use super::units::{AtRev, missing_rev};
use crate::engine::{Caller, Engine, NewStyle, StyleEdit, StyleHistoryEntry, StyleView};
use crate::http::auth::Access;
use crate::http::body::{Body, MemoryName, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// All styles.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Styles {
    styles: Vec<StyleView>,
}

/// List the styles
#[utoipa::path(get, path = "/v1/styles", tag = "glossary",
    responses((status = 200, description = "All of them; `default` is always there.", body = Styles)))]
pub(in crate::http) async fn list(
    access: Access,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let styles = blocking(move || engine.styles(&access.caller)).await?;
    json(StatusCode::OK, &Styles { styles })
}

/// Make a style
#[utoipa::path(post, path = "/v1/styles", tag = "glossary", request_body = NewStyle, responses(
    (status = 201, description = "It was made.", body = StyleView),
    (status = 409, description = "There is one by that name."),
))]
pub(in crate::http) async fn create(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<NewStyle>,
) -> Result<HttpResponse, Problem> {
    let create = move |engine: &Engine, caller: &Caller| engine.create_style(caller, &body.value);
    once((access, key, state), StatusCode::CREATED, body.hash, create).await
}

/// The revisions of a style.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StyleHistory {
    history: Vec<StyleHistoryEntry>,
}

/// Show a style's history
///
/// The newest revision first; a deletion is one of them. `PUT` with what a revision said goes back to it.
#[utoipa::path(get, path = "/v1/styles/{name}/history", tag = "glossary",
    params(("name" = String, Path, description = "The style's name.")),
    responses((status = 200, description = "All revisions.", body = StyleHistory)))]
pub(in crate::http) async fn history(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let history = blocking(move || engine.style_history(&access.caller, &name.0)).await?;
    json(StatusCode::OK, &StyleHistory { history })
}

/// Show a style
#[utoipa::path(get, path = "/v1/styles/{name}", tag = "glossary",
    params(("name" = String, Path, description = "The style's name.")),
    responses((status = 200, description = "The style.", body = StyleView)))]
pub(in crate::http) async fn show(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let style = blocking(move || engine.style(&access.caller, &name.0)).await?;
    json(StatusCode::OK, &style)
}

/// Change a style
#[utoipa::path(put, path = "/v1/styles/{name}", tag = "glossary", request_body = StyleEdit,
    params(("name" = String, Path, description = "The style's name.")),
    responses(
        (status = 200, description = "The style as it is now.", body = StyleView),
        (status = 409, description = "It was changed meanwhile."),
    ))]
pub(in crate::http) async fn replace(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    body: Body<StyleEdit>,
) -> Result<HttpResponse, Problem> {
    let rev = body.value.rev.ok_or_else(|| missing_rev("/rev"))?;
    let engine = state.engine.clone();
    let replaced = move || engine.replace_style(&access.caller, &name.0, rev, &body.value);
    json(StatusCode::OK, &blocking(replaced).await?)
}

/// Delete a style
#[utoipa::path(delete, path = "/v1/styles/{name}", tag = "glossary",
    params(("name" = String, Path, description = "The style's name."), AtRev),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It was changed meanwhile, or it is `default`."),
    ))]
pub(in crate::http) async fn delete(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Parameters<AtRev>,
) -> Result<HttpResponse, Problem> {
    let rev = query.0.rev.ok_or_else(|| missing_rev("rev"))?;
    let engine = state.engine.clone();
    blocking(move || engine.delete_style(&access.caller, &name.0, rev)).await?;
    Ok(HttpResponse::NoContent().finish())
}
