//! Errors as clients see them: one type, RFC 9457, and the one table that makes a status of an
//! engine error. Bodies name a stable code and the remedy; never SQL, a path or a cause chain.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::{ConceptView, Error, Role, UnitView};
use crate::model::ImportReport;

/// The media type of every error body.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Longest piece of input that is repeated in a message, in characters.
const MAX_ECHO: usize = 60;
/// Longest message, in characters.
const MAX_DETAIL: usize = 500;
/// Longest pointer, in characters.
const MAX_POINTER: usize = 100;

/// Why a request was refused. Handlers return it; the middleware adds the request id.
#[derive(Clone, Debug)]
pub(super) struct Problem(Box<Facts>);

/// Boxed, since most results are no problem and should not carry its size.
#[derive(Clone, Debug)]
struct Facts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    report: Option<Box<ImportReport>>,
    current: Option<Box<Current>>,
    line: Option<u64>,
    byte: Option<u64>,
    retry_after_seconds: Option<u32>,
    close: bool,
    refused_admin: bool,
}

/// What is there now, where a revision that was given is stale.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Current {
    /// A unit.
    Unit(UnitView),
    /// A concept.
    Concept(ConceptView),
}

/// One field that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// JSON pointer into the body, or the name of a parameter.
    pointer: String,
    /// Stable code.
    code: String,
}

/// The body of every error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemDetails)]
pub(super) struct ProblemBody<'a> {
    /// `urn:hamzaban:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable code, made for programs.
    code: &'a str,
    /// What is wrong and what would be right, made for people.
    detail: &'a str,
    /// The same as the header `X-Request-Id`; logs have it too.
    request_id: &'a str,
    /// Which fields are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>, required = false)]
    errors: &'a [FieldProblem],
    /// What an import that broke off had committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ImportReport, required = false)]
    report: Option<&'a ImportReport>,
    /// The unit or concept as it is now, where the revision given was stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Current, required = false)]
    current: Option<&'a Current>,
    /// Where in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    line: Option<u64>,
    /// Where in the (unpacked) file, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    byte: Option<u64>,
}

impl Problem {
    /// A problem with a message for people; `detail` may hold input that went through [`quoted`].
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem(Box::new(Facts {
            status,
            code,
            detail: printable(&detail.into(), MAX_DETAIL),
            errors: Vec::new(),
            report: None,
            current: None,
            line: None,
            byte: None,
            retry_after_seconds: None,
            close: false,
            refused_admin: false,
        }))
    }

    /// 400.
    pub(super) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404, the same words for whatever is not there.
    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is nothing here, or nothing that this key may see",
        )
    }

    /// 503 while the index is being filled.
    pub(super) fn loading() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "index_loading",
            "the index is still loading: repeat in a few seconds, or watch /v1/ready",
        )
        .retry_after(1)
    }

    /// 503 where the index no longer follows the store.
    pub(super) fn index_failed() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "index_failed",
            "the index no longer follows the store: nothing stored is lost, but look-ups may miss what was written lately. Restart the server, and report what its log says",
        )
    }

    /// 500; what happened goes to the log, where it is written by the caller.
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something failed in the server: its log tells more under this request_id",
        )
    }

    /// Names the field that is wrong.
    pub(super) fn at(mut self, pointer: &str) -> Self {
        self.0.errors.push(FieldProblem {
            pointer: printable(pointer, MAX_POINTER),
            code: self.0.code.to_owned(),
        });
        self
    }

    /// Asks to come back later.
    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Closes the connection after the reply, since the rest of the body will not be read.
    pub(super) fn and_close(mut self) -> Self {
        self.0.close = true;
        self
    }

    /// The same, because the client sent too slowly.
    pub(super) fn too_slow(mut self) -> Self {
        self.0.status = StatusCode::REQUEST_TIMEOUT;
        self.0.code = "timeout";
        self
    }

    /// Whether somebody wanted what only an administrator may do.
    pub(super) fn is_refused_admin(&self) -> bool {
        self.0.refused_admin
    }

    /// The stable code.
    #[cfg(test)]
    pub(super) fn code(&self) -> &'static str {
        self.0.code
    }

    /// What is wrong and what would be right, for people.
    pub(super) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The reply, with the request's id in it.
    pub(super) fn respond(&self, request_id: &str) -> HttpResponse {
        let body = ProblemBody {
            kind: format!("urn:hamzaban:problem:{}", self.0.code),
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            code: self.0.code,
            detail: &self.0.detail,
            request_id,
            errors: &self.0.errors,
            report: self.0.report.as_deref(),
            current: self.0.current.as_deref(),
            line: self.0.line,
            byte: self.0.byte,
        };
        self.respond_as(
            PROBLEM_JSON,
            serde_json::to_string(&body).unwrap_or_default(),
        )
    }

    /// The reply with the body of another protocol.
    pub(super) fn respond_as(&self, content_type: &str, body: String) -> HttpResponse {
        let mut reply = HttpResponse::build(self.0.status);
        reply.insert_header((header::CONTENT_TYPE, content_type));
        if let Some(seconds) = self.0.retry_after_seconds {
            reply.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            reply.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(report) = &self.0.report
            && let Ok(id) = HeaderValue::from_str(&report.id)
        {
            reply.insert_header(("Import-Id", id));
        }
        if self.0.close {
            reply.force_close();
        }
        reply.body(body)
    }

    /// A problem for a status that actix gave by itself.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "method_not_allowed",
                "this address does not take this method: the header Allow lists those it takes",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(status, "too_large", "the request is too large")
            }
            StatusCode::REQUEST_TIMEOUT => {
                Self::new(status, "timeout", "the request took too long to arrive")
            }
            status if status.is_client_error() => Self::new(
                status,
                "bad_request",
                "the request could not be read: /docs shows how it should look",
            ),
            _ => Self::internal(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.0.status.as_u16(),
            self.0.code,
            self.0.detail
        )
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.respond("")
    }
}

/// Codes that the engine gives for content, not form.
const UNPROCESSABLE: [&str; 11] = [
    "empty_segment",
    "segment_too_long",
    "suspicious_characters",
    "unbalanced_bidi",
    "bidi_control_in_name",
    "invisible_character",
    "empty_name",
    "name_too_long",
    "spaces_around_name",
    "duplicate_name",
    "two_preferred",
];

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid {
                code,
                field,
                reason,
            } => {
                let status = if UNPROCESSABLE.contains(&code) {
                    StatusCode::UNPROCESSABLE_ENTITY
                } else {
                    StatusCode::BAD_REQUEST
                };
                Self::new(status, code, reason).at(&field)
            }
            Error::NotFound { .. } => Self::not_found(),
            Error::Stale { current, .. } => {
                let mut problem = Self::new(StatusCode::CONFLICT, "stale_rev", detail);
                problem.0.current = current.map(|unit| Box::new(Current::Unit(*unit)));
                problem
            }
            Error::StaleConcept { current, .. } => {
                let mut problem = Self::new(StatusCode::CONFLICT, "stale_rev", detail);
                problem.0.current = current.map(|concept| Box::new(Current::Concept(*concept)));
                problem
            }
            Error::Conflict {
                code,
                field,
                reason,
            } => Self::new(StatusCode::CONFLICT, code, reason).at(&field),
            Error::Gone { code, .. } => Self::new(StatusCode::GONE, code, detail),
            Error::Exists { .. } => Self::new(StatusCode::CONFLICT, "exists", detail),
            Error::Forbidden { needed } => {
                let mut problem = Self::new(StatusCode::FORBIDDEN, "forbidden", detail);
                problem.0.refused_admin = needed == Role::Admin;
                problem
            }
            Error::Running => Self::new(StatusCode::CONFLICT, "running", detail).retry_after(2),
            Error::ReadOnly { .. } => Self::new(StatusCode::FORBIDDEN, "read_only", detail),
            Error::IdempotencyMismatch => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                detail,
            ),
            Error::StorageFull => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail)
            }
            Error::ReadOnlyStore { .. } => Self::new(
                StatusCode::FORBIDDEN,
                "read_only_store",
                "this server's store cannot be written: its data folder is read-only. Ask who runs it",
            ),
            Error::StoreFailed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", detail)
            }
            Error::KeyEnded => {
                Self::new(StatusCode::UNAUTHORIZED, "key_revoked", detail).and_close()
            }
            Error::Ending => Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", detail)
                .retry_after(5)
                .and_close(),
            Error::ImportStopped { error, report } => {
                let mut problem = Self::from(*error);
                problem.0.report = Some(report);
                problem
            }
            Error::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(2)
            }
            Error::Loading => Self::loading(),
            Error::Format { error, report } => {
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.code, detail);
                problem.0.line = Some(error.line);
                problem.0.byte = Some(error.byte);
                problem.0.report = Some(report);
                problem
            }
            Error::Input { report, .. } => {
                let mut problem = Self::bad_request("input_broken", detail).and_close();
                problem.0.report = Some(report);
                problem
            }
            Error::Document(error) => {
                let status = match error.code {
                    "too_large" => StatusCode::PAYLOAD_TOO_LARGE,
                    _ => StatusCode::UNPROCESSABLE_ENTITY,
                };
                Self::new(status, error.code, detail)
            }
            Error::Output(_) | Error::Store(_) => {
                tracing::error!(error = %printable(&detail, MAX_DETAIL), "request failed");
                Self::internal()
            }
        }
    }
}

/// A piece of input for a message: short, and nothing in it that could act on a terminal or a page.
pub(super) fn quoted(input: &str) -> String {
    let short: String = input.chars().take(MAX_ECHO).collect();
    let more = if short.len() < input.len() { "…" } else { "" };
    format!("`{}{more}`", printable(&short, MAX_ECHO * 8))
}

/// `text` with control, bidirectional and other invisible characters escaped, cut at `most` characters.
fn printable(text: &str, most: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(most));
    for c in text.chars().take(most) {
        let acts = c.is_control()
            || matches!(
                c,
                '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}'
            )
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}');
        if acts {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(problem: &Problem) -> serde_json::Value {
        let reply = problem.respond("abc");
        assert_eq!(reply.headers().get("content-type").unwrap(), PROBLEM_JSON);
        let body = actix_web::body::to_bytes(reply.into_body());
        let bytes = actix_web::rt::System::new().block_on(body).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn invalid(code: &'static str) -> Error {
        Error::Invalid {
            code,
            field: "/text".into(),
            reason: "it is so".into(),
        }
    }

    #[test]
    fn every_engine_error_has_its_status_and_code() {
        for (error, status, code) in [
            (invalid("out_of_range"), 400, "out_of_range"),
            (invalid("invalid_character"), 400, "invalid_character"),
            (invalid("empty_segment"), 422, "empty_segment"),
            (invalid("segment_too_long"), 422, "segment_too_long"),
            (
                invalid("suspicious_characters"),
                422,
                "suspicious_characters",
            ),
            (invalid("unbalanced_bidi"), 422, "unbalanced_bidi"),
            (Error::NotFound { what: "x".into() }, 404, "not_found"),
            (Error::KeyEnded, 401, "key_revoked"),
            (Error::Exists { name: "x".into() }, 409, "exists"),
            (
                Error::Gone {
                    code: "behind_horizon",
                    reason: "so it is".into(),
                },
                410,
                "behind_horizon",
            ),
            (Error::ReadOnly { name: "x".into() }, 403, "read_only"),
            (Error::Running, 409, "running"),
            (Error::IdempotencyMismatch, 422, "idempotency_mismatch"),
            (Error::StorageFull, 507, "storage_full"),
            (Error::Busy, 503, "busy"),
            (Error::Loading, 503, "index_loading"),
            (Error::Store("secret SQL".into()), 500, "internal"),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.0.status.as_u16(), status, "{code}");
            assert_eq!(problem.code(), code);
            assert!(!body(&problem).to_string().contains("secret"));
        }
    }

    #[test]
    fn whatever_is_not_there_looks_the_same() {
        let one = Problem::from(Error::NotFound {
            what: "memory a".into(),
        });
        let other = Problem::from(Error::NotFound {
            what: "unit 7".into(),
        });
        assert_eq!(body(&one), body(&other));
        assert_eq!(body(&one), body(&Problem::not_found()));
    }

    #[test]
    fn those_who_should_come_back_are_told_when() {
        for error in [Error::Busy, Error::Loading] {
            let reply = Problem::from(error).respond("x");
            assert!(reply.headers().contains_key("retry-after"));
        }
    }

    #[test]
    fn input_is_repeated_briefly_and_harmlessly() {
        let hostile = format!("\u{1b}[31m\u{202e}\n<b>{}", "x".repeat(1000));
        let shown = quoted(&hostile);
        assert!(shown.chars().count() < 100, "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\n']), "{shown}");
        let problem = Problem::bad_request("x", "y".repeat(9999)).at(&"z".repeat(9999));
        assert!(body(&problem).to_string().len() < 1200);
    }

    #[test]
    fn a_file_that_broke_says_where_and_what_was_committed() {
        let report = ImportReport {
            read: 3,
            added: 3,
            ..ImportReport::default()
        };
        let problem = Problem::from(Error::Input {
            reason: "gone".into(),
            report: Box::new(report),
        });
        let body = body(&problem);
        assert_eq!(body["status"], 400);
        assert_eq!(body["code"], "input_broken");
        assert_eq!(body["report"]["added"], 3);
        assert_eq!(body["request_id"], "abc");
    }
}
