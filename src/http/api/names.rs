//! `/v1/names`, `/v1/terms` and `/v1/check`: names and terms in texts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::json;
use crate::engine::{
    CheckPair, CheckReply, FindNames, FindTerms, FoundNames, FoundTerms, NormalizeNames,
    NormalizedNames,
};
use crate::http::auth::Access;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Find names in a text
#[utoipa::path(post, path = "/v1/names/find", tag = "names", request_body = FindNames,
    responses((status = 200, description = "All mentions in their order.", body = FoundNames)))]
pub(in crate::http) async fn find(
    access: Access,
    state: web::Data<State>,
    body: Body<FindNames>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let found = blocking(move || engine.find_names(&access.caller, &body.value)).await?;
    json(StatusCode::OK, &found)
}

/// Bring the names of a text in line with a style
#[utoipa::path(post, path = "/v1/names/normalize", tag = "names", request_body = NormalizeNames,
    responses((status = 200, description = "The text, and what was changed.", body = NormalizedNames)))]
pub(in crate::http) async fn normalize(
    access: Access,
    state: web::Data<State>,
    body: Body<NormalizeNames>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let done = blocking(move || engine.normalize_names(&access.caller, &body.value)).await?;
    json(StatusCode::OK, &done)
}

/// Find the terms and names of a source segment
#[utoipa::path(post, path = "/v1/terms", tag = "names", request_body = FindTerms,
    responses(
        (status = 200, description = "In their order, with their names in the other language.", body = FoundTerms),
        (status = 404, description = "There is no such style."),
        (status = 422, description = "The text is empty, too long, or not what a segment can be."),
    ))]
pub(in crate::http) async fn terms(
    access: Access,
    state: web::Data<State>,
    body: Body<FindTerms>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let done = blocking(move || engine.find_terms(&access.caller, &body.value)).await?;
    json(StatusCode::OK, &done)
}

/// Check the names, terms and numbers of a translation
#[utoipa::path(post, path = "/v1/check", tag = "names", request_body = CheckPair,
    responses(
        (status = 200, description = "What is to be said about it, perhaps nothing.", body = CheckReply),
        (status = 404, description = "There is no such style."),
        (status = 422, description = "A text is empty, too long, or not what a segment can be."),
    ))]
pub(in crate::http) async fn check(
    access: Access,
    state: web::Data<State>,
    body: Body<CheckPair>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let done = blocking(move || engine.check_pair(&access.caller, &body.value)).await?;
    json(StatusCode::OK, &done)
}
