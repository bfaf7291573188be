//! Languages: BCP 47 tags, and which of them meet in a look-up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A BCP 47 language tag in canonical case (`fa-IR`, `zh-Hant-TW`), kept as it was given otherwise:
/// `fas-IR` stays `fas-IR`, although it meets `fa`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang(Box<str>);

/// What meets in a look-up: one language in one script. `fa`, `fa-IR`, `pes` and `per` share a group;
/// Dari (`prs`, `fa-AF`) and Persian in Cyrillic do not.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LangGroup(Box<str>);

/// Why a text is not a language tag.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{tag}` is not a BCP 47 language tag; examples: en, fa, fa-IR, zh-Hant")]
pub struct LangError {
    /// The offending text, shortened and with everything but printable ASCII replaced.
    pub tag: String,
}

/// The longest tag accepted, in bytes (RFC 5646 recommends room for 35).
const MAX_TAG: usize = 35;

impl Lang {
    /// Reads a tag; `_` is accepted for `-` and any case, both common in files.
    pub fn parse(tag: &str) -> Result<Self, LangError> {
        let bad = || LangError {
            tag: printable(tag),
        };
        if tag.len() > MAX_TAG {
            return Err(bad());
        }
        let mut canonical = String::with_capacity(tag.len());
        for (place, part) in tag.split(['-', '_']).enumerate() {
            let alphanumeric = part.bytes().all(|b| b.is_ascii_alphanumeric());
            let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
            let fits = if place == 0 {
                letters && matches!(part.len(), 2..=8)
            } else {
                alphanumeric && matches!(part.len(), 1..=8)
            };
            if !fits {
                return Err(bad());
            }
            if place > 0 {
                canonical.push('-');
            }
            match (place, part.len()) {
                (1.., 4) if letters => {
                    canonical.push_str(&part[..1].to_ascii_uppercase());
                    canonical.push_str(&part[1..].to_ascii_lowercase());
                }
                (1.., 2) if letters => canonical.push_str(&part.to_ascii_uppercase()),
                _ => canonical.push_str(&part.to_ascii_lowercase()),
            }
        }
        Ok(Self(canonical.into()))
    }

    /// The tag in canonical case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language and script that decide which variants this tag meets.
    pub fn group(&self) -> LangGroup {
        let mut parts = self.0.split('-');
        let language = two_letters(parts.next().unwrap_or_default());
        let (mut script, mut region) = (None, None);
        for part in parts {
            match part.len() {
                1 => break, // extensions and private use say nothing about script
                4 if script.is_none() && part.as_bytes()[0].is_ascii_alphabetic() => {
                    script = Some(part);
                }
                2 if region.is_none() => region = Some(part),
                _ => {}
            }
        }
        let language = match (language, region) {
            ("fa", Some("AF")) => "prs",
            (language, _) => language,
        };
        let script = script.or(match (language, region) {
            ("zh", Some("TW" | "HK" | "MO")) => Some("Hant"),
            _ => None,
        });
        match script {
            Some(script) if script != usual_script(language) => {
                LangGroup(format!("{language}-{script}").into())
            }
            _ => LangGroup(language.into()),
        }
    }

    /// Whether a look-up in one finds variants of the other.
    pub fn meets(&self, other: &Lang) -> bool {
        self == other || self.group() == other.group()
    }
}

impl LangGroup {
    /// A short stable name, such as `fa` or `sr-Latn`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// ISO 639-2/3 codes of languages that have a two-letter code, as they occur in real files.
fn two_letters(language: &str) -> &str {
    match language {
        "fas" | "per" | "pes" => "fa",
        "eng" => "en",
        "ara" | "arb" => "ar",
        "deu" | "ger" => "de",
        "fra" | "fre" => "fr",
        "spa" => "es",
        "ita" => "it",
        "rus" => "ru",
        "tur" => "tr",
        "zho" | "chi" | "cmn" => "zh",
        "nld" | "dut" => "nl",
        "swe" => "sv",
        "por" => "pt",
        "kur" | "kmr" => "ku",
        "urd" => "ur",
        "pus" => "ps",
        "heb" => "he",
        "jpn" => "ja",
        other => other,
    }
}

/// The script a language is written in when its tag names none (IANA's Suppress-Script, and Hans for `zh`).
fn usual_script(language: &str) -> &'static str {
    match language {
        "fa" | "prs" | "ar" | "ur" | "ps" | "ckb" => "Arab",
        "en" | "de" | "fr" | "es" | "it" | "nl" | "sv" | "pt" | "tr" | "ku" => "Latn",
        "ru" | "bg" | "uk" | "tg" => "Cyrl",
        "zh" => "Hans",
        "he" => "Hebr",
        "ja" => "Jpan",
        "ko" => "Kore",
        "el" => "Grek",
        _ => "",
    }
}

fn printable(tag: &str) -> String {
    tag.chars()
        .take(40)
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

impl TryFrom<String> for Lang {
    type Error = LangError;
    fn try_from(tag: String) -> Result<Self, LangError> {
        Self::parse(&tag)
    }
}

impl std::str::FromStr for Lang {
    type Err = LangError;
    fn from_str(tag: &str) -> Result<Self, LangError> {
        Self::parse(tag)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.0.into()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lang(tag: &str) -> Lang {
        Lang::parse(tag).unwrap()
    }

    #[test]
    fn persian_and_english_tags_of_all_kinds_meet() {
        for tag in [
            "fa-IR",
            "fa_ir",
            "FA",
            "pes",
            "fas",
            "per",
            "fa-Arab",
            "fa-Arab-IR",
        ] {
            assert!(lang("fa").meets(&lang(tag)), "{tag}");
        }
        for tag in ["en-US", "EN_gb", "eng"] {
            assert!(lang("en").meets(&lang(tag)), "{tag}");
        }
    }

    #[test]
    fn other_varieties_and_scripts_never_meet() {
        for (a, b) in [
            ("fa", "prs"),
            ("fa", "fa-AF"),
            ("fa", "fa-Latn"),
            ("fa", "tg"),
            ("zh-TW", "zh-CN"),
            ("en", "fa"),
        ] {
            assert!(!lang(a).meets(&lang(b)), "{a} {b}");
        }
        assert!(lang("prs").meets(&lang("fa-AF")));
        assert!(lang("zh-Hant").meets(&lang("zh-TW")));
    }

    #[test]
    fn tags_are_kept_in_canonical_case() {
        assert_eq!(lang("zh_hant_tw").as_str(), "zh-Hant-TW");
        assert_eq!(lang("EN-us").as_str(), "en-US");
        assert_eq!(lang("PES").as_str(), "pes");
    }

    #[test]
    fn hostile_tags_are_refused_and_shown_safely() {
        for tag in [
            "",
            "e",
            "xx-../../etc",
            "en\0",
            "en--us",
            "-",
            "فا",
            &"a-".repeat(200),
        ] {
            assert!(Lang::parse(tag).is_err(), "{tag:?}");
        }
        assert_eq!(Lang::parse("en\0").unwrap_err().tag, "en?");
    }
}
