//! The life of the monthly forms over HTTP: handed in, returned, locked, corrected, and what arrives afterwards.

use anyhow::{Context as _, Result};
use paicha::usecases::push_operations::store_projections;
use paicha::usecases::verify_store::verify_store;
use paicha_db::records::{RecordRow, create_records, find_records};
use paicha_db::{Engine, Statement};
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Cursor, Read as _};
use sync_protocol::digest::{op_digest, sha256};
use sync_protocol::record::Record;
use sync_protocol::role::Role;
use sync_protocol::time::Micros;
use uuid::Uuid;

const VILLAGE: &str = "900000001001";

/// A village, its people, and a phone that hands in what tests say.
pub(super) struct Office<'a> {
    app: &'a TestApp,
    inspector: SignedIn,
    pub(super) head: SignedIn,
    pub(super) office: SignedIn,
    pub(super) leader: SignedIn,
    seq: u128,
}

impl<'a> Office<'a> {
    pub(super) async fn new(app: &'a TestApp, now: &str) -> Result<Self> {
        app.village(VILLAGE, "东山村").await?;
        app.clock.set(now.parse::<Micros>()?.as_micros());
        Ok(Self {
            app,
            inspector: app.user("inspector", Role::R1, &[VILLAGE]).await?,
            head: app.user("head", Role::R2, &[VILLAGE]).await?,
            office: app.user("office", Role::R3, &["*"]).await?,
            leader: app.user("leader", Role::R4, &["*"]).await?,
            seq: 0,
        })
    }

    async fn push(&mut self, record: u128, made_at: &str, body: Value) -> Result<()> {
        self.seq += 1;
        let mut op = json!({ "village": VILLAGE, "record": Uuid::from_u128(record), "base_rev": 9, "made_at": made_at,
            "hlc": format!("{:08}", self.seq), "author": self.inspector.user });
        op.as_object_mut().context("object")?.extend(body.as_object().context("object")?.clone());
        let digest = op_digest(op.to_string().as_bytes());
        let ops = json!([{ "seq": 1, "id": Uuid::from_u128(0xab00 + self.seq), "digest": digest, "op": op }]);
        let envelope = json!({ "proto": 1, "device": self.inspector.device, "incarnation": Uuid::from_u128(0xcc00 + self.seq), "ops": ops });
        let pushed = self.app.post(Some(&self.inspector), "/v1/sync/push", &envelope).await?.ok()?;
        assert_eq!(pushed["results"][0]["status"], "applied", "{pushed}");
        Ok(())
    }

    /// A major hazard with everything that is asked for, but photos only by reason.
    async fn hazard(&mut self, record: u128, found_at: &str) -> Result<()> {
        self.found(record, None, found_at).await
    }

    /// The same, found on a visit.
    pub(super) async fn hazard_of(&mut self, record: u128, visit: u128, found_at: &str) -> Result<()> {
        self.found(record, Some(visit), found_at).await
    }

    async fn found(&mut self, record: u128, visit: Option<u128>, found_at: &str) -> Result<()> {
        let mut fields = json!({ "level": "major_direct", "origin": "village", "description": "配电箱门敞开，电线裸露", "found_at": found_at,
            "position_text": "焊接间", "finders": ["演示甲"], "free_place": { "name": "演示五金厂" }, "no_fix_reason": "室内",
            "no_photo_reason": "防爆区", "criterion_ids": ["GM-2023-3.1"], "control": "stopped" });
        if let Some(visit) = visit {
            fields["inspection"] = json!(Uuid::from_u128(visit));
        }
        self.push(record, found_at, json!({ "type": "hazard", "kind": "create", "fields": fields })).await
    }

    pub(super) async fn visit(&mut self, record: u128, started_at: &str) -> Result<()> {
        let fields = json!({ "kind": "patrol", "free_place": { "name": format!("演示店{record}") }, "started_at": started_at,
            "inspecting_unit": "东山村", "inspectors": ["演示甲"], "no_fix_reason": "室内", "no_photo_reason": "无" });
        self.push(record, started_at, json!({ "type": "inspection", "kind": "create", "fields": fields })).await
    }

    pub(super) async fn life(&self, form: &str, month: &str) -> Result<Value> {
        self.app.get(Some(&self.office), &format!("/v1/forms/{form}/life?village={VILLAGE}&month={month}")).await?.ok()
    }

    pub(super) async fn try_act(&self, who: &SignedIn, form: &str, month: &str, act: Value) -> Result<(u16, Value)> {
        let path = format!("/v1/forms/{form}/life?village={VILLAGE}&month={month}");
        let answer = self.app.post(Some(who), &path, &act).await?;
        Ok((answer.status.as_u16(), answer.body))
    }

    pub(super) async fn act(&self, who: &SignedIn, form: &str, month: &str, act: Value) -> Result<Value> {
        let (status, body) = self.try_act(who, form, month, act).await?;
        assert_eq!(status, 200, "{body}");
        Ok(body)
    }

    pub(super) async fn read(&self, form: &str, month: &str, rest: &str) -> Result<Value> {
        let path = format!("/v1/forms/{form}?village={VILLAGE}&month={month}&format=json{rest}");
        Ok(self.app.get(Some(&self.office), &path).await?.ok()?["form"].clone())
    }
}

fn explained() -> Value {
    json!({ "W1": "本月无重大隐患，确认零报告", "W4": "正在落实", "W5": "已电话核实，没有未上传内容" })
}

pub(super) fn submit() -> Value {
    json!({ "action": "submit", "explained": explained() })
}

#[tokio::test]
async fn a_late_hazard_leaves_the_locked_form_alone_and_counts_in_the_next() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-03T09:00:00+08:00").await?;
        let (head, office, leader) = (here.head.clone(), here.office.clone(), here.leader.clone());
        here.hazard(1, "2023-06-12T09:00:00+08:00").await?;
        let (status, blocked) = here.try_act(&head, "appendix2", "2023-07", json!({ "action": "submit" })).await?;
        assert_eq!(status, 422, "五落实 has to be explained: {blocked}");
        assert!(blocked["detail"].as_str().is_some_and(|text| text.contains("W4")), "{blocked}");
        let check = &blocked["checks"][0];
        assert_eq!(
            (&check["code"], &check["hard"], &check["records"]),
            (&json!("W4"), &json!(false), &json!([Uuid::from_u128(1)]))
        );
        let (status, _) = here.try_act(&head, "appendix2", "2023-07", json!({ "action": "lock" })).await?;
        assert_eq!(status, 403, "a village does not lock its own form");
        let submitted = here.act(&head, "appendix2", "2023-07", submit()).await?;
        assert_eq!(submitted["state"], "village_submitted");
        let locked = here.act(&office, "appendix2", "2023-07", json!({ "action": "lock" })).await?;
        assert_eq!(locked["state_text"], "已报街道，如需修改请申请更正");
        let hash = locked["revisions"][0]["sha256"].clone();

        here.hazard(2, "2023-06-30T23:59:59.999+08:00").await?;
        let later = here.life("appendix2", "2023-07").await?;
        assert_eq!(later["revisions"][0]["sha256"], hash);
        assert_eq!(later["late"]["numbers"], json!(["一.3：1 → 2"]));
        assert_eq!(later["late"]["added"], json!([Uuid::from_u128(2)]));
        assert_eq!(here.read("appendix2", "2023-07", "").await?["numbers"]["1.3"], 1);
        assert_eq!(here.read("appendix2", "2023-07", "&rev=0").await?["numbers"]["1.3"], 2);
        assert_eq!(here.read("appendix2", "2023-08", "").await?["numbers"]["1.3"], 2);

        let asked = here
            .act(
                &office,
                "appendix2",
                "2023-07",
                json!({ "action": "request_correction", "reason": "补录6月底的隐患", "explained": explained() }),
            )
            .await?;
        assert_eq!(
            (&asked["correction_waits"], here.read("appendix2", "2023-07", "").await?["numbers"]["1.3"].clone()),
            (&json!(true), json!(1))
        );
        let approve = json!({ "action": "approve_correction", "reason": "同意" });
        let (status, _) = here.try_act(&office, "appendix2", "2023-07", approve.clone()).await?;
        assert_eq!(status, 403, "the office asks, a leader agrees");
        here.act(&leader, "appendix2", "2023-07", approve).await?;
        assert_eq!(here.read("appendix2", "2023-07", "").await?["numbers"]["1.3"], 2);
        assert_eq!(here.read("appendix2", "2023-07", "&rev=1").await?["numbers"]["1.3"], 1);
        for (rev, behind) in [(1, vec![Uuid::from_u128(1)]), (2, vec![Uuid::from_u128(1), Uuid::from_u128(2)])] {
            let path = format!("/v1/forms/appendix2/records?village={VILLAGE}&month=2023-07&number=1.3&rev={rev}");
            let found = app.get(Some(&office), &path).await?.ok()?;
            let records: Vec<_> =
                found["items"].as_array().context("items")?.iter().map(|item| item["record"].clone()).collect();
            assert_eq!(json!(records), json!(behind), "behind revision {rev}");
        }
        let path = format!("/v1/forms/appendix2/records?village={VILLAGE}&month=2023-07&number=1.3&rev=0");
        let now = app.get(Some(&office), &path).await?.ok()?;
        assert_eq!(now["items"].as_array().context("items")?.len(), 2, "what the records say now");
        let path = format!("/v1/forms/appendix2/records?village={VILLAGE}&month=2023-07&number=1.3&rev=3");
        assert_eq!(app.get(Some(&office), &path).await?.status.as_u16(), 422, "there is no third");
        check_correction(&app, &office).await?;

        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        let mut tx = app.app.database.begin_write().await?;
        tx.execute(Statement::new("UPDATE form_contents SET content = '{}'")).await?;
        tx.commit().await?;
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(!report.is_clean(), "a changed content must be found");
        Ok(())
    })
    .await;
}

/// What the table of the second revision says, as it prints.
async fn check_correction(app: &TestApp, office: &SignedIn) -> Result<()> {
    let path = format!("/v1/forms/appendix2/correction?village={VILLAGE}&month=2023-07&rev=2");
    let request = app.request(Method::GET, &path).bearer_auth(&office.access_token);
    let file = request.send().await?.error_for_status()?.bytes().await?;
    let mut document = String::new();
    zip::ZipArchive::new(Cursor::new(file))?.by_name("word/document.xml")?.read_to_string(&mut document)?;
    let texts = document.split("<w:t ").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once("</w:t>"));
    let texts: Vec<&str> = texts.map(|(text, _)| text).collect();
    let row = ["一.3 排查发现的重大事故隐患（个）", "1", "2", "补录6月底的隐患", "YH-900000001001-2023-0002"];
    assert!(texts.windows(row.len()).any(|cells| cells == row), "{texts:?}");
    Ok(())
}

#[tokio::test]
async fn photos_that_are_missing_block_and_say_how_many() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-03T09:00:00+08:00").await?;
        let (head, office) = (here.head.clone(), here.office.clone());
        here.hazard(1, "2023-06-12T09:00:00+08:00").await?;
        for number in 1..=5_u128 {
            let photo = json!({ "type": "hazard", "kind": "photo.attach", "photo": Uuid::from_u128(0x70 + number), "sha256": format!("{number}").repeat(64),
                "bytes": 1000, "mime": "image/jpeg", "role": "before", "source": "camera_inapp" });
            here.push(1, "2023-06-12T09:00:00+08:00", photo).await?;
        }
        let mut tx = app.app.database.begin_write().await?;
        for number in 1..=3_u128 {
            tx.execute(Statement::new("UPDATE photos SET stored = TRUE WHERE id = $1").bind(Uuid::from_u128(0x70 + number))).await?;
        }
        tx.commit().await?;
        let (status, blocked) = here.try_act(&head, "appendix2", "2023-07", submit()).await?;
        assert_eq!(status, 422);
        let words = blocked["detail"].as_str().context("detail")?;
        assert!(words.contains("B3 照片没传完：1条记录共5张照片，还差2张"), "{words}");
        let mut overridden = submit();
        overridden["explained"]["B3"] = json!("手机丢失，已核实");
        let (status, _) = here.try_act(&head, "appendix2", "2023-07", overridden.clone()).await?;
        assert_eq!(status, 422, "only the subdistrict goes on without photos");
        here.act(&office, "appendix2", "2023-07", overridden).await?;
        here.act(&office, "appendix2", "2023-07", json!({ "action": "lock" })).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_empty_month_needs_a_zero_report_and_a_late_visit_prints_once_in_the_next() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-20T09:00:00+08:00").await?;
        let (head, office) = (here.head.clone(), here.office.clone());
        let silent = json!({ "action": "submit", "explained": { "W5": "已核实" } });
        let (status, blocked) = here.try_act(&head, "appendix1", "2023-06", silent).await?;
        assert_eq!((status, blocked["detail"].as_str()), (422, Some("W1 本月没有排查记录，请确认零报告")));
        here.act(&head, "appendix1", "2023-06", submit()).await?;
        here.visit(1, "2023-06-30T20:00:00+08:00").await?;
        let june = here.life("appendix1", "2023-06").await?;
        assert_eq!(june["late"]["added"], json!([Uuid::from_u128(1)]));
        here.visit(2, "2023-07-10T09:00:00+08:00").await?;
        let july = here.read("appendix1", "2023-07", "").await?;
        let remarks = |form: &Value| -> Vec<String> {
            form["rows"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["remark"].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        assert_eq!(remarks(&july).len(), 2, "{july}");
        assert!(remarks(&july)[0].starts_with("补报6月"), "{july}");
        assert!(!remarks(&july)[1].contains("补报"), "{july}");
        here.act(&head, "appendix1", "2023-07", submit()).await?;
        let (status, twice) = here.try_act(&head, "appendix1", "2023-07", submit()).await?;
        assert_eq!(status, 409, "{twice}");
        assert_eq!(here.read("appendix1", "2023-08", "").await?["rows"], json!([]), "printed once, not again");
        here.act(&office, "appendix1", "2023-07", json!({ "action": "return", "reason": "补充附图" })).await?;
        let returned = here.life("appendix1", "2023-07").await?;
        assert_eq!(returned["state_text"], "街道已退回，请修改后重新提交");
        here.act(&head, "appendix1", "2023-07", submit()).await?;
        let due = app.get(Some(&office), &format!("/v1/reminders?village={VILLAGE}")).await?.ok()?;
        let texts: Vec<&str> =
            due["items"].as_array().into_iter().flatten().filter_map(|item| item["text"].as_str()).collect();
        assert!(texts.contains(&"东山村 2023年7月附件2未提交，距上报还有10天"), "{texts:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_month_that_nobody_handed_in_hides_no_late_visit_of_the_months_before() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-30T09:00:00+08:00").await?;
        let head = here.head.clone();
        here.act(&head, "appendix1", "2023-05", submit()).await?;
        here.visit(1, "2023-05-20T09:00:00+08:00").await?;
        here.visit(2, "2023-06-20T09:00:00+08:00").await?;
        let places = |form: &Value| -> Vec<String> {
            let rows = form["rows"].as_array().into_iter().flatten();
            rows.filter_map(|row| row["place"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(places(&here.read("appendix1", "2023-07", "").await?), ["演示店1"], "June prints its own");
        here.act(&head, "appendix1", "2023-07", submit()).await?;
        assert_eq!(places(&here.read("appendix1", "2023-06", "").await?), ["演示店2"], "and not once more");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_printed_is_what_was_hashed() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-03T09:00:00+08:00").await?;
        let head = here.head.clone();
        here.hazard(1, "2023-06-12T09:00:00+08:00").await?;
        here.act(&head, "appendix2", "2023-07", submit()).await?;
        let mut tx = app.app.database.begin_read().await?;
        let row = tx.fetch_one(Statement::new("SELECT sha256, content FROM form_contents")).await?;
        tx.rollback().await?;
        assert_eq!(row.bytes("sha256")?, sha256(row.text("content")?.as_bytes()));
        let content: Value = serde_json::from_str(&row.text("content")?)?;
        assert_eq!(content["appendix2"]["1.3"], json!({ "value": 1, "records": [Uuid::from_u128(1)] }));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_hazard_is_judged_by_the_standard_of_its_day() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-03T09:00:00+08:00").await?;
        let head = here.head.clone();
        here.hazard(1, "2023-05-15T00:00:00+08:00").await?;
        let sound = here.life("appendix2", "2023-06").await?;
        let codes = |life: &Value| -> Vec<String> {
            let checks = life["checks"].as_array().into_iter().flatten();
            checks.filter_map(|check| check["code"].as_str().map(str::to_owned)).collect()
        };
        assert!(!codes(&sound).contains(&"B7".to_owned()), "{sound}");
        here.hazard(2, "2023-05-14T23:59:59+08:00").await?;
        let life = here.life("appendix2", "2023-06").await?;
        let check = life["checks"].as_array().into_iter().flatten().find(|check| check["code"] == "B7");
        assert_eq!(
            check.context("B7")?["records"],
            json!([Uuid::from_u128(2)]),
            "the 2023 standard was not in force yet"
        );
        let (status, _) = here.try_act(&head, "appendix2", "2023-06", submit()).await?;
        assert_eq!(status, 422);
        Ok(())
    })
    .await;
}

/// Settings of an office that closes its list on the 25th.
const CHOICES: [(&str, &str); 2] = [("appendix1.window", "fixed_day"), ("appendix1.window_day", "26")];

#[tokio::test]
async fn an_office_may_close_its_list_on_a_day() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start_with(engine, &CHOICES).await.unwrap();
        closes_on_the_25th(&app).await.unwrap_or_else(|error| panic!("{engine:?}: {error:?}"));
        app.remove().await.unwrap();
    }
}

async fn closes_on_the_25th(app: &TestApp) -> Result<()> {
    let mut here = Office::new(app, "2023-06-28T09:00:00+08:00").await?;
    let head = here.head.clone();
    here.visit(1, "2023-05-25T23:59:59+08:00").await?;
    here.visit(2, "2023-05-26T00:00:00+08:00").await?;
    here.visit(3, "2023-06-25T09:00:00+08:00").await?;
    here.visit(4, "2023-06-26T09:00:00+08:00").await?;
    let listed = |form: &Value| -> Vec<u64> {
        let rows = form["rows"].as_array().into_iter().flatten();
        let places = rows.filter_map(|row| row["place"].as_str()?.strip_prefix("演示店")?.parse().ok());
        places.collect()
    };
    assert_eq!(listed(&here.read("appendix1", "2023-06", "").await?), [2, 3]);
    here.act(&head, "appendix1", "2023-06", submit()).await?;
    // It came late, and is of the form that is closed: the next prints it.
    here.visit(5, "2023-06-24T09:00:00+08:00").await?;
    let july = here.read("appendix1", "2023-07", "").await?;
    assert_eq!(listed(&july), [5, 4]);
    assert_eq!((&july["rows"][0]["remark"], &july["rows"][1]["remark"]), (&json!("补报6月；未提交"), &json!("未提交")));
    let june = here.life("appendix1", "2023-06").await?;
    assert_eq!(june["late"]["added"], json!([Uuid::from_u128(5)]), "{june}");
    Ok(())
}

/// More hazards like one that was pushed: its record under other ids, with the rows that are computed from it.
async fn multiply(app: &TestApp, like: u128, ids: std::ops::Range<u128>) -> Result<()> {
    let mut tx = app.app.database.begin_write().await?;
    let rows = find_records(&mut tx, &[Uuid::from_u128(like)]).await?;
    let row = rows.first().context("the record")?;
    let copy = |number| -> Result<Record> {
        Ok(Record { id: Uuid::from_u128(number).into(), ..serde_json::from_str(&row.state)? })
    };
    let copies = ids.map(copy).collect::<Result<Vec<_>>>()?;
    let copied = |record: &Record| -> Result<RecordRow> {
        Ok(RecordRow { id: record.id.0, state: serde_json::to_string(record)?, number: None, ..row.clone() })
    };
    create_records(&mut tx, copies.iter().map(copied).collect::<Result<Vec<_>>>()?).await?;
    store_projections(&mut tx, &copies.iter().collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

#[tokio::test]
async fn a_form_over_a_thousand_records_names_each_of_them_in_parts() {
    both_servers(|app| async move {
        let mut here = Office::new(&app, "2023-07-03T09:00:00+08:00").await?;
        let (head, office) = (here.head.clone(), here.office.clone());
        here.hazard(1, "2023-06-12T09:00:00+08:00").await?;
        multiply(&app, 1, 2..1_202).await?;
        here.act(&head, "appendix2", "2023-07", submit()).await?;
        let locked = here.act(&office, "appendix2", "2023-07", json!({ "action": "lock" })).await?;
        assert_eq!(locked["late"]["added"], json!([]), "{}", locked["late"]);
        multiply(&app, 1, 1_202..1_203).await?;
        let life = here.life("appendix2", "2023-07").await?;
        assert_eq!(life["late"]["added"], json!([Uuid::from_u128(1_202)]));
        assert_eq!(life["late"]["numbers"], json!(["一.3：1201 → 1202"]));

        let mut tx = app.app.database.begin_read().await?;
        let row = tx.fetch_one(Statement::new("SELECT sha256, content FROM form_contents")).await?;
        tx.rollback().await?;
        assert_eq!(row.bytes("sha256")?, sha256(row.text("content")?.as_bytes()));
        let content: Value = serde_json::from_str(&row.text("content")?)?;
        let number = &content["appendix2"]["1.3"];
        let counts: Vec<_> =
            number["parts"].as_array().context("parts")?.iter().map(|part| part["count"].clone()).collect();
        assert_eq!(
            (&number["value"], &number["records"], counts.as_slice()),
            (&json!(1_201), &json!([]), [json!(1_000), json!(201)].as_slice())
        );

        let path = format!("/v1/forms/appendix2/records?village={VILLAGE}&month=2023-07&number=1.3&rev=1");
        let (mut listed, mut next) = (Vec::new(), String::new());
        loop {
            let page = app.get(Some(&office), &format!("{path}{next}")).await?.ok()?;
            listed.extend(page["items"].as_array().into_iter().flatten().map(|item| item["record"].clone()));
            let Some(after) = page["next"].as_str() else { break };
            next = format!("&after={after}");
        }
        let expected: Vec<_> = (1..1_202).map(|record| json!(Uuid::from_u128(record))).collect();
        assert!(listed == expected, "{} records, the first {:?}", listed.len(), listed.first());

        // The copies were never pushed, so a verification finds fault with each; what counts is what the damage adds.
        let before = verify_store(&app.app.database, None, &mut |_| ()).await?.found.findings_total;
        for damage in ["UPDATE form_parts SET records = sha256", "DELETE FROM form_parts"] {
            let mut tx = app.app.database.begin_write().await?;
            tx.execute(Statement::new(damage)).await?;
            tx.commit().await?;
            let after = verify_store(&app.app.database, None, &mut |_| ()).await?.found.findings_total;
            assert_eq!(after, before + 1, "{damage}");
            assert_eq!(app.get(Some(&office), &path).await?.status.as_u16(), 500, "{damage}");
        }
        Ok(())
    })
    .await;
}
