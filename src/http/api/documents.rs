//! `/v1/documents/normalize`: a document in, the same with its names as a style wants them out.

use std::io::Read;
use std::pin::pin;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::engine::{DocumentKind, Error};
use crate::http::auth::Access;
use crate::http::body::Parameters;
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::stream::{Broken, Incoming, upload};
use crate::http::{State, blocking};
use crate::model::Lang;

/// How long an upload may stand still besides 1 s for each KiB sent.
const GRACE: Duration = Duration::from_secs(10);
/// How long the rest of an upload is read after its fate is known.
const DRAIN: Duration = Duration::from_secs(10);

/// How to read and rewrite the document.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Wanted {
    /// The style; `default` where it is left out.
    style: Option<String>,
    /// The language of the document.
    #[param(value_type = Option<String>)]
    lang: Option<Lang>,
    /// `text`, `markdown`, `html`, `docx` or `odt`; else Content-Type tells, else the first bytes.
    kind: Option<String>,
}

/// Bring the names of a document in line with a style
///
/// The body is the document. Only text is changed, formatting is kept; the header `Changes` says how many
/// names were changed.
#[utoipa::path(post, path = "/v1/documents/normalize", tag = "names", params(Wanted),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The document, of the same kind.",
            content(
                (Vec<u8> = "text/plain"),
                (Vec<u8> = "text/markdown"),
                (Vec<u8> = "text/html"),
                (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
                (Vec<u8> = "application/vnd.oasis.opendocument.text"),
            ),
            headers(("Changes" = u64, description = "How many names were changed."))),
        (status = 408, description = "The body came too slowly."),
        (status = 413, description = "The document is too large for its kind."),
        (status = 422, description = "The document could not be read."),
    ))]
pub(in crate::http) async fn normalize(
    access: Access,
    state: web::Data<State>,
    request: HttpRequest,
    query: Parameters<Wanted>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let place = Door::transfer(&request)?;
    let mut incoming = Incoming::new(payload.into_inner(), GRACE);
    let kind = kind_of(&query.0, &request)?;
    let (sender, mut body, _) = upload();
    let engine = state.engine.clone();
    let mut done = pin!(blocking(move || {
        let _place = place;
        let Wanted { style, lang, .. } = query.0;
        let tools = engine.name_tools(&access.caller, style.as_deref())?;
        let most = kind.map_or(DocumentKind::Text.max_bytes(), DocumentKind::max_bytes) as u64;
        let mut document = Vec::new();
        let read = (&mut body).take(most + 1).read_to_end(&mut document);
        read.map_err(|error| Error::Input {
            reason: error.to_string(),
            report: Box::default(),
        })?;
        let kind = kind.or_else(|| DocumentKind::sniff(&document));
        let kind = kind.unwrap_or(DocumentKind::Text);
        let mut out = Vec::new();
        let changes = tools.normalize_document(kind, &document, lang.as_ref(), &mut out)?;
        Ok((kind, changes.changes.len(), out))
    }));
    let fed = tokio::select! {
        fed = incoming.feed(sender) => Some(fed),
        early = &mut done => {
            let heard = incoming.drain(DRAIN).await.is_some();
            let early = early.map_err(|problem| if heard { problem } else { problem.and_close() });
            return early.map(answer);
        }
    };
    match done.await {
        Ok(done) => Ok(answer(done)),
        Err(problem) if fed == Some(Err(Broken::Slow)) => Err(problem.too_slow()),
        Err(problem) => Err(problem),
    }
}

fn answer((kind, changes, document): (DocumentKind, usize, Vec<u8>)) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header(("Changes", changes.to_string()))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .body(document)
}

fn kind_of(wanted: &Wanted, request: &HttpRequest) -> Result<Option<DocumentKind>, Problem> {
    match &wanted.kind {
        None => Ok(DocumentKind::of_media_type(request.content_type())),
        Some(kind) => kind.parse().map(Some).map_err(|_| {
            let known = "kind is text, markdown, html, docx or odt";
            Problem::bad_request("invalid_value", known).at("kind")
        }),
    }
}
