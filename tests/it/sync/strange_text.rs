//! Text that one engine stores and the other does not: it takes effect on both alike, and verification agrees.

use super::{World, pushed, statuses, verify};
use anyhow::{Context as _, Result};
use paicha_db::projections::find_hazard;
use paicha_db::{ops, projections::Villages, records};
use paicha_tests::databases::ENGINES;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn text_with_a_nul_takes_effect_on_both_engines_alike() -> Result<()> {
    let mut states = Vec::new();
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let strange = "门\u{0}锁\u{1}\u{b}\u{85}\u{fffe}\u{202e}。\n二";
        let place = json!({"type": "place", "kind": "create", "fields": {"name": strange, "address": strange, "uscc": strange}});
        let visit = json!({"type": "inspection", "kind": "create",
            "fields": {"inspecting_unit": strange, "summary": strange, "free_place": {"name": strange}}});
        let ops = [
            phone.op(1, json!({"kind": "create", "fields": {"description": strange, "of\u{0}tomorrow": strange}})),
            phone.op(1, json!({"kind": "patch", "set": {"of\u{0}tomorrow": {"new": 1}, "level": {"new": strange}}})),
            phone.op(1, json!({"kind": "transition", "from": "r\u{0}g", "to": "x\u{0}", "reason": strange})),
            phone.op(1, json!({"kind": "from\u{0}the future", "type": "sub\u{0}marine"})),
            phone.op(2, place),
            phone.op(3, visit),
            phone.op(
                1,
                json!({"kind": "photo.attach", "photo": Uuid::from_u128(9), "sha256": "00".repeat(32), "bytes": 1,
                "mime": strange, "role": strange}),
            ),
        ];
        let mut envelope = phone.envelope(&ops);
        envelope["app"] = json!(strange);
        let end = phone.push_envelope(&world, &envelope.to_string()).await?;
        let answered = statuses(&end);
        assert!(answered.iter().all(|status| status != "refused"), "{answered:?}");
        assert!(end.results.iter().all(|result| result.outcome.reason.as_deref() != Some("server_fault")), "{end:?}");

        let mut tx = world.app.database.begin_read().await?;
        let row = find_hazard(&mut tx, &Villages::All, Uuid::from_u128(1)).await?.context("the hazard")?;
        assert_eq!(row.description.as_deref(), Some("门\u{fffd}锁\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}。\n二"));
        let kept = ops::find_op(&mut tx, end_op(&ops[0])?).await?.context("the operation")?;
        assert_eq!(kept.body, ops[0]["op"].to_string().into_bytes(), "what was sent is kept as it was");
        let records = records::find_records(&mut tx, &[1, 2, 3, 9].map(Uuid::from_u128)).await?;
        tx.rollback().await?;
        states.push((answered, records.into_iter().map(|record| record.state).collect::<Vec<_>>()));
        let report = verify::verify(&world).await?;
        assert!(report.is_clean(), "{:?}", verify::sentences(&report));
        world.remove().await?;
    }
    assert_eq!(states[0], states[1]);
    Ok(())
}

fn end_op(pushed: &serde_json::Value) -> Result<Uuid> {
    Ok(pushed["id"].as_str().context("an id")?.parse()?)
}

#[tokio::test]
async fn half_a_surrogate_is_no_text_and_is_kept_as_it_was_sent() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let good = phone.create(1, "general");
        let broken = good["op"].to_string().replace("配电箱门敞开", "\\ud83d");
        let digest = sync_protocol::digest::op_digest(broken.as_bytes());
        let id = Uuid::from_u128(77);
        let second = pushed(2, Uuid::from_u128(78), &phone.create(2, "general")["op"].to_string());
        let text = phone.envelope(&[second]).to_string();
        let first = format!(r#"{{"seq":1,"id":"{id}","digest":"{digest}","op":{broken}}},"#);
        let text = text.replacen("\"ops\":[", &format!("\"ops\":[{first}"), 1);
        let end = phone.push_envelope(&world, &text).await?;
        assert_eq!(statuses(&end), ["refused", "applied"]);
        let mut tx = world.app.database.begin_read().await?;
        assert_eq!(ops::find_op(&mut tx, id).await?.context("kept")?.body, broken.into_bytes());
        tx.rollback().await?;
        let report = verify::verify(&world).await?;
        assert!(report.is_clean(), "{:?}", verify::sentences(&report));
        world.remove().await?;
    }
    Ok(())
}
