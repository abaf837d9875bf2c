//! `paicha user`: accounts from the command line, by the same use cases as over HTTP. The first administrator is made here. What a newcomer
//! gets wrong: a password never stands among the arguments, where every other user of the machine can read it.

use super::{Output, open};
use crate::app::App;
use crate::auth::secret::Secret;
use crate::config::Config;
use crate::usecases::load_grants::EVERYWHERE;
use crate::usecases::manage_users::{
    ListedUser, ManageUsersError, Manager, NewUser, USERS_PER_PAGE_MAX, create_user, disable_user, find_user_by_login,
    grant_role, grant_role_for, list_users, reset_password, revoke_role,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::io::{BufRead as _, Read as _};
use sync_protocol::ids::UserId;
use sync_protocol::role::Role;
use uuid::Uuid;

/// Longest line that is read as a password, in bytes.
const PASSWORD_LINE_BYTES_MAX: u64 = 1024;
/// Letters of generated passwords: none that is mistaken for another on paper. Exactly 32, so that five bits pick one evenly.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a generated password: 80 bits.
const PASSWORD_LETTERS_COUNT: usize = 16;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// 新增账号。Adds an account; without --password-stdin a password is made and printed once.
    Add(AddArguments),
    /// 授予角色。Grants a role in a village, a subdistrict or everywhere.
    Grant(PlacedGrantArguments),
    /// 撤销角色。Revokes a role; work done before is still taken for a while.
    Revoke(GrantArguments),
    /// 重设密码，并退出所有登录。Sets a new password and ends all sessions.
    Password(PasswordArguments),
    /// 列出账号。Lists the accounts.
    List,
    /// 停用账号，并退出所有登录。Disables an account and ends all sessions.
    Disable(LoginArguments),
}

/// A new account.
#[derive(Debug, Args)]
pub(super) struct AddArguments {
    /// 登录名。
    login: String,
    /// 姓名。
    #[arg(long)]
    name: String,
    /// 单位，打印为排查单位。
    #[arg(long, default_value = "")]
    unit: String,
    /// 电话。
    #[arg(long, default_value = "")]
    phone: String,
    /// 角色和范围，可重复。`R1=900000001001`, `R10=all`; may be repeated.
    #[arg(long = "grant", value_name = "ROLE=CODE", value_parser = parse_grant)]
    grants: Vec<(Role, String)>,
    /// 从标准输入读密码。Reads the password from standard input (one line).
    #[arg(long)]
    password_stdin: bool,
}

/// Whose role, where, and for which places.
#[derive(Debug, Args)]
pub(super) struct PlacedGrantArguments {
    #[command(flatten)]
    grant: GrantArguments,
    /// 场所编号，可重复；企业（R7）、专家（R8）只办理这些场所的隐患。Ids of places that an R7 or R8 acts for, instead of those before.
    #[arg(long = "place", value_name = "ID")]
    places: Vec<Uuid>,
}

/// Whose role, and where.
#[derive(Debug, Args)]
pub(super) struct GrantArguments {
    /// 登录名。
    login: String,
    /// 角色 R1–R11。
    #[arg(value_parser = parse_role)]
    role: Role,
    /// 村（社区）或街道的 12 位代码，all 为全部。
    #[arg(value_name = "CODE")]
    feed: String,
}

/// Whose password.
#[derive(Debug, Args)]
pub(super) struct PasswordArguments {
    /// 登录名。
    login: String,
    /// 从标准输入读密码。Reads the password from standard input (one line); without, one is made and printed once.
    #[arg(long)]
    password_stdin: bool,
}

/// Whose account.
#[derive(Debug, Args)]
pub(super) struct LoginArguments {
    /// 登录名。
    login: String,
}

const BY: Manager<'static> = Manager::CommandLine;

/// Does it.
pub(super) async fn run(config: Config, command: UserCommand, output: &mut Output) -> anyhow::Result<()> {
    let app = open(config).await?;
    let done = match command {
        UserCommand::Add(arguments) => add(&app, arguments, output).await,
        UserCommand::Grant(arguments) => grant(&app, arguments, output).await,
        UserCommand::Revoke(arguments) => revoke(&app, arguments, output).await,
        UserCommand::Password(arguments) => password(&app, arguments, output).await,
        UserCommand::List => list(&app, output).await,
        UserCommand::Disable(arguments) => disable(&app, &arguments.login, output).await,
    };
    app.database.close().await;
    done
}

async fn add(app: &App, arguments: AddArguments, output: &mut Output) -> anyhow::Result<()> {
    let (password, made) = read_or_make_password(app, arguments.password_stdin)?;
    let new = NewUser {
        login: arguments.login.clone(),
        name: arguments.name,
        unit: arguments.unit,
        phone: arguments.phone,
        password: password.clone(),
    };
    let user = create_user(app, BY, new).await.map_err(sentence)?;
    output.line(format!("已新增账号 {}（{user}）", arguments.login))?;
    print_made(&password, made, output)?;
    for (role, feed) in arguments.grants {
        let granted = grant_role(app, BY, user, role, code(&feed)).await.map_err(sentence);
        granted
            .with_context(|| format!("账号已新增，但没有授予 {role}（{feed}）。请用 paicha user grant 重新授权。"))?;
        output.line(format!("已授予 {role} {}：{feed}", role.title()))?;
    }
    Ok(())
}

async fn grant(app: &App, arguments: PlacedGrantArguments, output: &mut Output) -> anyhow::Result<()> {
    let PlacedGrantArguments { grant: arguments, places } = arguments;
    let user = user_of(app, &arguments.login).await?;
    let places = (!places.is_empty()).then_some(places.as_slice());
    let which = (arguments.role, code(&arguments.feed));
    let changed = grant_role_for(app, BY, user, which, places).await.map_err(sentence)?;
    output.line(if changed { "已授权，立即生效。" } else { "此前已授权，没有变化。" })
}

async fn revoke(app: &App, arguments: GrantArguments, output: &mut Output) -> anyhow::Result<()> {
    let user = user_of(app, &arguments.login).await?;
    let changed = revoke_role(app, BY, user, arguments.role, code(&arguments.feed)).await.map_err(sentence)?;
    output.line(if changed {
        "已撤销，立即生效；此前在手机上完成的工作仍可上传。"
    } else {
        "没有这项授权，没有变化。"
    })
}

async fn password(app: &App, arguments: PasswordArguments, output: &mut Output) -> anyhow::Result<()> {
    let user = user_of(app, &arguments.login).await?;
    let (password, made) = read_or_make_password(app, arguments.password_stdin)?;
    reset_password(app, BY, user, &password).await.map_err(sentence)?;
    output.line("已重设密码，所有登录已退出；手机上未上传的内容不受影响。")?;
    print_made(&password, made, output)
}

async fn disable(app: &App, login: &str, output: &mut Output) -> anyhow::Result<()> {
    let user = user_of(app, login).await?;
    let changed = disable_user(app, BY, user).await.map_err(sentence)?;
    output.line(if changed { "账号已停用，所有登录已退出。" } else { "账号此前已停用。" })
}

async fn list(app: &App, output: &mut Output) -> anyhow::Result<()> {
    let mut after: Option<String> = None;
    loop {
        let page = list_users(app, BY, after.as_deref(), USERS_PER_PAGE_MAX).await.map_err(sentence)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.login.clone());
        page.iter().try_for_each(|user| output.line(user_line(user)))?;
    }
}

fn user_line(user: &ListedUser) -> String {
    let grants = user.grants.iter().filter(|grant| grant.revoked_at_us.is_none());
    let grants: Vec<String> = grants.map(|grant| format!("{}={}", grant.role, grant.feed)).collect();
    let state = if user.disabled_at_us.is_some() { "停用" } else { "正常" };
    [&user.login, &user.name, &user.unit, state, &grants.join(" ")].join("\t")
}

async fn user_of(app: &App, login: &str) -> anyhow::Result<UserId> {
    find_user_by_login(app, BY, login).await.map_err(sentence)
}

/// The password, and whether it was made here and must be shown.
fn read_or_make_password(app: &App, from_stdin: bool) -> anyhow::Result<(Secret<String>, bool)> {
    if !from_stdin {
        let random = app.ids.secret_bytes();
        let letters = random.iter().take(PASSWORD_LETTERS_COUNT).map(|byte| PASSWORD_LETTERS[usize::from(byte & 31)]);
        return Ok((Secret::new(letters.map(char::from).collect()), true));
    }
    let mut line = String::new();
    std::io::stdin().lock().take(PASSWORD_LINE_BYTES_MAX).read_line(&mut line).context("无法从标准输入读密码。")?;
    Ok((Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()), false))
}

fn print_made(password: &Secret<String>, made: bool, output: &mut Output) -> anyhow::Result<()> {
    if made {
        output.line(format!("密码（只显示这一次）：{}", password.expose()))?;
    }
    Ok(())
}

fn code(feed: &str) -> &str {
    if feed == "all" { EVERYWHERE } else { feed }
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::find_by_code(text).ok_or_else(|| "角色应为 R1 到 R11".to_owned())
}

fn parse_grant(text: &str) -> Result<(Role, String), String> {
    let (role, feed) = text.split_once('=').ok_or("格式应为 角色=代码，例如 R1=900000001001 或 R10=all")?;
    Ok((parse_role(role)?, feed.to_owned()))
}

/// The reason in words for people.
fn sentence(error: ManageUsersError) -> anyhow::Error {
    match error {
        ManageUsersError::NotFound => anyhow::anyhow!("没有这个账号，没有改动。请用 paicha user list 查看。"),
        ManageUsersError::LoginTaken => anyhow::anyhow!("登录名已被使用，没有新增账号。请换一个。"),
        ManageUsersError::UnknownVillage => {
            anyhow::anyhow!("没有这个村（社区）或街道的代码，没有授权。请先导入区域，或检查 12 位代码。")
        }
        ManageUsersError::UnknownPlace => anyhow::anyhow!(
            "没有这个场所，或不在授权范围内；只有企业（R7）和专家（R8）按场所授权。没有授权，请核对场所编号。"
        ),
        ManageUsersError::Forbidden | ManageUsersError::OwnAccount => anyhow::anyhow!("不能这样操作，没有改动。"),
        ManageUsersError::Field(sentence) => anyhow::anyhow!(sentence),
        ManageUsersError::Password(error) => error.into(),
        ManageUsersError::Database(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_a_role_and_a_place() {
        assert_eq!(parse_grant("R1=900000001001"), Ok((Role::R1, "900000001001".to_owned())));
        assert!(parse_grant("R1").is_err() && parse_grant("R12=all").is_err());
        assert_eq!((code("all"), code("900000001001")), (EVERYWHERE, "900000001001"));
    }

    #[test]
    fn no_two_letters_of_passwords_are_the_same() {
        let letters: std::collections::BTreeSet<_> = PASSWORD_LETTERS.iter().collect();
        assert_eq!(letters.len(), PASSWORD_LETTERS.len());
    }
}
