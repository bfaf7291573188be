//! A key in the path: `/k/KEY/…` asks for `…` as if KEY came in `Authorization`. It is for programs that have a
//! field for an address and none for a header. The key is taken out before anything is routed, so that neither a
//! handler nor a log nor a figure ever sees it. Where a protocol has a parameter for a key, that is done with it too.

use std::rc::Rc;

use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::uri::{PathAndQuery, Uri};
use actix_web::{HttpMessage, HttpRequest};

use super::loose::decoded;
use super::problem::Problem;

/// What stands before a key.
const MARK: &str = "/k/";
/// The longest key, in characters; ours have 61.
const MAX_KEY: usize = 128;

/// What was taken off the path.
struct Prefix(String);

/// What a client put in front of every path: `/k/KEY`, or nothing. For replies that name addresses of this server.
pub(super) fn prefix(request: &HttpRequest) -> &str {
    request
        .app_data::<Prefix>()
        .map_or("", |Prefix(prefix)| prefix)
}

/// Takes the key out of the path, if there is one, and puts it where keys belong.
pub(super) fn take(request: &mut ServiceRequest) -> Result<(), Problem> {
    if let Some((key, rest)) = split(request.uri())? {
        let prefix = Prefix(format!("{MARK}{key}"));
        put(request, &key, rest)?;
        let mut data = Extensions::new();
        data.insert(prefix);
        request.add_data_container(Rc::new(data));
    }
    if let Some((key, rest)) = parameter(request.uri())? {
        put(request, &key, rest)?;
    }
    // As it will be routed: a second key, or one whose mark was written in another way.
    match is_marked(request.match_info().as_str()) {
        true => Err(misspelt()),
        false => Ok(()),
    }
}

/// Does what `Authorization: Bearer KEY` with the other address would.
fn put(request: &mut ServiceRequest, key: &str, rest: Uri) -> Result<(), Problem> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| misspelt())?;
    bearer.set_sensitive(true);
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Err(two_keys());
    }
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    request.match_info_mut().get_mut().update(&rest);
    request.head_mut().uri = rest;
    Ok(())
}

/// The key in the parameter `key`, which Apertium's clients send, and the address without it. What is no key of ours
/// is none: OmegaT sends one of Apertium's own where nothing was set.
fn parameter(uri: &Uri) -> Result<Option<(String, Uri)>, Problem> {
    let mut parts = uri.path().split('/').filter(|part| !part.is_empty());
    let query = uri.query().unwrap_or_default();
    if parts.next() != Some("apertium") {
        return Ok(None);
    }
    let ours = |key: &String| key.starts_with("hz_");
    let value = |pair: &str| pair.strip_prefix("key=").map(decoded).filter(ours);
    let mut keys = query.split('&').filter_map(value);
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| value(pair).is_none())
        .collect();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    if keys.next().is_some() {
        return Err(two_keys());
    }
    let uri = with_path(uri, &format!("{}?{}", uri.path(), rest.join("&")))?;
    Ok(Some((key, uri)))
}

/// The key in the path, and the address without it.
fn split(uri: &Uri) -> Result<Option<(String, Uri)>, Problem> {
    let Some(rest) = uri.path().strip_prefix(MARK) else {
        return Ok(None);
    };
    let (key, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(1..=MAX_KEY).contains(&key.len()) || !key.bytes().all(plain) {
        return Err(misspelt());
    }
    let path = if path.is_empty() { "/" } else { path };
    let uri = match uri.query() {
        Some(query) => with_path(uri, &format!("{path}?{query}"))?,
        None => with_path(uri, path)?,
    };
    Ok(Some((key.to_owned(), uri)))
}

fn with_path(uri: &Uri, path: &str) -> Result<Uri, Problem> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).map_err(|_| misspelt())?);
    Uri::from_parts(parts).map_err(|_| misspelt())
}

fn is_marked(path: &str) -> bool {
    let mut letters = path.trim_start_matches('/').chars();
    letters.next() == Some('k') && matches!(letters.next(), None | Some('/' | '%'))
}

fn two_keys() -> Problem {
    Problem::bad_request(
        "two_keys",
        "a key came in the address and another beside it: send one of them",
    )
}

fn misspelt() -> Problem {
    Problem::bad_request(
        "invalid_key_path",
        "a key in the path stands once, in front of everything, and as it is: /k/KEY/…",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::dev::Url;
    use actix_web::test::TestRequest;

    /// Path and query, `Authorization` and prefix after it; or the code.
    fn taken(uri: &str, header: Option<&str>) -> Result<(String, String, String), &'static str> {
        let mut request = TestRequest::with_uri(uri);
        if let Some(value) = header {
            request = request.insert_header((header::AUTHORIZATION, value));
        }
        let mut request = request.to_srv_request();
        take(&mut request).map_err(|problem| problem.code())?;
        let routed = Url::new(request.uri().clone());
        assert_eq!(request.match_info().as_str(), routed.path());
        assert!(!format!("{request:?}").contains("hz_a_b"));
        let key = request.headers().get(header::AUTHORIZATION);
        let key = key.map_or("", |value| value.to_str().unwrap()).to_owned();
        let prefix = prefix(request.request()).to_owned();
        Ok((request.uri().to_string(), key, prefix))
    }

    #[test]
    fn a_key_in_the_path_is_as_one_in_the_header() {
        for (given, left) in [
            ("/k/hz_a_b/v1/me", "/v1/me"),
            ("/k/hz_a_b/v1/me?a=%2F&b", "/v1/me?a=%2F&b"),
            (
                "/k/hz_a_b/tmserver//en/fa/unit/a%2Fb+%25",
                "/tmserver//en/fa/unit/a%2Fb+%25",
            ),
            ("/k/hz_a_b//tmserver", "//tmserver"),
            ("/k/hz_a_b/", "/"),
            ("/k/hz_a_b", "/"),
            ("/k/hz_a_b?q", "/?q"),
            (
                "http://localhost:1/k/hz_a_b/v1/me",
                "http://localhost:1/v1/me",
            ),
        ] {
            let expected = (left.into(), "Bearer hz_a_b".into(), "/k/hz_a_b".into());
            assert_eq!(taken(given, None), Ok(expected), "{given}");
        }
        for other in ["/", "/v1/me", "/kk/a", "/v1/k/a", "/K/a/v1", "/?k=/k/a/"] {
            let expected = (other.into(), "Bearer x".into(), String::new());
            assert_eq!(taken(other, Some("Bearer x")), Ok(expected), "{other}");
        }
    }

    #[test]
    fn apertiums_parameter_is_a_key_and_stays_nobodys_business() {
        for (given, left) in [
            (
                "/apertium/translate?q=a+b&langpair=en|fa&key=hz_a_b",
                "/apertium/translate?q=a+b&langpair=en|fa",
            ),
            (
                "//apertium//translate?key=hz%5Fa_b&q=%26key=1",
                "//apertium//translate?q=%26key=1",
            ),
            ("/apertium/listPairs?key=hz_a_b", "/apertium/listPairs?"),
        ] {
            let expected = (left.into(), "Bearer hz_a_b".into(), String::new());
            assert_eq!(taken(given, None), Ok(expected), "{given}");
        }
        for other in [
            "/apertium/translate?q=a&key=",
            "/apertium/translate?q=a&key=bwux+VwSJ8&key=a%0Ab",
            "/apertium/translate?q=key=hz_a",
            "/v1/me?key=hz_x",
        ] {
            let expected = (other.into(), String::new(), String::new());
            assert_eq!(taken(other, None), Ok(expected), "{other}");
        }
        for two in [
            "/apertium/translate?key=hz_a&key=hz_a",
            "/k/hz_a_b/apertium/translate?key=hz_a",
        ] {
            assert_eq!(taken(two, None), Err("two_keys"), "{two}");
        }
        assert_eq!(
            taken("/apertium/translate?key=hz_a", Some("Bearer a")),
            Err("two_keys")
        );
        assert_eq!(
            taken("/apertium/translate?key=hz_a%0Ab", None),
            Err("invalid_key_path")
        );
    }

    #[test]
    fn whatever_is_written_in_another_way_is_refused() {
        for given in [
            "/k",
            "/k/",
            "/k//v1/me",
            "/k/../v1/me",
            "/k/hz%5Fa_b/v1/me",
            "/k/hz_a_b%2Fv1/me",
            "/k/hz-a/v1/me",
            "/k/hz_a_b/k/hz_a_b/v1/me",
            "/k/hz_a_b//k/hz_a_b/v1/me",
            "/k/hz_a_b/%6b/x/v1/me",
            "/k/hz_a_b/k",
            "//k/hz_a_b/v1/me",
            "/%6B/hz_a_b/v1/me",
            "/k%2fhz_a_b/v1/me",
            "/%6b%2Fhz_a_b/v1/me",
            &format!("/k/{}/v1/me", "a".repeat(MAX_KEY + 1)),
        ] {
            assert_eq!(taken(given, None), Err("invalid_key_path"), "{given}");
        }
        for header in ["Bearer hz_a_b", "Basic eDp5", ""] {
            assert_eq!(taken("/k/hz_a_b/v1/me", Some(header)), Err("two_keys"));
        }
    }
}
