//! `paicha verify`: proves that records, lists and photos follow from what phones sent. Reads only; may run beside the server. Its exit
//! code is 0 when all is well, 1 when something was found, 2 when it could not run to its end, which says nothing about the data.

use super::Output;
use crate::blobs::Blobs;
use crate::config::Config;
use crate::usecases::verify_store::{FeedChecked, Finding, VerifyReport, verify_store};
use anyhow::Context as _;
use clap::Args;
use paicha_db::{Database, DatabaseConfig};
use std::process::ExitCode;

/// What to verify and how to print it.
#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// 不读取照片原件。Leaves the originals out; reading them all takes long.
    #[arg(long)]
    no_photos: bool,
    /// 输出 JSON。Prints the whole report as JSON.
    #[arg(long)]
    json: bool,
}

/// Verifies and prints.
pub(super) async fn run(config: Config, arguments: &VerifyArguments, output: &mut Output) -> anyhow::Result<ExitCode> {
    match verify(&config, arguments, output).await {
        Ok(report) if report.is_clean() => Ok(ExitCode::SUCCESS),
        Ok(_) => Ok(ExitCode::from(1)),
        Err(error) if super::output::is_closed_pipe(&error) => Err(error),
        Err(error) => {
            super::output::print_error(&error);
            Ok(ExitCode::from(2))
        }
    }
}

async fn verify(config: &Config, arguments: &VerifyArguments, output: &mut Output) -> anyhow::Result<VerifyReport> {
    let url = config.database_url();
    // Opening a SQLite file makes one where there is none, and an empty store would verify as clean.
    if let Some(file) = url.expose().strip_prefix("sqlite:") {
        let found = std::path::Path::new(file.strip_prefix("//").unwrap_or(file)).is_file();
        anyhow::ensure!(found, "数据库文件 {file} 不存在，没有核验。请检查数据文件夹的设置。");
    }
    let mut database_config = DatabaseConfig::new(url.expose().clone());
    database_config.pool_max = config.database.connections_max;
    let database = Database::connect(&database_config).await.context("无法打开数据库，没有核验。")?;
    let blobs = if arguments.no_photos {
        None
    } else {
        let folder = config.blobs_folder();
        anyhow::ensure!(folder.is_dir(), "照片文件夹 {} 不存在；只核验数据请加 --no-photos。", folder.display());
        Some(Blobs::in_folder(&folder).context("无法打开照片文件夹，没有核验。")?)
    };
    let mut lines = Vec::new();
    let mut progress = |feed: &FeedChecked| {
        let line = progress_line(feed);
        tracing::debug!("{line}");
        lines.push(line);
    };
    let report = verify_store(&database, blobs.as_ref(), &mut progress).await;
    database.close().await;
    let report = report.context("核验没有完成，不能说明数据是否完好。请排除原因后重试。")?;
    if arguments.json {
        output.line(serde_json::to_string_pretty(&report)?)?;
    } else {
        lines.iter().try_for_each(|line| output.line(line))?;
        print_report(&report, output)?;
    }
    output.flush()?;
    Ok(report)
}

fn progress_line(feed: &FeedChecked) -> String {
    let FeedChecked { feed, name, operations, records, photos, findings_total, done, of } = feed;
    format!("[{done}/{of}] {name} {feed}：操作 {operations}，记录 {records}，照片 {photos}，累计问题 {findings_total}")
}

fn print_report(report: &VerifyReport, output: &mut Output) -> anyhow::Result<()> {
    let found = &report.found;
    found.findings.iter().try_for_each(|finding| output.line(format!("有问题  {}", finding.sentence())))?;
    let hidden = found.findings_total.saturating_sub(found.findings.len() as u64);
    if hidden > 0 {
        output.line(format!("另有 {hidden} 个问题未列出。"))?;
    }
    found.notes.iter().map(Finding::sentence).try_for_each(|note| output.line(format!("说明    {note}")))?;
    let VerifyReport { feeds, operations, records, photos, .. } = report;
    let counts =
        format!("共 {feeds} 本台账（含街道和待认领），操作 {operations} 条，记录 {records} 条，照片原件 {photos} 张");
    if report.is_clean() {
        output.line(format!("核验通过：{counts}，全部与操作原文一致。"))
    } else {
        output.line(format!("核验发现 {} 个问题：{counts}。数据没有改动。", found.findings_total))
    }
}
