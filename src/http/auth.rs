//! Who asks. Every handler that touches data takes [`Access`], the one guard: it makes the engine's [`Caller`]
//! of a key, of the token of this run (the local administrator), or of nothing while the server never had a key.

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::{Ready, ready};
use subtle::ConstantTimeEq;

use super::State;
use super::door::RequestId;
use super::problem::Problem;
use crate::engine::{Caller, KeyFault, Readiness};

/// Leave to go on, and for whom.
pub(super) struct Access {
    /// Who asks, for the record.
    pub(super) caller: Caller,
}

impl FromRequest for Access {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(admit(request, None))
    }
}

/// Who asks, where a protocol has a place of its own for a key: `offered` is what stood there. A key in the head
/// counts before it. While no key exists it is not looked at: clients fill such places with keys of other servers.
pub(super) fn admit(request: &HttpRequest, offered: Option<&str>) -> Result<Access, Problem> {
    let state: &web::Data<State> = request.app_data().ok_or_else(Problem::internal)?;
    refuse_key_in_query(request)?;
    let given = match (given(request), offered) {
        (Given::Nothing, Some(key)) if !state.engine.is_open() => Given::Key(key),
        (given, _) => given,
    };
    let caller = match given {
        Given::Nothing if state.engine.is_open() => Caller::local(),
        Given::Key(key) if bool::from(key.as_bytes().ct_eq(state.token.as_bytes())) => {
            Caller::local()
        }
        Given::Key(key) => known(state, request, key)?,
        Given::Nothing | Given::Nonsense => return Err(unauthenticated()),
    };
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone());
    let caller = Caller {
        request: id,
        ..caller
    };
    // The door asks for it where the answer is a refusal.
    request.extensions_mut().insert(caller.clone());
    match state.engine.readiness() {
        Readiness::Loading { .. } => Err(Problem::loading()),
        Readiness::Ready { .. } => Ok(Access { caller }),
    }
}

/// Whether whoever was let in for a request that waits may still be there. Unlike [`admit`] it is no request of the
/// key's minute and takes no second place beside the one that waits.
pub(super) fn still(request: &HttpRequest, caller: &Caller) -> Result<(), Problem> {
    let state: &web::Data<State> = request.app_data().ok_or_else(Problem::internal)?;
    match given(request) {
        // The first key was made meanwhile.
        Given::Nothing if caller.key.is_none() && !state.engine.is_open() => Err(unauthenticated()),
        _ => {
            let key = caller.key.as_deref();
            let still = state.engine.still_admits(key);
            still.map_err(|fault| refusal(request, fault))
        }
    }
}

/// Whose key it is. Its turn and what is left of its minute go along with the request.
fn known(state: &State, request: &HttpRequest, key: &str) -> Result<Caller, Problem> {
    let admitted = state.engine.admit(key);
    let admitted = admitted.map_err(|fault| refusal(request, fault))?;
    let mut extensions = request.extensions_mut();
    extensions.insert(admitted.turn);
    if let Some(rate) = admitted.rate {
        extensions.insert(rate);
    }
    Ok(admitted.caller)
}

fn refusal(request: &HttpRequest, fault: KeyFault) -> Problem {
    match fault {
        KeyFault::Unknown => unauthenticated(),
        KeyFault::Revoked => refused(
            "key_revoked",
            "this key was revoked: ask an administrator for another",
        ),
        KeyFault::Expired => refused(
            "key_expired",
            "this key's time is over: ask an administrator for another",
        ),
        KeyFault::Crowded => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_concurrent",
            "20 requests of this key are running: wait for one of them",
        )
        .retry_after(1),
        KeyFault::Exhausted(rate) => {
            request.extensions_mut().insert(rate);
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                format!(
                    "this key may send {} requests a minute: go on in {} seconds",
                    rate.limit, rate.reset
                ),
            )
            .retry_after(rate.reset)
        }
    }
}

/// What stands in `Authorization`.
#[derive(Clone, Copy)]
enum Given<'a> {
    Nothing,
    Key(&'a str),
    /// Not one Bearer key.
    Nonsense,
}

fn given(request: &HttpRequest) -> Given<'_> {
    let mut given = request.headers().get_all(header::AUTHORIZATION);
    match (given.next(), given.next()) {
        (None, _) => Given::Nothing,
        (Some(value), None) => match value.to_str().ok().and_then(bearer) {
            Some(key) => Given::Key(key),
            None => Given::Nonsense,
        },
        (Some(_), Some(_)) => Given::Nonsense,
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_at_checked(7)?;
    let key = key.trim_ascii();
    (scheme.eq_ignore_ascii_case("bearer ") && !key.is_empty()).then_some(key)
}

/// The id in the key that is given, right or not: what belongs to a key is filed under it, and a key that is not
/// right is refused before anything is looked up. Empty for the local administrator.
pub(super) fn key_id(request: &HttpRequest) -> &str {
    let id = |key: &'_ str| key.strip_prefix("hz_")?.split('_').next().map(str::len);
    match given(request) {
        Given::Key(key) => {
            let end = id(key).map_or(0, |length| length + 3);
            key.get(3.min(end)..end).unwrap_or_default()
        }
        _ => "",
    }
}

fn refuse_key_in_query(request: &HttpRequest) -> Result<(), Problem> {
    let in_query = request
        .query_string()
        .split('&')
        .any(|pair| pair.split('=').next() == Some("api_key"));
    if in_query {
        return Err(refused(
            "key_in_url",
            "a key does not belong into an address, where logs keep it: send it as Authorization: Bearer KEY",
        ));
    }
    Ok(())
}

/// The same for no key, an unknown and a mistyped one.
fn unauthenticated() -> Problem {
    refused(
        "unauthenticated",
        "this server wants a key that it knows: send Authorization: Bearer KEY; `hamzaban key create` makes one",
    )
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read(authorization: &[&str]) -> (Option<String>, String) {
        let mut request = TestRequest::default();
        for value in authorization {
            request = request.append_header((header::AUTHORIZATION, *value));
        }
        let request = request.to_http_request();
        let key = match given(&request) {
            Given::Nothing => Some(String::new()),
            Given::Key(key) => Some(key.to_owned()),
            Given::Nonsense => None,
        };
        (key, key_id(&request).to_owned())
    }

    #[test]
    fn one_bearer_key_is_read_and_nothing_else() {
        for (values, key, id) in [
            (&[][..], Some(""), ""),
            (&["Bearer feed"], Some("feed"), ""),
            (
                &["bearer  hz_ABCD1234_x"],
                Some("hz_ABCD1234_x"),
                "ABCD1234",
            ),
            (&["Bearer hz_"], Some("hz_"), ""),
            (&["Bearer hz_é"], None, ""),
            (&["Bearer "], None, ""),
            (&["Basic feed"], None, ""),
            (&["feed"], None, ""),
            (&[""], None, ""),
            (&["Bearer a", "Bearer a"], None, ""),
        ] {
            let expected = (key.map(str::to_owned), id.to_owned());
            assert_eq!(read(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_key_in_the_address_is_refused() {
        for (uri, fine) in [
            ("/?api_key=feed", false),
            ("/?a=b&api_key", false),
            ("/?a=api_key", true),
            ("/", true),
        ] {
            let request = TestRequest::with_uri(uri).to_http_request();
            assert_eq!(refuse_key_in_query(&request).is_ok(), fine, "{uri}");
        }
    }
}
