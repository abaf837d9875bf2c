//! The command line: flags for all commands, and one file per command. Each command opens the same installation as the server and calls use
//! cases; what is printed is Chinese first. What a newcomer gets wrong: `println!` dies on a closed pipe (`paicha user list | head`), so
//! everything printed goes through [`Output`].

mod allocator;
mod cert;
mod config;
mod demo;
mod doctor;
mod form;
mod import;
mod lock;
mod openapi;
mod output;
mod phone;
mod recount;
mod rescue;
mod restored;
mod serve;
mod user;
mod verify;

use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Sources};
use crate::ids::SystemIds;
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
pub use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// 排查：离线手机现场排查与隐患台账的服务器。
#[derive(Debug, Parser)]
#[command(name = "paicha", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
struct Settings {
    /// 设置文件（TOML）。Settings file; see `paicha config --defaults`.
    #[arg(long, global = true, env = "PAICHA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// 数据文件夹。Where everything lies: database, photos, keys.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 监听地址和端口。Address and port to listen on.
    #[arg(long, global = true, value_name = "ADDR")]
    listen: Option<String>,
    /// 数据库地址。`postgres://...` or `sqlite:...`; without: SQLite in the data folder.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// 任意设置，可重复。Any other setting, e.g. `--set office.campaign_year=2024`; may be repeated.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 启动服务器。Runs the server.
    Serve,
    /// 账号：新增、授权、停用、重设密码。Accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// 导入村界、场所、人员。Imports village boundaries, places, people.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// 生成并启动演示（全部虚构）。Makes an invented subdistrict and serves it.
    Demo(demo::DemoArguments),
    /// 为内部网络生成证书。Makes a certificate for a network without public names.
    Cert(cert::CertArguments),
    /// 显示生效的设置（密码隐去）。Prints the settings in force, secrets hidden.
    Config(config::ConfigArguments),
    /// 核验：按操作原文重建并比对全部数据和照片，只读。Rebuilds everything from operations and compares; changes nothing.
    Verify(verify::VerifyArguments),
    /// 重新统计：核验发现附件2 的汇总不对时用。Counts again what is kept for the numbers of 附件2.
    Recount,
    /// 体检：数据库、磁盘、密钥、证书、照片库、未上传的手机，只读。Tells whether this installation is well, and what to do.
    Doctor(doctor::DoctorArguments),
    /// 恢复备份之后运行一次：让手机重新核对并补传。Asks all phones for what they handed in lately; run it after restoring a backup.
    Restored,
    /// 手机：登录、离线排查、上传、查看。A phone on this computer; works without signal.
    #[command(subcommand)]
    Phone(phone::PhoneCommand),
    /// 导出表格。Downloads printed forms.
    #[command(subcommand)]
    Form(form::FormCommand),
    /// 输出接口文档（OpenAPI）。Prints the OpenAPI document.
    Openapi,
    // More commands: one file under cli/ each, one line here, one arm in `run`.
}

/// Runs the program: 0 when it did what was asked, 1 when not, 2 for a wrong command line. `verify` has codes of its own.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; a closed pipe is then nobody's fault.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let mut output = Output::standard();
    if let Command::Openapi = cli.command {
        return openapi::run(&mut output).map(|()| ExitCode::SUCCESS);
    }
    if matches!(cli.command, Command::Serve | Command::Demo(_)) {
        allocator::keep_small();
    }
    let config = cli.settings.load()?;
    crate::telemetry::start(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("无法启动运行环境，请检查系统资源。")?;
    let outcome = match cli.command {
        Command::Serve => runtime.block_on(serve::run(config, &mut output)),
        Command::User(command) => runtime.block_on(user::run(config, command, &mut output)),
        Command::Import(command) => runtime.block_on(import::run(config, command, &mut output)),
        Command::Demo(arguments) => runtime.block_on(demo::run(config, arguments, &mut output)),
        Command::Cert(arguments) => cert::run(&config, &arguments, &mut output),
        Command::Config(arguments) => config::run(&config, &arguments, &mut output),
        Command::Phone(command) => runtime.block_on(phone::run(command, &mut output)),
        Command::Form(command) => runtime.block_on(form::run(command, &mut output)),
        Command::Openapi => openapi::run(&mut output),
        Command::Restored => runtime.block_on(restored::run(config, &mut output)),
        Command::Recount => runtime.block_on(recount::run(config, &mut output)),
        Command::Doctor(arguments) => return runtime.block_on(doctor::run(config, &arguments, &mut output)),
        Command::Verify(arguments) => return runtime.block_on(verify::run(config, &arguments, &mut output)),
    };
    outcome.and_then(|()| output.flush()).map(|()| ExitCode::SUCCESS)
}

impl Settings {
    /// Settings file, environment and flags over the defaults.
    fn load(self) -> anyhow::Result<Config> {
        let file = match self.config {
            Some(path) => {
                let text = std::fs::read_to_string(&path);
                let text = text.with_context(|| format!("无法读取设置文件 {}，没有启动。", path.display()))?;
                Some((path, text))
            }
            None => None,
        };
        let mut flags = Vec::new();
        for pair in self.set {
            let (key, value) = pair.split_once('=').context("--set 的格式是 section.key=value，没有启动。")?;
            flags.push((key.to_owned(), value.to_owned()));
        }
        let data = self.data.map(|folder| folder.display().to_string());
        let named = [("data.folder", data), ("server.listen", self.listen), ("database.url", self.database)];
        flags.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        // A variable that is not UTF-8 cannot be one of ours.
        let environment =
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Ok(Config::load(&Sources { file, environment: environment.collect(), flags })?)
    }
}

/// The installation that the settings name, opened as the server opens it.
async fn open(config: Config) -> anyhow::Result<Arc<crate::app::App>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    let folder = config.data.folder.display().to_string();
    crate::start::start(config, clock, ids)
        .await
        .with_context(|| format!("无法打开数据（数据文件夹 {folder}），没有启动。"))
}
