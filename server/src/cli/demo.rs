//! `paicha demo`: an invented subdistrict to look at, made once and served like any other. What a newcomer gets wrong: `--fresh` removes a
//! folder, so it only touches one that carries the mark of an earlier demo.

use super::import::bar;
use super::{Output, serve};
use crate::clock::{Clock as _, SystemClock, TestClock};
use crate::config::Config;
use crate::demo::{Built, DEMO_PASSWORD, OFFICE, SUBDISTRICT_CODE, Scale, Step, Watch, build_demo, people};
use crate::ids::SystemIds;
use anyhow::{Context as _, bail};
use clap::{Args, CommandFactory as _};
use indicatif::ProgressBar;
use paicha_web::{WebApp, is_built};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use sync_protocol::time::{Micros, Month};

/// The file that marks a folder as a demo.
const MARK: &str = "demo.json";
const NOTE: &str = "此文件夹是演示数据，人名、地名、企业、照片全部虚构。可以整个删除。";

/// How the demo is made.
#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// 删除原来的演示数据，重新生成。Removes the demo in the folder and makes a new one.
    #[arg(long)]
    fresh: bool,
    /// 只生成，不启动服务器。Makes the data and ends.
    #[arg(long)]
    no_serve: bool,
    /// 只生成少量数据，用于测试。A small demo, for tests.
    #[arg(long, hide = true)]
    small: bool,
}

/// What the mark says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Mark {
    note: String,
    /// The demo shows the two months before this instant, microseconds UTC.
    base_us: i64,
    small: bool,
    /// What was built; nothing while that is not finished.
    built: Option<MarkBuilt>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct MarkBuilt {
    places: usize,
    visits: usize,
    hazards: usize,
    photos: usize,
    owed: usize,
    review: usize,
}

/// Makes the demo unless it is there, says how to use it, and serves it.
pub(super) async fn run(mut config: Config, arguments: DemoArguments, output: &mut Output) -> anyhow::Result<()> {
    if !config.database.url.expose().is_empty() {
        bail!("演示只使用数据文件夹里的数据库，请不要指定 --database；没有生成任何内容。");
    }
    let folder = config.data.folder.clone();
    super::lock::check_free(&folder)?;
    if arguments.fresh {
        remove(&folder)?;
    }
    let mut mark = find_or_start(&folder, arguments.small)?;
    let base = Micros::from_micros(mark.base_us).context("演示标记里的时间不对，请用 --fresh 重新生成。")?;
    config.office.name = OFFICE.to_owned();
    config.office.campaign_year = i16::try_from(base.local_date().year()).unwrap_or(config.office.campaign_year);
    match mark.built {
        Some(_) => output.line("这里已有演示数据，没有重复生成（要重新生成请加 --fresh）。")?,
        None => {
            output.line("正在生成演示数据（人名、地名、企业、照片全部虚构）……")?;
            output.flush()?;
            let scale = if mark.small { Scale::SMALL } else { Scale::FULL };
            let built = build(&config, base, scale).await?;
            mark.built = Some(MarkBuilt::of(built));
            write_mark(&folder, &mark)?;
        }
    }
    introduce(&config, &folder, base, mark.built, output)?;
    output.flush()?;
    if arguments.no_serve { Ok(()) } else { serve::run(config, output).await }
}

impl MarkBuilt {
    fn of(built: Built) -> Self {
        let Built { places, visits, hazards, photos, owed, review } = built;
        Self { places, visits, hazards, photos, owed, review }
    }
}

async fn build(config: &Config, base: Micros, scale: Scale) -> anyhow::Result<Built> {
    let clock = TestClock::at(base.as_micros());
    let ids = Arc::new(SystemIds::new(Arc::new(clock.clone())));
    let app = crate::start::start(config.clone(), Arc::new(clock.clone()), ids).await?;
    let built = build_demo(&app, &clock, base, scale, bars()).await;
    app.database.close().await;
    built.context("演示数据没有生成完，请再运行一次，会接着生成，不会重复。")
}

/// One bar after another, on standard error.
fn bars() -> Watch {
    let shown: Mutex<Option<(Step, ProgressBar)>> = Mutex::new(None);
    Arc::new(move |step, done, whole| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_none_or(|(last, _)| *last != step) {
            if let Some((_, old)) = shown.take() {
                old.finish();
            }
            *shown = Some((step, bar(title(step))));
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.set_length(whole);
            bar.set_position(done);
        }
    })
}

fn title(step: Step) -> &'static str {
    match step {
        Step::Places => "导入场所  ",
        Step::Draw => "画照片    ",
        Step::Days => "逐日上传  ",
        Step::Previews => "生成缩略图",
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("无法读取 {}。", folder.display())),
    }
}

fn mark_path(folder: &Path) -> PathBuf {
    folder.join(MARK)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if is_empty(folder)? {
        return Ok(());
    }
    if !mark_path(folder).exists() {
        bail!("{} 不是演示文件夹（没有 {MARK}），没有删除任何内容。请换一个文件夹。", folder.display());
    }
    std::fs::remove_dir_all(folder).with_context(|| format!("无法删除 {}。", folder.display()))
}

/// The mark of the folder; an empty folder gets one before anything else is put into it.
fn find_or_start(folder: &Path, small: bool) -> anyhow::Result<Mark> {
    let path = mark_path(folder);
    if path.exists() {
        let text = std::fs::read_to_string(&path).with_context(|| format!("无法读取 {}。", path.display()))?;
        return serde_json::from_str(&text).with_context(|| format!("{} 不是演示标记。", path.display()));
    }
    if !is_empty(folder)? {
        bail!("{} 里已有别的内容，演示不会写进去。请用 --data 换一个空文件夹。", folder.display());
    }
    let mark = Mark { note: NOTE.to_owned(), base_us: SystemClock.now_us(), small, built: None };
    write_mark(folder, &mark)?;
    Ok(mark)
}

fn write_mark(folder: &Path, mark: &Mark) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("无法建立 {}。", folder.display()))?;
    let path = mark_path(folder);
    let fresh = folder.join("demo.json.new");
    std::fs::write(&fresh, serde_json::to_vec_pretty(mark)?)?;
    std::fs::rename(&fresh, &path).with_context(|| format!("无法写入 {}。", path.display()))
}

fn introduce(
    config: &Config,
    folder: &Path,
    base: Micros,
    built: Option<MarkBuilt>,
    output: &mut Output,
) -> anyhow::Result<()> {
    let month = base.local_month();
    output.line("")?;
    output.line(format!("{OFFICE} · 全部虚构，仅供试用"))?;
    if let Some(MarkBuilt { places, visits, hazards, photos, owed, review }) = built {
        output.line(format!(
            "{} 至 {}：9 个村（社区），{places} 个场所，{visits} 次排查，{hazards} 处隐患，{photos} 张照片（其中待传 {owed} 张），{review} 处待人工确认",
            month.previous().to_chinese(),
            month.to_chinese()
        ))?;
    }
    output.line(format!("登录（密码都是 {DEMO_PASSWORD}，仅限演示）："))?;
    let roles = [
        ("inspector1 … inspector12", "排查员（R1）"),
        ("head1 … head9", "村（社区）负责人（R2）"),
        ("safety", "街道应急办（R3）"),
        ("leader", "街道领导（R4）"),
        ("county", "县安委办（R6）"),
        ("admin", "系统管理员（R10，只管账号，不看隐患）"),
    ];
    roles.iter().try_for_each(|(login, role)| output.line(format!("  {login:<26}{role}")))?;
    let scheme = if config.tls_files().is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", config.server.listen);
    output.line(format!("地址：{address}"))?;
    if is_built(WebApp::Field) {
        output.line(format!("  手机端：{address}/app/（用 inspector1 登录；手机上用要 https，见 paicha cert）"))?;
    }
    if is_built(WebApp::Console) {
        output.line(format!("  管理端：{address}/（用 safety 登录）"))?;
    }
    output.line("查看数据（另开一个终端，街道应急办）：")?;
    output.line(format!(
        "  TOKEN=$(curl -s {address}/v1/auth/login -H 'content-type: application/json' -d '{{\"login\":\"safety\",\"password\":\"{DEMO_PASSWORD}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    ))?;
    for path in ["hazards?level=major_direct", "flags?open=true"] {
        output.line(format!("  curl -s -H \"Authorization: Bearer $TOKEN\" '{address}/v1/{path}'"))?;
    }
    output.line(format!("  curl -s -H \"Authorization: Bearer $TOKEN\" '{address}/v1/forms/appendix2/life?village={SUBDISTRICT_CODE}&month={month}'"))?;
    if has_command("phone") {
        phone_lines(folder, &address, month).iter().try_for_each(|line| output.line(line))?;
    }
    output.line("")
}

/// Whether this build has the command, so that nothing is recommended that does not exist.
fn has_command(name: &str) -> bool {
    super::Cli::command().find_subcommand(name).is_some()
}

/// How to try a phone with a photo of one's own, word for word to be pasted into another terminal.
fn phone_lines(folder: &Path, address: &str, month: Month) -> Vec<String> {
    // Whoever runs it by way of cargo has no `paicha` on the search path.
    let program = std::env::args().next().unwrap_or_else(|| "paicha".to_owned());
    // Beside the folder and not in it: `--fresh` must not take a phone's work along.
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push("-phone");
    let home = folder.with_file_name(name);
    let home = home.display();
    let login = people().first().map(|person| person.login.clone()).unwrap_or_default();
    let mut lines = vec![
        "用自己的照片试一次（另开一个终端）：".to_owned(),
        format!(
            "  echo {DEMO_PASSWORD} | {program} phone enrol --server {address} --login {login} --password-stdin --home {home}"
        ),
        format!("  {program} phone capture 照片.jpg --description 隐患描述 --home {home}"),
        format!("  {program} phone sync --home {home}"),
    ];
    if has_command("form") {
        lines.push(format!("  {program} form appendix1 --month {month} --out 附件1.xlsx --home {home}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_removes_only_a_demo() {
        let folder = tempfile::tempdir().unwrap();
        let (real, demo) = (folder.path().join("real"), folder.path().join("demo"));
        std::fs::create_dir(&real).unwrap();
        std::fs::write(real.join("paicha.db"), b"precious").unwrap();
        assert!(remove(&real).is_err() && find_or_start(&real, true).is_err());
        assert_eq!(std::fs::read(real.join("paicha.db")).unwrap(), b"precious");
        let first = find_or_start(&demo, true).unwrap();
        assert_eq!(find_or_start(&demo, false).unwrap().base_us, first.base_us, "the start is kept");
        remove(&demo).unwrap();
        assert!(!demo.exists());
    }
}
