//! Reads a JSON object of variants in the order it is written, and refuses a language given twice.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, MapAccess, Visitor};

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
