//! The protocol of Apertium's web service (`APy`), at `/apertium/`: what OmegaT's and Weblate's Apertium connectors
//! ask when another server is set. `translate` answers with the target of the best match of the memories, or with
//! nothing; it never makes a translation up. A key comes as the parameter `key`, in the path, or in `Authorization`.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Serialize;

use super::auth::Access;
use super::loose::{Parameters, language};
use super::problem::Problem;
use super::tmserver::{found, json};
use super::{State, blocking};
use crate::engine::Lookup;
use crate::model::Lang;

/// The least match that is taken for a translation, where `threshold` says nothing.
const THRESHOLD: u8 = 75;

/// Every route of the protocol. The address that is set may end with a slash already.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let at = |name: &str| web::resource(format!("/apertium{{slash:/+}}{name}"));
    config
        .service(
            at("translate")
                .route(web::get().to(translate))
                .route(web::post().to(translate)),
        )
        .service(at("listPairs").route(web::get().to(list_pairs)));
}

/// Every good reply.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<T> {
    response_data: T,
    response_details: Option<String>,
    response_status: u16,
}

impl<T: Serialize> Reply<T> {
    fn of(response_data: T) -> Result<HttpResponse, Problem> {
        json(&Reply {
            response_data,
            response_details: None,
            response_status: 200,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Translation {
    translated_text: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    source_language: String,
    target_language: String,
}

async fn translate(
    access: Access,
    state: web::Data<State>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let given = Parameters::of(&request).and_form(&request, payload).await?;
    let missing = |name: &str| {
        let detail = format!("missing argument {name}: ask for ?langpair=en|fa&q=TEXT");
        Problem::bad_request("missing_field", detail).at(name)
    };
    let pair = given.get("langpair").ok_or_else(|| missing("langpair"))?;
    let text = given.get("q").ok_or_else(|| missing("q"))?.to_owned();
    let (source_lang, target_lang) = languages(pair).ok_or_else(|| {
        let detail = "that pair is invalid: use two codes and a bar, such as en|fa or eng|pes";
        Problem::bad_request("invalid_language", detail).at("langpair")
    })?;
    let asked = Lookup {
        source_lang,
        target_lang,
        text,
        text_tagged: None,
        memories: given.get("memory").map(|memory| vec![memory.to_owned()]),
        threshold: given.number("threshold", THRESHOLD, 30..=100),
        limit: 1,
        context: None,
        filter: None,
        include: Vec::new(),
    };
    let found = found(&state, access.caller, asked).await?;
    let best = found.matches.into_iter().next();
    Reply::of(Translation {
        translated_text: best.map(|best| best.target).unwrap_or_default(),
    })
}

fn languages(pair: &str) -> Option<(Lang, Lang)> {
    let (source, target) = pair.split_once('|')?;
    language(source).zip(language(target))
}

async fn list_pairs(access: Access, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let engine = state.engine.clone();
    let memories = blocking(move || engine.memories(&access.caller)).await?;
    let mut pairs = BTreeSet::new();
    for memory in &memories {
        let codes: BTreeSet<String> = memory.languages.iter().map(|tag| code(tag)).collect();
        for source in &codes {
            let others = codes.iter().filter(|target| *target != source);
            pairs.extend(others.map(|target| Pair {
                source_language: source.clone(),
                target_language: target.clone(),
            }));
        }
    }
    Reply::of(pairs)
}

/// What Apertium calls a language: three letters where Weblate asks for those, else as the group of languages is
/// called here. Asked for, all of them are understood.
fn code(tag: &str) -> String {
    let group = language(tag).map_or_else(|| tag.to_owned(), |lang| lang.group().as_str().into());
    match group.as_str() {
        "en" => "eng".into(),
        "fa" => "pes".into(),
        "de" => "deu".into(),
        "es" => "spa".into(),
        "fr" => "fra".into(),
        "it" => "ita".into(),
        "nl" => "nld".into(),
        "pt" => "por".into(),
        "ru" => "rus".into(),
        _ => group.replace('-', "_"),
    }
}

/// The body of every error: `APy`'s own fields, and those that its clients look at.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusal<'a> {
    status: &'a str,
    code: u16,
    message: &'a str,
    explanation: &'a str,
    response_data: Option<()>,
    response_details: &'a str,
    response_status: u16,
    #[serde(rename = "request_id")]
    request_id: &'a str,
}

/// A refusal in the protocol's words.
pub(super) fn refusal(problem: &Problem, id: &str) -> HttpResponse {
    let status: StatusCode = problem.status_code();
    let body = Refusal {
        status: "error",
        code: status.as_u16(),
        message: status.canonical_reason().unwrap_or("Error"),
        explanation: problem.detail(),
        response_data: None,
        response_details: problem.detail(),
        response_status: status.as_u16(),
        request_id: id,
    };
    problem.respond_as(
        "application/json; charset=utf-8",
        serde_json::to_string(&body).unwrap_or_default(),
    )
}
