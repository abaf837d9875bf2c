//! Two 重大 that are merged into each other from two desks: neither leaves 附件2 without the other.

use anyhow::{Context as _, Result};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use sync_protocol::time::DAY_US;
use uuid::Uuid;

const VILLAGE: &str = "500999001203";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// One operation of somebody's phone, in a life of its own.
async fn push(app: &TestApp, who: &SignedIn, number: u128, record: u128, body: Value) -> Result<Uuid> {
    let mut op = json!({ "type": "hazard", "village": VILLAGE, "record": id(record), "base_rev": 1_000_000,
        "made_at": app.app.now(), "hlc": format!("{number:012}"), "author": who.user });
    op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
    let op_id = id(0x1_0000 + number);
    let ops = json!([{ "seq": 1, "id": op_id, "digest": op_digest(op.to_string().as_bytes()), "op": op }]);
    let envelope = json!({ "proto": 1, "device": who.device, "incarnation": id(0x2_0000 + number), "ops": ops });
    app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
    app.clock.advance(1_000_000);
    Ok(op_id)
}

fn into(survivor: u128) -> Value {
    json!({ "kind": "link_duplicate", "survivor": id(survivor), "reason": "同一处" })
}

fn agree(op: Uuid) -> Value {
    json!({ "kind": "resolve", "target": op, "verdict": "approve", "reason": "同意" })
}

async fn found_by_others(app: &TestApp, reader: &SignedIn) -> Result<Value> {
    let form =
        app.get(Some(reader), &format!("/v1/forms/appendix2?village={VILLAGE}&month=2023-07&format=json")).await?;
    Ok(form.ok()?["form"]["numbers"]["1.3"].clone())
}

#[tokio::test]
async fn a_circle_of_merged_hazards_leaves_no_number() {
    both_servers(|app| async move {
        app.village(VILLAGE, "演示一村").await?;
        let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        let leader = app.user("leader", Role::R4, &["*"]).await?;
        for hazard in [1, 2] {
            let fields = json!({ "level": "major_direct", "origin": "village", "description": "配电箱门敞开" });
            push(&app, &inspector, hazard, hazard, json!({ "kind": "create", "fields": fields })).await?;
        }
        assert_eq!(found_by_others(&app, &office).await?, 2);
        // Both are asked for before either is agreed to.
        let one = push(&app, &office, 3, 1, into(2)).await?;
        let other = push(&app, &office, 4, 2, into(1)).await?;
        push(&app, &leader, 5, 1, agree(one)).await?;
        assert_eq!(found_by_others(&app, &office).await?, 1, "one is the other");

        let seen = app.get(Some(&office), &format!("/v1/hazards/{}", id(2))).await?.ok()?;
        let decide = json!({ "action": "decide", "op": other, "verdict": "approve", "reason": "同意" });
        let act = json!({ "request": id(0x99), "base_rev": seen["rev"], "act": decide });
        let refused = app.post(Some(&leader), &format!("/v1/hazards/{}/acts", id(2)), &act).await?;
        assert!(refused.status.is_client_error() && refused.body.to_string().contains("已合并到别处"), "{refused:?}");

        push(&app, &leader, 6, 2, agree(other)).await?;
        assert_eq!(found_by_others(&app, &office).await?, 2, "of a circle none is merged");
        let separate = json!({ "kind": "link_duplicate", "survivor": null, "reason": "分开" });
        let apart = push(&app, &office, 7, 2, separate).await?;
        push(&app, &leader, 8, 2, agree(apart)).await?;
        assert_eq!(found_by_others(&app, &office).await?, 1, "the other link counts again");
        app.clock.advance(DAY_US);
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}
