//! `paicha form`: printed forms, downloaded from the server with the login of a phone folder. The file is written whole or not at all.
//! Nothing is computed here; the server lays the form out.

use super::Output;
use super::phone::{Home, HomeArguments, explain};
use crate::usecases::read_appendix1::PICTURES_TO_COME;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use paicha_client::Phone;
use std::path::PathBuf;
use sync_protocol::time::Month;

/// Which form.
#[derive(Debug, Subcommand)]
pub(super) enum FormCommand {
    /// 导出附件1（排查表）。Downloads 附件1 of a village or subdistrict and a month.
    Appendix1(FormArguments),
    /// 导出附件2（月度调度表）。Downloads 附件2 of a village or subdistrict and a month.
    Appendix2(FormArguments),
}

/// Which form.
#[derive(Debug, Args)]
pub(super) struct FormArguments {
    /// 村（社区）或街道的 12 位代码；默认本账号唯一的街道或村。
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// 月份，如 2023-06。
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
    /// 保存到的文件，以 .xlsx 或 .docx 结尾。Where to save it; the ending says which program it is for.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    home: HomeArguments,
}

/// Downloads it.
pub(super) async fn run(command: FormCommand, output: &mut Output) -> anyhow::Result<()> {
    let (form, title, arguments) = match command {
        FormCommand::Appendix1(arguments) => ("appendix1", "附件1", arguments),
        FormCommand::Appendix2(arguments) => ("appendix2", "附件2", arguments),
    };
    let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || letter == '-');
    let village = arguments.village.unwrap_or_default();
    if !digits(&village) || !digits(&arguments.month) {
        anyhow::bail!("代码应为 12 位数字，月份应写成 2023-06 的样子。没有导出。");
    }
    if arguments.month.parse::<Month>().is_err() {
        anyhow::bail!("没有“{}”这个月份，应写成 2023-06 的样子。没有导出。", arguments.month);
    }
    let format = match arguments.out.extension().and_then(|ending| ending.to_str()) {
        Some(ending @ ("xlsx" | "docx")) => ending,
        Some(_) | None => anyhow::bail!("文件名要以 .xlsx 或 .docx 结尾。没有导出。"),
    };
    let phone = Home::find(&arguments.home)?.open().await?;
    let mut path = format!("/v1/forms/{form}?month={}", arguments.month);
    if !village.is_empty() {
        path.push_str(&format!("&village={village}"));
    }
    let file = phone.fetch(&format!("{path}&format={format}")).await.map_err(|error| explain("没有导出。", error))?;
    let shown = arguments.out.display();
    write_whole(&arguments.out, &file.body)
        .with_context(|| format!("无法写入 {shown}，没有导出。请检查文件夹和空间。"))?;
    let waiting = if form == "appendix1" { pictures_to_come(&phone, &path).await? } else { 0 };
    phone.close().await;
    output.line(format!("已导出{title}：{shown}（{} 字节）", file.body.len()))?;
    if waiting > 0 {
        output.line(format!("其中 {waiting} 行的照片已收到，缩略图还在处理，表中暂缺；请过一会儿再导出一次。"))?;
    }
    Ok(())
}

/// Rows of 附件1 with photos that are here and of which no picture is made yet.
async fn pictures_to_come(phone: &Phone, path: &str) -> anyhow::Result<usize> {
    let form = phone
        .fetch(&format!("{path}&format=json"))
        .await
        .map_err(|error| explain("已导出，但不能核对照片。", error))?;
    let form: serde_json::Value = serde_json::from_slice(&form.body)?;
    let forms = std::iter::once(&form["form"]).chain(form["villages"].as_array().into_iter().flatten());
    let rows = forms.flat_map(|form| form["rows"].as_array().into_iter().flatten());
    let waits =
        |row: &&serde_json::Value| row["picture_note"].as_str().is_some_and(|note| note.contains(PICTURES_TO_COME));
    Ok(rows.filter(waits).count())
}

/// Beside the target first, so that a full disk leaves no half form under its name.
fn write_whole(target: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = target.with_file_name(name);
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, target)
}
