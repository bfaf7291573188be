//! How a romanised Persian or Arabic name sounds, coarsely: the same for the spellings that writers choose
//! between. Source of the classes: the romanisation table of this project's Persian notes (`design/persian.md` §4).
//!
//! A word's *skeleton* is its consonant classes; short vowels, doubled letters and silent h are not in it.
//! Two words of equal skeleton are one name only if [`Sound::agrees`]: the class of the first and the last
//! vowel must fit, as well as whether the word begins and ends in one, which keeps Khomeini from Khamenei
//! and Tehrani from Tehran.

/// A vowel's class. The front ones shade into each other; the back one does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vowel {
    /// a, aa, e, i, ee, y: how far to the front, 0–2.
    Front(u8),
    /// o, u, ou, oo, ow.
    Back,
}

/// A word's sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound {
    /// The consonant classes, one ASCII byte each.
    pub(super) skeleton: Vec<u8>,
    /// Consonant classes and vowels, for measuring likeness.
    canon: Vec<u8>,
    first: Option<Vowel>,
    last: Option<Vowel>,
    starts: bool,
    ends: bool,
    groups: usize,
}

/// The longest word that has a sound, in bytes; what is longer is no name.
const LONGEST: usize = 64;

/// The least likeness of two sounds of equal skeleton (normalised Levenshtein).
const LIKENESS: f64 = 0.6;

impl Sound {
    /// The sound of a word's bare Latin letters; empty for other scripts.
    pub(super) fn of(letters: &[u8]) -> Self {
        let mut sound = Self::default();
        sound.read(letters);
        sound
    }

    /// [`Sound::of`] into a sound that exists.
    pub(super) fn read(&mut self, letters: &[u8]) {
        self.skeleton.clear();
        self.canon.clear();
        (self.first, self.last, self.starts, self.ends) = (None, None, false, false);
        self.groups = 0;
        if letters.len() > LONGEST || !letters.iter().all(u8::is_ascii_alphanumeric) {
            return;
        }
        let mut at = 0;
        while at < letters.len() {
            let vowels = vowel_run(letters, at);
            if vowels > 0 {
                self.vowels(letters, at, vowels);
                at += vowels;
                continue;
            }
            let (class, length) = consonant(letters, at);
            if let Some(class) = class
                && (self.canon.last() != Some(&class))
            {
                self.skeleton.push(class);
                self.canon.push(class);
            }
            self.ends &= class.is_none();
            at += length;
        }
    }

    fn vowels(&mut self, letters: &[u8], at: usize, length: usize) {
        let run = letters.get(at..at + length).unwrap_or_default();
        let (first, last) = run_classes(run);
        if self.first.is_none() {
            self.first = Some(first);
            self.starts = at == 0;
        }
        self.last = Some(last);
        self.ends = true;
        self.groups += 1;
        self.canon.push(letter(first));
        if first != last {
            self.canon.push(letter(last));
        }
    }

    /// Whether two words of equal skeleton can be spellings of one name.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.starts == other.starts
            && self.ends == other.ends
            && self.groups.abs_diff(other.groups) <= 1
            && near(self.first, other.first)
            && if self.ends {
                final_class(self.last) == final_class(other.last)
            } else {
                near(self.last, other.last)
            }
            && self.likeness(other) >= LIKENESS
    }

    /// How many vowels differ in a way that is no mere choice of letters: a for e, e for i, one more beside an h
    /// (Teheran). `None` where they differ more. (o and u, ei and ai, and a and e at the end are one.)
    /// For words of equal skeleton.
    pub(super) fn weak_differences(&self, other: &Self) -> Option<usize> {
        let (mut ours, mut theirs) = (self.canon.iter().peekable(), other.canon.iter().peekable());
        let (mut differences, mut before) = (0, 0);
        loop {
            let run = |canon: &mut std::iter::Peekable<std::slice::Iter<'_, u8>>| {
                let mut run = Vec::new();
                while let Some(vowel) =
                    canon.next_if(|b| b.is_ascii_lowercase() && **b != b'c' && **b != b'x')
                {
                    run.push(*vowel);
                }
                run
            };
            let (a, b) = (run(&mut ours), run(&mut theirs));
            let (next, _) = (ours.next().copied(), theirs.next());
            differences +=
                vowel_difference(&a, &b, before == b'H' || next == Some(b'H'), next.is_none())?;
            match next {
                Some(consonant) => before = consonant,
                None => return Some(differences),
            }
        }
    }

    /// [`Sound::agrees`] with as many syllables.
    pub(super) fn agrees_closely(&self, other: &Self) -> bool {
        self.groups == other.groups && self.agrees(other)
    }

    /// The same, for a word that an ezafe is written together with: `Mojahedine` for `Mojahedin-e`.
    pub(super) fn agrees_with_ezafe(&self, plain: &Self) -> bool {
        let mut bare = self.clone();
        if !matches!(bare.canon.pop(), Some(b'e' | b'i')) || plain.ends {
            return false;
        }
        bare.ends = false;
        bare.groups = bare.groups.saturating_sub(1);
        bare.last = plain.last;
        bare.agrees(plain)
    }

    /// Normalised Levenshtein of the two sounds, 0 to 1.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        rapidfuzz::distance::levenshtein::normalized_similarity(
            self.canon.iter().copied(),
            other.canon.iter().copied(),
        )
    }

    /// The skeleton as both scripts can write it; see [`cross`].
    pub(super) fn cross(&self) -> Vec<u8> {
        cross(&self.skeleton)
    }
}

fn vowel_difference(a: &[u8], b: &[u8], beside_h: bool, is_final: bool) -> Option<usize> {
    let front = |b: u8| match b {
        b'a' => Some(0u8),
        b'e' => Some(1),
        b'i' => Some(2),
        _ => None,
    };
    match (a, b) {
        (a, b) if a == b => Some(0),
        ([], _) | (_, []) => beside_h.then_some(1),
        ([.., b'i'], [.., b'i']) => Some(usize::from(a.len() != b.len())),
        ([a], [b]) => {
            let (a, b) = (front(*a)?, front(*b)?);
            let distance = usize::from(a.abs_diff(b));
            Some(if is_final && a < 2 && b < 2 {
                0
            } else {
                distance
            })
        }
        _ => (a.first().copied().and_then(front).is_some()
            == b.first().copied().and_then(front).is_some())
        .then_some(1),
    }
}

fn near(a: Option<Vowel>, b: Option<Vowel>) -> bool {
    match (a, b) {
        (Some(Vowel::Front(a)), Some(Vowel::Front(b))) => a.abs_diff(b) <= 1,
        (a, b) => a == b,
    }
}

/// At a word's end a and e are one (-a, -eh, -e), i is another.
fn final_class(vowel: Option<Vowel>) -> u8 {
    match vowel {
        None => 0,
        Some(Vowel::Front(0 | 1)) => 1,
        Some(Vowel::Front(_)) => 2,
        Some(Vowel::Back) => 3,
    }
}

fn letter(vowel: Vowel) -> u8 {
    match vowel {
        Vowel::Front(0) => b'a',
        Vowel::Front(1) => b'e',
        Vowel::Front(_) => b'i',
        Vowel::Back => b'u',
    }
}

/// How many letters from `at` on are vowels, with the y and w that belong to them.
fn vowel_run(letters: &[u8], at: usize) -> usize {
    let mut length = 0;
    while let Some(b) = letters.get(at + length) {
        let next = letters.get(at + length + 1);
        let vowel_next = next.is_some_and(|b| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u'));
        let fits = match b {
            b'a' | b'e' | b'i' | b'o' | b'u' => true,
            b'y' => at + length > 0 || !vowel_next,
            b'w' => {
                length > 0
                    && !vowel_next
                    && matches!(letters.get(at + length - 1), Some(b'o' | b'u'))
            }
            _ => false,
        };
        if !fits {
            break;
        }
        length += 1;
    }
    length
}

/// The first and the last vowel of a run.
fn run_classes(run: &[u8]) -> (Vowel, Vowel) {
    match run {
        b"ee" | b"ii" | b"iy" | b"ie" | b"i" | b"y" | b"ea" => (Vowel::Front(2), Vowel::Front(2)),
        b"aa" | b"a" => (Vowel::Front(0), Vowel::Front(0)),
        [b'o' | b'u', .., b'o' | b'u' | b'w'] | b"o" | b"u" | b"au" => (Vowel::Back, Vowel::Back),
        [first, .., last] => (class(*first), class(*last)),
        [one] => (class(*one), class(*one)),
        [] => (Vowel::Front(0), Vowel::Front(0)),
    }
}

fn class(b: u8) -> Vowel {
    match b {
        b'a' => Vowel::Front(0),
        b'e' => Vowel::Front(1),
        b'o' | b'u' | b'w' => Vowel::Back,
        _ => Vowel::Front(2),
    }
}

/// The class of the consonant at `at`, and how many letters write it; `None` for a silent one.
fn consonant(letters: &[u8], at: usize) -> (Option<u8>, usize) {
    let rest = letters.get(at..).unwrap_or_default();
    let (class, length) = match rest {
        [b't', b's', b'c', b'h', ..] => (b'C', 4),
        [b'd', b's', b'c', b'h', ..] => (b'J', 4),
        [b't', b'c', b'h', ..] => (b'C', 3),
        [b's', b'c', b'h', ..] => (b'$', 3),
        [b'd', b'z', b'h', ..] => (b'J', 3),
        [b'd', b'j', ..] | [b'z', b'h', ..] => (b'J', 2),
        [b's', b'h', ..] => (b'$', 2),
        [b'c', b'h', ..] => (b'C', 2),
        [b'k', b'h', ..] => (b'X', 2),
        [b'g', b'h', ..] => (b'Q', 2),
        [b'd', b'h', ..] => (b'Z', 2),
        [b't', b'h', ..] => (b'T', 2),
        [b'p', b'h', ..] => (b'F', 2),
        [b'c', b'k', ..] => (b'K', 2),
        [b'q', b'u', b'a' | b'e' | b'i' | b'o', ..] => (b'Q', 2),
        [b'c', b'e' | b'i' | b'y', ..] => (b'S', 1),
        [b'c', ..] => (b'c', 1),
        [b'w', ..] => (b'V', 1),
        [b'x', ..] => (b'x', 1),
        [b'h', ..] => return (hears(letters, at).then_some(b'H'), 1),
        [b, ..] => (b.to_ascii_uppercase(), 1),
        [] => return (None, 1),
    };
    // A doubled digraph is written with its first letter doubled (Khalkkhali, Hashshemi) or twice.
    let again = rest.get(length..).unwrap_or_default();
    let double = length > 1 && again.starts_with(rest.get(..length).unwrap_or_default());
    (Some(class), if double { 2 * length } else { length })
}

/// An h is silent at the end of a word, doubled, and behind sh (Mashhad, Mashad).
fn hears(letters: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| letters.get(before));
    at + 1 < letters.len() && before != Some(&b'h')
}

/// What a class is looked up under: wider than the class, since German and French write ch for kh and sh, many
/// write k or g for q, and English organization is British organisation. What is found is then held against
/// [`stands_for`].
pub(super) fn coarse(class: u8) -> u8 {
    match class {
        b'X' | b'C' | b'$' | b'Q' | b'G' | b'c' => b'K',
        b'Z' => b'S',
        class => class,
    }
}

/// Whether a consonant of a text can stand for one of a name. In a name of one word, only the ch of German and
/// French can: German is not Kerman.
pub(super) fn stands_for(written: u8, named: u8, single: bool) -> bool {
    written == named
        || match (written, named) {
            (b'C', b'X' | b'$') => true,
            (b'K' | b'G', b'Q') | (b'K', b'X') | (b'G', b'K') => !single,
            _ => false,
        }
}

/// A skeleton without what one script writes and the other does not: v and u are one letter in Persian, a
/// final heh is a vowel, and h is often left out.
pub(super) fn cross(skeleton: &[u8]) -> Vec<u8> {
    let kept = skeleton.iter().filter(|b| !matches!(b, b'V' | b'H' | b'Y'));
    let mut out: Vec<u8> = Vec::with_capacity(skeleton.len());
    for b in kept {
        let b = match b {
            b'x' => b'S',
            b'c' => b'K',
            b => *b,
        };
        if out.last() != Some(&b) {
            out.push(b);
        }
    }
    out
}

/// The skeleton of a word's bare Persian letters, comparable by [`cross`].
pub(super) fn persian(letters: &str) -> Vec<u8> {
    let class = |c| {
        Some(match c {
            'ب' => b'B',
            'پ' => b'P',
            'ت' | 'ط' => b'T',
            'ث' | 'س' | 'ص' => b'S',
            'ج' | 'ژ' => b'J',
            'چ' => b'C',
            'ح' | 'ه' => b'H',
            'خ' => b'X',
            'د' => b'D',
            'ذ' | 'ز' | 'ض' | 'ظ' => b'Z',
            'ر' => b'R',
            'ش' => b'$',
            'غ' | 'ق' => b'Q',
            'ف' => b'F',
            'ک' => b'K',
            'گ' => b'G',
            'ل' => b'L',
            'م' => b'M',
            'ن' => b'N',
            'و' => b'V',
            '0'..='9' => u8::try_from(c).ok()?,
            _ => return None,
        })
    };
    cross(&letters.chars().filter_map(class).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (Sound::of(a.as_bytes()), Sound::of(b.as_bytes()));
        a.skeleton == b.skeleton && a.agrees(&b)
    }

    #[test]
    fn spellings_of_one_name_sound_alike() {
        for (a, b) in [
            ("mojahedin", "mujahideen"),
            ("mojahedin", "mudjahedin"),
            ("khamenei", "khamenei"),
            ("khamenei", "khameneyi"),
            ("khomeini", "khumayni"),
            ("qochani", "ghouchani"),
            ("rajavi", "radschawi"),
            ("mashhad", "mashad"),
            ("basij", "baseej"),
            ("basij", "bassidj"),
            ("soleimani", "sulaymani"),
            ("hossein", "husain"),
            ("massoud", "masud"),
            ("mohammad", "muhammed"),
            ("mashregh", "mashriq"),
            ("ebrahim", "ibrahim"),
            ("raisi", "raeesi"),
            ("nejad", "nezhad"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_names_do_not() {
        for (a, b) in [
            ("khamenei", "khomeini"),
            ("khamenei", "khameneh"),
            ("khomeini", "khomein"),
            ("tehran", "tehrani"),
            ("hassan", "hossein"),
            ("mahmoud", "mohammad"),
            ("kerman", "german"),
            ("kerman", "carmen"),
            ("basij", "basis"),
            ("rouhani", "rihanna"),
            ("soleimani", "solomon"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn alone_a_word_must_differ_by_choices_of_letters_only() {
        let differences =
            |a: &str, b: &str| Sound::of(a.as_bytes()).weak_differences(&Sound::of(b.as_bytes()));
        for (a, b, expected) in [
            ("basidj", "basij", Some(0)),
            ("soleymani", "soleimani", Some(0)),
            ("ruhani", "rouhani", Some(0)),
            ("teheran", "tehran", Some(1)),
            ("kirman", "kerman", Some(1)),
            ("press", "paris", None),
            ("hart", "herat", None),
            ("sudden", "sudan", Some(1)),
        ] {
            assert_eq!(differences(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn persian_and_latin_skeletons_meet() {
        for (latin, letters) in [
            ("rajavi", "رجوی"),
            ("basij", "بسیج"),
            ("mojahedin", "مجاهدین"),
            ("khalq", "خلق"),
            ("ghalibaf", "قالیباف"),
            ("bloomfield", "بلومفیلد"),
        ] {
            let latin = Sound::of(latin.as_bytes()).cross();
            assert_eq!(latin, persian(letters), "{letters}");
        }
    }
}
