//! `paicha phone enrol`: the one step that needs signal. It signs in, keeps the person's name, unit and villages, and fetches the first
//! pages, so that a capture without any flag knows its village. Signing in again, also as somebody else, keeps everything on the phone.

use super::super::Output;
use super::home::{Home, HomeArguments};
use super::{advice, explain};
use anyhow::Context as _;
use clap::Args;
use paicha_client::Phone;
use paicha_client::phone::Enrolment;
use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;

/// Longest line that is read as a password, in bytes.
const PASSWORD_LINE_BYTES_MAX: u64 = 1024;
/// Pages that are fetched at once after signing in; the rest comes with the first sync.
const FIRST_PAGES_MAX: usize = 64;

/// Who signs in where.
#[derive(Debug, Args)]
pub(in crate::cli) struct EnrolArguments {
    /// 服务器地址，如 https://paicha.example.cn。
    #[arg(long, value_name = "URL")]
    server: String,
    /// 登录名。
    #[arg(long)]
    login: String,
    /// 从标准输入读密码（一行）。Reads the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// 服务器自己的证书（PEM）。Certificate of the server's own authority; kept for later commands.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 这部手机的名字。What people call this phone.
    #[arg(long, default_value = "命令行手机")]
    label: String,
    #[command(flatten)]
    home: HomeArguments,
}

/// Signs in and fetches what the phone needs offline.
pub(super) async fn run(arguments: EnrolArguments, output: &mut Output) -> anyhow::Result<()> {
    let home = Home::find(&arguments.home)?;
    if let Some(file) = &arguments.ca {
        home.keep_certificate(file)?;
    }
    let password = read_password(arguments.password_stdin)?;
    let phone = home.reach(&home.open().await?, &arguments.server)?;
    let enrolment =
        Enrolment { login: arguments.login, password, label: arguments.label, model: std::env::consts::OS.to_owned() };
    let signed_in = phone.enrol(arguments.server.trim_end_matches('/'), &enrolment).await;
    signed_in.map_err(|error| explain("没有登录成功，手机上的内容没有变化。", error))?;
    let name = phone.store().find_user().await?.map(|(_, name)| name).unwrap_or_default();
    output.line(format!("已登录：{name}"))?;
    fetch_first(&phone, output).await?;
    let villages = phone.list_villages().await?;
    let villages: Vec<&str> = villages.iter().map(sync_protocol::ids::FeedId::as_str).collect();
    match villages.as_slice() {
        [] => output.line("还没有可排查的村（社区）。请管理员授权后运行 paicha phone sync。"),
        _ => output.line(format!(
            "可排查的村（社区）：{}。现在可以离线排查：paicha phone capture 照片.jpg",
            villages.join("、")
        )),
    }
}

/// A failure here is no failure of signing in.
async fn fetch_first(phone: &Phone, output: &mut Output) -> anyhow::Result<()> {
    for _ in 0..FIRST_PAGES_MAX {
        match phone.pull_once().await {
            Ok(round) if round.more => {}
            Ok(_) => return Ok(()),
            Err(error) => {
                return output.line(format!("已登录，但没有取到村（社区）数据：{error}。{}", advice(&error)));
            }
        }
    }
    Ok(())
}

fn read_password(from_stdin: bool) -> anyhow::Result<String> {
    if !from_stdin && std::io::stdin().is_terminal() {
        let terminal = console::Term::stderr();
        terminal.write_str("密码：")?;
        return terminal.read_secure_line().context("无法读取密码，没有登录。");
    }
    if !from_stdin {
        anyhow::bail!("没有终端可输入密码，没有登录。请加 --password-stdin 并从标准输入提供密码。");
    }
    let mut line = String::new();
    let mut stdin = std::io::stdin().lock().take(PASSWORD_LINE_BYTES_MAX);
    stdin.read_line(&mut line).context("无法从标准输入读密码，没有登录。")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
