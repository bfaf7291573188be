//! `/reconcile`: the glossary for `OpenRefine` and its like, in the W3C Reconciliation Service API 0.1 and 0.2
//! (<https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/>), and the one call of the draft
//! of 1.0 that is wanted already. It reads and never writes; so any page may ask here, and a script may (JSONP).
//!
//! Clients lose a whole batch over one thing that they did not expect, keep that in mind and ask again. So a query that
//! says nothing sensible has no results, and only what cannot be read at all is an error.

pub(super) mod extend;
pub(super) mod page;
mod query;
pub(super) mod suggest;
mod vocabulary;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::Serialize;
use serde_json::{Value, json};

use super::auth::Access;
use super::problem::Problem;
use super::{State, api, blocking, body, path_key};
use crate::engine::{Caller, Role};
pub(super) use page::{PREVIEW_POLICY, VIEW_POLICY};

/// Where all of it is.
const ROOT: &str = "/reconcile";
/// Queries of a batch, ids of an extension.
const BATCH: usize = 200;
const MOST_IDS: usize = 1_000;
/// The longest name of a callback.
const MAX_CALLBACK: usize = 64;

/// Whether a path is one of these.
pub(super) fn is_at(path: &str) -> bool {
    let rest = path.strip_prefix(ROOT);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let get = web::get;
    config
        .route(ROOT, get().to(manifest))
        .route(ROOT, web::post().to(post))
        .route("/reconcile/", get().to(manifest))
        .route("/reconcile/", web::post().to(post))
        .route("/reconcile/match", web::post().to(matches))
        .route("/reconcile/properties", get().to(extend::proposed))
        .route("/reconcile/suggest/entity", get().to(suggest::entity))
        .route("/reconcile/suggest/type", get().to(suggest::class))
        .route("/reconcile/suggest/property", get().to(suggest::property))
        .route("/reconcile/flyout/{what}", get().to(suggest::flyout))
        .route("/reconcile/preview", get().to(page::preview))
        .route("/reconcile/view", get().to(page::view));
}

/// Fields of a form or of a query string. What nobody asks for does not matter, and of two the first counts.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(text: &str) -> Result<Self, Problem> {
        let unreadable = |_| {
            let detail = "the fields cannot be read: percent-encode them";
            Problem::bad_request("invalid_form", detail)
        };
        let fields = web::Query::<Vec<(String, String)>>::from_query(text).map_err(unreadable)?;
        Ok(Self(fields.into_inner()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.trim().parse().ok()
    }
}

/// Whoever may read the glossary, and what they ask in the query string.
pub(super) struct Asked {
    caller: Caller,
    fields: Fields,
    callback: Option<String>,
    /// Where this service is, for whoever asks: with their key, if it is in the path.
    here: String,
}

impl FromRequest for Asked {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let access = Access::from_request(request, payload).into_inner();
        ready(access.and_then(|access| Self::of(access.caller, request)))
    }
}

impl Asked {
    fn of(caller: Caller, request: &HttpRequest) -> Result<Self, Problem> {
        caller.must_have_in_glossary(Role::Read)?;
        let fields = Fields::read(request.query_string())?;
        let script = fields.get("callback");
        let script = script.filter(|_| request.method() == Method::GET);
        let callback = script.map(checked_callback).transpose()?;
        let connection = request.connection_info();
        // A proxy before us may speak TLS.
        let scheme = match connection.scheme() {
            "https" => "https",
            _ => "http",
        };
        let (host, key) = (connection.host(), path_key::prefix(request));
        Ok(Self {
            caller,
            here: format!("{scheme}://{host}{key}{ROOT}"),
            callback,
            fields,
        })
    }

    /// A reply in JSON, or as a script that calls back.
    fn reply(&self, value: &impl Serialize) -> Result<HttpResponse, Problem> {
        let Some(callback) = &self.callback else {
            return api::json(StatusCode::OK, value);
        };
        let json = serde_json::to_string(value).map_err(|_| Problem::internal())?;
        Ok(HttpResponse::Ok()
            .content_type("text/javascript; charset=utf-8")
            .body(format!("/**/{callback}({json});")))
    }
}

fn checked_callback(name: &str) -> Result<String, Problem> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$');
    if (1..=MAX_CALLBACK).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(name.to_owned());
    }
    let detail = format!("a callback is 1 to {MAX_CALLBACK} of A–Z a–z 0–9 _ . $");
    Err(Problem::bad_request("invalid_callback", detail).at("callback"))
}

/// A body of any Content-Type.
pub(super) struct Bytes(Vec<u8>);

impl FromRequest for Bytes {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            body::any(&request, payload, body::MAX_BODY)
                .await
                .map(Bytes)
        })
    }
}

/// Show the manifest, or answer queries
///
/// The manifest where neither `queries` nor `extend` is given; else as `POST /reconcile`. With `callback` the reply is a
/// script that calls it (JSONP).
#[utoipa::path(get, path = "/reconcile", tag = "reconcile", params(
    ("queries" = Option<String>, Query, description = "A batch of queries, JSON."),
    ("extend" = Option<String>, Query, description = "A data extension query, JSON."),
    ("callback" = Option<String>, Query, description = "Name of a function, `[A-Za-z0-9_.$]{1,64}`."),
), responses(
    (status = 200, description = "The manifest, or the results."),
    (status = 413, description = "There are too many queries or ids."),
))]
pub(super) async fn manifest(
    asked: Asked,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    match answer(&asked, &state, &asked.fields).await? {
        Some(value) => asked.reply(&value),
        None => asked.reply(&vocabulary::manifest(&asked.here)),
    }
}

/// Reconcile, or extend data
///
/// A form with the field `queries` (a batch of at most 200 queries) or `extend`, as the W3C Reconciliation Service API
/// 0.2 says.
#[utoipa::path(post, path = "/reconcile", tag = "reconcile",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Results for each key of the batch; or meta and rows."),
        (status = 413, description = "There are too many queries or ids, or the body has more than 1 MiB."),
    ))]
pub(super) async fn post(
    asked: Asked,
    body: Bytes,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    if body.0.trim_ascii_start().starts_with(b"{") {
        return matches(asked, body, state).await;
    }
    let fields = Fields::read(&String::from_utf8_lossy(&body.0))?;
    match answer(&asked, &state, &fields).await? {
        Some(value) => asked.reply(&value),
        None => {
            let detail = "the form has neither the field `queries` nor the field `extend`";
            Err(Problem::bad_request("missing_field", detail).at("queries"))
        }
    }
}

/// Reconcile, as the draft of 1.0 has it
#[utoipa::path(post, path = "/reconcile/match", tag = "reconcile",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, description = "Candidates for each query, in order."),
        (status = 413, description = "There are too many queries, or the body has more than 1 MiB."),
    ))]
pub(super) async fn matches(
    asked: Asked,
    body: Bytes,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let batch = read_json(&body.0, "")?;
    let queries = query::read_draft(&batch)?;
    let results = identify(&asked, &state, queries).await?;
    let results = results.into_iter();
    let results: Vec<Value> = results
        .map(|result| json!({ "candidates": result }))
        .collect();
    asked.reply(&json!({ "results": results }))
}

/// What is asked in fields, if anything is.
async fn answer(
    asked: &Asked,
    state: &web::Data<State>,
    fields: &Fields,
) -> Result<Option<Value>, Problem> {
    if let Some(text) = fields.get("queries") {
        let batch = read_json(text.as_bytes(), "queries")?;
        let (keys, queries) = query::read(&batch)?;
        let results = identify(asked, state, queries).await?;
        let results = keys.into_iter().zip(results);
        let results = results.map(|(key, result)| (key, json!({ "result": result })));
        return Ok(Some(Value::Object(results.collect())));
    }
    match fields.get("extend") {
        None => Ok(None),
        Some(text) => {
            let asked_for = extend::read(&read_json(text.as_bytes(), "extend")?)?;
            let (engine, caller) = (state.engine.clone(), asked.caller.clone());
            let extended = blocking(move || extend::extend(&engine, &caller, &asked_for)).await?;
            Ok(Some(extended))
        }
    }
}

/// One work for all queries of a batch; the results in order.
async fn identify(
    asked: &Asked,
    state: &State,
    queries: Vec<crate::engine::Identify>,
) -> Result<Vec<Vec<Value>>, Problem> {
    let (engine, caller) = (state.engine.clone(), asked.caller.clone());
    let found = blocking(move || engine.identify(&caller, &queries)).await?;
    let results = found.iter();
    Ok(results
        .map(|found| found.iter().map(query::result).collect())
        .collect())
}

fn read_json(bytes: &[u8], pointer: &str) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("this is no JSON: {error}");
        Problem::bad_request("invalid_json", detail).at(pointer)
    })
}

fn wrong_type(pointer: &str, wanted: &str) -> Problem {
    Problem::bad_request("wrong_type", format!("this must be {wanted}")).at(pointer)
}

fn too_many(pointer: &str, what: &str, most: usize) -> Problem {
    let detail = format!("at most {most} {what} are answered at a time: send them in parts");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", detail).at(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_name_and_nothing_else() {
        for name in ["a", "jQuery123_4.$cb", &"x".repeat(64)] {
            assert!(checked_callback(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "a(b",
            "alert`1`",
            "a;b",
            "a b",
            "<script>",
            "a-b",
            "é",
            "a\u{2028}",
            "a[0]",
            &"x".repeat(65),
        ] {
            let refused = checked_callback(name).err();
            assert_eq!(
                refused.map(|p| p.code()),
                Some("invalid_callback"),
                "{name}"
            );
        }
    }

    #[test]
    fn of_fields_the_first_counts_and_others_do_not_matter() {
        let fields = Fields::read("a=1+%2B&a=2&b&c=%zz&limit=7").unwrap();
        assert_eq!(fields.get("a"), Some("1 +"));
        assert_eq!(fields.get("b"), Some(""));
        assert_eq!(fields.get("d"), None);
        assert_eq!(
            (fields.number("limit"), fields.number("a")),
            (Some(7), None)
        );
    }
}
