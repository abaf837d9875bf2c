//! What people at the console do about a hazard, over HTTP: who may, who has to agree, and that a request sent twice is one act.

use anyhow::{Context as _, Result};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{Answer, SignedIn, TestApp, both_servers};
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "500999001203";
const HAZARD: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0077);

/// People of one village and a hazard that an inspector found there.
struct Office<'a> {
    app: &'a TestApp,
    inspector: SignedIn,
    office: SignedIn,
    leader: SignedIn,
    asked: u128,
}

impl<'a> Office<'a> {
    async fn with_hazard(app: &'a TestApp, level: &str) -> Result<Self> {
        app.village(VILLAGE, "演示一村").await?;
        let office = Self {
            app,
            inspector: app.user("inspector", Role::R1, &[VILLAGE]).await?,
            office: app.user("office", Role::R3, &["*"]).await?,
            leader: app.user("leader", Role::R4, &["*"]).await?,
            asked: 0,
        };
        let fields = json!({ "level": level, "description": "配电箱门敞开", "origin": "village", "control": "warned" });
        office.create(&office.inspector, "hazard", HAZARD, fields).await?;
        Ok(office)
    }

    /// A phone registers something; each in a life of its own.
    async fn create(&self, who: &SignedIn, kind: &str, record: Uuid, fields: Value) -> Result<()> {
        let op = json!({ "type": kind, "kind": "create", "village": VILLAGE, "record": record, "base_rev": 0,
            "made_at": self.app.app.now(), "hlc": "000000000001-0001", "author": who.user, "fields": fields });
        let digest = op_digest(op.to_string().as_bytes());
        let number = record.as_u128() & 0xff;
        let ops = json!([{ "seq": 1, "id": Uuid::from_u128(0x9000_0000 + number), "digest": digest, "op": op }]);
        let life = Uuid::from_u128(0x9100_0000 + number);
        let envelope = json!({ "proto": 1, "device": who.device, "incarnation": life, "ops": ops });
        let pushed = self.app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
        assert_eq!(pushed["results"][0]["status"], "applied", "{pushed}");
        Ok(())
    }

    async fn act(&mut self, who: &SignedIn, act: Value) -> Result<Value> {
        self.act_on(HAZARD, who, act).await?.ok()
    }

    async fn act_on(&mut self, hazard: Uuid, who: &SignedIn, act: Value) -> Result<Answer> {
        let path = format!("/v1/hazards/{hazard}");
        let seen = self.app.get(Some(&self.office), &path).await?.ok()?;
        self.asked += 1;
        let body = json!({ "request": Uuid::from_u128(self.asked), "base_rev": seen["rev"], "act": act });
        self.app.post(Some(who), &format!("{path}/acts"), &body).await
    }
}

#[tokio::test]
async fn the_hazard_that_stays_has_the_origin_that_counts_for_both() {
    both_servers(|app| async move {
        let mut office = Office::with_hazard(&app, "general").await?;
        let judge = office.office.clone();
        let own = Uuid::from_u128(HAZARD.as_u128() + 1);
        let place = Uuid::from_u128(HAZARD.as_u128() + 2);
        let named = json!({ "name": "演示厂", "place_type": "enterprise" });
        office.create(&office.inspector, "place", place, named).await?;
        let firm = app.firm("firm", VILLAGE, &[place.into()]).await?;
        let fields = json!({ "level": "general", "description": "配电箱门敞开", "origin": "self_day", "place": place });
        office.create(&firm, "hazard", own, fields).await?;
        let into = |survivor: Uuid| json!({ "action": "link_duplicate", "survivor": survivor, "reason": "同一处" });
        // By phones' own clocks nobody was first, so it counts as found by others (domain 2.6 rule 4).
        let refused = office.act_on(HAZARD, &judge, into(own)).await?;
        assert!(refused.status.is_client_error(), "{refused:?}");
        assert!(refused.body.to_string().contains("反过来合并"), "{refused:?}");
        let merged = office.act_on(own, &judge, into(HAZARD)).await?.ok()?;
        assert_eq!(merged["operations"][0]["fields"]["duplicate_of"], "proposal", "and takes the leader, {merged}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_downgrade_waits_for_the_leader_and_counts_from_then() {
    both_servers(|app| async move {
        let mut office = Office::with_hazard(&app, "major_direct").await?;
        let (judge, leader) = (office.office.clone(), office.leader.clone());
        let asked =
            office.act(&judge, json!({ "action": "judge", "level": "general", "reason": "不符合判定标准" })).await?;
        assert_eq!(
            (&asked["level"], &asked["operations"][0]["fields"]["level"]),
            (&json!("major_direct"), &json!("proposal"))
        );
        assert_eq!(asked["text_zh"], "已保存，待人工处理。等级：申请中，待批准");
        let op = asked["operations"][0]["op"].clone();
        let reviews = app.get(Some(&judge), "/v1/reviews").await?.ok()?;
        assert_eq!(reviews["items"][0]["op"], op, "{reviews}");
        let own =
            office.act(&judge, json!({ "action": "decide", "op": op, "verdict": "approve", "reason": "同意" })).await?;
        assert_eq!(own["level"], "major_direct", "agreeing with oneself is not agreement");
        let agreed = office
            .act(&leader, json!({ "action": "decide", "op": op, "verdict": "approve", "reason": "同意" }))
            .await?;
        assert_eq!(agreed["level"], "general", "{agreed}");
        let reviews = app.get(Some(&judge), "/v1/reviews").await?.ok()?;
        assert_eq!(reviews["items"], json!([]), "nothing waits any more");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_request_sent_twice_is_one_act() {
    both_servers(|app| async move {
        let office = Office::with_hazard(&app, "general").await?;
        let path = format!("/v1/hazards/{HAZARD}/acts");
        let body = json!({ "request": Uuid::from_u128(5), "base_rev": 1, "act": { "action": "order", "deadline": "2023-06-20",
            "responsible_unit": "演示五金厂", "reason": "限期整改" } });
        let first = app.post(Some(&office.office), &path, &body).await?.ok()?;
        let second = app.post(Some(&office.office), &path, &body).await?.ok()?;
        assert_eq!(first, second);
        assert_eq!((&first["state"], &first["rev"]), (&json!("plan"), &json!(3)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_whole_loop_of_a_major_hazard_ends_closed_and_verified() {
    both_servers(|app| async move {
        let mut office = Office::with_hazard(&app, "major_direct").await?;
        let (inspector, judge, leader) = (office.inspector.clone(), office.office.clone(), office.leader.clone());
        let agree = |done: &Value, index: usize| {
            json!({ "action": "decide", "op": done["operations"][index]["op"], "verdict": "approve", "reason": "同意" })
        };
        office.act(&judge, json!({ "action": "order", "deadline": "2023-06-20", "responsible_unit": "演示五金厂", "reason": "限期整改" })).await?;
        let asked = office.act(&inspector, json!({ "action": "confirm_five", "on_behalf_of": "演示甲", "reason": "五项已落实" })).await?;
        let lacking = office.act(&judge, agree(&asked, 0)).await?;
        assert_eq!(lacking["state"], "plan", "{lacking}");
        let set = json!({ "plan.owner": "演示甲", "plan.measures": "更换配电箱", "plan.funds_fen": 120_000, "plan.contingency": "断电警戒",
            "resp.find.village": "演示乙", "resp.treat.site": "演示甲", "resp.control.site": "演示甲", "dual.regulator_at": "2023-06-01T08:00:00Z" });
        let filled = office.act(&inspector, json!({ "action": "settle", "fields": set, "reason": "补齐五项" })).await?;
        assert_eq!(filled["state"], "fixing", "{filled}");
        office.act(&inspector, json!({ "action": "request_review", "work_done": "已更换", "on_behalf_of": "演示甲" })).await?;
        let asked = office.act(&inspector, json!({ "action": "accept", "opinion": "已拆除", "closure": "removed", "document": "拆除公告1号" })).await?;
        let accepted = office.act(&judge, agree(&asked, 1)).await?;
        assert_eq!(accepted["state"], "accepted", "{accepted}");
        let asked = office.act(&judge, json!({ "action": "close", "analogies": "已排查同类12处", "reason": "销号" })).await?;
        let closed = office.act(&leader, agree(&asked, 1)).await?;
        assert_eq!(closed["state"], "closed", "{closed}");
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_ledger_and_its_lists_tell_where_a_hazard_stands() {
    both_servers(|app| async move {
        let mut office = Office::with_hazard(&app, "major_direct").await?;
        let county = app.user("county", Role::R6, &["*"]).await?;
        let judge = office.office.clone();
        let download = |list: &str, format: &str| {
            let request = app.request(reqwest::Method::GET, &format!("/v1/exports/ledger?list={list}&format={format}"));
            request.bearer_auth(&judge.access_token).send()
        };
        let text = |list: &'static str| async { anyhow::Ok(download(list, "csv").await?.error_for_status()?.text().await?) };
        let ledger = text("ledger").await?;
        assert!(ledger.contains("YH-500999001203-2023-0001") && ledger.contains("配电箱门敞开") && ledger.contains("已登记"), "{ledger}");
        assert!(text("missing_five").await?.contains("配电箱门敞开"));
        assert!(!text("supervised").await?.contains("配电箱门敞开"));
        office.act(&county, json!({ "action": "list", "level": "county", "doc_no": "演示督办1号", "issuer": "演示县安委办", "deadline": "2023-09-01" })).await?;
        assert!(text("supervised").await?.contains("挂牌督办中（县）"));
        let set = json!({ "plan.owner": "演示甲", "plan.measures": "更换", "plan.funds_fen": 1_250_000, "deadline": "2023-06-20", "plan.contingency": "断电" });
        office.act(&office.inspector.clone(), json!({ "action": "settle", "fields": set, "reason": "补齐五项" })).await?;
        assert!(!text("missing_five").await?.contains("配电箱门敞开"));
        assert!(text("ledger").await?.contains("1.25"), "funds in 万元");
        let map: Value = download("ledger", "geojson").await?.error_for_status()?.json().await?;
        assert_eq!(map["features"][0]["properties"]["状态"], "已登记");
        let book = download("ledger", "xlsx").await?.error_for_status()?.bytes().await?;
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(book.to_vec()))?;
        let (_, sheet) = calamine::Reader::worksheets(&mut book).into_iter().next().context("a sheet")?;
        assert!(sheet.rows().any(|row| row.iter().any(|cell| *cell == "配电箱门敞开")));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_act_that_makes_no_sense_says_why_and_changes_nothing() {
    both_servers(|app| async move {
        let office = Office::with_hazard(&app, "general").await?;
        let path = format!("/v1/hazards/{HAZARD}/acts");
        let cases = [
            (json!({ "action": "void", "reason": " " }), "请填写原因"),
            (json!({ "action": "judge", "level": "enormous", "reason": "x" }), "“等级”填写得不对"),
            (
                json!({ "action": "judge", "level": "major_collective", "members": ["演示甲"], "reason": "x" }),
                "集体判定至少要有3名研判人员",
            ),
            (json!({ "action": "reject", "verdict": "real", "opinion": "x" }), "复查结论只能是未改、部分整改或假改"),
            (json!({ "action": "settle", "fields": { "of_tomorrow": 1 }, "reason": "x" }), "没有“of_tomorrow”这一项"),
        ];
        for (act, text) in cases {
            let body = json!({ "request": Uuid::from_u128(7), "base_rev": 1, "act": act });
            let answer = app.post(Some(&office.office), &path, &body).await?;
            assert_eq!((answer.status.as_u16(), answer.code()), (422, "act-unsound"));
            assert_eq!(answer.body["detail"], text);
        }
        let hazard = app.get(Some(&office.office), &format!("/v1/hazards/{HAZARD}")).await?.ok()?;
        assert_eq!(hazard["rev"], 1);
        Ok(())
    })
    .await;
}
