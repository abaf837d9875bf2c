//! Lists and details of hazards: whole replies, who sees them, pages, and what waits for a person.

use anyhow::{Context as _, Result, ensure};
use paicha_tests::app::SUBDISTRICT;
use paicha_tests::databases::ENGINES;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::role::Role;

use super::findings_rig::{Field, get, id, json_of, refusal, stable};
use super::photo_rig::{OTHER_VILLAGE, Rig, VILLAGE};

const DAY_US: i64 = 24 * 3600 * 1_000_000;

fn ids(reply: &Value) -> Vec<Value> {
    reply["items"].as_array().map(|items| items.iter().map(|item| item["id"].clone()).collect()).unwrap_or_default()
}

fn of(numbers: &[u128]) -> Vec<Value> {
    numbers.iter().map(|number| json!(id(*number))).collect()
}

#[tokio::test]
async fn a_hazard_is_listed_with_its_words_number_and_photo_debt() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.place(1, "演示木器厂").await?;
        let fix = json!({ "lat": 31.9475, "lon": 108.664, "crs": "wgs84", "acc_m": 8.0, "provider": "gnss" });
        let others = json!({ "level": "major_direct", "criterion_ids": ["JZ-2023-6"], "control": "stopped",
            "place": id(1), "deadline": "2023-06-20", "found_at": "2023-05-30T09:40:00+08:00", "fix": fix });
        field.hazard(20, 10, others).await?;
        field.attach(20, 30, "before", b"not sent yet").await?;
        insta::assert_json_snapshot!("hazards_list", stable(&field.json("/v1/hazards").await?));
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_hazard_tells_its_alternatives_what_waits_and_everything_that_happened() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        let mut other = Field::new(&rig, VILLAGE).await?;
        field.place(1, "演示木器厂").await?;
        field.visit(10, "2023-05-30T09:30:00+08:00", json!({ "place": id(1) })).await?;
        field.hazard(20, 10, json!({ "level": "major_direct", "place": id(1) })).await?;
        field.attach(20, 30, "before", b"not sent yet").await?;
        let longer = json!({ "set": { "position_text": { "base": "焊接间", "new": "焊接间东侧" } } });
        let position = json!({ "set": { "position_text": { "base": "焊接间", "new": "喷漆房" } } });
        // Each a second after the other, since equal times are told in the order of ids, which vary.
        let later = || rig.clock.advance(1_000_000);
        let patch = |set: &Value| json!({ "kind": "patch", "type": "hazard", "base_rev": 1, "set": set["set"] });
        later();
        field.push(20, patch(&longer)).await?;
        later();
        other.push(20, patch(&position)).await?;
        later();
        let down = json!({ "set": { "level": { "base": "major_direct", "new": "general" } } });
        assert_eq!(other.push(20, patch(&down)).await?["status"], "review");
        later();
        let to = json!({ "kind": "transition", "type": "hazard", "from": "reg", "to": "accepted", "reason": "已更换" });
        assert_eq!(field.push(20, to).await?["status"], "review");
        later();
        field.push(20, json!({ "kind": "photo.retract", "photo": id(30), "reason": "拍糊了" })).await?;
        let reply = field.json(&format!("/v1/hazards/{}", id(20))).await?;
        insta::assert_json_snapshot!("hazard_detail", stable(&reply));

        let office = rig.person(Role::R3, SUBDISTRICT).await?;
        let reviews = json_of(&rig, &office, "/v1/reviews").await?;
        let mut told: Vec<_> = reviews["items"].as_array().context("items")?.iter().collect();
        told.sort_by_key(|item| (item["field"].to_string(), item["why"].to_string()));
        let told: Vec<_> = told.iter().map(|item| [&item["field_text"], &item["why_text"]]).collect();
        insta::assert_json_snapshot!("hazard_reviews", told);
        assert_eq!(refusal(&rig, &field.phone, "/v1/reviews").await?.0, 403);
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_hazard_of_another_village_looks_as_if_it_were_not_there() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut there = Field::new(&rig, OTHER_VILLAGE).await?;
        there.hazard(20, 10, json!({})).await?;
        let op = there.json(&format!("/v1/hazards/{}", id(20))).await?["timeline"]["entries"][0]["op"].clone();
        let op = op.as_str().context("an operation")?;
        let here = rig.phone(VILLAGE).await?;
        assert_eq!(ids(&json_of(&rig, &here, "/v1/hazards").await?), of(&[]));
        let unknown = refusal(&rig, &here, &format!("/v1/hazards/{}", id(99))).await?;
        assert_eq!((unknown.0, &unknown.1["code"]), (404, &json!("not-found")));
        let hidden = [
            format!("/v1/hazards/{}", id(20)),
            format!("/v1/inspections/{}", id(20)),
            "/v1/hazards/none".to_owned(),
            format!("/v1/hazards?village={OTHER_VILLAGE}"),
            format!("/v1/hazards?village={SUBDISTRICT}"),
            "/v1/hazards?village=999".to_owned(),
            format!("/v1/findings.geojson?village={OTHER_VILLAGE}"),
            format!("/v1/operations/{op}"),
        ];
        for path in hidden {
            assert_eq!(refusal(&rig, &here, &path).await?, unknown, "{path}");
        }
        let nobody = rig.client.get(format!("http://{}/v1/hazards", rig.address)).send().await?;
        assert_eq!(nobody.status(), 401);
        let administrator = rig.person(Role::R10, "*").await?;
        assert_eq!(refusal(&rig, &administrator, &format!("/v1/hazards/{}", id(20))).await?.0, 403);
        let villages = json_of(&rig, &here, "/v1/villages").await?;
        let expected =
            json!({ "items": [{ "id": VILLAGE, "name": "石桥村", "parent": SUBDISTRICT, "photos_owed": 0 }] });
        assert_eq!(villages, expected);
        rig.stop().await?;
    }
    Ok(())
}

/// Three hazards found at one instant, one before and one after.
async fn five(field: &mut Field<'_>) -> Result<()> {
    for number in [21, 22, 23] {
        field.hazard(number, 10, json!({ "found_at": "2023-05-20T08:00:00+08:00" })).await?;
    }
    field.hazard(24, 10, json!({ "found_at": "2023-05-20T07:59:59.999999+08:00" })).await?;
    field.hazard(25, 11, json!({ "found_at": "2023-05-20T08:00:00.000001+08:00", "level": "suspected" })).await
}

#[tokio::test]
async fn pages_split_ties_and_end_exactly() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        five(&mut field).await?;
        let whole = field.json("/v1/hazards?limit=5").await?;
        assert_eq!((ids(&whole), &whole["next"]), (of(&[25, 23, 22, 21, 24]), &Value::Null), "exactly one page");
        let first = field.json("/v1/hazards?limit=2").await?;
        let next = |page: &Value| page["next"].as_str().unwrap_or_default().to_owned();
        let second = field.json(&format!("/v1/hazards?limit=2&after={}", next(&first))).await?;
        let third = field.json(&format!("/v1/hazards?limit=2&after={}", next(&second))).await?;
        assert_eq!((ids(&first), ids(&second)), (of(&[25, 23]), of(&[22, 21])));
        assert_eq!((ids(&third), &third["next"]), (of(&[24]), &Value::Null), "one more");

        let other = rig.phone(VILLAGE).await?;
        let wrong = [
            refusal(&rig, &field.phone, &format!("/v1/hazards?level=general&after={}", next(&first))).await?,
            refusal(&rig, &field.phone, &format!("/v1/inspections?after={}", next(&first))).await?,
            refusal(&rig, &other, &format!("/v1/hazards?after={}", next(&first))).await?,
            refusal(&rig, &field.phone, "/v1/hazards?after=AAAA").await?,
            refusal(&rig, &field.phone, "/v1/hazards?limit=201").await?,
            refusal(&rig, &field.phone, "/v1/hazards?limit=0").await?,
        ];
        for (status, body) in wrong {
            assert_eq!((status, &body["code"]), (400, &json!("bad-parameter")));
        }
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_condition_narrows_the_list() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        five(&mut field).await?;
        let fix = json!({ "lat": 31.5, "lon": 108.25, "crs": "wgs84", "acc_m": 8.0, "provider": "gnss" });
        let far = json!({ "fix": fix, "found_at": "2023-05-01T08:00:00+08:00", "place": id(1) });
        field.hazard(26, 12, far).await?;
        let cases: [(&str, &[u128]); 9] = [
            ("level=suspected", &[25]),
            ("state=reg&level=suspected", &[25]),
            ("state=closed", &[]),
            (&format!("inspection={}", id(11)), &[25]),
            (&format!("place={}", id(1)), &[26]),
            ("bbox=108.2,31.4,108.3,31.6", &[26]),
            ("bbox=108.3,31.4,108.4,31.6", &[]),
            ("from=2023-05-20T08:00:00%2B08:00&before=2023-05-20T08:00:00.000001%2B08:00", &[23, 22, 21]),
            ("before=2023-05-20", &[26]),
        ];
        for (query, expected) in cases {
            let found = field.json(&format!("/v1/hazards?village={VILLAGE}&{query}")).await?;
            assert_eq!(ids(&found), of(expected), "{query}");
        }
        for query in ["bbox=31.4,108.2,31.6,108.3", "bbox=1,2,3", "from=June", "place=x", "colour=red", "kind=spot"] {
            assert_eq!(refusal(&rig, &field.phone, &format!("/v1/hazards?{query}")).await?.0, 400, "{query}");
        }
        assert_eq!(refusal(&rig, &field.phone, "/v1/inspections?level=general").await?.0, 400, "none is ignored");
        rig.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_is_answered_with_its_exact_bytes() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.hazard(20, 10, json!({ "remark": "空格  与\t制表符" })).await?;
        let op = field.json(&format!("/v1/hazards/{}", id(20))).await?["timeline"]["entries"][0]["op"].clone();
        let path = format!("/v1/operations/{}", op.as_str().context("an operation")?);
        let facts = field.json(&path).await?;
        assert_eq!((&facts["text"], &facts["status_text"]), (&json!("登记隐患"), &json!("已生效")));
        assert_eq!((&facts["seq"], &facts["feed"], &facts["record"]), (&json!(1), &json!(VILLAGE), &json!(id(20))));
        assert_eq!(refusal(&rig, &field.phone, &format!("{path}/bytes")).await?.0, 403);
        let office = rig.person(Role::R3, SUBDISTRICT).await?;
        let answer = get(&rig, &office, &format!("{path}/bytes")).await?;
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        let bytes = answer.bytes().await?;
        assert_eq!(facts["digest"], json!(sync_protocol::digest::op_digest(&bytes)));
        assert_eq!(facts["bytes"], json!(bytes.len()));
        rig.clock.advance(DAY_US);
        assert_eq!(get(&rig, &office, &path).await?.status(), 401, "a day later the token is over");
        rig.stop().await?;
    }
    Ok(())
}

/// Status and version of a hazard asked for by who knows a version.
async fn asked_again(field: &Field<'_>, known: &str) -> Result<(u16, String)> {
    let request = field.rig.request(&field.phone, Method::GET, &format!("/v1/hazards/{}", id(20)));
    let answer = request.header("if-none-match", known).send().await?;
    let version = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    ensure!(answer.bytes().await?.is_empty() == (status == 304), "a version that stands has no body");
    Ok((status, version))
}

#[tokio::test]
async fn a_hazard_comes_again_only_when_something_about_it_changed() -> Result<()> {
    for engine in ENGINES {
        let rig = Rig::start(engine, &[]).await?;
        let mut field = Field::new(&rig, VILLAGE).await?;
        field.visit(10, "2023-05-30T09:30:00+08:00", json!({})).await?;
        field.hazard(20, 10, json!({})).await?;
        let (status, first) = asked_again(&field, "\"unknown\"").await?;
        assert_eq!((status, first.is_empty()), (200, false));
        assert_eq!(asked_again(&field, &first).await?, (304, first.clone()));
        let patch =
            json!({ "kind": "patch", "type": "hazard", "base_rev": 1, "set": { "remark": { "new": "已电话告知" } } });
        field.push(20, patch).await?;
        let (status, second) = asked_again(&field, &first).await?;
        assert_eq!((status, second == first), (200, false), "another value");
        let declared = field.attach(20, 30, "before", b"<p>no picture</p>").await?;
        let (status, third) = asked_again(&field, &second).await?;
        assert_eq!((status, third == second), (200, false), "a photo that is owed");
        rig.upload(&field.phone, &declared, b"<p>no picture</p>").await?;
        rig.photo_when(declared.id, |row| row.stored).await?;
        let (status, fourth) = asked_again(&field, &third).await?;
        assert_eq!((status, fourth == third), (200, false), "the photo has come");
        assert_eq!(asked_again(&field, &fourth).await?.0, 304);
        rig.clock.advance(16 * 60 * 1_000_000);
        assert_eq!(asked_again(&field, &fourth).await?.0, 200, "links hold for a while only");
        let other = Field::new(&rig, OTHER_VILLAGE).await?;
        assert_eq!(asked_again(&other, &fourth).await?.0, 404, "a known version opens nothing");
        rig.stop().await?;
    }
    Ok(())
}
