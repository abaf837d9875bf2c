//! The acts, as they stand in a request. What a newcomer gets wrong: most acts may be asked for by many and count only when the right people
//! agree; the request says what is wanted, not what happens.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use sync_protocol::record::Verdict;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which level of government lists a hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListingLevel {
    /// 街道.
    Town,
    /// 县.
    County,
    /// 市.
    City,
    /// 省.
    Prov,
}

impl ListingLevel {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Town => "town",
            Self::County => "county",
            Self::City => "city",
            Self::Prov => "prov",
        }
    }
}

/// What somebody does about a hazard. `reason` is asked for where a later reader will want it.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// 核定等级: up or down; down waits for the people it needs.
    Judge {
        /// Level code.
        level: String,
        /// Criteria it rests on.
        #[serde(default)]
        criterion_ids: Vec<String>,
        /// 集体研判人员, three or more for a collective judgement.
        #[serde(default)]
        members: Vec<String>,
        /// Why.
        reason: String,
    },
    /// 下达整改.
    Order {
        /// Day, YYYY-MM-DD.
        deadline: String,
        /// 整改责任单位.
        responsible_unit: String,
        /// 整改通知书编号.
        #[serde(default)]
        notice_no: Option<String>,
        /// Why.
        reason: String,
    },
    /// 五落实确认.
    ConfirmFive {
        /// For whom it is entered, where the enterprise has no account.
        #[serde(default)]
        on_behalf_of: Option<String>,
        /// Words.
        reason: String,
    },
    /// 申请复查.
    RequestReview {
        /// 整改情况.
        work_done: String,
        /// 实际投入资金, in 分.
        #[serde(default)]
        spent_fen: Option<i64>,
        /// For whom it is entered.
        #[serde(default)]
        on_behalf_of: Option<String>,
    },
    /// 复查合格 (真改), or a closure by document.
    Accept {
        /// 复查意见.
        opinion: String,
        /// Closure code; 复查合格 when absent.
        #[serde(default)]
        closure: Option<String>,
        /// The document of a closure that needs no photo.
        #[serde(default)]
        document: Option<String>,
        /// The review record.
        #[serde(default)]
        review: Option<Uuid>,
    },
    /// 复查不合格.
    Reject {
        /// `not_done`, `partial` or `fake`.
        verdict: String,
        /// 复查意见.
        opinion: String,
    },
    /// 销号.
    Close {
        /// 举一反三排查情况.
        #[serde(default)]
        analogies: Option<String>,
        /// Why.
        reason: String,
    },
    /// 重新打开.
    Reopen {
        /// Why.
        reason: String,
    },
    /// 作废.
    Void {
        /// Why.
        reason: String,
    },
    /// 延期.
    Extend {
        /// Day, YYYY-MM-DD.
        deadline: String,
        /// Why, with the interim control.
        reason: String,
    },
    /// 采取或解除管控.
    Control {
        /// Control code.
        control: String,
        /// Why.
        reason: String,
    },
    /// 挂牌督办.
    List {
        /// Who lists it.
        level: ListingLevel,
        /// Number of the document.
        doc_no: String,
        /// Who issued it.
        issuer: String,
        /// Day, YYYY-MM-DD.
        deadline: String,
        /// Day of the document when it is entered later, YYYY-MM-DD.
        #[serde(default)]
        listed_on: Option<String>,
    },
    /// 摘牌.
    Delist {
        /// Who listed it.
        level: ListingLevel,
        /// Number of the document.
        doc_no: String,
    },
    /// 移送部门.
    Refer {
        /// To whom.
        unit: String,
        /// Number of the document.
        document: String,
        /// Why.
        reason: String,
    },
    /// 合并重复.
    LinkDuplicate {
        /// The one that stays.
        survivor: Uuid,
        /// Why.
        reason: String,
    },
    /// 取消合并.
    Separate {
        /// Why.
        reason: String,
    },
    /// 处理真实性提示.
    ClearFlag {
        /// Key of the flag.
        key: String,
        /// 处理结论.
        conclusion: String,
    },
    /// 改判: settles fields in which several values stand side by side.
    Settle {
        /// The values that hold, by field.
        #[schema(value_type = Object)]
        fields: BTreeMap<String, Value>,
        /// Why.
        reason: String,
    },
    /// Answers a change that waits.
    Decide {
        /// The operation that waits.
        op: Uuid,
        /// `approve` or `refuse`.
        #[schema(value_type = String)]
        verdict: Verdict,
        /// Why.
        reason: String,
    },
}

impl Act {
    /// What it is called.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Judge { .. } => "核定等级",
            Self::Order { .. } => "下达整改",
            Self::ConfirmFive { .. } => "五落实确认",
            Self::RequestReview { .. } => "申请复查",
            Self::Accept { .. } => "复查合格",
            Self::Reject { .. } => "复查不合格",
            Self::Close { .. } => "销号",
            Self::Reopen { .. } => "重新打开",
            Self::Void { .. } => "作废",
            Self::Extend { .. } => "延期",
            Self::Control { .. } => "采取或解除管控",
            Self::List { .. } => "挂牌督办",
            Self::Delist { .. } => "摘牌",
            Self::Refer { .. } => "移送部门",
            Self::LinkDuplicate { .. } => "合并重复",
            Self::Separate { .. } => "取消合并",
            Self::ClearFlag { .. } => "处理真实性提示",
            Self::Settle { .. } => "改判",
            Self::Decide { .. } => "答复申请",
        }
    }
}
