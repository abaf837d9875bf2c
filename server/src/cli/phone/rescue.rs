//! `paicha phone rescue`: a file of everything that is not handed in, for the office to import. Nothing on the phone changes. What a newcomer gets
//! wrong: the phone goes on owing all of it, and hands it in itself when it can; nothing is counted twice then.

use super::super::Output;
use super::explain;
use super::home::{Home, HomeArguments};
use clap::Args;
use std::path::PathBuf;

/// Where to.
#[derive(Debug, Args)]
pub(in crate::cli) struct RescueArguments {
    /// 要生成的文件（不能已存在）。The file to write; must not exist.
    file: PathBuf,
    #[command(flatten)]
    home: HomeArguments,
}

/// Does it.
pub(super) async fn run(arguments: &RescueArguments, output: &mut Output) -> anyhow::Result<()> {
    let phone = Home::find(&arguments.home)?.open().await?;
    let written = phone.write_rescue(&arguments.file).await;
    let written = written.map_err(|error| explain("没有生成救援文件，手机上的内容没有变。", error))?;
    let path = arguments.file.display();
    output.line(format!(
        "已生成 {path}：操作 {} 项，照片 {} 张。请交给街道专班导入；手机上的内容没有变。",
        written.ops, written.photos
    ))?;
    phone.close().await;
    Ok(())
}
