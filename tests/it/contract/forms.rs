//! Contract of `forms`, `form_contents`, `form_parts` and the phones that may still have something.

use paicha_db::Statement;
use paicha_db::accounts::{UserRow, create_user, put_grant};
use paicha_db::devices::{DeviceRow, create_device, list_silent_phones};
use paicha_db::projections::{
    FormContentRow, FormPartRow, FormRow, Villages, find_form, find_form_content, find_form_part, list_forms,
    list_forms_of_feed, put_form_content, put_form_parts, put_forms,
};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, only};

fn form(record: u128, month: &str, state: &str) -> FormRow {
    FormRow {
        record: id(record),
        feed: UPPER.to_owned(),
        form_kind: "appendix2".to_owned(),
        month: month.to_owned(),
        state: state.to_owned(),
        revision: 0,
        content: None,
        changed_at: 5,
    }
}

#[tokio::test]
async fn a_form_is_found_by_area_kind_and_month() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_forms(&mut tx, vec![form(1, "2023-05", "draft"), form(2, "2023-06", "draft")]).await?;
        let locked =
            FormRow { revision: 1, content: Some(vec![7; 32]), changed_at: 9, ..form(1, "2023-05", "street_locked") };
        put_forms(&mut tx, vec![locked.clone()]).await?;
        assert_eq!(find_form(&mut tx, UPPER, "appendix2", "2023-05").await?, Some(locked.clone()));
        assert_eq!(find_form(&mut tx, UPPER, "appendix1", "2023-05").await?, None);
        let all = list_forms(&mut tx, &Villages::All, ("2023-05", "2023-07"), 9).await?;
        assert_eq!(all, [locked.clone(), form(2, "2023-06", "draft")]);
        assert_eq!(list_forms(&mut tx, &only(&[LOWER]), ("2023-05", "2023-07"), 9).await?, []);
        assert_eq!(list_forms(&mut tx, &Villages::All, ("2023-05", "2023-06"), 9).await?, [locked]);
        assert_eq!(list_forms_of_feed(&mut tx, UPPER, Some(id(1)), 9).await?, [form(2, "2023-06", "draft")]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_content_that_is_kept_stays_as_it_is() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let row = FormContentRow { sha256: vec![1; 32], form: id(1), content: "{}".to_owned(), made_at: 5 };
        put_form_content(&mut tx, row.clone()).await?;
        put_form_content(&mut tx, FormContentRow { content: "other".to_owned(), ..row.clone() }).await?;
        assert_eq!(find_form_content(&mut tx, &[1; 32]).await?, Some(row));
        assert_eq!(find_form_content(&mut tx, &[2; 32]).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_part_is_kept_once_and_as_it_was() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        let part = |hash: u8, records: Vec<u8>| FormPartRow { sha256: vec![hash; 32], records };
        put_form_parts(&mut tx, vec![part(1, vec![1; 32]), part(2, vec![2; 16])]).await?;
        put_form_parts(&mut tx, vec![part(1, vec![9; 16]), part(3, vec![3; 16])]).await?;
        assert_eq!(find_form_part(&mut tx, &[1; 32]).await?, Some(part(1, vec![1; 32])));
        assert_eq!(find_form_part(&mut tx, &[3; 32]).await?, Some(part(3, vec![3; 16])));
        assert_eq!(find_form_part(&mut tx, &[4; 32]).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn phones_with_something_left_or_long_silent_are_named() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        for (number, name) in [(1_u128, "甲"), (2, "乙"), (3, "丙")] {
            let user = UserRow {
                id: id(number),
                login: format!("u{number}"),
                name: name.to_owned(),
                unit: String::new(),
                phone: String::new(),
                password_hash: String::new(),
                scope_version: 1,
                disabled_at: None,
                created_at: 1,
            };
            create_user(&mut tx, user).await?;
            put_grant(&mut tx, id(number), "R1", UPPER, 1).await?;
            let device = DeviceRow {
                id: id(20 + number),
                user: id(number),
                label: "手机".to_owned(),
                model: String::new(),
                enrolled_at: 1,
                seen_at: if number == 1 { 10 } else { 100 },
                revoked_at: None,
            };
            create_device(&mut tx, device).await?;
        }
        for (life, device, pending, created_at) in [(31_u128, 22_u128, 9_i64, 1_i64), (32, 22, 0, 2), (33, 23, 4, 1)] {
            let row = Statement::new(
                "INSERT INTO incarnations (id, device, consumed, pending_total, app, created_at, seen_at) VALUES ($1, $2, 0, $3, '', $4, 100)",
            );
            tx.execute(row.bind(id(life)).bind(id(device)).bind(pending).bind(created_at)).await?;
        }
        let found = list_silent_phones(&mut tx, &[UPPER.to_owned()], 50, 9).await?;
        let named: Vec<(&str, i64)> = found.iter().map(|phone| (phone.person.as_str(), phone.pending)).collect();
        assert_eq!(named, [("丙", 4), ("甲", 0)], "what an earlier life had left does not count");
        assert_eq!(list_silent_phones(&mut tx, &[LOWER.to_owned()], 50, 9).await?, []);
        Ok(())
    })
    .await;
}
