//! The settings: flags over environment over an optional TOML file over defaults, checked once,
//! each remembering where it came from.

mod run_file;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

pub use run_file::{RunFile, RunFileGuard};

/// The file looked for in the data folder when no `--config` is given.
pub const FILE_NAME: &str = "hamzaban.toml";

/// Where the server listens when nothing is said.
const DEFAULT_LISTEN: &str = "127.0.0.1:8640";

/// What the server keeps back of the disk when nothing is said, in megabytes.
const DEFAULT_BALLAST: u64 = 64;
const MAX_BALLAST: u64 = 65_536;

/// What is logged when nothing is said: requests, but not how actix starts its workers.
const DEFAULT_LOG: &str = "info,actix_server=warn";

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` is not there, or cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is not TOML, or has a key that does not exist.
    #[error("{}:{line}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A value does not fit.
    #[error("{name} = {value:?} ({origin}): {reason}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// Where it was given.
        origin: Origin,
        /// What would be right.
        reason: &'static str,
    },
    /// The platform has no place for data and none was given.
    #[error("no data folder: give one with --data DIR or HAMZABAN_DATA")]
    NoDataFolder,
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "from {}", path.display()),
            Origin::Environment(name) => write!(f, "from {name}"),
            Origin::Flag(name) => write!(f, "from {name}"),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What the command line said; `None` where it said nothing.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--metrics-listen`
    pub metrics_listen: Option<String>,
    /// `--ballast`
    pub ballast: Option<String>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
    /// `--allow-network-fs`
    pub allow_network_fs: bool,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value in force.
    pub value: T,
    /// Who gave it.
    pub origin: Origin,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data folder.
    pub data: Sourced<PathBuf>,
    /// Address and port to listen on.
    pub listen: Sourced<String>,
    /// Address and port to tell figures for Prometheus on; none unless it is given.
    pub metrics_listen: Option<Sourced<String>>,
    /// Megabytes of the disk that the server keeps back for when it is full; 0 for none.
    pub ballast: Sourced<u64>,
    /// What is logged: a level, or a filter such as `info,hamzaban=debug`.
    pub log: Sourced<String>,
    /// How it is logged.
    pub log_format: Sourced<LogFormat>,
    /// Whether a data folder on a network file system is accepted.
    pub allow_network_fs: Sourced<bool>,
}

/// The keys of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
    data: Option<PathBuf>,
    listen: Option<String>,
    metrics_listen: Option<String>,
    ballast: Option<u64>,
    log: Option<String>,
    log_format: Option<String>,
    allow_network_fs: Option<bool>,
}

/// The environment, as a function so that tests can bring their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Puts the settings together. Environment variables that are set but empty count as not set.
    pub fn gather(flags: &Flags, environment: Environment) -> Result<Settings, ConfigError> {
        let env = |name: &'static str| environment(name).filter(|value| !value.is_empty());
        let explicit = match (&flags.config, env("HAMZABAN_CONFIG")) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(path)) => Some(PathBuf::from(path)),
            (None, None) => None,
        };
        let mut file = match &explicit {
            Some(path) => Some((path.clone(), read_file(path)?)),
            None => None,
        };
        let from_file = file
            .as_ref()
            .and_then(|(path, settings)| Some((settings.data.clone()?, path.clone())));
        let data = pick(
            flags.data.clone().map(|value| (value, "--data")),
            env("HAMZABAN_DATA").map(|value| (PathBuf::from(value), "HAMZABAN_DATA")),
            from_file,
            platform_data_folder,
        )
        .ok_or(ConfigError::NoDataFolder)?;
        if file.is_none() {
            let beside = data.value.join(FILE_NAME);
            if beside.is_file() {
                let settings = read_file(&beside)?;
                if settings.data.is_some() {
                    return Err(ConfigError::File {
                        path: beside,
                        line: 1,
                        reason: "`data` has no place in the data folder's own file: remove it, or give the file with --config".into(),
                    });
                }
                file = Some((beside, settings));
            }
        }
        let (path, file) = file.unzip();
        let file = file.unwrap_or_default();
        let located = |value: Option<String>| Some((value?, path.clone()?));

        let listen = pick(
            flags.listen.clone().map(|value| (value, "--listen")),
            env("HAMZABAN_LISTEN").map(|value| (value, "HAMZABAN_LISTEN")),
            located(file.listen),
            || Some(DEFAULT_LISTEN.to_owned()),
        );
        let metrics = pick(
            flags
                .metrics_listen
                .clone()
                .map(|value| (value, "--metrics-listen")),
            env("HAMZABAN_METRICS_LISTEN").map(|value| (value, "HAMZABAN_METRICS_LISTEN")),
            located(file.metrics_listen),
            || None,
        );
        let ballast = pick(
            flags.ballast.clone().map(|value| (value, "--ballast")),
            env("HAMZABAN_BALLAST").map(|value| (value, "HAMZABAN_BALLAST")),
            located(file.ballast.map(|value| value.to_string())),
            || Some(DEFAULT_BALLAST.to_string()),
        );
        let log = pick(
            flags.log.clone().map(|value| (value, "--log")),
            env("HAMZABAN_LOG").map(|value| (value, "HAMZABAN_LOG")),
            located(file.log),
            || Some(DEFAULT_LOG.to_owned()),
        );
        let log_format = pick(
            flags
                .log_format
                .clone()
                .map(|value| (value, "--log-format")),
            env("HAMZABAN_LOG_FORMAT").map(|value| (value, "HAMZABAN_LOG_FORMAT")),
            located(file.log_format),
            || Some("text".to_owned()),
        );
        let network = pick(
            flags
                .allow_network_fs
                .then(|| ("true".to_owned(), "--allow-network-fs")),
            env("HAMZABAN_ALLOW_NETWORK_FS").map(|value| (value, "HAMZABAN_ALLOW_NETWORK_FS")),
            located(file.allow_network_fs.map(|value| value.to_string())),
            || Some("false".to_owned()),
        );
        let missing = || ConfigError::NoDataFolder; // every other setting has a default
        Ok(Settings {
            data,
            listen: checked("listen", listen.ok_or_else(missing)?, as_address)?,
            metrics_listen: metrics
                .map(|given| checked("metrics_listen", given, as_address))
                .transpose()?,
            ballast: checked("ballast", ballast.ok_or_else(missing)?, as_megabytes)?,
            log: log.ok_or_else(missing)?,
            log_format: checked("log_format", log_format.ok_or_else(missing)?, as_log_format)?,
            allow_network_fs: checked("allow_network_fs", network.ok_or_else(missing)?, as_flag)?,
        })
    }

    /// The settings as TOML, each with a comment that says where it came from.
    pub fn to_toml(&self) -> String {
        let format = match self.log_format.value {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        let data = toml_text(&self.data.value.display().to_string());
        let mut text = String::from("# The settings in force.\n");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "data = {data} # {}", self.data.origin);
        if let Some(metrics) = &self.metrics_listen {
            let value = toml_text(&metrics.value);
            let _ = writeln!(text, "metrics_listen = {value} # {}", metrics.origin);
        } else {
            text.push_str("# metrics_listen = \"127.0.0.1:9640\" # not set: no figures are told\n");
        }
        for (name, value, origin) in [
            ("listen", toml_text(&self.listen.value), &self.listen.origin),
            (
                "ballast",
                self.ballast.value.to_string(),
                &self.ballast.origin,
            ),
            ("log", toml_text(&self.log.value), &self.log.origin),
            ("log_format", toml_text(format), &self.log_format.origin),
            (
                "allow_network_fs",
                self.allow_network_fs.value.to_string(),
                &self.allow_network_fs.origin,
            ),
        ] {
            let _ = writeln!(text, "{name} = {value} # {origin}");
        }
        text
    }
}

fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The first of the four that says something.
fn pick<T>(
    flag: Option<(T, &'static str)>,
    environment: Option<(T, &'static str)>,
    file: Option<(T, PathBuf)>,
    default: impl FnOnce() -> Option<T>,
) -> Option<Sourced<T>> {
    let (value, origin) = if let Some((value, name)) = flag {
        (value, Origin::Flag(name))
    } else if let Some((value, name)) = environment {
        (value, Origin::Environment(name))
    } else if let Some((value, path)) = file {
        (value, Origin::File(path))
    } else {
        (default()?, Origin::Default)
    };
    Some(Sourced { value, origin })
}

fn checked<T>(
    name: &'static str,
    given: Sourced<String>,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Sourced<T>, ConfigError> {
    match parse(&given.value) {
        Ok(value) => Ok(Sourced {
            value,
            origin: given.origin,
        }),
        Err(reason) => Err(ConfigError::Value {
            name,
            value: given.value,
            origin: given.origin,
            reason,
        }),
    }
}

fn as_address(text: &str) -> Result<String, &'static str> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("give ADDRESS:PORT, such as 127.0.0.1:8640 or [::1]:8640"),
    }
}

fn as_megabytes(text: &str) -> Result<u64, &'static str> {
    match text.parse() {
        Ok(megabytes) if megabytes <= MAX_BALLAST => Ok(megabytes),
        _ => Err("give megabytes, 0 to 65536; 0 keeps nothing back"),
    }
}

fn as_log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("give text or json"),
    }
}

fn as_flag(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err("give true or false"),
    }
}

fn platform_data_folder() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(strategy.data_dir().join("hamzaban"))
}

fn read_file(path: &Path) -> Result<FileSettings, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        ConfigError::File {
            path: path.to_owned(),
            line: before.map_or(1, |before| before.matches('\n').count() + 1),
            reason: error.message().replace('\n', " "),
        }
    })
}
