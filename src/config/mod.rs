//! The settings: flags over environment over an optional TOML file over defaults, checked once,
//! each remembering where it came from.

mod run_file;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

pub use run_file::{RunFile, RunFileGuard};

/// The file looked for in the data folder when no `--config` is given.
pub const FILE_NAME: &str = "hamzaban.toml";

/// Where the server listens when nothing is said.
const DEFAULT_LISTEN: &str = "127.0.0.1:8640";

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
        for (name, value, origin) in [
            ("listen", toml_text(&self.listen.value), &self.listen.origin),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn gather(flags: &Flags, env: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::gather(flags, &|name| {
            let found = env.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(FILE_NAME),
            "listen = \"127.0.0.1:1\"\nlog = \"debug\"\nlog_format = \"json\"\n",
        )
        .unwrap();
        let flags = Flags {
            data: Some(folder.path().to_owned()),
            listen: Some("127.0.0.1:3".into()),
            ..Flags::default()
        };
        let settings = gather(
            &flags,
            &[
                ("HAMZABAN_LISTEN", "127.0.0.1:2"),
                ("HAMZABAN_LOG", "trace"),
                ("HAMZABAN_DATA", "/elsewhere"),
            ],
        )
        .unwrap();
        assert_eq!(settings.data.origin, Origin::Flag("--data"));
        assert_eq!(settings.listen.value, "127.0.0.1:3");
        assert_eq!(settings.log.value, "trace");
        assert_eq!(settings.log.origin, Origin::Environment("HAMZABAN_LOG"));
        assert_eq!(settings.log_format.value, LogFormat::Json);
        assert!(matches!(settings.log_format.origin, Origin::File(_)));
        assert_eq!(settings.allow_network_fs.origin, Origin::Default);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        std::fs::write(&path, "log = \"info\"\n\nlissten = \"x\"\n").unwrap();
        let flags = Flags {
            config: Some(path),
            ..Flags::default()
        };
        let message = Settings::gather(&flags, &nothing).unwrap_err().to_string();
        assert!(message.contains("my.toml:3: "), "{message}");
        assert!(message.contains("lissten"), "{message}");
    }

    #[test]
    fn values_that_do_not_fit_say_where_they_came_from_and_what_would_be_right() {
        for (name, value) in [
            ("HAMZABAN_LISTEN", "8640"),
            ("HAMZABAN_LISTEN", "localhost:99999"),
            ("HAMZABAN_LOG_FORMAT", "xml"),
            ("HAMZABAN_ALLOW_NETWORK_FS", "perhaps"),
        ] {
            let message = gather(&Flags::default(), &[("HAMZABAN_DATA", "/d"), (name, value)])
                .unwrap_err()
                .to_string();
            assert!(
                message.contains(name) && message.contains("give "),
                "{message}"
            );
        }
    }

    #[test]
    fn what_config_prints_is_toml_that_config_reads() {
        let settings = gather(&Flags::default(), &[("HAMZABAN_DATA", "/a \"b\"")]).unwrap();
        let text = settings.to_toml();
        let read: FileSettings = toml::from_str(&text).unwrap();
        assert_eq!(read.data.unwrap(), Path::new("/a \"b\""));
        assert_eq!(read.listen.unwrap(), DEFAULT_LISTEN);
        assert!(text.contains("# from HAMZABAN_DATA"), "{text}");
    }

    #[test]
    fn a_missing_config_file_is_an_error_but_a_missing_file_in_the_data_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags {
            data: Some(folder.path().to_owned()),
            ..Flags::default()
        };
        assert!(gather(&flags, &[]).is_ok());
        let flags = Flags {
            config: Some(folder.path().join("none.toml")),
            ..flags
        };
        assert!(matches!(
            gather(&flags, &[]),
            Err(ConfigError::Unreadable { .. })
        ));
    }
}
