//! What the standing of a mention is in a style, and what should stand there instead.

use super::find::Finder;
use super::mention::{Mention, Via};
use super::walk::same_quotes;
use crate::model::{Concept, ConceptKind, Lang, Marks, Name, NameForm, NameUse, Status, Style};
use crate::text::fold;

/// Why a mention should be written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The name is deprecated.
    Deprecated,
    /// The name is forbidden.
    Forbidden,
    /// A spelling that the glossary lists as one of a better name.
    ListedSpelling,
    /// A spelling that no row has.
    UnlistedSpelling,
    /// Arabic letters in Persian text.
    ArabicLetters,
    /// The style prefers another name.
    Style,
    /// The style's form for the first mention.
    FirstMention,
    /// The style's form for later mentions.
    LaterMention,
}

impl Reason {
    /// The word that stands for it in replies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deprecated => "deprecated",
            Self::Forbidden => "forbidden",
            Self::ListedSpelling => "listed_spelling",
            Self::UnlistedSpelling => "unlisted_spelling",
            Self::ArabicLetters => "arabic_letters",
            Self::Style => "style",
            Self::FirstMention => "first_mention",
            Self::LaterMention => "later_mention",
        }
    }
}

/// A mention that should be written otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why.
    pub reason: Reason,
    /// What should stand in the place of [`Mention::core`], without a possessive ending; `None` where the glossary
    /// has no better name in the language.
    pub replacement: Option<String>,
}

/// What is wrong with a mention of `text` in a style; `None` if nothing is. `is_persian` says whether Arabic letters
/// are wrong in the text; see [`reads_persian`].
pub fn judge(
    finder: &Finder,
    text: &str,
    mention: &Mention,
    is_persian: bool,
    style: &Style,
) -> Option<Finding> {
    let concept = finder.concept(mention)?;
    let found = finder.name(mention)?;
    let written = text.get(mention.core.clone())?;
    let name = row_for(concept, found, style);
    let finding = |reason, name: Option<&Name>| {
        let replacement = name.map(|name| name.text.clone());
        let better = replacement.filter(|replacement| replacement != written);
        Some(Finding {
            reason,
            replacement: better,
        })
    };
    let applies = name.style.is_none() || name.style.as_deref() == style.key();
    match name.status {
        Status::Forbidden if applies => {
            return finding(Reason::Forbidden, same_form(concept, name, style));
        }
        Status::Deprecated if applies && name.form != NameForm::Spelling => {
            return finding(Reason::Deprecated, same_form(concept, name, style));
        }
        _ => {}
    }
    if name.form == NameForm::Spelling {
        return finding(Reason::ListedSpelling, nearest(concept, name, style));
    }
    let own = style_own(concept, name, style).filter(|own| own.text != name.text);
    let target = own.unwrap_or(name);
    if mention.via == Via::Transliteration {
        return finding(Reason::UnlistedSpelling, Some(target));
    }
    if is_persian && name.lang.group().as_str() == "fa" && has_arabic_letters(written) {
        let own_letters = persian_letters(written);
        // A bare family name has no row; its letters are what there is.
        let replacement = if mention.bare || !same_but_typography(&own_letters, &name.text) {
            own_letters
        } else {
            target.text.clone()
        };
        return Some(Finding {
            reason: Reason::ArabicLetters,
            replacement: Some(replacement),
        });
    }
    if own.is_some() && !mention.bare {
        return finding(Reason::Style, own);
    }
    let right = mention.via != Via::Fold
        || mention.bare
        || same_but_typography(written, &name.text)
        || is_end_of(written, &name.text);
    if right {
        None
    } else {
        finding(Reason::UnlistedSpelling, Some(target))
    }
}

/// Whether Arabic ي and ك are wrong in a text: a text said to be Persian, or of unsaid language without a teh marbuta.
pub fn reads_persian(text: &str, lang: Option<&Lang>) -> bool {
    match lang {
        Some(lang) if lang.group().as_str() == "fa" => true,
        Some(lang)
            if matches!(
                lang.group().as_str(),
                "ar" | "ur" | "ps" | "ku" | "ckb" | "prs"
            ) =>
        {
            false
        }
        _ => !text.contains('ة'),
    }
}

/// The row of the same text that counts in the style.
fn row_for<'a>(concept: &'a Concept, found: &'a Name, style: &Style) -> &'a Name {
    let rows = || {
        concept
            .names
            .iter()
            .filter(|name| name.text == found.text && name.lang == found.lang)
    };
    rows()
        .find(|name| name.style.is_some() && name.style.as_deref() == style.key())
        .or_else(|| rows().find(|name| name.style.is_none() && name.usage == NameUse::Any))
        .unwrap_or(found)
}

/// Names of the concept in the language that may be written anywhere.
fn right_names<'a>(concept: &'a Concept, lang: &'a Lang) -> impl Iterator<Item = &'a Name> {
    let group = lang.group();
    concept.names.iter().filter(move |name| {
        name.status.is_right()
            && name.form != NameForm::Spelling
            && name.lang.group() == group
            && matches!(name.usage, NameUse::Any | NameUse::Later)
    })
}

/// The name that the style prefers for the form of `name`, if it says so.
pub(super) fn style_own<'a>(concept: &'a Concept, name: &Name, style: &Style) -> Option<&'a Name> {
    let key = style.key()?;
    let group = name.lang.group();
    concept.names.iter().find(|own| {
        own.style.as_deref() == Some(key)
            && own.status == Status::Preferred
            && own.usage == NameUse::Any
            && own.lang.group() == group
            && kind_of_form(own.form) == kind_of_form(name.form)
    })
}

fn kind_of_form(form: NameForm) -> NameForm {
    match form {
        NameForm::Acronym => NameForm::Acronym,
        NameForm::Short => NameForm::Short,
        _ => NameForm::Full,
    }
}

/// The preferred name of the same kind of form: acronym for acronym, full form for full form.
pub(super) fn same_form<'a>(
    concept: &'a Concept,
    name: &'a Name,
    style: &Style,
) -> Option<&'a Name> {
    if let Some(own) = style_own(concept, name, style) {
        return Some(own);
    }
    let form = kind_of_form(name.form);
    let of_form = || {
        right_names(concept, &name.lang)
            .filter(|other| kind_of_form(other.form) == form && other.style.is_none())
    };
    let marked = || of_form().find(|other| other.marks.has(Marks::DEFAULT));
    let preferred = || of_form().find(|other| other.status == Status::Preferred);
    let found = match form {
        NameForm::Acronym => preferred().or_else(marked).or_else(|| of_form().next()),
        NameForm::Short if concept.kind() == ConceptKind::Person => preferred().or_else(marked),
        NameForm::Short => preferred(),
        _ => None,
    };
    found.or_else(|| concept.preferred(&name.lang, style.key()))
}

/// The right name that a listed spelling is nearest to.
fn nearest<'a>(concept: &'a Concept, spelling: &'a Name, style: &Style) -> Option<&'a Name> {
    let key = fold::key(&spelling.text).text;
    let likeness = |name: &Name| {
        let other = fold::key(&name.text).text;
        rapidfuzz::distance::levenshtein::normalized_similarity(key.chars(), other.chars())
    };
    right_names(concept, &spelling.lang)
        .filter(|name| name.form != NameForm::Acronym)
        .filter(|name| name.style.is_none() || name.style.as_deref() == style.key())
        .max_by(|a, b| {
            let preferred = |name: &Name| name.status == Status::Preferred;
            likeness(a)
                .total_cmp(&likeness(b))
                .then(preferred(a).cmp(&preferred(b)))
        })
}

fn has_arabic_letters(text: &str) -> bool {
    text.contains(['ي', 'ى', 'ك', 'ە', 'ھ'])
}

fn persian_letters(text: &str) -> String {
    let letter = |c| match c {
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ھ' | 'ە' => 'ه',
        c => c,
    };
    text.chars().map(letter).collect()
}

/// What is the choice of a typesetter: quotes, dashes, kinds of space, capitals, vowel marks.
fn plain(text: &str) -> String {
    let same = fold::same(text);
    let kept = same
        .chars()
        .filter(|c| !matches!(c, '\u{64B}'..='\u{652}' | '\u{670}'));
    kept.map(|c| match c {
        '’' | '‘' | 'ʼ' => '\'',
        '\u{2010}'..='\u{2015}' => '-',
        c => c,
    })
    .flat_map(char::to_lowercase)
    .collect()
}

fn same_but_typography(written: &str, name: &str) -> bool {
    written == name || same_quotes(written, name) || plain(written) == plain(name)
}

/// The name without its beginning, as "Ali Ghazi Askar" is without Seyyed.
fn is_end_of(written: &str, name: &str) -> bool {
    plain(name).ends_with(&format!(" {}", plain(written)))
}
