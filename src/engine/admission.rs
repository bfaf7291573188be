//! Who holds which key: a table in memory, changed after each COMMIT, so that a revocation holds for the next
//! request; and what a key may use at once and in a minute.
//!
//! A key looks like `hz_ID_SECRET`: 8 letters and digits that name it, then 43 random ones (256 bits) and 6 that
//! are a checksum of all before. The checksum tells a typing error without a look at the table; the reply is the
//! same as for an unknown key. Of the key only its SHA-256 is kept: 256 random bits need no slow hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use xxhash_rust::xxh3::xxh3_64;

use super::{Caller, Error};
use crate::store::StoredKey;

/// Letters and digits of a key's id.
const ID: usize = 8;
/// Those of its secret: 62^43 is a little over 2^256.
const SECRET: usize = 43;
/// Those of its checksum.
const CHECK: usize = 6;
/// How many requests of one key may run at once (Crowdin's figure).
const AT_ONCE: u32 = 20;
/// How long a count of requests lasts.
const MINUTE: Duration = Duration::from_secs(60);
/// How exactly the last use of a key is stored, in seconds.
const USE_NOTED: i64 = 3_600;

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why a key is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// It is none of this server, or mistyped.
    Unknown,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// Twenty of its requests run already.
    Crowded,
    /// It has used up its requests of this minute.
    Exhausted(Rate),
}

/// How much of its minute a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute.
    pub limit: u32,
    /// Those left.
    pub remaining: u32,
    /// Seconds until all of them are there again, at least 1.
    pub reset: u32,
}

/// A key that is let in, for one request.
#[derive(Debug)]
pub struct Admitted {
    /// Who it is and what they may do; the request's id is the caller's to set.
    pub caller: Caller,
    /// What is left of its minute, if it has a rate.
    pub rate: Option<Rate>,
    /// Keep it until the request is answered.
    pub turn: Turn,
}

/// A place among the requests of one key that run.
#[derive(Debug)]
pub struct Turn(Arc<Known>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A key in the table.
#[derive(Debug)]
struct Known {
    stored: StoredKey,
    revoked: AtomicBool,
    running: AtomicU32,
    last_used: AtomicI64,
    minute: Mutex<Option<(Instant, u32)>>,
}

impl Known {
    fn new(stored: StoredKey) -> Self {
        Known {
            revoked: AtomicBool::new(stored.revoked.is_some()),
            running: AtomicU32::new(0),
            last_used: AtomicI64::new(stored.last_used.unwrap_or(0)),
            minute: Mutex::new(None),
            stored,
        }
    }

    fn must_be_good(&self, now: i64) -> Result<(), KeyFault> {
        if self.revoked.load(Ordering::Acquire) {
            return Err(KeyFault::Revoked);
        }
        match self.stored.key.expires_at {
            Some(end) if end <= now => Err(KeyFault::Expired),
            _ => Ok(()),
        }
    }

    fn enter(self: &Arc<Self>) -> Result<Turn, KeyFault> {
        // From here on the drop of the turn takes it back.
        let before = self.running.fetch_add(1, Ordering::AcqRel);
        let turn = Turn(Arc::clone(self));
        if before < AT_ONCE {
            Ok(turn)
        } else {
            Err(KeyFault::Crowded)
        }
    }

    /// Counts a request. A minute begins with the first request after the one before it ended.
    fn count(&self, now: Instant) -> Result<Option<Rate>, KeyFault> {
        let Some(limit) = self.stored.key.per_minute else {
            return Ok(None);
        };
        let mut minute = self.minute.lock();
        let (began, used) = match *minute {
            Some((began, used)) if now.saturating_duration_since(began) < MINUTE => (began, used),
            _ => (now, 0),
        };
        let left = MINUTE.saturating_sub(now.saturating_duration_since(began));
        let rate = Rate {
            limit,
            remaining: limit.saturating_sub(used.saturating_add(1)),
            reset: u32::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(60),
        };
        if used >= limit {
            return Err(KeyFault::Exhausted(rate));
        }
        *minute = Some((began, used.saturating_add(1)));
        Ok(Some(rate))
    }

    /// Whether its use should be stored; once an hour at most.
    fn note_use(&self, now: i64) -> bool {
        let last = self.last_used.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= USE_NOTED;
        due && self
            .last_used
            .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// All keys that were ever made.
#[derive(Default)]
pub(super) struct Keys {
    known: RwLock<FxHashMap<String, Arc<Known>>>,
    /// Held over a change of the store and of the table, so that both happen in the same order.
    pub(super) changing: Mutex<()>,
}

impl Keys {
    pub(super) fn load(&self, stored: Vec<StoredKey>) {
        let mut known = self.known.write();
        for stored in stored {
            known.insert(stored.key.id.clone(), Arc::new(Known::new(stored)));
        }
    }

    pub(super) fn revoke(&self, id: &str) {
        if let Some(known) = self.known.read().get(id) {
            known.revoked.store(true, Ordering::Release);
        }
    }

    /// Its requests a minute and its end, where it has them.
    pub(super) fn limits(&self, id: &str) -> (Option<u32>, Option<i64>) {
        let known = self.known.read();
        let key = known.get(id).map(|known| &known.stored.key);
        key.map_or((None, None), |key| (key.per_minute, key.expires_at))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.read().is_empty()
    }

    /// Lets a key in, or says why not; besides, whether its use should be stored.
    pub(super) fn admit(
        &self,
        key: &str,
        now: i64,
        at: Instant,
    ) -> Result<(Admitted, bool), KeyFault> {
        let known = self.find(key).ok_or(KeyFault::Unknown)?;
        // Only who holds the key learns what became of it.
        known.must_be_good(now)?;
        let stored = &known.stored.key;
        let turn = known.enter()?;
        let rate = known.count(at)?;
        let name = match stored.name.as_str() {
            "" => &stored.id,
            name => name,
        };
        let caller = Caller {
            name: Some(name.to_owned()),
            key: Some(stored.id.clone()),
            request: None,
            rights: stored.rights.clone(),
            once: None,
        };
        let admitted = Admitted { caller, rate, turn };
        Ok((admitted, known.note_use(now)))
    }

    /// Whether a key that was let in is still good. It counts as no request.
    pub(super) fn must_be_good(&self, id: &str, now: i64) -> Result<(), KeyFault> {
        let known = self.known.read();
        let key = known.get(id).ok_or(KeyFault::Unknown)?;
        key.must_be_good(now)
    }

    fn find(&self, key: &str) -> Option<Arc<Known>> {
        let known = self.known.read().get(id_of(key)?).cloned();
        let hash = hash(key);
        // The same work for an id that is none's.
        let expected = known
            .as_ref()
            .map_or([0; 32], |known| known.stored.key.hash);
        let right = bool::from(hash.as_slice().ct_eq(expected.as_slice()));
        known.filter(|_| right)
    }
}

/// The id in a key, if it is well-formed and its checksum is right.
pub(super) fn id_of(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("hz_")?;
    let (id, secret) = rest.split_once('_')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    if id.len() != ID || secret.len() != SECRET + CHECK || !plain(id) || !plain(secret) {
        return None;
    }
    let (body, check) = key.split_at_checked(key.len() - CHECK)?;
    (checksum(body) == check).then_some(id)
}

/// A new key: its id and the whole of it.
pub(super) fn new_key() -> Result<(String, String), Error> {
    let (id, secret) = (random(ID)?, random(SECRET)?);
    let body = format!("hz_{id}_{secret}");
    let check = checksum(&body);
    Ok((id, body + &check))
}

pub(super) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn letter(number: u64) -> char {
    let place = usize::try_from(number % 62).unwrap_or_default();
    LETTERS.get(place).copied().map_or('0', char::from)
}

fn checksum(body: &str) -> String {
    let mut rest = xxh3_64(body.as_bytes());
    let next = std::iter::from_fn(|| {
        let one = letter(rest);
        rest /= 62;
        Some(one)
    });
    next.take(CHECK).collect()
}

/// So many letters and digits, all equally likely.
fn random(count: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(count);
    let mut bytes = [0; 64];
    while text.len() < count {
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::Store(format!("no random numbers: {error}")))?;
        // 248 is 4 × 62: beyond it some letters would be likelier than others.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let letters = fair.map(|byte| letter(u64::from(*byte)));
        text.extend(letters.take(count - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Rights, Stamp};
    use crate::store::NewKey;
    use proptest::prelude::*;

    fn table(per_minute: Option<u32>, expires_at: Option<i64>) -> (Keys, String) {
        let (id, key) = new_key().unwrap();
        let stored = StoredKey {
            key: NewKey {
                id,
                name: "ann".into(),
                hash: hash(&key),
                rights: Rights::all(),
                per_minute,
                expires_at,
            },
            created: Stamp { at: 0, by: None },
            revoked: None,
            last_used: None,
        };
        let keys = Keys::default();
        keys.load(vec![stored]);
        (keys, key)
    }

    fn fault(keys: &Keys, key: &str, now: i64) -> Option<KeyFault> {
        keys.admit(key, now, Instant::now()).err()
    }

    proptest! {
        #[test]
        fn a_key_with_one_changed_letter_is_told_by_its_checksum(place in 0..66_usize, other in 0..62_u64) {
            let (_, key) = new_key().unwrap();
            prop_assert_eq!(key.len(), 66 - 5);
            let place = place % key.len();
            let mut changed: Vec<char> = key.chars().collect();
            prop_assume!(changed[place] != letter(other));
            changed[place] = letter(other);
            let changed: String = changed.into_iter().collect();
            prop_assert!(id_of(&key).is_some());
            prop_assert!(id_of(&changed).is_none());
        }

        #[test]
        fn no_text_is_taken_for_a_key(text in ".{0,80}") {
            prop_assert!(id_of(&text).is_none());
        }
    }

    #[test]
    fn keys_never_repeat_and_use_all_letters() {
        let keys: Vec<String> = (0..200).map(|_| new_key().unwrap().1).collect();
        let all: String = keys.concat();
        assert!(LETTERS.iter().all(|l| all.contains(char::from(*l))));
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), 200);
    }

    #[test]
    fn a_key_is_let_in_until_it_expires_or_is_revoked() {
        let (keys, key) = table(None, Some(100));
        let (admitted, due) = keys.admit(&key, 99, Instant::now()).unwrap();
        assert_eq!(admitted.caller.name.as_deref(), Some("ann"));
        assert!(!due, "an hour has not passed since 1970");
        assert_eq!(fault(&keys, &key, 100), Some(KeyFault::Expired));
        let (_, other) = new_key().unwrap();
        assert_eq!(fault(&keys, &other, 0), Some(KeyFault::Unknown));
        let forged = format!("{}{}", &key[..12], &other[12..]);
        assert_eq!(fault(&keys, &forged, 0), Some(KeyFault::Unknown));
        keys.revoke(id_of(&key).unwrap());
        assert_eq!(fault(&keys, &key, 0), Some(KeyFault::Revoked));
        assert!(!keys.is_empty());
    }

    #[test]
    fn twenty_requests_run_at_once() {
        let (keys, key) = table(None, None);
        let enter = || keys.admit(&key, 0, Instant::now());
        let mut turns: Vec<_> = (0..AT_ONCE).map(|_| enter().unwrap()).collect();
        assert_eq!(enter().unwrap_err(), KeyFault::Crowded);
        turns.pop();
        turns.push(enter().unwrap());
        assert_eq!(enter().unwrap_err(), KeyFault::Crowded);
    }

    #[test]
    fn a_rate_counts_by_the_minute() {
        let (keys, key) = table(Some(2), None);
        let start = Instant::now();
        let at = |seconds| {
            let admitted = keys.admit(&key, 0, start + Duration::from_secs(seconds));
            admitted.map(|(admitted, _)| admitted.rate.unwrap())
        };
        let rate = |remaining, reset| Rate {
            limit: 2,
            remaining,
            reset,
        };
        assert_eq!(at(0), Ok(rate(1, 60)));
        assert_eq!(at(20), Ok(rate(0, 40)));
        assert_eq!(at(59), Err(KeyFault::Exhausted(rate(0, 1))));
        assert_eq!(at(60), Ok(rate(1, 60)));
    }

    #[test]
    fn the_last_use_is_stored_once_an_hour() {
        let (keys, key) = table(None, None);
        let due = |now| keys.admit(&key, now, Instant::now()).unwrap().1;
        let dues = [10_000, 10_001, 13_599, 13_600, 13_601].map(due);
        assert_eq!(dues, [true, false, false, true, false]);
    }
}
