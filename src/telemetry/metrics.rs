//! Figures for Prometheus. Requests are told apart by the route's pattern, never by the address that was asked for,
//! so that no name, id or key gets into them.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// What [`Metrics::text`] is written in.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
    sqlite: String,
}

type Latencies = Family<Route, Histogram, fn() -> Histogram>;

/// The figures of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Latencies,
    truncated: Counter,
    gauges: Vec<(&'static str, Gauge)>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Figures that are read when they are asked for: name and help. What only rises is counted by those it belongs to;
/// a gauge says it as well.
const GAUGES: &[(&str, &str)] = &[
    ("requests_in_flight", "Requests being answered"),
    ("ready", "1 once look-ups are answered"),
    (
        "store_writable",
        "0 while nothing can be written: full, failed or read-only disk",
    ),
    (
        "index_following",
        "0 where the index has lost touch with the store: restart the server",
    ),
    ("index_segments", "Segments in the index"),
    ("index_bytes", "Bytes that the index holds in memory"),
    (
        "index_lag_seq",
        "Changes that are written and not yet seen by look-ups",
    ),
    (
        "index_sampled",
        "Units looked for at random since the start",
    ),
    (
        "index_mismatch",
        "Those of them that look-ups did not find; must stay 0",
    ),
    ("store_head_seq", "The last change in the log"),
    ("store_wal_bytes", "Size of the store's journal"),
    ("store_database_bytes", "Size of the store's database"),
    (
        "store_errors",
        "Reads and writes that the database failed since the start",
    ),
    ("imports_running", "Imports that are being read"),
];

impl Metrics {
    /// All at zero.
    pub fn new(sqlite: &str) -> Self {
        let mut registry = Registry::with_prefix("hamzaban");
        let (requests, truncated) = (Family::<Answered, Counter>::default(), Counter::default());
        let seconds: Latencies = Family::new_with_constructor(|| {
            // 0.5 ms to 16 s.
            Histogram::new(exponential_buckets(0.0005, 2.0, 16))
        });
        let build = Info::new(Build {
            version: env!("CARGO_PKG_VERSION"),
            sqlite: sqlite.to_owned(),
        });
        registry.register("build", "The program", build);
        registry.register("requests", "Requests answered", requests.clone());
        registry.register(
            "request_duration_seconds",
            "From a request's head to its reply's",
            seconds.clone(),
        );
        registry.register(
            "lookups_truncated",
            "Look-ups that the work budget ended early",
            truncated.clone(),
        );
        let gauges = GAUGES.iter().map(|(name, help)| {
            let gauge = Gauge::default();
            registry.register(*name, *help, gauge.clone());
            (*name, gauge)
        });
        let gauges = gauges.collect();
        Self {
            registry,
            requests,
            seconds,
            truncated,
            gauges,
        }
    }

    /// A request was answered. `route` is a pattern such as `/v1/units/{id}`.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Anything may be sent as a method; it must not make new series without end.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let (method, route) = (method.to_owned(), route.to_owned());
        let by_route = Route {
            route: route.clone(),
        };
        self.seconds
            .get_or_create(&by_route)
            .observe(took.as_secs_f64());
        let answered = Answered {
            method,
            route,
            status,
        };
        self.requests.get_or_create(&answered).inc();
    }

    /// So many look-ups were ended early.
    pub fn truncated(&self, lookups: u64) {
        self.truncated.inc_by(lookups);
    }

    /// Sets a gauge by its name in `GAUGES`.
    pub fn set(&self, name: &str, value: u64) {
        if let Some((_, gauge)) = self.gauges.iter().find(|(known, _)| *known == name) {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// All figures as Prometheus reads them.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_in_the_words_that_prometheus_reads() {
        let metrics = Metrics::new("3.54.1");
        let took = Duration::from_millis(3);
        metrics.answered("GET", "/v1/units/{id}", 200, took);
        metrics.answered("GET", "/v1/units/{id}", 200, took);
        metrics.answered("BREW", "none", 405, took);
        metrics.truncated(2);
        metrics.set("index_segments", 7);
        metrics.set("no such gauge", 7);
        let text = metrics.text();
        for line in [
            "hamzaban_requests_total{method=\"GET\",route=\"/v1/units/{id}\",status=\"200\"} 2",
            "hamzaban_requests_total{method=\"other\",route=\"none\",status=\"405\"} 1",
            "hamzaban_request_duration_seconds_count{route=\"/v1/units/{id}\"} 2",
            "hamzaban_lookups_truncated_total 2",
            "hamzaban_index_segments 7",
            "hamzaban_index_mismatch 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("sqlite=\"3.54.1\""), "{text}");
    }
}
