//! What a verification can find, and how it says so: what is wrong, what that means, what to do. The list is bounded; the counts are not.
//! What a newcomer gets wrong: one damaged row may show as several findings (a changed operation also changes what is rebuilt from
//! it), so read the first of a feed first.

use serde::Serialize;
use uuid::Uuid;

/// Findings kept in a report, and notes as many; the rest is counted.
pub const VERIFY_FINDINGS_MAX: usize = 200;

/// Characters of a stored or rebuilt value that a finding shows.
const DETAIL_CHARS_MAX: usize = 160;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A position of the ledger is missing or comes twice.
    LedgerGap,
    /// An entry's hash does not follow from the one before.
    LedgerHash,
    /// The village's counter or newest hash is not that of its last entry.
    FeedHead,
    /// The bytes of an operation have another digest.
    BodyDigest,
    /// Stored context or outcome cannot be read, or columns contradict the operation.
    OpRow,
    /// Deciding the operation again gives another answer.
    Outcome,
    /// A release is missing, or one happened that should not have.
    Release,
    /// An operation has no ledger entry, or several.
    OpEntries,
    /// A phone was told that something is stored which is not.
    Sequence,
    /// Something in quarantine has another digest.
    QuarantineDigest,
    /// A record is not what its operations make of it.
    RecordState,
    /// A record is missing.
    RecordMissing,
    /// A record stands that no operation made.
    RecordExtra,
    /// A human number is missing, wrong or given twice.
    HumanNumber,
    /// A record's position in the feed is wrong.
    FeedEntry,
    /// Count or check sum of the village is wrong.
    CheckSum,
    /// A row of a table that people read is not what the record says.
    Projection,
    /// What was handed in as a form is gone or was changed.
    FormContent,
    /// Rows of no village.
    Stray,
    /// An original is not in the photo store.
    PhotoMissing,
    /// An original has other bytes.
    PhotoAltered,
    /// Note: a preview or thumbnail is missing.
    DerivativeMissing,
    /// Note: the phone declared another length than the original has.
    DeclaredLength,
    /// Note: numbers of a phone's sequence are answered by what another life of it brought.
    SequenceElsewhere,
}

impl Check {
    /// What is wrong, what that means and what to do.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        const RESTORE: &str = "请勿手工修改；保留现场，与备份比对后恢复";
        const REBUILD: &str = "操作原文未受影响；请保留现场并联系维护人员按操作重建";
        match self {
            Self::LedgerGap => ("台账序号缺失或重复", "可能有操作被删除", RESTORE),
            Self::LedgerHash => ("台账链校验不符", "此条或其依据被改动过", RESTORE),
            Self::FeedHead => ("村的最新序号或链头与台账末条不符", "台账末尾可能被截断", RESTORE),
            Self::BodyDigest => ("操作原文与摘要不符", "手机上传的原文被改动或损坏", RESTORE),
            Self::OpRow => ("操作的存储内容自相矛盾或无法读取", "该操作不能据以重建", RESTORE),
            Self::Outcome => ("重新裁决的结果与当时答复不同", "答复或其依据被改动，或程序有缺陷", REBUILD),
            Self::Release => ("等待中的操作放行情况不符", "有操作应生效而未生效，或相反", REBUILD),
            Self::OpEntries => ("操作在台账中没有或不止一条", "台账与操作不一致", RESTORE),
            Self::Sequence => {
                ("手机序列有缺口", "已答复收到的操作找不到", "请保留手机数据，不要清除应用，并与备份比对")
            }
            Self::QuarantineDigest => ("隔离区内容与摘要不符", "留存的原文被改动或损坏", RESTORE),
            Self::RecordState => ("记录与按操作重建的结果不同", "看到的内容不可信", REBUILD),
            Self::RecordMissing => ("应有的记录不存在", "列表和报表会少计", REBUILD),
            Self::RecordExtra => ("存在没有任何操作依据的记录", "列表和报表会多计", REBUILD),
            Self::HumanNumber => ("编号缺失、错误或重复", "打印件上的编号可能对不上", REBUILD),
            Self::FeedEntry => ("记录在村内的位置不符", "手机可能收不到这条记录的变化", REBUILD),
            Self::CheckSum => ("村的记录数或校验和不符", "手机会反复重新同步该村", REBUILD),
            Self::Projection => ("查询用的表与记录不符", "列表、统计和报表可能有误", REBUILD),
            Self::FormContent => ("已提交的表格内容缺失或被改动", "打印的数字没有依据", RESTORE),
            Self::Stray => ("存在不属于任何村或记录的数据行", "这些行没有依据", REBUILD),
            Self::PhotoMissing => {
                ("照片原件不在照片库中", "该照片无法查看和取证", "请从照片备份恢复，或请手机重新上传")
            }
            Self::PhotoAltered => ("照片原件内容与登记的摘要不同", "原件被改动或损坏", "请从照片备份恢复"),
            Self::DerivativeMissing => ("预览图缺失", "不影响原件", "可重新生成"),
            Self::DeclaredLength => ("手机登记的照片大小与原件不同", "原件摘要相符，内容可信", "无需处理"),
            Self::SequenceElsewhere => {
                ("序列中部分编号未在此处存储", "应为该手机另一份数据已上传的同一操作，仅凭数量无法区分", "无需处理")
            }
        }
    }
}

/// Where something was found; whatever is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Village.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// Position in its ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vrev: Option<i64>,
    /// Record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Uuid>,
    /// Operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Uuid>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub check: Check,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Stored and expected value, shortened.
    pub detail: String,
}

impl Finding {
    /// The finding in Chinese: what, where, what it means, what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (what, meaning, todo) = self.check.words();
        let Place { feed, vrev, record, op } = &self.place;
        let places = [
            feed.as_ref().map(|feed| format!("村 {feed}")),
            vrev.map(|vrev| format!("台账第 {vrev} 条")),
            record.map(|record| format!("记录 {record}")),
            op.map(|op| format!("操作 {op}")),
        ];
        let places: Vec<String> = places.into_iter().flatten().collect();
        let place = if places.is_empty() { String::new() } else { format!("（{}）", places.join("，")) };
        let detail = if self.detail.is_empty() { String::new() } else { format!("：{}", self.detail) };
        format!("{what}{place}{detail}。{meaning}。{todo}。")
    }
}

/// Findings and notes, bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// What is wrong, in the order found.
    pub findings: Vec<Finding>,
    /// All findings, also those beyond [`VERIFY_FINDINGS_MAX`].
    pub findings_total: u64,
    /// What is worth knowing and not wrong.
    pub notes: Vec<Finding>,
    /// All notes.
    pub notes_total: u64,
}

impl Findings {
    /// Adds something that is wrong.
    pub(super) fn add(&mut self, check: Check, place: Place, detail: impl Into<String>) {
        self.findings_total += 1;
        keep(&mut self.findings, check, place, detail.into());
    }

    /// Adds something that is worth knowing.
    pub(super) fn note(&mut self, check: Check, place: Place, detail: impl Into<String>) {
        self.notes_total += 1;
        keep(&mut self.notes, check, place, detail.into());
    }
}

fn keep(list: &mut Vec<Finding>, check: Check, place: Place, detail: String) {
    if list.len() < VERIFY_FINDINGS_MAX {
        list.push(Finding { check, place, detail: detail.chars().take(DETAIL_CHARS_MAX * 2).collect() });
    }
}

/// Both values from a little before the first difference on.
pub(super) fn difference(stored: &str, rebuilt: &str) -> String {
    let same = stored.chars().zip(rebuilt.chars()).take_while(|(one, other)| one == other).count();
    let part =
        |text: &str| -> String { text.chars().skip(same.saturating_sub(20)).take(DETAIL_CHARS_MAX / 2).collect() };
    format!("存储为 …{}，应为 …{}", part(stored), part(rebuilt))
}
