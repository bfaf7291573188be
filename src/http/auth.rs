//! Who asks. Every handler that touches data takes [`Access`], the one guard. While no key exists
//! the server is open to whoever reaches its loopback address; the token of this run is the local
//! administrator. Keys will be judged here.

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};
use subtle::ConstantTimeEq;

use super::State;
use super::problem::Problem;
use crate::engine::{Caller, Readiness};

/// Leave to go on, and for whom.
pub(super) struct Access {
    /// Who asks, for the record.
    pub(super) caller: Caller,
}

impl FromRequest for Access {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(admit(request))
    }
}

fn admit(request: &HttpRequest) -> Result<Access, Problem> {
    let state: &web::Data<State> = request.app_data().ok_or_else(Problem::internal)?;
    check_key(request, state.token.as_bytes())?;
    match state.engine.readiness() {
        Readiness::Loading { .. } => Err(Problem::loading()),
        Readiness::Ready { .. } => Ok(Access {
            caller: Caller::local(),
        }),
    }
}

/// Nobody needs a key yet, but one that is given must be right.
fn check_key(request: &HttpRequest, token: &[u8]) -> Result<(), Problem> {
    let in_query = request
        .query_string()
        .split('&')
        .any(|pair| pair.split('=').next() == Some("api_key"));
    if in_query {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "key_in_url",
            "a key does not belong into an address, where logs keep it: send it as Authorization: Bearer KEY",
        ));
    }
    let mut given = request.headers().get_all(header::AUTHORIZATION);
    let right = match (given.next(), given.next()) {
        (None, _) => true,
        (Some(value), None) => {
            bearer(value.as_bytes()).is_some_and(|key| bool::from(key.ct_eq(token)))
        }
        (Some(_), Some(_)) => false,
    };
    if right {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "this key is not known here: send Authorization: Bearer KEY with a key of this server, or none while it has no keys",
        ))
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then_some(key.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn code(uri: &str, authorization: Option<&str>) -> Option<&'static str> {
        let mut request = TestRequest::with_uri(uri);
        if let Some(value) = authorization {
            request = request.insert_header((header::AUTHORIZATION, value));
        }
        let judged = check_key(&request.to_http_request(), b"feed");
        judged.err().map(|problem| problem.code())
    }

    #[test]
    fn no_key_or_the_token_of_this_run_is_let_in() {
        assert_eq!(code("/v1/memories", None), None);
        assert_eq!(code("/v1/memories", Some("Bearer feed")), None);
        assert_eq!(code("/v1/memories", Some("bearer feed")), None);
    }

    #[test]
    fn any_other_key_is_refused_wherever_it_stands() {
        for value in [
            "Bearer fee",
            "Bearer feedx",
            "Bearer ",
            "Basic feed",
            "feed",
            "",
        ] {
            assert_eq!(code("/", Some(value)), Some("unauthenticated"), "{value}");
        }
        assert_eq!(code("/?api_key=feed", None), Some("key_in_url"));
        assert_eq!(
            code("/?a=b&api_key", Some("Bearer feed")),
            Some("key_in_url")
        );
    }
}
