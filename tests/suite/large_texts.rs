//! Texts of 100 MB: the server refuses them at its limit, the commands read them, and neither takes memory beyond what
//! is known.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::process::{Served, err, hamzaban, run};

const MEGABYTES: usize = 100;

/// Sentences with a name in every tenth.
fn text() -> String {
    let mut text = String::with_capacity((MEGABYTES + 1) << 20);
    let mut line = 0;
    while text.len() < MEGABYTES << 20 {
        line += 1;
        let who = if line % 10 == 0 {
            "Mojahedin Khalq"
        } else {
            "The council of the city"
        };
        writeln!(
            text,
            "{who} met on Tuesday {line}, and said that the talks go on as they were planned."
        )
        .unwrap();
    }
    text
}

/// The most memory that a process had, in MB.
fn peak(pid: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes >> 10)
}

#[test]
fn a_server_refuses_a_text_of_100_mb_at_its_limit_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Served::start(&data);
    let before = peak(server.pid());
    for path in ["/v1/names/find", "/v1/names/normalize"] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let length = (MEGABYTES << 20) + 11;
        write!(stream, "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{\"text\":\"", server.address).unwrap();
        let piece = vec![b'a'; 1 << 20];
        // It may hang up before all is sent.
        let _ = (0..MEGABYTES).try_for_each(|_| stream.write_all(&piece));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
        assert!(
            answer.contains("too_large") && answer.contains("1048576 bytes"),
            "{answer}"
        );
    }
    assert!(server.runs());
    if let (Some(before), Some(after)) = (before, peak(server.pid())) {
        assert!(after < before + 32, "{before} → {after} MB");
    }
}

#[test]
fn commands_read_a_text_of_100_mb_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("large.txt"));
    let glossary = folder.path().join("glossary.csv");
    fs::write(
        &glossary,
        "concept,lang,name,status,type\norg:pmoi,en,Mojahedin-e Khalq,preferred,full\n",
    )
    .unwrap();
    let imported = run(&data, &["glossary", "import", glossary.to_str().unwrap()]);
    assert!(imported.status.success(), "{}", err(&imported));
    let text = text();
    fs::write(&file, &text).unwrap();
    let out = folder.path().join("out");
    for command in ["find", "normalize"] {
        let mut child = hamzaban(&data)
            .args(["names", command, file.to_str().unwrap()])
            .stdout(fs::File::create(&out).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut most = None;
        let status = loop {
            most = most.max(peak(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        assert!(status.success(), "{command}");
        // The file, its text, and some hundred bytes for each of 120,000 names.
        assert!(
            most.is_none_or(|most| most < 6 * MEGABYTES),
            "{command}: {most:?} MB"
        );
        println!("names {command} of {MEGABYTES} MB: {most:?} MB at the most");
        let written = fs::read_to_string(&out).unwrap();
        match command {
            "find" => assert_eq!(
                written.lines().count(),
                text.matches("Mojahedin Khalq").count()
            ),
            _ => assert!(written == text.replace("Mojahedin Khalq", "Mojahedin-e Khalq")),
        }
    }
}
