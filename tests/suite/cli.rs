//! The program as users start it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use super::process::{Served, err, hamzaban, out, run};

pub(crate) fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

pub(crate) const TSV: &str = "en\tfa\nThe door is open.\tدر باز است.\n";

#[test]
fn wrong_usage_is_2_and_failure_is_1_with_one_line() {
    let folder = folder_with(&[("a.xlsx", "")]);
    let data = folder.path().join("data");
    let file = folder.path().join("a.xlsx");
    for arguments in [
        &["fly"][..],
        &["import", "--memory", "m"],
        &["import", file.to_str().unwrap(), "--memory", "m"],
    ] {
        assert_eq!(
            run(&data, arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    for arguments in [
        &["--config", "/none.toml", "config"][..],
        &["serve", "--listen", "0.0.0.0:0"],
        &["serve", "--listen", "nonsense"],
    ] {
        let output = run(&data, arguments);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?} {}",
            err(&output)
        );
        assert_eq!(err(&output).lines().count(), 1, "{}", err(&output));
        assert!(err(&output).starts_with("hamzaban: "));
    }
    assert!(err(&run(&data, &["serve", "--listen", "0.0.0.0:0"])).contains("loopback"));
}

#[test]
fn settings_and_document_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let output = hamzaban(folder.path())
        .arg("config")
        .env("HAMZABAN_LISTEN", "127.0.0.1:1")
        .output()
        .unwrap();
    assert!(
        out(&output).contains("listen = \"127.0.0.1:1\" # from HAMZABAN_LISTEN"),
        "{}",
        out(&output)
    );
    let document = out(&run(folder.path(), &["openapi"]));
    assert!(document.starts_with('{') && document.contains("/v1/lookup"));
}

#[test]
fn a_file_goes_in_is_found_and_comes_out_without_a_server() {
    let folder = folder_with(&[
        ("a.tsv", TSV),
        ("cut.tmx", "<?xml version=\"1.0\"?><tmx version=\"1.4\">"),
    ]);
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let imported = run(&data, &["import", &path("a.tsv"), "--memory", "news"]);
    assert!(imported.status.success(), "{}", err(&imported));
    assert!(
        out(&imported).contains("1 read, 1 added"),
        "{}",
        out(&imported)
    );
    assert!(
        err(&imported).contains("made the memory news"),
        "{}",
        err(&imported)
    );
    let again = run(
        &data,
        &["import", &path("a.tsv"), "--memory", "news", "--json"],
    );
    let report: serde_json::Value = serde_json::from_str(&out(&again)).unwrap();
    assert_eq!(
        (&report["added"], &report["unchanged"]),
        (&0.into(), &1.into())
    );

    let found = run(
        &data,
        &["lookup", "The door is open.", "--from", "en", "--to", "fa"],
    );
    assert!(
        out(&found).contains("100 %") && out(&found).contains("در باز است."),
        "{}",
        out(&found)
    );
    let nothing = run(
        &data,
        &[
            "lookup",
            "Quite another thing",
            "--from",
            "en",
            "--to",
            "fa",
        ],
    );
    assert!(
        nothing.status.success() && out(&nothing).is_empty() && err(&nothing).contains("nothing")
    );

    let target = path("out.tmx");
    assert!(
        run(&data, &["export", "--memory", "news", "-o", &target])
            .status
            .success()
    );
    assert!(
        std::fs::read_to_string(&target)
            .unwrap()
            .contains("The door is open.")
    );
    assert!(
        out(&run(
            &data,
            &["export", "--memory", "news", "--format", "tsv"]
        ))
        .contains("در باز است.")
    );

    let cut = run(
        &data,
        &[
            "import",
            &path("cut.tmx"),
            &path("none.tmx"),
            "--memory",
            "news",
        ],
    );
    assert_eq!(cut.status.code(), Some(1));
    assert!(
        err(&cut).contains("cut.tmx") && err(&cut).contains("none.tmx"),
        "{}",
        err(&cut)
    );
    assert_eq!(
        run(&data, &["export", "--memory", "none", "--format", "tmx"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn segments_are_looked_up_line_by_line() {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let data = folder.path().join("data");
    let file = folder.path().join("a.tsv");
    assert!(
        run(
            &data,
            &["import", file.to_str().unwrap(), "--memory", "news"]
        )
        .status
        .success()
    );
    let mut child = hamzaban(&data)
        .args(["lookup", "--from", "en", "--to", "fa", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"The door is open.\nNothing like it\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let replies: Vec<serde_json::Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(replies.len(), 2);
    assert_eq!(replies[0]["matches"][0]["score"], 100);
    assert_eq!(replies[1]["matches"].as_array().unwrap().len(), 0);
}

#[test]
fn commands_go_through_the_server_that_holds_the_folder_and_it_ends_in_order() {
    let folder = folder_with(&[("a.tsv", TSV), ("bad.tmx", "<html>")]);
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let served = Served::start(&data);
    assert!(data.join("server.json").exists());
    assert!(
        served.address.starts_with("127.0.0.1:"),
        "{}",
        served.address
    );

    let imported = run(&data, &["import", &path("a.tsv"), "--memory", "news"]);
    assert!(imported.status.success(), "{}", err(&imported));
    assert!(
        out(&imported).contains("1 read, 1 added"),
        "{}",
        out(&imported)
    );
    let found = run(
        &data,
        &[
            "lookup",
            "The door is open.",
            "--from",
            "en",
            "--to",
            "fa",
            "--memory",
            "news",
        ],
    );
    assert!(
        out(&found).contains("در باز است."),
        "{} {}",
        out(&found),
        err(&found)
    );
    let exported = run(&data, &["export", "--memory", "news", "--format", "tsv"]);
    assert!(
        out(&exported).contains("The door is open."),
        "{}",
        err(&exported)
    );
    let bad = run(&data, &["import", &path("bad.tmx"), "--memory", "news"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(err(&bad).contains("bad.tmx"), "{}", err(&bad));
    let second = run(&data, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1), "{}", err(&second));

    let remote = hamzaban(&folder.path().join("none"))
        .args([
            "--server",
            &format!("http://{}", served.address),
            "lookup",
            "The door is open.",
            "--from",
            "en",
            "--to",
            "fa",
        ])
        .output()
        .unwrap();
    assert!(out(&remote).contains("در باز است."), "{}", err(&remote));
    assert!(!folder.path().join("none").exists());

    assert_eq!(served.end().0, 0);
    assert!(!data.join("server.json").exists());
    let after = run(
        &data,
        &["lookup", "The door is open.", "--from", "en", "--to", "fa"],
    );
    assert!(out(&after).contains("در باز است."), "{}", err(&after));
}

#[test]
fn a_server_that_was_killed_leaves_nothing_in_the_way() {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let data = folder.path().join("data");
    drop(Served::start(&data));
    assert!(data.join("server.json").exists());
    let file = folder.path().join("a.tsv");
    let imported = run(
        &data,
        &["import", file.to_str().unwrap(), "--memory", "news"],
    );
    assert!(imported.status.success(), "{}", err(&imported));
}

#[test]
fn the_first_run_loads_a_sample_and_says_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = Served::start(&data);
    let greeting = served.greeting.clone();
    for part in [
        "Made the data folder",
        "Listening on http://127.0.0.1:",
        "Loaded the sample memory `sample` with 3",
        "curl -s http://",
        " import FILE.tmx --memory NAME",
        "/docs",
    ] {
        assert!(greeting.contains(part), "{part:?} is missing: {greeting}");
    }
    // What it says to try works as it stands.
    let line = greeting.lines().find(|line| line.contains(" lookup "));
    let segment = line.unwrap().split('"').nth(1).unwrap();
    let found = look_up(&data, segment, &[]);
    assert!(found.contains("100 %"), "{greeting}{found}");
    assert_eq!(served.end().0, 0);

    let again = Served::start(&data);
    assert!(!again.greeting.contains("sample"), "{}", again.greeting);
    assert_eq!(again.end().0, 0);
}

fn look_up(data: &Path, text: &str, more: &[&str]) -> String {
    let arguments = ["lookup", text, "--from", "en", "--to", "fa"];
    out(&run(data, &[&arguments, more].concat()))
}

#[test]
fn a_memory_is_made_once_and_the_same_file_adds_nothing_again() {
    let folder = folder_with(&[("a.tsv", TSV)]);
    let (data, file) = (folder.path().join("data"), folder.path().join("a.tsv"));
    let import = ["import", file.to_str().unwrap(), "--memory", "news"];
    let first = run(&data, &import);
    assert!(err(&first).contains("made the memory news"));
    assert!(out(&first).contains("1 read, 1 added, 0 updated, 0 unchanged, 0 skipped"));
    let second = run(&data, &import);
    assert!(!err(&second).contains("made the memory"));
    assert!(out(&second).contains("1 read, 0 added, 0 updated, 1 unchanged, 0 skipped"));
    assert_eq!(
        (first.status.code(), second.status.code()),
        (Some(0), Some(0))
    );
}

#[test]
fn commands_give_the_same_with_a_server_and_without() {
    let folder = folder_with(&[
        ("a.tsv", TSV),
        (
            "b.tsv",
            "en\tfa\nThe window is shut.\tپنجره بسته است.\nempty\t\n",
        ),
    ]);
    let data = folder.path().join("data");
    let import = |name: &str| {
        let file = folder.path().join(name);
        let arguments = [
            "import",
            file.to_str().unwrap(),
            "--memory",
            "news",
            "--json",
        ];
        let output = run(&data, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let mut report: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        report["id"].take();
        report
    };
    let export = |format| {
        out(&run(
            &data,
            &["export", "--memory", "news", "--format", format],
        ))
    };
    let everything = || {
        let formats = ["tmx", "tsv", "csv"].map(export);
        let found = look_up(
            &data,
            "The door is shut.",
            &["--threshold", "40", "--memory", "news"],
        );
        let json = look_up(&data, "The door is open!", &["--json", "--memory", "news"]);
        (formats, found, json, import("b.tsv"))
    };
    import("a.tsv");
    import("b.tsv");
    let without = everything();
    assert!(
        without.1.lines().count() == 6 && without.2.contains("\"score\":98"),
        "{without:#?}"
    );
    assert_eq!(
        (&without.3["unchanged"], &without.3["skipped"]),
        (&1.into(), &1.into())
    );
    let served = Served::start(&data);
    assert_eq!(everything(), without);
    assert_eq!(served.end().0, 0);
}

#[test]
fn a_mistake_leaves_no_memory_behind_and_is_told_in_one_line_that_names_it() {
    let folder = folder_with(&[("a.tsv", "en\tfa\nThe door is open.\tدر باز است.\n")]);
    let data = folder.path().join("data");
    let none = folder.path().join("none.tsv");
    let failed = run(&data, &["import", none.to_str().unwrap(), "--memory", "m"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        err(&failed).starts_with("hamzaban: cannot read"),
        "{}",
        err(&failed)
    );
    assert_eq!(err(&failed).lines().count(), 1, "{}", err(&failed));
    for arguments in [
        &["export", "--memory", "m", "--format", "tmx"][..],
        &["lookup", "a", "--from", "en", "--to", "fa", "--memory", "m"],
    ] {
        let failed = run(&data, arguments);
        assert_eq!(failed.status.code(), Some(1), "{arguments:?}");
        assert!(
            err(&failed).contains("there is no memory m"),
            "{}",
            err(&failed)
        );
    }
    let usage = [
        "lookup",
        "a",
        "--from",
        "en",
        "--to",
        "fa",
        "--threshold",
        "20",
    ];
    assert_eq!(run(&data, &usage).status.code(), Some(2));
}

#[test]
fn a_line_that_cannot_be_looked_up_does_not_stop_the_next_ones() {
    let folder = folder_with(&[("a.tsv", "en\tfa\nThe door is open.\tدر باز است.\n")]);
    let data = folder.path().join("data");
    let file = folder.path().join("a.tsv");
    run(&data, &["import", file.to_str().unwrap(), "--memory", "m"]);
    let mut child = hamzaban(&data)
        .args(["lookup", "--from", "en", "--to", "fa", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(b"The door is open.\r\n\n\xff\na\x07b\nThe door is open.\n")
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<bool> = out(&output)
        .lines()
        .map(|line| line.contains("در باز است."))
        .collect();
    assert_eq!(found, [true, false, false, false, true], "{}", out(&output));
    let told = err(&output);
    assert!(
        told.contains("line 3: ") && told.contains("line 4: "),
        "{told}"
    );
    assert_eq!(told.lines().count(), 2, "{told}");
}
