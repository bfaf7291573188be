//! `/v1/keys`, `/v1/me` and `/v1/audit`: who may come in, who one is, and who did what.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::json;
use super::memories::NoParameters;
use crate::engine::{AuditPage, AuditQuery, Caller, Engine, KeyInfo, KeyRequest, MadeKey, Me};
use crate::http::auth::Access;
use crate::http::body::{Body, Id, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Entries of the audit log on a page where nothing is said.
const PAGE: u16 = 100;

/// All keys.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Keys {
    keys: Vec<KeyInfo>,
}

/// Which entries of the audit log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AuditParameters {
    /// The cursor of the page before; left out for the newest entries.
    after: Option<String>,
    /// Entries on a page, 100 where left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// The id or the name of a key.
    by: Option<String>,
    /// What was done, such as `key_created`.
    action: Option<String>,
    /// The name of a memory, also of a deleted one.
    memory: Option<String>,
    /// RFC 3339; at that time or later.
    since: Option<String>,
    /// RFC 3339; before that time.
    until: Option<String>,
}

/// Make a key
///
/// Only for administrators. The reply is the only place where the key is ever shown: a repetition with the same
/// Idempotency-Key makes no second one, and is told the key's `id` without the key.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyRequest, responses(
    (status = 201, description = "It was made.", body = MadeKey),
    (status = 200, description = "It was made by the first request with this Idempotency-Key.", body = KeyInfo),
    (status = 404, description = "A memory that was named is not there."),
))]
pub(in crate::http) async fn create(
    access: Access,
    key: Key,
    state: web::Data<State>,
    body: Body<KeyRequest>,
) -> Result<HttpResponse, Problem> {
    let create = move |engine: &Engine, caller: &Caller| engine.create_key(caller, &body.value);
    once((access, key, state), StatusCode::CREATED, body.hash, create).await
}

/// List the keys
///
/// Only for administrators. Revoked and expired ones stay in the list.
#[utoipa::path(get, path = "/v1/keys", tag = "keys",
    responses((status = 200, description = "All that were ever made, the oldest first.", body = Keys)))]
pub(in crate::http) async fn list(
    access: Access,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let keys = blocking(move || engine.keys(&access.caller)).await?;
    json(StatusCode::OK, &Keys { keys })
}

/// Revoke a key
///
/// Only for administrators. It is refused from its next request on. The server stays closed, also when no key is
/// left.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "The key's id, the middle of `hz_ID_SECRET`.")),
    responses((status = 204, description = "It is revoked, by this request or before.")))]
pub(in crate::http) async fn revoke(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    blocking(move || engine.revoke_key(&access.caller, &id.0)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who one is
///
/// What the key that is sent may do, and until when.
#[utoipa::path(get, path = "/v1/me", tag = "keys",
    responses((status = 200, description = "The caller.", body = Me)))]
pub(in crate::http) async fn me(
    access: Access,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let me = blocking(move || engine.me(&access.caller)).await?;
    json(StatusCode::OK, &me)
}

/// Who did what
///
/// Only for administrators. The newest entries first; they are kept for 400 days and hold no texts.
#[utoipa::path(get, path = "/v1/audit", tag = "keys", params(AuditParameters), responses(
    (status = 200, description = "A page of the audit log.", body = AuditPage),
    (status = 404, description = "No memory has or had the name that was given."),
))]
pub(in crate::http) async fn audit(
    access: Access,
    state: web::Data<State>,
    parameters: Parameters<AuditParameters>,
) -> Result<HttpResponse, Problem> {
    let asked = parameters.0;
    let query = AuditQuery {
        after: asked.after,
        limit: asked.limit.unwrap_or(PAGE).into(),
        by: asked.by,
        action: asked.action,
        memory: asked.memory,
        since: asked.since,
        until: asked.until,
    };
    let engine = state.engine.clone();
    let page = blocking(move || engine.audit(&access.caller, &query)).await?;
    json(StatusCode::OK, &page)
}
