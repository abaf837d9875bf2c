//! `paicha config`: the settings in force, or the commented defaults. Secrets are hidden, so the output may be sent to whoever helps.

use super::Output;
use crate::config::{Config, DEFAULTS};
use clap::Args;

/// What to print.
#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    /// 输出带注释的默认设置。The commented defaults instead, to start a settings file from.
    #[arg(long)]
    defaults: bool,
}

/// Prints the settings.
pub(super) fn run(config: &Config, arguments: &ConfigArguments, output: &mut Output) -> anyhow::Result<()> {
    let text = if arguments.defaults { DEFAULTS.to_owned() } else { config.printed() };
    output.line(text.trim_end())?;
    let warnings = if arguments.defaults { Vec::new() } else { config.warnings() };
    warnings.iter().try_for_each(|warning| output.line(format!("# 注意：{warning}")))
}
