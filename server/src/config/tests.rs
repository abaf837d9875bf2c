//! Layers, refusals and what must never be printed.

use super::*;

fn with_file(text: &str) -> Sources {
    Sources { file: Some((PathBuf::from("my.toml"), text.to_owned())), ..Sources::default() }
}

fn with_variable(name: &str, value: &str) -> Sources {
    Sources { environment: vec![(name.to_owned(), value.to_owned())], ..Sources::default() }
}

fn with_flag(key: &str, value: &str) -> Sources {
    Sources { flags: vec![(key.to_owned(), value.to_owned())], ..Sources::default() }
}

fn message(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_complete_and_valid() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.office.name, "葛城街道办事处");
    assert_eq!(config.office.campaign_year, 2023);
    assert_eq!(config.database_url().expose(), "sqlite:data/paicha.db");
    assert_eq!(config.blobs_folder(), PathBuf::from("data/blobs"));
    assert_eq!(config.tls_files(), None);
    assert_eq!(config.warnings(), Vec::<String>::new());
}

#[test]
fn every_default_has_a_comment() {
    let mut previous = "";
    let mut commented = 0;
    for line in DEFAULTS.lines() {
        if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            // A group of keys that belong together shares the comment above its first line.
            assert!(previous.starts_with('#') || previous.contains(" = "), "{key} has no comment");
            commented += 1;
        }
        previous = line;
    }
    assert!(commented > 15, "the file was read");
}

#[test]
fn the_file_is_weaker_than_the_environment_and_that_than_the_flags() {
    let mut sources = with_file("[office]\nname = \"甲街道办事处\"\n[log]\nfilter = \"warn\"\n[photos]\nworkers = 2");
    assert_eq!(Config::load(&sources).unwrap().office.name, "甲街道办事处");
    sources.environment = vec![
        ("PAICHA_OFFICE_NAME".to_owned(), "乙街道办事处".to_owned()),
        ("PAICHA_PHOTOS_WORKERS".to_owned(), "3".to_owned()),
        ("PATH".to_owned(), "/bin".to_owned()),
    ];
    sources.flags = vec![("photos.workers".to_owned(), "4".to_owned())];
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.log.filter, "warn");
    assert_eq!(config.office.name, "乙街道办事处");
    assert_eq!(config.photos.workers, 4);
    assert_eq!(config.photos.memory_mib, 512);
}

#[test]
fn lists_and_keys_with_underscores_come_from_the_environment_too() {
    let config = Config::load(&with_variable("PAICHA_SERVER_TRUSTED_PROXIES", "192.0.2.1, 192.0.2.2")).unwrap();
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(
        Config::load(&with_variable("PAICHA_DATABASE_CONNECTIONS_MAX", "3")).unwrap().database.connections_max,
        3
    );
}

#[test]
fn unknown_names_are_refused_with_a_hint() {
    let from_file = message(&with_file("[server]\nlisten_on = \"x\""));
    assert_eq!(from_file, "没有名为 server.listen_on 的设置（来自my.toml），服务器未启动。您是否要写 server.listen？");
    let from_variable = message(&with_variable("PAICHA_SERVER_PRT", "1"));
    assert!(from_variable.contains("server.prt") && from_variable.contains("环境变量 PAICHA_SERVER_PRT"));
    assert!(message(&with_flag("nothing", "1")).contains("paicha config --defaults"));
    assert!(message(&with_file("listen = 1")).contains("没有名为 listen 的设置"));
    assert!(message(&with_file("[sever]\nlisten = \"x\"")).contains("没有名为 sever 的设置"));
}

#[test]
fn variables_that_are_not_settings_are_left_alone() {
    assert!(Config::load(&with_variable("PAICHA_CONFIG", "my.toml")).is_ok());
    assert!(Config::load(&with_variable("PAICHA_TEST_POSTGRES", "yes")).is_ok());
    assert!(Config::load(&with_variable("PAICHA_PHONE_HOME", "/tmp/phone")).is_ok());
}

#[test]
fn wrong_types_are_refused_by_name() {
    assert!(message(&with_file("[photos]\nworkers = \"two\"")).contains("photos.workers 的值类型不对，应为整数"));
    assert!(message(&with_variable("PAICHA_PHOTOS_WORKERS", "two")).contains("photos.workers 的值类型不对，应为整数"));
    assert!(message(&with_flag("server.listen", "somewhere")).contains("设置 server.listen 的值不能使用"));
    assert!(message(&with_flag("log.format", "xml")).contains("设置 log.format 的值不能使用"));
    assert!(message(&with_file("[photos]\nworkers = -1")).contains("设置 photos.workers 的值不能使用"));
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let cases = [
        ("server.tls_key", "key.pem", "server.tls_key"),
        ("server.tls_certificate", "cert.pem", "server.tls_key"),
        ("database.url", "mysql://db", "database.url"),
        ("database.connections_max", "0", "database.connections_max"),
        ("office.name", "  ", "office.name"),
        ("office.campaign_year", "1999", "office.campaign_year"),
        ("limits.pushes_at_once", "0", "limits.pushes_at_once"),
        ("photos.memory_mib", "1", "photos.memory_mib"),
        ("data.folder", "", "data.folder"),
    ];
    for (key, value, named) in cases {
        assert!(message(&with_flag(key, value)).contains(&format!("设置 {named} ")), "{key} = {value}");
    }
}

#[test]
fn a_syntax_error_names_the_line_and_not_its_content() {
    let shown = message(&with_file("[database]\nurl = \"postgres://u:hunter42@db/p\n"));
    assert!(shown.contains("第 2 行"), "{shown}");
    assert!(!shown.contains("hunter42"));
}

#[test]
fn no_secret_is_ever_printed() {
    let sources = with_file("[database]\nurl = \"postgres://user:hunt@er42@db.example/paicha?password=hunter43\"");
    let config = Config::load(&sources).unwrap();
    let shown = [config.printed(), format!("{config:?}"), serde_json::to_string(&config).unwrap()].concat();
    for secret in ["hunt", "er42", "hunter43"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(config.printed().contains("url = \"postgres://db.example/paicha\""), "{}", config.printed());
    assert!(message(&with_flag("database.url", "mysql://u:hunter42@db")).find("hunter42").is_none());
}

#[test]
fn workers_follow_the_machine_unless_set() {
    let automatic = Config::load(&Sources::default()).unwrap();
    assert_eq!([1, 2, 8].map(|cores| automatic.photo_workers(cores)), [1, 1, 7]);
    let fixed = Config::load(&with_flag("photos.workers", "5")).unwrap();
    assert_eq!(fixed.photo_workers(2), 5);
}

#[test]
fn listening_to_the_world_without_a_certificate_warns() {
    let open = Config::load(&with_flag("server.listen", "0.0.0.0:8080")).unwrap();
    assert_eq!(open.warnings().len(), 1);
    let mut sources = with_flag("server.listen", "0.0.0.0:8443");
    sources.flags.push(("server.tls_certificate".to_owned(), "c.pem".to_owned()));
    sources.flags.push(("server.tls_key".to_owned(), "k.pem".to_owned()));
    let closed = Config::load(&sources).unwrap();
    assert!(closed.warnings().is_empty());
    assert!(closed.tls_files().is_some());
}
