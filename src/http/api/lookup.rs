//! `/v1/lookup` and `/v1/lookup/batch`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::engine::{BatchLookup, Lookup, LookupReply};
use crate::failpoint;
use crate::http::auth::Access;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// The answers to a batch.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct BatchReply {
    /// One for each segment, in its order.
    results: Vec<LookupReply>,
}

/// Look up a segment
///
/// Matches come best first. `truncated` says that the work budget ended the search early.
#[utoipa::path(post, path = "/v1/lookup", tag = "lookup", request_body = Lookup, responses(
    (status = 200, description = "What was found, perhaps nothing.", body = LookupReply),
    (status = 404, description = "A memory that was named is not there."),
    (status = 422, description = "The segment is empty, too long, or not what a segment can be."),
))]
pub(in crate::http) async fn lookup(
    access: Access,
    state: web::Data<State>,
    body: Body<Lookup>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let found = blocking(move || {
        failpoint::hit("lookup");
        engine.lookup(&access.caller, &body.value)
    })
    .await?;
    state.metrics.truncated(found.truncated.into());
    json(StatusCode::OK, &found)
}

/// Look up many segments
///
/// At most 100, answered in their order.
#[utoipa::path(post, path = "/v1/lookup/batch", tag = "lookup", request_body = BatchLookup, responses(
    (status = 200, description = "One result for each segment.", body = BatchReply),
    (status = 404, description = "A memory that was named is not there."),
    (status = 422, description = "A segment is empty, too long, or not what a segment can be."),
))]
pub(in crate::http) async fn batch(
    access: Access,
    state: web::Data<State>,
    body: Body<BatchLookup>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    // A client that leaves drops this call, and `waits` with it.
    let waits = Arc::new(());
    let waited = Arc::downgrade(&waits);
    let wanted = move || waited.strong_count() > 0;
    let work = move || engine.lookup_batch(&access.caller, &body.value, &wanted);
    let results = blocking(work).await?;
    drop(waits);
    let truncated = results.iter().filter(|found| found.truncated).count();
    state.metrics.truncated(truncated as u64);
    json(StatusCode::OK, &BatchReply { results })
}
