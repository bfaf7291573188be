//! Bad requests as tables; `inputs` sends them.

use super::replies::{LOOKUP, lookup_with};

/// The number of the input in the design's table (0: it is not there), method, path, body, and the status, code and
/// pointer of the reply.
pub(crate) type Row = (
    u8,
    &'static str,
    &'static str,
    String,
    u16,
    &'static str,
    &'static str,
);

pub(crate) fn all() -> Vec<Row> {
    let rows = [
        bad_lookups(),
        bad_batches(),
        bad_memories(),
        bad_units(),
        bad_transfers(),
    ];
    let numbered = |(method, path, body, status, code, pointer): Unnumbered| {
        (
            number(code, &body),
            method,
            path,
            body,
            status,
            code,
            pointer,
        )
    };
    rows.concat().into_iter().map(numbered).collect()
}

/// Which of the sixty it is: their codes tell them apart.
fn number(code: &str, body: &str) -> u8 {
    match code {
        "invalid_json" if body.len() > 50_000 => 14,
        "invalid_json" => 13,
        "duplicate_field" => 15,
        "unknown_field" => 16,
        "out_of_range" | "wrong_type" => 17,
        "invalid_unicode" => 22,
        "invalid_character" => 23,
        "empty_segment" => 24,
        "segment_too_long" => 25,
        "suspicious_characters" => 29,
        "invalid_language" => 30,
        "unbalanced_bidi" => 35,
        "invalid_cursor" => 47,
        _ => 0,
    }
}

type Unnumbered = (
    &'static str,
    &'static str,
    String,
    u16,
    &'static str,
    &'static str,
);

fn look(
    row: &mut Vec<Unnumbered>,
    body: String,
    status: u16,
    code: &'static str,
    pointer: &'static str,
) {
    row.push(("POST", "/v1/lookup", body, status, code, pointer));
}

fn bad_lookups() -> Vec<Unnumbered> {
    let text = |text: &str| LOOKUP.replace("The door is open.", text);
    let lang = |lang: &str| LOOKUP.replace("\"en\"", &format!("\"{lang}\""));
    let mut rows = Vec::new();
    let mut at = |body, status, code, pointer| look(&mut rows, body, status, code, pointer);
    at("text=a".into(), 400, "invalid_json", "");
    at(String::new(), 400, "invalid_json", "");
    at("null".into(), 400, "wrong_type", "");
    at(format!("{LOOKUP}{LOOKUP}"), 400, "invalid_json", "");
    at("[".repeat(100_000), 400, "invalid_json", "");
    at("{\"a\":".repeat(100_000), 400, "invalid_json", "");
    at(lookup_with(r#""limit":NaN"#), 400, "invalid_json", "");
    at(
        lookup_with(r#""text":"b""#),
        400,
        "duplicate_field",
        "/text",
    );
    at(
        lookup_with(r#""t\u0065xt":"b""#),
        400,
        "duplicate_field",
        "/text",
    );
    at(
        lookup_with(r#""is_admin":true"#),
        400,
        "unknown_field",
        "/is_admin",
    );
    at(
        lookup_with(r#""context":{"a":1}"#),
        400,
        "unknown_field",
        "/context/a",
    );
    at(lookup_with(r#""limit":1e9"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":-1"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":0"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":101"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":256"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":1.5"#), 400, "out_of_range", "/limit");
    at(lookup_with(r#""limit":1e999"#), 400, "out_of_range", "");
    at(lookup_with(r#""limit":"10""#), 400, "wrong_type", "/limit");
    at(
        lookup_with(r#""threshold":29"#),
        400,
        "out_of_range",
        "/threshold",
    );
    at(
        lookup_with(r#""threshold":103"#),
        400,
        "out_of_range",
        "/threshold",
    );
    at(
        lookup_with(r#""include":["all"]"#),
        400,
        "invalid_value",
        "/include/0",
    );
    at(
        lookup_with(r#""memories":"news""#),
        400,
        "wrong_type",
        "/memories",
    );
    at(lookup_with(r#""memories":["none"]"#), 404, "not_found", "");
    at(
        lookup_with(r#""memories":["../etc"]"#),
        404,
        "not_found",
        "",
    );
    at(
        lookup_with(r#""filter":{"changed_after":"now"}"#),
        400,
        "invalid_time",
        "/filter/changed_after",
    );
    at(
        lookup_with(r#""text_tagged":"<b>""#),
        400,
        "invalid_tags",
        "/text_tagged",
    );
    at(text("\\ud800"), 400, "invalid_unicode", "");
    at(text("a\\u0000b"), 400, "invalid_character", "/text");
    at(text("\u{202e}a\\u0000"), 400, "invalid_character", "/text");
    at(text(""), 422, "empty_segment", "/text");
    at(text(" \u{200c} "), 422, "empty_segment", "/text");
    at(text("\u{202e}"), 422, "empty_segment", "/text");
    at(text(&"a".repeat(10_241)), 422, "segment_too_long", "/text");
    at(
        lang("xx-../../etc"),
        400,
        "invalid_language",
        "/source_lang",
    );
    at(lang("en\\u0000"), 400, "invalid_language", "/source_lang");
    at(
        lang(&"e".repeat(300)),
        400,
        "invalid_language",
        "/source_lang",
    );
    at(lang("<script>"), 400, "invalid_language", "/source_lang");
    rows
}

fn bad_batches() -> Vec<Unnumbered> {
    let batch = |segments: &str| {
        format!(r#"{{"source_lang":"en","target_lang":"fa","segments":[{segments}]}}"#)
    };
    let many = vec![r#"{"text":"a"}"#; 101].join(",");
    let row =
        |body, status, code, pointer| ("POST", "/v1/lookup/batch", body, status, code, pointer);
    vec![
        row(batch(&many), 400, "out_of_range", "/segments"),
        row(
            batch("").replace("]}", r#"],"threshold":29}"#),
            400,
            "out_of_range",
            "/threshold",
        ),
        row(
            batch(r#"{"text":"a"}"#).replace("]}", r#"],"filter":{"changed_after":"x"}}"#),
            400,
            "invalid_time",
            "/filter/changed_after",
        ),
        row(batch(r#""a""#), 400, "wrong_type", "/segments/0"),
        row(
            batch(r#"{"txt":"a"}"#),
            400,
            "unknown_field",
            "/segments/0/txt",
        ),
        row(
            batch(r#"{"text":"a"},{"text":""}"#),
            422,
            "empty_segment",
            "/segments/1/text",
        ),
    ]
}

fn bad_memories() -> Vec<Unnumbered> {
    let post =
        |body: &str, code, pointer| ("POST", "/v1/memories", body.to_owned(), 400, code, pointer);
    let named = |name: &str| format!(r#"{{"name":"{name}"}}"#);
    vec![
        post("{}", "missing_field", "/name"),
        post(r#"{"name":5}"#, "wrong_type", "/name"),
        post(&named("../x"), "invalid_name", "/name"),
        post(&named("News"), "invalid_name", "/name"),
        post(&named(&"a".repeat(65)), "invalid_name", "/name"),
        post(r#"{"name":"a","penalty":31}"#, "out_of_range", "/penalty"),
        post(r#"{"name":"a","penalty":-1}"#, "out_of_range", "/penalty"),
        post(r#"{"name":"a","units":1}"#, "unknown_field", "/units"),
        post(
            r#"{"name":"a","title":"\u001b[2J"}"#,
            "invalid_character",
            "/title",
        ),
        (
            "GET",
            "/v1/memories?page=2",
            String::new(),
            400,
            "unknown_field",
            "page",
        ),
        (
            "DELETE",
            "/v1/memories/news",
            String::new(),
            400,
            "confirm_missing",
            "confirm",
        ),
    ]
}

fn bad_units() -> Vec<Unnumbered> {
    const UNITS: &str = "/v1/memories/news/units";
    let unit = |en: &str| format!(r#"{{"variants":{{"en":{en},"fa":"ب"}}}}"#);
    let text = |en: &str| unit(&format!("\"{en}\""));
    let with = |more: &str| text("a").replace("\"}}", &format!("\"}},{more}}}"));
    let langs: Vec<String> = (0..65).map(|n| format!(r#""en-x-{n}":"a""#)).collect();
    let post = |body: String, status, code, pointer| ("POST", UNITS, body, status, code, pointer);
    let get = |path, pointer, code| ("GET", path, String::new(), 400, code, pointer);
    vec![
        post(text(""), 422, "empty_segment", "/variants/en"),
        post(
            text(&"a".repeat(10_241)),
            422,
            "segment_too_long",
            "/variants/en",
        ),
        post(text("a\\u0000b"), 400, "invalid_character", "/variants/en"),
        post(
            text("abc\u{202e}def"),
            422,
            "unbalanced_bidi",
            "/variants/en",
        ),
        post(
            text(&format!("e{}", "\u{301}".repeat(5_000))),
            422,
            "suspicious_characters",
            "/variants/en",
        ),
        post(unit("5"), 400, "wrong_type", "/variants/en"),
        post(
            unit(r#"{"text_tagged":"a","x":1}"#),
            400,
            "unknown_field",
            "/variants/en/x",
        ),
        post(
            unit(r#"{"text_tagged":"<b>"}"#),
            400,
            "invalid_tags",
            "/variants/en",
        ),
        post(
            r#"{"variants":{"en":"a"}}"#.into(),
            400,
            "out_of_range",
            "/variants",
        ),
        post(r#"{"variants":[]}"#.into(), 400, "wrong_type", "/variants"),
        post(
            format!(r#"{{"variants":{{{}}}}}"#, langs.join(",")),
            400,
            "out_of_range",
            "/variants",
        ),
        post(
            r#"{"variants":{"en":"a","en":"b"}}"#.into(),
            400,
            "duplicate_field",
            "/variants/en",
        ),
        post(
            r#"{"variants":{"en":"a","EN":"b"}}"#.into(),
            400,
            "duplicate_field",
            "/variants",
        ),
        post(
            r#"{"variants":{"en":"a","xx-../../etc":"b"}}"#.into(),
            400,
            "invalid_language",
            "/variants",
        ),
        post(
            with(r#""created_by":"root""#),
            400,
            "unknown_field",
            "/created_by",
        ),
        post(with(r#""rev":1"#), 400, "unknown_field", "/rev"),
        post(with(r#""mode":"replace""#), 400, "invalid_value", "/mode"),
        post(
            with(r#""source_lang":"de""#),
            400,
            "invalid_language",
            "/source_lang",
        ),
        post(
            with("\"metadata\":{\"notes\":[{\"text\":\"\u{ffff}\"}]}"),
            400,
            "invalid_character",
            "/metadata",
        ),
        get(
            "/v1/memories/news/units?cursor=1",
            "cursor",
            "invalid_cursor",
        ),
        get(
            "/v1/memories/news/units?cursor=1-00000000",
            "cursor",
            "invalid_cursor",
        ),
        get("/v1/memories/news/units?limit=501", "limit", "out_of_range"),
        get("/v1/memories/news/units?limit=1e9", "limit", "out_of_range"),
        get(
            "/v1/memories/news/units?limit=1&limit=2",
            "limit",
            "duplicate_field",
        ),
    ]
}

fn bad_transfers() -> Vec<Unnumbered> {
    let import = |path, code, pointer| ("POST", path, "x".to_owned(), 400, code, pointer);
    let export = |path, code, pointer| ("GET", path, String::new(), 400, code, pointer);
    vec![
        import("/v1/memories/news/import", "missing_field", "format"),
        import(
            "/v1/memories/news/import?format=docx",
            "invalid_value",
            "format",
        ),
        import(
            "/v1/memories/news/import?format=tmx&mode=replace",
            "invalid_value",
            "mode",
        ),
        import(
            "/v1/memories/news/import?format=tsv&from=en",
            "missing_field",
            "to",
        ),
        import(
            "/v1/memories/news/import?format=tsv&from=%3Cb%3E&to=fa",
            "invalid_language",
            "from",
        ),
        import(
            "/v1/memories/news/import?format=tmx&x=1",
            "unknown_field",
            "x",
        ),
        export("/v1/memories/news/export", "missing_field", "format"),
        export(
            "/v1/memories/news/export?format=exe",
            "invalid_value",
            "format",
        ),
    ]
}
