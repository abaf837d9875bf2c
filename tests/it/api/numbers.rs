//! The fourteen numbers of 附件2 over HTTP, in the scenarios of the domain: when something counts, for whom, and from which records.

use anyhow::{Context as _, Result};
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use paicha_tests::app::{SUBDISTRICT, SignedIn, TestApp, both_servers};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Cursor;
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use sync_protocol::time::Micros;
use uuid::Uuid;

const EAST: &str = "900000001001";
const WEST: &str = "900000001002";

/// A subdistrict of two villages and an inspector of both, in July, whose phone hands in what tests say.
struct Inspected<'a> {
    app: &'a TestApp,
    inspector: SignedIn,
    office: SignedIn,
    seq: u128,
    lives: BTreeMap<u128, i64>,
}

impl<'a> Inspected<'a> {
    async fn new(app: &'a TestApp) -> Result<Self> {
        app.village(EAST, "东山村").await?;
        app.village(WEST, "西河社区").await?;
        app.clock.set("2023-07-03T09:00:00+08:00".parse::<Micros>()?.as_micros());
        let inspector = app.user("inspector", Role::R1, &[EAST, WEST]).await?;
        let office = app.user("office", Role::R3, &["*"]).await?;
        Ok(Self { app, inspector, office, seq: 0, lives: BTreeMap::new() })
    }

    /// Hands in one operation that was made at an instant; its result.
    async fn push(&mut self, village: &str, record: u128, made_at: &str, body: Value) -> Result<Value> {
        let inspector = self.inspector.clone();
        self.push_by(&inspector, village, record, made_at, body).await
    }

    async fn push_by(
        &mut self,
        who: &SignedIn,
        village: &str,
        record: u128,
        made_at: &str,
        body: Value,
    ) -> Result<Value> {
        self.seq += 1;
        let mut op = json!({ "village": village, "record": Uuid::from_u128(record), "base_rev": 0, "made_at": made_at,
            "hlc": format!("{:08}", self.seq), "author": who.user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let digest = op_digest(op.to_string().as_bytes());
        // Every record from a phone of its own: clocks of tests jump, and a phone's clock may not.
        let life = Uuid::from_u128(0xcc_0000 + record);
        let seq = self.lives.entry(record).and_modify(|seq| *seq += 1).or_insert(1);
        let ops = json!([{ "seq": seq, "id": Uuid::from_u128(0xab00 + self.seq), "digest": digest, "op": op }]);
        let envelope = json!({ "proto": 1, "device": who.device, "incarnation": life, "ops": ops });
        let pushed = self.app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
        Ok(pushed["results"][0].clone())
    }

    /// Somebody else says something about a record of the east, in a life of its own.
    async fn resolve(&mut self, who: &SignedIn, record: u128, life: u128, body: Value) -> Result<()> {
        let mut op = json!({ "village": EAST, "record": Uuid::from_u128(record), "base_rev": 99,
            "made_at": self.app.app.now(), "hlc": format!("{life:08}"), "author": who.user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let digest = op_digest(op.to_string().as_bytes());
        let ops = json!([{ "seq": 1, "id": Uuid::from_u128(0xfe_0000 + life), "digest": digest, "op": op }]);
        let envelope =
            json!({ "proto": 1, "device": who.device, "incarnation": Uuid::from_u128(0xff_0000 + life), "ops": ops });
        self.app.post(Some(who), "/v1/sync/push", &envelope).await?.ok()?;
        self.app.clock.advance(1_000_000);
        Ok(())
    }

    async fn hazard(&mut self, record: u128, found_at: &str, level: &str, origin: &str) -> Result<()> {
        let fields = json!({ "level": level, "origin": origin, "description": "配电箱门敞开", "found_at": found_at });
        let body = json!({ "type": "hazard", "kind": "create", "fields": fields });
        self.push(EAST, record, found_at, body).await?;
        Ok(())
    }

    async fn place(&mut self, village: &str, record: u128, uscc: &str) -> Result<()> {
        let fields = json!({ "name": format!("演示厂{record}"), "place_type": "enterprise", "uscc": uscc });
        let body = json!({ "type": "place", "kind": "create", "fields": fields });
        self.push(village, record, "2023-05-01T09:00:00+08:00", body).await?;
        Ok(())
    }

    /// A completed spot check of a place with these findings.
    async fn spot(&mut self, village: &str, record: u128, place: u128, findings: Value) -> Result<()> {
        let at = "2023-06-12T10:00:00+08:00";
        let mut fields = json!({ "kind": "spot", "place": Uuid::from_u128(place), "started_at": at, "ended_at": at });
        for (atom, value) in findings.as_object().context("findings")? {
            fields[format!("finding.{atom}")] = value.clone();
        }
        let life = json!({ "type": "inspection", "kind": "create", "fields": fields });
        self.push(village, record, at, life).await?;
        let submitted = self.push(village, record, at, json!({ "type": "inspection", "kind": "submit" })).await?;
        assert_eq!(submitted["status"], "applied", "{submitted}");
        Ok(())
    }

    async fn form(&self, area: &str, month: &str) -> Result<Value> {
        let path = format!("/v1/forms/appendix2?month={month}&village={area}&format=json");
        self.app.get(Some(&self.office), &path).await?.ok()
    }

    async fn numbers(&self, area: &str, month: &str) -> Result<Value> {
        Ok(self.form(area, month).await?["form"]["numbers"].clone())
    }
}

#[tokio::test]
async fn the_last_millisecond_of_may_counts_in_june_and_the_first_of_june_does_not() {
    both_servers(|app| async move {
        let mut here = Inspected::new(&app).await?;
        let last = ["2023-05-31T23:59:59.999+08:00", "2023-05-31T15:59:59.999Z", "2023-06-01T00:59:59.999+09:00"];
        for (record, found_at) in (1..).zip(last) {
            here.hazard(record, found_at, "major_direct", "village").await?;
        }
        for (record, found_at) in (11..).zip(["2023-06-01T00:00:00+08:00", "2023-05-31T16:00:00Z"]) {
            here.hazard(record, found_at, "major_direct", "village").await?;
        }
        here.hazard(20, "2023-05-20T09:00:00+08:00", "suspected", "village").await?;
        here.place(EAST, 71, "91440300708461136T").await?;
        let firm = app.firm("firm", EAST, &[Uuid::from_u128(71).into()]).await?;
        let own = json!({ "level": "major_direct", "origin": "self_week", "description": "配电箱门敞开",
            "found_at": "2023-05-20T09:00:00+08:00", "place": Uuid::from_u128(71) });
        let own = json!({ "type": "hazard", "kind": "create", "fields": own });
        here.push_by(&firm, EAST, 21, "2023-05-20T09:00:00+08:00", own).await?;
        let (may, june, july) = (
            here.numbers(EAST, "2023-05").await?,
            here.numbers(EAST, "2023-06").await?,
            here.numbers(EAST, "2023-07").await?,
        );
        assert_eq!((&may["1.3"], &june["1.3"], &july["1.3"]), (&json!(0), &json!(3), &json!(5)));
        assert_eq!((&june["1.1"], &june["1.2"]), (&json!(1), &json!(0)), "the enterprise's own are apart");
        assert_eq!(here.form(EAST, "2023-05").await?["form"]["zero"], json!(true), "May is all zero");
        let path = format!("/v1/forms/appendix2/records?month=2023-06&number=1.3&village={EAST}");
        let records = app.get(Some(&here.office), &path).await?.ok()?;
        let ids: Vec<_> = (1..4).map(|record| json!(Uuid::from_u128(record))).collect();
        let listed: Vec<_> =
            records["items"].as_array().context("items")?.iter().map(|item| item["record"].clone()).collect();
        assert_eq!(listed, ids);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_own_finding_is_the_enterprises_to_say_and_of_others_what_office_and_leader_agree_to() {
    both_servers(|app| async move {
        let mut here = Inspected::new(&app).await?;
        here.hazard(1, "2023-05-20T09:00:00+08:00", "major_direct", "self_day").await?;
        here.place(EAST, 71, "91440300708461136T").await?;
        here.place(EAST, 72, "").await?;
        let firm = app.firm("firm", EAST, &[Uuid::from_u128(71).into()]).await?;
        let leader = app.user("leader", Role::R4, &["*"]).await?;
        for (record, place) in [(2, 71), (3, 72)] {
            let fields = json!({ "level": "major_direct", "origin": "self_day", "description": "配电箱门敞开",
                "place": Uuid::from_u128(place) });
            let body = json!({ "type": "hazard", "kind": "create", "fields": fields });
            let result = here.push_by(&firm, EAST, record, "2023-05-20T09:00:00+08:00", body).await?;
            assert_eq!(result["fields"]["origin"] == "proposal", record == 3, "{result}");
        }
        let numbers = here.numbers(EAST, "2023-06").await?;
        assert_eq!((&numbers["1.1"], &numbers["1.3"]), (&json!(1), &json!(2)), "one at its own place");
        let waiting = app.get(Some(&here.office), &format!("/v1/hazards/{}", Uuid::from_u128(1))).await?.ok()?;
        let op = waiting["pending"][0]["op"].clone();
        for (life, who) in [(0x501, here.office.clone()), (0x502, leader)] {
            let yes = json!({ "kind": "resolve", "type": "hazard", "target": op, "verdict": "approve", "reason": "有企业台账" });
            here.resolve(&who, 1, life, yes).await?;
        }
        let numbers = here.numbers(EAST, "2023-06").await?;
        assert_eq!((&numbers["1.1"], &numbers["1.3"]), (&json!(2), &json!(1)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_listing_without_its_document_counts_for_nothing() {
    both_servers(|app| async move {
        let mut here = Inspected::new(&app).await?;
        here.hazard(1, "2023-05-20T09:00:00+08:00", "major_direct", "village").await?;
        let leader = app.user("leader", Role::R4, &["*"]).await?;
        for (life, listing, counts) in
            [(0x501, json!({}), 0), (0x502, json!({ "doc_no": " " }), 0), (0x503, json!({ "doc_no": "1号" }), 1)]
        {
            let listed = json!({ "kind": "patch", "type": "hazard", "set": { "listed.town": { "new": listing } } });
            here.resolve(&leader, 1, life, listed).await?;
            assert_eq!(here.numbers(EAST, "2023-08").await?["1.5"], counts, "{listing}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_enterprise_counts_once_per_line_and_once_in_the_subdistrict() {
    both_servers(|app| async move {
        let mut here = Inspected::new(&app).await?;
        here.place(EAST, 71, "91440300708461136T").await?;
        here.place(WEST, 72, "91440300708461136T").await?;
        here.place(EAST, 73, "").await?;
        here.spot(EAST, 1, 71, json!({ "k7b": "N", "k2": "Y", "k6b": "U" })).await?;
        here.spot(EAST, 2, 73, json!({ "k7b": "N", "k7c": "N", "k8a": "NA" })).await?;
        here.spot(EAST, 3, 73, json!({ "k7b": "Y" })).await?;
        here.spot(WEST, 4, 72, json!({ "k5a": "N" })).await?;
        let (east, west, whole) = (
            here.numbers(EAST, "2023-07").await?,
            here.numbers(WEST, "2023-07").await?,
            here.numbers(SUBDISTRICT, "2023-07").await?,
        );
        assert_eq!(
            (&east["2.1"], &east["2.7"], &east["2.2"], &east["2.6"]),
            (&json!(2), &json!(2), &json!(0), &json!(0))
        );
        assert_eq!((&west["2.1"], &west["2.5"]), (&json!(1), &json!(1)));
        assert_eq!(whole["2.1"], json!(2), "two sites of one enterprise are one enterprise, not 2 + 1");
        assert_eq!(here.form(EAST, "2023-07").await?["form"]["unchecked"], json!({ "6": 1 }));
        assert_eq!(here.numbers(EAST, "2023-06").await?["2.1"], json!(0), "cut at the end of May");
        let own = here.form(SUBDISTRICT, "2023-07").await?;
        assert_eq!(own["villages"].as_array().map(Vec::len), Some(2));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_files_print_the_numbers_where_the_notice_has_them() {
    both_servers(|app| async move {
        let mut here = Inspected::new(&app).await?;
        here.hazard(1, "2023-06-12T09:00:00+08:00", "major_direct", "village").await?;
        here.place(EAST, 71, "").await?;
        here.spot(EAST, 2, 71, json!({ "k7b": "N" })).await?;
        let path = format!("/v1/forms/appendix2?month=2023-07&village={EAST}");
        let ask = |format: &str| {
            let request = app.request(Method::GET, &format!("{path}&format={format}"));
            request.bearer_auth(&here.office.access_token).send()
        };
        let file = ask("xlsx").await?.error_for_status()?.bytes().await?;
        let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(file.to_vec()))?;
        let sheet = workbook.worksheet_range("东山村")?;
        let cell = |row, column| sheet.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
        assert_eq!(
            (cell(4, 3).as_str(), cell(4, 6).as_str(), cell(6, 3).as_str(), cell(9, 3).as_str()),
            ("1", "0", "1", "1")
        );
        assert!(cell(2, 0).contains("东山"), "{}", cell(2, 0));
        let document = ask("docx").await?.error_for_status()?.bytes().await?;
        assert!(document.starts_with(b"PK"), "a DOCX is a ZIP");
        Ok(())
    })
    .await;
}
