//! What a verification answers: clean after a rich history of everything a push can meet, and every kind of damage found.

use super::{OTHER_VILLAGE, Phone, VILLAGE, World, pushed, statuses};
use anyhow::Result;
use bytes::Bytes;
use paicha::auth::permissions::{Grant, Scope};
use paicha::blobs::original_key;
use paicha::usecases::push_operations::{push_server_operations, server_patch};
use paicha::usecases::recount_totals::recount;
use paicha::usecases::verify_store::{Check, VerifyReport, verify_store};
use paicha_db::accounts::put_grant;
use paicha_db::{Engine, Statement};
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sync_protocol::digest::{sha256, to_hex};
use sync_protocol::role::Role;
use uuid::Uuid;

/// Bytes of an original; nothing here looks at what they show.
const ORIGINAL: &[u8] = b"not really a picture, but bytes all the same";
const PHOTO: u128 = 0x7001;

pub(super) async fn verify(world: &World) -> Result<VerifyReport> {
    Ok(verify_store(&world.app.database, Some(&world.app.blobs), &mut |_| ()).await?)
}

/// The findings as sentences, for messages.
pub(super) fn sentences(report: &VerifyReport) -> Vec<String> {
    report.found.findings.iter().map(paicha::usecases::verify_store::Finding::sentence).collect()
}

fn attach(phone: &mut Phone, record: u128, photo: u128) -> Value {
    let body = json!({
        "kind": "photo.attach", "photo": Uuid::from_u128(photo), "sha256": to_hex(&sha256(ORIGINAL)),
        "bytes": ORIGINAL.len(), "mime": "image/jpeg", "role": "before",
        "fix": {"lat": 31.947_382_910_564_73, "lon": 108.640_000_000_000_1, "crs": "gcj02", "acc_m": 7.3},
    });
    phone.op(record, body)
}

pub(super) async fn phone_of_both(world: &World, number: u128) -> Result<Phone> {
    let mut phone = world.phone(number).await?;
    let mut tx = world.app.database.begin_write().await?;
    put_grant(&mut tx, phone.caller.user.0, "R1", OTHER_VILLAGE, super::NOW_US).await?;
    tx.commit().await?;
    phone.caller.grants = vec![Grant {
        role: Role::R1,
        villages: Scope::of([VILLAGE, OTHER_VILLAGE]),
        places: std::collections::BTreeSet::new(),
    }];
    Ok(phone)
}

/// Conflicts, submissions, supplements and proposals.
async fn ordinary_work(world: &World, one: &mut Phone, two: &mut Phone) -> Result<()> {
    let place = json!({"name": "云杉加油站", "point": {"lat": 31.1, "lon": 108.123_456_789_012_34, "crs": "wgs84"}});
    let ops = [
        one.op(50, json!({"type": "place", "kind": "create", "fields": place})),
        one.op(
            60,
            json!({"type": "inspection", "kind": "create", "fields": {"kind": "patrol",
            "place": Uuid::from_u128(50), "started_at": "2023-06-12T08:00:00+08:00"}}),
        ),
        one.create(1, "general"),
        one.set(1, "level", json!("general"), json!("suspected")),
        one.op(60, json!({"kind": "submit"})),
        one.op(60, json!({"kind": "supplement", "fields": {"remark": "次日补充"}})),
        one.op(1, json!({"kind": "transition", "from": "reg", "to": "accepted"})),
        one.set(1, "level", json!("suspected"), json!("general")),
    ];
    one.push(world, &ops).await?;
    let ops = [
        two.op(
            1,
            json!({"kind": "patch", "base_rev": 1, "set": {"level": {"base": "general", "new": "major_direct"},
            "description": {"new": "配电箱没有盖"}, "from_a_newer_app": {"new": 0.1}}}),
        ),
        two.op(1, json!({"kind": "patch", "set": {"deadline": {"new": "2023-06-20"}, "level": {"new": "no such"}}})),
        two.op(60, json!({"kind": "patch", "set": {"kind": {"new": "special"}}})),
    ];
    two.push(world, &ops).await?;
    Ok(())
}

/// Operations before their records, photos before their declaration, and everything released by one creation.
async fn waiting_work(world: &World, one: &mut Phone, two: &mut Phone, three: &mut Phone) -> Result<()> {
    let early = [three.op(PHOTO, json!({"type": "photo", "kind": "patch", "set": {"caption": {"new": "箱门"}}}))];
    assert_eq!(statuses(&three.push(world, &early).await?), ["held"]);
    let early = [two.set(10, "level", json!(null), json!("major_direct")), attach(two, 10, PHOTO)];
    assert_eq!(statuses(&two.push(world, &early).await?), ["held", "held"]);
    let ops = [one.create(10, "general"), one.op(10, json!({"kind": "from_the_future"})), attach(one, 1, 0x7002)];
    let end = one.push(world, &ops).await?;
    assert_eq!((statuses(&end), end.stopped), (vec!["applied".into(), "held".into(), "applied".into()], None));
    let ops = [
        one.op(1, json!({"kind": "photo.retract", "photo": Uuid::from_u128(0x7002), "reason": "模糊"})),
        two.set(99, "level", json!(null), json!("general")),
        attach(two, PHOTO, 0x7003),
    ];
    one.push(world, &ops[..1]).await?;
    two.push(world, &ops[1..]).await?;
    Ok(())
}

/// What is refused, kept apart, replayed or answered by another life of the phone.
async fn hostile_work(world: &World, one: &mut Phone) -> Result<()> {
    one.seq += 1;
    let unreadable = pushed(one.seq, Uuid::from_u128(0x99), r#"{"kind":"create","village":"not a village"}"#);
    let mut damaged = one.create(2, "general");
    damaged["digest"] = json!("AAAA");
    let mut group = [one.create(3, "general"), one.create(4, "general")];
    group[0]["digest"] = json!("AAAA");
    for (op, i) in group.iter_mut().zip(1..) {
        op["group"] = json!({"id": Uuid::from_u128(7), "i": i, "n": 2});
    }
    let [third, fourth] = group;
    let foreign = one.op(5, json!({"kind": "create", "village": OTHER_VILLAGE, "fields": {}}));
    let nowhere = one.op(6, json!({"kind": "create", "village": "123456789012", "fields": {}}));
    let strange = one.op(7, json!({"kind": "create", "type": "submarine", "fields": {}}));
    let nul = one.op(8, json!({"kind": "create", "fields": {"description": "a\u{0}b"}}));
    let batch = [unreadable, damaged, third, fourth, foreign, nowhere, strange, nul];
    let end = one.push(world, &batch).await?;
    let expected = ["refused", "refused", "refused", "held", "review", "review", "held", "applied"];
    assert_eq!(statuses(&end), expected);
    one.push(world, &batch).await?;
    let mut reused = one.create(9, "general");
    for taken in [1, 0, -3] {
        reused["seq"] = json!(taken);
        assert_eq!(statuses(&one.push(world, &[reused.clone()]).await?), ["refused"]);
    }
    reused["seq"] = json!(one.seq);
    reused["id"] = json!(Uuid::from_u128(0x99));
    assert_eq!(statuses(&one.push(world, &[reused]).await?), ["refused"]);
    let mut reinstalled =
        Phone { caller: one.caller.clone(), incarnation: Uuid::from_u128(0xcc01), seq: 0, number: 0x51 };
    let mut again = batch[4].clone();
    reinstalled.seq += 1;
    again["seq"] = json!(1);
    let more = reinstalled.create(11, "general");
    let end = reinstalled.push(world, &[again, more]).await?;
    assert!(end.results[0].replayed && end.consumed_to == 2);
    Ok(())
}

/// One id in two villages, and a photo of another village.
async fn border_work(world: &World, one: &mut Phone, wide: &mut Phone) -> Result<()> {
    let there = json!({"village": OTHER_VILLAGE});
    let with = |body: Value| {
        let mut all = there.clone();
        all.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        all
    };
    let ops = [
        wide.op(1, with(json!({"kind": "patch", "set": {"level": {"new": "major_direct"}}}))),
        wide.op(1, with(json!({"kind": "create", "fields": {}}))),
        wide.op(30, with(json!({"kind": "patch", "set": {"level": {"new": "major_direct"}}}))),
        wide.op(40, with(json!({"kind": "create", "fields": {"level": "general"}}))),
        wide.op(
            40,
            with(json!({"kind": "photo.attach", "photo": Uuid::from_u128(PHOTO), "bytes": 1, "mime": "image/jpeg",
            "sha256": to_hex(&sha256(ORIGINAL))})),
        ),
    ];
    assert_eq!(statuses(&wide.push(world, &ops).await?), ["held", "review", "held", "applied", "review"]);
    let create = one.create(30, "general");
    let end = one.push(world, &[create]).await?;
    assert_eq!((statuses(&end), end.stopped), (vec!["applied".to_owned()], None), "a stranger's mistake blocks nobody");
    Ok(())
}

async fn server_work(world: &World) -> Result<()> {
    let app = &world.app;
    let set = vec![("state", json!("stored")), ("derived", json!({"state": "unsupported", "version": 1}))];
    let op = server_patch(app, VILLAGE.parse()?, Uuid::from_u128(PHOTO).into(), set);
    for _ in 0..2 {
        let results = push_server_operations(app, vec![(Uuid::from_u128(0x5e), op.clone())]).await?;
        assert_eq!(results.len(), 1);
    }
    app.blobs.put(&original_key(&sha256(ORIGINAL)), Bytes::from_static(ORIGINAL)).await?;
    Ok(())
}

async fn rich_history(engine: Engine) -> Result<World> {
    let world = World::new(engine).await?;
    let (mut one, mut two, mut three) = (world.phone(1).await?, world.phone(2).await?, world.phone(3).await?);
    let mut wide = phone_of_both(&world, 4).await?;
    ordinary_work(&world, &mut one, &mut two).await?;
    waiting_work(&world, &mut one, &mut two, &mut three).await?;
    hostile_work(&world, &mut one).await?;
    border_work(&world, &mut one, &mut wide).await?;
    server_work(&world).await?;
    Ok(world)
}

#[tokio::test]
async fn a_rich_history_is_clean() -> Result<()> {
    for engine in ENGINES {
        let world = rich_history(engine).await?;
        let mut heard = Vec::new();
        let report =
            verify_store(&world.app.database, Some(&world.app.blobs), &mut |feed| heard.push(feed.feed.clone()))
                .await?;
        assert_eq!(sentences(&report), Vec::<String>::new(), "{engine:?}");
        assert!(report.is_clean());
        assert_eq!(heard, ["000000000000", VILLAGE, OTHER_VILLAGE]);
        assert_eq!(report.photos, 1);
        assert!(report.operations > 30 && report.records >= 9, "{report:?}");
        let notes: Vec<Check> = report.found.notes.iter().map(|note| note.check).collect();
        assert_eq!(notes, [Check::SequenceElsewhere], "a number that an earlier life had brought");
        world.remove().await?;
    }
    Ok(())
}

/// Damages a fresh rich history with one statement and answers what is found.
async fn found_after(engine: Engine, damage: &'static str) -> Result<(BTreeSet<Check>, Vec<String>)> {
    let world = rich_history(engine).await?;
    let mut tx = world.app.database.begin_write().await?;
    let touched = tx.execute(Statement::new(damage)).await?;
    tx.commit().await?;
    assert_eq!(touched, 1, "{damage}");
    let report = verify(&world).await?;
    let checks = report.found.findings.iter().map(|finding| finding.check).collect();
    let said = sentences(&report);
    world.remove().await?;
    Ok((checks, said))
}

#[tokio::test]
async fn every_kind_of_damage_in_the_database_is_found() -> Result<()> {
    let cases: &[(&'static str, &[Check])] = &[
        (
            "UPDATE ops SET context = replace(context, '\"R1\"', '\"R3\"') WHERE id =
             (SELECT op FROM ledger WHERE feed = '500999001203' AND vrev = 3)",
            &[Check::LedgerHash],
        ),
        ("DELETE FROM ledger WHERE feed = '500999001203' AND vrev = 4", &[Check::LedgerGap, Check::OpEntries]),
        (
            "DELETE FROM ledger WHERE feed = '500999001203' AND vrev = (SELECT vrev FROM feeds WHERE id = '500999001203')",
            &[Check::FeedHead, Check::OpEntries],
        ),
        (
            "UPDATE ops SET outcome = replace(outcome, '\"rev\":1', '\"rev\":7') WHERE id =
             (SELECT op FROM ledger WHERE feed = '500999001203' AND vrev = 3)",
            &[Check::Outcome],
        ),
        (
            "UPDATE records SET state = replace(state, '没有盖', '有盖') WHERE number = 'YH-500999001203-2023-0001'",
            &[Check::RecordState],
        ),
        ("UPDATE records SET number = 'X' WHERE number = 'YH-500999001203-2023-0001'", &[Check::HumanNumber]),
        ("UPDATE hazards SET level = 'general' WHERE level = 'major_direct' AND photos = 0", &[Check::Projection]),
        ("UPDATE places SET lat84 = 31.2", &[Check::Projection]),
        ("UPDATE inspections SET submitted = NOT submitted", &[Check::Projection]),
        ("DELETE FROM photo_links WHERE role = 'before'", &[Check::Projection]),
        ("DELETE FROM reviews WHERE why = 'invalid_value' AND field = 'level'", &[Check::Projection]),
        ("UPDATE photos SET feed = '500999001299' WHERE stored", &[Check::Projection, Check::Stray]),
        ("UPDATE feeds SET check_count = check_count + 1 WHERE id = '500999001203'", &[Check::CheckSum]),
        (
            "UPDATE feed_entries SET vrev = 1 WHERE feed = '500999001203' AND vrev = (SELECT MAX(vrev) FROM feed_entries)",
            &[Check::FeedEntry],
        ),
        ("UPDATE incarnations SET consumed = consumed + 1 WHERE consumed = 5", &[Check::Sequence]),
        ("UPDATE ops SET waits_for = NULL WHERE waits_for IS NOT NULL AND seq = 3", &[Check::Release]),
    ];
    // Each on one engine: what reads the rows is the same on both, and each needs a history of its own.
    for ((damage, expected), engine) in cases.iter().zip(ENGINES.into_iter().cycle()) {
        let (found, said) = found_after(engine, damage).await?;
        assert!(expected.iter().all(|check| found.contains(check)), "{engine:?} {damage}: {said:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn totals_that_were_damaged_are_found_and_counted_again() -> Result<()> {
    for engine in ENGINES {
        let world = rich_history(engine).await?;
        let mut tx = world.app.database.begin_write().await?;
        assert!(tx.execute(Statement::new("UPDATE hazard_months SET hazards = hazards + 1")).await? > 0);
        tx.commit().await?;
        let report = verify(&world).await?;
        assert_eq!(report.found.findings[0].check, Check::Projection, "{:#?}", sentences(&report));
        assert!(sentences(&report)[0].contains("paicha recount"), "{:#?}", sentences(&report));
        assert!(!recount(&world.app.database, 9).await?.is_empty());
        let report = verify(&world).await?;
        assert!(report.is_clean(), "{:#?}", sentences(&report));
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_flipped_byte_in_an_operation_is_found() -> Result<()> {
    for engine in ENGINES {
        let world = rich_history(engine).await?;
        let mut tx = world.app.database.begin_write().await?;
        let mut op = paicha_db::ops::list_ledger(&mut tx, VILLAGE, 2, 1).await?.remove(0).op;
        let at = op.body.windows(7).position(|bytes| bytes == b"general").expect("a level is in it");
        op.body[at] ^= 1;
        let damage = Statement::new("UPDATE ops SET body = $2 WHERE id = $1").bind(op.id).bind(op.body);
        assert_eq!(tx.execute(damage).await?, 1);
        tx.commit().await?;
        let report = verify(&world).await?;
        assert_eq!(report.found.findings[0].check, Check::BodyDigest, "{:#?}", sentences(&report));
        assert_eq!(report.found.findings[0].place.op, Some(op.id));
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_altered_and_a_missing_original_are_found_unless_photos_are_left_out() -> Result<()> {
    let world = rich_history(Engine::Sqlite).await?;
    let key = original_key(&sha256(ORIGINAL));
    let mut altered = ORIGINAL.to_vec();
    altered[3] ^= 1;
    world.app.blobs.put(&key, altered.into()).await?;
    let found = |report: VerifyReport| report.found.findings.iter().map(|found| found.check).collect::<Vec<_>>();
    assert_eq!(found(verify(&world).await?), [Check::PhotoAltered]);
    world.app.blobs.delete(&key).await?;
    assert_eq!(found(verify(&world).await?), [Check::PhotoMissing]);
    assert!(verify_store(&world.app.database, None, &mut |_| ()).await?.is_clean());
    world.remove().await
}
