//! The OpenAPI document is a snapshot, so that a changed API is a visible difference.

#[test]
fn the_api_is_as_it_was() {
    insta::assert_snapshot!("openapi", hamzaban::http::openapi::document());
}
