//! `paicha phone sync`: hands in what waits, fetches what is new, sends photos, with two bars on a terminal. It may be broken off and run
//! again at any moment. The exit code is 0 only when nothing of this phone waits any more. What a newcomer gets wrong: "answered" is
//! not "adopted"; what the server wants a person to look at is counted apart.

use super::super::Output;
use super::explain;
use super::home::{Home, HomeArguments};
use anyhow::bail;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use paicha_client::Phone;
use paicha_client::phone::{Status, SyncProgress, SyncReport};
use paicha_client::pure::outbox::OpState;
use std::time::Duration;

/// How often the bar of the photos looks at what has arrived.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Synchronises once.
pub(super) async fn run(arguments: &HomeArguments, output: &mut Output) -> anyhow::Result<()> {
    let phone = Home::find(arguments)?.open().await?;
    let before = phone.status().await?;
    if before.user.is_none() {
        bail!("此手机还没有登录过，什么也没有做。请运行 paicha phone enrol 登录。");
    }
    let bars = Bars::new(&before);
    // A task of its own: the sync may hold the phone's one connection while it waits for the network.
    let watcher = tokio::spawn(watch_photos(phone.clone(), bars.photos.clone(), before.photo_bytes_total));
    let outcome = phone.sync(&mut |progress| bars.show(progress)).await;
    watcher.abort();
    bars.clear();
    let after = phone.status().await?;
    let report = match outcome {
        Ok(report) => report,
        Err(error) => {
            let left = left_here(&after);
            return Err(explain(&format!("没有同步完，{left}都还在手机上，已上传的不会重复。"), error));
        }
    };
    say(&report, &before, &after, output)?;
    phone.close().await;
    Ok(())
}

fn say(report: &SyncReport, before: &Status, after: &Status, output: &mut Output) -> anyhow::Result<()> {
    let idle = report.answered == 0 && report.photos_stored == 0 && report.photo_bytes == 0;
    if idle && before.waiting_ops == 0 && before.photos_owed == 0 {
        output.line("没有需要上传的内容，全部已上传。")?;
    } else {
        output.line(format!(
            "已上传：操作 {} 项，照片 {} 张（本次 {}）",
            report.answered,
            report.photos_stored,
            HumanBytes(report.photo_bytes)
        ))?;
    }
    if report.changed > 0 {
        output.line(format!("已取回更新：记录 {} 条", report.changed))?;
    }
    for (state, count) in &after.ops_by_state {
        match state {
            OpState::Waiting => output.line(format!("申请中，等待街道核定：{count} 项"))?,
            OpState::Refused => output.line(format!("需处理：{count} 项未被采用，内容都保留着。请联系街道核对。"))?,
            OpState::Queued | OpState::Inflight | OpState::Acked | OpState::Acknowledged | OpState::Archived => {}
        }
    }
    for photo in &report.photos_damaged {
        output.line(format!("照片无法上传：{}，{}。其余照片照常上传。", photo.file.display(), photo.fault))?;
    }
    let damaged = report.photos_damaged.len();
    match (after.waiting_ops, after.photos_owed) {
        (0, 0) => Ok(()),
        // The server takes no bytes of work that it does not count yet; running it again changes nothing.
        (0, owed) if is_waiting(after) => {
            output.line(format!("照片 {owed} 张等街道纳入后再传，都还在手机上，请勿删除。"))
        }
        (0, owed) if usize::try_from(owed).is_ok_and(|owed| owed == damaged) => bail!(
            "隐患内容和其余照片已收到；{damaged} 张照片的文件有问题（见上）。请把原来的文件放回原处，再运行 paicha phone sync；找不回来的，请告诉街道专班。"
        ),
        (0, owed) => bail!("照片没传完（还有 {owed} 张），隐患内容已收到。请保持网络，稍后再运行 paicha phone sync。"),
        _ => bail!("没有传完，{}都还在手机上。请稍后再运行 paicha phone sync。", left_here(after)),
    }
}

fn is_waiting(after: &Status) -> bool {
    after.ops_by_state.iter().any(|(state, count)| *state == OpState::Waiting && *count > 0)
}

fn left_here(status: &Status) -> String {
    format!("操作 {} 项、照片 {} 张", status.waiting_ops, status.photos_owed)
}

/// One bar for operations, one for bytes of photos; drawn on standard error, and only on a terminal.
struct Bars {
    all: MultiProgress,
    operations: ProgressBar,
    photos: ProgressBar,
}

impl Bars {
    fn new(before: &Status) -> Self {
        let all = MultiProgress::new();
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let style =
            |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let operations = all.add(ProgressBar::new(count(before.waiting_ops)));
        operations.set_style(style("内容 {bar:30} {pos}/{len} 项 {msg}"));
        let photos = all.add(ProgressBar::new(count(before.photo_bytes_total)));
        photos.set_style(style("照片 {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}"));
        photos.set_position(count(before.photo_bytes_sent));
        operations.tick();
        photos.tick();
        Self { all, operations, photos }
    }

    fn show(&self, progress: SyncProgress) {
        match progress {
            SyncProgress::Pushed { answered } => self.operations.set_position(answered as u64),
            SyncProgress::Pulled { changed } => self.operations.set_message(format!("取回 {changed} 条")),
            SyncProgress::Uploaded { photos, .. } => self.photos.set_message(format!("{photos} 张传完")),
            SyncProgress::Waiting { ms } => {
                self.operations.set_message(format!("网络不好，{} 秒后再试", ms.div_ceil(1_000)));
            }
        }
    }

    fn clear(&self) {
        self.operations.finish_and_clear();
        self.photos.finish_and_clear();
        // A terminal that went away is nobody's fault.
        let _ = self.all.clear();
    }
}

/// Moves the bar of the photos with every chunk; the sync itself reports more rarely.
async fn watch_photos(phone: Phone, bar: ProgressBar, total: i64) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Ok(status) = phone.status().await else { return };
        let arrived = total - (status.photo_bytes_total - status.photo_bytes_sent);
        bar.set_position(u64::try_from(arrived).unwrap_or(0));
    }
}
