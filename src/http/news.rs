//! Requests that wait until something changes: a task each, no thread, and no place among the requests in flight.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::problem::Problem;
use crate::engine::Engine;

/// Requests that may wait at a time.
const WAITING: usize = 1_000;
/// Those of them that may look at the store at a time, so that one change does not set a thousand threads going.
const LOOKING: usize = 4;
/// One request looks no more often than this: an import brings changes every few milliseconds.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// What waiting requests share.
pub(super) struct News {
    /// Says that something changed, and (`true`) that the server ends.
    told: Arc<watch::Sender<bool>>,
    places: Arc<Semaphore>,
    looks: Semaphore,
}

/// One that waits.
pub(super) struct Waiting {
    news: watch::Receiver<bool>,
    next_look: Instant,
    _place: OwnedSemaphorePermit,
}

impl News {
    /// Of this engine's changes.
    pub(super) fn of(engine: &Engine) -> Self {
        let told = Arc::new(watch::Sender::new(false));
        let teller = Arc::clone(&told);
        engine.when_changed(move || teller.send_modify(|_| ()));
        News {
            told,
            places: Arc::new(Semaphore::new(WAITING)),
            looks: Semaphore::new(LOOKING),
        }
    }

    /// Everyone who waits is answered.
    pub(super) fn end(&self) {
        self.told.send_modify(|ending| *ending = true);
    }

    /// What happened before this call is no news: look after it.
    pub(super) fn wait(&self) -> Result<Waiting, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let detail = "too many requests are waiting for changes: ask without `wait`, or later";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(5)
        })?;
        Ok(Waiting {
            news: self.told.subscribe(),
            next_look: Instant::now() + BETWEEN_LOOKS,
            _place: place,
        })
    }

    /// Leave to look at the store, as soon as few others do.
    pub(super) async fn look(&self) -> Option<SemaphorePermit<'_>> {
        self.looks.acquire().await.ok()
    }
}

impl Waiting {
    /// Waits for news; false at `until`, or when the server ends.
    pub(super) async fn next(&mut self, until: Instant) -> bool {
        if *self.news.borrow() || Instant::now() >= until {
            return false;
        }
        let told = timeout_at(until, self.news.changed()).await;
        if !matches!(told, Ok(Ok(()))) || *self.news.borrow() {
            return false;
        }
        // The last look comes at the end at the latest.
        sleep_until(self.next_look.min(until)).await;
        self.news.mark_unchanged();
        self.next_look = Instant::now() + BETWEEN_LOOKS;
        true
    }
}
