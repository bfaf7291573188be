//! `Idempotency-Key`: a POST that writes, sent twice, writes once. Answers are remembered by the
//! engine, with what they tell of; here two requests with one key are kept from running side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::{Ready, ready};
use tokio::sync::OwnedMutexGuard;

use super::api::json;
use super::auth::Access;
use super::problem::Problem;
use super::{State, auth, blocking};
use crate::engine::{Answer, Caller, Engine, Error, Idempotency, Once};
use crate::failpoint;

/// The longest key, in characters.
const MAX_KEY: usize = 200;

/// The header, checked, with the id of the caller's key in front, as what one caller did is never another's answer;
/// and the route that was asked.
pub(super) struct Key(Option<(String, String)>);

impl Key {
    /// The same for a route that is to be called so.
    pub(super) fn at(self, route: String) -> Self {
        Key(self.0.map(|(key, _)| (key, route)))
    }

    /// What the engine is to remember by it, where one was given.
    pub(super) fn of(
        self,
        status: StatusCode,
        settings: u64,
        body: Arc<OnceLock<u64>>,
    ) -> Option<Idempotency> {
        let (key, route) = self.0?;
        Some(Idempotency {
            key,
            route,
            status: status.as_u16(),
            settings,
            body,
            kept: false.into(),
        })
    }
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let given = request.headers().get("idempotency-key");
        let visible = |key: &&str| {
            (1..=MAX_KEY).contains(&key.len())
                && key.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        };
        ready(
            match given.map(|value| value.to_str().ok().filter(visible)) {
                None => Ok(Key(None)),
                // No header has a line feed, so that no key can be taken for another's.
                Some(Some(key)) => {
                    let key = format!("{}\n{key}", auth::key_id(request));
                    // As it was routed: a path can be written in many ways.
                    let path = request.match_info().as_str();
                    Ok(Key(Some((key, format!("{} {path}", request.method())))))
                }
                Some(None) => Err(Problem::bad_request(
                    "invalid_idempotency_key",
                    format!("Idempotency-Key must have 1 to {MAX_KEY} ASCII characters"),
                )
                .at("Idempotency-Key")),
            },
        )
    }
}

/// Which keys are being answered right now.
#[derive(Default)]
pub(super) struct Locks {
    held: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Locks {
    /// Waits until nobody else is answering `key`.
    pub(super) async fn hold(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever holds or awaits a lock has a share of it; the others are done.
            held.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(held.entry(key.to_owned()).or_default())
        };
        lock.lock_owned().await
    }
}

/// Answers a request that writes: with what was done before under its key, or else by doing it. The usual status is
/// 200 or, where something is made, 201.
pub(super) async fn once<T: Answer + Send + 'static>(
    asked: (Access, Key, web::Data<State>),
    status: StatusCode,
    body_hash: u64,
    work: impl FnOnce(&Engine, &Caller) -> Result<T, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    shown(status, run(asked, status, body_hash, work).await?)
}

/// The same for those who answer in words of their own.
pub(super) async fn run<T: Answer + Send + 'static>(
    (access, key, state): (Access, Key, web::Data<State>),
    status: StatusCode,
    body_hash: u64,
    work: impl FnOnce(&Engine, &Caller) -> Result<T, Error> + Send + 'static,
) -> Result<Once<T>, Problem> {
    let (engine, caller) = (Arc::clone(&state.engine), access.caller);
    let key = key.of(status, 0, Arc::new(OnceLock::from(body_hash)));
    let Some(key) = key else {
        return Ok(Once::Now(blocking(move || work(&engine, &caller)).await?));
    };
    // The guard goes along: a client that hangs up does not let the next one in early.
    let guard = state.locks.hold(&key.key).await;
    blocking(move || {
        let _guard = guard;
        engine.once(caller, key, |caller| {
            let done = work(&engine, caller);
            failpoint::hit("reply");
            done
        })
    })
    .await
}

/// The reply.
fn shown<T: Answer>(usual: StatusCode, done: Once<T>) -> Result<HttpResponse, Problem> {
    let status = |status| StatusCode::from_u16(status).unwrap_or(usual);
    match done {
        Once::Now(done) => json(status(done.status(usual.as_u16())), &done),
        Once::Before(answer) => Ok(HttpResponse::build(status(answer.status))
            .content_type("application/json")
            .body(answer.body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::future::poll_fn;
    use std::task::Poll;

    #[actix_web::test]
    async fn keys_are_short_visible_ascii() {
        let longest = "k".repeat(MAX_KEY);
        for (value, fine) in [
            ("a-1", true),
            (longest.as_str(), true),
            ("", false),
            ("k\u{e9}", false),
        ] {
            let request = TestRequest::default().insert_header(("idempotency-key", value));
            let read = Key::extract(&request.to_http_request()).await;
            assert_eq!(read.is_ok(), fine, "{value}");
        }
        let request =
            TestRequest::default().insert_header(("idempotency-key", "k".repeat(MAX_KEY + 1)));
        assert!(Key::extract(&request.to_http_request()).await.is_err());
    }

    #[actix_web::test]
    async fn one_key_is_answered_by_one_request_at_a_time() {
        let locks = Locks::default();
        let guard = locks.hold("a").await;
        let _other_keys_go_on = locks.hold("b").await;
        let mut waiting = Box::pin(locks.hold("a"));
        let first_look =
            poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending()));
        assert!(first_look.await);
        drop(guard);
        drop(waiting.await);
        drop(locks.hold("c").await);
        drop(locks.hold("d").await);
        assert!(locks.held.lock().unwrap().len() <= 3);
    }
}
