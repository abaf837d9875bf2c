//! The phone of the command line, as a person types it: signed in once, captured with the server off, handed in, printed.

use super::VILLAGE;
use anyhow::{Result, ensure};
use paicha_db::Engine;
use paicha_photos::sample::{Stamp, field_photo};
use paicha_tests::app::{PASSWORD, TestApp};
use paicha_tests::program::binary;
use paicha_tests::proxy::Proxy;
use std::path::Path;
use std::process::{Output, Stdio};
use sync_protocol::role::Role;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Runs `paicha` for the phone in `folder/phone`, with a password on standard input where one is read.
async fn paicha(folder: &Path, words: &[&str]) -> Result<(bool, String)> {
    let mut command = Command::new(binary()?);
    command.args(words).env_clear().env("PAICHA_PHONE_HOME", folder.join("phone")).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Commands that read nothing may have closed it already.
        let _ = stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await;
    }
    let Output { status, stdout, stderr } = child.wait_with_output().await?;
    Ok((status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))))
}

async fn expect(folder: &Path, words: &[&str], success: bool, said: &str) -> Result<()> {
    let (succeeded, output) = paicha(folder, words).await?;
    ensure!(succeeded == success && output.contains(said), "{words:?} said: {output}");
    Ok(())
}

#[tokio::test]
async fn a_phone_on_the_command_line_captures_offline_and_hands_in_later() -> Result<()> {
    let app = TestApp::start(Engine::Sqlite).await?;
    app.village(VILLAGE, "云杉村").await?;
    app.user("inspector", Role::R1, &[VILLAGE]).await?;
    let line = Proxy::start(Some(&app.url)).await?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    std::fs::write(folder.join("photo.jpg"), field_photo(1, 800, 600, &Stamp::example()))?;
    std::fs::write(folder.join("words.jpg"), "not a photo")?;

    expect(folder, &["phone", "capture", "photo.jpg"], false, "还没有登录").await?;
    let enrol = ["phone", "enrol", "--server", &line.url, "--login", "inspector", "--password-stdin"];
    expect(folder, &enrol, true, VILLAGE).await?;
    line.lead_to(None)?;
    expect(folder, &["phone", "capture", "words.jpg"], false, "尚未保存").await?;
    expect(folder, &["phone", "capture", "photo.jpg"], true, "已存手机，有网时运行 paicha phone sync 上传").await?;
    expect(folder, &["phone", "status"], true, "待上传").await?;
    line.lead_to(Some(&app.url))?;
    expect(folder, &["phone", "sync"], true, "照片 1 张").await?;
    expect(folder, &["phone", "sync"], true, "没有需要上传的内容，全部已上传").await?;
    expect(folder, &["phone", "status"], true, "未填写地点\t已上传").await?;
    ensure!(super::hazards(&app.app.database, VILLAGE).await? == ["见照片"]);
    let form = ["form", "appendix1", "--village", VILLAGE, "--month", "2023-06", "--out", "form.xlsx"];
    expect(folder, &form, true, "已导出附件1").await?;
    ensure!(std::fs::read(folder.join("form.xlsx"))?.starts_with(b"PK"));
    app.remove().await
}

#[tokio::test]
async fn what_a_phone_on_the_command_line_cannot_send_goes_to_the_server_in_a_file() -> Result<()> {
    let app = TestApp::start(Engine::Sqlite).await?;
    app.village(VILLAGE, "云杉村").await?;
    app.user("inspector", Role::R1, &[VILLAGE]).await?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    std::fs::write(folder.join("photo.jpg"), field_photo(1, 800, 600, &Stamp::example()))?;
    expect(folder, &["phone", "rescue", "rescue.zip"], false, "没有生成救援文件").await?;
    let enrol = ["phone", "enrol", "--server", &app.url, "--login", "inspector", "--password-stdin"];
    expect(folder, &enrol, true, VILLAGE).await?;
    expect(folder, &["phone", "capture", "photo.jpg"], true, "已存手机").await?;
    expect(folder, &["phone", "rescue", "rescue.zip"], true, "照片 1 张。请交给街道专班导入").await?;
    expect(folder, &["phone", "rescue", "rescue.zip"], false, "没有生成救援文件").await?;

    let url = app.app.config.database_url().expose().clone();
    let data = app.app.config.data.folder.display().to_string();
    let server = ["--data", &data, "--database", &url, "import", "rescue"];
    let dry = [&server[..], &["rescue.zip", "--dry-run"]].concat();
    expect(folder, &dry, true, "内容 1 条").await?;
    ensure!(super::hazards(&app.app.database, VILLAGE).await?.is_empty(), "a dry run stores nothing");
    let real = [&server[..], &["rescue.zip"]].concat();
    expect(folder, &real, true, "照片 1 张：新存入 1 张").await?;
    expect(folder, &real, true, "服务器上已有 1 条").await?;
    expect(folder, &[&server[..], &["photo.jpg"]].concat(), false, "不是 ZIP 文件，或者没有传完整，什么也没有导入")
        .await?;
    ensure!(super::hazards(&app.app.database, VILLAGE).await? == ["见照片"]);
    expect(folder, &["phone", "sync"], true, "").await?;
    expect(folder, &["phone", "status"], true, "未填写地点\t已上传").await?;
    ensure!(super::hazards(&app.app.database, VILLAGE).await? == ["见照片"]);
    app.remove().await
}
