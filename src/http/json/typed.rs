//! From a [`Value`] to a typed one, with an error type of its own: serde tells errors apart when it
//! makes them, and `serde_json` would flatten that to prose.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::super::problem::{Problem, quoted};
use super::{Value, escaped};

/// What does not fit, and where: the pointer grows from the inside out.
#[derive(Debug)]
pub(in crate::http) struct Mismatch {
    code: &'static str,
    reason: String,
    pointer: String,
}

impl Mismatch {
    fn new(code: &'static str, reason: String) -> Self {
        Mismatch {
            code,
            reason,
            pointer: String::new(),
        }
    }

    fn inside(mut self, part: &str) -> Self {
        self.pointer.insert_str(0, &format!("/{}", escaped(part)));
        self
    }
}

impl Mismatch {
    /// The problem of a query, whose parameters are called by their names.
    pub(in crate::http) fn of_query(self) -> Problem {
        let name = self.pointer.strip_prefix('/').unwrap_or(&self.pointer);
        Problem::bad_request(self.code, self.reason).at(name)
    }
}

impl From<Mismatch> for Problem {
    fn from(mismatch: Mismatch) -> Self {
        Problem::bad_request(mismatch.code, mismatch.reason).at(&mismatch.pointer)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.reason)
    }
}

impl std::error::Error for Mismatch {}

/// serde's name of an expected type in people's words.
fn expectation(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        // Its real range is narrower; a number that fits the type is told so by the engine.
        "u8" => "a whole number in the range that the documentation gives".into(),
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".into(),
        "a sequence" => "a list".into(),
        "a map" => "an object".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        _ => text,
    }
}

fn wants_number(expected: &dyn de::Expected) -> bool {
    expectation(expected).starts_with("a whole number")
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let code = if message.starts_with("duplicate field") {
            "duplicate_field"
        } else if message.contains("BCP 47") {
            "invalid_language"
        } else {
            // It had the right type, or another method would have been called.
            "invalid_value"
        };
        Mismatch::new(code, message)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let number = matches!(
            unexpected,
            Unexpected::Float(_) | Unexpected::Signed(_) | Unexpected::Unsigned(_)
        );
        let code = if number && wants_number(expected) {
            "out_of_range"
        } else {
            "wrong_type"
        };
        Mismatch::new(code, format!("this must be {}", expectation(expected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let code = match unexpected {
            Unexpected::Float(_) | Unexpected::Signed(_) | Unexpected::Unsigned(_) => {
                "out_of_range"
            }
            _ => "invalid_value",
        };
        Mismatch::new(code, format!("this must be {}", expectation(expected)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.join(", ");
        Mismatch::new(
            "invalid_value",
            format!("{} is none of: {known}", quoted(variant)),
        )
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = match expected {
            [] => "nothing is".to_owned(),
            some => format!("known are: {}", some.join(", ")),
        };
        let reason = format!("{} is not known here; {known}", quoted(field));
        Mismatch::new("unknown_field", reason).inside(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Mismatch::new("missing_field", format!("`{field}` is needed")).inside(field)
    }
}

impl<'de> IntoDeserializer<'de, Mismatch> for Value {
    type Deserializer = Value;
    fn into_deserializer(self) -> Value {
        self
    }
}

/// The fields of an object, remembering which one is being read so that errors can name it.
struct Fields {
    rest: std::vec::IntoIter<(String, Value)>,
    current: Option<(String, Value)>,
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = Mismatch;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        self.current = self.rest.next();
        match &self.current {
            Some((name, _)) => seed.deserialize(name.clone().into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Mismatch> {
        let (name, value) = self.current.take().unwrap_or((String::new(), Value::Null));
        seed.deserialize(value).map_err(|error| error.inside(&name))
    }
}

struct Items {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Mismatch;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let Some((place, value)) = self.rest.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(value);
        read.map(Some)
            .map_err(|error| error.inside(&place.to_string()))
    }
}

/// A parameter's text read as what the field wants.
macro_rules! parameter_as {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            let Value::Parameter(text) = &self else {
                return self.deserialize_any(visitor);
            };
            if let Ok(number) = text.parse::<i64>() {
                visitor.visit_i64(number)
            } else if let Ok(number) = text.parse::<f64>() {
                visitor.visit_f64(number)
            } else {
                visitor.visit_str(text)
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Value {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Unsigned(value) => visitor.visit_u64(value),
            Value::Signed(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(value) | Value::Parameter(value) => visitor.visit_string(value),
            Value::List(items) => visitor.visit_seq(Items {
                rest: items.into_iter().enumerate(),
            }),
            Value::Object(fields) => visitor.visit_map(Fields {
                rest: fields.into_iter(),
                current: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Value::Text(name) | Value::Parameter(name) => {
                let name: StringDeserializer<Mismatch> = name.into_deserializer();
                visitor.visit_enum(name)
            }
            _ => Err(Mismatch::new("wrong_type", "this must be a string".into())),
        }
    }

    /// Only from an object: serde would also take a list of the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(Mismatch::new("wrong_type", "this must be an object".into())),
        }
    }

    parameter_as! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    }

    /// In a query string it is `true` or `false`.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self {
            Value::Parameter(text) => match text.as_str() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                _ => Err(Mismatch::new(
                    "wrong_type",
                    "this must be true or false".into(),
                )),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}
