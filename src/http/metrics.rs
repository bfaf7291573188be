//! Figures for Prometheus, on a listener of their own: `GET /metrics`. They tell of numbers and route patterns only.

use std::net::TcpListener;
use std::{io, sync::Arc};

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::State;
use super::door::Door;
use crate::telemetry::metrics::{CONTENT_TYPE, Metrics};

/// What the listener's one handler needs.
struct Watched {
    state: web::Data<State>,
    door: web::Data<Door>,
}

/// A server for the figures, to be run beside the other.
pub(super) fn server(
    listener: TcpListener,
    state: web::Data<State>,
    door: web::Data<Door>,
) -> io::Result<Server> {
    let watched = web::Data::new(Watched { state, door });
    Ok(HttpServer::new(move || {
        App::new()
            .app_data(watched.clone())
            .route("/metrics", web::get().to(figures))
    })
    .workers(1)
    .max_connections(64)
    .client_request_timeout(super::HEAD_TIME)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener)?
    .run())
}

async fn figures(watched: web::Data<Watched>) -> HttpResponse {
    let (state, in_flight) = (watched.state.clone(), watched.door.in_flight());
    let text = web::block(move || {
        collect(&state, in_flight);
        state.metrics.text()
    });
    match text.await {
        Ok(text) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn collect(state: &State, in_flight: u64) {
    let figures = state.engine.figures();
    let metrics: &Arc<Metrics> = &state.metrics;
    for (name, value) in [
        ("requests_in_flight", in_flight),
        ("ready", figures.ready.into()),
        ("store_writable", figures.writable.into()),
        ("index_following", figures.following.into()),
        ("index_segments", figures.segments),
        ("index_bytes", figures.index_bytes),
        ("index_lag_seq", figures.lag),
        ("index_sampled", figures.sampled),
        ("index_mismatch", figures.mismatches),
        ("store_head_seq", figures.head),
        ("store_wal_bytes", figures.journal_bytes),
        ("store_database_bytes", figures.database_bytes),
        ("store_errors", figures.errors),
        ("imports_running", figures.imports),
    ] {
        metrics.set(name, value);
    }
}
