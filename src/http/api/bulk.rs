//! `/v1/bulk` and `/v1/memories/{name}/bulk`: changes of many units at once, how they stand, and how they are taken
//! back; `DELETE /v1/imports/{id}` is one of those.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::json;
use super::memories::NoParameters;
use crate::engine::{
    BulkDelete, BulkMerge, BulkMove, BulkPage, BulkReplace, BulkView, Caller, Engine, Erase,
    Erased, GroupKind, GroupPage, ReplacePreview,
};
use crate::http::auth::Access;
use crate::http::body::{Body, Id, MemoryName, Parameters};
use crate::http::idempotency::{Key, once};
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
/// Units that nobody edited since, or only in ways that were taken back, are as before; the others are left alone and
/// listed as conflicts. What is done is a change with an id of its own, which can be taken back in turn. Repeated after it broke off, it finishes.
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

/// Delete units
///
/// `GET /v1/memories/{name}/units` with the same filter shows which. Taken back by `DELETE /v1/bulk/{id}`.
#[utoipa::path(post, path = "/v1/memories/{name}/bulk/delete", tag = "bulk", request_body = BulkDelete,
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 200, description = "What was done.", body = BulkView),
        (status = 403, description = "The memory is read-only, or the key may only read."),
    ))]
pub(in crate::http) async fn delete(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    body: Body<BulkDelete>,
) -> Result<HttpResponse, Problem> {
    let work =
        move |engine: &Engine, caller: &Caller| engine.bulk_delete(caller, &name.0, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, work).await
}

/// Move or copy units to another memory
///
/// A moved unit is deleted here and new there, with another id: an id never shows the content of a memory with other
/// rights. Taken back by `DELETE /v1/bulk/{id}`.
#[utoipa::path(post, path = "/v1/memories/{name}/bulk/move", tag = "bulk", request_body = BulkMove,
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 200, description = "What was done.", body = BulkView),
        (status = 403, description = "A memory is read-only, or the key may only read it."),
    ))]
pub(in crate::http) async fn transfer(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    body: Body<BulkMove>,
) -> Result<HttpResponse, Problem> {
    let work =
        move |engine: &Engine, caller: &Caller| engine.bulk_move(caller, &name.0, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, work).await
}

/// Make one unit of several with the same source
///
/// `GET /v1/memories/{name}/duplicates` finds them. Taken back by `DELETE /v1/bulk/{id}`.
#[utoipa::path(post, path = "/v1/memories/{name}/bulk/merge", tag = "bulk", request_body = BulkMerge,
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 200, description = "What was done.", body = BulkView),
        (status = 403, description = "The memory is read-only, or the key may only read."),
    ))]
pub(in crate::http) async fn merge(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    body: Body<BulkMerge>,
) -> Result<HttpResponse, Problem> {
    let work =
        move |engine: &Engine, caller: &Caller| engine.bulk_merge(caller, &name.0, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, work).await
}

/// Find and replace
///
/// Tags stay as they are; what would make a text that is no segment is left alone and listed as a conflict. Taken
/// back by `DELETE /v1/bulk/{id}`.
#[utoipa::path(post, path = "/v1/memories/{name}/bulk/replace", tag = "bulk", request_body = BulkReplace,
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 200, description = "What was done.", body = BulkView),
        (status = 403, description = "The memory is read-only, or the key may only read."),
    ))]
pub(in crate::http) async fn replace(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    body: Body<BulkReplace>,
) -> Result<HttpResponse, Problem> {
    let work =
        move |engine: &Engine, caller: &Caller| engine.bulk_replace(caller, &name.0, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, work).await
}

/// Which page, of which length.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Previewed {
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
    /// Units on a page, 20 where left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Show what find and replace would do
///
/// Writes nothing. A page may be short and still have a `cursor`.
#[utoipa::path(post, path = "/v1/memories/{name}/bulk/replace/preview", tag = "bulk", request_body = BulkReplace,
    params(("name" = String, Path, description = "The memory's name."), Previewed),
    responses((status = 200, description = "A page of texts before and after.", body = ReplacePreview)))]
pub(in crate::http) async fn preview(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Parameters<Previewed>,
    body: Body<BulkReplace>,
) -> Result<HttpResponse, Problem> {
    let Previewed { cursor, limit } = query.0;
    let limit = usize::from(limit.unwrap_or(20));
    let engine = state.engine.clone();
    let page = move || {
        engine.preview_replace(
            &access.caller,
            &name.0,
            &body.value,
            cursor.as_deref(),
            limit,
        )
    };
    json(StatusCode::OK, &blocking(page).await?)
}

/// Which groups.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Groups {
    /// Only groups of this kind; both where left out.
    #[param(inline)]
    kind: Option<GroupKind>,
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
    /// Groups on a page, 20 where left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
}

/// Find duplicates and contradictions
///
/// Groups of units with the same source in the same context, in no order that means anything. A page may be short
/// and still have a `cursor`.
#[utoipa::path(get, path = "/v1/memories/{name}/duplicates", tag = "bulk",
    params(("name" = String, Path, description = "The memory's name."), Groups),
    responses((status = 200, description = "A page of groups.", body = GroupPage)))]
pub(in crate::http) async fn duplicates(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Parameters<Groups>,
) -> Result<HttpResponse, Problem> {
    let Groups {
        kind,
        cursor,
        limit,
    } = query.0;
    let limit = usize::from(limit.unwrap_or(20));
    let engine = state.engine.clone();
    let page = move || engine.duplicates(&access.caller, &name.0, kind, cursor.as_deref(), limit);
    json(StatusCode::OK, &blocking(page).await?)
}

/// Erase for good
///
/// Units with their history, a user's name, or a memory at once instead of after 30 days. Nothing of it can be taken
/// back. The database is written anew, so that nothing is left in it; the reply says what must be seen to by hand.
#[utoipa::path(post, path = "/v1/admin/erase", tag = "server", request_body = Erase,
    responses(
        (status = 200, description = "What was erased.", body = Erased),
        (status = 403, description = "Only administrators may do this; or the memory is read-only."),
        (status = 404, description = "There is no such unit or memory."),
    ))]
pub(in crate::http) async fn erase(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<Erase>,
) -> Result<HttpResponse, Problem> {
    let work = move |engine: &Engine, caller: &Caller| engine.erase(caller, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, work).await
}
