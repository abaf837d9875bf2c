//! `paicha recount`: counts again what is kept for the numbers of 附件2. May run beside the server; pushes wait meanwhile.

use super::Output;
use crate::config::Config;
use crate::usecases::recount_totals::recount;
use anyhow::Context as _;

/// Differences that are printed, of each kind.
const PRINTED_MAX: i64 = 20;

/// Counts and prints.
pub(super) async fn run(config: Config, output: &mut Output) -> anyhow::Result<()> {
    let app = super::open(config).await?;
    let wrong = recount(&app.database, PRINTED_MAX).await;
    app.database.close().await;
    let wrong = wrong.context("没有重新统计，原来的汇总没有改动。请排除原因后重试。")?;
    wrong.iter().try_for_each(|words| output.line(format!("已更正  {words}")))?;
    output.line(if wrong.is_empty() { "附件2 的汇总与记录一致" } else { "附件2 的汇总已重新统计" })
}
