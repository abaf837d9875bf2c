//! Writes into the audit log: what people did to accounts, grants, phones and sessions, what they did at the console, what files they took away.
//! What a newcomer gets wrong: an entry goes into the transaction of what it tells of, where there is one; and it holds no secret, no telephone
//! number and nothing that a person typed as a login.

use crate::app::App;
use paicha_db::accounts::UserRow;
use paicha_db::audit::{AuditRow, create_audit_entry};
use paicha_db::devices::DeviceRow;
use paicha_db::{DbError, Tx};
use sync_protocol::ids::UserId;
use uuid::Uuid;

/// Most characters of what something was called, and of the words.
const TEXT_CHARS_MAX: usize = 500;

/// What somebody did. Codes are stored and stay for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Signed in.
    SignIn,
    /// Tried to.
    SignInFailed,
    /// Signed out.
    SignOut,
    /// A refresh token came twice; the session was closed.
    SessionClosed,
    /// Enrolled a phone.
    DeviceEnrolled,
    /// Took a phone out of use.
    DeviceRevoked,
    /// Made an account.
    UserCreated,
    /// Disabled one.
    UserDisabled,
    /// Enabled one again.
    UserEnabled,
    /// Set a password.
    PasswordSet,
    /// Granted a role.
    GrantGiven,
    /// Revoked one.
    GrantRevoked,
    /// Handed the work of one inspector to another.
    HandedOver,
    /// Did something about a hazard.
    HazardAct,
    /// Did something about an inspection.
    InspectionAct,
    /// Asked somebody to inspect, reminded them, or took it back.
    TaskAct,
    /// Did something with a form.
    FormAct,
    /// Took in operations that were kept.
    Admitted,
    /// Imported a file.
    Import,
    /// Took a file away.
    Export,
}

impl Deed {
    /// All of them, in the order in which people choose one.
    pub const ALL: [Self; 20] = [
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::SessionClosed,
        Self::UserCreated,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::PasswordSet,
        Self::GrantGiven,
        Self::GrantRevoked,
        Self::HandedOver,
        Self::DeviceEnrolled,
        Self::DeviceRevoked,
        Self::HazardAct,
        Self::InspectionAct,
        Self::TaskAct,
        Self::FormAct,
        Self::Admitted,
        Self::Import,
        Self::Export,
    ];

    /// As it is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::SessionClosed => "session_closed",
            Self::DeviceEnrolled => "device_enrolled",
            Self::DeviceRevoked => "device_revoked",
            Self::UserCreated => "user_created",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::PasswordSet => "password_set",
            Self::GrantGiven => "grant_given",
            Self::GrantRevoked => "grant_revoked",
            Self::HandedOver => "handed_over",
            Self::HazardAct => "hazard_act",
            Self::InspectionAct => "inspection_act",
            Self::TaskAct => "task_act",
            Self::FormAct => "form_act",
            Self::Admitted => "admitted",
            Self::Import => "import",
            Self::Export => "export",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::SignIn => "登录",
            Self::SignInFailed => "登录失败",
            Self::SignOut => "退出",
            Self::SessionClosed => "会话异常关闭",
            Self::DeviceEnrolled => "登记手机",
            Self::DeviceRevoked => "停用手机",
            Self::UserCreated => "新建账号",
            Self::UserDisabled => "停用账号",
            Self::UserEnabled => "恢复账号",
            Self::PasswordSet => "重设密码",
            Self::GrantGiven => "授予角色",
            Self::GrantRevoked => "撤销角色",
            Self::HandedOver => "工作交接",
            Self::HazardAct => "办理隐患",
            Self::InspectionAct => "办理排查记录",
            Self::TaskAct => "派发任务",
            Self::FormAct => "办理报表",
            Self::Admitted => "纳入存疑内容",
            Self::Import => "导入",
            Self::Export => "导出",
        }
    }

    /// The deed with this code.
    pub fn find_by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.code() == code)
    }
}

/// What it was done to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// `user`, `device`, `hazard`, `inspection`, `task`, `operation`, `form` or `file`; empty for nothing.
    pub kind: &'static str,
    /// Id or code; may be empty.
    pub id: String,
    /// What people call it.
    pub text: String,
}

impl Subject {
    /// A person.
    pub fn user(user: &UserRow) -> Self {
        Self { kind: "user", id: user.id.to_string(), text: user.name.clone() }
    }

    /// A phone.
    pub fn device(device: &DeviceRow) -> Self {
        Self { kind: "device", id: device.id.to_string(), text: device.label.clone() }
    }

    /// A record of this kind with its number, where it has one.
    pub fn record(kind: &'static str, id: Uuid, number: Option<&str>) -> Self {
        Self { kind, id: id.to_string(), text: number.unwrap_or_default().to_owned() }
    }

    /// A file that was brought or taken away.
    pub fn file(name: &str) -> Self {
        Self { kind: "file", id: String::new(), text: name.to_owned() }
    }
}

/// One entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who; nothing for the command line and for whoever failed to sign in.
    pub actor: Option<UserId>,
    /// What.
    pub deed: Deed,
    /// To what.
    pub subject: Subject,
    /// Area code it was about.
    pub village: Option<String>,
    /// More in words.
    pub detail: String,
}

impl Entry {
    /// Somebody did something to something.
    pub fn new(actor: Option<UserId>, deed: Deed, subject: Subject) -> Self {
        Self { actor, deed, subject, village: None, detail: String::new() }
    }

    /// In this village.
    #[must_use]
    pub fn village(self, village: &str) -> Self {
        Self { village: Some(village.to_owned()), ..self }
    }

    /// With more words.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// Writes an entry into an open transaction.
///
/// # Errors
/// When the database fails; the transaction is then over.
pub async fn write_audit(app: &App, tx: &mut Tx, entry: Entry) -> Result<(), DbError> {
    let row = AuditRow {
        id: app.ids.new_id(),
        at: app.clock.now_us(),
        actor: entry.actor.map(|actor| actor.0),
        kind: entry.deed.code().to_owned(),
        subject_kind: entry.subject.kind.to_owned(),
        subject: entry.subject.id,
        subject_text: kept(&entry.subject.text),
        village: entry.village,
        detail: kept(&entry.detail),
    };
    create_audit_entry(tx, row).await
}

/// Writes an entry in a transaction of its own, for what had none that wrote.
///
/// # Errors
/// When the database fails.
pub async fn write_audit_alone(app: &App, entry: Entry) -> Result<(), DbError> {
    let mut tx = app.database.begin_write().await?;
    write_audit(app, &mut tx, entry).await?;
    tx.commit().await
}

fn kept(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(TEXT_CHARS_MAX).collect()
}
