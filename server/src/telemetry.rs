//! Logging: lines for people or JSON for a collector, filtered by level and module, on standard error.
//!
//! Only set-up; what a good line says is decided where it is written (an id and the nouns as fields, once, where the
//! failure is handled). Secrets stay out by their type, [`crate::auth::secret::Secret`], not by a filter here. A newcomer
//! gets wrong to start logging in a library function or a test: there is one call, in `main`.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("设置 log.filter 无法读懂，服务器未启动。例：\"info\" 或 \"paicha=debug,info\"。")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Somebody started logging already.
    #[error("日志已经启动过一次，这是程序错误。请联系开发者。")]
    AlreadyStarted(#[source] tracing_subscriber::util::TryInitError),
}

/// Starts logging for the whole process. Once, in `main`.
///
/// # Errors
/// The filter is wrong, or logging was started before.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    subscriber(log, std::io::stderr)?.try_init().map_err(TelemetryError::AlreadyStarted)
}

/// The same without installing it, for tests that look at the lines.
///
/// # Errors
/// The filter is wrong.
pub fn subscriber<W>(log: &Log, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.filter).map_err(TelemetryError::Filter)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        // Colours are for terminals; the log of a service ends up in a file.
        LogFormat::Human => Box::new(lines.with_ansi(false).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_span_list(false).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::auth::secret::Secret;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str) -> String {
        let lines = Lines::default();
        let log = Log { format, filter: filter.to_owned() };
        let made_for = lines.clone();
        let subscriber = subscriber(&log, move || made_for.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let token = Secret::new("hunter42".to_owned());
            let span = tracing::info_span!("push", device = "d-7");
            span.in_scope(|| tracing::info!(ops = 3, %token, ?token, "pushed"));
            tracing::debug!("a detail");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_carry_fields_and_span() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["message"], "pushed");
        assert_eq!(line["ops"], 3);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["span"]["device"], "d-7");
        assert_eq!(line["token"], "[secret]");
    }

    #[test]
    fn human_lines_have_no_colours_and_no_secrets() {
        let text = logged(LogFormat::Human, "info");
        assert!(text.contains("pushed") && text.contains("ops=3"), "{text}");
        assert!(text.contains("[secret]") && !text.contains("hunter42"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_filter_decides_what_is_logged() {
        assert_eq!(logged(LogFormat::Human, "info").lines().count(), 1);
        assert_eq!(logged(LogFormat::Human, "debug").lines().count(), 2);
        assert_eq!(logged(LogFormat::Human, "warn").lines().count(), 0);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        let log = Log { format: LogFormat::Human, filter: "paicha=loud".to_owned() };
        let result = subscriber(&log, io::sink);
        assert!(matches!(result, Err(TelemetryError::Filter(_))));
    }
}
