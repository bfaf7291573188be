//! `/v1/health`, `/v1/ready`, and the pointer at `/`. None of them needs the engine to be ready.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::engine::Readiness;
use crate::http::State;
use crate::http::problem::Problem;

/// The server is alive.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
}

/// The server has caught up with its store.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Ready {
    /// Changes that are written and not yet seen by look-ups.
    #[schema(minimum = 0)]
    lag: i64,
}

/// Whether the server is alive
#[utoipa::path(get, path = "/v1/health", tag = "server",
    responses((status = 200, description = "It is.", body = Health)))]
pub(in crate::http) async fn health() -> Result<HttpResponse, Problem> {
    json(
        StatusCode::OK,
        &Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
        },
    )
}

/// Whether look-ups are answered
///
/// 503 only from the start until the index has first caught up with the store.
#[utoipa::path(get, path = "/v1/ready", tag = "server",
    responses((status = 200, description = "They are.", body = Ready)))]
pub(in crate::http) async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    match state.engine.readiness() {
        Readiness::Loading { .. } => Err(Problem::loading()),
        Readiness::Ready { lag } => json(StatusCode::OK, &Ready { lag }),
    }
}

const WELCOME: &str = "Hamzaban, a translation-memory and glossary server.\n\
    Documentation of its API: /docs/ (for people), /openapi.json (for programs).\n";

/// What people see who open the address in a browser.
pub(in crate::http) async fn welcome() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(WELCOME)
}
