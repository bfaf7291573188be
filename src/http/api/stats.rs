//! `/v1/stats`: what is in the memories and who writes them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::json;
use super::memories::NoParameters;
use crate::engine::Stats;
use crate::http::auth::Access;
use crate::http::body::{MemoryName, Parameters};
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Figures of all memories that the key may read
#[utoipa::path(get, path = "/v1/stats", tag = "server",
    responses((status = 200, description = "Counts that are kept, not counted.", body = Stats)))]
pub(in crate::http) async fn all(
    access: Access,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    json(
        StatusCode::OK,
        &blocking(move || engine.stats(&access.caller)).await?,
    )
}

/// Figures of one memory
#[utoipa::path(get, path = "/v1/memories/{name}/stats", tag = "memories",
    params(("name" = String, Path, description = "The memory's name.")),
    responses((status = 200, description = "Counts that are kept, not counted.", body = Stats)))]
pub(in crate::http) async fn of_memory(
    access: Access,
    name: MemoryName,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let stats = blocking(move || engine.memory_stats(&access.caller, &name.0)).await?;
    json(StatusCode::OK, &stats)
}
