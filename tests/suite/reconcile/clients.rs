//! Reconciliation with the programs that people have: `OpenRefine` itself, from Debian, and two Python clients, from
//! `PyPI`. scripts/test installs them; without them these tests say that they skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{fixture, shipped};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

fn run(python: &Path, name: &str, arguments: &[&str]) -> Value {
    let output = Command::new(python)
        .arg(script(name))
        .args(arguments)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[test]
fn openrefine_reconciles_a_column_and_extends_it() {
    if !is_there("openrefine") || !is_there("python3") {
        println!(
            "skipped: openrefine (Debian has it) or python3 is not here; scripts/test installs them"
        );
        return;
    }
    let server = shipped();
    let cells = fixture("reconcile/cells.tsv");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cells.txt");
    let column: Vec<&str> = cells.iter().map(|row| row[0].as_str()).collect();
    std::fs::write(&file, column.join("\n")).unwrap();
    let service = format!("http://{}/reconcile", server.address);
    let done = run(
        Path::new("python3"),
        "openrefine.py",
        &[&service, file.to_str().unwrap()],
    );
    println!("OpenRefine {}: types {}", done["version"], done["types"]);
    assert_eq!(done["types"][0], "organization");
    let matched = done["cells"].as_array().unwrap();
    assert_eq!(matched.len(), cells.len());
    let (mut right, mut wrong) = (0, 0);
    for (row, seen) in cells.iter().zip(matched) {
        assert_eq!(seen[0], row[0]);
        right += usize::from(seen[1] == row[1]);
        wrong += usize::from(!seen[1].is_null() && seen[1] != row[1]);
    }
    println!(
        "OpenRefine: {right} of {} cells matched right, {wrong} wrong",
        cells.len()
    );
    assert!(
        cells.len() == 30 && right >= 27 && wrong == 0,
        "{matched:?}"
    );
    let columns = done["columns"].as_object().unwrap();
    assert_eq!(columns.len(), 2, "{columns:?}");
    assert_eq!(
        columns["Preferred Persian name"][0],
        "سازمان مجاهدین خلق ایران"
    );
    assert_eq!(columns["Acronyms"][7], "NCRI");
}

#[test]
fn python_clients_reconcile_a_few_cells() {
    let given = std::env::var_os("HAMZABAN_CLIENTS").map(PathBuf::from);
    let python = given.map(|folder| folder.join("bin/python"));
    let Some(python) = python.filter(|python| python.exists()) else {
        println!(
            "skipped: HAMZABAN_CLIENTS names no folder with the Python packages; scripts/test makes it"
        );
        return;
    };
    let server = shipped();
    let service = format!("http://{}/reconcile", server.address);
    let done = run(&python, "reconcile.py", &[&service]);
    let (pmoi, nobody) = ("org:pmoi", Value::Null);
    assert_eq!(
        done["reconciler"],
        json!([
            ["MEK", pmoi, true, "organization"],
            ["Maryam Radjavi", "person:maryam-rajavi", true, "person"],
            ["سازمان مجاهدين خلق ايران", pmoi, true, "organization"],
            ["Tehran", "place:tehran", true, "place"],
            ["zzzz qqqq", nobody, false, nobody],
        ])
    );
    assert_eq!(
        done["service"],
        json!([
            ["MEK", pmoi, true],
            ["Maryam Radjavi", "person:maryam-rajavi", true],
            ["سازمان مجاهدين خلق ايران", pmoi, true],
            ["Tehran", "place:tehran", true],
            ["zzzz qqqq", nobody, nobody],
            ["Rajavi", "person:maryam-rajavi", true],
        ])
    );
    assert_eq!(done["manifest"], "Hamzaban glossary");
}
