//! What was handed in is still there, and is what was hashed. The hashes stand in operations and so in the ledger's chain; the contents lie
//! beside it.

use super::findings::{Check, Findings, Place};
use crate::usecases::form_life::lists::count_wrong_parts;
use crate::usecases::projection::form_events;
use paicha_db::projections::find_form_content;
use paicha_db::{DbError, Tx};
use sync_protocol::digest::{from_hex, sha256};
use sync_protocol::merge::World;

/// Compares the contents of a village's forms with the hashes in its ledger.
pub(super) async fn check_forms(
    tx: &mut Tx,
    feed: &str,
    world: &World,
    findings: &mut Findings,
) -> Result<(), DbError> {
    for record in world.records.values().filter(|record| record.kind == "form") {
        for hash in form_events(record).iter().filter_map(|event| from_hex(event.content.as_ref()?)) {
            let place = Place { feed: Some(feed.to_owned()), record: Some(record.id.0), ..Place::default() };
            match find_form_content(tx, &hash).await? {
                None => findings.add(Check::FormContent, place, "提交的内容不存在"),
                Some(row) if sha256(row.content.as_bytes()) != hash => {
                    findings.add(Check::FormContent, place, "提交的内容与台账中的摘要不同");
                }
                Some(row) => match serde_json::from_str(&row.content) {
                    Ok(content) => {
                        let wrong = count_wrong_parts(tx, &content).await?;
                        if wrong > 0 {
                            findings.add(Check::FormContent, place, format!("记录清单有{wrong}段不存在或与摘要不同"));
                        }
                    }
                    Err(_) => findings.add(Check::FormContent, place, "提交的内容无法读取"),
                },
            }
        }
    }
    Ok(())
}
