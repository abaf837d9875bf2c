//! What a pull gives back.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use super::{Phone, VILLAGE, World};
use anyhow::Result;
use paicha::usecases::pull_changes::pull_changes;
use paicha_tests::databases::ENGINES;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_protocol::pull::{PullRequest, check_term, toggle};
use uuid::Uuid;

async fn pull(world: &World, phone: &Phone, cursor: Option<&str>, max_bytes: u64) -> Result<Value> {
    let request: PullRequest = serde_json::from_value(json!({
        "proto": 1, "device": phone.caller.device, "incarnation": phone.incarnation, "cursor": cursor, "max_bytes": max_bytes,
    }))?;
    Ok(serde_json::to_value(pull_changes(&world.app, &phone.caller, request).await?)?)
}

/// Pulls until nothing is left; the records by id, the cursor, and how many pages it took.
async fn pull_all(
    world: &World,
    phone: &Phone,
    cursor: Option<String>,
    max_bytes: u64,
) -> Result<(BTreeMap<Uuid, i64>, String, usize, Value)> {
    let mut cursor = cursor;
    let (mut seen, mut pages) = (BTreeMap::new(), 0);
    loop {
        let page = pull(world, phone, cursor.as_deref(), max_bytes).await?;
        pages += 1;
        for change in
            page["villages"].as_array().unwrap().iter().flat_map(|village| village["changes"].as_array().unwrap())
        {
            seen.insert(change["id"].as_str().unwrap().parse()?, change["rev"].as_i64().unwrap());
        }
        cursor = page["cursor"].as_str().map(str::to_owned);
        if page["more"] == json!(false) {
            return Ok((seen, cursor.unwrap(), pages, page));
        }
    }
}

#[tokio::test]
async fn small_pages_bring_every_record_once_and_the_check_sum_fits() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let ops: Vec<Value> = (1..=120).map(|record| phone.create(record, "general")).collect();
        phone.push(&world, &ops).await?;
        let (seen, cursor, pages, last) = pull_all(&world, &phone, None, 5_000).await?;
        assert_eq!(seen.len(), 120);
        assert!(pages > 5, "{pages} pages of about 5 kB");
        let mut sum = [0; 16];
        seen.iter().for_each(|(id, rev)| toggle(&mut sum, &check_term((*id).into(), *rev)));
        let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(last["check"], json!([{"village": VILLAGE, "at": 120, "count": 120, "sum": hex}]));
        assert_eq!(last["ack"]["consumed_to"], json!(120));
        let change = phone.set(7, "level", json!("general"), json!("suspected"));
        phone.push(&world, &[change]).await?;
        let (delta, _, pages, _) = pull_all(&world, &phone, Some(cursor), 5_000).await?;
        assert_eq!(delta, [(Uuid::from_u128(7), 2)].into());
        assert_eq!(pages, 1);
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_that_waited_is_told_once_its_record_came_and_again_to_the_old_cursor() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let (mut early, mut maker) = (world.phone(1).await?, world.phone(2).await?);
        let waits = early.set(7, "position_text", json!(null), json!("东侧"));
        let id = waits["id"].clone();
        early.push(&world, &[waits]).await?;
        let (_, before, _, page) = pull_all(&world, &early, None, 0).await?;
        assert_eq!(page["outcomes"], json!(null));
        let made = maker.create(7, "general");
        maker.push(&world, &[made]).await?;
        let told = json!([{ "op": id, "status": "applied", "text_zh": "所等的记录已到，这项内容现在生效" }]);
        let (_, after, _, page) = pull_all(&world, &early, Some(before.clone()), 0).await?;
        assert_eq!(page["outcomes"], told);
        assert_eq!(pull(&world, &early, Some(&before), 0).await?["outcomes"], told, "a lost page is told again");
        assert_eq!(pull(&world, &early, Some(&after), 0).await?["outcomes"], json!(null), "the cursor acknowledges");
        assert_eq!(pull(&world, &maker, None, 0).await?["outcomes"], json!(null), "nobody hears of another phone's");
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_foreign_village_is_sent_and_a_lost_one_stops_at_once() -> Result<()> {
    let world = World::new(paicha_db::Engine::Sqlite).await?;
    let (mut phone, mut stranger) = (world.phone(1).await?, world.phone(2).await?);
    let op = phone.create(1, "general");
    phone.push(&world, &[op]).await?;
    let (_, cursor, _, _) = pull_all(&world, &stranger, None, 0).await?;
    stranger.caller.grants.clear();
    stranger.caller.scope_version = 2;
    let page = pull(&world, &stranger, Some(&cursor), 0).await?;
    assert_eq!(page["villages"], json!([]));
    assert_eq!(page["scope"]["removed"][0]["village"], json!(VILLAGE));
    assert_eq!(page["scope"]["version"], json!(2));
    let again = pull(&world, &stranger, page["cursor"].as_str(), 0).await?;
    assert_eq!(again["scope"]["removed"], json!([]));
    world.remove().await
}
