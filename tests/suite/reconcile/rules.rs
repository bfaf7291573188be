//! What the JSON schemas of 0.2 demand of replies, and a little more: ids, orders, addresses.

use serde_json::Value;

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

pub(super) fn is_type(value: &Value) {
    assert!(!text(&value["id"]).is_empty() && !text(&value["name"]).is_empty());
}

pub(super) fn is_manifest(manifest: &Value) {
    let versions: Vec<&str> = manifest["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    assert_eq!(versions, ["0.1", "0.2"]);
    for name in ["name", "identifierSpace", "schemaSpace"] {
        assert!(!text(&manifest[name]).is_empty(), "{name}");
    }
    let types = manifest["defaultTypes"].as_array().unwrap();
    types.iter().for_each(is_type);
    let ids: Vec<&str> = types.iter().map(|kind| text(&kind["id"])).collect();
    assert_eq!(ids, ["organization", "person", "place", "event", "term"]);
    for url in [&manifest["view"]["url"], &manifest["preview"]["url"]] {
        assert_eq!(text(url).matches("{{id}}").count(), 1);
        assert!(text(url).starts_with("http://"));
    }
    assert!(manifest["preview"]["width"].is_u64() && manifest["preview"]["height"].is_u64());
    for what in ["entity", "property", "type"] {
        let service = &manifest["suggest"][what];
        assert!(text(&service["service_url"]).starts_with("http://"));
        assert!(text(&service["service_path"]).starts_with('/'));
        assert!(text(&service["flyout_service_path"]).contains("${id}"));
    }
    assert!(text(&manifest["extend"]["propose_properties"]["service_url"]).starts_with("http://"));
    for setting in manifest["extend"]["property_settings"].as_array().unwrap() {
        assert_eq!(
            (text(&setting["type"]), setting["default"].is_number()),
            ("number", true)
        );
        assert!(!text(&setting["label"]).is_empty() && !text(&setting["name"]).is_empty());
    }
    assert!(manifest["batchSize"].as_u64() >= Some(10));
}

pub(super) fn are_results(reply: &Value) {
    for (_, answer) in reply.as_object().unwrap() {
        let mut last = f64::INFINITY;
        for found in answer["result"].as_array().unwrap() {
            assert!(!text(&found["id"]).is_empty() && !text(&found["name"]).is_empty());
            let id = text(&found["id"]).bytes();
            assert!(
                id.into_iter()
                    .all(|b| b.is_ascii_alphanumeric() || b":_-".contains(&b))
            );
            let score = found["score"].as_f64().unwrap();
            assert!(score <= last, "in the order of their scores: {answer}");
            last = score;
            assert!(found["match"].is_boolean() && found["description"].is_string());
            assert!(found["features"].is_array());
            found["type"].as_array().unwrap().iter().for_each(is_type);
        }
    }
}

pub(super) fn are_suggestions(reply: &Value) {
    for found in reply["result"].as_array().unwrap() {
        is_type(found);
        assert!(found["description"].is_string());
        let notable = found["notable"].as_array();
        notable.into_iter().flatten().for_each(is_type);
    }
}

pub(super) fn is_extension(reply: &Value) {
    for column in reply["meta"].as_array().unwrap() {
        is_type(column);
    }
    for (_, row) in reply["rows"].as_object().unwrap() {
        for (_, values) in row.as_object().unwrap() {
            for value in values.as_array().unwrap() {
                let value = value.as_object().unwrap();
                assert!(value.len() == 1 && value["str"].is_string(), "{value:?}");
            }
        }
    }
}
