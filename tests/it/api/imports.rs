//! Import files over HTTP: taken whole or not at all, and twice without doubling anything.
//!
//! What a newcomer gets wrong: a rejected file is checked by what is *not* there afterwards, so these tests count what the database holds.

use anyhow::{Context as _, Result};
use paicha::usecases::push_operations::{push_server_operations, server_patch};
use paicha_db::projections::{PlaceRow, list_places_of_feed};
use paicha_db::{accounts, feeds, ops, records};
use paicha_tests::app::{Answer, SUBDISTRICT, SignedIn, TestApp, both_servers};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_protocol::geo::Wgs84Point;
use sync_protocol::record::Record;
use sync_protocol::role::Role;

const FIRST: &str = "900000001001";
const SECOND: &str = "900000001002";
const TABLE: &str = "企业名称,所属村（社区）,从业人数,电话,经度,纬度,坐标系\r\n\
    演示甲厂,测试一村,12,00000000001,108.0,31.4,WGS84\r\n\
    演示乙店,测试二村,,,,,\r\n";

async fn hand_in(app: &TestApp, who: &SignedIn, path: &str, file: &str) -> Result<Answer> {
    let request = app.request(Method::POST, path).bearer_auth(&who.access_token).body(file.to_owned());
    let response = request.send().await?;
    let status = response.status();
    Ok(Answer { status, retry_after_s: None, body: serde_json::from_slice(&response.bytes().await?)? })
}

async fn office(app: &TestApp) -> Result<SignedIn> {
    app.village(FIRST, "测试一村").await?;
    app.village(SECOND, "测试二村").await?;
    app.user("office", Role::R3, &["*"]).await
}

async fn places(app: &TestApp, village: &str) -> Result<Vec<PlaceRow>> {
    let mut tx = app.app.database.begin_read().await?;
    Ok(list_places_of_feed(&mut tx, village, None, 100).await?)
}

async fn ledger_length(app: &TestApp, village: &str) -> Result<usize> {
    let mut tx = app.app.database.begin_read().await?;
    Ok(ops::list_ledger(&mut tx, village, 0, 1000).await?.len())
}

fn square(code: &str, name: &str, west: f64) -> Value {
    let ring = [[west, 31.0], [west + 0.1, 31.0], [west + 0.1, 31.1], [west, 31.1], [west, 31.0]];
    json!({ "type": "Feature", "properties": { "code": code, "name": name },
            "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

fn map(features: &[Value]) -> String {
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

#[tokio::test]
async fn an_imported_map_is_in_force_at_once() {
    both_servers(|app| async move {
        let office = app.user("office", Role::R3, &["*"]).await?;
        let file = map(&[square(FIRST, "新一村", 108.0), square(SECOND, "新二村", 108.1)]);
        let preview = hand_in(&app, &office, "/v1/imports/areas?dry_run=true", &file).await?.ok()?;
        assert_eq!(preview["added"], json!(["新一村", "新二村"]));
        assert_eq!(app.app.village_map().locate(Wgs84Point::new(31.05, 108.05)?), None, "a dry run changes nothing");
        let imported = hand_in(&app, &office, "/v1/imports/areas", &file).await?.ok()?;
        assert_eq!(imported["added"], json!(["新一村", "新二村"]));
        let located = app.app.village_map().locate(Wgs84Point::new(31.05, 108.15)?).context("outside")?;
        assert_eq!(located.code.as_str(), SECOND);
        let again = hand_in(&app, &office, "/v1/imports/areas", &file).await?.ok()?;
        assert_eq!((&again["unchanged"], &again["changed"]), (&json!(2), &json!([])));
        let mut tx = app.app.database.begin_read().await?;
        let feed = feeds::find_feeds(&mut tx, &[FIRST.to_owned()]).await?;
        assert_eq!(feed[0].parent.as_deref(), Some(SUBDISTRICT));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_map_with_a_fault_leaves_the_old_one_in_force() {
    both_servers(|app| async move {
        let office = app.user("office", Role::R3, &["*"]).await?;
        hand_in(&app, &office, "/v1/imports/areas", &map(&[square(FIRST, "新一村", 108.0)])).await?.ok()?;
        let bad = map(&[square(FIRST, "改名村", 108.5), square("12", "坏代码", 108.1)]);
        let refused = hand_in(&app, &office, "/v1/imports/areas", &bad).await?;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "import-rejected"));
        assert_eq!(refused.body["errors"][0]["row"], 2);
        let quarantine = map(&[square("000000000000", "待认领", 108.0)]);
        let refused = hand_in(&app, &office, "/v1/imports/areas", &quarantine).await?;
        assert_eq!(refused.code(), "import-rejected");
        assert!(app.app.village_map().locate(Wgs84Point::new(31.05, 108.05)?).is_some());
        let head = app.user("head", Role::R2, &[FIRST]).await?;
        let forbidden = hand_in(&app, &head, "/v1/imports/areas", &bad).await?;
        assert_eq!(forbidden.code(), "forbidden");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn importing_places_twice_makes_nothing_twice() {
    both_servers(|app| async move {
        let office = office(&app).await?;
        let path = "/v1/imports/enterprises?name=%E4%BC%81%E4%B8%9A.csv";
        let preview = hand_in(&app, &office, &format!("{path}&dry_run=true"), TABLE).await?.ok()?;
        assert_eq!((&preview["created"], places(&app, FIRST).await?.len()), (&json!(2), 0));
        let imported = hand_in(&app, &office, path, TABLE).await?.ok()?;
        assert_eq!((&imported["rows"], &imported["created"], &imported["review"]), (&json!(2), &json!(2), &json!(0)));
        let first = places(&app, FIRST).await?;
        assert_eq!((first[0].name.as_str(), first[0].lat84), ("演示甲厂", Some(31.4)));
        let again = hand_in(&app, &office, path, TABLE).await?.ok()?;
        assert_eq!((&again["created"], &again["changed"], &again["unchanged"]), (&json!(0), &json!(0), &json!(2)));
        assert_eq!((ledger_length(&app, FIRST).await?, ledger_length(&app, SECOND).await?), (1, 1));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_differs_becomes_a_patch_by_the_asker() {
    both_servers(|app| async move {
        let office = office(&app).await?;
        hand_in(&app, &office, "/v1/imports/enterprises", TABLE).await?.ok()?;
        let changed = TABLE.replace(",12,", ",15,");
        let imported = hand_in(&app, &office, "/v1/imports/enterprises", &changed).await?.ok()?;
        assert_eq!((&imported["changed"], &imported["unchanged"]), (&json!(1), &json!(1)));
        let place = places(&app, FIRST).await?[0].id;
        let mut tx = app.app.database.begin_read().await?;
        let row = records::find_records(&mut tx, &[place]).await?.remove(0);
        let record: Record = serde_json::from_str(&row.state)?;
        assert_eq!((record.rev, record.shown("employees")), (2, Some(json!(15))));
        assert!(record.disputed().is_empty(), "the import had seen what it replaced");
        assert_eq!(record.created.author, office.user);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_old_file_does_not_bring_back_an_old_name() {
    both_servers(|app| async move {
        let office = office(&app).await?;
        hand_in(&app, &office, "/v1/imports/enterprises", TABLE).await?.ok()?;
        let place = places(&app, FIRST).await?[0].id;
        let rename = server_patch(&app.app, FIRST.parse()?, place.into(), vec![("name", "改名后的厂".into())]);
        push_server_operations(&app.app, vec![(app.app.ids.new_id(), rename)]).await?;
        let again = hand_in(&app, &office, "/v1/imports/enterprises", TABLE).await?.ok()?;
        assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(1)));
        let rows = places(&app, FIRST).await?;
        assert_eq!((rows.len(), rows[0].name.as_str()), (1, "改名后的厂"));
        let once_more = hand_in(&app, &office, "/v1/imports/enterprises", TABLE).await?.ok()?;
        assert_eq!(once_more["unchanged"], 2, "the old name is an alias now");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn one_bad_row_keeps_every_row_out() {
    both_servers(|app| async move {
        let office = office(&app).await?;
        let bad = TABLE.replace("演示乙店,测试二村,", "演示乙店,没有的村,很多");
        let refused = hand_in(&app, &office, "/v1/imports/enterprises", &bad).await?;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "import-rejected"));
        let columns: Vec<&Value> =
            refused.body["errors"].as_array().context("errors")?.iter().map(|e| &e["column"]).collect();
        assert_eq!(columns, ["所属村（社区）", "从业人数"]);
        assert_eq!(refused.body["errors"][0]["row"], 3);
        assert!(places(&app, FIRST).await?.is_empty());
        let elsewhere = app.user("elsewhere", Role::R3, &[FIRST]).await?;
        let refused = hand_in(&app, &elsewhere, "/v1/imports/enterprises", TABLE).await?;
        assert_eq!((refused.code(), &refused.body["errors"][0]["row"]), ("import-rejected", &json!(3)));
        let inspector = app.user("inspector", Role::R1, &[FIRST]).await?;
        assert_eq!(hand_in(&app, &inspector, "/v1/imports/enterprises", TABLE).await?.code(), "forbidden");
        assert!(places(&app, FIRST).await?.is_empty());
        Ok(())
    })
    .await;
}

const PEOPLE: &str = "姓名,电话,角色,所属村（社区）,登录名\r\n\
    演甲,00000000001,排查员,测试一村,yanjia\r\n\
    演乙,00000000002,街道专班,,yanyi\r\n";

#[tokio::test]
async fn imported_people_can_sign_in_and_are_made_once() {
    both_servers(|app| async move {
        office(&app).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        let imported = hand_in(&app, &admin, "/v1/imports/people", PEOPLE).await?.ok()?;
        assert_eq!(imported["created"].as_array().map(Vec::len), Some(2));
        let password = &imported["created"][0]["password"];
        let body = json!({ "login": "yanjia", "password": password, "device": { "label": "手机", "model": "M" } });
        let signed_in = SignedIn::of(&app.post(None, "/v1/auth/login", &body).await?.ok()?)?;
        let me = app.get(Some(&signed_in), "/v1/me").await?.ok()?;
        assert_eq!(me["roles"][0]["villages"], json!([{ "code": FIRST, "name": "测试一村" }]));
        let again = hand_in(&app, &admin, "/v1/imports/people", PEOPLE).await?.ok()?;
        assert_eq!((&again["created"], &again["unchanged"]), (&json!([]), &json!(2)));
        let more = PEOPLE.replace("测试一村", "测试一村、测试二村");
        let extended = hand_in(&app, &admin, "/v1/imports/people", &more).await?.ok()?;
        assert_eq!((&extended["extended"], &extended["unchanged"]), (&json!(1), &json!(1)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_login_of_somebody_else_keeps_every_person_out() {
    both_servers(|app| async move {
        let office = office(&app).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        assert_eq!(hand_in(&app, &office, "/v1/imports/people", PEOPLE).await?.code(), "forbidden");
        let refused = hand_in(&app, &admin, "/v1/imports/people", &PEOPLE.replace("yanyi", "office")).await?;
        assert_eq!((refused.code(), &refused.body["errors"][0]["row"]), ("import-rejected", &json!(3)));
        let mut tx = app.app.database.begin_read().await?;
        assert!(accounts::find_user_by_login(&mut tx, "yanjia").await?.is_none());
        Ok(())
    })
    .await;
}
