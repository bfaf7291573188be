//! Keeps the store from growing for ever: a thread that now and then drops what is past its time, piece by piece, and
//! rests between the pieces so long that nobody notices.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::store::Store;

/// When it looks for the first time: commands that end soon never see it.
const FIRST: Duration = Duration::from_secs(60);
/// How long it rests when all is done.
const EVERY: Duration = Duration::from_secs(600);
/// How long it rests between two pieces: nine times as long as the piece took, and never less than this.
const BETWEEN: Duration = Duration::from_millis(50);

/// The thread, which ends with this.
pub(super) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn start(store: Arc<Store>) -> Self {
        let (stop, stopped) = channel();
        let run = move || {
            let mut rest = FIRST;
            while stopped.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
                if !keep(&store, &stopped, BETWEEN) {
                    return;
                }
                rest = EVERY;
            }
        };
        let thread = std::thread::Builder::new()
            .name("store-keeper".into())
            .spawn(run);
        Self {
            stop: Some(stop),
            thread: thread.ok(),
        }
    }
}

/// Drops all that is past its time; false when told to stop.
fn keep(store: &Store, stopped: &Receiver<()>, between: Duration) -> bool {
    loop {
        let started = Instant::now();
        match store.write(|tx| tx.purge()) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(error) => {
                tracing::warn!(%error, "what is past its time could not be dropped; trying again later");
                return true;
            }
        }
        let rest = between.max(started.elapsed() * 9);
        if stopped.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
            return false;
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::model::{Draft, Lang, Variant};
    use crate::store::{Mode, OpenOptions, Prepared, UNDELETE_WITHIN};

    fn draft(number: usize) -> Prepared {
        let variant = |tag: &str, text: String| Variant {
            lang: Lang::parse(tag).unwrap(),
            text,
            tagged: None,
            metadata: Default::default(),
        };
        Prepared::new(Draft {
            variants: vec![
                variant("en", format!("number {number}")),
                variant("fa", format!("شماره {number}")),
            ],
            source: 0,
            context: Default::default(),
            metadata: Default::default(),
            created: None,
            changed: None,
        })
        .unwrap()
    }

    #[test]
    fn a_memory_deleted_long_ago_goes_in_pieces_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(1_000_000_000));
        let clock = now.clone();
        let options = OpenOptions {
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            allow_network_fs: true,
            ..OpenOptions::default()
        };
        let store = Store::open(folder.path(), &options, Box::new(|_| {})).unwrap();
        let (old, kept) = store
            .write(|tx| {
                let old = tx.create_memory("old", "", 0, false, None)?.id;
                let kept = tx.create_memory("kept", "", 0, false, None)?.id;
                for number in 0..5_000 {
                    let memory = if number % 2 == 0 { old } else { kept };
                    let put = tx.put_draft(memory, draft(number), Mode::Add, None, None)?;
                    if number % 100 == 0 {
                        tx.delete_unit(put.id(), 1, None)?;
                    }
                }
                tx.delete_memory(old, None)?;
                Ok((old, kept))
            })
            .unwrap();
        let (_stop, stopped) = channel();
        assert!(keep(&store, &stopped, Duration::ZERO));
        assert_eq!(store.read(|r| r.deleted_memories()).unwrap().len(), 1);
        now.fetch_add(UNDELETE_WITHIN + 1, Ordering::Relaxed);
        assert!(keep(&store, &stopped, Duration::ZERO));
        assert!(store.read(|r| r.page_of_deleted(old, None, 1)).is_err());
        assert_eq!(store.read(|r| r.count_units(kept)).unwrap(), 2_500);
        let (units, _) = store
            .read(|r| r.scan(crate::model::UnitId(0), 10_000))
            .unwrap();
        assert_eq!(units.len(), 2_500);
        assert!(
            store
                .read(|r| r.history(crate::model::UnitId(1), None, 9))
                .is_err()
        );
    }
}
