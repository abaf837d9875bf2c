//! Whether an installation is well, and what to do where it is not: database, disk, keys, certificate, photo store, clocks, and what waits for
//! people. Reads only, but for one probe object in the photo store; may run beside the server. What a newcomer gets wrong: a warning
//! is about something that will hurt later, a fault about something that hurts now.

mod certificate;

use crate::blobs::Blobs;
use crate::config::{Config, Sources};
use crate::usecases::open_installation::HISTORY_META_KEY;
use crate::usecases::pull_changes::BACKUP_META_KEY;
use bytes::Bytes;
use paicha_db::health::{self, Since, Waiting};
use paicha_db::{Database, DatabaseConfig, DbError, Engine, meta};
use serde::Serialize;
use std::path::Path;
use sync_protocol::limits::{HELD_DAYS_MAX, RETENTION_DAYS};
use sync_protocol::time::{DAY_US, HOUR_US, MINUTE_US};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Well.
    Good,
    /// Will hurt later.
    Warning,
    /// Hurts now.
    Fault,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// A stable name.
    pub check: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, in words.
    pub text_zh: String,
    /// What to do; empty when all is well.
    pub advice_zh: String,
}

/// Phones with unsent work that were silent for longer are named.
const SILENT_US: i64 = 48 * HOUR_US;
/// Photos without pictures for longer mean that the jobs stand still.
const DERIVE_WAIT_US: i64 = 30 * MINUTE_US;
/// Days for which the disk should last at least.
const DISK_DAYS_MIN: u64 = 60;
/// Free bytes under which nothing is safe any more.
const DISK_BYTES_MIN: u64 = 1 << 30;
/// Days over which the filling of the disk is judged.
const FILLING_DAYS: i64 = 7;
/// Days after which a backup is old.
const BACKUP_DAYS_MAX: i64 = 2;
/// Where the probe of the photo store is put and taken away again.
const PROBE_KEY: &str = "staging/doctor/probe";

impl Examined {
    fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Good, text_zh: text.into(), advice_zh: String::new() }
    }

    fn bad(check: &'static str, verdict: Verdict, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict, text_zh: text.into(), advice_zh: advice.into() }
    }

    fn of(check: &'static str, count: i64, fine: &str, text: String, advice: &str) -> Self {
        if count == 0 { Self::good(check, fine) } else { Self::bad(check, Verdict::Warning, text, advice) }
    }
}

/// Every check, in the order in which to mend things.
pub async fn examine_installation(config: &Config, now_us: i64) -> Vec<Examined> {
    let mut all = vec![folder(&config.data.folder), exposure(config), certificate::examine(config, now_us)];
    all.push(keys(config));
    all.push(office(config));
    let waiting = database(config, now_us, &mut all).await;
    all.push(photo_store(config).await);
    all.push(disk(&config.data.folder, waiting.as_ref()));
    if let Some(waiting) = waiting {
        all.extend(people(&waiting, now_us));
    }
    all
}

fn folder(folder: &Path) -> Examined {
    let shown = folder.display();
    let probe = folder.join(".doctor-probe");
    let written = folder.is_dir().then(|| std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)));
    match written {
        Some(Ok(())) => Examined::good("data_folder", format!("数据文件夹 {shown} 可以写入")),
        Some(Err(error)) => Examined::bad(
            "data_folder",
            Verdict::Fault,
            format!("数据文件夹 {shown} 不能写入：{error}"),
            "检查文件夹的权限和磁盘是否已满或只读",
        ),
        None => Examined::bad(
            "data_folder",
            Verdict::Fault,
            format!("数据文件夹 {shown} 不存在"),
            "用 --data 指明数据文件夹；第一次使用请先运行 paicha serve",
        ),
    }
}

/// The office that the forms name; the defaults are those of the notice that this program was made after.
fn office(config: &Config) -> Examined {
    let (name, year) = (&config.office.name, config.office.campaign_year);
    let text = format!("表格以“{name}”、{year}年的名义打印");
    let usual = Config::load(&Sources { file: None, environment: Vec::new(), flags: Vec::new() }).ok();
    if usual.is_some_and(|usual| usual.office.name == *name) {
        return Examined::bad("office", Verdict::Warning, text, "在设置文件的 [office] 中写上本街道的名称和行动年份");
    }
    Examined::good("office", text)
}

fn exposure(config: &Config) -> Examined {
    let encrypted = !config.server.tls_certificate.as_os_str().is_empty();
    if encrypted || config.server.listen.ip().is_loopback() {
        return Examined::good("exposure", format!("监听 {}", config.server.listen));
    }
    Examined::bad(
        "exposure",
        Verdict::Warning,
        format!("监听 {}，没有加密：密码会明文经过网络，手机不能拍照和定位", config.server.listen),
        "运行 paicha cert，或放在有证书的反向代理之后",
    )
}

fn keys(config: &Config) -> Examined {
    let folders = [config.token_keys_folder(), config.seal_keys_folder()];
    if let Some(missing) = folders.iter().find(|folder| !folder.is_dir()) {
        return Examined::bad(
            "keys",
            Verdict::Warning,
            format!("还没有密钥（{}）", missing.display()),
            "第一次启动服务器时会自动生成；如果已经用过，请从备份恢复密钥文件夹",
        );
    }
    let open = folders.iter().flat_map(|folder| readable_by_others(folder)).next();
    match open {
        Some(path) => Examined::bad(
            "keys",
            Verdict::Fault,
            format!("密钥文件 {path} 别人也能读取"),
            "收紧权限（chmod 600），然后更换密钥",
        ),
        None => Examined::good("keys", "密钥只有本程序的用户能读取"),
    }
}

#[cfg(unix)]
fn readable_by_others(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let open =
        files.filter(|file| file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o077 != 0));
    open.map(|file| file.path().display().to_string()).collect()
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Vec<String> {
    Vec::new()
}

async fn database(config: &Config, now_us: i64, all: &mut Vec<Examined>) -> Option<Waiting> {
    let url = config.database_url();
    // Opening a SQLite file makes one where there is none, and an empty store would look well.
    if let Some(file) = url.expose().strip_prefix("sqlite:")
        && !Path::new(file.strip_prefix("//").unwrap_or(file)).is_file()
    {
        let text = format!("数据库文件 {file} 不存在");
        all.push(Examined::bad(
            "database",
            Verdict::Fault,
            text,
            "检查数据文件夹的设置；第一次使用请先运行 paicha serve",
        ));
        return None;
    }
    let mut settings = DatabaseConfig::new(url.expose().clone());
    settings.pool_max = 1;
    let read = async {
        let database = Database::connect(&settings).await?;
        let read = read_database(&database, now_us, all).await;
        database.close().await;
        read
    };
    match read.await {
        Ok(waiting) => Some(waiting),
        Err(error) => {
            let text = format!("数据库不能使用：{error}");
            all.push(Examined::bad("database", Verdict::Fault, text, "检查数据库是否在运行、地址和密码是否正确"));
            None
        }
    }
}

async fn read_database(database: &Database, now_us: i64, all: &mut Vec<Examined>) -> Result<Waiting, DbError> {
    let mut tx = database.begin_read().await?;
    let settings = health::list_engine_settings(&mut tx).await?;
    all.push(engine(database.engine(), &settings));
    let ran = health::list_migrations(&mut tx).await?;
    all.push(migrations(&ran));
    let since = Since {
        waiting: now_us - HELD_DAYS_MAX * DAY_US,
        seen: now_us - SILENT_US,
        filling: now_us - FILLING_DAYS * DAY_US,
        derive_version: paicha_photos::DERIVE_VERSION,
    };
    let waiting = health::count_waiting(&mut tx, since).await?;
    let backup = meta::find_meta(&mut tx, BACKUP_META_KEY).await?;
    all.push(backed_up(backup.as_deref(), now_us));
    let history = meta::find_meta(&mut tx, HISTORY_META_KEY).await?;
    all.push(history_of(history.as_deref(), now_us));
    tx.rollback().await?;
    Ok(waiting)
}

fn engine(engine: Engine, settings: &[(String, String)]) -> Examined {
    let wrong = health::unsound_settings(engine, settings);
    if wrong.is_empty() {
        return Examined::good("database", format!("数据库（{engine:?}）可以使用，设置安全"));
    }
    let text = format!("数据库设置不安全：{}", wrong.join("，"));
    Examined::bad("database", Verdict::Fault, text, "断电时可能丢失已答复的内容；请按文档改正数据库设置")
}

fn migrations(ran: &[i64]) -> Examined {
    let known: Vec<i64> = paicha_db::connect::migration_versions();
    if ran == known {
        return Examined::good("migrations", format!("数据表是最新的（第 {} 版）", known.last().copied().unwrap_or(0)));
    }
    if ran.iter().any(|version| !known.contains(version)) {
        let advice = "数据由更新的程序写过；请安装那个版本，不要用旧程序打开";
        return Examined::bad("migrations", Verdict::Fault, "数据表比程序新", advice);
    }
    Examined::bad("migrations", Verdict::Warning, "数据表还没有升级", "启动服务器时会自动升级；升级前请先备份")
}

/// A database that was put back to an older copy lacks what came since until the phones have sent it again.
fn history_of(began_at: Option<&str>, now_us: i64) -> Examined {
    let days = began_at.and_then(|at| at.parse::<i64>().ok()).map(|at| (now_us - at) / DAY_US);
    match days.filter(|days| *days < RETENTION_DAYS) {
        Some(days) => {
            let text = format!("数据在 {days} 天前从备份恢复过，恢复点之后的内容由手机补传");
            let advice = "请通知所有人打开一次手机端；全部补传后运行 paicha verify，看还缺哪些照片";
            Examined::bad("history", Verdict::Warning, text, advice)
        }
        None => Examined::good("history", "最近 30 天没有从备份恢复过"),
    }
}

fn backed_up(mark: Option<&str>, now_us: i64) -> Examined {
    let advice = "停止服务器后复制整个数据文件夹，并定期检查备份能否恢复";
    match mark.and_then(|mark| mark.parse::<i64>().ok()) {
        Some(at) if now_us - at <= BACKUP_DAYS_MAX * DAY_US => Examined::good("backup", "最近两天内有备份"),
        Some(at) => {
            let text = format!("最近一次备份是 {} 天前", (now_us - at) / DAY_US);
            Examined::bad("backup", Verdict::Warning, text, advice)
        }
        None => Examined::bad("backup", Verdict::Warning, "没有备份记录", advice),
    }
}

async fn photo_store(config: &Config) -> Examined {
    let folder = config.blobs_folder();
    let probe = async {
        let blobs = Blobs::in_folder(&folder)?;
        blobs.put(PROBE_KEY, Bytes::from_static(b"probe")).await?;
        let read = blobs.get(PROBE_KEY).await?;
        blobs.delete(PROBE_KEY).await?;
        Ok::<bool, crate::blobs::BlobError>(read.as_ref() == b"probe")
    };
    if !folder.is_dir() {
        let text = format!("照片文件夹 {} 不存在", folder.display());
        return Examined::bad("photo_store", Verdict::Fault, text, "检查照片文件夹的设置，或从备份恢复");
    }
    match probe.await {
        Ok(true) => Examined::good("photo_store", format!("照片库 {} 能写、能读、能删", folder.display())),
        Ok(false) => Examined::bad(
            "photo_store",
            Verdict::Fault,
            "照片库读出的内容与写入的不同",
            "磁盘可能损坏，请立即停用并检查",
        ),
        Err(error) => {
            let text = format!("照片库不能使用：{error}");
            Examined::bad("photo_store", Verdict::Fault, text, "检查文件夹权限和磁盘空间；恢复前照片留在手机上，不会丢")
        }
    }
}

fn disk(folder: &Path, waiting: Option<&Waiting>) -> Examined {
    let Ok(free) = fs4::available_space(folder) else {
        return Examined::bad("disk", Verdict::Warning, "无法得知磁盘空间", "请人工检查");
    };
    let per_day = waiting.map_or(0, |waiting| waiting.bytes_lately.unsigned_abs() / FILLING_DAYS.unsigned_abs());
    let days = free.checked_div(per_day);
    let gib = free >> 30;
    let text = match days {
        Some(days) => format!("磁盘剩余 {gib} GiB，按最近一周的速度还能用约 {days} 天"),
        None => format!("磁盘剩余 {gib} GiB"),
    };
    if free < DISK_BYTES_MIN {
        return Examined::bad("disk", Verdict::Fault, text, "空间将尽，请立即扩容；不要删除数据文件夹中的任何文件");
    }
    if days.is_some_and(|days| days < DISK_DAYS_MIN) {
        return Examined::bad("disk", Verdict::Warning, text, "请安排扩容");
    }
    Examined::good("disk", text)
}

fn people(waiting: &Waiting, now_us: i64) -> Vec<Examined> {
    let clock = match waiting.newest_op_at {
        Some(at) if at > now_us + MINUTE_US => Examined::bad(
            "clock",
            Verdict::Fault,
            format!("服务器时钟比最近收到的内容慢 {} 分钟", (at - now_us) / MINUTE_US),
            "校准服务器时间（开启自动对时）",
        ),
        Some(_) | None => Examined::good("clock", "服务器时钟没有倒退"),
    };
    let late = waiting.oldest_to_derive.is_some_and(|at| now_us - at > DERIVE_WAIT_US);
    let derive = if late { waiting.photos_to_derive } else { 0 };
    vec![
        clock,
        Examined::of(
            "derive",
            derive,
            "缩略图没有积压",
            format!("{derive} 张照片等待生成缩略图超过半小时"),
            "确认服务器在运行；看日志中的错误",
        ),
        Examined::of(
            "photos_owed",
            waiting.photos_owed,
            "没有久拖的待传照片",
            format!("{} 张照片超过 14 天还没有传到", waiting.photos_owed),
            "请联系拍照的人打开程序、连上网络",
        ),
        Examined::of(
            "phones",
            waiting.phones_silent,
            "没有带着未上传内容失联的手机",
            format!("{} 部手机有未上传的内容且超过 48 小时没有联系", waiting.phones_silent),
            "请在 GET /v1/devices 查看是谁的手机，提醒上传",
        ),
        Examined::of(
            "held",
            waiting.ops_held,
            "没有久等的内容",
            format!("{} 项内容等待相关记录超过 14 天", waiting.ops_held),
            "请在待处理列表中查看",
        ),
        Examined::of(
            "quarantine",
            waiting.quarantined,
            "隔离区是空的",
            format!("隔离区有 {} 项内容：编号重复，原文已保存", waiting.quarantined),
            "请查明是哪部手机，必要时重新登记手机",
        ),
        Examined::good("reviews", format!("待人工处理 {} 项", waiting.reviews)),
    ]
}
