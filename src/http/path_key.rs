//! A key in the path: `/k/KEY/…` asks for `…` as if KEY came in `Authorization`. It is for programs that have a
//! field for an address and none for a header. The key is taken out before anything is routed, so that neither a
//! handler nor a log nor a figure ever sees it.

use std::rc::Rc;

use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::uri::{PathAndQuery, Uri};
use actix_web::{HttpMessage, HttpRequest};

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
        let mut bearer = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| misspelt())?;
        bearer.set_sensitive(true);
        be_the_only_one(request.headers())?;
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        request.match_info_mut().get_mut().update(&rest);
        request.head_mut().uri = rest;
        let mut data = Extensions::new();
        data.insert(prefix);
        request.add_data_container(Rc::new(data));
    }
    // As it will be routed: a second key, or one whose mark was written in another way.
    match is_marked(request.match_info().as_str()) {
        true => Err(misspelt()),
        false => Ok(()),
    }
}

/// The key, and the address without it.
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
    let path = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path.map_err(|_| misspelt())?);
    let uri = Uri::from_parts(parts).map_err(|_| misspelt())?;
    Ok(Some((key.to_owned(), uri)))
}

fn is_marked(path: &str) -> bool {
    let mut letters = path.trim_start_matches('/').chars();
    letters.next() == Some('k') && matches!(letters.next(), None | Some('/' | '%'))
}

fn be_the_only_one(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.contains_key(header::AUTHORIZATION) {
        true => Err(Problem::bad_request(
            "two_keys",
            "a key came in the path and another in Authorization: send one of them",
        )),
        false => Ok(()),
    }
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
