//! What an account of an enterprise may do over HTTP: with hazards at its own places, and with nothing else; and that nobody's words vanish.

use anyhow::{Context as _, Result};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "500999001203";
const OTHER_VILLAGE: &str = "500999001204";
const OWN_PLACE: u128 = 0x71;
const OTHER_PLACE: u128 = 0x72;
const OWN: u128 = 0x81;
const OTHER: u128 = 0x82;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// A phone in hand; each push is a life of its own.
struct Rig<'a> {
    app: &'a TestApp,
    pushed: u128,
}

impl Rig<'_> {
    /// The result of one operation, made by somebody who has seen all there is.
    async fn push(&mut self, who: &SignedIn, kind: &str, record: u128, body: Value) -> Result<(Uuid, Value)> {
        self.pushed += 1;
        let mut op = json!({ "type": kind, "village": VILLAGE, "record": id(record), "base_rev": 1_000_000,
            "made_at": self.app.app.now(), "hlc": format!("{:012}", self.pushed), "author": who.user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let op_id = id(0x1_0000 + self.pushed);
        let ops = json!([{ "seq": 1, "id": op_id, "digest": op_digest(op.to_string().as_bytes()), "op": op }]);
        let life = id(0x2_0000 + self.pushed);
        let envelope = json!({ "proto": 1, "device": who.device, "incarnation": life, "ops": ops });
        let answer = self.app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
        Ok((op_id, answer["results"][0].clone()))
    }

    async fn set(&mut self, who: &SignedIn, record: u128, fields: Value) -> Result<(Uuid, Value)> {
        let set = fields.as_object().context("object")?.iter().map(|(name, new)| (name.clone(), json!({ "new": new })));
        let set: serde_json::Map<String, Value> = set.collect();
        self.push(who, "hazard", record, json!({ "kind": "patch", "set": set })).await
    }

    /// A field of a hazard as the console shows it.
    async fn field(&self, reader: &SignedIn, record: u128, name: &str) -> Result<Value> {
        let seen = self.app.get(Some(reader), &format!("/v1/hazards/{}", id(record))).await?.ok()?;
        let mut fields = seen["fields"].as_array().context("fields")?.iter();
        Ok(fields.find(|field| field["name"] == name).cloned().unwrap_or_default())
    }
}

/// Two firms, each with a 重大 that the inspector planned the repair of; the enterprise's account acts for the first.
async fn two_firms<'a>(app: &'a TestApp) -> Result<(Rig<'a>, SignedIn, SignedIn)> {
    app.village(VILLAGE, "演示一村").await?;
    let inspector = app.user("inspector", Role::R1, &[VILLAGE]).await?;
    let mut rig = Rig { app, pushed: 0 };
    for (place, hazard) in [(OWN_PLACE, OWN), (OTHER_PLACE, OTHER)] {
        let firm = json!({ "kind": "create", "fields": { "name": "演示厂", "place_type": "enterprise" } });
        rig.push(&inspector, "place", place, firm).await?;
        let found = json!({ "kind": "create", "fields": { "level": "major_direct", "origin": "village",
            "place": id(place), "description": "配电箱门敞开", "control": "warned",
            "plan.owner": "演示甲", "plan.measures": "更换线路", "plan.funds_fen": 500_000 } });
        let (_, result) = rig.push(&inspector, "hazard", hazard, found).await?;
        assert_eq!(result["status"], "applied", "{result}");
    }
    let admin = app.user("admin", Role::R10, &["*"]).await?;
    let user = app.person("firm").await?;
    let grant = json!({ "role": "R7", "village": VILLAGE, "places": [id(OWN_PLACE)] });
    let granted = app.post(Some(&admin), &format!("/v1/users/{user}/grants"), &grant).await?.ok()?;
    assert_eq!(granted["grants"][0]["places"], json!([id(OWN_PLACE)]));
    Ok((rig, inspector, app.sign_in("firm", None).await?))
}

#[tokio::test]
async fn an_enterprise_fills_in_its_own_plan_once_it_is_confirmed_and_no_other() {
    both_servers(|app| async move {
        let (mut rig, inspector, firm) = two_firms(&app).await?;
        let words = json!({ "plan.owner": "演示丙", "plan.measures": "无需整改", "plan.funds_fen": 0 });
        let (_, result) = rig.set(&firm, OTHER, words.clone()).await?;
        assert_eq!(result["fields"]["plan.owner"], "not_allowed", "{result}");
        let go = json!({ "kind": "transition", "from": "reg", "to": "verify", "reason": "已改" });
        let (_, result) = rig.push(&firm, "hazard", OTHER, go).await?;
        assert_eq!(result["fields"]["state"], "not_allowed", "{result}");
        assert_eq!(rig.field(&inspector, OTHER, "plan.measures").await?["shown"], "更换线路");

        let (op, result) = rig.set(&firm, OWN, words).await?;
        assert_eq!((&result["status"], &result["fields"]["plan.owner"]), (&json!("review"), &json!("proposal")));
        assert_eq!(rig.field(&inspector, OWN, "plan.measures").await?["shown"], "更换线路", "nobody has confirmed it");
        let yes = json!({ "kind": "resolve", "target": op, "verdict": "approve", "reason": "核实" });
        rig.push(&inspector, "hazard", OWN, yes).await?;
        assert_eq!(rig.field(&inspector, OWN, "plan.measures").await?["shown"], "无需整改");
        rig.set(&inspector, OWN, json!({ "plan.measures": "更换电缆", "plan.owner": "演示乙" })).await?;
        let measures = rig.field(&inspector, OWN, "plan.measures").await?;
        assert_eq!((&measures["shown"], &measures["replaced"][0]["value"]), (&json!("更换电缆"), &json!("更换线路")));
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_grant_names_places_that_are_there_and_only_where_roles_are_held_for_places() {
    both_servers(|app| async move {
        let (_, _, firm) = two_firms(&app).await?;
        app.village(OTHER_VILLAGE, "演示二村").await?;
        let admin = app.sign_in("admin", None).await?;
        let path = format!("/v1/users/{}/grants", firm.user);
        for (role, village, place) in
            [("R7", VILLAGE, 0x99), ("R7", OTHER_VILLAGE, OWN_PLACE), ("R1", VILLAGE, OWN_PLACE)]
        {
            let grant = json!({ "role": role, "village": village, "places": [id(place)] });
            let refused = app.post(Some(&admin), &path, &grant).await?;
            assert_eq!(refused.code(), "bad-parameter", "{refused:?}");
        }
        let again = json!({ "role": "R7", "village": VILLAGE });
        let kept = app.post(Some(&admin), &path, &again).await?.ok()?;
        assert_eq!((&kept["grants"][0]["places"], &kept["scope_version"]), (&json!([id(OWN_PLACE)]), &json!(3)));
        let both = json!({ "role": "R7", "village": VILLAGE, "places": [id(OTHER_PLACE), id(OWN_PLACE)] });
        let both = app.post(Some(&admin), &path, &both).await?.ok()?;
        assert_eq!(both["grants"][0]["places"], json!([id(OWN_PLACE), id(OTHER_PLACE)]));
        Ok(())
    })
    .await;
}
