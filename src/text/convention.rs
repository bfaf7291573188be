//! The middle fold: what differs only in a writer's conventions.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::fold::{class_of, joins, same};
use super::pages::entry;
use super::tables::{ZWJ, ZWNJ, ascii_digit, is_vowel_mark};

/// The text without spelling conventions: where this is equal but [`same`] is not, a pair scores 99.
///
/// On top of [`same`]: digits of any script as 0–9, ٬ and ٫ between digits as `,` and `.`, Arabic
/// vowel marks dropped, and joined, half-spaced and spaced Arabic-script words made one («آن ها»,
/// «آن‌ها», «آنها»). Nothing else: case, punctuation and آ/ا still differ. Idempotent.
pub fn convention(text: &str) -> String {
    let text = same(text);
    let mut out = String::with_capacity(text.len());
    let mut last: Option<char> = None;
    let mut between: Option<char> = None;
    let mut chars = text.chars().filter(|&c| !is_vowel_mark(c)).peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            ' ' => {
                between = Some(' ');
                continue;
            }
            ZWNJ | ZWJ => {
                between = between.or(Some(c));
                continue;
            }
            '٬' | '٫' if last.is_some_and(|l| l.is_ascii_digit()) && between.is_none() => {
                let digit_follows = chars.peek().is_some_and(|&n| digit(n).is_some());
                match c {
                    '٬' if digit_follows => ',',
                    '٫' if digit_follows => '.',
                    _ => c,
                }
            }
            _ => digit(c).unwrap_or(c),
        };
        if let (Some(separator), Some(before)) = (between.take(), last) {
            let one_word = is_arabic(before) && is_arabic(c);
            if !one_word && (separator == ' ' || joins(before, separator, class_of(c))) {
                out.push(separator);
            }
        }
        out.push(c);
        last = Some(c);
    }
    // A mark that is gone can have stood between characters that compose.
    if is_nfc(&out) {
        out
    } else {
        out.nfc().collect()
    }
}

/// The ASCII digit of a digit of any script, asking the large table only about likely ones.
fn digit(c: char) -> Option<char> {
    let entry = entry::<false>(c);
    (entry.is_alphanumeric() && !entry.is_letter())
        .then(|| ascii_digit(c))
        .flatten()
}

fn is_arabic(c: char) -> bool {
    entry::<false>(c).is_arabic()
}
