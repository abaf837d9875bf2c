//! `paicha import`: maps, places and people from files, by the same use cases as over HTTP. What a newcomer gets wrong: a file with any
//! error stores nothing and ends with exit code 1, so a script can trust the code alone.

use super::{Output, open};
use crate::app::App;
use crate::config::Config;
use crate::usecases::caller::Caller;
use crate::usecases::import_areas::{AreasImported, import_areas};
use crate::usecases::import_people::{PeopleImported, import_people};
use crate::usecases::import_places::{ImportFile, PlacesImported, import_places};
use crate::usecases::import_report::{ImportFailure, PassedOver, Rejection};
use crate::usecases::read_catalogue::import_standard;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

/// Names in one line of a summary.
const NAMES_SHOWN: usize = 12;

/// What to import.
#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// 村（社区）边界（GeoJSON）。Village boundaries.
    Areas(FileArguments),
    /// 企业、个体工商户等场所（XLSX、CSV）。Enterprises and other places.
    Enterprises(FileArguments),
    /// 判定标准包（JSON）。A standard with its items.
    Standards(FileArguments),
    /// 人员及账号（XLSX、CSV）；新账号的密码只显示一次。People with accounts; passwords are shown once.
    People(FileArguments),
    /// 手机的救援文件（ZIP）：没有上传的内容和照片。A phone's rescue file: what it could not send.
    Rescue(FileArguments),
}

/// The file.
#[derive(Debug, Args)]
pub(super) struct FileArguments {
    /// 要导入的文件。The file.
    pub(super) file: PathBuf,
    /// 只检查，不保存。Only says what would happen.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Does it.
pub(super) async fn run(config: Config, command: ImportCommand, output: &mut Output) -> anyhow::Result<()> {
    let app = open(config).await?;
    let done = match command {
        ImportCommand::Areas(arguments) => areas(&app, &arguments, output).await,
        ImportCommand::Enterprises(arguments) => enterprises(&app, &arguments, output).await,
        ImportCommand::Standards(arguments) => standards(&app, &arguments, output).await,
        ImportCommand::People(arguments) => people(&app, &arguments, output).await,
        ImportCommand::Rescue(arguments) => super::rescue::run(&app, &arguments, output).await,
    };
    app.database.close().await;
    done
}

/// Whoever can run commands on the server can do anything anyway.
pub(super) fn command_line(app: &App) -> Caller {
    Caller { user: app.installation.user, device: None, grants: Vec::new(), scope_version: 0, server: true }
}

fn read(path: &Path) -> anyhow::Result<ImportFile> {
    let bytes = std::fs::read(path).with_context(|| format!("无法读取 {}，没有导入。", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(ImportFile { name, bytes })
}

/// A bar on standard error; none where nobody looks.
pub(super) fn bar(title: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.with_message(title)
}

/// Moves a bar as an import goes on.
pub(super) fn watched(bar: &ProgressBar) -> impl Fn(u64, u64) + Send + Sync + use<'_> {
    |done, whole| {
        bar.set_length(whole);
        bar.set_position(done);
    }
}

async fn areas(app: &App, arguments: &FileArguments, output: &mut Output) -> anyhow::Result<()> {
    let file = read(&arguments.file)?;
    let imported = import_areas(app, &command_line(app), file.bytes, arguments.dry_run).await;
    let AreasImported { dry_run, added, changed, unchanged, not_in_file, overlaps } = taken(imported, output)?;
    headline(dry_run, "村界", output)?;
    output.line(format!("新增 {} 个{}", added.len(), names(&added)))?;
    output.line(format!("更新 {} 个{}", changed.len(), names(&changed)))?;
    output.line(format!("没有变化 {unchanged} 个"))?;
    if !not_in_file.is_empty() {
        output.line(format!("文件里没有、保持原样 {} 个{}", not_in_file.len(), names(&not_in_file)))?;
    }
    overlaps.iter().try_for_each(|overlap| output.line(format!("请核对：{overlap}")))
}

async fn enterprises(app: &App, arguments: &FileArguments, output: &mut Output) -> anyhow::Result<()> {
    let file = read(&arguments.file)?;
    let bar = bar("写入场所");
    let imported = import_places(app, &command_line(app), file, arguments.dry_run, &watched(&bar)).await;
    bar.finish_and_clear();
    let imported = taken(imported, output)?;
    let PlacesImported { dry_run, rows, created, changed, unchanged, review, passed_over } = imported;
    headline(dry_run, "场所", output)?;
    output.line(format!("共 {rows} 行：新增 {created} 个，更新 {changed} 个，没有变化 {unchanged} 个"))?;
    if review > 0 {
        output.line(format!("其中 {review} 处等待人工确认，请在待处理列表中查看"))?;
    }
    show_passed_over(&passed_over, output)
}

async fn standards(app: &App, arguments: &FileArguments, output: &mut Output) -> anyhow::Result<()> {
    let file = read(&arguments.file)?;
    let text = String::from_utf8(file.bytes).context("文件不是 UTF-8 文本，没有导入。")?;
    let imported = import_standard(app, &text, arguments.dry_run).await.context("没有导入。")?;
    headline(arguments.dry_run, "判定标准", output)?;
    let what = if imported.replaced { "更新" } else { "新增" };
    output.line(format!(
        "{what}《{}》（{}）：{} 条，其中核实过、手机上可选的 {} 条",
        imported.title, imported.code, imported.items, imported.verified
    ))
}

async fn people(app: &App, arguments: &FileArguments, output: &mut Output) -> anyhow::Result<()> {
    let file = read(&arguments.file)?;
    let bar = bar("生成密码");
    let imported = import_people(app, &command_line(app), file, arguments.dry_run, &watched(&bar)).await;
    bar.finish_and_clear();
    let PeopleImported { dry_run, rows, created, extended, unchanged, passed_over } = taken(imported, output)?;
    headline(dry_run, "人员", output)?;
    output.line(format!(
        "共 {rows} 人：新增账号 {} 个，增加角色 {extended} 个，没有变化 {unchanged} 个",
        created.len()
    ))?;
    if !dry_run && !created.is_empty() {
        output.line("新账号的密码（只显示这一次，请交给本人后尽快修改）：")?;
        output.line("姓名\t登录名\t密码")?;
        for account in &created {
            let password = account.password.as_deref().unwrap_or_default();
            output.line(format!("{}\t{}\t{password}", account.name, account.login))?;
        }
    }
    show_passed_over(&passed_over, output)
}

fn headline(dry_run: bool, what: &str, output: &mut Output) -> anyhow::Result<()> {
    let line = if dry_run {
        format!("{what}文件没有错误。以下是将要导入的内容，尚未保存：")
    } else {
        format!("{what}已导入：")
    };
    output.line(line)
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
    let more = if names.len() > NAMES_SHOWN { "等" } else { "" };
    format!("：{}{more}", shown.join("、"))
}

fn show_passed_over(passed_over: &PassedOver, output: &mut Output) -> anyhow::Result<()> {
    let PassedOver { rows, columns, sheets } = passed_over;
    if !rows.is_empty() {
        let shown: Vec<String> = rows.iter().take(NAMES_SHOWN).map(u32::to_string).collect();
        let more = if rows.len() > NAMES_SHOWN { "等" } else { "" };
        output.line(format!("跳过 {} 行（合计、空行、说明、示例）：第{}{more}行", rows.len(), shown.join("、")))?;
    }
    if !columns.is_empty() {
        output.line(format!("没有读取的列{}", names(columns)))?;
    }
    if !sheets.is_empty() {
        output.line(format!("没有读取的工作表{}", names(sheets)))?;
    }
    Ok(())
}

/// What to do when storing stopped half way.
const CUT_OFF: &str = "写入中断，已写入的保留；请再次导入同一文件，会从断点继续，不会重复。";

/// What was imported, or the reasons why nothing was, printed and turned into a failure of the command.
pub(super) fn taken<T>(imported: Result<T, ImportFailure>, output: &mut Output) -> anyhow::Result<T> {
    match imported {
        Ok(imported) => Ok(imported),
        Err(ImportFailure::Rejected(Rejection { message, faults, more })) => {
            for fault in &faults {
                output.line(fault.sentence())?;
            }
            if more > 0 {
                output.line(format!("还有 {more} 处错误没有列出"))?;
            }
            output.flush()?;
            Err(anyhow::anyhow!(message))
        }
        Err(ImportFailure::Push(error)) => Err(anyhow::Error::from(error).context(CUT_OFF)),
        Err(ImportFailure::Photo(error)) => Err(anyhow::Error::from(error).context(CUT_OFF)),
        Err(ImportFailure::Io(error)) => {
            Err(anyhow::Error::from(error).context("文件读不出来，导入没有完成；再次导入同一文件不会重复。"))
        }
        Err(ImportFailure::Database(error)) => Err(anyhow::Error::from(error).context("数据库不可用，没有导入。")),
        Err(error @ (ImportFailure::Forbidden | ImportFailure::Interrupted)) => {
            Err(anyhow::Error::from(error).context("导入没有完成。"))
        }
    }
}
