//! Everything the program prints for people. Logs go elsewhere, to standard error by way of `tracing`. What a newcomer gets wrong: standard
//! output may be a pipe that closes early; that ends the program quietly, never with a panic.

use std::io::{self, BufWriter, Stdout, Write};

/// Standard output, buffered.
#[derive(Debug)]
pub struct Output(BufWriter<Stdout>);

impl Output {
    /// Of this process.
    #[must_use]
    pub fn standard() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// Prints a line.
    ///
    /// # Errors
    /// When nobody reads any more or the disk is full.
    pub fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        Ok(writeln!(self.0, "{}", text.as_ref())?)
    }

    /// Lets everything printed be seen.
    ///
    /// # Errors
    /// When nobody reads any more or the disk is full.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }
}

/// Whether the program ends because nobody reads its output any more.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

/// The error and its causes as sentences, on standard error.
pub(super) fn print_error(error: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    // Nobody may be listening there either, and there is nothing left to do then.
    let _ = writeln!(stderr, "错误：{error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "原因：{cause}");
    }
}
