//! The protocol of `LanguageTool` by those who speak it: every captured request of a real client, clients from `PyPI`, and
//! `LibreOffice` Writer, asked and by itself.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::helpers::shared_path;
use super::languagetool::{answer, check, server, slice};

/// The requests to this protocol in a file of captures: their number, first line, headers and body.
fn captured(file: &str) -> Vec<(String, String, Vec<String>, String)> {
    let mut requests = Vec::new();
    for request in file.split(">>> ").skip(1) {
        let sent = request.split("\n<<<").next().unwrap();
        let (head, body) = sent.split_once("\n\n").unwrap_or((sent, ""));
        let mut lines = head.lines();
        let number = lines.next().unwrap().split(' ').next().unwrap();
        let first = lines.next().unwrap_or_default();
        if first.contains(" /v2/check")
            || first.contains("/v2//")
            || first.contains(" /v2/languages")
        {
            let headers = lines.map(str::to_owned).collect();
            requests.push((
                number.to_owned(),
                first.to_owned(),
                headers,
                body.to_owned(),
            ));
        }
    }
    requests
}

#[test]
fn every_captured_request_is_answered() {
    let server = server();
    let folder = shared_path("../traffic");
    let mut table = String::new();
    for name in ["libreoffice", "lo-fa", "python-clients-and-testbench"] {
        let path = folder.join(format!("{name}.txt"));
        let Ok(file) = std::fs::read_to_string(&path) else {
            println!("skipped: the captures are not here ({})", path.display());
            return;
        };
        for (number, first, headers, body) in captured(&file) {
            let own = |header: &&String| {
                let name = header.split(':').next().unwrap().to_ascii_lowercase();
                !matches!(
                    name.as_str(),
                    "host" | "content-length" | "connection" | "accept-encoding"
                )
            };
            let headers: Vec<&str> = headers.iter().filter(own).map(String::as_str).collect();
            let first = first.replace(" /v2/", " /lt/client/v2/");
            let (headers, length) = (headers.join("\r\n"), body.len());
            let (status, reply) = answer(
                &server,
                &format!(
                    "{first}\r\nHost: localhost\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{body}"
                ),
            );
            writeln!(table, "{name} {number} {first} → {status}").unwrap();
            let Ok(reply) = serde_json::from_str::<Value>(&reply) else {
                writeln!(table, "    {}", reply.trim_end()).unwrap();
                continue;
            };
            for found in reply["matches"].as_array().into_iter().flatten() {
                let context = found["context"]["text"].as_str().unwrap();
                let written = slice(context, &found["context"]);
                let (offset, length) = (&found["offset"], &found["length"]);
                let better = &found["replacements"][0]["value"];
                writeln!(
                    table,
                    "    {offset}+{length} {written} → {better} {}",
                    found["rule"]["id"]
                )
                .unwrap();
            }
        }
    }
    insta::assert_snapshot!("languagetool_replays", table);
}

/// What `OmegaT` 5.8 sends in its first setting: it has a spelling checker of its own and wants no `TYPOS`.
#[test]
fn omegat_hears_of_misspelt_names_all_the_same() {
    let server = server();
    let text = "سازمان مجاهدين خلق ایران متن کامل توافق‌نامه را منتشر کرد.";
    let body = "text=%D8%B3%D8%A7%D8%B2%D9%85%D8%A7%D9%86+%D9%85%D8%AC%D8%A7%D9%87%D8%AF%D9%8A%D9%86+%D8%AE%D9%84%D9%82+%D8%A7%DB%8C%D8%B1%D8%A7%D9%86+%D9%85%D8%AA%D9%86+%DA%A9%D8%A7%D9%85%D9%84+%D8%AA%D9%88%D8%A7%D9%81%D9%82%E2%80%8C%D9%86%D8%A7%D9%85%D9%87+%D8%B1%D8%A7+%D9%85%D9%86%D8%AA%D8%B4%D8%B1+%DA%A9%D8%B1%D8%AF.&language=fa-IR&srctext=The+PMOI+published+the+full+text+of+the+agreement.&motherTongue=en-US&disabledCategories=TYPOS%2CSPELL&disabledRules=SAME_TRANSLATION%2CDIFFERENT_PUNCTUATION%2CTRANSLATION_LENGTH&enabledRules=";
    let head = "POST /lt/client/v2/check HTTP/1.1\r\nUser-Agent: OmegaT-5.8.0_0_339263804\r\nHost: 127.0.0.1:8639\r\nAccept: text/html, image/gif, image/jpeg, */*; q=0.2\r\nConnection: keep-alive\r\nContent-type: application/x-www-form-urlencoded\r\nContent-Length: 522\r\n\r\n";
    let (status, reply) = answer(&server, &format!("{head}{body}"));
    assert_eq!(status, 200, "{reply}");
    let reply: Value = serde_json::from_str(&reply).unwrap();
    let found = reply["matches"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{reply}");
    assert_eq!(slice(text, &found[0]), "سازمان مجاهدين خلق ایران");
    let rule = &found[0]["rule"];
    assert_eq!(rule["id"], "NAME_ARABIC_LETTERS_ORG_PMOI");
    assert_eq!(rule["category"]["id"], "TERMINOLOGY");
    // Without a source it is the text's own spelling, which red lines are for.
    let alone = body.replace("srctext", "nothing").replace("SPELL", "FOO");
    let length = alone.len();
    let (_, reply) = answer(
        &server,
        &format!("{}{alone}", head.replace("522", &length.to_string())),
    );
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!(reply["matches"], json!([]), "{reply}");
}

/// Programs that guess a line's direction from its first letter show it as it is meant.
#[test]
fn messages_begin_with_a_latin_letter() {
    let server = server();
    for (text, language) in [
        ("MKO, PMOI, Mujahedin-e Khalq, embargo", "en-US"),
        ("گروهک نمونه و سازمان مجاهدين خلق ايران", "fa"),
    ] {
        let fields = [("text", text), ("language", language)];
        let reply = check(&server, "/lt/house/v2/check", &fields);
        let found = reply["matches"].as_array().unwrap();
        assert!(found.len() > 1, "{reply}");
        for found in found {
            let message = found["message"].as_str().unwrap();
            assert!(
                message.starts_with(|c: char| c.is_ascii_alphabetic()),
                "{message}"
            );
        }
    }
}

#[test]
fn python_clients_check_and_correct() {
    let given = std::env::var_os("HAMZABAN_CLIENTS").map(PathBuf::from);
    let python = given.map(|folder| folder.join("bin/python"));
    let has = |python: &PathBuf| {
        let import = "import language_tool_python, pylanguagetool";
        let done = Command::new(python).args(["-c", import]).output();
        done.is_ok_and(|done| done.status.success())
    };
    let Some(python) = python.filter(has) else {
        println!(
            "skipped: language_tool_python and pyLanguagetool are not installed (scripts/test makes HAMZABAN_CLIENTS)"
        );
        return;
    };
    let server = server();
    let texts = [
        "The PMOI & R+D 50%25. Mujahedin-e Khalq 😀 MKO’s 😀😀 MKO.",
        "سازمان MKO و گروهک نمونه 😀",
        "Ali Khamenei, nothing wrong.",
    ];
    let output = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/clients/languagetool.py"
        ))
        .arg(format!("http://{}/lt/house", server.address))
        .arg(json!(texts).to_string())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{errors}"));
    assert_eq!(
        said["corrected"],
        json!([
            "The MEK & R+D 50%25. Mojahedin-e Khalq 😀 MEK’s 😀😀 MEK.",
            "سازمان MEK و سازمان مجاهدین خلق ایران 😀",
            "Ali Khamenei, nothing wrong.",
        ])
    );
    // The package counts code points again.
    assert_eq!(
        said["matches"][3],
        json!(["MKO", "MEK", "NAME_FORBIDDEN_ORG_PMOI"])
    );
    assert!(
        said["languages"]
            .as_array()
            .unwrap()
            .contains(&json!("fa-IR"))
    );
    assert_eq!(
        said["api"],
        json!([
            ["Mujahedin-e Khalq", "Mojahedin-e Khalq"],
            ["MKO", "MEK"],
            ["MKO", "MEK"]
        ])
    );
    assert_eq!(said["incomplete"], false);
}

#[test]
fn libreoffice_writer_checks_asked_and_by_itself() {
    let python = "/usr/bin/python3";
    let works = |command: &str, arguments: &[&str]| {
        let done = Command::new(command).args(arguments).output();
        done.is_ok_and(|done| done.status.success())
    };
    if !works("soffice", &["--version"]) || !works(python, &["-c", "import uno"]) {
        println!(
            "skipped: soffice or its Python module uno is not installed (scripts/test --yes installs both)"
        );
        return;
    }
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let english = "😀😀 AT&T and the MKO said 100%25 a+b. Mujahedin-e Khalq’s R&D %26 the PMOI; Ali Khamenei.";
    let persian = "😀 MKO و گروهک نمونه، R&D و 50%25 در تهران. علی خامنه‌ای & MKO.";
    let output = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/clients/writer.py"
        ))
        .arg(format!("http://{}/lt/house/v2", server.address))
        .arg(json!([["en", "US", english], ["fa", "IR", persian]]).to_string())
        .arg(folder.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{errors}"));
    let expected = [
        (
            english,
            vec![
                ("MKO", "MEK"),
                ("Mujahedin-e Khalq", "Mojahedin-e Khalq"),
                ("PMOI", "MEK"),
            ],
        ),
        (
            persian,
            vec![
                ("MKO", "MEK"),
                ("گروهک نمونه", "سازمان مجاهدین خلق ایران"),
                ("MKO", "MEK"),
            ],
        ),
    ];
    for (place, (text, names)) in expected.iter().enumerate() {
        let all: Vec<Value> = names
            .iter()
            .map(|(written, better)| json!([written, better]))
            .collect();
        assert_eq!(said["automatic"][place], json!([text, all]), "by itself");
        let asked = said["asked"][place].as_array().unwrap().iter();
        let asked: Vec<Value> = asked
            .map(|error| {
                let found = json!({"offset": error[0], "length": error[1]});
                json!([slice(text, &found), error[2][0]])
            })
            .collect();
        assert_eq!(asked, all, "asked: {said}");
    }
}
