//! Somebody is asked to make a visit, or reminded of something that is due, and the visit itself, or the thing, says that it is done.

use anyhow::{Context as _, Result};
use paicha::usecases::verify_store::verify_store;
use paicha_tests::app::{SignedIn, TestApp, both_servers};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::digest::op_digest;
use sync_protocol::role::Role;
use uuid::Uuid;

const VILLAGE: &str = "900000001001";
const OTHER_VILLAGE: &str = "900000001002";
const DAY_US: i64 = 86_400_000_000;

/// A phone that sends one operation after another.
struct Sender<'a> {
    app: &'a TestApp,
    who: SignedIn,
    seq: u128,
}

impl Sender<'_> {
    async fn send(&mut self, village: &str, record: Uuid, body: Value) -> Result<Value> {
        self.seq += 1;
        let mut op = json!({ "village": village, "record": record, "author": self.who.user, "base_rev": 0,
            "authored_scope": 2, "made_at": self.app.app.now(), "hlc": format!("{:012x}-0000", self.seq) });
        for (name, value) in body.as_object().context("an operation")? {
            op[name] = value.clone();
        }
        let id = Uuid::from_u128(self.who.device.0.as_u128().wrapping_add(self.seq));
        let ops = json!([{ "seq": self.seq, "id": id, "digest": op_digest(op.to_string().as_bytes()), "op": op }]);
        let envelope = json!({ "proto": 1, "device": self.who.device, "incarnation": self.who.device, "ops": ops });
        let pushed = self.app.post(Some(&self.who), "/v1/sync/push", &envelope).await?.ok()?;
        Ok(pushed["results"][0].clone())
    }

    async fn create(&mut self, village: &str, record: Uuid, kind: &str, fields: Value) -> Result<()> {
        let result = self.send(village, record, json!({ "kind": "create", "type": kind, "fields": fields })).await?;
        assert_eq!(result["status"], "applied", "{result}");
        Ok(())
    }

    /// A visit that names a task, handed in.
    async fn visit(&mut self, village: &str, record: Uuid, task: &Value) -> Result<()> {
        let fields = json!({ "kind": "patrol", "task": task, "free_place": { "name": "演示沟口" }, "inspecting_unit": "测试村",
            "inspectors": ["演示甲"], "started_at": "2023-06-01T08:00:00+08:00", "no_fix_reason": "测试" });
        self.create(village, record, "inspection", fields).await?;
        let result = self.send(village, record, json!({ "kind": "submit", "type": "inspection" })).await?;
        assert_eq!(result["status"], "applied", "{result}");
        Ok(())
    }
}

fn sender(app: &TestApp, who: SignedIn) -> Sender<'_> {
    Sender { app, who, seq: 0 }
}

/// Two villages; an inspector, the head and the office of the first.
async fn people(app: &TestApp) -> Result<[SignedIn; 3]> {
    app.village(VILLAGE, "测试一村").await?;
    app.village(OTHER_VILLAGE, "测试二村").await?;
    Ok([
        app.user("inspector", Role::R1, &[VILLAGE]).await?,
        app.user("head", Role::R2, &[VILLAGE]).await?,
        app.user("office", Role::R3, &[VILLAGE]).await?,
    ])
}

fn wanted(request: u128, more: &Value) -> Value {
    let mut body =
        json!({ "request": Uuid::from_u128(request), "village": VILLAGE, "visit_kind": "patrol", "due": "2023-06-05" });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

async fn tasks(app: &TestApp, who: &SignedIn, query: &str) -> Result<Vec<Value>> {
    let page = app.get(Some(who), &format!("/v1/tasks{query}")).await?.ok()?;
    Ok(page["items"].as_array().cloned().unwrap_or_default())
}

async fn pulled(app: &TestApp, who: &SignedIn) -> Result<String> {
    let body = json!({ "proto": 1, "device": who.device, "incarnation": Uuid::from_u128(0xeee) });
    Ok(app.post(Some(who), "/v1/sync/pull", &body).await?.ok()?.to_string())
}

#[tokio::test]
async fn a_visit_is_asked_for_reaches_the_phone_and_is_done_by_the_visit_that_names_it() {
    both_servers(|app| async move {
        let [inspector, head, office] = people(&app).await?;
        let more = json!({ "free_place": "演示沟口", "assignee": inspector.user, "note": "查晒场用电" });
        let task = app.post(Some(&head), "/v1/tasks", &wanted(1, &more)).await?.ok()?;
        assert_eq!((&task["text"], &task["state"]), (&json!("日常排查：演示沟口"), &json!("open")), "{task}");
        assert_eq!(task["assignee_name"], "测试inspector");
        assert_eq!(app.post(Some(&head), "/v1/tasks", &wanted(1, &more)).await?.ok()?, task, "asked twice, one task");
        let page = pulled(&app, &inspector).await?;
        assert!(
            page.contains("查晒场用电") && page.contains("测试head"),
            "the phone has it by the ordinary pull: {page}"
        );
        let elsewhere = app.user("elsewhere", Role::R1, &[OTHER_VILLAGE]).await?;
        assert!(!pulled(&app, &elsewhere).await?.contains("查晒场用电"), "and no other village's");

        app.clock.advance(7 * DAY_US);
        let office = app.sign_in("office", Some(office.device)).await?;
        let inspector = app.sign_in("inspector", Some(inspector.device)).await?;
        assert_eq!(tasks(&app, &office, "?state=overdue").await?.len(), 1, "its day is over");
        let mut phone = sender(&app, inspector.clone());
        phone.visit(VILLAGE, Uuid::from_u128(11), &task["id"]).await?;
        assert_eq!(tasks(&app, &office, "?state=open").await?, [] as [Value; 0]);
        let done = tasks(&app, &office, "?state=done").await?;
        assert_eq!((&done[0]["state"], &done[0]["visit"]), (&json!("done"), &json!(Uuid::from_u128(11))), "{done:?}");
        assert_eq!(done[0]["done_by"], "测试inspector");
        let late = json!({ "request": Uuid::from_u128(2), "change": { "action": "cancel", "reason": "x" } });
        let path = format!("/v1/tasks/{}/changes", task["id"].as_str().unwrap_or_default());
        assert_eq!(
            app.post(Some(&office), &path, &late).await?.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "done is done"
        );
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_another_village_or_one_that_was_not_handed_in_answers_nothing() {
    both_servers(|app| async move {
        let [inspector, _, office] = people(&app).await?;
        let task = app.post(Some(&office), "/v1/tasks", &wanted(1, &json!({}))).await?.ok()?;
        assert_eq!(
            (&task["text"], &task["assignee"]),
            (&json!("日常排查：测试一村"), &Value::Null),
            "the whole village"
        );
        let foreign = app.user("foreign", Role::R1, &[OTHER_VILLAGE]).await?;
        sender(&app, foreign).visit(OTHER_VILLAGE, Uuid::from_u128(11), &task["id"]).await?;
        let mut phone = sender(&app, inspector);
        phone
            .create(VILLAGE, Uuid::from_u128(12), "inspection", json!({ "kind": "patrol", "task": task["id"] }))
            .await?;
        assert_eq!(tasks(&app, &office, "?state=open").await?.len(), 1);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_who_may_assign_writes_a_task_also_from_a_phone() {
    both_servers(|app| async move {
        let [inspector, _, office] = people(&app).await?;
        let mut phone = sender(&app, inspector.clone());
        let record = Uuid::from_u128(21);
        let fields = json!({ "what": "inspect", "visit_kind": "patrol", "due": "2023-06-05" });
        let made = phone.send(VILLAGE, record, json!({ "kind": "create", "type": "task", "fields": fields })).await?;
        assert_eq!((&made["status"], &made["fields"]["what"]), (&json!("review"), &json!("not_allowed")), "{made}");
        assert_eq!(tasks(&app, &office, "").await?, [] as [Value; 0], "what an inspector wrote is no task");
        let task = app.post(Some(&office), "/v1/tasks", &wanted(1, &json!({}))).await?.ok()?;
        let id: Uuid = task["id"].as_str().unwrap_or_default().parse()?;
        let set =
            json!({ "cancelled": { "new": true }, "assignee": { "new": { "user": inspector.user, "name": "x" } } });
        let patched = phone.send(VILLAGE, id, json!({ "kind": "patch", "type": "task", "set": set })).await?;
        assert_eq!(patched["status"], "review", "{patched}");
        assert_eq!(tasks(&app, &office, "?state=open").await?[0]["assignee"], Value::Null);
        let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
        assert!(report.is_clean(), "{report:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_task_is_given_to_another_taken_back_and_goes_over_with_the_work() {
    both_servers(|app| async move {
        let [inspector, head, office] = people(&app).await?;
        let taker = app.user("taker", Role::R1, &[VILLAGE]).await?;
        let asked = json!({ "assignee": inspector.user });
        let first = app.post(Some(&office), "/v1/tasks", &wanted(1, &asked)).await?.ok()?;
        let second = app.post(Some(&office), "/v1/tasks", &wanted(2, &asked)).await?.ok()?;
        let change = async |who: &SignedIn, task: &Value, request: u128, change: Value| {
            let path = format!("/v1/tasks/{}/changes", task["id"].as_str().unwrap_or_default());
            app.post(Some(who), &path, &json!({ "request": Uuid::from_u128(request), "change": change })).await
        };
        let to_taker = json!({ "action": "reassign", "assignee": taker.user, "due": "2023-06-09" });
        let changed = change(&head, &first, 3, to_taker.clone()).await?.ok()?;
        assert_eq!((&changed["assignee_name"], &changed["due"]), (&json!("测试taker"), &json!("2023-06-09")), "{changed}");
        assert_eq!(change(&head, &first, 3, to_taker).await?.ok()?["rev"], changed["rev"], "asked twice, done once");
        let everybody = change(&head, &first, 4, json!({ "action": "reassign", "due": "2023-06-09" })).await?.ok()?;
        assert_eq!(everybody["assignee"], Value::Null, "{everybody}");
        let without = change(&head, &first, 5, json!({ "action": "cancel", "reason": " " })).await?;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        let gone = change(&head, &first, 6, json!({ "action": "cancel", "reason": "已由街道统一排查" })).await?.ok()?;
        assert_eq!((&gone["state"], &gone["cancelled_reason"]), (&json!("cancelled"), &json!("已由街道统一排查")));

        let body = json!({ "request": Uuid::from_u128(7), "from": inspector.user, "to": taker.user, "villages": [VILLAGE], "reason": "调离" });
        let handed = app.post(Some(&office), "/v1/handovers", &body).await?.ok()?;
        assert_eq!(handed["tasks"], 1, "the one that was taken back stays: {handed}");
        let open = tasks(&app, &office, &format!("?state=open&assignee={}", taker.user)).await?;
        assert_eq!(open.iter().map(|task| &task["id"]).collect::<Vec<_>>(), [&second["id"]]);
        let gone = change(&head, &second, 8, json!({ "action": "reassign", "assignee": inspector.user, "due": "2023-06-09" })).await?;
        assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody is asked who does not inspect there");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_reminder_is_sent_once_a_day_to_who_answers_and_ends_with_its_matter() {
    both_servers(|app| async move {
        let [inspector, head, office] = people(&app).await?;
        let mut phone = sender(&app, inspector.clone());
        let hazard = Uuid::from_u128(31);
        phone.create(VILLAGE, hazard, "hazard", json!({ "level": "general", "description": "通道堆物", "deadline": "2023-06-02" })).await?;
        let due = json!({ "kind": "deadline", "area": VILLAGE, "record": hazard });
        let sent = app.post(Some(&head), "/v1/reminders", &due).await?.ok()?;
        assert_eq!((&sent["what"], &sent["assignee"]), (&json!("remind"), &json!(inspector.user)), "{sent}");
        assert!(sent["text"].as_str().unwrap_or_default().contains("将到，请督促整改"), "{sent}");
        assert_eq!(app.post(Some(&office), "/v1/reminders", &due).await?.ok()?["id"], sent["id"], "once a day, by anybody");
        app.clock.advance(DAY_US);
        let office = app.sign_in("office", Some(office.device)).await?;
        let head = app.sign_in("head", Some(head.device)).await?;
        phone.who = app.sign_in("inspector", Some(inspector.device)).await?;
        assert_ne!(app.post(Some(&office), "/v1/reminders", &due).await?.ok()?["id"], sent["id"], "another day");
        assert_eq!(tasks(&app, &office, "?state=open").await?.len(), 2);
        let judge = json!({ "kind": "judge", "area": VILLAGE, "record": hazard });
        let nothing = app.post(Some(&office), "/v1/reminders", &judge).await?;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "there is nothing to judge about it");

        let fix = json!({ "kind": "transition", "type": "hazard", "base_rev": 1, "from": "reg", "to": "void", "reason": "误报", "evidence": {} });
        phone.send(VILLAGE, hazard, fix).await?;
        let view = app.get(Some(&office), &format!("/v1/hazards/{hazard}")).await?.ok()?;
        let op = view["pending"][0]["op"].clone();
        let act = json!({ "request": Uuid::from_u128(9), "base_rev": 2, "act": { "action": "decide", "op": op, "verdict": "approve", "reason": "属实" } });
        app.post(Some(&office), &format!("/v1/hazards/{hazard}/acts"), &act).await?.ok()?;
        assert_eq!(tasks(&app, &office, "?state=open").await?, [] as [Value; 0], "nothing left to be reminded of");
        assert_eq!(tasks(&app, &office, "?state=done").await?.len(), 2);

        let form = json!({ "kind": "form", "area": VILLAGE, "form_kind": "appendix1", "month": "2023-06" });
        let sent = app.post(Some(&office), "/v1/reminders", &form).await?.ok()?;
        assert_eq!(sent["assignee"], json!(head.user), "the head hands the forms in: {sent}");
        let explained = json!({ "W1": "本月无重大隐患，确认零报告", "W4": "正在落实", "W5": "已电话核实，没有未上传内容" });
        let submit = json!({ "action": "submit", "explained": explained });
        let path = format!("/v1/forms/appendix1/life?month=2023-06&village={VILLAGE}");
        app.post(Some(&head), &path, &submit).await?.ok()?;
        assert_eq!(tasks(&app, &office, "?state=open").await?, [] as [Value; 0], "handed in");
        let again = app.post(Some(&office), "/v1/reminders", &form).await?;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it waits for the office now");
        Ok(())
    })
    .await;
}
