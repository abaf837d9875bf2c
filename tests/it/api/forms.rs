//! 附件1 over HTTP: a village's month as the notice lays it out, its edges, the subdistrict's workbook, and who may have it.

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result};
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use paicha_photos::sample::{Stamp, field_photo};
use paicha_tests::app::SUBDISTRICT;
use paicha_tests::databases::ENGINES;
use reqwest::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde_json::{Value, json};
use sync_protocol::role::Role;
use sync_protocol::time::Micros;
use zip::ZipArchive;

use super::findings_rig::{Field, get, id, json_of, refusal, stable};
use super::photo_rig::{OTHER_VILLAGE, Rig, VILLAGE};

/// When the forms of June are made: the third of July.
const AFTER_JUNE: &str = "2023-07-03T09:00:00+08:00";

async fn after_june(engine: paicha_db::Engine) -> Result<Rig> {
    let rig = Rig::start(engine, &[]).await?;
    rig.clock.set(AFTER_JUNE.parse::<Micros>()?.as_micros());
    Ok(rig)
}

/// Cells of a sheet from the first data row on, without the note at the end.
fn data_rows(file: &[u8], sheet: &str) -> Result<Vec<Vec<String>>> {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(file.to_vec()))?;
    let range = workbook.worksheet_range(sheet)?;
    let rows = range.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    let rows: Vec<_> = rows.skip(3).take_while(|row| !row[0].starts_with("注：")).collect();
    Ok(rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect())
}

fn part(file: &[u8], name: &str) -> Result<String> {
    let mut archive = ZipArchive::new(Cursor::new(file))?;
    let mut text = String::new();
    archive.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The columns of a row of the JSON answer as the sheet prints them.
fn printed(row: &Value) -> Vec<String> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let columns =
        ["inspecting_unit", "inspected_at", "picture_note", "place", "finding", "handling", "remark"].map(text);
    std::iter::once(row["number"].to_string()).chain(columns).collect()
}

/// A month of one village: a grave visit, a locked door, a quiet visit, one not submitted, and what the form leaves out.
async fn june(field: &mut Field<'_>) -> Result<()> {
    field.place(1, "演示木器厂").await?;
    field.visit(10, "2023-06-12T09:30:00+08:00", json!({ "place": id(1), "remark": "重点企业" })).await?;
    let major = json!({ "level": "major_direct", "description": "焊工无证上岗。", "criterion_ids": ["JZ-2023-6"],
        "control": "partial_stop", "deadline": "2023-07-20", "suggestion": "建议挂牌督办", "place": id(1) });
    field.hazard(20, 10, json!({ "position_text": "配电箱" })).await?;
    field.hazard(21, 10, major).await?;
    field.photo(10, 30, "site", &field_photo(1, 800, 600, &Stamp::default())).await?;
    field.photo(20, 31, "before", &field_photo(2, 800, 600, &Stamp::default())).await?;
    field.photo(21, 32, "before", &field_photo(3, 600, 800, &Stamp::default())).await?;
    field.attach(21, 33, "before", b"not sent yet").await?;
    field.attach(10, 34, "sign", b"a signature never prints").await?;
    field.submit(10).await?;
    let free = json!({ "free_place": { "name": "演示沟口", "address": "石桥村3组" }, "blocked_reason": "locked" });
    field.visit(11, "2023-06-05T16:00:00+08:00", free).await?;
    field.submit(11).await?;
    field.visit(12, "2023-06-20T10:00:00+08:00", json!({ "place": id(1), "no_photo_reason": "防爆区" })).await?;
    field.submit(12).await?;
    field.visit(13, "2023-06-28T10:00:00+08:00", json!({ "free_place": { "name": "演示茶厂" } })).await?;
    field.photo(13, 35, "site", b"a text and no picture").await?;
    for (number, kind) in (14..).zip(["review", "guide", "covert", "self_day", "self_week", "self_month"]) {
        field.visit(number, "2023-06-15T10:00:00+08:00", json!({ "kind": kind })).await?;
        field.submit(number).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_villages_month_prints_as_the_notice_lays_it_out() -> Result<()> {
    for engine in ENGINES {
        let mut rig = after_june(engine).await?;
        rig.start_jobs();
        let mut field = Field::new(&rig, VILLAGE).await?;
        june(&mut field).await?;
        let path = format!("/v1/forms/appendix1?village={VILLAGE}&month=2023-06");
        let reply = field.json(&format!("{path}&format=json")).await?;
        insta::assert_json_snapshot!("appendix1_of_a_village", stable(&reply));

        let answer = field.get(&path).await?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(header(CONTENT_TYPE), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        assert_eq!(
            header(CONTENT_DISPOSITION),
            "attachment; filename=\"appendix1-2023-06.xlsx\"; \
             filename*=UTF-8''%E9%99%84%E4%BB%B61-%E7%9F%B3%E6%A1%A5%E6%9D%91-2023-06.xlsx"
        );
        assert_eq!((header(X_CONTENT_TYPE_OPTIONS), header(CACHE_CONTROL)), ("nosniff", "no-store"));
        let file = answer.bytes().await?;
        let rows = reply["form"]["rows"].as_array().context("rows")?;
        assert_eq!(data_rows(&file, "石桥村")?, rows.iter().map(printed).collect::<Vec<_>>());
        assert_eq!(part(&file, "xl/drawings/drawing1.xml")?.matches("<xdr:pic>").count(), 2);
        let custom = part(&file, "docProps/custom.xml")?;
        for property in ["2023-07-01T00:00:00+08:00", "2023-07-03T09:00:00+08:00", "<vt:lpwstr>0</vt:lpwstr>"] {
            assert!(custom.contains(property), "{custom}");
        }
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_month_begins_and_ends_at_midnight_in_shanghai_to_the_microsecond() -> Result<()> {
    for engine in ENGINES {
        let rig = after_june(engine).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        let edges = [
            "2023-05-31T23:59:59.999999+08:00",
            "2023-06-01T00:00:00+08:00",
            "2023-06-30T23:59:59.999999+08:00",
            "2023-07-01T00:00:00+08:00",
        ];
        for (number, started_at) in (10..).zip(edges) {
            field.visit(number, started_at, json!({ "free_place": { "name": "演示茶厂" } })).await?;
        }
        let mut found = Vec::new();
        for month in ["2023-05", "2023-06", "2023-07"] {
            let path = format!("/v1/forms/appendix1?village={VILLAGE}&month={month}&format=json");
            let rows = field.json(&path).await?["form"]["rows"].clone();
            let rows = rows.as_array().context("rows")?.clone();
            found.push(rows.iter().map(|row| row["inspections"][0].clone()).collect::<Vec<_>>());
        }
        assert_eq!(found, [vec![json!(id(10))], vec![json!(id(11)), json!(id(12))], vec![json!(id(13))]]);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_subdistricts_workbook_has_its_own_sheet_first_and_counts_a_joint_visit_once() -> Result<()> {
    for engine in ENGINES {
        let rig = after_june(engine).await?;
        let mut here = Field::new(&rig, VILLAGE).await?;
        let mut there = Field::new(&rig, OTHER_VILLAGE).await?;
        there.visit(10, "2023-06-02T10:00:00+08:00", json!({ "inspecting_unit": "云上村" })).await?;
        // Another village's visit is not folded, even when both name each other; nor is a visit that only one side names.
        there
            .visit(13, "2023-06-02T11:00:00+08:00", json!({ "joint_visit": [id(11)], "inspecting_unit": "云上村" }))
            .await?;
        here.visit(11, "2023-06-03T10:00:00+08:00", json!({ "joint_visit": [id(13), id(14)] })).await?;
        here.visit(14, "2023-06-03T10:05:00+08:00", json!({ "joint_visit": [id(11)], "inspecting_unit": "测试站" }))
            .await?;
        here.visit(12, "2023-06-04T10:00:00+08:00", json!({ "joint_visit": [id(11)] })).await?;
        let office = rig.person(Role::R3, SUBDISTRICT).await?;

        let path = "/v1/forms/appendix1?month=2023-06";
        let reply = json_of(&rig, &office, &format!("{path}&format=json")).await?;
        let units = |form: &Value| -> Vec<Value> {
            let rows = form["rows"].as_array().cloned().unwrap_or_default();
            rows.iter().map(|row| row["inspecting_unit"].clone()).collect()
        };
        assert_eq!((&reply["area"], &reply["area_name"]), (&json!(SUBDISTRICT), &json!("测试街道")));
        let (own, joint, other) = (json!("石桥村"), json!("石桥村、测试站"), json!("云上村"));
        assert_eq!(units(&reply["form"]), [joint.clone(), own.clone(), other.clone(), other.clone()]);
        assert_eq!(units(&reply["villages"][0]), [joint, own]);
        assert_eq!(units(&reply["villages"][1]), [other.clone(), other]);

        let file = get(&rig, &office, path).await?.bytes().await?;
        let workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(file.to_vec()))?;
        assert_eq!(workbook.sheet_names(), ["街道汇总", "石桥村", "云上村"]);
        assert_eq!(data_rows(&file, "街道汇总")?.len(), 4);
        assert_eq!(data_rows(&file, "石桥村")?.len(), 2);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_form_outside_of_the_scope_looks_as_if_it_were_not_there() -> Result<()> {
    for engine in ENGINES {
        let rig = after_june(engine).await?;
        let inspector = rig.phone(VILLAGE).await?;
        let ask = |query: &str| format!("/v1/forms/appendix1?{query}");
        let unknown = refusal(&rig, &inspector, &ask("village=900000009009&month=2023-06")).await?;
        assert_eq!((unknown.0, &unknown.1["code"]), (404, &json!("not-found")));
        for area in [OTHER_VILLAGE, SUBDISTRICT, "000000000000", "石桥村"] {
            assert_eq!(refusal(&rig, &inspector, &ask(&format!("village={area}&month=2023-06"))).await?, unknown);
        }
        let own = json_of(&rig, &inspector, &ask("month=2023-06&format=json")).await?;
        assert_eq!((&own["area"], &own["form"]["rows"]), (&json!(VILLAGE), &json!([])));
        for query in ["month=2023-13", "month=202306", "", "month=2023-06&format=pdf", "month=2023-06&vilage=1"] {
            let (status, body) = refusal(&rig, &inspector, &ask(query)).await?;
            assert_eq!((status, &body["code"]), (400, &json!("bad-parameter")), "{query}");
        }
        let administrator = rig.person(Role::R10, "*").await?;
        let refused = refusal(&rig, &administrator, &ask(&format!("village={VILLAGE}&month=2023-06"))).await?;
        assert_eq!((refused.0, &refused.1["code"]), (403, &json!("forbidden")));
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_another_village_names_prints_nothing_here_and_is_not_lost() -> Result<()> {
    for engine in ENGINES {
        let rig = after_june(engine).await?;
        let mut here = Field::new(&rig, VILLAGE).await?;
        let mut there = Field::new(&rig, OTHER_VILLAGE).await?;
        // The visit names the place before the server knows it, so that it counts here; the name is still the other village's.
        here.visit(10, "2023-06-02T10:00:00+08:00", json!({ "place": id(1) })).await?;
        there.place(1, "云上木器厂").await?;
        there.hazard(20, 10, json!({ "level": "major_direct", "description": "别村写来的隐患" })).await?;
        here.hazard(21, 10, json!({ "description": "本村的隐患", "place": id(1) })).await?;

        let form = here.json(&format!("/v1/forms/appendix1?village={VILLAGE}&month=2023-06&format=json")).await?;
        let row = &form["form"]["rows"][0];
        assert_eq!(row["finding"], "无重大隐患；一般隐患1处：本村的隐患");
        assert_eq!(
            (&row["place"], &row["remark"]),
            (&json!("（焊接间）"), &json!("未提交；所选场所属于其他村，待核实"))
        );

        let office = rig.person(Role::R3, SUBDISTRICT).await?;
        let items = json_of(&rig, &office, "/v1/hazards").await?["items"].clone();
        let told: std::collections::BTreeMap<_, _> = items
            .as_array()
            .context("items")?
            .iter()
            .map(|item| (item["id"].to_string(), item["inspection_elsewhere"].clone()))
            .collect();
        let expected = [(json!(id(20)).to_string(), json!(true)), (json!(id(21)).to_string(), json!(false))];
        assert_eq!(told, expected.into_iter().collect());

        for path in [
            "/v1/hazards",
            "/v1/inspections",
            &format!("/v1/inspections/{}", id(10)),
            &format!("/v1/hazards/{}", id(21)),
        ] {
            let answer = here.json(path).await?.to_string();
            assert!(!answer.contains("云上木器厂") && !answer.contains("别村写来的隐患"), "{path}: {answer}");
        }
        rig.stop().await?;
    }
    Ok(())
}
