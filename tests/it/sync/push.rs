//! What a push stores and answers.

use super::{NOW_US, OTHER_VILLAGE, VILLAGE, World, pushed, statuses};
use anyhow::Result;
use paicha::usecases::push_operations::{PushBatch, Pushed, push_operations};
use paicha_db::accounts::put_grant;
use paicha_db::{Engine, ops, records};
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};
use sync_protocol::push::Stopped;
use sync_protocol::record::Record;
use uuid::Uuid;

async fn record(world: &World, id: u128) -> Result<Option<Record>> {
    let mut tx = world.app.database.begin_read().await?;
    let rows = records::find_records(&mut tx, &[Uuid::from_u128(id)]).await?;
    tx.rollback().await?;
    Ok(rows.first().map(|row| serde_json::from_str(&row.state)).transpose()?)
}

async fn ledger(world: &World, feed: &str) -> Result<Vec<(i64, String)>> {
    let mut tx = world.app.database.begin_read().await?;
    let entries = ops::list_ledger(&mut tx, feed, 0, 1000).await?;
    tx.rollback().await?;
    Ok(entries.into_iter().map(|entry| (entry.vrev, entry.effect)).collect())
}

#[tokio::test]
async fn replayed_push_changes_nothing_and_answers_the_same_bytes() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let ops = [phone.create(1, "general"), phone.set(1, "level", json!("general"), json!("major_direct"))];
        let first = phone.push(&world, &ops).await?;
        let mut second = phone.push(&world, &ops).await?;
        assert_eq!(statuses(&first), ["applied", "applied"]);
        assert!(second.results.iter().all(|result| result.replayed));
        second.results.iter_mut().for_each(|result| result.replayed = false);
        assert_eq!(serde_json::to_string(&first.results)?, serde_json::to_string(&second.results)?);
        assert_eq!(second.consumed_to, 2);
        assert_eq!(record(&world, 1).await?.unwrap().rev, 2);
        assert_eq!(ledger(&world, VILLAGE).await?, [(1, "applied".to_owned()), (2, "applied".to_owned())]);
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_gap_stops_the_batch_and_says_what_is_expected() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let first = phone.create(1, "general");
        let _lost = phone.create(2, "general");
        let third = phone.create(3, "general");
        let end = phone.push(&world, &[first, third]).await?;
        assert_eq!(end.consumed_to, 1);
        assert_eq!(end.stopped, Some(Stopped::Gap { expect: 2 }));
        assert!(record(&world, 3).await?.is_none());
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_group_is_not_consumed() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let mut ops = [phone.create(1, "general"), phone.create(2, "general"), phone.create(3, "general")];
    let group = Uuid::from_u128(7);
    for (op, i) in ops.iter_mut().skip(1).zip(1..) {
        op["group"] = json!({"id": group, "i": i, "n": 2});
    }
    let cut = phone.push(&world, &ops[..2]).await?;
    assert_eq!((cut.consumed_to, cut.stopped), (1, Some(Stopped::GroupCut { expect: 2 })));
    let whole = phone.push(&world, &ops[1..]).await?;
    assert_eq!((whole.consumed_to, whole.stopped), (3, None));
    world.remove().await
}

#[tokio::test]
async fn a_reused_number_or_id_is_refused_and_both_texts_are_kept() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let first = phone.create(1, "general");
        phone.push(&world, std::slice::from_ref(&first)).await?;
        phone.seq = 0;
        let mut other = phone.create(1, "major_direct");
        let reused_number = phone.push(&world, std::slice::from_ref(&other)).await?;
        assert_eq!(statuses(&reused_number), ["refused"]);
        other["seq"] = json!(2);
        let reused_id = phone.push(&world, std::slice::from_ref(&other)).await?;
        assert_eq!(statuses(&reused_id), ["refused"]);
        assert_eq!(reused_id.consumed_to, 2);
        let again = phone.push(&world, std::slice::from_ref(&other)).await?;
        let told = |end: &Pushed| (end.results[0].outcome.clone(), end.results[0].seq, end.consumed_to);
        assert_eq!(told(&again), told(&reused_id), "the same answer to the same question");
        assert!(again.results[0].replayed && !reused_id.results[0].replayed);
        assert_eq!(record(&world, 1).await?.unwrap().shown_text("level").as_deref(), Some("general"));
        let mut tx = world.app.database.begin_read().await?;
        let mut kept: Vec<String> =
            ops::list_quarantined(&mut tx, 10).await?.into_iter().map(|kept| kept.code).collect();
        kept.sort();
        tx.rollback().await?;
        assert_eq!(kept, ["id_reuse", "seq_reuse"]);
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_does_not_block_the_rest() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        phone.seq += 1;
        let unreadable = pushed(1, Uuid::from_u128(0x99), r#"{"kind":"create","village":"not a village"}"#);
        let mut damaged = phone.create(2, "general");
        damaged["digest"] = json!("AAAA");
        let good = phone.create(3, "general");
        let end = phone.push(&world, &[unreadable, damaged, good]).await?;
        assert_eq!(statuses(&end), ["refused", "refused", "applied"]);
        assert_eq!(end.consumed_to, 3);
        assert!(record(&world, 2).await?.is_none());
        assert!(record(&world, 3).await?.is_some());
        let mut tx = world.app.database.begin_read().await?;
        let stored = ops::find_op(&mut tx, Uuid::from_u128(0x99)).await?.unwrap();
        tx.rollback().await?;
        assert_eq!(stored.body, br#"{"kind":"create","village":"not a village"}"#);
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_that_comes_before_its_record_waits_for_it() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let (mut early, mut late) = (world.phone(1).await?, world.phone(2).await?);
        let patch = early.set(1, "level", json!(null), json!("major_direct"));
        let held = early.push(&world, std::slice::from_ref(&patch)).await?;
        assert_eq!(statuses(&held), ["held"]);
        let create = late.create(1, "general");
        late.push(&world, &[create]).await?;
        let found = record(&world, 1).await?.unwrap();
        assert_eq!(found.shown_text("level").as_deref(), Some("major_direct"));
        assert_eq!(found.rev, 2);
        let effects: Vec<String> = ledger(&world, VILLAGE).await?.into_iter().map(|(_, effect)| effect).collect();
        assert_eq!(effects, ["held", "applied", "released"]);
        let replay = early.push(&world, &[patch]).await?;
        assert_eq!(statuses(&replay), ["held"], "a replay repeats the first answer");
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn work_in_a_foreign_village_is_kept_for_a_person_and_changes_nothing() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let foreign = phone.op(1, json!({"kind": "create", "village": OTHER_VILLAGE, "fields": {}}));
    let nowhere = phone.op(2, json!({"kind": "create", "village": "123456789012", "fields": {}}));
    let end = phone.push(&world, &[foreign, nowhere]).await?;
    let reasons: Vec<Option<String>> = end.results.iter().map(|result| result.outcome.reason.clone()).collect();
    assert_eq!(statuses(&end), ["review", "review"]);
    assert_eq!(reasons, [Some("out_of_scope".to_owned()), Some("unknown_village".to_owned())]);
    assert!(record(&world, 1).await?.is_none());
    assert_eq!(ledger(&world, OTHER_VILLAGE).await?, [(1, "review".to_owned())]);
    assert_eq!(ledger(&world, "000000000000").await?, [(1, "review".to_owned())]);
    world.remove().await
}

#[tokio::test]
async fn nobody_gains_rights_by_writing_another_name() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let (mut phone, colleague) = (world.phone(1).await?, world.phone(2).await?);
    let mut tx = world.app.database.begin_write().await?;
    put_grant(&mut tx, colleague.caller.user.0, "R3", OTHER_VILLAGE, NOW_US).await?;
    tx.commit().await?;
    let author = json!(colleague.caller.user);
    let elsewhere = phone.op(1, json!({"kind": "create", "village": OTHER_VILLAGE, "author": author, "fields": {}}));
    let here = phone.op(2, json!({"kind": "create", "author": author, "fields": {"level": "general"}}));
    let end = phone.push(&world, &[elsewhere, here]).await?;
    assert_eq!(
        statuses(&end),
        ["review", "applied"],
        "a shared phone still hands in a colleague's work in its own village"
    );
    assert!(record(&world, 1).await?.is_none());
    world.remove().await
}

#[tokio::test]
async fn what_identifies_a_photo_is_never_edited() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let photo = Uuid::from_u128(9);
    let ops = [
        phone.create(1, "general"),
        phone.op(1, json!({"kind": "photo.attach", "photo": photo, "sha256": "ab".repeat(32), "bytes": 5, "mime": "image/jpeg"})),
        phone.set(9, "sha256", json!("ab".repeat(32)), json!("cd".repeat(32))),
        phone.set(9, "state", json!(null), json!("stored")),
    ];
    let end = phone.push(&world, &ops).await?;
    assert_eq!(statuses(&end), ["applied", "applied", "review", "merged"]);
    let found = record(&world, 9).await?.unwrap();
    assert_eq!(found.shown_text("sha256"), Some("ab".repeat(32)));
    assert_eq!(found.shown("state"), None);
    world.remove().await
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_kept_and_harms_nobody() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let deep = (0..60).fold(json!(1), |inner, _| json!({"a": inner}));
    let ops = [phone.op(1, json!({"kind": "create", "fields": {"free_place": deep}})), phone.create(2, "major_direct")];
    let end = phone.push(&world, &ops).await?;
    assert_eq!(statuses(&end), ["refused", "applied"]);
    world.remove().await
}

#[tokio::test]
async fn a_transition_from_a_state_that_is_not_so_hides_nothing() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let ops = [
        phone.create(1, "major_direct"),
        phone.op(1, json!({"kind": "transition", "from": "reg", "to": "plan"})),
        phone.op(1, json!({"kind": "transition", "from": "accepted", "to": "void", "base_rev": 2})),
    ];
    let end = phone.push(&world, &ops).await?;
    assert_eq!(statuses(&end), ["applied", "applied", "review"]);
    assert_eq!(record(&world, 1).await?.unwrap().shown_text("state").as_deref(), Some("plan"));
    world.remove().await
}

#[tokio::test]
async fn a_phone_cannot_claim_the_past_of_another() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let (mut one, mut two) = (world.phone(1).await?, world.phone(2).await?);
    let create = one.op(1, json!({"kind": "create", "fields": {"position_text": "东侧配电间"}}));
    one.push(&world, &[create]).await?;
    let patch = two.set(1, "position_text", json!(null), json!("无"));
    let mut envelope = two.envelope(&[patch]);
    envelope["parent"] = json!(one.incarnation);
    let text = envelope.to_string();
    let batch = PushBatch::of_request(&serde_json::from_str(&text)?);
    push_operations(world.app.clone(), two.caller.clone(), batch).await?;
    let shown = record(&world, 1).await?.unwrap().shown_text("position_text");
    assert_eq!(shown.as_deref(), Some("东侧配电间 / 无"), "both are kept: it had not seen the other");
    world.remove().await
}

#[tokio::test]
async fn the_more_dangerous_of_two_levels_wins_in_every_order() -> Result<()> {
    for (first, second) in [("major_direct", "suspected"), ("suspected", "major_direct")] {
        let world = World::new(Engine::Sqlite).await?;
        let (mut one, mut two) = (world.phone(1).await?, world.phone(2).await?);
        let create = one.create(1, "general");
        one.push(&world, &[create]).await?;
        let mine =
            one.op(1, json!({"kind": "patch", "base_rev": 1, "set": {"level": {"base": "general", "new": first}}}));
        let yours =
            two.op(1, json!({"kind": "patch", "base_rev": 1, "set": {"level": {"base": "general", "new": second}}}));
        assert_eq!(statuses(&one.push(&world, &[mine]).await?), ["applied"]);
        let merged = two.push(&world, &[yours]).await?;
        assert_eq!(statuses(&merged), ["merged"]);
        let found = record(&world, 1).await?.unwrap();
        assert_eq!(found.shown_text("level").as_deref(), Some("major_direct"));
        assert_eq!(found.disputed(), ["level"], "both values are kept for people to see");
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_that_makes_things_look_safer_only_proposes_it() -> Result<()> {
    let world = World::new(Engine::Sqlite).await?;
    let mut phone = world.phone(1).await?;
    let ops = [
        phone.create(1, "major_direct"),
        phone.set(1, "level", json!("major_direct"), json!("general")),
        phone.op(1, json!({"kind": "transition", "from": "reg", "to": "accepted"})),
    ];
    let end = phone.push(&world, &ops).await?;
    assert_eq!(statuses(&end), ["applied", "review", "review"]);
    let found = record(&world, 1).await?.unwrap();
    let shown: Vec<Option<Value>> = vec![found.shown("level"), found.shown("state")];
    assert_eq!(shown, [Some(json!("major_direct")), Some(json!("reg"))]);
    world.remove().await
}

#[tokio::test]
async fn five_hundred_operations_twice_have_one_effect() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let ops: Vec<Value> = (0..500).map(|record| phone.create(1 + record, "general")).collect();
        let first = phone.push(&world, &ops).await?;
        let second = phone.push(&world, &ops).await?;
        assert_eq!((first.consumed_to, second.consumed_to), (500, 500));
        assert_eq!(second.results.len(), 500);
        let positions: Vec<i64> = ledger(&world, VILLAGE).await?.into_iter().map(|(vrev, _)| vrev).collect();
        assert_eq!(positions, (1..=500).collect::<Vec<i64>>(), "dense, each once");
        world.remove().await?;
    }
    Ok(())
}
