//! Import and export: streams of any size, never held whole.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::sync::OwnedMutexGuard;
use utoipa::{IntoParams, ToSchema};
use xxhash_rust::xxh3::xxh3_64;

use super::json;
use super::memories::NoParameters;
use crate::engine::{
    Caller, Engine, Error, Filter, Format, Idempotency, ImportMode, ImportStatus, Progress,
    Remembered, Shape, Turn,
};
use crate::failpoint;
use crate::http::auth::Access;
use crate::http::body::{Filtered, Id, MemoryName, Parameters};
use crate::http::door::{Door, Place};
use crate::http::idempotency::Key;
use crate::http::problem::Problem;
use crate::http::stream::{Broken, Incoming, Upload, download, upload};
use crate::http::{State, blocking};
use crate::model::{ImportReport, Lang};

/// How long an upload may stand still besides 1 s for each KiB sent.
const UPLOAD_GRACE: Duration = Duration::from_secs(10);
/// How long the rest of an upload is read after its fate is known.
const DRAIN: Duration = Duration::from_secs(10);
/// The same while the server ends.
const DRAIN_AT_THE_END: Duration = Duration::from_secs(1);
/// The longest label of an import, in characters.
const MAX_LABEL: usize = 200;

/// A file format by its name.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum FormatName {
    Tmx,
    Tsv,
    Csv,
}

impl FormatName {
    fn format(self) -> Format {
        match self {
            FormatName::Tmx => Format::Tmx,
            FormatName::Tsv => Format::Tsv,
            FormatName::Csv => Format::Csv,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            FormatName::Tmx => "tmx",
            FormatName::Tsv => "tsv",
            FormatName::Csv => "csv",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            FormatName::Tmx => "application/x-tmx+xml; charset=utf-8",
            FormatName::Tsv => "text/tab-separated-values; charset=utf-8",
            FormatName::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// How to read the body of an import.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ImportQuery {
    /// The body's format; gzip around it is recognized.
    #[param(inline)]
    format: FormatName,
    /// What to do where the same source is there: `add` (default) keeps both translations,
    /// `update` replaces, `keep` leaves what is there.
    #[param(inline)]
    mode: Option<ImportMode>,
    /// Language of the first column of TSV and CSV without a header; with `to`.
    #[param(value_type = Option<String>)]
    from: Option<Lang>,
    /// Language of the second column.
    #[param(value_type = Option<String>)]
    to: Option<Lang>,
    /// What the import is called in lists, such as the file's name.
    name: Option<String>,
}

/// The two languages of a file that does not say them.
pub(super) fn pair(
    from: Option<&Lang>,
    to: Option<&Lang>,
) -> Result<Option<(Lang, Lang)>, Problem> {
    match (from, to) {
        (Some(from), Some(to)) => Ok(Some((from.clone(), to.clone()))),
        (None, None) => Ok(None),
        (from, _) => {
            let missing = if from.is_some() { "to" } else { "from" };
            let detail = "from and to belong together: give both, or neither";
            Err(Problem::bad_request("missing_field", detail).at(missing))
        }
    }
}

impl ImportQuery {
    fn label(&self) -> String {
        let name = self.name.as_deref().unwrap_or("upload");
        name.chars().take(MAX_LABEL).collect()
    }
}

/// In which format to export.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ExportQuery {
    /// The file's format.
    #[param(inline)]
    format: FormatName,
    /// CSV that a spreadsheet opens: cells that it would take for formulas get an apostrophe in front, which an import
    /// takes away again.
    spreadsheet: Option<bool>,
}

impl ExportQuery {
    fn shape(&self) -> Result<Shape, Problem> {
        let spreadsheet = self.spreadsheet.unwrap_or(false);
        if spreadsheet && !matches!(self.format, FormatName::Csv) {
            let detail = "only format=csv can be written for spreadsheets";
            return Err(Problem::bad_request("invalid_value", detail).at("spreadsheet"));
        }
        Ok(Shape {
            format: self.format.format(),
            spreadsheet,
        })
    }
}

/// Import a file
///
/// The body is the file as it is, of any size and any content type. It is taken in batches: what
/// the report counts as added stays, even where the file breaks off later.
#[utoipa::path(post, path = "/v1/memories/{name}/import", tag = "transfer",
    params(("name" = String, Path, description = "The memory's name."), ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The file was read to its end.", body = ImportReport,
            headers(("Import-Id" = String, description = "For /v1/imports/{id}."))),
        (status = 403, description = "The memory is read-only."),
        (status = 408, description = "The body came too slowly."),
        (status = 422, description = "The file could not be read to its end; `report`, `line` and `byte` say how far."),
    ))]
pub(in crate::http) async fn import(
    access: Access,
    name: MemoryName,
    key: Key,
    state: web::Data<State>,
    request: HttpRequest,
    query: Parameters<ImportQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let asked = Asked {
        caller: access.caller,
        memory: name.0,
        key,
        settings: xxh3_64(request.query_string().as_bytes()),
        query: query.0,
    };
    with_id(&take_in(Ok(asked), &state, &request, payload.into_inner()).await?)
}

/// Reads an upload to its end into a memory, or throws it away where nothing can come of it.
pub(in crate::http) async fn take_in(
    asked: Result<Asked, Problem>,
    state: &State,
    request: &HttpRequest,
    payload: Payload,
) -> Result<ImportReport, Problem> {
    let mut incoming = Incoming::new(payload, UPLOAD_GRACE);
    let asked = asked.and_then(|asked| Ok((asked, Door::transfer(request)?)));
    let done = match asked {
        Ok((asked, place)) => receive(asked, state, place, &mut incoming).await,
        Err(problem) => Err(problem),
    };
    let heard = match &done {
        Ok(_) => true,
        Err(_) => {
            let ends = *state.ending.borrow();
            let patience = if ends { DRAIN_AT_THE_END } else { DRAIN };
            incoming.drain(patience).await.is_some()
        }
    };
    done.map_err(|problem| if heard { problem } else { problem.and_close() })
}

/// What an import was asked to do.
pub(in crate::http) struct Asked {
    caller: Caller,
    memory: String,
    key: Key,
    /// A hash of the query, which belongs to what an `Idempotency-Key` stands for.
    settings: u64,
    query: ImportQuery,
}

impl Asked {
    /// A file that replaces what a memory has for the same sources; `settings` is a hash of the request's address.
    pub(in crate::http) fn update(
        (caller, memory): (Caller, String),
        (key, settings): (Key, u64),
        format: FormatName,
        (from, to): (Lang, Lang),
        name: String,
    ) -> Self {
        Asked {
            caller,
            memory,
            key,
            settings,
            query: ImportQuery {
                format,
                mode: Some(ImportMode::Update),
                from: Some(from),
                to: Some(to),
                name: Some(name),
            },
        }
    }
}

async fn receive(
    asked: Asked,
    state: &State,
    place: Place,
    incoming: &mut Incoming,
) -> Result<ImportReport, Problem> {
    let langs = pair(asked.query.from.as_ref(), asked.query.to.as_ref())?;
    let (sender, body, hash) = upload();
    let once = asked.key.of(StatusCode::OK, asked.settings, hash);
    let once = once.map(Arc::new);
    let mut guard = None;
    if let Some(once) = &once {
        guard = Some(state.locks.hold(&once.key).await);
        if is_known(state, once).await? {
            return replay(state, once, incoming).await;
        }
    }
    let work = Work {
        engine: Arc::clone(&state.engine),
        caller: Caller {
            once,
            ..asked.caller
        },
        memory: asked.memory,
        query: asked.query,
        langs,
        _held: (guard, place),
    };
    let mut done = pin!(blocking(move || work.run(body)));
    let mut ending = state.ending.subscribe();
    let fed = tokio::select! {
        fed = incoming.feed(sender) => fed,
        // What has come is written down; the client is told how far that is.
        _ = ending.wait_for(|ends| *ends) => Err(Broken::Gone),
        // It knows enough, such as that there is no such memory.
        done = &mut done => return done,
    };
    match done.await {
        Ok(answer) => Ok(answer),
        Err(problem) if fed == Err(Broken::Slow) => Err(problem.too_slow()),
        Err(problem) => Err(problem),
    }
}

/// The reply of an import, whose id stands in its report.
pub(super) fn with_id(report: &ImportReport) -> Result<HttpResponse, Problem> {
    let mut response = json(StatusCode::OK, report)?;
    if let Ok(id) = report.id.parse() {
        let name = header::HeaderName::from_static("import-id");
        response.headers_mut().insert(name, id);
    }
    Ok(response)
}

/// The report that was answered before.
pub(super) fn reported(answer: &Remembered) -> Result<ImportReport, Error> {
    serde_json::from_str(&answer.body).map_err(|error| Error::Store(error.to_string()))
}

/// Whether the key was answered before, with whatever body: its hash is known only at its end.
async fn is_known(state: &State, once: &Arc<Idempotency>) -> Result<bool, Problem> {
    let (engine, once) = (Arc::clone(&state.engine), Arc::clone(once));
    blocking(move || match engine.remembered(&once) {
        Ok(answer) => Ok(answer.is_some()),
        Err(Error::IdempotencyMismatch) => Ok(true),
        Err(error) => Err(error),
    })
    .await
}

/// Reads the body for its hash only, and answers as before.
async fn replay(
    state: &State,
    once: &Arc<Idempotency>,
    incoming: &mut Incoming,
) -> Result<ImportReport, Problem> {
    let hash = incoming.drain(Duration::from_secs(3600)).await;
    let broken = || Problem::bad_request("input_broken", "the body broke off").and_close();
    let hash = hash.ok_or_else(broken)?;
    once.body.get_or_init(|| hash);
    let (engine, once) = (Arc::clone(&state.engine), Arc::clone(once));
    blocking(move || match engine.remembered(&once)? {
        Some(answer) => reported(&answer),
        None => Err(Error::Busy), // it expired this very moment
    })
    .await
}

/// What runs on the blocking thread, from the first line of its record to the last: a client that
/// leaves takes the handler with it, but never this. The claim on the key lives as long as the work.
struct Work {
    engine: Arc<Engine>,
    caller: Caller,
    memory: String,
    query: ImportQuery,
    langs: Option<(Lang, Lang)>,
    _held: (Option<OwnedMutexGuard<()>>, Place),
}

impl Work {
    fn run(self, body: Upload) -> Result<ImportReport, Error> {
        let (query, caller) = (&self.query, &self.caller);
        let (format, mode) = (query.format.format(), query.mode.unwrap_or_default());
        let id = self
            .engine
            .begin_import(caller, &self.memory, &query.label(), format, mode)?;
        let body = Box::new(body);
        let done = self
            .engine
            .import(caller, &id, body, self.langs, &Unwatched);
        if caller.once.is_some() {
            failpoint::hit("reply");
        }
        done
    }
}

/// Over HTTP progress is asked for at `/v1/imports/{id}`.
pub(in crate::http) struct Unwatched;

impl Progress for Unwatched {
    fn advance(&self, _bytes: u64, _units: u64) {}
}

/// How an import stands
#[utoipa::path(get, path = "/v1/imports/{id}", tag = "transfer",
    params(("id" = String, Path, description = "What the header Import-Id said.")),
    responses((status = 200, description = "Its state, and the report so far.", body = ImportStatus)))]
pub(in crate::http) async fn status(
    access: Access,
    id: Id,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let status = blocking(move || engine.import_status(&access.caller, &id.0)).await?;
    json(StatusCode::OK, &status)
}

/// Export a memory
///
/// With conditions, only the units for which all hold; `prop.TYPE=TEXT` asks for a prop.
#[utoipa::path(get, path = "/v1/memories/{name}/export", tag = "transfer",
    params(("name" = String, Path, description = "The memory's name."), ExportQuery, Filter),
    responses((status = 200, description = "The file.",
        content((Vec<u8> = "application/x-tmx+xml"), (Vec<u8> = "text/tab-separated-values"), (Vec<u8> = "text/csv")))))]
pub(in crate::http) async fn export(
    access: Access,
    name: MemoryName,
    request: HttpRequest,
    state: web::Data<State>,
    query: Filtered<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let place = Door::transfer(&request)?;
    let turn = request.extensions_mut().remove::<Turn>();
    let (engine, caller) = (state.engine.clone(), access.caller);
    let MemoryName(name) = name;
    let asked = name.clone();
    // Not a byte before the memory and the filter are known to be good: afterwards it is too late for an error.
    let Filtered(asked_for, filter) = query;
    let (format, shape) = (asked_for.format, asked_for.shape()?);
    let (caller, filter) = blocking(move || {
        engine.check_export(&caller, &asked, &filter)?;
        Ok((caller, filter))
    })
    .await?;

    let (mut file, stream) = download();
    let engine = state.engine.clone();
    let file_name = format!("attachment; filename=\"{name}.{}\"", format.extension());
    let span = tracing::Span::current();
    let work = move || {
        let _held = (place, turn);
        let written = engine.export(&caller, &name, shape, &filter, &mut file);
        match written.and_then(|exported| Ok(file.finish().map(|()| exported)?)) {
            Ok(exported) if exported.skipped > 0 => {
                let skipped = exported.skipped;
                tracing::warn!(
                    skipped,
                    "an export left out units that its format cannot hold"
                );
            }
            Ok(_) => {}
            Err(Error::Output(_)) => tracing::debug!("the client left during an export"),
            Err(error) => tracing::error!(%error, "an export broke off"),
        }
    };
    // It runs on by itself; the stream ends when it does.
    drop(web::block(move || span.in_scope(work)));
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, file_name))
        .streaming(stream))
}
