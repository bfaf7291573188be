//! Bodies of any size, piece by piece: between actix, which is async, and the engine, which reads
//! and writes on a thread of its own. A small bounded channel joins the two, so that the faster
//! side waits for the slower one and nothing piles up in memory.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::rt::time::timeout;
use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;
use xxhash_rust::xxh3::Xxh3;

/// Pieces under way between the two sides.
const PIECES: usize = 8;
/// What an export hands over at once, in bytes.
const PIECE: usize = 64 << 10;
/// What a client must send at least, in bytes a second, once its grace is over.
const SLOWEST: u64 = 1024;
/// How long a client may take nothing of an export.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Why a body did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Less than 1 KiB a second.
    Slow,
    /// The client went away, or broke the rules of its transfer coding.
    Gone,
}

/// A request's body with an eye on its pace. Only waiting for the client counts.
pub(super) struct Incoming {
    payload: Payload,
    grace: Duration,
    waited: Duration,
    bytes: u64,
}

impl Incoming {
    /// `grace` is how long the client may take besides 1 s for each KiB.
    pub(super) fn new(payload: Payload, grace: Duration) -> Self {
        Incoming {
            payload,
            grace,
            waited: Duration::ZERO,
            bytes: 0,
        }
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let allowed = self.grace + Duration::from_secs(self.bytes / SLOWEST);
        let started = Instant::now();
        let piece = timeout(allowed.saturating_sub(self.waited), self.payload.next()).await;
        self.waited += started.elapsed();
        match piece {
            Err(_) => Err(Broken::Slow),
            Ok(None) => Ok(None),
            Ok(Some(Err(_))) => Err(Broken::Gone),
            Ok(Some(Ok(piece))) => {
                self.bytes += piece.len() as u64;
                Ok(Some(piece))
            }
        }
    }

    /// Hands all pieces to `sender` and says the hash of them; ends early where nobody reads on.
    pub(super) async fn feed(&mut self, sender: Sender) -> Result<(), Broken> {
        let mut hash = Xxh3::new();
        while let Some(piece) = self.next().await? {
            hash.update(&piece);
            if sender.pieces.send(Piece::Bytes(piece)).await.is_err() {
                return Ok(());
            }
        }
        // Without this word the reader takes the end for a break.
        let _ = sender.pieces.send(Piece::End(hash.digest())).await;
        Ok(())
    }

    /// Reads what is left and throws it away, at most for `patience`, so that a client which sends
    /// before it listens gets to hear the reply. Whether the end was reached, and the hash.
    pub(super) async fn drain(&mut self, patience: Duration) -> Option<u64> {
        let all = async {
            let mut hash = Xxh3::new();
            while let Some(piece) = self.next().await? {
                hash.update(&piece);
            }
            Ok::<u64, Broken>(hash.digest())
        };
        timeout(patience, all).await.ok()?.ok()
    }
}

enum Piece {
    Bytes(Bytes),
    /// The body is complete; its hash.
    End(u64),
}

/// The async end of [`upload`].
pub(super) struct Sender {
    pieces: mpsc::Sender<Piece>,
}

/// The blocking end of [`upload`]. A body that breaks off is an error, never an end.
pub(super) struct Upload {
    pieces: mpsc::Receiver<Piece>,
    rest: Bytes,
    hash: Arc<OnceLock<u64>>,
}

/// Joins a request's body with a reader; the last value gets the body's hash at its end.
pub(super) fn upload() -> (Sender, Upload, Arc<OnceLock<u64>>) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let hash = Arc::new(OnceLock::new());
    let upload = Upload {
        pieces: receiver,
        rest: Bytes::new(),
        hash: Arc::clone(&hash),
    };
    (Sender { pieces: sender }, upload, hash)
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && self.hash.get().is_none() {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(piece)) => self.rest = piece,
                Some(Piece::End(hash)) => {
                    let _ = self.hash.set(hash);
                }
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::ConnectionAborted,
                        "the client broke off or became too slow",
                    ));
                }
            }
        }
        let length = self.rest.len().min(buffer.len());
        let (filled, _) = buffer.split_at_mut(length);
        self.rest.copy_to_slice(filled);
        Ok(length)
    }
}

/// The blocking end of [`download`]. Unless it is finished the reply breaks off, so that no client
/// takes a part for the whole.
pub(super) struct Download {
    pieces: mpsc::Sender<Bytes>,
    buffer: Vec<u8>,
    whole: Arc<AtomicBool>,
}

/// Joins a writer with a reply's body.
pub(super) fn download() -> (Download, impl Stream<Item = io::Result<Bytes>>) {
    let (sender, mut receiver) = mpsc::channel(PIECES);
    let whole = Arc::new(AtomicBool::new(false));
    let download = Download {
        pieces: sender,
        buffer: Vec::with_capacity(PIECE),
        whole: Arc::clone(&whole),
    };
    let stream = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|piece| match piece {
            Some(piece) => Some(Ok(piece)),
            // Said once; then the stream has ended.
            None if !whole.swap(true, Ordering::AcqRel) => {
                Some(Err(io::Error::other("the export broke off")))
            }
            None => None,
        })
    });
    (download, stream)
}

impl Download {
    /// Everything was written.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.whole.store(true, Ordering::Release);
        Ok(())
    }
}

impl Write for Download {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE));
        // A client that takes nothing for so long holds a thread and a place for nothing.
        let sent = self.pieces.send_timeout(full.into(), STANDSTILL);
        Handle::current()
            .block_on(sent)
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(pieces: Vec<Bytes>) -> Payload {
        let pieces = pieces.into_iter().map(Ok);
        Payload::Stream {
            payload: Box::pin(futures_util::stream::iter(pieces)),
        }
    }

    #[actix_web::test]
    async fn an_upload_is_read_as_it_was_sent() {
        let sent: Vec<Bytes> = (0..100u8)
            .map(|n| Bytes::from(vec![n; usize::from(n) * 7]))
            .collect();
        let whole = sent.concat();
        let (sender, mut upload, hash) = upload();
        let reading = actix_web::rt::task::spawn_blocking(move || {
            let mut read = Vec::new();
            upload.read_to_end(&mut read).map(|_| read)
        });
        let mut incoming = Incoming::new(payload(sent), Duration::from_secs(10));
        incoming.feed(sender).await.unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), whole);
        assert_eq!(hash.get(), Some(&xxhash_rust::xxh3::xxh3_64(&whole)));
    }

    #[actix_web::test]
    async fn a_client_that_goes_away_is_no_end_of_file() {
        let (sender, mut upload, hash) = upload();
        drop(sender);
        let reading = actix_web::rt::task::spawn_blocking(move || upload.read(&mut [0; 4]));
        assert!(reading.await.unwrap().is_err());
        assert_eq!(hash.get(), None);
    }

    #[actix_web::test]
    async fn a_client_that_stands_still_is_given_up() {
        let still: Payload = Payload::Stream {
            payload: Box::pin(futures_util::stream::pending()),
        };
        let mut incoming = Incoming::new(still, Duration::ZERO);
        assert_eq!(incoming.next().await, Err(Broken::Slow));
    }

    #[actix_web::test]
    async fn a_download_arrives_whole_or_breaks() {
        for fails in [false, true] {
            let (mut download, stream) = download();
            let writing = actix_web::rt::task::spawn_blocking(move || {
                for _ in 0..1000 {
                    download.write_all(&[7; 999]).unwrap();
                }
                if !fails {
                    download.finish().unwrap();
                }
            });
            let pieces: Vec<io::Result<Bytes>> = stream.collect().await;
            writing.await.unwrap();
            let length: usize = pieces.iter().flatten().map(Bytes::len).sum();
            assert_eq!(pieces.iter().any(Result::is_err), fails);
            assert!(fails || length == 999_000);
        }
    }
}
