//! Who works while the program is killed: writers, an importer, and one who asks.

use std::io::{self, Read};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use super::helpers::{Random, Reply, agent};
use super::ledger::{Asked, Note};

/// The memory that writers share.
pub(crate) const EDITS: &str = "edits";

/// Speaks to a server that may be gone any moment.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        Client {
            agent: agent(),
            base: format!("http://{address}"),
        }
    }

    /// `None` where the connection broke: then nobody knows whether it was done.
    pub(crate) fn try_send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Reply> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        let response = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body.to_string()).unwrap())
            }
            None => self.agent.run(request.body(()).unwrap()),
        };
        Reply::read(response.ok()?).ok()
    }

    /// A POST with an `Idempotency-Key`.
    pub(crate) fn try_once(&self, key: &str, path: &str, body: &str) -> Option<Reply> {
        let sent = self.agent.post(format!("{}{path}", self.base));
        let sent = sent
            .header("Idempotency-Key", key)
            .content_type("application/json");
        Reply::read(sent.send(body).ok()?).ok()
    }

    /// From a server that lives.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.try_send("GET", path, None).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.try_send("POST", path, Some(body)).unwrap()
    }

    /// Everything that is found for each text at 100 or more, as (unit, source, target).
    pub(crate) fn same(&self, texts: &[&str]) -> Vec<Vec<Value>> {
        let mut found = Vec::new();
        for some in texts.chunks(100) {
            let segments: Vec<Value> = some.iter().map(|text| json!({ "text": text })).collect();
            let batch = json!({ "source_lang": "en", "target_lang": "fa", "threshold": 100, "limit": 20,
                "segments": segments });
            let reply = self.post("/v1/lookup/batch", &batch);
            assert_eq!(reply.status, 200, "{}", reply.text);
            for result in reply.json()["results"].as_array().unwrap() {
                found.push(result["matches"].as_array().unwrap().clone());
            }
        }
        assert_eq!(found.len(), texts.len());
        found
    }

    /// All units of a memory, page by page.
    pub(crate) fn browse(&self, memory: &str) -> Vec<Value> {
        let mut units = Vec::new();
        let mut cursor = String::new();
        loop {
            let reply = self.get(&format!("/v1/memories/{memory}/units?limit=500{cursor}"));
            assert_eq!(reply.status, 200, "{}", reply.text);
            let mut page = reply.json();
            units.append(page["units"].as_array_mut().unwrap());
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return units,
            }
        }
    }

    /// Streams a file up; `None` where the connection broke.
    pub(crate) fn import(&self, memory: &str, mut file: TmxStream) -> Option<Reply> {
        let address = format!("{}/v1/memories/{memory}/import?format=tmx", self.base);
        let sent = self.agent.post(address);
        let body = ureq::SendBody::from_reader(&mut file);
        Reply::read(sent.send(body).ok()?).ok()
    }
}

/// The pair of texts that has this number: words of the shipped sample in an order of its own.
pub(crate) fn pair(number: u64) -> (String, String) {
    static WORDS: OnceLock<[Vec<&str>; 2]> = OnceLock::new();
    let [english, persian] = WORDS.get_or_init(|| [0, 1].map(words_of_the_sample));
    let mut random = Random(number);
    let mut text = |words: &[&str]| {
        let count = 8 + random.below(6);
        let chosen: Vec<&str> = (0..count)
            .map(|_| words[random.below(words.len())])
            .collect();
        chosen.join(" ") + "."
    };
    (text(english), text(persian))
}

fn words_of_the_sample(column: usize) -> Vec<&'static str> {
    let lines = include_str!("../../glossary/sample-memory.tsv").lines();
    let cells = lines.filter_map(|line| line.split('\t').nth(column));
    let mut words: Vec<&str> = cells
        .flat_map(str::split_whitespace)
        .filter(|word| word.chars().all(char::is_alphabetic) && word.chars().count() > 2)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Adds, changes and deletes units until the server is gone, and keeps note of what was acknowledged.
pub(crate) struct Writer {
    pub(crate) client: Client,
    pub(crate) random: Random,
    /// The number of its next text; no other writer uses it.
    pub(crate) number: u64,
    pub(crate) notes: Vec<Note>,
}

impl Writer {
    pub(crate) fn work(mut self) -> Vec<Note> {
        while self.step().is_some() {}
        self.notes
    }

    fn step(&mut self) -> Option<()> {
        let place = self.random.below(self.notes.len().max(1));
        let lives = self
            .notes
            .get(place)
            .is_some_and(|note| note.target.is_some());
        match self.random.below(10) {
            0 if lives => self.delete(place),
            1 | 2 if lives => self.change(place),
            _ => self.add(),
        }
    }

    fn texts(&mut self) -> (String, String) {
        self.number += 1;
        pair(self.number)
    }

    fn add(&mut self) -> Option<()> {
        let (source, target) = self.texts();
        let reply = self.put_in(&source, &target)?;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let written = reply.json();
        self.notes.push(Note {
            id: written["id"].as_str().unwrap().to_owned(),
            rev: written["rev"].as_i64().unwrap(),
            source,
            target: Some(target),
            asked: None,
        });
        if self.random.below(8) == 0 {
            self.sees(self.notes.len() - 1)?;
        }
        Some(())
    }

    fn put_in(&self, source: &str, target: &str) -> Option<Reply> {
        let unit = json!({ "variants": { "en": source, "fa": target } });
        let path = format!("/v1/memories/{EDITS}/units");
        self.client.try_send("POST", &path, Some(&unit))
    }

    /// By its id, or by writing the same source with another target.
    fn change(&mut self, place: usize) -> Option<()> {
        let (_, target) = self.texts();
        let note = &mut self.notes[place];
        note.asked = Some(Asked::Target(target.clone()));
        let (id, rev, source) = (note.id.clone(), note.rev, note.source.clone());
        let reply = if self.random.below(2) == 0 {
            let unit = json!({ "rev": rev, "variants": { "en": source, "fa": target } });
            self.client
                .try_send("PUT", &format!("/v1/units/{id}"), Some(&unit))?
        } else {
            self.put_in(&source, &target)?
        };
        assert_eq!(reply.status, 200, "{}", reply.text);
        let written = reply.json();
        assert_eq!(
            (&written["id"], &written["rev"]),
            (&json!(id), &json!(rev + 1))
        );
        self.notes[place].happened(rev + 1);
        self.sees(place)
    }

    fn delete(&mut self, place: usize) -> Option<()> {
        let note = &mut self.notes[place];
        note.asked = Some(Asked::Deletion);
        let (id, rev) = (note.id.clone(), note.rev);
        let path = format!("/v1/units/{id}?rev={rev}");
        let reply = self.client.try_send("DELETE", &path, None)?;
        assert_eq!(reply.status, 204, "{}", reply.text);
        self.notes[place].happened(rev + 1);
        self.sees(place)
    }

    /// The next look-up after an acknowledged write sees it.
    fn sees(&self, place: usize) -> Option<()> {
        let note = &self.notes[place];
        let lookup = json!({ "source_lang": "en", "target_lang": "fa", "text": note.source, "threshold": 100 });
        let reply = self.client.try_send("POST", "/v1/lookup", Some(&lookup))?;
        assert_eq!(reply.status, 200, "{}", reply.text);
        note.agrees_with(reply.json()["matches"].as_array().unwrap());
        Some(())
    }
}

/// Asks until the server is gone. 503 is for the time before it is ready.
pub(crate) fn ask(client: &Client, numbers: &[u64], ready: &AtomicBool, mut random: Random) -> u64 {
    let mut answered = 0;
    loop {
        let was_ready = ready.load(Ordering::Acquire);
        let number = numbers[random.below(numbers.len())] + random.below(2_000) as u64;
        let lookup = json!({ "source_lang": "en", "target_lang": "fa", "text": pair(number).0 });
        let Some(reply) = client.try_send("POST", "/v1/lookup", Some(&lookup)) else {
            return answered;
        };
        match reply.status {
            200 => answered += 1,
            503 if !was_ready => assert_eq!(reply.code(), "index_loading"),
            _ => panic!("{}", reply.text),
        }
    }
}

/// A TMX file that is made while it is read: units of the numbers after `first`.
pub(crate) struct TmxStream {
    next: u64,
    last: u64,
    made: io::Cursor<Vec<u8>>,
    /// Before its end, it waits until the other side is dropped.
    hold: Option<Receiver<()>>,
    ended: bool,
}

impl TmxStream {
    pub(crate) fn new(first: u64, units: u64, hold: Option<Receiver<()>>) -> Self {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\"><header creationtool=\"test\" \
            creationtoolversion=\"1\" segtype=\"sentence\" o-tmf=\"test\" adminlang=\"en\" srclang=\"en\" \
            datatype=\"plaintext\"/><body>\n";
        TmxStream {
            next: first,
            last: first + units,
            made: io::Cursor::new(head.into()),
            hold,
            ended: false,
        }
    }

    fn make_more(&mut self) -> String {
        let end = self.last.min(self.next + 200);
        let unit = |number| {
            let (en, fa) = pair(number);
            format!(
                "<tu><tuv xml:lang=\"en\"><seg>{en}</seg></tuv><tuv xml:lang=\"fa\"><seg>{fa}</seg></tuv></tu>\n"
            )
        };
        let units = (self.next..end).map(unit).collect();
        self.next = end;
        units
    }
}

impl Read for TmxStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.made.read(buffer)?;
        if read > 0 || self.ended {
            return Ok(read);
        }
        let mut more = self.make_more();
        if more.is_empty() {
            if let Some(hold) = self.hold.take() {
                let _ = hold.recv();
            }
            more = "</body></tmx>\n".into();
            self.ended = true;
        }
        self.made = io::Cursor::new(more.into_bytes());
        self.made.read(buffer)
    }
}
