//! What stands beside a name, and makes it another's: a different given name, a longer organization's name,
//! another country. And what belongs to a name beside it: Seyyed, an initial, "of Iran".

use super::build::{How, Spoken, Variant};
use super::letters::{Gap, Word};
use super::lexicon::Lexicon;
use super::sound::Sound;
use super::walk::{Hit, Walk};
use crate::model::ConceptKind;

/// Whether the text says it is a woman or a man.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gender {
    Woman,
    Man,
}

impl Walk<'_> {
    /// The hit as the words around it leave it; `None` if they make it another's name.
    pub(super) fn in_context(&self, mut hit: Hit, variant: &Variant) -> Option<Hit> {
        match variant.facts.kind? {
            ConceptKind::Person => self.person(&mut hit, variant)?,
            ConceptKind::Place => self.place(&hit, variant)?,
            ConceptKind::Org
            | ConceptKind::Gov
            | ConceptKind::Office
            | ConceptKind::Event
            | ConceptKind::Media => self.body(&mut hit, variant)?,
            ConceptKind::Term | ConceptKind::Other => {}
        }
        Some(hit)
    }

    /// The word before, if nothing but space or a hyphen is between.
    fn before(&self, word: usize) -> Option<(usize, Word, Gap)> {
        let at = word.checked_sub(1)?;
        let before = self.word(at)?;
        let gap = self.page().gap_after(self.text, at);
        let near = match gap {
            Gap::Space | Gap::Hyphen | Gap::HalfSpace | Gap::Nothing => !before.is_possessive(),
            Gap::Dot => self.is_short_for(at),
            _ => false,
        };
        (near && !before.is_opaque() && !before.is_number()).then_some((at, before, gap))
    }

    /// An initial, or the short form of a title.
    fn is_short_for(&self, at: usize) -> bool {
        let letters = self.page().letters_of(at);
        letters.len() == 1
            || matches!(
                letters,
                b"mr" | b"mrs" | b"ms" | b"dr" | b"prof" | b"gen" | b"brig" | b"col"
            )
    }

    fn after(&self, word: usize) -> Option<(usize, Word, Gap)> {
        let after = self.word(word + 1)?;
        let gap = self.page().gap_after(self.text, word);
        let last = self.word(word)?;
        let near = matches!(gap, Gap::Space | Gap::Hyphen) && !last.is_possessive();
        (near && !after.is_opaque()).then_some((word + 1, after, gap))
    }

    /// What a title before the name says.
    pub(super) fn gender_before(&self, hit: &Hit) -> Option<Gender> {
        let lexicon = Lexicon::get();
        let mut at = hit.words.0;
        // Titles pile up: Mrs. President Rajavi.
        for _ in 0..3 {
            let (before, _, _) = self.before(at)?;
            let letters = self.page().letters_of(before);
            if lexicon.mrs.has(letters) {
                return Some(Gender::Woman);
            }
            if lexicon.mr.has(letters) {
                return Some(Gender::Man);
            }
            if !lexicon.titles.has(letters) {
                return None;
            }
            at = before;
        }
        None
    }

    /// The gender that a person's given names say.
    pub(super) fn gender_of(&self, concept: u32) -> Option<Gender> {
        let mut given = self.names.given(concept).peekable();
        given.peek()?;
        let female = given.any(|name| Lexicon::get().is_female(name.letters.as_bytes()));
        Some(if female { Gender::Woman } else { Gender::Man })
    }

    fn person(&self, hit: &mut Hit, variant: &Variant) -> Option<()> {
        if let Some(title) = self.gender_before(hit)
            && self
                .gender_of(variant.concept)
                .is_some_and(|own| own != title)
        {
            return None;
        }
        self.person_before(hit, variant)?;
        let Some((at, after, gap)) = self.after(hit.words.1) else {
            return Some(());
        };
        let letters = self.page().letters_of(at);
        let lexicon = Lexicon::get();
        if after.is_capital()
            && gap == Gap::Hyphen
            && variant.facts.family
            && !lexicon.common.has(letters)
        {
            return None;
        }
        if after.is_capital() && gap == Gap::Space {
            let second =
                (self.after(at)).filter(|(_, word, gap)| word.is_capital() && *gap == Gap::Space);
            let head = lexicon.heads.has(letters)
                || second.is_some_and(|(at, _, _)| {
                    let second = self.page().letters_of(at);
                    lexicon.companies.has(second)
                        || letters == b"international" && lexicon.heads.has(second)
                });
            // Behind a bare family name that no row has, another word makes another name: Kia Sportage.
            let longer = variant.how == How::Bare && !lexicon.common.has(letters);
            if head || longer {
                return None;
            }
        }
        Some(())
    }

    fn person_before(&self, hit: &mut Hit, variant: &Variant) -> Option<()> {
        let lexicon = Lexicon::get();
        let Some((at, before, gap)) = self.before(hit.words.0) else {
            return Some(());
        };
        let letters = self.page().letters_of(at);
        if lexicon.seyyed.has(letters) {
            self.extend(hit, at);
            // What is rewritten has it too.
            if self.name(variant)?.text.starts_with("Seyyed ") {
                hit.core.0 = hit.start;
            }
            return self.person_before_seyyed(hit);
        }
        if before.is_arabic() {
            return self.persian_before(hit, variant, at);
        }
        if !before.is_capital() || lexicon.titles.has(letters) || gap == Gap::Nothing {
            return Some(());
        }
        if !variant.facts.family {
            // A full name; only another given name before it makes it another's.
            let another = letters.len() > 1
                && matches!(gap, Gap::Space | Gap::Hyphen)
                && !lexicon.common.has(letters)
                && lexicon.sounds_given(letters);
            return (!another).then_some(());
        }
        if letters.len() == 1 {
            return self.initial_before(hit, variant, at, letters);
        }
        if gap == Gap::Dot || lexicon.common.has(letters) || is_wordlike(letters) {
            return Some(());
        }
        if self.is_given_of(variant.concept, letters) {
            return self.given_before(hit, variant, at);
        }
        // Ruhollah Mousavi Khomeini: a second family name between.
        if let Some((first, word, Gap::Space | Gap::Hyphen)) = self.before(at)
            && word.is_capital()
            && self.is_given_of(variant.concept, self.page().letters_of(first))
        {
            self.extend(hit, first);
            return Some(());
        }
        None
    }

    fn person_before_seyyed(&self, hit: &Hit) -> Option<()> {
        let Some((at, before, _)) = self.before(hit.words.0) else {
            return Some(());
        };
        let lexicon = Lexicon::get();
        let letters = self.page().letters_of(at);
        let given = if before.is_arabic() {
            lexicon.is_given(letters) && !lexicon.titles.has(letters)
        } else {
            before.is_capital()
                && !lexicon.common.has(letters)
                && !lexicon.titles.has(letters)
                && lexicon.sounds_given(letters)
        };
        (!given).then_some(())
    }

    fn extend(&self, hit: &mut Hit, to: usize) {
        if let Some(word) = self.word(to) {
            hit.start = word.start as usize;
            hit.words.0 = to;
        }
    }

    fn is_given_of(&self, concept: u32, letters: &[u8]) -> bool {
        let given = || self.names.given(concept);
        if given().any(|name| name.letters.as_bytes() == letters) {
            return true;
        }
        let sound = Sound::of(letters);
        let is_heard =
            |name: &Spoken| sound.skeleton == name.sound.skeleton && sound.agrees(&name.sound);
        !sound.skeleton.is_empty() && given().any(is_heard)
    }

    /// One of the given names stands before the family name, but it is no full name of the glossary.
    fn given_before(&self, hit: &mut Hit, variant: &Variant, at: usize) -> Option<()> {
        let given = self.names.given(variant.concept);
        let mut own = given.filter(|name| name.letters.is_ascii());
        let is_mohammad = |name: &Spoken| name.sound.skeleton == b"MHMD";
        // Of "Mohammad Bagher", Mohammad is left out at will; of "Hossein-Ali", nothing is.
        let whole = own.next().is_none_or(is_mohammad) || own.next().is_none();
        if !whole {
            return None;
        }
        self.extend(hit, at);
        let another = self.before(at).is_some_and(|(at, word, _)| {
            let letters = self.page().letters_of(at);
            let lexicon = Lexicon::get();
            word.is_capital()
                && !lexicon.common.has(letters)
                && !lexicon.titles.has(letters)
                && lexicon.sounds_given(letters)
        });
        (!another).then_some(())
    }

    fn initial_before(
        &self,
        hit: &mut Hit,
        variant: &Variant,
        at: usize,
        letters: &[u8],
    ) -> Option<()> {
        let mut given = self.names.given(variant.concept);
        if !given.any(|name| name.letters.as_bytes().first() == letters.first()) {
            return None;
        }
        self.extend(hit, at);
        // H. A. Montazeri
        if let Some((first, word, Gap::Dot)) = self.before(at)
            && word.is_capital()
            && self.page().letters_of(first).len() == 1
        {
            self.extend(hit, first);
        }
        Some(())
    }

    fn persian_before(&self, hit: &mut Hit, variant: &Variant, at: usize) -> Option<()> {
        let lexicon = Lexicon::get();
        let letters = self.page().letters_of(at);
        if lexicon.titles.has(letters) {
            return Some(());
        }
        if !variant.facts.family {
            return (!lexicon.is_given(letters)).then_some(());
        }
        if lexicon.determiners.has(letters) {
            return None;
        }
        if let Some((first, _, _)) = self.before(at)
            && self.is_given_of(variant.concept, self.page().letters_of(first))
            && letters.len() >= 8
            && letters.ends_with("ی".as_bytes())
        {
            self.extend(hit, first);
            return Some(());
        }
        if !lexicon.is_given(letters) {
            return Some(());
        }
        let given = self.names.given(variant.concept);
        let mut own = given.filter(|name| !name.letters.is_ascii());
        let is_own = own.next()?.letters.as_bytes() == letters && own.next().is_none();
        is_own.then(|| self.extend(hit, at))
    }

    fn place(&self, hit: &Hit, variant: &Variant) -> Option<()> {
        let lexicon = Lexicon::get();
        if let Some((at, before, gap)) = self.before(hit.words.0) {
            let letters = self.page().letters_of(at);
            if before.is_capital() && letters == b"new" && gap == Gap::Space {
                return None;
            }
            if self.is_of_a_head(at) {
                return None;
            }
            if variant.facts.given && before.is_capital() && matches!(gap, Gap::Space | Gap::Dot) {
                let fits = lexicon.common.has(letters) && !lexicon.titles.has(letters);
                fits.then_some(())?;
            }
            if variant.facts.given && before.is_arabic() {
                lexicon.before_place.has(letters).then_some(())?;
                return Some(());
            }
        }
        if self.is_taken_in(hit.words.1) {
            return None;
        }
        if variant.facts.given
            && let Some((at, after, gap)) = self.after(hit.words.1)
        {
            let letters = self.page().letters_of(at);
            let name = after.is_capital() && gap == Gap::Space && !lexicon.common.has(letters);
            let unsaid = after.is_arabic()
                && self.before(hit.words.0).is_none()
                && !lexicon.suffixes.has(letters);
            if name || unsaid {
                return None;
            }
        }
        Some(())
    }

    /// "University of …": the word `at` is "of", and a head stands before it.
    fn is_of_a_head(&self, at: usize) -> bool {
        if self.page().letters_of(at) != b"of" {
            return false;
        }
        self.before(at).is_some_and(|(head, word, _)| {
            word.is_capital() && Lexicon::get().heads_of.has(self.page().letters_of(head))
        })
    }

    /// A longer name goes on behind the word: "… University", "… Stock Exchange".
    fn is_taken_in(&self, last: usize) -> bool {
        let lexicon = Lexicon::get();
        let mut at = last;
        for _ in 0..2 {
            let Some((next, word, Gap::Space)) = self.after(at) else {
                return false;
            };
            let letters = self.page().letters_of(next);
            if !word.is_capital() || (at > last && lexicon.common.has(letters)) {
                return false;
            }
            if lexicon.heads.has(letters) {
                return true;
            }
            if lexicon.common.has(letters) {
                return false;
            }
            at = next;
        }
        false
    }

    fn body(&self, hit: &mut Hit, variant: &Variant) -> Option<()> {
        let facts = variant.facts;
        if facts.acronym || variant.how != How::Listed {
            return Some(());
        }
        if matches!(facts.kind, Some(ConceptKind::Gov | ConceptKind::Event))
            && self.is_taken_in(hit.words.1)
        {
            return None;
        }
        if facts.single {
            return self.single_body(hit);
        }
        if facts.arabic {
            return self.persian_body(hit, variant);
        }
        if let Some((of, _, _)) = self.after(hit.words.1)
            && self.page().letters_of(of) == b"of"
            && let Some((at, word, _)) = self.after(of)
            && word.is_capital()
        {
            match self.page().letters_of(at) {
                b"iran" => self.extend_to(hit, at),
                b"islamic" => {}
                _ => return None,
            }
        }
        if facts.elided
            && let Some(before) = hit.words.0.checked_sub(1)
            && let Some(word) = self.word(before)
            && word.is_capital()
            && self.page().gap_after(self.text, before) == Gap::Space
            && self.is_other_country(before)
        {
            return None;
        }
        Some(())
    }

    /// A name of one word is a street's or a person's too: Jamaran Street, Mehr Ali.
    fn single_body(&self, hit: &Hit) -> Option<()> {
        let lexicon = Lexicon::get();
        let Some((at, after, Gap::Space)) = self.after(hit.words.1) else {
            return Some(());
        };
        let letters = self.page().letters_of(at);
        let another = after.is_capital()
            && (lexicon.grounds.has(letters)
                || (!lexicon.common.has(letters) && lexicon.sounds_given(letters)));
        (!another).then_some(())
    }

    fn extend_to(&self, hit: &mut Hit, last: usize) {
        if let Some(word) = self.word(last) {
            hit.end = word.end as usize;
            hit.words.1 = last;
        }
    }

    fn persian_body(&self, hit: &mut Hit, variant: &Variant) -> Option<()> {
        let Some((at, word, Gap::Space)) = self.after(hit.words.1) else {
            return Some(());
        };
        let letters = self.page().letters_of(at);
        if letters == "ایران".as_bytes() {
            // A longer name of the glossary is found on its own.
            if !matches!(
                variant.facts.kind,
                Some(ConceptKind::Event | ConceptKind::Media)
            ) {
                self.extend_to(hit, at);
            }
            return Some(());
        }
        (!(variant.facts.elided && word.is_arabic() && self.is_place(letters, b"iran")))
            .then_some(())
    }

    /// A country or its adjective, other than Iran's.
    fn is_other_country(&self, at: usize) -> bool {
        let letters = self.page().letters_of(at);
        if letters.starts_with(b"iran")
            || Lexicon::get().titles.has(letters)
            || letters == b"islamic"
        {
            return false;
        }
        let adjective = [
            b"ish".as_slice(),
            b"ese",
            b"ian",
            b"qi",
            b"sh",
            b"ch",
            b"man",
            b"ani",
            b"can",
            b"ni",
            b"li",
        ]
        .iter()
        .any(|ending| letters.len() > 4 && letters.ends_with(ending));
        adjective || self.is_place(letters, b"iran")
    }

    /// The letters are the name of a place other than `but`.
    fn is_place(&self, letters: &[u8], but: &[u8]) -> bool {
        letters != but
            && self.names.exact(letters).any(|number| {
                self.variant(number).is_some_and(|variant| {
                    variant.facts.kind == Some(ConceptKind::Place) && !variant.facts.given
                })
            })
    }
}

/// English words are told from given names by their endings.
fn is_wordlike(letters: &[u8]) -> bool {
    [
        b"ing".as_slice(),
        b"tion",
        b"ment",
        b"ism",
        b"ists",
        b"ers",
        b"ness",
        b"ity",
        b"ary",
        b"ical",
        b"ous",
        b"ive",
    ]
    .iter()
    .any(|ending| letters.len() > 5 && letters.ends_with(ending))
}
