//! `paicha doctor`: whether this installation is well and what to do. Its exit code is 0 when nothing hurts now (warnings included), 1 when
//! something does. Reads only; may run beside the server.

use super::Output;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::usecases::examine_installation::{Examined, Verdict, examine_installation};
use clap::Args;
use std::process::ExitCode;

/// How to print it.
#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// 输出 JSON。Prints the checks as JSON.
    #[arg(long)]
    json: bool,
}

/// Examines and prints.
pub(super) async fn run(config: Config, arguments: &DoctorArguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    let all = examine_installation(&config, SystemClock.now_us()).await;
    if arguments.json {
        output.line(serde_json::to_string_pretty(&all)?)?;
    } else {
        for examined in &all {
            output.line(line(examined))?;
        }
        output.line(summary(&all))?;
    }
    output.flush()?;
    let faulty = all.iter().any(|examined| examined.verdict == Verdict::Fault);
    Ok(if faulty { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn line(examined: &Examined) -> String {
    let Examined { verdict, text_zh, advice_zh, .. } = examined;
    match verdict {
        Verdict::Good => format!("✓ {text_zh}"),
        Verdict::Warning => format!("! {text_zh}。建议：{advice_zh}"),
        Verdict::Fault => format!("✗ {text_zh}。请：{advice_zh}"),
    }
}

fn summary(all: &[Examined]) -> String {
    let count = |verdict| all.iter().filter(|examined| examined.verdict == verdict).count();
    match (count(Verdict::Fault), count(Verdict::Warning)) {
        (0, 0) => "一切正常。".to_owned(),
        (0, warnings) => format!("可以使用，有 {warnings} 项需要留意。"),
        (faults, warnings) => format!("有 {faults} 项故障必须处理，另有 {warnings} 项需要留意。"),
    }
}
