//! tmserver and amaGama as programs use them: captured requests, Weblate's own classes, translate-toolkit with our
//! exports, and how much longer they wait than the native API's clients.

use serde_json::{Value, json};

use super::helpers::TestServer;
use super::path_key::key;
use super::protocols::{Captured, captured, client, overhead, quote, split, with_many_units};
use super::tmserver::add;

#[test]
fn what_virtaal_and_weblate_once_sent_is_answered_as_they_expect() {
    let server = TestServer::with_a_unit();
    let all = captured("tmserver.txt");
    let expected = |one: &Captured| -> Option<Value> { serde_json::from_str(&one.reply).ok() };
    for found in all.iter().filter_map(expected) {
        for unit in found.as_array().into_iter().flatten() {
            if let (Some(source), Some(target)) = (unit["source"].as_str(), unit["target"].as_str())
            {
                add(&server, source, target);
            }
        }
    }
    for one in &all {
        let (status, head, body) = split(&server.raw(one.request.as_bytes()));
        let target = one.target();
        if !target.starts_with("/tmserver/") {
            assert_eq!(status, 404, "{target} is of another protocol");
            continue;
        }
        assert_eq!(status, one.status, "{target}: {body}");
        if one.method() == "POST" {
            assert_eq!(body, "added 1 units from `file.po`");
            continue;
        }
        assert!(head.contains("content-type: application/json"), "{head}");
        let (got, wanted): (Value, Value) =
            (serde_json::from_str(&body).unwrap(), expected(one).unwrap());
        match wanted.as_array() {
            None => assert_eq!(got, wanted, "{target}"),
            Some(wanted) => {
                let got = got.as_array().unwrap();
                assert_eq!(got.len(), wanted.len(), "{target}: {body}");
                for (got, wanted) in got.iter().zip(wanted) {
                    for (field, value) in wanted.as_object().unwrap() {
                        match value.as_f64() {
                            Some(number) => assert_eq!(got[field].as_f64(), Some(number)),
                            None => assert_eq!(&got[field], value),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_look_up_takes_hardly_longer_than_the_native_one() {
    let server = with_many_units();
    let added = overhead(&server, |text| {
        format!("/tmserver/en/fa/unit/{}", quote(text))
    });
    println!("tmserver adds {added:?}");
    assert!(added.as_micros() <= 300, "{added:?}");
}

#[test]
fn weblates_own_classes_find_what_is_there() {
    let server = TestServer::with_a_unit();
    add(&server, "A/B & 50% «سلام»?", "یک");
    let (_, reads) = key(&server, r#"{"role":"read"}"#);
    let address = format!("http://{}/k/{reads}", server.address);
    let texts = [
        "The door is open.",
        "A/B & 50% «سلام»?",
        "The door is shut.",
        "Nothing like it",
    ];
    let arguments: Vec<&str> = [address.as_str()].into_iter().chain(texts).collect();
    let Some(seen) = client("weblate_machinery.py", "weblate", &arguments) else {
        return;
    };
    let tmserver = json!({
        "valid": true, "languages": ["en", "fa"], "others": false,
        "results": {
            "The door is open.": [["در باز است.", 100, "The door is open."]],
            "A/B & 50% «سلام»?": [["یک", 100, "A/B & 50% «سلام»?"]],
            "The door is shut.": [], "Nothing like it": [],
        },
    });
    let mut got = seen["tmserver"].clone();
    // The door that is shut is open by three words of four: enough for a match, and it says of what.
    let near = got["results"]["The door is shut."].take();
    if let Some(near) = near.as_array().and_then(|near| near.first()) {
        assert_eq!(near[2], "The door is open.");
        assert!((75..100).contains(&near[1].as_u64().unwrap()));
    }
    got["results"]["The door is shut."] = json!([]);
    assert_eq!(got, tmserver);
    let apertium = &seen["apertium"];
    assert_eq!(apertium["valid"], true, "{apertium}");
    assert_eq!(apertium["languages"], json!(["eng", "pes"]));
    assert_eq!(
        apertium["results"]["The door is open."][0][0],
        "در باز است."
    );
    assert_eq!(apertium["results"]["A/B & 50% «سلام»?"][0][0], "یک");
    assert_eq!(apertium["results"]["Nothing like it"][0][0], "");
}

#[test]
fn translate_toolkit_reads_the_exports() {
    let server = TestServer::with_a_unit();
    let texts = [
        ("a <b> & \"c\", d", "یک «دو»\nسه"),
        ("=1+1", "۲"),
        ("%s {0} &amp; \\n", "نیم‌فاصله 😀"),
    ];
    for (source, target) in texts {
        add(&server, source, target);
    }
    let folder = tempfile::tempdir().unwrap();
    let paths = ["tmx", "csv"].map(|format| {
        let file = server.get(&format!("/v1/memories/news/export?format={format}"));
        let path = folder.path().join(format!("news.{format}"));
        std::fs::write(&path, file.text).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let Some(seen) = client("exports.py", "translate", &[&paths[0], &paths[1]]) else {
        return;
    };
    let mut expected = vec![json!(["The door is open.", "در باز است."])];
    expected.extend(texts.map(|(source, target)| json!([source, target])));
    assert_eq!(seen["tmx"], Value::from(expected.clone()));
    // The table has a header line.
    let csv = seen["csv"].as_array().unwrap();
    assert_eq!(csv[csv.len() - 4..], expected);
}
