//! `/v1/health`, `/v1/ready`, and the pointer at `/`. None of them needs the engine to be ready.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::engine::{Degraded, Readiness};
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
    /// `read_only` while nothing can be written; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    degraded: Option<&'static str>,
    /// Why: `storage_full` (heals by itself once there is space), `store_failed` (look at the disk and
    /// restart), `read_only_store` (the folder cannot be written).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<&'static str>,
    /// The store had gone backward when the server started: acknowledged writes are missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    store_rollback: bool,
}

fn reason(degraded: Degraded) -> &'static str {
    match degraded {
        Degraded::StorageFull => "storage_full",
        Degraded::StoreFailed => "store_failed",
        Degraded::ReadOnlyStore => "read_only_store",
    }
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
/// 503 from the start until the index has first caught up with the store (`index_loading`), and where it has
/// lost touch with it (`index_failed`).
#[utoipa::path(get, path = "/v1/ready", tag = "server",
    responses((status = 200, description = "They are.", body = Ready)))]
pub(in crate::http) async fn ready(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    match state.engine.readiness() {
        Readiness::Loading { .. } => Err(Problem::loading()),
        Readiness::Ready { .. } if !state.engine.is_following() => Err(Problem::index_failed()),
        Readiness::Ready { lag } => {
            let degraded = state.engine.degraded();
            let ready = Ready {
                lag,
                degraded: degraded.map(|_| "read_only"),
                reason: degraded.map(reason),
                store_rollback: state.engine.was_rolled_back(),
            };
            json(StatusCode::OK, &ready)
        }
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
