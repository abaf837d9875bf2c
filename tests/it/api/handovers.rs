//! One inspector's work goes to another: the open hazards and the role, and nothing that was written.

use anyhow::{Context as _, Result};
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "900000001001";
const OTHER_VILLAGE: &str = "900000001002";

/// Sends one operation as the next of this phone.
async fn push(app: &TestApp, who: &SignedIn, seq: u128, op: &Value) -> Result<Value> {
    let id = Uuid::from_u128(who.device.0.as_u128().wrapping_add(seq));
    let ops = json!([{ "seq": seq, "id": id, "digest": op_digest(op.to_string().as_bytes()), "op": op }]);
    let envelope = json!({ "proto": 1, "device": who.device, "incarnation": who.device, "ops": ops });
    app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()
}

/// A hazard found by this person.
async fn find(app: &TestApp, who: &SignedIn, (seq, village): (u128, &str), description: &str) -> Result<Uuid> {
    let record = Uuid::from_u128(who.user.0.as_u128().wrapping_add(1000 + seq));
    let op = json!({
        "type": "hazard", "kind": "create", "village": village, "record": record, "base_rev": 0,
        "made_at": "2023-06-01T07:00:00+08:00", "hlc": "000000000001-0001", "author": who.user,
        "authored_scope": 2, "fields": { "level": "general", "description": description },
    });
    let pushed = push(app, who, seq, &op).await?;
    assert_eq!(pushed["results"][0]["status"], "applied", "{pushed}");
    Ok(record)
}

async fn hand_over(app: &TestApp, office: &SignedIn, from: &SignedIn, to: &SignedIn, request: u128) -> Result<Value> {
    let body = json!({
        "request": Uuid::from_u128(request), "from": from.user, "to": to.user, "villages": [VILLAGE], "reason": "调离岗位",
    });
    app.post(Some(office), "/v1/handovers", &body).await?.ok()
}

/// Who answers for a hazard by its page, and who found it.
async fn keeper(app: &TestApp, office: &SignedIn, hazard: Uuid) -> Result<(String, String)> {
    let view = app.get(Some(office), &format!("/v1/hazards/{hazard}")).await?.ok()?;
    let fields = view["fields"].as_array().context("fields")?.clone();
    let named = fields.iter().find(|field| field["name"] == "keeper").map(|field| field["text"].clone());
    let first = view["timeline"]["entries"][0]["author"].as_str().unwrap_or_default().to_owned();
    Ok((named.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default(), first))
}

async fn villages_of(app: &TestApp, who: &SignedIn) -> Result<Value> {
    let me = app.get(Some(who), "/v1/me").await?.ok()?;
    let codes = me["roles"].as_array().into_iter().flatten().flat_map(|role| role["villages"].as_array().cloned());
    Ok(json!(codes.flatten().map(|village| village["code"].clone()).collect::<Vec<_>>()))
}

/// Two villages, two inspectors with their own names, and the office of the first.
async fn people(app: &TestApp) -> Result<[SignedIn; 3]> {
    app.village(VILLAGE, "测试一村").await?;
    app.village(OTHER_VILLAGE, "测试二村").await?;
    Ok([
        app.user("giver", Role::R1, &[VILLAGE, OTHER_VILLAGE]).await?,
        app.user("taker", Role::R1, &[OTHER_VILLAGE]).await?,
        app.user("office", Role::R3, &[VILLAGE]).await?,
    ])
}

#[tokio::test]
async fn open_hazards_and_the_role_go_over_and_the_finder_stays() {
    both_servers(|app| async move {
        let [giver, taker, office] = people(&app).await?;
        let here = find(&app, &giver, (1, VILLAGE), "配电箱门敞开").await?;
        let elsewhere = find(&app, &giver, (2, OTHER_VILLAGE), "通道堆物").await?;
        let done = hand_over(&app, &office, &giver, &taker, 1).await?;
        assert_eq!((&done["hazards"], &done["villages"]), (&json!(1), &json!([VILLAGE])), "{done}");
        let name = app.user_row(taker.user).await?.name;
        assert_eq!(keeper(&app, &office, here).await?, (name, giver.user.to_string()));
        let whole = app.user("whole", Role::R3, &["*"]).await?;
        assert_eq!(keeper(&app, &whole, elsewhere).await?.0, "", "the other village was not handed over");
        assert_eq!(villages_of(&app, &giver).await?, json!([OTHER_VILLAGE]));
        assert_eq!(villages_of(&app, &taker).await?, json!([VILLAGE, OTHER_VILLAGE]));
        let pull = json!({ "proto": 1, "device": taker.device, "incarnation": Uuid::from_u128(0xabc) });
        let page = app.post(Some(&taker), "/v1/sync/pull", &pull).await?.ok()?.to_string();
        assert!(page.contains("配电箱门敞开") && page.contains("keeper"), "the taker's phone has it: {page}");

        let again = hand_over(&app, &office, &giver, &taker, 1).await?;
        assert_eq!((&again["hazards"], &again["villages"]), (&json!(0), &json!([])), "asked twice, done once: {again}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_the_giver_still_holds_is_taken_afterwards_and_the_work_can_go_on_to_a_third() {
    both_servers(|app| async move {
        let [giver, taker, office] = people(&app).await?;
        find(&app, &giver, (1, VILLAGE), "配电箱门敞开").await?;
        hand_over(&app, &office, &giver, &taker, 1).await?;
        // Made before, sent after: it counts, and nobody has to take it in by hand.
        let late = find(&app, &giver, (2, VILLAGE), "灭火器过期").await?;
        let third = app.user("third", Role::R1, &[OTHER_VILLAGE]).await?;
        let on = hand_over(&app, &office, &taker, &third, 2).await?;
        assert_eq!(on["hazards"], json!(1), "the one that was handed to the taker, not the late one: {on}");
        let rest = hand_over(&app, &office, &giver, &third, 3).await?;
        assert_eq!((&rest["hazards"], &rest["villages"]), (&json!(1), &json!([])), "the role is gone, the work is not");
        assert_eq!(keeper(&app, &office, late).await?.0, app.user_row(third.user).await?.name);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_gives_nobody_what_the_giver_did_not_have() {
    both_servers(|app| async move {
        let [giver, taker, office] = people(&app).await?;
        let stranger = app.user("stranger", Role::R2, &[VILLAGE]).await?;
        let body = |from: &SignedIn, to: &SignedIn, village: &str, reason: &str| {
            json!({ "request": Uuid::from_u128(9), "from": from.user, "to": to.user, "villages": [village], "reason": reason })
        };
        let cases = [
            (body(&giver, &taker, OTHER_VILLAGE, "x"), StatusCode::NOT_FOUND),
            (body(&giver, &taker, "*", "x"), StatusCode::NOT_FOUND),
            (body(&stranger, &taker, VILLAGE, "x"), StatusCode::NOT_FOUND),
            (body(&giver, &giver, VILLAGE, "x"), StatusCode::UNPROCESSABLE_ENTITY),
            (body(&giver, &taker, VILLAGE, " "), StatusCode::UNPROCESSABLE_ENTITY),
        ];
        for (body, status) in cases {
            assert_eq!(app.post(Some(&office), "/v1/handovers", &body).await?.status, status, "{body}");
        }
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        app.post(Some(&admin), &format!("/v1/users/{}/disable", taker.user), &json!({})).await?;
        let refused = app.post(Some(&office), "/v1/handovers", &body(&giver, &taker, VILLAGE, "x")).await?;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody works with a disabled account");
        assert_eq!(villages_of(&app, &giver).await?, json!([VILLAGE, OTHER_VILLAGE]), "nothing happened");
        let listed = app.get(Some(&office), "/v1/inspectors").await?.ok()?;
        let ids: Vec<&Value> = listed["items"].as_array().into_iter().flatten().map(|one| &one["id"]).collect();
        assert_eq!(ids, [&json!(giver.user)], "inspectors of the own village only");
        assert_eq!(listed["items"][0]["villages"], json!([VILLAGE]), "other villages are not told");
        Ok(())
    })
    .await;
}
