//! Places in the log of changes as clients see them: opaque, bound to the store's epoch, and of no use to whoever
//! makes one up or wants to count what others did between two of them.
//!
//! The place is covered and sealed by SHA-256 under the epoch, 128 random bits that no reply shows. Before it stand
//! four bytes that tell epochs apart and eight random ones, so that no two cursors are alike: whoever asks again and
//! again does not learn from them when something happened that is not for them. Behind it stands a check that tells a
//! typing error from another epoch.

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::{Error, invalid};
use crate::model::Seq;

/// Bytes of a cursor: the epoch's mark, the random ones, the seal, the covered place, the check.
const LENGTH: usize = 4 + 8 + 8 + 8 + 4;

/// The cursor of a place.
pub(super) fn of_place(epoch: &str, place: Seq) -> String {
    let mut random = [0; 8];
    // Without randomness cursors are alike again; that is no reason to refuse requests.
    let _ = getrandom::fill(&mut random);
    let seal = seal(epoch, &random, place.0);
    let covered = u64::from_be_bytes(digest(epoch, "cover", &seal)) ^ place.0 as u64;
    let mut bytes = mark(epoch).to_vec();
    bytes.extend(random);
    bytes.extend(seal);
    bytes.extend(covered.to_be_bytes());
    bytes.extend(check(&bytes));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The place of a cursor.
///
/// # Errors
/// `invalid_cursor` for what was never given out, [`Error::Gone`] for one of another epoch.
pub(super) fn read_place(epoch: &str, text: &str) -> Result<Seq, Error> {
    let bytes = read_hex(text).ok_or_else(forged)?;
    let (head, tail) = bytes.split_at(LENGTH - 4);
    if check(head) != *tail {
        return Err(forged());
    }
    let (found, rest) = head.split_at(4);
    if mark(epoch) != *found {
        return Err(epoch_changed());
    }
    let (random, rest) = rest.split_at(8);
    let (sealed, covered) = rest.split_at(8);
    let cover = u64::from_be_bytes(digest(epoch, "cover", sealed));
    let covered = covered
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let place = (covered ^ cover) as i64;
    if seal(epoch, random, place) != *sealed {
        return Err(forged());
    }
    Ok(Seq(place))
}

/// The store is not the one that the cursor is from.
pub(super) fn epoch_changed() -> Error {
    Error::Gone {
        code: "epoch_changed",
        reason: format!("the store was restored or made anew since this cursor was given: {AGAIN}"),
    }
}

/// How a client starts again.
pub(super) const AGAIN: &str = "GET /v1/changes?after=head and keep its cursor, then read the units of every memory in \
     /v1/memories, /v1/concepts and /v1/styles, then go on from that cursor";

fn forged() -> Error {
    let reason =
        "give the cursor of the reply before as it was, none to start at the beginning, or `head`";
    invalid("invalid_cursor", "after", reason)
}

fn seal(epoch: &str, random: &[u8], place: i64) -> [u8; 8] {
    digest(epoch, "seal", &[random, &place.to_be_bytes()].concat())
}

fn mark(epoch: &str) -> [u8; 4] {
    digest(epoch, "mark", &[])
}

/// The first bytes of a keyed hash; `N` is at most 32.
fn digest<const N: usize>(epoch: &str, purpose: &str, content: &[u8]) -> [u8; N] {
    let hash = Sha256::new()
        .chain_update(epoch)
        .chain_update([0])
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(content)
        .finalize();
    let mut first = [0; N];
    for (byte, hashed) in first.iter_mut().zip(hash) {
        *byte = hashed;
    }
    first
}

fn check(bytes: &[u8]) -> [u8; 4] {
    (xxh3_64(bytes) as u32).to_be_bytes()
}

fn read_hex(text: &str) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let lower = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    if text.len() != 2 * LENGTH || !text.bytes().all(lower) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EPOCH: &str = "00112233445566778899aabbccddeeff";

    fn code(result: Result<Seq, Error>) -> &'static str {
        match result {
            Err(Error::Invalid { code, .. } | Error::Gone { code, .. }) => code,
            _ => "fine",
        }
    }

    proptest! {
        #[test]
        fn a_place_comes_back_and_one_changed_character_is_noticed(
            place in 0i64..,
            at in 0usize..2 * LENGTH,
            by in 1u8..16,
        ) {
            let cursor = of_place(EPOCH, Seq(place));
            prop_assert_eq!(read_place(EPOCH, &cursor).unwrap(), Seq(place));
            let mut forged = cursor.into_bytes();
            let digit = (forged[at] as char).to_digit(16).unwrap() as u8 ^ by;
            forged[at] = char::from_digit(digit.into(), 16).unwrap() as u8;
            let forged = String::from_utf8(forged).unwrap();
            prop_assert_eq!(code(read_place(EPOCH, &forged)), "invalid_cursor");
        }
    }

    #[test]
    fn a_cursor_of_another_epoch_is_told_from_a_forged_one() {
        let other = of_place("ffeeddccbbaa99887766554433221100", Seq(7));
        assert_eq!(code(read_place(EPOCH, &other)), "epoch_changed");
        let long = "0".repeat(10_000);
        for forged in [
            "",
            "7",
            "head ",
            "é",
            &other.to_uppercase(),
            &other[2..],
            &long,
        ] {
            assert_eq!(
                code(read_place(EPOCH, forged)),
                "invalid_cursor",
                "{forged:.60}"
            );
        }
        // Whoever knows how it is made, but not the epoch, gets no further than the check.
        let mut made: Vec<u8> = mark(EPOCH).to_vec();
        made.extend([7; 24]);
        made.extend(check(&made));
        let made: String = made.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(code(read_place(EPOCH, &made)), "invalid_cursor");
    }

    #[test]
    fn cursors_side_by_side_tell_nothing_of_their_distance() {
        // Nor whether there is one between them.
        for other in [1, 2] {
            let (one, other) = (of_place(EPOCH, Seq(1)), of_place(EPOCH, Seq(other)));
            assert_eq!(one[..8], other[..8]);
            let same = one[8..56]
                .bytes()
                .zip(other[8..56].bytes())
                .filter(|(a, b)| a == b);
            assert!(same.count() < 18, "{one} {other}");
        }
    }
}
