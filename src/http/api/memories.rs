//! `/v1/memories`: list, make, show, change, delete.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::json;
use crate::engine::{Caller, Engine, MemoryInfo, MemoryPatch, NewMemory};
use crate::http::auth::Access;
use crate::http::body::{Body, MemoryName, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// All memories that the caller may see.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Memories {
    memories: Vec<MemoryInfo>,
}

/// No parameters: anything given is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NoParameters {}

/// What deleting a memory asks for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct DeleteMemory {
    /// The memory's name once more.
    #[param(required = true)]
    confirm: Option<String>,
}

/// Which memories are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Which {
    /// `true`: those deleted within 30 days that this key may restore.
    deleted: Option<bool>,
}

/// List the memories
#[utoipa::path(get, path = "/v1/memories", tag = "memories", params(Which),
    responses((status = 200, description = "All of them.", body = Memories)))]
pub(in crate::http) async fn list(
    access: Access,
    state: web::Data<State>,
    query: Parameters<Which>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let deleted = query.0.deleted.unwrap_or(false);
    let list = move || match deleted {
        false => engine.memories(&access.caller),
        true => engine.deleted_memories(&access.caller),
    };
    let memories = blocking(list).await?;
    json(StatusCode::OK, &Memories { memories })
}

/// Make a memory
#[utoipa::path(post, path = "/v1/memories", tag = "memories", request_body = NewMemory, responses(
    (status = 201, description = "It was made.", body = MemoryInfo),
    (status = 409, description = "There is one by that name."),
))]
pub(in crate::http) async fn create(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<NewMemory>,
) -> Result<HttpResponse, Problem> {
    let create = move |engine: &Engine, caller: &Caller| engine.create_memory(caller, &body.value);
    once((access, key, state), StatusCode::CREATED, body.hash, create).await
}

/// Show a memory
#[utoipa::path(get, path = "/v1/memories/{name}", tag = "memories",
    params(("name" = String, Path, description = "The memory's name.")),
    responses((status = 200, description = "The memory.", body = MemoryInfo)))]
pub(in crate::http) async fn show(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let memory = blocking(move || engine.memory(&access.caller, &name.0)).await?;
    json(StatusCode::OK, &memory)
}

/// Change a memory
///
/// What is left out stays as it is.
#[utoipa::path(patch, path = "/v1/memories/{name}", tag = "memories", request_body = MemoryPatch,
    params(("name" = String, Path, description = "The memory's name.")),
    responses((status = 200, description = "The memory as it is now.", body = MemoryInfo)))]
pub(in crate::http) async fn change(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    body: Body<MemoryPatch>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let change = move || engine.change_memory(&access.caller, &name.0, &body.value);
    json(StatusCode::OK, &blocking(change).await?)
}

/// Delete a memory
#[utoipa::path(delete, path = "/v1/memories/{name}", tag = "memories",
    params(("name" = String, Path, description = "The memory's name."), DeleteMemory),
    responses((status = 204, description = "It is gone.")))]
pub(in crate::http) async fn delete(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Parameters<DeleteMemory>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let MemoryName(name) = name;
    let confirmed = query.0.confirm.as_deref() == Some(name.as_str());
    blocking(move || {
        // What is not there is not found, whatever was confirmed.
        engine.memory(&access.caller, &name)?;
        if !confirmed {
            return Err(crate::engine::Error::Invalid {
                code: "confirm_missing",
                field: "confirm".into(),
                reason: "to delete a memory repeat its name: ?confirm=NAME".into(),
            });
        }
        engine.delete_memory(&access.caller, &name)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Bring back a deleted memory
///
/// Within 30 days, with its units and their history; of several by that name the one that was deleted last.
#[utoipa::path(post, path = "/v1/memories/{name}/restore", tag = "memories",
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 200, description = "The memory as it was.", body = MemoryInfo),
        (status = 409, description = "There is one by that name again."),
    ))]
pub(in crate::http) async fn restore(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let restore = move |engine: &Engine, caller: &Caller| engine.restore_memory(caller, &name.0);
    once((access, key, state), StatusCode::OK, 0, restore).await
}
