//! Laying one source of settings over another, by name and type, with errors that name the source and never the value.
//!
//! The defaults say which names exist and of which type each is; everything laid over them must fit. Not for meaning
//! (ranges, files that must exist): that is checked on the finished struct. A newcomer gets wrong to print the TOML
//! parser's own message: it quotes the line, and the line may hold a password.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Starts every environment variable that is a setting.
const ENVIRONMENT_PREFIX: &str = "PAICHA_";
/// Variables with the prefix that are none: the settings file's place, and what tests use.
const NOT_SETTINGS: [&str; 2] = ["PAICHA_CONFIG", "PAICHA_PHONE_HOME"];
const NOT_SETTINGS_PREFIX: &str = "PAICHA_TEST_";
/// Longest settings file, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 256 * 1024;

/// What is laid over the defaults, weakest first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file and its text.
    pub file: Option<(PathBuf, String)>,
    /// The whole environment; what does not start with `PAICHA_` is ignored.
    pub environment: Vec<(String, String)>,
    /// From the command line: `section.key` and a value.
    pub flags: Vec<(String, String)>,
}

/// Why the settings cannot be used. No message holds a value: it may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not TOML.
    #[error("设置文件 {origin} 第 {line} 行无法读懂（不是有效的 TOML），服务器未启动。请改正后重试。")]
    Syntax {
        /// The file.
        origin: String,
        /// The line, from 1.
        line: usize,
    },
    /// The file is too long to be a settings file.
    #[error("设置文件 {0} 太大，服务器未启动。请确认指定的是设置文件。")]
    TooLong(String),
    /// There is no such setting.
    #[error("没有名为 {key} 的设置（来自{origin}），服务器未启动。{hint}")]
    UnknownKey {
        /// The name as written.
        key: String,
        /// The source.
        origin: String,
        /// A similar name, as a sentence, or where to look.
        hint: String,
    },
    /// The value has another type.
    #[error("设置 {key} 的值类型不对，应为{expected}（来自{origin}），服务器未启动。")]
    Type {
        /// The setting.
        key: String,
        /// The expected type in Chinese.
        expected: &'static str,
        /// The source.
        origin: String,
    },
    /// The value has the right type but cannot be.
    #[error("设置 {key} 的值不能使用：{why}。服务器未启动。")]
    Value {
        /// The setting.
        key: String,
        /// Why, in Chinese.
        why: String,
    },
}

/// The defaults with every source laid over them, as the settings struct.
pub(super) fn overlay<T: DeserializeOwned>(defaults: &str, sources: &Sources) -> Result<T, ConfigError> {
    let mut settings: Table = defaults.parse().expect("the built-in defaults are TOML; a test reads them");
    if let Some((path, text)) = &sources.file {
        let origin = path.display().to_string();
        lay_table(&mut settings, &parse_file(text, &origin)?, &origin)?;
    }
    for (name, value) in &sources.environment {
        if let Some(key) = setting_of_variable(name) {
            lay_text(&mut settings, &key, value, &format!("环境变量 {name}"))?;
        }
    }
    for (key, value) in &sources.flags {
        lay_text(&mut settings, key, value, "命令行")?;
    }
    read_struct(settings)
}

fn parse_file(text: &str, origin: &str) -> Result<Table, ConfigError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(ConfigError::TooLong(origin.to_owned()));
    }
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        ConfigError::Syntax { origin: origin.to_owned(), line }
    })
}

/// `PAICHA_SERVER_LISTEN` is `server.listen`: sections have no underscore in their names, keys may.
fn setting_of_variable(name: &str) -> Option<String> {
    if NOT_SETTINGS.contains(&name) || name.starts_with(NOT_SETTINGS_PREFIX) {
        return None;
    }
    let lower = name.strip_prefix(ENVIRONMENT_PREFIX)?.to_lowercase();
    Some(lower.replacen('_', ".", 1))
}

fn lay_table(settings: &mut Table, over: &Table, origin: &str) -> Result<(), ConfigError> {
    for (section, entries) in over {
        let Value::Table(entries) = entries else {
            return Err(unknown(settings, section, origin));
        };
        if !settings.contains_key(section) {
            return Err(unknown(settings, section, origin));
        }
        for (name, value) in entries {
            let key = format!("{section}.{name}");
            let Some(place) = find(settings, &key) else {
                return Err(unknown(settings, &key, origin));
            };
            if !place.same_type(value) {
                let expected = type_name(place);
                return Err(ConfigError::Type { key, expected, origin: origin.to_owned() });
            }
            *place = value.clone();
        }
    }
    Ok(())
}

/// A value from the environment or the command line is text; the default says what it is meant to be.
fn lay_text(settings: &mut Table, key: &str, text: &str, origin: &str) -> Result<(), ConfigError> {
    let Some(place) = find(settings, key) else {
        return Err(unknown(settings, key, origin));
    };
    let value = match place {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
        Value::Float(_) => text.trim().parse().ok().map(Value::Float),
        Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
        Value::Array(_) => Some(Value::Array(list(text))),
        Value::Datetime(_) | Value::Table(_) => None,
    };
    match value {
        Some(value) => {
            *place = value;
            Ok(())
        }
        None => Err(ConfigError::Type { key: key.to_owned(), expected: type_name(place), origin: origin.to_owned() }),
    }
}

/// A list in the environment is separated by commas.
fn list(text: &str) -> Vec<Value> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| Value::String(item.to_owned())).collect()
}

fn find<'table>(settings: &'table mut Table, key: &str) -> Option<&'table mut Value> {
    let (section, name) = key.split_once('.')?;
    settings.get_mut(section)?.as_table_mut()?.get_mut(name)
}

fn unknown(settings: &Table, key: &str, origin: &str) -> ConfigError {
    let names = settings.iter().flat_map(|(section, entries)| {
        entries.as_table().into_iter().flat_map(Table::keys).map(move |name| format!("{section}.{name}"))
    });
    let hint = names
        .map(|name| (distance(&name, key), name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map_or_else(|| "全部设置见 paicha config --defaults。".to_owned(), |(_, name)| format!("您是否要写 {name}？"));
    // A key of a file can be as long as the file; the message cannot.
    let key = key.chars().take(80).collect();
    ConfigError::UnknownKey { key, origin: origin.to_owned(), hint }
}

/// Edit distance, for the hint. Both are names of settings, at most a few dozen characters that matter.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().take(80).collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, left) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "文字",
        Value::Integer(_) => "整数",
        Value::Float(_) => "数字",
        Value::Boolean(_) => "true 或 false",
        Value::Array(_) => "列表",
        Value::Datetime(_) => "时间",
        Value::Table(_) => "一节设置",
    }
}

/// Reads section by section and key by key, so that an error can name the setting without the value.
fn read_struct<T: DeserializeOwned>(settings: Table) -> Result<T, ConfigError> {
    settings.clone().try_into().map_err(|error: toml::de::Error| {
        let key = error_key(&settings, &error);
        ConfigError::Value { key, why: "格式不对或超出范围".to_owned() }
    })
}

/// Which setting the error is about: the parser knows it as the path in its own text form.
fn error_key(settings: &Table, error: &toml::de::Error) -> String {
    let shown = error.to_string();
    let path = shown.lines().find_map(|line| line.trim().strip_prefix("in `")?.strip_suffix('`'));
    match path {
        Some(path) if settings.get(path.split('.').next().unwrap_or_default()).is_some() => path.to_owned(),
        _ => "（未知）".to_owned(),
    }
}
