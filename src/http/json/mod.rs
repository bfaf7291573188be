//! Strict JSON: duplicate keys, depth, unknown fields, wrong types, numbers out of range and broken
//! Unicode are each told apart, with a pointer. `serde_json` alone keeps the last of two keys and
//! says what is wrong only in prose, so its events are read into [`Value`] first.

mod typed;

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Visitor};

use super::problem::Problem;

/// How deep a body may nest.
const MAX_DEPTH: usize = 32;

/// A JSON value that keeps the order of its fields, which serde's own does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    /// A query parameter: text that may stand for a number.
    Parameter(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Reads a body. None of `T`'s checks are made here, see [`typed()`].
pub(super) fn parse(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Problem::bad_request(
            "invalid_unicode",
            format!("the body is not UTF-8 at byte {}", error.valid_up_to()),
        )
    })?;
    scan(text)?;
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.to_string().starts_with("number out of range") {
            return Problem::bad_request(
                "out_of_range",
                format!("a number is out of range at line {line}, column {column}"),
            );
        }
        Problem::bad_request(
            "invalid_json",
            format!("the body is not JSON: look at line {line}, column {column}"),
        )
    })?;
    match duplicate(&value, &mut String::new()) {
        Some(pointer) => Err(Problem::bad_request(
            "duplicate_field",
            "a field is given twice: give it once",
        )
        .at(&pointer)),
        None => Ok(value),
    }
}

/// Makes a `T` of a value; what does not fit is named by its pointer.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(Problem::from)
}

/// Makes a `T` of a query's parameters.
pub(super) fn typed_query<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(typed::Mismatch::of_query)
}

/// Looks for what must be known before the text is read: depth, and escapes of half a character.
fn scan(text: &str) -> Result<(), Problem> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut in_text) = (0, 0usize, false);
    while let Some(byte) = bytes.get(at) {
        match (in_text, byte) {
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Problem::bad_request(
                        "invalid_json",
                        format!("the body nests deeper than {MAX_DEPTH} levels at byte {at}"),
                    ));
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (_, b'"') => in_text = !in_text,
            (true, b'\\') => {
                at += match escape(bytes, at) {
                    Escape::Pair => 11,
                    Escape::Whole => 1,
                    Escape::Half => {
                        return Err(Problem::bad_request(
                            "invalid_unicode",
                            format!(
                                "a surrogate stands alone at byte {at}: escape both halves, or write the character itself"
                            ),
                        ));
                    }
                };
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

enum Escape {
    /// `\n`, `\u06a9`: nothing to see here.
    Whole,
    /// `\ud83d\ude00`: two halves of one character.
    Pair,
    /// Half of a character.
    Half,
}

fn escape(bytes: &[u8], at: usize) -> Escape {
    match code_unit(bytes, at) {
        Some(0xd800..=0xdbff) => match code_unit(bytes, at + 6) {
            Some(0xdc00..=0xdfff) => Escape::Pair,
            _ => Escape::Half,
        },
        Some(0xdc00..=0xdfff) => Escape::Half,
        _ => Escape::Whole,
    }
}

/// The number of a `\uXXXX` at `at`, if there is one.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The pointer of the first field that is given twice; `path` is where `value` stands.
fn duplicate(value: &Value, path: &mut String) -> Option<String> {
    let length = path.len();
    match value {
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                path.push_str(&format!("/{place}"));
                if let Some(found) = duplicate(item, path) {
                    return Some(found);
                }
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            let mut seen = HashSet::new();
            for (name, item) in fields {
                path.push('/');
                path.push_str(&escaped(name));
                if !seen.insert(name) {
                    return Some(path.clone());
                }
                if let Some(found) = duplicate(item, path) {
                    return Some(found);
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
    None
}

/// A field's name as part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Unsigned(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Signed(value))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                // JSON Schema counts 5.0 and 1e9 as whole numbers; so do we, where they are exact.
                const EXACT: f64 = 9_007_199_254_740_992.0;
                Ok(if value.fract() == 0.0 && value.abs() < EXACT {
                    Value::Signed(value as i64)
                } else {
                    Value::Float(value)
                })
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Value, E> {
                Ok(Value::Text(value))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Value::List(items))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Value::Object(fields))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Lookup, NewMemory, NewUnit};
    use proptest::prelude::*;

    fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
        parse(body).and_then(typed).map_err(|problem| {
            let body = problem.respond("");
            let body = actix_web::body::to_bytes(body.into_body());
            let body = actix_web::rt::System::new().block_on(body).unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let pointer = body["errors"][0]["pointer"].as_str().unwrap_or_default();
            format!("{} {pointer}", body["code"].as_str().unwrap())
        })
    }

    #[test]
    fn every_kind_of_bad_body_has_its_code_and_pointer() {
        let deep = "[".repeat(100_000);
        let nested = format!(r#"{{"text":{}1{}}}"#, "[".repeat(32), "]".repeat(32));
        let with =
            |more: &str| format!(r#"{{"source_lang":"en","target_lang":"fa","text":"a",{more}}}"#);
        let table: Vec<(Vec<u8>, &str)> = vec![
            (b"".to_vec(), "invalid_json "),
            (b"text=a".to_vec(), "invalid_json "),
            (b"{\"text\":NaN}".to_vec(), "invalid_json "),
            (b"{} {}".to_vec(), "invalid_json "),
            (b"{\"text\":\"a\nb\"}".to_vec(), "invalid_json "),
            (deep.into_bytes(), "invalid_json "),
            (nested.into_bytes(), "invalid_json "),
            (with(r#""text":"b""#).into_bytes(), "duplicate_field /text"),
            (
                with(r#""context":{"id":"a","id":"b"}"#).into_bytes(),
                "duplicate_field /context/id",
            ),
            (
                with(r#""is_admin":true"#).into_bytes(),
                "unknown_field /is_admin",
            ),
            (
                with(r#""context":{"a/b":1}"#).into_bytes(),
                "unknown_field /context/a~1b",
            ),
            (with(r#""limit":1e9"#).into_bytes(), "out_of_range /limit"),
            (with(r#""limit":1e999"#).into_bytes(), "out_of_range "),
            (with(r#""limit":-1"#).into_bytes(), "out_of_range /limit"),
            (with(r#""limit":1.5"#).into_bytes(), "out_of_range /limit"),
            (with(r#""limit":"10""#).into_bytes(), "wrong_type /limit"),
            (with(r#""limit":null"#).into_bytes(), "wrong_type /limit"),
            (
                with(r#""memories":["a",5]"#).into_bytes(),
                "wrong_type /memories/1",
            ),
            (
                with(r#""include":["all"]"#).into_bytes(),
                "invalid_value /include/0",
            ),
            (
                with(r#""include":[5]"#).into_bytes(),
                "wrong_type /include/0",
            ),
            (
                br#"{"source_lang":"xx-../../etc","target_lang":"fa"}"#.to_vec(),
                "invalid_language /source_lang",
            ),
            (
                br#"{"source_lang":"en\u0000","target_lang":"fa"}"#.to_vec(),
                "invalid_language /source_lang",
            ),
            (
                br#"{"source_lang":"en"}"#.to_vec(),
                "missing_field /target_lang",
            ),
            (b"[]".to_vec(), "wrong_type "),
            (br#"["en","fa","a"]"#.to_vec(), "wrong_type "),
            (b"\"text\"".to_vec(), "wrong_type "),
            (b"{\"text\":\"\xff\"}".to_vec(), "invalid_unicode "),
            (with(r#""x":"\ud800""#).into_bytes(), "invalid_unicode "),
            (
                with(r#""x":"\udc00\ud800""#).into_bytes(),
                "invalid_unicode ",
            ),
            (
                with(r#""x":"\ud800\u0041""#).into_bytes(),
                "invalid_unicode ",
            ),
        ];
        for (body, expected) in table {
            let shown = String::from_utf8_lossy(&body[..body.len().min(90)]).into_owned();
            assert_eq!(read::<Lookup>(&body).unwrap_err(), expected, "{shown}");
        }
    }

    #[test]
    fn good_bodies_are_read_as_they_are() {
        let body = r#"{"source_lang":"en_us","target_lang":"FA","text":"a \ud83d\ude00 \\ud800 م","limit":7.0,"title":null}"#;
        assert_eq!(
            read::<Lookup>(body.as_bytes()).unwrap_err(),
            "unknown_field /title"
        );
        let body = body.replace(r#","title":null"#, r#","text_tagged":null"#);
        let lookup: Lookup = read(body.as_bytes()).unwrap();
        assert_eq!(lookup.text, "a 😀 \\ud800 م");
        assert_eq!((lookup.limit, lookup.threshold), (7, 70));
        assert_eq!(lookup.source_lang.as_str(), "en-US");
        let memory: NewMemory = read(br#"{"name":"news","penalty":3}"#).unwrap();
        assert_eq!((memory.name.as_str(), memory.penalty), ("news", 3));
    }

    #[test]
    fn variants_keep_their_order_and_refuse_what_is_not_text() {
        let unit: NewUnit =
            read(r#"{"variants":{"fa":"ب","en":{"text_tagged":"b"},"de":"c"}}"#.as_bytes())
                .unwrap();
        let langs: Vec<_> = unit
            .variants
            .iter()
            .map(|(lang, _)| lang.as_str())
            .collect();
        assert_eq!(langs, ["fa", "en", "de"]);
        assert_eq!(
            read::<NewUnit>(br#"{"variants":{"en":5}}"#).unwrap_err(),
            "wrong_type /variants/en"
        );
        assert_eq!(
            read::<NewUnit>(br#"{"variants":{"en":"a","en":"b"}}"#).unwrap_err(),
            "duplicate_field /variants/en"
        );
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body).and_then(typed::<NewUnit>);
        }

        #[test]
        fn what_serde_json_writes_is_read_back(text in any::<String>(), number in any::<i64>()) {
            let body = serde_json::json!({ "a": [text, number, null, true], "b": { text.clone(): 1.25 } });
            let value = parse(body.to_string().as_bytes()).unwrap();
            let again: serde_json::Value = typed(value).unwrap();
            prop_assert_eq!(again, body);
        }
    }
}
