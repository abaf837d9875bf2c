//! What the server believes of a phone's clock, of its position, and of a save that came damaged.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use super::{NOW_US, OTHER_VILLAGE, Phone, VILLAGE, World, pushed, statuses};
use anyhow::{Context as _, Result};
use paicha::auth::permissions::{Grant, Scope};
use paicha::usecases::admit_operations::{AdmitError, admit_operations};
use paicha::usecases::caller::Caller;
use paicha::usecases::push_operations::{PushBatch, PushError, Pushed, push_operations};
use paicha_areas::load_villages;
use paicha_db::records::find_records;
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use sync_protocol::geo::Datum;
use sync_protocol::role::Role;
use sync_protocol::time::{DAY_US, HOUR_US, MINUTE_US, Micros};
use uuid::Uuid;

fn instant(at_us: i64) -> String {
    Micros::from_micros(at_us).unwrap().to_string()
}

/// Pushes with what the phone's clock says now.
async fn push_at(world: &World, phone: &Phone, wall_us: i64, ops: &[Value]) -> Result<Pushed, PushError> {
    let mut envelope = phone.envelope(ops);
    envelope["clock"] = json!({ "wall": instant(wall_us) });
    let text = envelope.to_string();
    let request = serde_json::from_str(&text).unwrap();
    push_operations(world.app.clone(), phone.caller.clone(), PushBatch::of_request(&request)).await
}

fn made_at(phone: &mut Phone, record: u128, at_us: i64) -> Value {
    phone.op(record, json!({ "kind": "create", "made_at": instant(at_us), "fields": { "level": "general", "description": "线头裸露" } }))
}

/// What the record says of when it was made: event time in microseconds and grade.
async fn created(world: &World, record: u128) -> Result<(i64, String)> {
    let mut tx = world.app.database.begin_read().await?;
    let rows = find_records(&mut tx, &[Uuid::from_u128(record)]).await?;
    tx.rollback().await?;
    let state: Value = serde_json::from_str(&rows.first().context("the record")?.state)?;
    let at: Micros = serde_json::from_value(state["created"]["at"].clone())?;
    Ok((at.as_micros(), state["created"]["grade"].as_str().unwrap_or_default().to_owned()))
}

#[tokio::test]
async fn a_server_whose_clock_contradicts_all_phones_takes_nothing_in_until_it_is_set() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let first = made_at(&mut phone, 1, NOW_US - HOUR_US);
        assert_eq!(statuses(&push_at(&world, &phone, NOW_US, &[first]).await?), ["applied"]);

        let now_us = NOW_US + 2 * DAY_US;
        let second = made_at(&mut phone, 2, now_us - HOUR_US);
        for wrong_us in [-300 * DAY_US, 300 * DAY_US] {
            world.clock.set(now_us + wrong_us);
            let answer = push_at(&world, &phone, now_us, std::slice::from_ref(&second)).await;
            assert!(matches!(answer, Err(PushError::ClockWrong)), "{answer:?}");
        }
        world.clock.set(now_us);
        assert_eq!(statuses(&push_at(&world, &phone, now_us, &[second]).await?), ["applied"]);
        assert_eq!(created(&world, 2).await?, (now_us - HOUR_US, "C".to_owned()));

        // A phone whose clock alone is wrong keeps nobody out, itself included.
        let third = made_at(&mut phone, 3, now_us - 90 * DAY_US);
        assert_eq!(statuses(&push_at(&world, &phone, now_us - 90 * DAY_US, &[third]).await?), ["applied"]);
        assert_eq!(created(&world, 3).await?, (now_us, "D".to_owned()));
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_whose_clock_is_known_to_be_off_is_set_right_and_marked() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        for (number, off_us) in [(1, -12 * HOUR_US), (2, 20 * HOUR_US), (3, 6 * MINUTE_US)] {
            let mut phone = world.phone(number).await?;
            let happened_us = NOW_US - 3 * HOUR_US;
            let op = made_at(&mut phone, number, happened_us + off_us);
            push_at(&world, &phone, NOW_US + off_us, &[op]).await?;
            assert_eq!(created(&world, number).await?, (happened_us, "D".to_owned()), "off by {off_us}");
        }
        // A little is nothing, and what cannot have been counts from the receipt: the clock was set in between.
        let mut phone = world.phone(4).await?;
        let op = made_at(&mut phone, 4, NOW_US - HOUR_US);
        push_at(&world, &phone, NOW_US + 4 * MINUTE_US, &[op]).await?;
        assert_eq!(created(&world, 4).await?, (NOW_US - HOUR_US, "C".to_owned()));
        let op = made_at(&mut phone, 5, NOW_US - HOUR_US);
        push_at(&world, &phone, NOW_US - 5 * HOUR_US, &[op]).await?;
        assert_eq!(created(&world, 5).await?, (NOW_US, "D".to_owned()));
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_poor_or_mocked_fix_says_nothing_of_the_village() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let square =
            |west: f64| json!([[[west, 31.0], [west + 1.0, 31.0], [west + 1.0, 32.0], [west, 32.0], [west, 31.0]]]);
        let village = |code: &str, west: f64| {
            json!({ "type": "Feature", "properties": { "code": code, "name": "测试村" },
                "geometry": { "type": "Polygon", "coordinates": square(west) } })
        };
        let features = [village(OTHER_VILLAGE, 108.0), village("500999001000", 120.0)];
        let map = json!({ "type": "FeatureCollection", "features": features }).to_string();
        let index = load_villages(map.as_bytes(), Datum::Wgs84).unwrap().index;
        *world.app.map.write().unwrap() = Arc::new(index);

        let mut phone = world.phone(1).await?;
        let cases = [
            (json!({ "acc_m": 12.0 }), 108.5, Some(OTHER_VILLAGE)),
            (json!({ "acc_m": 2_000.0 }), 108.5, None),
            (json!({ "acc_m": 12.0, "mock": true }), 108.5, None),
            // The outline of the whole subdistrict is no village.
            (json!({ "acc_m": 12.0 }), 120.5, None),
        ];
        for (record, (how, lon, expected)) in (1..).zip(cases) {
            let mut fix = json!({ "lat": 31.5, "lon": lon, "crs": "wgs84", "provider": "gnss" });
            fix.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
            let op = phone.op(
                record,
                json!({ "kind": "create", "fields": { "level": "general", "description": "无护栏", "fix": fix } }),
            );
            let id: Uuid = op["id"].as_str().unwrap().parse()?;
            phone.push(&world, &[op]).await?;
            let mut tx = world.app.database.begin_read().await?;
            let stored = paicha_db::ops::find_op(&mut tx, id).await?.context("the operation")?;
            tx.rollback().await?;
            let context: Value = serde_json::from_str(&stored.context)?;
            assert_eq!(context["fix_village"].as_str(), expected, "{fix}");
        }
        world.remove().await?;
    }
    Ok(())
}

/// A save of a visit and its 重大, of which `damage` makes the hazard's entry.
async fn damaged_save(world: &World, damage: impl Fn(Value) -> Value) -> Result<Vec<Uuid>> {
    let mut phone = world.phone(1).await?;
    let group = Uuid::from_u128(0x9000);
    let bodies = [
        (
            1,
            json!({ "type": "inspection", "kind": "create", "fields": { "kind": "patrol", "inspecting_unit": "云杉村" } }),
        ),
        (
            2,
            json!({ "kind": "create", "fields": { "level": "major_direct", "description": "氧气瓶旁明火作业", "inspection": Uuid::from_u128(1) } }),
        ),
        (1, json!({ "type": "inspection", "kind": "submit" })),
    ];
    let mut entries: Vec<Value> = bodies.into_iter().map(|(record, body)| phone.op(record, body)).collect();
    for (entry, i) in entries.iter_mut().zip(1..) {
        entry["group"] = json!({ "id": group, "i": i, "n": 3 });
    }
    entries[1] = damage(entries[1].clone());
    let ids = entries.iter().map(|entry| entry["id"].as_str().unwrap().parse().unwrap()).collect();
    let pushed = phone.push(world, &entries).await?;
    assert_eq!(statuses(&pushed), ["held", "refused", "held"]);
    Ok(ids)
}

async fn office(world: &World) -> Result<Caller> {
    let phone = world.phone(77).await?;
    let grants = vec![Grant { role: Role::R3, villages: Scope::of([VILLAGE]), places: BTreeSet::new() }];
    Ok(Caller { device: None, grants, ..phone.caller })
}

#[tokio::test]
async fn a_save_that_came_damaged_is_taken_in_whole_or_not_at_all() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        // One character differs: it can be read, and the office vouches for the words.
        let ids = damaged_save(&world, |mut entry| {
            entry["op"]["fields"]["description"] = json!("氧气瓶旁明灭作业");
            entry
        })
        .await?;
        let office = office(&world).await?;
        let admitted = admit_operations(&world.app, &office, ids[0]).await?;
        assert_eq!(admitted.operations, 3);
        assert!(created(&world, 2).await.is_ok(), "the hazard came with its visit");
        let again = admit_operations(&world.app, &office, ids[1]).await?;
        assert_eq!(again.operations, 0);
        world.remove().await?;

        // Nobody can read it: without it the visit would print 无.
        let world = World::new(engine).await?;
        let ids = damaged_save(&world, |entry| {
            let mut unreadable = pushed(2, entry["id"].as_str().unwrap().parse().unwrap(), "[1]");
            unreadable["group"] = entry["group"].clone();
            unreadable
        })
        .await?;
        let office = self::office(&world).await?;
        let refused = admit_operations(&world.app, &office, ids[0]).await;
        assert!(matches!(refused, Err(AdmitError::PartUnreadable)), "{refused:?}");
        assert!(created(&world, 1).await.is_err(), "and the visit did not come alone");
        world.remove().await?;
    }
    Ok(())
}
