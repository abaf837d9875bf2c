//! Contract of `devices`: phones of one person or of everybody, enrolled last first.

use paicha_db::accounts::{UserRow, create_user};
use paicha_db::devices::{DeviceRow, create_device, find_device, list_devices, revoke_device, touch_device};
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
