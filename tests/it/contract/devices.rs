//! Contract of `devices`: phones of one person or of everybody, enrolled last first.

use paicha_db::accounts::{UserRow, create_user};
use paicha_db::accounts::{put_grant, revoke_grant};
use paicha_db::devices::{
    DeviceReport, DeviceRow, create_device, find_device, list_device_reports, list_devices, list_devices_of_feeds,
    revoke_device, touch_device,
};
use paicha_db::incarnations::{Seen, lock_incarnation};
use paicha_db::projections::Page;
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;

use super::id;

/// A phone of person 1, enrolled at 1000.
fn device(number: u128) -> DeviceRow {
    DeviceRow {
        id: id(number),
        user: id(1),
        label: "一号机".to_owned(),
        model: "Model X".to_owned(),
        enrolled_at: 1_000,
        seen_at: 2_000,
        revoked_at: None,
    }
}

/// Persons 1 and 2.
pub(super) async fn create_users(tx: &mut Tx) -> Result<(), DbError> {
    for (number, login) in [(1, "a"), (2, "b")] {
        let user = UserRow {
            id: id(number),
            login: login.to_owned(),
            name: "演示人员".to_owned(),
            unit: "上湾村委会".to_owned(),
            phone: String::new(),
            password_hash: String::new(),
            scope_version: 1,
            disabled_at: None,
            created_at: 1,
        };
        create_user(tx, user).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_is_enrolled_once_to_somebody_who_exists() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_users(&mut tx).await?;
        create_device(&mut tx, device(10)).await?;
        tx.commit().await?;

        let mut tx = db.begin_write().await?;
        let again = create_device(&mut tx, DeviceRow { user: id(2), ..device(10) }).await;
        assert!(matches!(again, Err(DbError::UniqueViolation)), "{again:?}");
        let mut tx = db.begin_write().await?;
        let nobody = create_device(&mut tx, DeviceRow { user: id(3), ..device(11) }).await;
        assert!(matches!(nobody, Err(DbError::ForeignKey)), "{nobody:?}");
        let mut tx = db.begin_read().await?;
        assert_eq!(find_device(&mut tx, id(10)).await?, Some(device(10)));
        assert_eq!(find_device(&mut tx, id(11)).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pages_are_enrolled_last_first_and_split_ties_by_id() {
    both_engines(|db| async move {
        let newest = DeviceRow { enrolled_at: 3_000, revoked_at: Some(4_000), ..device(10) };
        let others = DeviceRow { user: id(2), ..device(12) };
        let all = [newest.clone(), device(13), others.clone(), device(11)];
        let mut tx = db.begin_write().await?;
        create_users(&mut tx).await?;
        for one in [device(11), others.clone(), newest.clone(), device(13)] {
            create_device(&mut tx, one).await?;
        }
        let first = |limit: i64| Page { after: None, limit };
        assert_eq!(list_devices(&mut tx, None, first(4)).await?, all, "exactly one page");
        assert_eq!(list_devices(&mut tx, None, first(2)).await?, all[..2]);
        let second = Page { after: Some((1_000, id(13))), limit: 1 };
        assert_eq!(list_devices(&mut tx, None, second).await?, all[2..3]);
        let third = Page { after: Some((1_000, id(12))), limit: 9 };
        assert_eq!(list_devices(&mut tx, None, third).await?, all[3..], "one more");
        let end = Page { after: Some((1_000, id(11))), limit: 9 };
        assert_eq!(list_devices(&mut tx, None, end).await?, []);
        assert_eq!(list_devices(&mut tx, Some(id(2)), first(9)).await?, [others]);
        assert_eq!(list_devices(&mut tx, Some(id(1)), first(9)).await?, [newest, device(13), device(11)]);
        assert_eq!(list_devices(&mut tx, Some(id(3)), first(9)).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_is_seen_later_only_and_revoked_once() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_users(&mut tx).await?;
        create_device(&mut tx, device(10)).await?;
        create_device(&mut tx, device(11)).await?;
        touch_device(&mut tx, id(10), 5_000).await?;
        touch_device(&mut tx, id(10), 4_000).await?;
        touch_device(&mut tx, id(12), 4_000).await?;
        assert!(revoke_device(&mut tx, id(10), 6_000).await?);
        assert!(!revoke_device(&mut tx, id(10), 7_000).await?);
        assert!(!revoke_device(&mut tx, id(12), 7_000).await?);

        let revoked = DeviceRow { seen_at: 5_000, revoked_at: Some(6_000), ..device(10) };
        assert_eq!(find_device(&mut tx, id(10)).await?, Some(revoked));
        assert_eq!(find_device(&mut tx, id(11)).await?, Some(device(11)), "another phone is left alone");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn phones_of_villages_are_those_of_whoever_has_a_grant_there_and_the_own() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_users(&mut tx).await?;
        for (number, user, enrolled_at) in [(10, 1, 1_000), (11, 2, 2_000), (12, 2, 3_000)] {
            create_device(&mut tx, DeviceRow { user: id(user), enrolled_at, ..device(number) }).await?;
        }
        put_grant(&mut tx, id(2), "R1", super::UPPER, 1).await?;
        let feeds = [super::UPPER.to_owned(), super::LOWER.to_owned()];
        let page = |after| Page { after, limit: 2 };
        let listed = |rows: Vec<DeviceRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        let first = listed(list_devices_of_feeds(&mut tx, id(1), &feeds, page(None)).await?);
        assert_eq!(first, [id(12), id(11)]);
        let second = listed(list_devices_of_feeds(&mut tx, id(1), &feeds, page(Some((2_000, id(11))))).await?);
        assert_eq!(second, [id(10)], "the own one, without a grant there");
        let elsewhere = [super::LOWER.to_owned()];
        assert_eq!(listed(list_devices_of_feeds(&mut tx, id(1), &elsewhere, page(None)).await?), [id(10)]);
        revoke_grant(&mut tx, id(2), "R1", super::UPPER, 2).await?;
        assert_eq!(listed(list_devices_of_feeds(&mut tx, id(1), &feeds, page(None)).await?), [id(10)]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_reports_what_its_newest_life_said() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_users(&mut tx).await?;
        create_device(&mut tx, device(10)).await?;
        create_device(&mut tx, DeviceRow { user: id(2), ..device(11) }).await?;
        for (life, at, pending_total) in [(20, 100, 9), (21, 200, 5), (21, 250, 3), (20, 300, 9)] {
            let seen = Seen {
                id: id(life),
                device: id(10),
                parent: None,
                pending_total,
                app: "2.4.1".to_owned(),
                at,
                created_at: at,
            };
            lock_incarnation(&mut tx, seen).await?;
        }
        let report = |device, pending, heard_at| DeviceReport {
            device: id(device),
            person: "演示人员".to_owned(),
            pending,
            heard_at,
        };
        let all = [report(10, 3, Some(250)), report(11, 0, None)];
        assert_eq!(list_device_reports(&mut tx, &[id(11), id(10), id(12)]).await?, all);
        assert_eq!(list_device_reports(&mut tx, &[]).await?, []);
        Ok(())
    })
    .await;
}
