//! The native API under `/v1`, one file per resource: parameters, reply, documentation, handler.
//! This file lists every route.
#![allow(
    unused_qualifications,
    reason = "utoipa's macro qualifies the types of `params`"
)]

pub(super) mod admin;
pub(super) mod bulk;
pub(super) mod changes;
pub(super) mod concepts;
pub(super) mod concordance;
pub(super) mod documents;
pub(super) mod glossary;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod lookup;
pub(super) mod memories;
pub(super) mod names;
pub(super) mod stats;
pub(super) mod styles;
pub(super) mod suggestions;
pub(super) mod transfer;
pub(super) mod units;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::openapi;
use super::path_key::prefix;
use super::problem::Problem;

/// Every route of the server.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let at = web::resource::<&str>;
    config
        // for machines that watch
        .service(
            at("/v1/health")
                .route(web::get().to(health::health))
                .route(web::head().to(health::health)),
        )
        .service(
            at("/v1/ready")
                .route(web::get().to(health::ready))
                .route(web::head().to(health::ready)),
        )
        // for CAT tools and services
        .service(at("/v1/lookup").route(web::post().to(lookup::lookup)))
        .service(at("/v1/lookup/batch").route(web::post().to(lookup::batch)))
        .service(at("/v1/concordance").route(web::get().to(concordance::search)))
        // for editors
        .service(
            at("/v1/memories")
                .route(web::get().to(memories::list))
                .route(web::post().to(memories::create)),
        )
        .service(
            at("/v1/memories/{name}")
                .route(web::get().to(memories::show))
                .route(web::patch().to(memories::change))
                .route(web::delete().to(memories::delete)),
        )
        .service(at("/v1/memories/{name}/restore").route(web::post().to(memories::restore)))
        .service(
            at("/v1/memories/{name}/units")
                .route(web::get().to(units::list))
                .route(web::post().to(units::add)),
        )
        .service(
            at("/v1/units/{id}")
                .route(web::get().to(units::show))
                .route(web::put().to(units::replace))
                .route(web::delete().to(units::delete)),
        )
        .service(at("/v1/units/{id}/history").route(web::get().to(units::history)))
        .service(at("/v1/units/{id}/revert").route(web::post().to(units::revert)))
        // names and terms
        .service(at("/v1/names/find").route(web::post().to(names::find)))
        .service(at("/v1/names/normalize").route(web::post().to(names::normalize)))
        .service(at("/v1/documents/normalize").route(web::post().to(documents::normalize)))
        .service(at("/v1/terms").route(web::post().to(names::terms)))
        .service(at("/v1/check").route(web::post().to(names::check)))
        .service(
            at("/v1/concepts")
                .route(web::get().to(concepts::list))
                .route(web::post().to(concepts::create)),
        )
        .service(
            at("/v1/concepts/{id}")
                .route(web::get().to(concepts::show))
                .route(web::put().to(concepts::replace))
                .route(web::delete().to(concepts::delete)),
        )
        .service(at("/v1/concepts/{id}/history").route(web::get().to(concepts::history)))
        .service(at("/v1/concepts/{id}/revert").route(web::post().to(concepts::revert)))
        .service(
            at("/v1/styles")
                .route(web::get().to(styles::list))
                .route(web::post().to(styles::create)),
        )
        .service(at("/v1/styles/{name}/history").route(web::get().to(styles::history)))
        .service(
            at("/v1/styles/{name}")
                .route(web::get().to(styles::show))
                .route(web::put().to(styles::replace))
                .route(web::delete().to(styles::delete)),
        )
        .service(
            at("/v1/suggestions")
                .route(web::get().to(suggestions::list))
                .route(web::post().to(suggestions::create)),
        )
        .service(at("/v1/suggestions/{id}").route(web::get().to(suggestions::show)))
        .service(at("/v1/suggestions/{id}/accept").route(web::post().to(suggestions::accept)))
        .service(at("/v1/suggestions/{id}/reject").route(web::post().to(suggestions::reject)))
        .service(at("/v1/glossary/import").route(web::post().to(glossary::import)))
        .service(at("/v1/glossary/export").route(web::get().to(glossary::export)))
        .service(at("/v1/changes").route(web::get().to(changes::follow)))
        // in and out
        .service(at("/v1/memories/{name}/import").route(web::post().to(transfer::import)))
        .service(at("/v1/memories/{name}/export").route(web::get().to(transfer::export)))
        .service(
            at("/v1/imports/{id}")
                .route(web::get().to(transfer::status))
                .route(web::delete().to(bulk::undo_import)),
        )
        // many units at once
        .service(at("/v1/memories/{name}/bulk").route(web::get().to(bulk::list)))
        .service(at("/v1/memories/{name}/bulk/delete").route(web::post().to(bulk::delete)))
        .service(at("/v1/memories/{name}/bulk/move").route(web::post().to(bulk::transfer)))
        .service(at("/v1/memories/{name}/bulk/merge").route(web::post().to(bulk::merge)))
        .service(at("/v1/memories/{name}/bulk/replace").route(web::post().to(bulk::replace)))
        .service(
            at("/v1/memories/{name}/bulk/replace/preview").route(web::post().to(bulk::preview)),
        )
        .service(at("/v1/memories/{name}/duplicates").route(web::get().to(bulk::duplicates)))
        .service(at("/v1/admin/erase").route(web::post().to(bulk::erase)))
        .service(at("/v1/stats").route(web::get().to(stats::all)))
        .service(at("/v1/memories/{name}/stats").route(web::get().to(stats::of_memory)))
        .service(
            at("/v1/bulk/{id}")
                .route(web::get().to(bulk::show))
                .route(web::delete().to(bulk::undo)),
        )
        // for those who run the server
        .service(at("/v1/admin/backup").route(web::post().to(admin::backup)))
        .service(at("/v1/admin/verify").route(web::post().to(admin::verify)))
        // for administrators
        .service(
            at("/v1/keys")
                .route(web::get().to(keys::list))
                .route(web::post().to(keys::create)),
        )
        .service(at("/v1/keys/{id}").route(web::delete().to(keys::revoke)))
        .service(at("/v1/audit").route(web::get().to(keys::audit)))
        .service(at("/v1/me").route(web::get().to(keys::me)))
        // for people
        .service(at("/").route(web::get().to(health::welcome)))
        .service(at("/openapi.json").route(web::get().to(openapi::serve)))
        .service(at("/docs").route(web::get().to(docs)))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}

async fn docs(request: HttpRequest) -> HttpResponse {
    let place = format!("{}/docs/", prefix(&request));
    HttpResponse::PermanentRedirect()
        .insert_header(("Location", place))
        .finish()
}

/// What every other address answers.
pub(super) async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}

/// A JSON reply.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<HttpResponse, Problem> {
    match serde_json::to_vec(value) {
        Ok(body) => Ok(HttpResponse::build(status)
            .content_type("application/json")
            .body(body)),
        Err(error) => {
            tracing::error!(%error, "a reply could not be written");
            Err(Problem::internal())
        }
    }
}
