//! Operations that took no effect as questions for people: what they wanted, who sent them, from where, and why they wait. Read from the
//! stored operations and the quarantine themselves, which `paicha verify` decides again and compares. What a newcomer gets wrong: an
//! operation in quarantine is refused because its number or id is taken, so the same number may stand in the ledger with other bytes.

use super::{Claim, ReviewItem};
use crate::app::App;
use crate::usecases::read_record::Names;
use crate::usecases::reading::instant;
use crate::usecases::wording::{kind_title, op_words, reason_words};
use paicha_db::ops::Quarantined;
use paicha_db::projections::Villages;
use paicha_db::unsettled::{UnsettledOp, UnsettledPage, list_quarantine_page, list_unsettled_ops};
use paicha_db::{DbError, Tx, devices};
use std::collections::BTreeMap;
use sync_protocol::ids::{FeedId, UserId};
use sync_protocol::limits::HELD_DAYS_MAX;
use sync_protocol::merge::{Context, Outcome};
use sync_protocol::op::Op;
use sync_protocol::time::DAY_US;
use uuid::Uuid;

/// Ids of operations, and of what is in quarantine, begin so; as texts they stand behind those of questions about records.
const OP: &str = "op:";
const KEPT: &str = "kept:";

/// The next operations without effect after the last row of the page before, at most `limit` of each source.
pub(super) async fn list(
    app: &App,
    tx: &mut Tx,
    feeds: &Villages,
    after: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<ReviewItem>, DbError> {
    let held_before = app.now().as_micros() - HELD_DAYS_MAX * DAY_US;
    let page = |start: &str| UnsettledPage { after: after.map(|after| place_of(after, start)), limit };
    let mut known = Known { names: Names::new(app), labels: BTreeMap::new() };
    let mut items = Vec::new();
    for row in list_unsettled_ops(tx, feeds, held_before, page(OP)).await? {
        items.push(of_op(tx, &mut known, row).await?);
    }
    if feeds.contain(FeedId::quarantine().as_str()) {
        for row in list_quarantine_page(tx, page(KEPT)).await? {
            items.push(of_kept(tx, &mut known, row).await?);
        }
    }
    Ok(items)
}

/// Where the rows whose ids begin with `start` go on after a row of any kind that opened at the same instant.
fn place_of((at, id): &(i64, String), start: &str) -> (i64, Uuid) {
    let own = id.strip_prefix(start).and_then(|id| id.parse().ok());
    (*at, own.unwrap_or(if id.as_str() < start { Uuid::nil() } else { Uuid::max() }))
}

struct Known {
    names: Names,
    labels: BTreeMap<Uuid, Option<String>>,
}

impl Known {
    async fn claim(
        &mut self,
        tx: &mut Tx,
        body: &[u8],
        sender: Option<UserId>,
        device: Uuid,
    ) -> Result<(Option<Op>, Claim), DbError> {
        let op = Op::parse(body).ok();
        let author = op.as_ref().map(|op| op.head.author).or(sender);
        let author_name = match author {
            Some(author) => Some(self.names.of(tx, author).await?),
            None => None,
        };
        if let std::collections::btree_map::Entry::Vacant(unknown) = self.labels.entry(device) {
            unknown.insert(devices::find_device(tx, device).await?.map(|device| device.label));
        }
        let kind = op.as_ref().and_then(|op| op.head.record_kind.as_deref()).unwrap_or_default();
        let claim = Claim {
            text: op_words(kind, op.as_ref()),
            author: author.map(|author| author.0),
            author_name,
            device,
            device_label: self.labels.get(&device).cloned().flatten(),
            village: op.as_ref().map(|op| op.head.village.as_str().to_owned()),
            made_at: op.as_ref().map(|op| op.head.made_at),
        };
        Ok((op, claim))
    }
}

async fn of_op(tx: &mut Tx, known: &mut Known, row: UnsettledOp) -> Result<ReviewItem, DbError> {
    let sender = serde_json::from_str::<Context>(&row.context).ok().map(|context| context.uploader);
    let outcome = serde_json::from_str::<Outcome>(&row.outcome).ok();
    // An operation without a reason is here because a record holds as much as it may.
    let why = outcome.and_then(|outcome| outcome.reason).unwrap_or_else(|| "too_many".to_owned());
    let (op, claim) = known.claim(tx, &row.body, sender, row.device).await?;
    Ok(item(format!("{OP}{}", row.id), row.id, row.feed, (why, row.received_at), op, claim))
}

async fn of_kept(tx: &mut Tx, known: &mut Known, row: Quarantined) -> Result<ReviewItem, DbError> {
    let (op, claim) = known.claim(tx, &row.body, None, row.device).await?;
    let feed = FeedId::quarantine().as_str().to_owned();
    Ok(item(format!("{KEPT}{}", row.id), row.op, feed, (row.code, row.received_at), op, claim))
}

fn item(id: String, op_id: Uuid, feed: String, (why, at): (String, i64), op: Option<Op>, claim: Claim) -> ReviewItem {
    let kind = op.as_ref().and_then(|op| op.head.record_kind.as_deref()).unwrap_or_default();
    ReviewItem {
        id,
        record: op.as_ref().map(|op| op.head.record.0),
        record_kind_text: kind_title(kind),
        number: None,
        village: feed,
        field: String::new(),
        field_text: String::new(),
        why_text: reason_words(&why).to_owned(),
        why,
        op: Some(op_id),
        opened_at: instant(at),
        claim: Some(claim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_rows_of_every_kind() {
        let at = |id: &str| (7, id.to_owned());
        let one = Uuid::from_u128(1);
        assert_eq!(place_of(&at(&format!("op:{one}")), OP), (7, one));
        assert_eq!(place_of(&at(&format!("op:{one}")), KEPT), (7, Uuid::max()));
        assert_eq!(place_of(&at(&format!("kept:{one}")), OP), (7, Uuid::nil()));
        assert_eq!(place_of(&at(&format!("{one}:level")), KEPT), (7, Uuid::nil()));
    }
}
