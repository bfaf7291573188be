//! `/v1/glossary/import` and `/export`: the termbase as a file.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use xxhash_rust::xxh3::xxh3_64;

use super::transfer::{pair, reported, with_id};
use crate::engine::{Caller, Error, GlossaryFormat, GlossaryImport, ImportMode, Once};
use crate::failpoint;
use crate::http::auth::Access;
use crate::http::body::Parameters;
use crate::http::door::{Door, Place};
use crate::http::idempotency::Key;
use crate::http::problem::Problem;
use crate::http::stream::{Broken, Incoming, download, upload};
use crate::http::{State, blocking};
use crate::model::{ImportReport, Lang};

/// How long an upload may stand still besides 1 s for each KiB sent.
const GRACE: Duration = Duration::from_secs(10);
/// How long the rest of an upload is read after its fate is known.
const DRAIN: Duration = Duration::from_secs(10);

/// How to read the body of an import.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ImportQuery {
    /// The body's format; gzip around it is recognized.
    #[param(inline)]
    format: GlossaryFormat,
    /// `add` (default): new concepts, and new names of known ones; `update`: the file's concepts replace those that
    /// are there; `keep`: new concepts only.
    #[param(inline)]
    mode: Option<ImportMode>,
    /// `true`: take names that look like names of other concepts.
    #[param(inline)]
    allow_confusable: Option<YesNo>,
    /// Language of the terms in a file of OmegaT's, which does not say it; with `to`.
    #[param(value_type = Option<String>)]
    from: Option<Lang>,
    /// Language of the translations in it.
    #[param(value_type = Option<String>)]
    to: Option<Lang>,
}

/// A switch in a query.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum YesNo {
    True,
    False,
}

/// In which format to export.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ExportQuery {
    /// The file's format.
    #[param(inline)]
    format: GlossaryFormat,
    /// For `omegat`: language of the terms.
    #[param(value_type = Option<String>)]
    from: Option<Lang>,
    /// For `omegat`: language of the translations.
    #[param(value_type = Option<String>)]
    to: Option<Lang>,
}

/// Import a glossary
///
/// The body is the file, at most 64 MiB. It is read whole before anything is written; the report counts rows, and
/// stays at `/v1/imports/{id}`, where `DELETE` takes the whole import back.
#[utoipa::path(post, path = "/v1/glossary/import", tag = "glossary", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The file was read to its end.", body = ImportReport,
            headers(("Import-Id" = String, description = "For /v1/imports/{id}."))),
        (status = 408, description = "The body came too slowly."),
        (status = 422, description = "The file could not be read; `line` and `byte` say where. Nothing was written."),
    ))]
pub(in crate::http) async fn import(
    access: Access,
    key: Key,
    state: web::Data<State>,
    request: HttpRequest,
    query: Parameters<ImportQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut incoming = Incoming::new(payload.into_inner(), GRACE);
    let done = match Door::transfer(&request) {
        Ok(place) => {
            let settings = xxh3_64(request.query_string().as_bytes());
            let query = query.0;
            match pair(query.from.as_ref(), query.to.as_ref()) {
                Err(problem) => Err(problem),
                Ok(langs) => {
                    let how = GlossaryImport {
                        format: query.format,
                        langs,
                        mode: query.mode.unwrap_or_default(),
                        allow_confusable: query.allow_confusable == Some(YesNo::True),
                    };
                    let asked = Asked {
                        caller: access.caller,
                        how,
                        settings,
                        key,
                    };
                    receive(asked, &state, place, &mut incoming).await
                }
            }
        }
        Err(problem) => Err(problem),
    };
    let heard = match &done {
        Ok(_) => true,
        Err(_) => incoming.drain(DRAIN).await.is_some(),
    };
    done.map_err(|problem| if heard { problem } else { problem.and_close() })
}

struct Asked {
    caller: Caller,
    how: GlossaryImport,
    /// A hash of the query, which belongs to what an `Idempotency-Key` stands for.
    settings: u64,
    key: Key,
}

async fn receive(
    asked: Asked,
    state: &State,
    place: Place,
    incoming: &mut Incoming,
) -> Result<HttpResponse, Problem> {
    let (sender, body, hash) = upload();
    let once = asked.key.of(StatusCode::OK, asked.settings, hash);
    let guard = match &once {
        Some(once) => Some(state.locks.hold(&once.key).await),
        None => None,
    };
    let engine = Arc::clone(&state.engine);
    let (caller, how) = (asked.caller, asked.how);
    let work = move || {
        let _held = (guard, place);
        // A glossary is read whole before it is written, so a key that was used is known in time.
        let file = engine.hold_glossary(&caller, Box::new(body))?;
        let Some(once) = once else {
            return engine.import_glossary(&caller, file, &how);
        };
        match engine.once(caller, once, |caller| {
            let done = engine.import_glossary(caller, file, &how);
            failpoint::hit("reply");
            done
        })? {
            Once::Now(report) => Ok(report),
            Once::Before(answer) => reported(&answer),
        }
    };
    let mut done = pin!(blocking(work));
    let fed = tokio::select! {
        fed = incoming.feed(sender) => fed,
        done = &mut done => return with_id(&done?),
    };
    match done.await {
        Ok(report) => with_id(&report),
        Err(problem) if fed == Err(Broken::Slow) => Err(problem.too_slow()),
        Err(problem) => Err(problem),
    }
}

/// Export the glossary
#[utoipa::path(get, path = "/v1/glossary/export", tag = "glossary", params(ExportQuery),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "text/csv"),
        (Vec<u8> = "application/x-tbx+xml"),
    ))))]
pub(in crate::http) async fn export(
    access: Access,
    request: HttpRequest,
    state: web::Data<State>,
    query: Parameters<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let format = query.0.format;
    let langs = pair(query.0.from.as_ref(), query.0.to.as_ref())?;
    let place = Door::transfer(&request)?;
    let (engine, caller) = (state.engine.clone(), access.caller);
    let (caller, langs) = blocking(move || {
        engine.check_glossary_export(&caller, format, langs.as_ref())?;
        Ok((caller, langs))
    })
    .await?;
    let (mut file, stream) = download();
    let engine = state.engine.clone();
    let span = tracing::Span::current();
    let work = move || {
        let _place = place;
        let written = engine.export_glossary(&caller, format, langs.as_ref(), &mut file);
        match written.and_then(|()| Ok(file.finish()?)) {
            Ok(()) => {}
            Err(Error::Output(_)) => tracing::debug!("the client left during an export"),
            Err(error) => tracing::error!(%error, "an export broke off"),
        }
    };
    drop(web::block(move || span.in_scope(work)));
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"glossary.{}\"", format.extension()),
        ))
        .streaming(stream))
}
