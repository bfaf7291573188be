//! What a request brings: a JSON body within its limits, a checked query, a name in the path.

use std::io::Read;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

use super::arriving::Arriving;
use super::json::{self, Value};
use super::problem::{Problem, quoted};
use super::stream::{Broken, Incoming};
use crate::engine::Filter;
use crate::model::ConceptId;

/// The largest JSON body, packed or not, in bytes.
pub(super) const MAX_BODY: usize = 1 << 20;
/// How long a JSON body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long it may take besides 1 s for each KiB.
const BODY_GRACE: Duration = Duration::from_secs(10);
/// How long the rest of a body that is too large is read, so that its sender hears why.
const DRAIN: Duration = Duration::from_secs(5);

/// A JSON body that was read and checked.
pub(super) struct Body<T> {
    /// The value.
    pub(super) value: T,
    /// A hash of its bytes, for `Idempotency-Key`.
    pub(super) hash: u64,
}

/// A JSON body whose fields are not known to serde alone (`PUT /v1/units/{id}`).
pub(super) struct JsonBody {
    /// The value.
    pub(super) value: Value,
}

impl<T: DeserializeOwned> Body<T> {
    /// What the bytes of a body say.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Problem> {
        Ok(Body {
            value: json::typed(json::parse(bytes)?)?,
            hash: xxh3_64(bytes),
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (head, arriving) = (check_head(request), Arriving::begins(request));
        let payload = payload.take();
        Box::pin(async move { Body::of(&read(arriving, head?, payload, MAX_BODY).await?) })
    }
}

impl FromRequest for JsonBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (head, arriving) = (check_head(request), Arriving::begins(request));
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read(arriving, head?, payload, MAX_BODY).await?;
            let value = json::parse(&bytes)?;
            Ok(JsonBody { value })
        })
    }
}

/// A whole body of at most `most` bytes, whatever its content type. One that is longer is read on for a while, so that
/// clients that send first and read then get the answer.
pub(super) async fn any(
    request: &HttpRequest,
    payload: Payload,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let gzipped = is_gzipped(request)?;
    read(Arriving::begins(request), gzipped, payload, most).await
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("a body may have {most} bytes here, unpacked too"),
    )
    .and_close()
}

fn unsupported(detail: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    )
}

/// Checks what the headers say of the body; whether it is gzipped.
fn check_head(request: &HttpRequest) -> Result<bool, Problem> {
    let essence = request.content_type();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(unsupported(
            "send the body as Content-Type: application/json",
        ));
    }
    check_length(request)?;
    is_gzipped(request)
}

fn check_length(request: &HttpRequest) -> Result<(), Problem> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large(MAX_BODY));
    }
    Ok(())
}

fn is_gzipped(request: &HttpRequest) -> Result<bool, Problem> {
    match request.headers().get(header::CONTENT_ENCODING) {
        None => Ok(false),
        Some(value) => match value.as_bytes().to_ascii_lowercase().as_slice() {
            b"identity" => Ok(false),
            b"gzip" => Ok(true),
            _ => Err(unsupported("Content-Encoding may be gzip, or left out")),
        },
    }
}

async fn read(
    mut arriving: Arriving,
    gzipped: bool,
    payload: Payload,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let slow = || Problem::of_status(StatusCode::REQUEST_TIMEOUT).and_close();
    let mut incoming = Incoming::new(payload, BODY_GRACE);
    let all = async {
        let mut bytes = Vec::new();
        loop {
            match incoming.next().await {
                Ok(None) => return Ok(bytes),
                Ok(Some(piece)) if bytes.len() + piece.len() > most => {
                    incoming.drain(DRAIN).await;
                    return Err(too_large(most));
                }
                Ok(Some(piece)) => {
                    arriving.has(bytes.len() + piece.len())?;
                    bytes.extend_from_slice(&piece);
                }
                Err(Broken::Slow) => return Err(slow()),
                Err(Broken::Gone) => {
                    let broken = Problem::bad_request("input_broken", "the body broke off");
                    return Err(broken.and_close());
                }
            }
        }
    };
    let bytes = timeout(BODY_TIME, all).await.map_err(|_| slow())??;
    arriving.ends()?;
    match gzipped {
        true => unpack(&bytes, most),
        false => Ok(bytes),
    }
}

/// Unpacks at most `most` bytes: what would grow beyond is refused, not held.
fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut unpacked = flate2::read::MultiGzDecoder::new(packed).take(most as u64 + 1);
    unpacked.read_to_end(&mut bytes).map_err(|_| {
        Problem::bad_request(
            "invalid_encoding",
            "the body is not gzip, although it says so",
        )
    })?;
    if bytes.len() > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// The query string as a `T` and a filter of units beside it.
pub(super) struct Filtered<T>(pub(super) T, pub(super) Filter);

impl<T: DeserializeOwned> FromRequest for Filtered<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(filtered(request.query_string()).map(|(rest, filter)| Filtered(rest, filter)))
    }
}

/// The parameters of a filter; `prop.TYPE` besides.
const FILTER: [&str; 11] = [
    "lang",
    "text",
    "created_by",
    "changed_by",
    "created_after",
    "created_before",
    "changed_after",
    "changed_before",
    "import",
    "tagged",
    "suspicious",
];

fn filtered<T: DeserializeOwned>(text: &str) -> Result<(T, Filter), Problem> {
    let (mut filter, mut rest, mut props) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in parameters(text)? {
        match name.strip_prefix("prop.") {
            Some(kind) => props.push((kind.to_owned(), value)),
            None if FILTER.contains(&name.as_str()) => filter.push((name, value)),
            None => rest.push((name, value)),
        }
    }
    if !props.is_empty() {
        filter.push(("props".to_owned(), Value::Object(props)));
    }
    Ok((
        json::typed_query(Value::Object(rest))?,
        json::typed_query(Value::Object(filter))?,
    ))
}

/// The query string as a `T`; unknown and repeated parameters are refused.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest for Parameters<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(query(request.query_string()).map(Parameters))
    }
}

fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    json::typed_query(Value::Object(parameters(text)?))
}

fn parameters(text: &str) -> Result<Vec<(String, Value)>, Problem> {
    let unreadable = |_| {
        Problem::bad_request(
            "invalid_query",
            "the query string cannot be read: percent-encode it",
        )
    };
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map_err(unreadable)?;
    let mut fields: Vec<(String, Value)> = Vec::new();
    for (name, value) in pairs.into_inner() {
        if fields.iter().any(|(given, _)| *given == name) {
            return Err(Problem::bad_request(
                "duplicate_field",
                format!("the parameter {} is given twice", quoted(&name)),
            )
            .at(&name));
        }
        fields.push((name, Value::Parameter(value)));
    }
    Ok(fields)
}

/// A memory's name in the path. What could not be a name is not found.
pub(super) struct MemoryName(pub(super) String);

impl FromRequest for MemoryName {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let name = request.match_info().get("name").unwrap_or_default();
        ready(if is_slug(name) {
            Ok(MemoryName(name.to_owned()))
        } else {
            Err(Problem::not_found())
        })
    }
}

/// The id of a unit or an import in the path. What could not be one is not found.
pub(super) struct Id(pub(super) String);

impl FromRequest for Id {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
        ready(if (1..=64).contains(&id.len()) && id.bytes().all(plain) {
            Ok(Id(id.to_owned()))
        } else {
            Err(Problem::not_found())
        })
    }
}

/// A concept's id in the path. What could not be one is not found.
pub(super) struct ConceptName(pub(super) String);

impl FromRequest for ConceptName {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(match ConceptId::parse(id) {
            Ok(_) => Ok(ConceptName(id.to_owned())),
            Err(_) => Err(Problem::not_found()),
        })
    }
}

/// The contract's `[a-z0-9][a-z0-9._-]{0,63}`.
fn is_slug(name: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut bytes = name.bytes();
    name.len() <= 64
        && bytes.next().is_some_and(alphanumeric)
        && bytes.all(|b| alphanumeric(b) || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::io::Write;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Page {
        cursor: Option<String>,
        limit: Option<u16>,
    }

    #[test]
    fn queries_are_as_strict_as_bodies() {
        let page: Page = query("limit=20&cursor=a%2Fb+c").unwrap();
        assert_eq!(
            page,
            Page {
                cursor: Some("a/b c".into()),
                limit: Some(20)
            }
        );
        assert_eq!(
            query::<Page>("").unwrap(),
            Page {
                cursor: None,
                limit: None
            }
        );
        for (text, code) in [
            ("limit=20&limit=20", "duplicate_field"),
            ("limits=20", "unknown_field"),
            ("limit=1e9", "out_of_range"),
            ("limit=-1", "out_of_range"),
            ("limit=1.5", "out_of_range"),
            ("limit=ten", "wrong_type"),
            ("limit=", "wrong_type"),
        ] {
            assert_eq!(query::<Page>(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn a_filter_stands_beside_other_parameters() {
        let text = "limit=2&text=%D8%AF%D8%B1&lang=fa&suspicious=true&prop.x.y=a+b";
        let (page, filter) = filtered::<Page>(text).unwrap();
        assert_eq!(page.limit, Some(2));
        assert_eq!(filter.text.as_deref(), Some("در"));
        assert_eq!(filter.suspicious, Some(true));
        assert_eq!(filter.props["x.y"], "a b");
        for (text, code) in [
            ("prop=1", "unknown_field"),
            ("lang=", "invalid_language"),
            ("tagged=yes", "wrong_type"),
            ("prop.a=1&prop.a=2", "duplicate_field"),
        ] {
            assert_eq!(filtered::<Page>(text).unwrap_err().code(), code, "{text}");
        }
        assert!(filtered::<Page>("").unwrap().1.is_empty());
    }

    #[test]
    fn only_slugs_are_names() {
        for name in ["a", "0", "news.2024_x-y", &"a".repeat(64)] {
            assert!(is_slug(name), "{name}");
        }
        for name in [
            "",
            "-a",
            ".",
            "..",
            "A",
            "a/b",
            "..%2f",
            "a b",
            "é",
            &"a".repeat(65),
        ] {
            assert!(!is_slug(name), "{name}");
        }
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 64 << 20]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(packed.len() < MAX_BODY);
        assert_eq!(unpack(&packed, MAX_BODY).unwrap_err().code(), "too_large");
        assert_eq!(
            unpack(b"{}", MAX_BODY).unwrap_err().code(),
            "invalid_encoding"
        );
    }
}
