//! A phone that cannot send: its rescue file is carried to the office and imported, and whenever the phone comes itself nothing is there twice.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use paicha::usecases::verify_store::verify_store;
use paicha_client::Phone;
use paicha_tests::app::{Answer, SignedIn, TestApp};
use paicha_tests::phones::{enrol, finding, long_photo, sync};
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::role::Role;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{VILLAGE, check_handed_in, hazards, inspector, ledger, on_both_engines};

/// What is in a rescue file, by name.
type Entries = BTreeMap<String, Vec<u8>>;

async fn rescue(phone: &Phone, folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    phone.write_rescue(&path).await?;
    Ok(std::fs::read(path)?)
}

fn unpack(file: &[u8]) -> Result<Entries> {
    let mut archive = ZipArchive::new(Cursor::new(file))?;
    let mut entries = Entries::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        entries.insert(entry.name()?.into_owned(), bytes);
    }
    Ok(entries)
}

fn pack(entries: &Entries) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// The file with a text of its operations replaced, which stands there `times` times.
fn altered(file: &[u8], from: &str, to: &str, times: usize) -> Result<Vec<u8>> {
    let mut entries = unpack(file)?;
    let text = String::from_utf8(entries["ops.json"].clone())?;
    ensure!(text.matches(from).count() == times, "{from} stands {} times in {text}", text.matches(from).count());
    entries.insert("ops.json".to_owned(), text.replace(from, to).into_bytes());
    pack(&entries)
}

async fn hand_over(app: &TestApp, who: &SignedIn, file: &[u8], query: &str) -> Result<Answer> {
    let request = app.request(Method::POST, &format!("/v1/imports/rescue{query}"));
    let response = request.bearer_auth(&who.access_token).body(file.to_vec()).send().await?;
    let status = response.status();
    Ok(Answer { status, retry_after_s: None, body: serde_json::from_slice(&response.bytes().await?)? })
}

async fn import(app: &TestApp, who: &SignedIn, file: &[u8]) -> Result<Value> {
    hand_over(app, who, file, "?name=rescue.zip").await?.ok()
}

async fn office(app: &TestApp) -> Result<SignedIn> {
    app.user("office", Role::R3, &["*"]).await
}

/// Everything of the phone is in the ledger once, with its photos, and the stored truth holds together.
async fn check_whole(app: &TestApp, phone: &Phone) -> Result<()> {
    check_handed_in(&app.app.database, phone, VILLAGE).await?;
    ensure!(phone.status().await?.photos_owed == 0, "photos are still owed");
    check_clean(app).await
}

async fn check_clean(app: &TestApp) -> Result<()> {
    let report = verify_store(&app.app.database, Some(&app.app.blobs), &mut |_| {}).await?;
    ensure!(report.is_clean(), "{report:?}");
    let times = ledger(&app.app.database, VILLAGE).await?;
    ensure!(times.values().all(|times| *times == 1), "{times:?}");
    Ok(())
}

fn counts(report: &Value, what: &str) -> (u64, u64, u64, u64) {
    let of = |name: &str| report[what][name].as_u64().unwrap_or(99);
    (of("taken"), of("here"), of("waiting"), of("refused"))
}

fn lines(report: &Value) -> String {
    report["lines"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_a_phone_cannot_send_comes_in_by_file_and_nothing_doubles_when_it_comes_itself() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "配电箱门敞开", vec![long_photo(1, 3_000_000), long_photo(2, 40_000)])).await?;
        phone.capture(finding(VILLAGE, "消防通道堵塞", Vec::new())).await?;
        let file = rescue(&phone, folder.path(), "rescue.zip").await?;

        let preview = hand_over(&app, &office, &file, "?dry_run=true").await?.ok()?;
        ensure!(counts(&preview, "saves") == (2, 0, 0, 0) && preview["photos"]["stored"] == 2, "{preview}");
        ensure!(
            preview["origin"]["person"] == "测试inspector" && preview["origin"]["phone"] == "测试手机",
            "{preview}"
        );
        ensure!(hazards(&app.app.database, VILLAGE).await?.is_empty(), "a preview stores nothing");

        let report = import(&app, &office, &file).await?;
        ensure!(counts(&report, "saves") == (2, 0, 0, 0) && report["faults"] == json!([]), "{report}");
        ensure!(report["photos"]["stored"] == 2 && report["photos"]["missing"] == 0, "{report}");
        ensure!(lines(&report).contains("内容 2 条") && lines(&report).contains("照片 2 张：新存入 2 张"), "{report}");
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["消防通道堵塞", "配电箱门敞开"]);
        let listed = app.get(Some(&office), &format!("/v1/hazards?village={VILLAGE}")).await?.ok()?;
        ensure!(listed["items"].to_string().contains(r#""photos":{"declared":2,"stored":2}"#), "{listed}");

        let again = import(&app, &office, &file).await?;
        ensure!(counts(&again, "saves") == (0, 2, 0, 0) && again["photos"]["here"] == 2, "{again}");

        let (author, _) = phone.store().find_user().await?.context("signed in")?;
        let op = phone.store().list_outbox(1).await?[0].id;
        let mut tx = app.app.database.begin_read().await?;
        let stored = paicha_db::ops::find_op(&mut tx, op.0).await?.context("stored")?;
        tx.rollback().await?;
        let context: Value = serde_json::from_str(&stored.context)?;
        ensure!(context["uploader"] == json!(office.user) && context["roles"] == json!(["R1"]), "{context}");
        ensure!(String::from_utf8(stored.body)?.contains(&author.to_string()), "the author stays");
        ensure!(stored.incarnation == phone.status().await?.life.incarnation.0, "as if the phone had sent it");

        sync(&phone).await?;
        check_whole(&app, &phone).await?;
        let auditor = app.user("auditor", Role::R11, &["*"]).await?;
        let log = app.get(Some(&auditor), "/v1/audit").await?.ok()?;
        ensure!(log.to_string().contains("救援文件：测试inspector的手机“测试手机”"), "{log}");
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_sent_before_is_told_as_here_and_a_photo_goes_on_where_it_stopped() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "甲", vec![long_photo(1, 1_500_000)])).await?;
        let first = rescue(&phone, folder.path(), "1.zip").await?;
        phone.capture(finding(VILLAGE, "乙", Vec::new())).await?;
        let both = rescue(&phone, folder.path(), "2.zip").await?;
        ensure!(counts(&import(&app, &office, &first).await?, "saves") == (1, 0, 0, 0));
        let report = import(&app, &office, &both).await?;
        ensure!(counts(&report, "saves") == (1, 1, 0, 0) && report["photos"]["here"] == 1, "{report}");

        phone.capture(finding(VILLAGE, "丙", vec![long_photo(3, 1_500_000)])).await?;
        while phone.push_once().await?.sent > 0 {}
        phone.upload_once(1).await?;
        let begun = phone.status().await?.photo_bytes_sent;
        ensure!(begun > 0, "some of the photo is on the server");
        phone.capture(finding(VILLAGE, "丁", Vec::new())).await?;
        let rest = rescue(&phone, folder.path(), "3.zip").await?;
        let report = import(&app, &office, &rest).await?;
        ensure!(counts(&report, "saves") == (1, 0, 0, 0) && report["photos"]["stored"] == 1, "{report}");
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["丁", "丙", "乙", "甲"]);
        sync(&phone).await?;
        check_whole(&app, &phone).await?;
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_hole_in_the_numbers_keeps_nothing_out_and_is_told() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "甲", Vec::new())).await?;
        let lost = phone.store().list_outbox(99).await?.len();
        phone.capture(finding(VILLAGE, "乙", vec![long_photo(2, 20_000)])).await?;
        let whole = rescue(&phone, folder.path(), "whole.zip").await?;
        let mut entries = unpack(&whole)?;
        let mut content: BTreeMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_slice(&entries["ops.json"])?;
        let ops: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(content["ops"].get())?;
        content.insert("ops".to_owned(), serde_json::value::to_raw_value(&ops[lost..])?);
        entries.insert("ops.json".to_owned(), serde_json::to_vec(&content)?);

        let file = pack(&entries)?;
        let report = import(&app, &office, &file).await?;
        ensure!(counts(&report, "saves") == (1, 0, 0, 0) && report["photos"]["stored"] == 1, "{report}");
        ensure!(lines(&report).contains(&format!("序号 1–{lost} 不在文件里，服务器上也没有")), "{report}");
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["乙"]);
        ensure!(counts(&import(&app, &office, &file).await?, "saves") == (0, 1, 0, 0), "twice is once");
        sync(&phone).await?;
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["乙", "甲"]);
        check_whole(&app, &phone).await?;
        ensure!(counts(&import(&app, &office, &whole).await?, "saves") == (0, 2, 0, 0));
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_flipped_byte_is_kept_apart_and_takes_no_place_from_the_whole_operation() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "甲：配电箱门敞开", Vec::new())).await?;
        phone.capture(finding(VILLAGE, "乙：消防通道堵塞", Vec::new())).await?;
        let whole = rescue(&phone, folder.path(), "rescue.zip").await?;
        let damaged = altered(&whole, "甲：配电箱门敞开", "甲：配电箱门敞井", 1)?;
        for report in [import(&app, &office, &damaged).await?, import(&app, &office, &damaged).await?] {
            ensure!(report["operations"]["refused"] == 1, "{report}");
            ensure!(report["faults"].to_string().contains("内容在传输中损坏，原文已保存"), "{report}");
        }
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["乙：消防通道堵塞"]);
        let reviews = app.get(Some(&office), "/v1/reviews").await?.ok()?;
        let why =
            |why: &str| reviews["items"].as_array().into_iter().flatten().filter(|item| item["why"] == why).count();
        ensure!(
            why("wrong_digest") == 1 && why("group_refused") > 0,
            "kept once, the rest of its save held: {reviews}"
        );

        sync(&phone).await?;
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["乙：消防通道堵塞", "甲：配电箱门敞开"]);
        check_clean(&app).await?;
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_photo_with_another_hash_is_told_and_the_right_one_still_comes() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "甲", vec![long_photo(1, 30_000), long_photo(2, 30_000)])).await?;
        let file = rescue(&phone, folder.path(), "rescue.zip").await?;
        let mut entries = unpack(&file)?;
        let name = entries.keys().find(|name| name.starts_with("photos/")).context("a photo")?.clone();
        entries.get_mut(&name).context("its bytes")?[20_000] ^= 1;
        entries.insert(format!("photos/{}", "0".repeat(64)), b"nobody's".to_vec());
        let report = import(&app, &office, &pack(&entries)?).await?;
        let photos = &report["photos"];
        ensure!(photos["stored"] == 1 && photos["wrong"] == 1 && photos["undeclared"] == 1, "{report}");
        let rejected = app.app.blobs.list("rejected", 9).await?;
        ensure!(rejected.len() == 1, "the wrong bytes are kept for people: {rejected:?}");
        let missing = entries.into_iter().filter(|(name, _)| name == "ops.json").collect();
        let report = import(&app, &office, &pack(&missing)?).await?;
        ensure!(report["photos"]["missing"] == 1 && lines(&report).contains("不在此文件里 1 张"), "{report}");
        sync(&phone).await?;
        check_whole(&app, &phone).await?;
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_phone_out_of_use_and_one_that_was_handed_on_lose_nothing() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "one", &app.url).await?;
        let office = office(&app).await?;
        let admin = app.user("admin", Role::R10, &["*"]).await?;
        phone.capture(finding(VILLAGE, "甲", vec![long_photo(1, 20_000)])).await?;
        let device = phone.status().await?.device.context("enrolled")?;
        let revoke = app.request(Method::DELETE, &format!("/v1/devices/{device}")).bearer_auth(&admin.access_token);
        revoke.send().await?.error_for_status()?;
        ensure!(sync(&phone).await.is_err(), "the phone is shut out");
        let report = import(&app, &office, &rescue(&phone, folder.path(), "1.zip").await?).await?;
        ensure!(counts(&report, "saves") == (1, 0, 0, 0) && report["photos"]["stored"] == 1, "{report}");
        ensure!(lines(&report).contains("这部手机已于 2023-06-01 08:00 停用"), "{report}");
        check_clean(&app).await?;
        phone.close().await;

        let handed_on = inspector(&app, folder.path(), "two", &app.url).await?;
        app.user("three", Role::R1, &[VILLAGE]).await?;
        handed_on.capture(finding(VILLAGE, "乙", Vec::new())).await?;
        sync(&handed_on).await?;
        handed_on.capture(finding(VILLAGE, "丙", Vec::new())).await?;
        enrol(&handed_on, &app.url, "three").await?;
        handed_on.capture(finding(VILLAGE, "丁", vec![long_photo(4, 20_000)])).await?;
        let report = import(&app, &office, &rescue(&handed_on, folder.path(), "2.zip").await?).await?;
        ensure!(counts(&report, "saves") == (2, 0, 0, 0) && report["photos"]["stored"] == 1, "{report}");
        ensure!(hazards(&app.app.database, VILLAGE).await? == ["丁", "丙", "乙", "甲"]);
        sync(&handed_on).await?;
        check_whole(&app, &handed_on).await?;
        handed_on.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_imports_vouches_for_field_work_in_the_own_villages_and_for_no_decision() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        app.village("900000001002", "邻村").await?;
        phone.capture(finding(VILLAGE, "甲", Vec::new())).await?;
        let file = rescue(&phone, folder.path(), "rescue.zip").await?;
        for (login, role, villages) in [("r1", Role::R1, &[VILLAGE]), ("r4", Role::R4, &["*"]), ("r10", Role::R10, &["*"])] {
            let who = app.user(login, role, villages).await?;
            ensure!(hand_over(&app, &who, &file, "").await?.code() == "forbidden", "{role:?}");
        }
        let elsewhere = app.user("elsewhere", Role::R3, &["900000001002"]).await?;
        let refused = hand_over(&app, &elsewhere, &file, "").await?;
        ensure!(refused.code() == "import-rejected" && refused.body["detail"].to_string().contains("云杉村"), "{refused:?}");

        // A leader's name in a file is not the leader: what it does counts as an inspector's.
        let leader = app.user("leader", Role::R4, &["*"]).await?;
        let (author, _) = phone.store().find_user().await?.context("signed in")?;
        let op = json!({ "kind": "create", "type": "hazard", "village": VILLAGE, "record": uuid::Uuid::from_u128(5), "base_rev": 0,
            "made_at": "2023-06-01T07:00:00+08:00", "hlc": "000000000001-0001", "author": leader.user,
            "fields": { "level": "general", "description": "冒名" } });
        let digest = sync_protocol::digest::op_digest(op.to_string().as_bytes());
        let id = uuid::Uuid::from_u128(6);
        let content = json!({ "rescue": 1, "made_at": "2023-06-01T00:00:00Z", "device": leader.device, "incarnation": uuid::Uuid::from_u128(7),
            "user": { "id": leader.user, "name": "x" }, "ops": [{ "seq": 1, "id": id, "digest": digest, "op": op }] });
        let forged: Entries = [("ops.json".to_owned(), content.to_string().into_bytes())].into();
        import(&app, &office, &pack(&forged)?).await?;
        let mut tx = app.app.database.begin_read().await?;
        let stored = paicha_db::ops::find_op(&mut tx, id).await?.context("stored")?;
        tx.rollback().await?;
        let context: Value = serde_json::from_str(&stored.context)?;
        ensure!(context["roles"] == json!(["R1"]) && context["scope"] == "inside", "{context}");

        let strangers = altered(&file, &author.to_string(), &uuid::Uuid::from_u128(9).to_string(), 1 + phone.store().list_outbox(99).await?.len());
        let strangers = hand_over(&app, &office, &strangers?, "").await?;
        ensure!(strangers.body["detail"].to_string().contains("另一套系统"), "{strangers:?}");
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_with_what_to_do() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let office = office(&app).await?;
        phone.capture(finding(VILLAGE, "甲", Vec::new())).await?;
        let file = rescue(&phone, folder.path(), "rescue.zip").await?;
        let entries = unpack(&file)?;
        let with = |name: &str| pack(&entries.clone().into_iter().chain([(name.to_owned(), b"x".to_vec())]).collect());
        let bomb: Entries = [("ops.json".to_owned(), vec![b' '; 33 << 20])].into();
        let cases = [
            (b"not a zip".to_vec(), "没有传完整"),
            (file[..file.len() - 30].to_vec(), "没有传完整"),
            (with("../../etc/passwd")?, "不该有的文件“../../etc/passwd”"),
            (with("photos/x.jpg")?, "不该有的文件"),
            (pack(&Entries::new())?, "没有 ops.json"),
            (pack(&bomb)?, "超过 32 MiB"),
            (altered(&file, r#""rescue":1"#, r#""rescue":2"#, 1)?, "版本是 2"),
            (altered(&file, r#"{"rescue":1"#, r#"["rescue":1"#, 1)?, "不是救援文件的格式"),
        ];
        for (file, words) in cases {
            let refused = hand_over(&app, &office, &file, "").await?;
            let detail = refused.body["detail"].as_str().unwrap_or_default();
            ensure!(refused.code() == "import-rejected" && detail.contains(words), "{words}: {refused:?}");
            ensure!(detail.contains("什么也没有导入"), "{detail}");
        }
        ensure!(ledger(&app.app.database, VILLAGE).await?.is_empty());
        phone.close().await;
        Ok(())
    })
    .await
}
