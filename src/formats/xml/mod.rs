//! XML as a stream of checked pieces, for every format that is XML: quick-xml's events with everything that it
//! leaves to its caller (depth, attributes, references, the DOCTYPE, an end that is no end). A format brings a
//! [`Document`], which gathers entries from what [`XmlReader`] hands it.

pub(super) mod attributes;
mod frame;
mod prolog;
mod read;

pub(super) use frame::{Document, local};
pub(super) use prolog::Expected;
use prolog::judge;
pub(super) use read::XmlReader;

use super::Place;
use super::error::{Error, code, shown};

/// What is wrong with a document that is not well-formed.
fn malformed(place: Place, reason: impl Into<String>) -> Error {
    Error::new(code::XML_NOT_WELL_FORMED, place, reason)
}

/// An element with more attributes than anyone needs.
fn too_many_attributes(place: Place, name: &str) -> Error {
    let reason = format!(
        "`{}` has more than {} attributes",
        shown(name),
        attributes::MAX_ATTRIBUTES
    );
    Error::new(code::TOO_MANY_ATTRIBUTES, place, reason)
}
