//! The real program in processes of its own, none of which outlives its test.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What starts a server on a free port.
const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
/// Between two looks at something that will come.
const TICK: Duration = Duration::from_millis(5);
/// Nothing waited for here takes longer, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program on this data folder, without settings of whoever runs the tests.
pub(crate) fn hamzaban(data: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hamzaban"));
    command.arg("--data").arg(data);
    for name in [
        "HAMZABAN_DATA",
        "HAMZABAN_LISTEN",
        "HAMZABAN_METRICS_LISTEN",
        "HAMZABAN_FAILPOINT",
        "HAMZABAN_LOG",
        "HAMZABAN_LOG_FORMAT",
        "HAMZABAN_CONFIG",
        "HAMZABAN_KEY",
    ] {
        command.env_remove(name);
    }
    // Many servers at once must not fill a small disk.
    command.env("HAMZABAN_BALLAST", "0");
    command
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    hamzaban(data)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until `look` sees it.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(TICK);
    }
}

/// A server in a process of its own, killed on `Drop`.
pub(crate) struct Served {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// What it printed until it was ready; empty after [`Served::launch`].
    pub(crate) greeting: String,
    data: PathBuf,
    log: PathBuf,
}

impl Served {
    /// Waits only until it listens: the index may still be loading.
    pub(crate) fn launch(data: &Path) -> Self {
        let (child, log) = spawn(data, &SERVE, Stdio::null(), |_| {});
        let mut served = Served {
            child,
            address: String::new(),
            greeting: String::new(),
            data: data.to_owned(),
            log,
        };
        served.address = wait_for("server.json", || served.own_address());
        served
    }

    /// Waits until it says that it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::begin(data, &SERVE, |_| {})
    }

    /// The same with a command that was changed before.
    pub(crate) fn start_as(data: &Path, change: impl FnOnce(&mut Command)) -> Self {
        Self::begin(data, &SERVE, change)
    }

    /// The same with these arguments.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::begin(data, arguments, |_| {})
    }

    fn begin(data: &Path, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let (mut child, log) = spawn(data, arguments, Stdio::piped(), change);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut served = Served {
            child,
            address: String::new(),
            greeting: String::new(),
            data: data.to_owned(),
            log,
        };
        for line in lines.by_ref() {
            let line = line.unwrap() + "\n";
            served.greeting.push_str(&line);
            // On a fresh folder it goes on with what to try, and ends with the documentation.
            if line == "Ready.\n" || line.contains("/docs") {
                break;
            }
        }
        served.address = wait_for("server.json", || served.own_address());
        // Whoever stops reading must not stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        served
    }

    /// From `server.json`, once it is that of this process and not of one that was killed.
    fn own_address(&mut self) -> Option<String> {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {}", self.log());
        let text = std::fs::read_to_string(self.data.join("server.json")).ok()?;
        let run: Value = serde_json::from_str(&text).unwrap();
        (run["pid"] == self.child.id()).then(|| run["address"].as_str().unwrap().to_owned())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The time that it has computed for, in all its threads.
    pub(crate) fn computed(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks = fields.split(' ').skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// What it said on stderr so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL, as by the system when memory is short.
    pub(crate) fn kill(mut self) {
        assert!(self.runs(), "it ended by itself: {}", self.log());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.did_not_panic();
    }

    /// Sends a signal such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.pid().to_string());
        let told = Command::new("kill").args([signal, pid]).status().unwrap();
        assert!(told.success());
    }

    /// Waits until it has ended by itself, however that was.
    pub(crate) fn gone(mut self) {
        wait_for("the end", || self.child.try_wait().unwrap());
    }

    /// SIGTERM; the exit code, and how long it took.
    pub(crate) fn end(mut self) -> (i32, Duration) {
        let started = Instant::now();
        self.signal("TERM");
        let ended = wait_for("the end", || self.child.try_wait().unwrap());
        self.did_not_panic();
        (ended.code().unwrap_or(-1), started.elapsed())
    }

    fn did_not_panic(&self) {
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Logs go beside the data folder, since nothing but the server's own belongs into it.
fn spawn(
    data: &Path,
    arguments: &[&str],
    stdout: Stdio,
    change: impl FnOnce(&mut Command),
) -> (Child, PathBuf) {
    let log = data.with_extension("log");
    let mut command = hamzaban(data);
    command.env("HAMZABAN_LOG", "warn");
    change(&mut command);
    let child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    (child, log)
}
