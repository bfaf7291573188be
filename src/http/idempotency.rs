//! `Idempotency-Key`: a POST that writes, sent twice, writes once. Answers are remembered by the
//! engine; here two requests with one key are kept from running side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};
use tokio::sync::OwnedMutexGuard;

use super::problem::Problem;
use super::{State, auth, blocking};
use crate::engine::{Error, Idempotency, Remembered};
use crate::failpoint;

/// The longest key, in characters.
const MAX_KEY: usize = 200;

/// The header, checked, with the id of the caller's key in front: what one caller did is never another's answer.
pub(super) struct Key(pub(super) Option<String>);

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
                Some(Some(key)) => Ok(Key(Some(format!("{}\n{key}", auth::key_id(request))))),
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

/// Runs `work` unless the key was answered before, and remembers its answer afterwards. `route` has its memory or
/// unit in it. A server that is killed between the two does the work again when it is asked again: see
/// [`once_within`].
pub(super) async fn once(
    state: &State,
    key: Key,
    route: String,
    body_hash: u64,
    work: impl FnOnce() -> Result<Remembered, Error> + Send + 'static,
) -> Result<Remembered, Problem> {
    let engine = Arc::clone(&state.engine);
    let work = move |claim: Option<Idempotency>| {
        let answer = work()?;
        failpoint::hit("reply");
        claim.map_or(Ok(()), |claim| engine.remember(&claim, &answer))?;
        Ok(answer)
    };
    once_within(state, key, route, body_hash, work).await
}

/// The same for work that itself remembers its answer, in the transaction in which it writes.
pub(super) async fn once_within(
    state: &State,
    key: Key,
    route: String,
    body_hash: u64,
    work: impl FnOnce(Option<Idempotency>) -> Result<Remembered, Error> + Send + 'static,
) -> Result<Remembered, Problem> {
    let Some(key) = key.0 else {
        return blocking(move || work(None)).await;
    };
    // The guard goes along: a client that hangs up does not let the next one in early.
    let guard = state.locks.hold(&key).await;
    let engine = Arc::clone(&state.engine);
    blocking(move || {
        let _guard = guard;
        let idempotency = Idempotency {
            key,
            route,
            body_hash,
        };
        if let Some(answer) = engine.remembered(&idempotency)? {
            return Ok(answer);
        }
        let answer = work(Some(idempotency));
        failpoint::hit("reply");
        answer
    })
    .await
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
