//! A text as the finder reads it: its words, and what those that may be names sound like.

use super::letters::Page;
use super::sound::{Sound, coarse};

/// A page with the skeletons of its words.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) page: Page,
    pub(super) skeletons: Vec<u8>,
    pub(super) skeleton_starts: Vec<u32>,
    heard: Heard,
    /// A text without capitals, as users type: then small words are listened to as well.
    pub(super) is_small: bool,
}

/// Skeletons of the words that were heard last. Words come again and again.
struct Heard {
    sound: Sound,
    long: Vec<u8>,
    known: Vec<([u8; MEMORABLE], u8, [u8; MEMORABLE])>,
}

/// The longest word that is remembered, and how many are.
const MEMORABLE: usize = 15;
const REMEMBERED: usize = 1 << 12;

impl Default for Heard {
    fn default() -> Self {
        Self {
            sound: Sound::default(),
            long: Vec::new(),
            known: vec![Default::default(); REMEMBERED],
        }
    }
}

impl Heard {
    /// The coarse skeleton of a word.
    fn skeleton(&mut self, letters: &[u8]) -> &[u8] {
        let mut word = [0; MEMORABLE];
        let Some(place) = word.get_mut(..letters.len()) else {
            self.sound.read(letters);
            self.long.clear();
            self.long
                .extend(self.sound.skeleton.iter().map(|class| coarse(*class)));
            return &self.long;
        };
        place.copy_from_slice(letters);
        let hash = xxhash_rust::xxh3::xxh3_64(&word) as usize;
        let Some((known, length, skeleton)) = self.known.get_mut(hash % REMEMBERED) else {
            return &[];
        };
        if *known != word {
            self.sound.read(letters);
            *known = word;
            // A skeleton is no longer than its word.
            *length = self.sound.skeleton.len().min(MEMORABLE) as u8;
            for (to, class) in skeleton.iter_mut().zip(&self.sound.skeleton) {
                *to = coarse(*class);
            }
        }
        skeleton.get(..usize::from(*length)).unwrap_or_default()
    }
}

/// How many small words in a row are listened to behind a capital: Islamic Revolution *of the* …
const SMALL_WORDS: usize = 3;

impl Reading {
    pub(super) fn read(&mut self, text: &str) {
        self.page.read(text);
        self.skeletons.clear();
        self.skeleton_starts.clear();
        self.is_small = !self.page.words.iter().any(|word| word.is_capital());
        let mut heard = 0;
        for at in 0..self.page.words.len() {
            self.skeleton_starts.push(self.skeletons.len() as u32);
            let Some(word) = self.page.words.get(at) else {
                break;
            };
            if word.is_ezafe() {
                continue;
            }
            heard = if word.is_capital() || self.is_small {
                SMALL_WORDS + 1
            } else {
                heard.saturating_sub(1)
            };
            let letters = self.page.letters_of(at);
            if heard == 0 || word.is_arabic() || word.is_opaque() || !letters.is_ascii() {
                self.skeletons.push(0xFF);
            } else {
                self.skeletons
                    .extend_from_slice(self.heard.skeleton(letters));
            }
        }
        self.skeleton_starts.push(self.skeletons.len() as u32);
        self.skeletons.extend_from_slice(&[0; 16]);
    }

    pub(super) fn skeleton_end(&self, word: usize) -> usize {
        self.skeleton_starts
            .get(word + 1)
            .map_or(0, |end| *end as usize)
    }
}
