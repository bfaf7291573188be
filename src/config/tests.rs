//! Where settings come from, and what is said of those that do not fit.

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
        ("HAMZABAN_METRICS_LISTEN", "9640"),
        ("HAMZABAN_BALLAST", "much"),
        ("HAMZABAN_BALLAST", "999999999"),
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
