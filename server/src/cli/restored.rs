//! `paicha restored`: said once after data or photos were put back from a backup. Phones keep what they handed in for thirty days; in a new
//! history they offer it again, and what is here already is not sent twice. The server notices an older database by itself as soon as a
//! phone asks that had seen more; it cannot notice photos that are gone, and nobody has to wait for the first phone.

use super::{Output, open};
use crate::config::Config;
use crate::usecases::open_installation::begin_history;

/// Begins a new history.
pub(super) async fn run(config: Config, output: &mut Output) -> anyhow::Result<()> {
    let app = open(config).await?;
    let begun = begin_history(&app, None).await;
    app.database.close().await;
    begun?;
    output.line("已登记：数据是从备份恢复的。")?;
    output.line("各手机下次联网时会重新核对最近 30 天的内容和照片，缺的自动补传；请通知大家打开一次手机端。")?;
    output.line("之后请运行 paicha verify，看还缺哪些照片。")
}
