//! The protocol of tmserver (translate-toolkit) and amaGama, at `/tmserver/` and `/amagama/api/v1/`: Virtaal,
//! Weblate and others look up and store by it. Both servers' fields stand in each reply, so that a client of either
//! is content. There is no JSONP: with it any web page could read a memory.
//!
//! | method, path | does |
//! |---|---|
//! | GET `/{source}/{target}/unit/{text}`, or `/unit/?source=` | matches, best first; `min_similarity`, `max_candidates`, `memory` |
//! | PUT, POST the same with `{"source","target"}` | stores a unit |
//! | DELETE the same | deletes all units of that very source; with `target`, those with that very translation |
//! | PUT `/{source}/{target}/store/{name}` | reads a file, whose format is that of its name: TMX, TSV, CSV, each also `.gz` |
//! | POST the same with `[{"source","target","context"}…]` | stores the units |
//! | GET `/languages/` | the languages of the memories |
//!
//! A write goes into `?memory=`, else as [`crate::engine::Engine::memory_to_write`] decides; another target for the same source
//! becomes a new revision. PUT and POST take an `Idempotency-Key`.

use std::collections::BTreeSet;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::api::transfer::{Asked, FormatName, take_in};
use super::auth::Access;
use super::body::{Body, MAX_BODY};
use super::idempotency::{self, Key};
use super::loose::{self, Parameters, decoded, language};
use super::problem::{Problem, quoted};
use super::{State, blocking};
use crate::engine::{
    Caller, Engine, Error, ImportMode, Lookup, LookupReply, Match, NewUnit, VariantText,
};
use crate::model::{Context, Lang};

const BASES: [&str; 2] = ["/tmserver", "/amagama/api/v1"];
/// The least quality and the most candidates where nothing is said.
const THRESHOLD: u8 = 70;
const LIMIT: u8 = 5;
/// The largest list of units, in bytes: some ten thousand.
const MAX_LIST: usize = 4 << 20;

/// Every route of the protocol. Base addresses often end with a slash already.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let at = |rest: &str| {
        let paths = BASES.map(|base| format!("{base}{{slash:/+}}{rest}"));
        web::resource(paths.to_vec())
    };
    config
        .service(at("languages{end:/*}").route(web::get().to(languages)))
        .service(
            at("{source}/{target}/unit{text:.*}")
                .route(web::get().to(look_up))
                .route(web::put().to(store))
                .route(web::post().to(store))
                .route(web::delete().to(delete)),
        )
        .service(
            at("{source}/{target}/store/{name:.+}")
                .route(web::put().to(store_file))
                .route(web::post().to(store_list)),
        );
}

/// What an address says.
struct Address {
    /// Source and target; `None` where one is no language.
    langs: Option<(Lang, Lang)>,
    /// The text after `/unit/`, else `?source=`.
    text: Option<String>,
    /// The file's name after `/store/`.
    name: String,
    given: Parameters,
    /// Of all of it: a text in it is not kept with an `Idempotency-Key`.
    hash: u64,
}

impl Address {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let lang = |name| request.match_info().get(name).and_then(language);
        let given = Parameters::of(request);
        // As it was sent: the router has decoded some of it already.
        let path = request.uri().path();
        let tail = |word: &str| path.split_once(word).map(|(_, tail)| tail);
        let text = match tail("/unit").map(|tail| (tail, tail.strip_prefix('/'))) {
            Some(("" | "/", _)) => given.get("source").map(str::to_owned),
            Some((_, Some(text))) => Some(decoded(text)),
            Some((_, None)) => return Err(Problem::not_found()),
            None => None,
        };
        Ok(Address {
            langs: lang("source").zip(lang("target")),
            text,
            name: tail("/store/").map(decoded).unwrap_or_default(),
            given,
            hash: xxh3_64(request.uri().to_string().as_bytes()),
        })
    }

    fn memory(&self) -> Option<String> {
        self.given.get("memory").map(str::to_owned)
    }

    /// For writes: two languages that are told apart.
    fn pair(&self) -> Result<(Lang, Lang), Problem> {
        let wrong = |detail| Problem::bad_request("invalid_language", detail);
        match &self.langs {
            Some((source, target)) if source.meets(target) => {
                Err(wrong("source and target are the same language"))
            }
            Some(pair) => Ok(pair.clone()),
            None => Err(wrong(
                "the path begins with two languages, such as /en/fa/unit/…",
            )),
        }
    }

    fn text(&self) -> Result<&str, Problem> {
        self.text.as_deref().ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "missing_source",
                "say what to look for: /en/fa/unit/TEXT or /en/fa/unit/?source=TEXT",
            )
        })
    }
}

/// A match as both servers put it.
#[derive(Serialize)]
struct Found {
    source: String,
    target: String,
    /// The unit's place in its file, or nothing.
    context: String,
    /// Percent; a whole number, as everywhere here.
    quality: f64,
    /// amaGama's, which says to ignore it.
    rank: f64,
}

impl From<Match> for Found {
    fn from(found: Match) -> Self {
        let quality = f64::from(found.score.min(100));
        Found {
            source: found.source,
            target: found.target,
            context: found
                .context
                .and_then(|context| context.id)
                .unwrap_or_default(),
            quality,
            rank: quality,
        }
    }
}

async fn look_up(
    access: Access,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let address = Address::of(&request)?;
    let text = address.text()?.to_owned();
    let Some((source_lang, target_lang)) = address.langs.clone() else {
        return json(&[(); 0]);
    };
    let asked = Lookup {
        source_lang,
        target_lang,
        text,
        text_tagged: None,
        memories: address.memory().map(|memory| vec![memory]),
        threshold: address.given.number("min_similarity", THRESHOLD, 30..=100),
        limit: address.given.number("max_candidates", LIMIT, 1..=100),
        context: None,
        filter: None,
        include: Vec::new(),
    };
    let found = found(&state, access.caller, asked).await?;
    let found: Vec<Found> = found.matches.into_iter().map(Found::from).collect();
    json(&found)
}

/// Looks up; what can be no segment is in no memory.
pub(super) async fn found(
    state: &State,
    caller: Caller,
    asked: Lookup,
) -> Result<LookupReply, Problem> {
    let engine = state.engine.clone();
    let found = blocking(move || match engine.lookup(&caller, &asked) {
        Err(Error::Invalid { .. }) => Ok(LookupReply::default()),
        other => other,
    })
    .await?;
    state.metrics.truncated(found.truncated.into());
    Ok(found)
}

/// A unit as clients send it; whatever else they say is not kept.
#[derive(Deserialize)]
struct Sent {
    source: Option<String>,
    target: Option<String>,
    context: Option<String>,
}

async fn store(
    access: Access,
    key: Key,
    state: web::Data<State>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let address = Address::of(&request)?;
    let (source, target) = address.pair()?;
    let at = address.hash;
    let Body { value: sent, hash } = loose::json::<Sent>(&request, payload, MAX_BODY).await?;
    let text = match sent.source {
        Some(source) => source,
        None => address.text()?.to_owned(),
    };
    let missing = || Problem::bad_request("missing_field", "a unit has a target").at("/target");
    let unit = NewUnit {
        variants: vec![
            (source.to_string(), VariantText::Plain(text)),
            (
                target.to_string(),
                VariantText::Plain(sent.target.ok_or_else(missing)?),
            ),
        ],
        context: Context {
            id: sent.context.filter(|context| !context.is_empty()),
            ..Context::default()
        },
        mode: Some(ImportMode::Update),
        ..NewUnit::default()
    };
    let work = move |engine: &Engine, caller: &Caller| {
        let memory = engine.memory_to_write(caller, address.memory().as_deref())?;
        engine.add_unit(caller, &memory, &unit)
    };
    // No text of the address is kept.
    let key = key.at(format!("{} unit", request.method()));
    idempotency::run((access, key, state), StatusCode::OK, hash ^ at, work).await?;
    // Both servers answer so that a unit was stored.
    Ok(HttpResponse::Ok().finish())
}

async fn delete(
    access: Access,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let address = Address::of(&request)?;
    let text = address.text()?.to_owned();
    let (source, target) = address.pair()?;
    let engine = state.engine.clone();
    let deleted = blocking(move || {
        let Some(memory) = engine.memory_meant(&access.caller, address.given.get("memory"))? else {
            return Ok(0);
        };
        let translation = (&target, address.given.get("target"));
        engine.delete_text(&access.caller, &memory, (&source, &text), translation)
    })
    .await?;
    match deleted {
        0 => Err(Problem::not_found()),
        count => Ok(said(format!("deleted {count} units"))),
    }
}

async fn store_file(
    access: Access,
    key: Key,
    state: web::Data<State>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let asked = file_asked(access, key, &state, &request, None).await;
    take_file(asked, &state, &request, payload.into_inner()).await
}

async fn store_list(
    access: Access,
    key: Key,
    state: web::Data<State>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    Address::of(&request)?.pair()?;
    let units: Body<Vec<Sent>> = loose::json(&request, payload, MAX_LIST).await?;
    let table = stream::iter([Ok(Bytes::from(table(&units.value)))]);
    let payload = Payload::Stream {
        payload: table.boxed_local(),
    };
    let asked = file_asked(access, key, &state, &request, Some(FormatName::Csv)).await;
    take_file(asked, &state, &request, payload).await
}

/// An import into the memory that is meant, of a format that is known or that of the name; and the name.
async fn file_asked(
    access: Access,
    key: Key,
    state: &State,
    request: &HttpRequest,
    format: Option<FormatName>,
) -> Result<(Asked, String), Problem> {
    let address = Address::of(request)?;
    let format = format.map_or_else(|| format_of(&address.name), Ok)?;
    let pair = address.pair()?;
    let engine = state.engine.clone();
    let named = address.memory();
    let goal = blocking(move || {
        let memory = engine.memory_to_write(&access.caller, named.as_deref())?;
        Ok((access.caller, memory))
    })
    .await?;
    let name = address.name;
    let asked = Asked::update(goal, (key, address.hash), format, pair, name.clone());
    Ok((asked, name))
}

/// Takes a file in like any other import.
async fn take_file(
    asked: Result<(Asked, String), Problem>,
    state: &State,
    request: &HttpRequest,
    file: Payload,
) -> Result<HttpResponse, Problem> {
    let (asked, name) = match asked {
        Ok((asked, name)) => (Ok(asked), name),
        Err(problem) => (Err(problem), String::new()),
    };
    let report = take_in(asked, state, request, file).await?;
    let count = report.added + report.updated;
    Ok(said(format!("added {count} units from {}", quoted(&name))))
}

/// The format that a file's name says it has.
fn format_of(name: &str) -> Result<FormatName, Problem> {
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_suffix(".gz").unwrap_or(&lower);
    match bare.rsplit_once('.').map(|(_, ending)| ending) {
        Some("tmx") => Ok(FormatName::Tmx),
        Some("tsv") => Ok(FormatName::Tsv),
        Some("csv") => Ok(FormatName::Csv),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!(
                "the format of {} is not read here: send .tmx, .tsv or .csv, each also .gz, or POST the units as a list",
                quoted(name)
            ),
        )),
    }
}

/// The units as CSV, so that a list is an import like any other. What has no translation yet is left out.
fn table(units: &[Sent]) -> Vec<u8> {
    let mut table = String::from("source,target,context\r\n");
    for unit in units {
        let cells = [&unit.source, &unit.target, &unit.context];
        let [source, target, context] = cells.map(|cell| cell.as_deref().unwrap_or_default());
        if source.is_empty() || target.is_empty() {
            continue;
        }
        for (cell, end) in [(source, ","), (target, ","), (context, "\r\n")] {
            table.push('"');
            table.push_str(&cell.replace('"', "\"\""));
            table.push('"');
            table.push_str(end);
        }
    }
    table.into_bytes()
}

fn said(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Languages {
    source_languages: BTreeSet<String>,
    target_languages: BTreeSet<String>,
}

async fn languages(access: Access, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let memories = blocking(move || engine.memories(&access.caller)).await?;
    let tags = memories.iter().flat_map(|memory| &memory.languages);
    let all: BTreeSet<String> = tags.flat_map(|tag| codes(tag)).collect();
    json(&Languages {
        source_languages: all.clone(),
        target_languages: all,
    })
}

/// What clients call a language: Weblate compares in small letters with `_`, and may know `fa` where we have `fa-IR`.
fn codes(tag: &str) -> Vec<String> {
    let code = |tag: &str| tag.replace('-', "_").to_ascii_lowercase();
    let group = language(tag).map(|lang| code(lang.group().as_str()));
    group.into_iter().chain([code(tag)]).collect()
}

/// A reply of this and its neighbours.
pub(super) fn json(value: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_string(value).map_err(|_| Problem::internal())?;
    Ok(HttpResponse::Ok()
        .content_type("application/json; charset=utf-8")
        .body(body))
}
