//! Reads a JSON object of variants in the order it is written, and refuses a language given twice;
//! and a variant's text, plain or tagged, so that what does not fit is told in the words of the API.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::requests::VariantText;

/// A JSON object → pairs in its order (the first one is the source where nothing else is said).
pub(super) fn in_order<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, VariantText)>, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(String, VariantText)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of language tag → text")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs: Self::Value = Vec::new();
            while let Some((lang, text)) = map.next_entry::<String, VariantText>()? {
                if pairs.iter().any(|(given, _)| *given == lang) {
                    return Err(A::Error::custom(
                        "duplicate field: a language is given twice",
                    ));
                }
                pairs.push((lang, text));
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs)
}

impl<'de> Deserialize<'de> for VariantText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The other form of a text.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Tagged {
            text_tagged: String,
        }
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = VariantText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or an object with text_tagged")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<VariantText, E> {
                Ok(VariantText::Plain(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<VariantText, A::Error> {
                let Tagged { text_tagged } = Tagged::deserialize(MapAccessDeserializer::new(map))?;
                Ok(VariantText::Tagged { text_tagged })
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_plain_or_tagged_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<VariantText>(json);
        assert_eq!(read("\"a\"").unwrap(), VariantText::Plain("a".into()));
        let text_tagged = "<ph/>".to_owned();
        assert_eq!(
            read(r#"{"text_tagged":"<ph/>"}"#).unwrap(),
            VariantText::Tagged { text_tagged }
        );
        for (json, words) in [
            ("5", "a text, or an object"),
            ("null", "a text, or an object"),
            ("{}", "text_tagged"),
            (r#"{"text_tagged":"a","x":1}"#, "unknown field `x`"),
        ] {
            let message = read(json).unwrap_err().to_string();
            assert!(message.contains(words), "{json}: {message}");
        }
    }
}
