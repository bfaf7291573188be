//! The HTTP protocol of `LanguageTool`, as `LibreOffice`, `OmegaT`, `LTeX`, browsers' add-ons and others speak it:
//! `/lt/{style}/v2/…`, with and without `v2`, and `/v2/…` for the default style. Only translation: what is found is
//! what `/v1/names/find` and `/v1/check` find.
//!
//! `request` reads what clients send, `text` joins texts with markup, `reply` says what was found, `words` makes
//! suggestions of words. Errors are plain text, see the door's `refusal`. What needs no key says nothing of the data:
//! some clients ask for it without one.

mod reply;
mod request;
mod text;
mod words;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde_json::json;

use super::api::json;
use super::auth::{Access, admit};
use super::problem::{Problem, quoted};
use super::{State, blocking};
use crate::engine::{CheckPair, CheckReply, Engine, Error, FindNames, Readiness, Role};
use crate::model::{ConceptKind, Style};
use request::{Asked, Form};

/// The longest text, in UTF-16 units. A body of [`super::body::MAX_BODY`] bytes can hold it percent-encoded.
const MAX_TEXT: usize = 100_000;

/// Every route, at each of its addresses. A `//` comes from a base address that ends in `/`.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::scope("/lt/{style}").configure(|config| calls(config, &["/v2", "//v2", ""])))
        .service(web::scope("/v2").configure(|config| calls(config, &[""])));
}

fn calls(config: &mut web::ServiceConfig, bases: &[&str]) {
    let at = |call: &str| {
        let address = |base: &&str| [format!("{base}/{call}"), format!("{base}//{call}")];
        let addresses: Vec<String> = bases.iter().flat_map(address).collect();
        Resource::new(addresses)
    };
    config
        .service(
            at("check")
                .route(web::get().to(check))
                .route(web::post().to(check)),
        )
        .service(at("languages").route(web::get().to(languages)))
        .service(at("info").route(web::get().to(info)))
        .service(at("maxtextlength").route(web::get().to(max_text_length)))
        .service(at("healthcheck").route(web::get().to(health)))
        .service(at("configinfo").route(web::get().to(config_info)))
        .service(at("words").route(web::get().to(words::list)))
        .service(at("words/add").route(web::post().to(words::add)))
        .service(at("words/delete").route(web::post().to(words::delete)));
}

/// Whether an address is one of this protocol.
pub(super) fn is_at(path: &str) -> bool {
    path.starts_with("/lt/") || path.starts_with("/v2/")
}

/// Whether an address of this protocol is about words, which can be added.
pub(super) fn is_about_words(path: &str) -> bool {
    path.split('/').any(|part| part == "words")
}

/// A refusal as clients of this protocol show it.
pub(super) fn refusal(problem: &Problem) -> HttpResponse {
    let body = format!("Error: {}\n", problem.detail());
    problem.respond_as("text/plain; charset=utf-8", body)
}

/// The style in the path; `/v2` is the default style's.
fn style_of(request: &HttpRequest) -> String {
    let named = request.match_info().get("style");
    named.unwrap_or(Style::DEFAULT).to_owned()
}

fn no_such_style(style: &str) -> Problem {
    let detail = format!(
        "there is no style {}: the address is /lt/STYLE/v2, GET /v1/styles lists the styles, and /v2 takes the default one",
        quoted(style)
    );
    Problem::new(StatusCode::NOT_FOUND, "unknown_style", detail)
}

/// Finds what is to be said about a text, or about a translation where its source comes along.
async fn check(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = Form::read(&request, payload).await?;
    let access = admit(&request, form.key())?;
    let asked = Asked::of(form)?;
    let style = style_of(&request);
    let (engine, named) = (state.engine.clone(), style.clone());
    let done = blocking(move || judged(&engine, &access, asked, named)).await?;
    let body = done.ok_or_else(|| no_such_style(&style))?;
    json(StatusCode::OK, &body)
}

/// The whole reply to a check; `None` if there is no such style.
fn judged(
    engine: &Engine,
    access: &Access,
    asked: Asked,
    style: String,
) -> Result<Option<reply::Reply>, Error> {
    let find = FindNames {
        text: asked.document.plain.clone(),
        lang: asked.lang.clone(),
        style: Some(style),
        kinds: Some(ConceptKind::ALL.to_vec()),
    };
    let found = match engine.find_names(&access.caller, &find) {
        Err(Error::Invalid {
            code: "unknown_style",
            ..
        }) => return Ok(None),
        found => found?,
    };
    let pair = asked.pair.as_ref().map(|pair| {
        let pair = CheckPair {
            style: find.style.clone(),
            ..pair.clone()
        };
        engine.check_pair(&access.caller, &pair)
    });
    // What cannot be compared, such as a source that is too long, is still checked alone.
    let (pair, incomplete) = match pair {
        None => (CheckReply::default(), false),
        Some(Err(Error::Invalid { .. })) => (CheckReply::default(), true),
        Some(pair) => (pair?, false),
    };
    Ok(Some(reply::Reply::of(&asked, &found, &pair, incomplete)))
}

async fn languages() -> Result<HttpResponse, Problem> {
    let all = request::LANGUAGES
        .map(|(name, long)| json!({"name": name, "code": request::short(long), "longCode": long}));
    json(StatusCode::OK, &all)
}

async fn info() -> Result<HttpResponse, Problem> {
    let software = json!({
        "name": reply::NAME, "version": reply::VERSION, "buildDate": null, "commit": null, "premium": false,
    });
    json(StatusCode::OK, &json!({ "software": software }))
}

async fn max_text_length() -> HttpResponse {
    plain(MAX_TEXT.to_string())
}

async fn health(state: web::Data<State>) -> Result<HttpResponse, Problem> {
    match state.engine.readiness() {
        Readiness::Loading { .. } => Err(Problem::loading()),
        Readiness::Ready { .. } => Ok(plain("OK".to_owned())),
    }
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}

/// What kinds of findings there are, to switch off or on.
async fn config_info(
    request: HttpRequest,
    state: web::Data<State>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let form = Form::read(&request, payload).await?;
    let access = admit(&request, form.key())?;
    let style = style_of(&request);
    let (engine, named) = (state.engine.clone(), style.clone());
    let style_is_there = blocking(move || is_there(&engine, &access, &named)).await?;
    if !style_is_there {
        return Err(no_such_style(&style));
    }
    let body = json!({
        "software": reply::software(),
        "parameter": {"maxTextLength": MAX_TEXT},
        "rules": reply::rules(),
    });
    json(StatusCode::OK, &body)
}

fn is_there(engine: &Engine, access: &Access, style: &str) -> Result<bool, Error> {
    access.caller.must_have_in_glossary(Role::Read)?;
    match engine.style(&access.caller, style) {
        Ok(_) => Ok(true),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
