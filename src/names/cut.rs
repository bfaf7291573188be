//! A name of the glossary cut into words, and the other letters that it may be written with.

use super::letters::{Gap, Page};

/// The most words of a name that is looked for.
const MOST_WORDS: usize = 64;

/// A name cut into words.
pub(super) struct Cut {
    pub(super) words: Vec<Box<str>>,
    pub(super) gaps: Vec<Gap>,
    pub(super) possessive: Vec<bool>,
    pub(super) arabic: bool,
    pub(super) small: bool,
}

impl Cut {
    pub(super) fn read(page: &mut Page, text: &str) -> Option<Self> {
        page.read(text);
        let mut cut = Self {
            words: Vec::new(),
            gaps: Vec::new(),
            possessive: Vec::new(),
            arabic: page.words.first()?.is_arabic(),
            small: !page.words.iter().any(|word| word.is_capital()),
        };
        for at in 0..page.words.len() {
            let word = page.words.get(at)?;
            if word.is_opaque() {
                return None;
            }
            if word.is_ezafe() {
                continue;
            }
            if !cut.words.is_empty() {
                cut.gaps.push(page.gap_after(text, at - 1));
            }
            cut.words.push(page.letters_text(at).into());
            cut.possessive.push(word.is_possessive());
        }
        (!cut.words.is_empty() && cut.words.len() <= MOST_WORDS).then_some(cut)
    }

    pub(super) fn letters(&self) -> String {
        self.words.concat()
    }

    pub(super) fn part(&self, from: usize, to: usize) -> Self {
        let gaps_end = to.saturating_sub(1).max(from);
        Self {
            words: self.words.get(from..to).unwrap_or_default().to_vec(),
            gaps: self.gaps.get(from..gaps_end).unwrap_or_default().to_vec(),
            possessive: self.possessive.get(from..to).unwrap_or_default().to_vec(),
            arabic: self.arabic,
            small: self.small,
        }
    }

    /// The name without the generation behind it: Jr., III.
    pub(super) fn without_generation(&self) -> Self {
        let is_generation = |word: &&str| matches!(*word, "jr" | "sr" | "ii" | "iii" | "جونیور");
        let behind = self.words.iter().rev().map(|word| &**word);
        let generation = behind.take_while(is_generation).count();
        self.part(0, self.words.len() - generation)
    }

    pub(super) fn bounds(&self) -> Box<[(u16, Gap)]> {
        let mut at = 0u16;
        let ends = self.words.iter().map(|word| {
            at = at.saturating_add(u16::try_from(word.len()).unwrap_or(u16::MAX));
            at
        });
        ends.zip(self.gaps.iter().copied()).collect()
    }
}

/// The same name in other letters: possessives with their s, «خامنه‌ئی» and «خامنئی» for «خامنه‌ای».
pub(super) fn other_letters(cut: &Cut) -> Vec<Cut> {
    let mut others = Vec::new();
    let inner = cut.words.len().saturating_sub(1);
    let whole = || cut.part(0, cut.words.len());
    if cut.possessive.iter().take(inner).any(|p| *p) {
        let mut other = whole();
        for (word, possessive) in other.words.iter_mut().zip(&cut.possessive).take(inner) {
            if *possessive {
                *word = format!("{word}s").into();
            }
        }
        others.push(other);
    }
    let heh_yeh = |pair: &[Box<str>]| pair[0].ends_with('ه') && &*pair[1] == "ای";
    if let Some(at) = cut
        .words
        .windows(2)
        .position(heh_yeh)
        .filter(|_| cut.arabic)
    {
        for with_heh in [true, false] {
            let mut other = whole();
            if let [heh, yeh, ..] = other.words.get_mut(at..).unwrap_or_default() {
                *yeh = "ی".into();
                if !with_heh {
                    *heh = heh.strip_suffix('ه').unwrap_or(heh).into();
                }
            }
            others.push(other);
        }
    }
    others
}
