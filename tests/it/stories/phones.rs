//! Several phones and phones with a past: conflicts, restored backups, a scope that is taken away.

use super::{VILLAGE, check_handed_in, hazards, inspector, on_both_engines, states};
use anyhow::{Context as _, Result, ensure};
use paicha::usecases::manage_users::{Manager, revoke_role};
use paicha_client::Phone;
use paicha_client::pure::outbox::OpState;
use paicha_tests::phones::{finding, long_photo, open_phone, sync};
use serde_json::json;
use std::sync::Arc;
use sync_protocol::ids::RecordId;
use sync_protocol::limits::RETENTION_DAYS;
use sync_protocol::record::Record;
use sync_protocol::role::Role;
use sync_protocol::time::DAY_US;

async fn record(phone: &Phone, id: RecordId) -> Result<Record> {
    let row = phone.store().find_record(id).await?.context("the record is not on this phone")?;
    Ok(serde_json::from_str(&row.state)?)
}

#[tokio::test]
async fn both_phones_see_what_they_disagree_about() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let one = inspector(&app, folder.path(), "one", &app.url).await?;
        let two = inspector(&app, folder.path(), "two", &app.url).await?;
        let hazard = one.capture(finding(VILLAGE, "护栏缺失", Vec::new())).await?.hazards[0];
        sync(&one).await?;
        sync(&two).await?;
        one.edit(hazard, [("position_text".to_owned(), json!("东侧楼梯"))].into()).await?;
        two.edit(hazard, [("position_text".to_owned(), json!("西侧楼梯"))].into()).await?;
        sync(&one).await?;
        sync(&two).await?;
        sync(&one).await?;
        let (seen_by_one, seen_by_two) = (record(&one, hazard).await?, record(&two, hazard).await?);
        ensure!(seen_by_one == seen_by_two, "the phones show different records");
        ensure!(seen_by_one.disputed() == ["position_text"], "{:?}", seen_by_one.disputed());
        for phone in [&one, &two] {
            let shown = phone.view(hazard).await?.context("shown")?;
            let position = shown.fields["position_text"].to_string();
            ensure!(position.contains("东侧楼梯") && position.contains("西侧楼梯"), "{position}");
            check_handed_in(&app.app.database, phone, VILLAGE).await?;
            phone.close().await;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_phone_hears_what_became_of_its_request_and_in_time_lets_its_own_copy_go() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        let hazard = phone.capture(finding(VILLAGE, "护栏缺失", Vec::new())).await?.hazards[0];
        sync(&phone).await?;
        let asked = phone.edit(hazard, [("level".to_owned(), json!("general"))].into()).await?;
        sync(&phone).await?;
        ensure!(states(&phone).await?[&asked] == OpState::Waiting, "a downgrade waits for people");
        for (login, role) in [("office", Role::R3), ("leader", Role::R4)] {
            let who = app.user(login, role, &["*"]).await?;
            let act = json!({ "action": "decide", "op": asked, "verdict": "approve", "reason": "同意" });
            let body = json!({ "request": uuid::Uuid::from_u128(1), "base_rev": 99, "act": act });
            app.post(Some(&who), &format!("/v1/hazards/{hazard}/acts"), &body).await?.ok()?;
        }
        sync(&phone).await?;
        ensure!(states(&phone).await?[&asked] == OpState::Acked, "{:?}", states(&phone).await?);
        let told = phone.store().list_outcomes(9).await?;
        ensure!(told.len() == 1 && told[0].2 == "“等级”的申请已批准，现在生效", "{told:?}");
        let shown = phone.view(hazard).await?.context("shown")?;
        ensure!(shown.fields["level"] == "general", "{shown:?}");

        let bytes = || async {
            anyhow::Ok(phone.store().list_outbox(99).await?.iter().map(|row| row.bytes.len()).sum::<usize>())
        };
        let before = bytes().await?;
        app.clock.advance((RETENTION_DAYS + 1) * DAY_US);
        let late = phone.edit(hazard, [("position_text".to_owned(), json!("东侧"))].into()).await?;
        sync(&phone).await?;
        sync(&phone).await?;
        let (after, states) = (bytes().await?, states(&phone).await?);
        ensure!(states[&asked] == OpState::Archived && states[&late] == OpState::Acked, "{states:?}");
        ensure!(0 < after && after < before / 2, "{before} bytes became {after}");
        phone.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_phone_restored_from_an_older_copy_loses_and_doubles_nothing() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let phone = inspector(&app, folder.path(), "inspector", &app.url).await?;
        phone.capture(finding(VILLAGE, "甲：备份前已上传", vec![long_photo(1, 20_000)])).await?;
        sync(&phone).await?;
        phone.capture(finding(VILLAGE, "乙：备份时未上传", vec![long_photo(2, 20_000)])).await?;
        let backup = folder.path().join("backup.db");
        phone.store().copy_to(&backup).await?;
        phone.capture(finding(VILLAGE, "丙：备份后上传", vec![long_photo(3, 20_000)])).await?;
        sync(&phone).await?;
        phone.close().await;

        let restored = open_phone(&backup, &app.url, Arc::new(app.clock.clone())).await?;
        restored.capture(finding(VILLAGE, "丁：恢复后", vec![long_photo(4, 20_000)])).await?;
        sync(&restored).await?;
        sync(&restored).await?;
        let expected = ["丁：恢复后", "丙：备份后上传", "乙：备份时未上传", "甲：备份前已上传"];
        ensure!(hazards(&app.app.database, VILLAGE).await? == expected);
        check_handed_in(&app.app.database, &restored, VILLAGE).await?;
        ensure!(restored.status().await?.photos_owed == 0);
        let on_phone = restored.store().list_records(&VILLAGE.parse()?, None, 1_000).await?;
        ensure!(on_phone.iter().filter(|row| row.kind == "hazard").count() == 4, "all four are on the phone");
        restored.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn work_done_before_the_scope_ended_is_taken_and_nothing_more_comes_out() -> Result<()> {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir()?;
        let leaving = inspector(&app, folder.path(), "leaving", &app.url).await?;
        let staying = inspector(&app, folder.path(), "staying", &app.url).await?;
        leaving.capture(finding(VILLAGE, "消防通道堵塞", Vec::new())).await?;
        let (user, _) = leaving.store().find_user().await?.context("signed in")?;
        app.clock.advance(1_000_000);
        ensure!(revoke_role(&app.app, Manager::CommandLine, user, Role::R1, VILLAGE).await?);
        staying.capture(finding(VILLAGE, "灭火器过期", Vec::new())).await?;
        sync(&staying).await?;
        sync(&leaving).await?;
        let counted = hazards(&app.app.database, VILLAGE).await?;
        ensure!(counted == ["消防通道堵塞", "灭火器过期"], "{counted:?}");
        check_handed_in(&app.app.database, &leaving, VILLAGE).await?;
        ensure!(leaving.list_villages().await?.is_empty(), "the village has left the phone's scope");
        let left = leaving.store().list_records(&VILLAGE.parse()?, None, 1_000).await?;
        ensure!(left.is_empty(), "{left:?}");
        leaving.close().await;
        staying.close().await;
        Ok(())
    })
    .await
}
