//! `/v1/memories`: list, make, show, change, delete.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{answer, json, reply};
use crate::engine::{Idempotency, MemoryInfo, MemoryPatch, NewMemory, Once};
use crate::http::auth::Access;
use crate::http::body::{Body, MemoryName, Parameters};
use crate::http::idempotency::{self, Key};
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
    let engine = state.engine.clone();
    let was_made = |made: &MemoryInfo| answer(StatusCode::CREATED, made);
    let work = move |claim: Option<Idempotency>| {
        let once = claim.map(|key| Once {
            key,
            answer: was_made,
        });
        let made = engine.create_memory_once(&access.caller, &body.value, once)?;
        was_made(&made)
    };
    let route = "POST /v1/memories".to_owned();
    let made = idempotency::once_within(&state, key, route, body.hash, work).await?;
    Ok(reply(made))
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
    let engine = state.engine.clone();
    let route = format!("POST /v1/memories/{}/restore", name.0);
    let work = move || {
        let back = engine.restore_memory(&access.caller, &name.0)?;
        answer(StatusCode::OK, &back)
    };
    Ok(reply(idempotency::once(&state, key, route, 0, work).await?))
}
