//! What every request passes on its way in and out: the key in its path, Host and Origin, the cap on requests in
//! flight, a request id, a log span with the route's pattern, and the headers that each reply carries.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use super::problem::{PROBLEM_JSON, Problem};
use super::{State, apertium, arriving, blocking, languagetool, path_key, reconcile};
use crate::engine::{Caller, Rate};

/// Shared by all requests of a server.
pub(super) struct Door {
    most: usize,
    in_flight: Arc<Semaphore>,
    transfers: Arc<Semaphore>,
    /// For bodies that arrive, in KiB.
    pub(super) room: Arc<Semaphore>,
}

/// The id of a request.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

/// A place among the requests in flight, or among the transfers.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Door {
    /// Lets `most` requests be in flight, and besides a third as many imports and exports.
    pub(super) fn new(most: usize) -> Self {
        Door {
            most,
            in_flight: Arc::new(Semaphore::new(most)),
            transfers: Arc::new(Semaphore::new(most / 3)),
            room: arriving::room(),
        }
    }

    /// How many requests are being answered, transfers aside.
    pub(super) fn in_flight(&self) -> u64 {
        let free = self.in_flight.available_permits();
        self.most.saturating_sub(free) as u64
    }

    /// A place among the requests in flight.
    pub(super) fn enter(&self) -> Result<Place, Problem> {
        enter_one(&self.in_flight, "too many requests are in flight")
    }

    /// A place among the transfers in exchange for the one in flight: files may take hours, and slow
    /// clients of files must not keep look-ups out.
    pub(super) fn transfer(request: &HttpRequest) -> Result<Place, Problem> {
        let door: &web::Data<Self> = request.app_data().ok_or_else(Problem::internal)?;
        // Also before a refusal, which may take a while: the rest of an upload is read first.
        drop(request.extensions_mut().remove::<Place>());
        enter_one(&door.transfers, "too many imports and exports are running")
    }
}

fn enter_one(places: &Arc<Semaphore>, full: &str) -> Result<Place, Problem> {
    match Arc::clone(places).try_acquire_owned() {
        Ok(permit) => Ok(Place { _permit: permit }),
        Err(_) => Err(overloaded(full)),
    }
}

/// The refusal where there is more than this server takes at once.
pub(super) fn overloaded(full: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        format!("{full}: repeat in a second"),
    )
    .retry_after(1)
    .and_close()
}

/// The middleware.
pub(super) async fn pass(
    door: web::Data<Door>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id();
    let span = tracing::error_span!("request", id = %id, method = %request.method());
    let key = path_key::take(&mut request);
    let policy = policy(request.path());
    let quiet = is_health(&request);
    // As it will be routed: letters can be written in many ways.
    let open = cross_origin(request.match_info().as_str());
    let mut response = match key.and_then(|()| enter(&door, &request)) {
        Err(problem) => {
            let reply = refusal(request.request(), &problem, &id);
            request.into_response(reply)
        }
        Ok(_) if open && request.method() == Method::OPTIONS => request.into_response(preflight()),
        Ok(place) => {
            if let Some(place) = place {
                request.extensions_mut().insert(place);
            }
            request.extensions_mut().insert(RequestId(id.clone()));
            // No second handle on the request may live now: the router wants it for itself alone.
            let response = next.call(request).instrument(span.clone()).await?;
            note_refusal(&response).await;
            as_problem(response.map_into_boxed_body(), &id)
        }
    };
    let rate = response.request().extensions().get::<Rate>().copied();
    span.in_scope(|| log(&response, started, quiet));
    count(&response, started);
    dress(response.headers_mut(), &id, policy);
    if open {
        let anybody = HeaderValue::from_static("*");
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
    }
    if let Some(rate) = rate {
        tell(response.headers_mut(), rate);
    }
    Ok(response)
}

/// 128 random bits in hex.
fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness ids repeat; that is no reason to refuse requests.
    let _ = getrandom::fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn is_health(request: &ServiceRequest) -> bool {
    matches!(request.path(), "/v1/health" | "/v1/ready")
}

/// Everything that can turn a request away before its handler sees it.
fn enter(door: &Door, request: &ServiceRequest) -> Result<Option<Place>, Problem> {
    let state: Option<&web::Data<State>> = request.app_data();
    // No page can know a key, so where one is needed it does not matter which name or page led here.
    if state.is_none_or(|state| state.engine.is_open()) {
        let host = request
            .uri()
            .authority()
            .map(|authority| authority.as_str());
        check_host(
            request.headers(),
            host,
            cross_origin(request.match_info().as_str()),
        )?;
    }
    if is_health(request) {
        return Ok(None);
    }
    door.enter().map(Some)
}

/// What pages of other origins may ask: protocols that browsers' add-ons and editors in pages speak, as far as they
/// change nothing.
fn cross_origin(path: &str) -> bool {
    reconcile::is_at(path) || (languagetool::is_at(path) && !languagetool::is_about_words(path))
}

/// What a browser wants to hear before it sends a page's request that has a key or a Content-Type of its own.
fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// Refuses names that a browser could have been led here by (DNS rebinding), and pages of other
/// origins where they may not ask. In force as long as the server is open, which it is while no key exists.
fn check_host(
    headers: &HeaderMap,
    authority: Option<&str>,
    cross_origin: bool,
) -> Result<(), Problem> {
    let misdirected = || {
        Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected_request",
            "the header Host must be a loopback name (127.0.0.1, localhost, [::1]) while this server has no keys",
        )
    };
    let mut given = headers.get_all(header::HOST);
    let host = match (given.next(), given.next()) {
        (Some(host), None) => host.to_str().map_err(|_| misdirected())?,
        _ => return Err(misdirected()),
    };
    if !is_loopback(host) || authority.is_some_and(|authority| !is_loopback(authority)) {
        return Err(misdirected());
    }
    let same = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        origin
            .strip_prefix("http://")
            .is_some_and(|rest| rest.eq_ignore_ascii_case(host))
    };
    if cross_origin || headers.get_all(header::ORIGIN).all(same) {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden_origin",
            "pages of other origins may not use this server",
        ))
    }
}

/// `127.0.0.1`, `localhost` or `[::1]`, with or without a port.
fn is_loopback(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        let Some((start, rest)) = host.split_at_checked(name.len()) else {
            return false;
        };
        let port = rest.strip_prefix(':');
        start.eq_ignore_ascii_case(name)
            && (rest.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok()))
    })
}

/// A refusal in the words of the protocol that was spoken: handlers of every protocol return a [`Problem`], and so do
/// those that the door turns away.
fn refusal(request: &HttpRequest, problem: &Problem, id: &str) -> HttpResponse {
    match request.path().split('/').find(|part| !part.is_empty()) {
        Some("apertium") => apertium::refusal(problem, id),
        _ if languagetool::is_at(request.path()) => languagetool::refusal(problem),
        _ => problem.respond(id),
    }
}

/// Makes a problem of every error reply: those of handlers get the request's id, and those that
/// actix gives by itself get a body. Headers such as `Allow` stay.
fn as_problem(response: ServiceResponse, id: &str) -> ServiceResponse {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = match response.response().error() {
        Some(error) => of_error(error),
        None if has_problem(response.headers()) => return response,
        None => Problem::of_status(status),
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let reply = refusal(response.request(), &problem, id);
    let mut response = response.into_response(reply);
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// Who tries what only an administrator may do is written down, before the refusal is sent.
async fn note_refusal<B>(response: &ServiceResponse<B>) {
    let problem = response.response().error().map(of_error);
    if !problem.is_some_and(|problem| problem.is_refused_admin()) {
        return;
    }
    let request = response.request();
    let caller = request.extensions().get::<Caller>().cloned();
    let state: Option<&web::Data<State>> = request.app_data();
    if let (Some(caller), Some(state)) = (caller, state) {
        let route = request.match_pattern().unwrap_or_default();
        let route = format!("{} {route}", request.method());
        let engine = Arc::clone(&state.engine);
        let noted = blocking(move || engine.note_refusal(&caller, route)).await;
        if let Err(problem) = noted {
            tracing::error!(%problem, "a refusal could not be written into the audit log");
        }
    }
}

fn has_problem(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == PROBLEM_JSON.as_bytes())
}

fn of_error(error: &Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => Problem::of_status(error.as_response_error().status_code()),
    }
}

/// Counts a reply, where there is somebody to count for.
fn count(response: &ServiceResponse, started: Instant) {
    let request = response.request();
    let Some(state) = request.app_data::<web::Data<State>>() else {
        return;
    };
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("none");
    let status = response.status().as_u16();
    let took = started.elapsed();
    state
        .metrics
        .answered(request.method().as_str(), route, status, took);
}

fn log(response: &ServiceResponse, started: Instant, quiet: bool) {
    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("none");
    let status = response.status().as_u16();
    let milliseconds = started.elapsed().as_micros() as f64 / 1e3;
    if quiet {
        tracing::debug!(route, status, milliseconds, "answered");
    } else {
        tracing::info!(route, status, milliseconds, "answered");
    }
}

/// Swagger's own page needs its scripts and inline styles, and nothing from elsewhere.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What a browser may do with a reply, beyond showing it.
fn policy(path: &str) -> &'static str {
    match path {
        "/reconcile/preview" => reconcile::PREVIEW_POLICY,
        "/reconcile/view" => reconcile::VIEW_POLICY,
        _ if path.starts_with("/docs") => DOCS_POLICY,
        _ => POLICY,
    }
}

fn dress(headers: &mut HeaderMap, id: &str, policy: &'static str) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// How much of its minute a key has left.
fn tell(headers: &mut HeaderMap, rate: Rate) {
    for (name, value) in [
        ("ratelimit-limit", rate.limit),
        ("ratelimit-remaining", rate.remaining),
        ("ratelimit-reset", rate.reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::{self, TestRequest};
    use actix_web::{App, middleware};

    fn judged(host: Option<&str>, origin: Option<&str>) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        let problem = check_host(&headers, None, false).err()?;
        Some(problem.code())
    }

    #[test]
    fn only_loopback_names_are_hosts() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8640",
            "LOCALHOST:1",
            "localhost",
            "[::1]",
            "[::1]:8640",
        ] {
            assert_eq!(judged(Some(host), None), None, "{host}");
        }
        for host in [
            "evil",
            "evil:8640",
            "127.0.0.1.evil",
            "localhost.",
            "127.0.0.1:",
            "127.0.0.1:x",
            "::1",
            "127.0.0.1@evil",
            "",
            "0.0.0.0:8640",
            "localhost:8640@evil",
        ] {
            assert_eq!(
                judged(Some(host), None),
                Some("misdirected_request"),
                "{host}"
            );
        }
        assert_eq!(judged(None, None), Some("misdirected_request"));
    }

    #[test]
    fn only_pages_of_the_same_origin_may_ask() {
        let host = Some("127.0.0.1:8640");
        assert_eq!(judged(host, Some("http://127.0.0.1:8640")), None);
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1:9999",
            "http://127.0.0.1:8640.evil",
            "http://localhost:8640",
            "file://",
            "",
        ] {
            assert_eq!(
                judged(host, Some(origin)),
                Some("forbidden_origin"),
                "{origin}"
            );
        }
    }

    #[test]
    fn pages_of_other_origins_ask_only_what_is_made_for_them() {
        for path in [
            "/reconcile",
            "/reconcile/",
            "/reconcile/suggest/entity",
            "/lt/house/v2/check",
            "/v2/check",
        ] {
            assert!(cross_origin(path), "{path}");
        }
        for path in [
            "/",
            "/v1/concepts",
            "/reconciler",
            "//reconcile",
            "/v1/reconcile",
            "/lt/house/v2/words/add",
            "/v2/words",
        ] {
            assert!(!cross_origin(path), "{path}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(check_host(&headers, None, true).is_err());
    }

    #[actix_web::test]
    async fn every_reply_has_an_id_and_its_headers_and_every_error_a_body() {
        let app = App::new()
            .app_data(web::Data::new(Door::new(64)))
            .wrap(middleware::from_fn(pass))
            .service(web::resource("/fine").route(web::get().to(HttpResponse::Ok)))
            .service(web::resource("/bad").route(web::get().to(|| async {
                Err::<HttpResponse, _>(Problem::bad_request("out_of_range", "so it is"))
            })))
            .default_service(web::to(|| async {
                Err::<HttpResponse, _>(Problem::not_found())
            }));
        let app = test::init_service(app).await;
        for (path, method, status, code) in [
            ("/fine", "GET", 200, ""),
            ("/fine", "PUT", 405, "method_not_allowed"),
            ("/bad", "GET", 400, "out_of_range"),
            ("/none", "GET", 404, "not_found"),
        ] {
            let request = TestRequest::with_uri(path)
                .method(method.parse().unwrap())
                .insert_header((header::HOST, "localhost"));
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            let headers = response.headers().clone();
            assert_eq!(headers.get("x-content-type-options").unwrap(), "nosniff");
            assert_eq!(headers.get("cache-control").unwrap(), "no-store");
            assert_eq!(headers.get("content-security-policy").unwrap(), POLICY);
            assert_eq!(headers.contains_key("allow"), status == 405);
            assert!(!headers.contains_key("server"));
            assert!(!headers.contains_key("access-control-allow-origin"));
            if status != 200 {
                let body: serde_json::Value = test::read_body_json(response).await;
                assert_eq!(body["code"], code);
                assert_eq!(
                    body["request_id"],
                    headers.get("x-request-id").unwrap().to_str().unwrap()
                );
            }
        }
    }

    #[actix_web::test]
    async fn one_request_too_many_is_asked_to_come_back() {
        let app = App::new()
            .app_data(web::Data::new(Door::new(0)))
            .wrap(middleware::from_fn(pass))
            .service(web::resource("/v1/health").route(web::get().to(HttpResponse::Ok)));
        let app = test::init_service(app).await;
        for (path, status) in [("/v1/memories", 503), ("/v1/health", 200)] {
            let request = TestRequest::with_uri(path).insert_header((header::HOST, "localhost"));
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(
                response.headers().contains_key("retry-after"),
                status == 503
            );
        }
    }
}
