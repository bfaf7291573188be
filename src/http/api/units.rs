//! `/v1/memories/{name}/units` and `/v1/units`: browse, add, show, replace, delete, history, revert.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::json;
use super::memories::NoParameters;
use crate::engine::{Caller, Engine, Filter, HistoryPage, NewUnit, UnitPage, UnitView, Written};
use crate::http::auth::Access;
use crate::http::body::{Body, Filtered, Id, JsonBody, MemoryName, Parameters};
use crate::http::idempotency::{Key, once};
use crate::http::json::{self as strict, Value};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Units on a page where nothing is said.
const PAGE: u16 = 50;
/// Revisions of a unit where nothing is said.
const REVISIONS: u16 = 100;
/// Either on a page at most.
const MAX_PAGE: u16 = 500;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Page {
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
    /// Units on a page, 50 where left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// Which revision is deleted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AtRev {
    /// The current revision.
    #[param(required = true, minimum = 1)]
    pub(super) rev: Option<i64>,
}

/// What to go back to.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Revert {
    /// The current revision.
    #[schema(minimum = 1, value_type = i64)]
    pub(super) rev: Option<i64>,
    /// The revision whose content becomes current again.
    #[schema(minimum = 1)]
    pub(super) to_rev: i64,
}

/// Which revisions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Revisions {
    /// What the page before said; left out for the newest ones.
    cursor: Option<String>,
    /// Revisions on a page, 100 where left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u16>,
}

/// Browse a memory
///
/// All conditions given must hold. With conditions a page may be short, even empty, and still have a `cursor`: each
/// looks at some ten thousand units. `prop.TYPE=TEXT` asks for a prop.
#[utoipa::path(get, path = "/v1/memories/{name}/units", tag = "units",
    params(("name" = String, Path, description = "The memory's name."), Page, Filter),
    responses((status = 200, description = "A page of units in the order they were made.", body = UnitPage)))]
pub(in crate::http) async fn list(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    query: Filtered<Page>,
) -> Result<HttpResponse, Problem> {
    let Filtered(Page { cursor, limit }, filter) = query;
    let limit = length(limit, PAGE)?;
    let engine = state.engine.clone();
    let page = move || {
        let cursor = cursor.as_deref();
        engine.units(&access.caller, &name.0, &filter, cursor, limit)
    };
    json(StatusCode::OK, &blocking(page).await?)
}

/// How long a page is to be.
fn length(asked: Option<u16>, usual: u16) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(usual);
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(limit.into());
    }
    let range = format!("limit must be from 1 to {MAX_PAGE}");
    Err(Problem::bad_request("out_of_range", range).at("limit"))
}

/// Write a unit
///
/// The same text and context is the unit that is there already; the same source and context with
/// another target becomes a new revision of it, unless `mode` says otherwise.
#[utoipa::path(post, path = "/v1/memories/{name}/units", tag = "units", request_body = NewUnit,
    params(("name" = String, Path, description = "The memory's name.")),
    responses(
        (status = 201, description = "A new unit.", body = Written),
        (status = 200, description = "A unit that was there, perhaps with a new revision.", body = Written),
        (status = 403, description = "The memory is read-only."),
        (status = 422, description = "A text is empty, too long, or not what a segment can be."),
    ))]
pub(in crate::http) async fn add(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    body: Body<NewUnit>,
) -> Result<HttpResponse, Problem> {
    let add = move |engine: &Engine, caller: &Caller| engine.add_unit(caller, &name.0, &body.value);
    once((access, key, state), StatusCode::OK, body.hash, add).await
}

/// Show a unit
#[utoipa::path(get, path = "/v1/units/{id}", tag = "units",
    params(("id" = String, Path, description = "The unit's id.")),
    responses((status = 200, description = "The unit.", body = UnitView)))]
pub(in crate::http) async fn show(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let unit = blocking(move || engine.unit(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &unit)
}

/// Replace a unit
///
/// `rev` is the revision that was read; another one meanwhile is a conflict.
#[utoipa::path(put, path = "/v1/units/{id}", tag = "units", request_body = NewUnit,
    params(("id" = String, Path, description = "The unit's id.")),
    responses(
        (status = 200, description = "The unit as it is now.", body = UnitView),
        (status = 403, description = "The memory is read-only."),
        (status = 409, description = "It was changed meanwhile; `current` is what it is now."),
        (status = 422, description = "A text is empty, too long, or not what a segment can be."),
    ))]
pub(in crate::http) async fn replace(
    access: Access,
    id: Id,
    state: web::Data<State>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let (rev, unit) = revision_of(body.value)?;
    let engine = state.engine.clone();
    let replaced = move || engine.replace_unit(&access.caller, &id.0, rev, &unit);
    json(StatusCode::OK, &blocking(replaced).await?)
}

/// Delete a unit
#[utoipa::path(delete, path = "/v1/units/{id}", tag = "units",
    params(("id" = String, Path, description = "The unit's id."), AtRev),
    responses(
        (status = 204, description = "It is gone; its history stays."),
        (status = 403, description = "The memory is read-only."),
        (status = 409, description = "It was changed meanwhile; `current` is what it is now."),
    ))]
pub(in crate::http) async fn delete(
    access: Access,
    id: Id,
    state: web::Data<State>,
    query: Parameters<AtRev>,
) -> Result<HttpResponse, Problem> {
    let rev = query.0.rev.ok_or_else(|| missing_rev("rev"))?;
    let engine = state.engine.clone();
    blocking(move || engine.delete_unit(&access.caller, &id.0, rev)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Show a unit's revisions
#[utoipa::path(get, path = "/v1/units/{id}/history", tag = "units",
    params(("id" = String, Path, description = "The unit's id."), Revisions),
    responses((status = 200, description = "A page of revisions, the newest first; also of a deleted unit.", body = HistoryPage)))]
pub(in crate::http) async fn history(
    access: Access,
    id: Id,
    state: web::Data<State>,
    query: Parameters<Revisions>,
) -> Result<HttpResponse, Problem> {
    let Revisions { cursor, limit } = query.0;
    let limit = length(limit, REVISIONS)?;
    let engine = state.engine.clone();
    let page = move || engine.history(&access.caller, &id.0, cursor.as_deref(), limit);
    json(StatusCode::OK, &blocking(page).await?)
}

/// Go back to an earlier revision
///
/// Its content becomes a new revision; nothing is lost.
#[utoipa::path(post, path = "/v1/units/{id}/revert", tag = "units", request_body = Revert,
    params(("id" = String, Path, description = "The unit's id.")),
    responses(
        (status = 200, description = "The unit as it is now.", body = UnitView),
        (status = 403, description = "The memory is read-only."),
        (status = 409, description = "It was changed meanwhile; `current` is what it is now."),
    ))]
pub(in crate::http) async fn revert(
    access: Access,
    id: Id,
    key: Key,
    state: web::Data<State>,
    body: Body<Revert>,
) -> Result<HttpResponse, Problem> {
    let Revert { rev, to_rev } = body.value;
    let rev = rev.ok_or_else(|| missing_rev("/rev"))?;
    let revert =
        move |engine: &Engine, caller: &Caller| engine.revert_unit(caller, &id.0, rev, to_rev);
    once((access, key, state), StatusCode::OK, body.hash, revert).await
}

pub(super) fn missing_rev(pointer: &str) -> Problem {
    Problem::bad_request(
        "missing_rev",
        "say which revision you have read: give its rev, so that nobody's change is lost",
    )
    .at(pointer)
}

/// Takes `rev` out of the body; the rest is the unit.
fn revision_of(body: Value) -> Result<(i64, NewUnit), Problem> {
    #[derive(Deserialize)]
    struct Rev {
        rev: i64,
    }
    let Value::Object(mut fields) = body else {
        return Err(Problem::bad_request("wrong_type", "this must be an object").at(""));
    };
    let place = fields.iter().position(|(name, _)| name == "rev");
    let rev = fields.remove(place.ok_or_else(|| missing_rev("/rev"))?);
    let Rev { rev } = strict::typed(Value::Object(vec![rev]))?;
    Ok((rev, strict::typed(Value::Object(fields))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(i64, NewUnit), &'static str> {
        let value = strict::parse(body.as_bytes()).unwrap();
        revision_of(value).map_err(|problem| problem.code())
    }

    #[test]
    fn a_replacement_is_a_unit_and_the_revision_that_was_read() {
        let (rev, unit) = read(r#"{"variants":{"en":"a","fa":"b"},"rev":3}"#).unwrap();
        assert_eq!((rev, unit.variants.len()), (3, 2));
        for (body, code) in [
            (r#"{"variants":{"en":"a","fa":"b"}}"#, "missing_rev"),
            (
                r#"{"variants":{"en":"a","fa":"b"},"rev":"3"}"#,
                "wrong_type",
            ),
            (
                r#"{"variants":{"en":"a","fa":"b"},"rev":1.5}"#,
                "out_of_range",
            ),
            (
                r#"{"variants":{"en":"a","fa":"b"},"rev":1,"id":5}"#,
                "unknown_field",
            ),
            (r#"{"rev":1}"#, "missing_field"),
            (r#"[1]"#, "wrong_type"),
        ] {
            assert_eq!(read(body).unwrap_err(), code, "{body}");
        }
    }
}
