//! House styles: how a client or publication wants names written.

use serde::{Deserialize, Serialize};

/// What the first mention of a concept in a text becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstMention {
    /// As it is written, if it is right.
    #[default]
    #[serde(rename = "as-is")]
    AsIs,
    /// The preferred name.
    #[serde(rename = "preferred")]
    Preferred,
    /// The full form with the acronyms behind it: "Full form (A/B)".
    #[serde(rename = "full+acronyms")]
    FullWithAcronyms,
}

/// What mentions after the first become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaterMention {
    /// As they are written, if they are right.
    #[default]
    #[serde(rename = "as-is")]
    AsIs,
    /// The acronym, where the concept has one.
    #[serde(rename = "acronym")]
    Acronym,
    /// The short form, where the concept has a preferred or default one.
    #[serde(rename = "short")]
    Short,
    /// The preferred name.
    #[serde(rename = "preferred")]
    Preferred,
}

/// A named house style.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// Its name, which names of concepts refer to.
    pub name: String,
    /// What first mentions become.
    #[serde(default)]
    pub first_mention: FirstMention,
    /// What later mentions become.
    #[serde(default)]
    pub later: LaterMention,
    /// Whether quotations are left alone.
    #[serde(default)]
    pub leave_quotations: bool,
}

impl Style {
    /// The name of the style that always exists.
    pub const DEFAULT: &'static str = "default";

    /// The name to look for among the names of a concept; `None` for the default style.
    pub fn key(&self) -> Option<&str> {
        (self.name != Self::DEFAULT).then_some(self.name.as_str())
    }
}

impl Default for Style {
    fn default() -> Self {
        Self {
            name: Self::DEFAULT.to_owned(),
            first_mention: FirstMention::AsIs,
            later: LaterMention::AsIs,
            leave_quotations: false,
        }
    }
}
