//! `paicha import rescue`: a phone's rescue file, by the same use case as over HTTP. What a newcomer gets wrong: the running server makes the previews
//! of photos that come in here, when it looks next.

use super::Output;
use super::import::{FileArguments, bar, command_line, taken};
use crate::app::App;
use crate::usecases::import_rescue::{RescueFault, RescueImported, RescueSource, import_rescue};
use anyhow::Context as _;
use std::sync::Arc;

/// Does it.
pub(super) async fn run(app: &Arc<App>, arguments: &FileArguments, output: &mut Output) -> anyhow::Result<()> {
    let path = &arguments.file;
    let file = std::fs::File::open(path).with_context(|| format!("无法读取 {}，没有导入。", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bar = bar("导入");
    let watched = bar.clone();
    let progress = Arc::new(move |done, whole| {
        watched.set_length(whole);
        watched.set_position(done);
    });
    let imported =
        import_rescue(app, &command_line(app), RescueSource { name, file }, arguments.dry_run, progress).await;
    bar.finish_and_clear();
    let RescueImported { dry_run, faults, more_faults, lines, .. } = taken(imported, output)?;
    output.line(if dry_run { "救援文件可以导入，尚未保存：" } else { "救援文件已导入：" })?;
    lines.iter().try_for_each(|line| output.line(line))?;
    for RescueFault { seq, what, why } in &faults {
        output.line(format!("序号 {seq} {what}：{why}"))?;
    }
    if more_faults > 0 {
        output.line(format!("还有 {more_faults} 项没有列出，请在待处理列表中查看"))?;
    }
    Ok(())
}
