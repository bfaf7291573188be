//! Dates of TMX: `YYYYMMDDThhmmssZ`, and what else is found in their place.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a date as seconds since 1970-01-01 UTC.
///
/// Accepted: the basic form of ISO 8601 that TMX asks for, the extended form, with or without seconds,
/// fraction (dropped) or time; `Z`, an offset, or nothing, which means UTC.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(at) = exact(text) {
        return in_utc(at);
    }
    if !text.is_ascii() || text.len() > 40 {
        return None;
    }
    let extended = if text.bytes().take(8).all(|b| b.is_ascii_digit()) {
        extend(text)?
    } else {
        text.replacen(' ', "T", 1)
    };
    let seconds = match extended.parse::<Timestamp>() {
        Ok(at) => at.as_second(),
        Err(_) => in_utc(extended.parse().ok()?)?,
    };
    // What cannot be written back is no date.
    civil(seconds).map(|_| seconds)
}

/// The form of TMX itself, which is that of nearly all files.
fn exact(text: &str) -> Option<DateTime> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    let (Some(b'T'), Some(b'Z')) = (bytes.get(8), bytes.get(15)) else {
        return None;
    };
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0i16, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| i16::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    let (year, month, day) = (number(0, 4)?, small(4)?, small(6)?);
    DateTime::new(year, month, day, small(9)?, small(11)?, small(13)?, 0).ok()
}

/// `20240131T235959Z` as `2024-01-31T23:59:59Z`.
fn extend(text: &str) -> Option<String> {
    let (date, rest) = (text.get(..8)?, text.get(8..)?);
    let date = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
    if rest.is_empty() {
        return Some(date);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (time, zone) = rest.split_at(digits);
    let time = match time.len() {
        // `hh:mm:ss` behind a basic date
        2 => time.to_owned(),
        4 => format!("{}:{}", &time[..2], &time[2..]),
        6 => format!("{}:{}:{}", &time[..2], &time[2..4], &time[4..]),
        _ => return None,
    };
    Some(format!("{date}T{time}{zone}"))
}

fn in_utc(at: DateTime) -> Option<i64> {
    let zoned = at.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_second())
}

/// Writes a date in the form of TMX; `None` outside of the years 0 to 9999.
pub(super) fn write(seconds: i64) -> Option<String> {
    civil(seconds).map(|at| {
        format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    })
}

/// Date and time in UTC, in years that have four digits.
fn civil(seconds: i64) -> Option<DateTime> {
    let at = Timestamp::from_second(seconds).ok()?;
    let at = TimeZone::UTC.to_datetime(at);
    (0..=9999).contains(&at.year()).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_written_date_is_read_back(seconds in -60_000_000_000i64..250_000_000_000) {
            prop_assert_eq!(read(&write(seconds).unwrap()), Some(seconds));
        }

        #[test]
        fn any_text_is_a_date_or_none(text in "[0-9TZ:+. -]{0,30}|\\PC{0,20}") {
            if let Some(seconds) = read(&text) {
                prop_assert!(write(seconds).is_some());
            }
        }
    }

    #[test]
    fn dates_in_the_wild() {
        for (text, expected) in [
            ("20130215T164335Z", Some(1_360_946_615)),
            ("20130215t164335z", Some(1_360_946_615)),
            (" 20130215T164335Z ", Some(1_360_946_615)),
            ("20130215T164335", Some(1_360_946_615)),
            ("20130215T164335.123Z", Some(1_360_946_615)),
            ("20130215T194335+0300", Some(1_360_946_615)),
            ("20130215T164335+00:00", Some(1_360_946_615)),
            ("2013-02-15T16:43:35Z", Some(1_360_946_615)),
            ("2013-02-15 16:43:35", Some(1_360_946_615)),
            ("20130215T1643Z", Some(1_360_946_580)),
            ("20130215", Some(1_360_886_400)),
            ("2013-02-15", Some(1_360_886_400)),
            ("20161231T235960Z", Some(1_483_228_799)),
            ("20200230T250000Z", None),
            ("20200231", None),
            ("yesterday", None),
            ("", None),
            ("0", None),
            ("13920215T164335Zzz", None),
            ("۲۰۱۳۰۲۱۵", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
