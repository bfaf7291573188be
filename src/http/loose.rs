//! Requests of other programs' protocols, read leniently where the native API is strict: parameters that are not
//! known or not numbers count as left out, and JSON is JSON whatever its content type says.

use std::ops::RangeInclusive;

use actix_web::{HttpRequest, web};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::body::{self, Body};
use super::problem::Problem;
use crate::model::Lang;

/// Parameters of a query string or a form.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of the address.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        Parameters(pairs.map(web::Query::into_inner).unwrap_or_default())
    }

    /// Those of a form besides; the address comes first.
    pub(super) async fn and_form(
        mut self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, Problem> {
        let form = body::any(request, payload.into_inner(), body::MAX_BODY).await?;
        let form = String::from_utf8_lossy(&form);
        let pairs = web::Query::<Vec<(String, String)>>::from_query(&form);
        self.0
            .extend(pairs.map(web::Query::into_inner).unwrap_or_default());
        Ok(self)
    }

    /// The first of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// A number, brought into its range.
    pub(super) fn number(&self, name: &str, usual: u8, range: RangeInclusive<u8>) -> u8 {
        let given = self
            .get(name)
            .and_then(|text| text.trim().parse::<f64>().ok());
        let given = given.filter(|number| number.is_finite());
        match given {
            // From a float it stops at the ends of u8.
            Some(number) => (number as u8).clamp(*range.start(), *range.end()),
            None => usual,
        }
    }
}

/// A JSON body of at most `most` bytes and any content type.
pub(super) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
    most: usize,
) -> Result<Body<T>, Problem> {
    let bytes = body::any(request, payload.into_inner(), most).await?;
    Body::of(&bytes)
}

/// A piece of a path: decoded once, and `+` is a plus. What is no text holds U+FFFD, and so is never found.
pub(super) fn decoded(piece: &str) -> String {
    percent_decode_str(piece).decode_utf8_lossy().into_owned()
}

/// A language that the server could have; `None` for what is no language tag at all.
pub(super) fn language(code: &str) -> Option<Lang> {
    Lang::parse(code).ok()
}
