//! `/v1/names`: names in texts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::json;
use crate::engine::{FindNames, FoundNames};
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
