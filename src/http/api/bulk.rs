//! `/v1/bulk` and `/v1/memories/{name}/bulk`: changes of many units at once, how they stand, and how they are taken
//! back; `DELETE /v1/imports/{id}` is one of those.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::json;
use super::memories::NoParameters;
use crate::engine::{BulkPage, BulkView};
use crate::http::auth::Access;
use crate::http::body::{Id, MemoryName, Parameters};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Changes on a page where nothing is said, and at most.
const PAGE: u16 = 50;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Page {
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
}

/// List the changes of many units in a memory
///
/// Imports are among them. The newest comes first.
#[utoipa::path(get, path = "/v1/memories/{name}/bulk", tag = "bulk",
    params(("name" = String, Path, description = "The memory's name."), Page),
    responses((status = 200, description = "A page of 50.", body = BulkPage)))]
pub(in crate::http) async fn list(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Parameters<Page>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let cursor = query.0.cursor;
    let page = move || {
        engine.bulks(
            &access.caller,
            &name.0,
            cursor.as_deref(),
            usize::from(PAGE),
        )
    };
    json(StatusCode::OK, &blocking(page).await?)
}

/// Show how a change of many units stands
#[utoipa::path(get, path = "/v1/bulk/{id}", tag = "bulk",
    params(("id" = String, Path, description = "The change's id.")),
    responses((status = 200, description = "Its state, and the report so far.", body = BulkView)))]
pub(in crate::http) async fn show(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let bulk = blocking(move || engine.bulk(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &bulk)
}

/// Take back a change of many units
///
/// Units that nobody edited since are as before; the others are left alone and listed as conflicts. What is done
/// is a change with an id of its own, which can be taken back in turn. Repeated after it broke off, it finishes.
#[utoipa::path(delete, path = "/v1/bulk/{id}", tag = "bulk",
    params(("id" = String, Path, description = "The change's id.")),
    responses(
        (status = 200, description = "What was done, as a change of kind `undo`.", body = BulkView),
        (status = 403, description = "The memory is read-only, or the key may only read."),
        (status = 409, description = "The change still runs."),
    ))]
pub(in crate::http) async fn undo(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let undone = blocking(move || engine.undo_bulk(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &undone)
}

/// Take back an import
///
/// What it added or changed and nobody edited since is as before; the rest is left alone and listed as conflicts.
#[utoipa::path(delete, path = "/v1/imports/{id}", tag = "transfer",
    params(("id" = String, Path, description = "What the header Import-Id said.")),
    responses(
        (status = 200, description = "What was done, as a change of kind `undo`.", body = BulkView),
        (status = 403, description = "The memory is read-only, or the key may only read."),
        (status = 409, description = "The import still runs."),
    ))]
pub(in crate::http) async fn undo_import(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let undone = blocking(move || engine.undo_import(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &undone)
}
