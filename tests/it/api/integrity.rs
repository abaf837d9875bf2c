//! The integrity rules on real records: what they withhold, what the inspector reads, who clears it, and that nothing is hidden meanwhile.

use anyhow::{Context as _, Result};
use paicha::usecases::judge_integrity::{Judge, judge_changes};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "500999001203";
const FIRST: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0101);
const SECOND: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0102);

/// A phone that pushes by hand and the people of the office.
struct Scene<'a> {
    app: &'a TestApp,
    inspector: SignedIn,
    office: SignedIn,
    seq: i64,
    judge: Judge,
}

impl<'a> Scene<'a> {
    async fn start(app: &'a TestApp) -> Result<Self> {
        app.village(VILLAGE, "演示一村").await?;
        Ok(Self {
            app,
            inspector: app.user("inspector", Role::R1, &[VILLAGE]).await?,
            office: app.user("office", Role::R3, &["*"]).await?,
            seq: 0,
            judge: Judge::default(),
        })
    }

    async fn push(&mut self, kind: &str, record_kind: &str, record: Uuid, rest: Value) -> Result<()> {
        let inspector = self.inspector.clone();
        self.push_by(&inspector, kind, record_kind, record, rest).await
    }

    async fn push_by(
        &mut self,
        who: &SignedIn,
        kind: &str,
        record_kind: &str,
        record: Uuid,
        rest: Value,
    ) -> Result<()> {
        self.seq += 1;
        let mut op = json!({ "type": record_kind, "kind": kind, "village": VILLAGE, "record": record, "base_rev": 99,
            "made_at": self.app.app.now(), "hlc": format!("{:012x}-0001", self.seq), "author": who.user });
        let (op_object, rest) = (op.as_object_mut().context("object")?, rest.as_object().context("object")?.clone());
        op_object.extend(rest);
        let digest = op_digest(op.to_string().as_bytes());
        let id = Uuid::from_u128(0x9100 + u128::try_from(self.seq)?);
        // The inspector has one phone, everybody else a new one each time.
        let own = who.user == self.inspector.user;
        let (life, seq) = if own { (0x9002, self.seq) } else { (0x9a00 + u128::try_from(self.seq)?, 1) };
        let ops = json!([{ "seq": seq, "id": id, "digest": digest, "op": op }]);
        let envelope = json!({ "proto": 1, "device": who.device, "incarnation": Uuid::from_u128(life), "ops": ops });
        let pushed = self.app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
        let status = &pushed["results"][0]["status"];
        assert!(status == "applied" || status == "merged", "{pushed}");
        Ok(())
    }

    async fn hazard(&mut self, id: Uuid, level: &str) -> Result<()> {
        let fields = json!({ "level": level, "description": "配电箱门敞开", "origin": "village", "control": "warned",
            "found_at": self.app.app.now() });
        self.push("create", "hazard", id, json!({ "fields": fields })).await
    }

    async fn photo(&mut self, hazard: Uuid, photo: u128, role: &str, sha256: &str) -> Result<()> {
        let photo = json!({ "photo": Uuid::from_u128(photo), "sha256": sha256.repeat(64), "bytes": 1000, "mime": "image/jpeg",
            "role": role, "source": "camera_inapp", "taken_at": self.app.app.now() });
        self.push("photo.attach", "hazard", hazard, photo).await
    }

    /// Lets the rules run until nothing is left.
    async fn judge(&mut self) -> Result<()> {
        while judge_changes(&self.app.app, &mut self.judge).await? {}
        // What the rules wrote is looked at too, and leads to nothing.
        while judge_changes(&self.app.app, &mut self.judge).await? {}
        Ok(())
    }

    async fn flags(&self) -> Result<Vec<Value>> {
        let flags = self.app.get(Some(&self.office), "/v1/flags").await?.ok()?;
        Ok(flags["items"].as_array().context("items")?.clone())
    }

    async fn act(&self, who: &SignedIn, hazard: Uuid, act: Value) -> Result<Value> {
        let now = self.app.get(Some(&self.office), &format!("/v1/hazards/{hazard}")).await?.ok()?;
        let body = json!({ "request": self.app.app.ids.new_id(), "base_rev": now["rev"], "act": act });
        self.app.post(Some(who), &format!("/v1/hazards/{hazard}/acts"), &body).await?.ok()
    }

    /// Takes a major hazard as far as its review, and asks for acceptance; gives the operation that waits.
    async fn ask_for_acceptance(&self, hazard: Uuid) -> Result<Value> {
        let set = json!({ "plan.owner": "演示甲", "plan.measures": "更换配电箱", "plan.funds_fen": 120_000, "plan.contingency": "断电警戒",
            "resp.find.village": "演示乙", "resp.treat.site": "演示甲", "resp.control.site": "演示甲", "dual.regulator_at": "2023-06-01T08:00:00Z" });
        let (office, inspector) = (&self.office, &self.inspector);
        self.act(office, hazard, json!({ "action": "order", "deadline": "2023-06-20", "responsible_unit": "演示五金厂", "reason": "限期整改" })).await?;
        self.act(inspector, hazard, json!({ "action": "settle", "fields": set, "reason": "补齐五项" })).await?;
        let asked = self.act(inspector, hazard, json!({ "action": "confirm_five", "reason": "五项已落实" })).await?;
        self.decide(office, hazard, &asked["operations"][0]["op"]).await?;
        self.act(
            inspector,
            hazard,
            json!({ "action": "request_review", "work_done": "已更换", "on_behalf_of": "演示甲" }),
        )
        .await?;
        let asked = self.act(inspector, hazard, json!({ "action": "accept", "opinion": "现场查看合格" })).await?;
        Ok(asked["operations"][1]["op"].clone())
    }

    async fn decide(&self, who: &SignedIn, hazard: Uuid, op: &Value) -> Result<Value> {
        self.act(who, hazard, json!({ "action": "decide", "op": op, "verdict": "approve", "reason": "同意" })).await
    }
}

#[tokio::test]
async fn a_used_photo_as_after_picture_withholds_acceptance_until_the_office_clears_it() {
    both_servers(|app| async move {
        let mut scene = Scene::start(&app).await?;
        scene.hazard(FIRST, "general").await?;
        scene.photo(FIRST, 0x501, "site", "a").await?;
        scene.hazard(SECOND, "major_direct").await?;
        scene.photo(SECOND, 0x502, "before", "b").await?;
        scene.photo(SECOND, 0x503, "after", "a").await?;
        scene.judge().await?;
        let flags = scene.flags().await?;
        assert_eq!(flags.len(), 1, "only the later use is flagged: {flags:?}");
        let flag = &flags[0];
        let key = format!("R-01.{}.hard", Uuid::from_u128(0x503));
        assert_eq!((&flag["record"], &flag["key"], &flag["cleared"]), (&json!(SECOND), &json!(key), &json!(false)));
        assert!(flag["words"].as_str().is_some_and(|words| words.ends_with("请重新拍摄或说明")), "{flag}");

        let op = scene.ask_for_acceptance(SECOND).await?;
        let office = scene.office.clone();
        let withheld = scene.decide(&office, SECOND, &op).await?;
        assert_eq!(withheld["state"], "verify", "{withheld}");
        assert!(withheld["text_zh"].as_str().is_some_and(|text| text.contains("还差")), "{withheld}");
        let listed = app.get(Some(&office), "/v1/hazards").await?.ok()?;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "a flag hides nothing");

        // The inspector answers; that alone clears nothing.
        scene
            .push(
                "patch",
                "hazard",
                SECOND,
                json!({ "set": { format!("explanation.{key}"): { "new": "同一面墙，两次检查" } } }),
            )
            .await?;
        let flags = scene.flags().await?;
        assert_eq!((&flags[0]["explained"], &flags[0]["cleared"]), (&json!(true), &json!(false)));
        let cleared = scene
            .act(&office, SECOND, json!({ "action": "clear_flag", "key": key, "conclusion": "现场核实，确已整改" }))
            .await?;
        assert_eq!(cleared["state"], "accepted", "{cleared}");
        assert_eq!(scene.flags().await?[0]["cleared"], json!(true));
        let open = app.get(Some(&office), "/v1/flags?open=true").await?.ok()?;
        assert_eq!(open["items"], json!([]));
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn judging_again_writes_nothing() {
    both_servers(|app| async move {
        let mut scene = Scene::start(&app).await?;
        scene.hazard(FIRST, "major_direct").await?;
        scene.photo(FIRST, 0x501, "before", "a").await?;
        scene.photo(FIRST, 0x502, "after", "a").await?;
        scene.judge().await?;
        let first = app.get(Some(&scene.office), &format!("/v1/hazards/{FIRST}")).await?.ok()?;
        let mut other_process = Judge::default();
        while judge_changes(&app.app, &mut other_process).await? {}
        let second = app.get(Some(&scene.office), &format!("/v1/hazards/{FIRST}")).await?.ok()?;
        assert_eq!(first["rev"], second["rev"]);
        assert_eq!(scene.flags().await?[0]["rule"], "R-03");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_self_check_after_an_inspection_found_the_same_counts_as_found_by_others() {
    both_servers(|app| async move {
        let mut scene = Scene::start(&app).await?;
        let place = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0201);
        let named = json!({ "fields": { "name": "演示五金厂", "place_type": "enterprise" } });
        scene.push("create", "place", place, named).await?;
        let (inspector, firm) = (scene.inspector.clone(), app.firm("firm", VILLAGE, &[place.into()]).await?);
        for (who, hazard, origin) in [(inspector, FIRST, "village"), (firm, SECOND, "self_week")] {
            let fields = json!({ "level": "major_direct", "description": "配电箱门敞开", "origin": origin, "control": "warned",
                "place": place, "criterion_ids": ["GM-2023-3.1"], "found_at": app.app.now() });
            scene.push_by(&who, "create", "hazard", hazard, json!({ "fields": fields })).await?;
            app.clock.advance(1_000_000);
        }
        let next = "/v1/forms/appendix2?village=500999001203&month=2023-07&format=json";
        let found = async || -> Result<[Value; 2]> {
            let form = app.get(Some(&scene.office), next).await?.ok()?;
            Ok(["1.1", "1.3"].map(|code| form["form"]["numbers"][code].clone()))
        };
        assert_eq!(found().await?, [json!(1), json!(1)], "as it was claimed");
        while judge_changes(&app.app, &mut scene.judge).await? {}
        assert_eq!(found().await?, [json!(0), json!(2)]);
        let cleared = json!({ "action": "clear_flag", "key": "R-23", "conclusion": "企业已书面报告在先" });
        let office = scene.office.clone();
        scene.act(&office, SECOND, cleared).await?;
        assert_eq!(found().await?, [json!(1), json!(1)], "the office says who was first");
        Ok(())
    })
    .await;
}
