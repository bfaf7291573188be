//! What those who watch the server see: figures and logs.

use super::faults::{add, filled, finds};
use super::load::Client;
use super::process::{Served, wait_for};
use serde_json::json;

#[test]
fn figures_are_told_on_a_listener_of_their_own_and_name_nothing() {
    let (_folder, data) = filled();
    let server = Served::start_as(&data, |command| {
        command.env("HAMZABAN_METRICS_LISTEN", "127.0.0.1:0");
    });
    let client = Client::new(&server.address);
    assert!(finds(&client, "The door is open."));
    assert_eq!(client.get("/v1/memories/news").status, 200);
    assert_eq!(client.get("/v1/memories/no-such").status, 404);
    assert_eq!(client.get("/metrics").status, 404);
    let line = server
        .greeting
        .lines()
        .find_map(|l| l.strip_prefix("Figures at http://"));
    let address = line.unwrap().strip_suffix("/metrics").unwrap();
    let figures = Client::new(address).get("/metrics");
    assert_eq!(figures.status, 200);
    for line in [
        "hamzaban_requests_total{method=\"POST\",route=\"/v1/lookup\",status=\"200\"} 1",
        "hamzaban_requests_total{method=\"GET\",route=\"/v1/memories/{name}\",status=\"404\"} 1",
        "hamzaban_ready 1",
        "hamzaban_store_writable 1",
        "hamzaban_index_following 1",
        "hamzaban_index_segments 2",
        "hamzaban_index_mismatch 0",
        "hamzaban_index_lag_seq 0",
        "hamzaban_imports_running 0",
    ] {
        assert!(
            figures.text.lines().any(|l| l == line),
            "{line} is not in\n{}",
            figures.text
        );
    }
    assert!(!figures.text.contains("no-such") && !figures.text.contains("news"));
    assert_eq!(server.end().0, 0);
}

#[test]
fn logs_name_no_memory_no_text_and_no_key() {
    let (_folder, data) = filled();
    for format in ["text", "json"] {
        let server = Served::start_as(&data, |command| {
            command.args(["--log", "debug", "--log-format", format]);
        });
        let client = Client::new(&server.address);
        client.get("/v1/memories/secret-memory/units?cursor=secret-cursor");
        client.get("/k/hz_secretkey/v1/memories");
        add(&client, "a secret text");
        assert!(finds(&client, "The door is open."));
        client.post(
            "/v1/lookup",
            &json!({"text": "secret words", "source_lang": "xx-secret"}),
        );
        let log = wait_for("the last line", || {
            let log = server.log();
            (log.matches("/v1/lookup").count() == 2).then_some(log)
        });
        assert!(log.contains("/v1/memories/{name}/units"), "{log}");
        assert!(
            !log.contains("secret") && !log.contains("The door"),
            "{log}"
        );
    }
}
