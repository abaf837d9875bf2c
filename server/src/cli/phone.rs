//! `paicha phone`: a phone on this computer, the same code that runs on a real one. Capturing works with the server off; `sync` hands in
//! what waits, and breaking it off anywhere loses nothing. Not for the office's own work on the data. What a newcomer gets wrong: none
//! of these commands opens the server's database; everything lies in the phone's own folder (`--home`).

mod capture;
mod enrol;
mod home;
mod rescue;
mod status;
mod sync;

use super::Output;
use clap::Subcommand;
pub(super) use home::{Home, HomeArguments};
use paicha_client::PhoneError;

/// What the phone does.
#[derive(Debug, Subcommand)]
pub(super) enum PhoneCommand {
    /// 登录（需要网络），之后可离线使用。Signs in once; afterwards the phone works offline.
    Enrol(enrol::EnrolArguments),
    /// 保存一次排查和照片，不需要网络。Saves a visit with its photos; needs no signal.
    Capture(Box<capture::CaptureArguments>),
    /// 上传等待的内容，取回更新。Hands in what waits and fetches what is new; run it as often as you like.
    Sync(HomeArguments),
    /// 把没有上传的内容和照片存成一个文件，交给街道专班导入。Writes what is not handed in to a file for the office.
    Rescue(rescue::RescueArguments),
    /// 查看哪些已上传、哪些还在手机上。What is handed in and what is still here.
    Status(HomeArguments),
}

/// Does it.
pub(super) async fn run(command: PhoneCommand, output: &mut Output) -> anyhow::Result<()> {
    match command {
        PhoneCommand::Enrol(arguments) => enrol::run(arguments, output).await,
        PhoneCommand::Capture(arguments) => capture::run(*arguments, output).await,
        PhoneCommand::Sync(arguments) => sync::run(&arguments, output).await,
        PhoneCommand::Rescue(arguments) => rescue::run(&arguments, output).await,
        PhoneCommand::Status(arguments) => status::run(&arguments, output).await,
    }
}

/// What to do about an error, beside what it says itself.
pub(super) fn advice(error: &PhoneError) -> &'static str {
    match error {
        PhoneError::NotEnrolled => "请在有网络时运行 paicha phone enrol 登录。",
        PhoneError::Problem { status: 401, .. } => {
            "请重新运行 paicha phone enrol 登录；手机上的内容不受影响，登录后继续上传。"
        }
        PhoneError::Problem { status: 403, .. } => "请联系管理员检查账号和权限；手机上的内容都还在。",
        PhoneError::Problem { status: 400 | 404 | 422, .. } => {
            "请核对填写的代码和条件，paicha phone status 可查看本账号的村（社区）。"
        }
        PhoneError::Problem { status: 426, .. } => "请更新程序后再运行；手机上的内容都还在。",
        PhoneError::Transport(_) | PhoneError::Answer(_) | PhoneError::Problem { .. } => {
            "请检查网络，稍后再运行一次；重复运行不会重复上报。"
        }
        PhoneError::Setup(_) => "请检查服务器地址和证书文件，再运行 paicha phone enrol。",
        PhoneError::Freeze(_)
        | PhoneError::Photo { .. }
        | PhoneError::NoSuchHazard
        | PhoneError::NoSuchRecord
        | PhoneError::RescueTooLarge
        | PhoneError::Store(_) => "请按上面的提示处理后再试。",
    }
}

/// The error with what happened to the person's work.
pub(super) fn explain(what: &str, error: PhoneError) -> anyhow::Error {
    let advice = advice(&error);
    anyhow::Error::new(error).context(format!("{what}{advice}"))
}
