//! Contract of `accounts`: people by login, and grants that raise the scope version when they change.

use paicha_db::accounts::{
    GrantPlaceRow, GrantRow, Holder, UserRow, create_user, disable_user, enable_user, find_user, find_user_by_login,
    list_grant_places, list_grants, list_holders, list_users, put_grant, put_grant_places, put_password, revoke_grant,
};
use paicha_db::projections::Villages;
use paicha_db::{DbError, Tx};
use paicha_tests::databases::both_engines;

use super::{LOWER, UPPER, id, only};

fn user(number: u128, login: &str) -> UserRow {
    UserRow {
        id: id(number),
        login: login.to_owned(),
        name: "演示人员".to_owned(),
        unit: "上湾村委会".to_owned(),
        phone: "000".to_owned(),
        password_hash: "$argon2id$one".to_owned(),
        scope_version: 1,
        disabled_at: None,
        created_at: 1_000,
    }
}

fn grant(role: &str, feed: &str, granted_at: i64, revoked_at: Option<i64>) -> GrantRow {
    GrantRow { user: id(1), role: role.to_owned(), feed: feed.to_owned(), granted_at, revoked_at }
}

async fn scope_version(tx: &mut Tx, number: u128) -> Result<Option<i64>, DbError> {
    Ok(find_user(tx, id(number)).await?.map(|user| user.scope_version))
}

#[tokio::test]
async fn a_person_is_found_by_login_and_by_id() {
    both_engines(|db| async move {
        let gone = UserRow { disabled_at: Some(5_000), scope_version: 9, ..user(2, "b") };
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        create_user(&mut tx, gone.clone()).await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_user_by_login(&mut tx, "a").await?, Some(user(1, "a")));
        assert_eq!(find_user(&mut tx, id(2)).await?, Some(gone));
        assert_eq!(find_user_by_login(&mut tx, "A").await?, None);
        assert_eq!(find_user(&mut tx, id(3)).await?, None);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_login_belongs_to_one_person() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        let taken = create_user(&mut tx, user(2, "a")).await;
        assert!(matches!(taken, Err(DbError::UniqueViolation)), "{taken:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn people_are_listed_in_order_of_login_page_by_page() {
    both_engines(|db| async move {
        let all = [user(3, "B"), user(2, "a"), user(1, "张")];
        let mut tx = db.begin_write().await?;
        for one in all.iter().rev() {
            create_user(&mut tx, one.clone()).await?;
        }
        assert_eq!(list_users(&mut tx, None, 3).await?, all);
        assert_eq!(list_users(&mut tx, None, 2).await?, all[..2]);
        assert_eq!(list_users(&mut tx, Some("a"), 2).await?, all[2..]);
        assert_eq!(list_users(&mut tx, Some("张"), 2).await?, []);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_password_is_replaced_and_a_person_disabled_once() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        create_user(&mut tx, user(2, "b")).await?;
        assert!(put_password(&mut tx, id(1), "$argon2id$two").await?);
        assert!(!put_password(&mut tx, id(3), "$argon2id$two").await?);
        assert!(disable_user(&mut tx, id(1), 5_000).await?);
        assert!(!disable_user(&mut tx, id(1), 6_000).await?, "it stays disabled since then");
        assert!(!disable_user(&mut tx, id(3), 6_000).await?);

        let password_hash = "$argon2id$two".to_owned();
        let expected = UserRow { password_hash, disabled_at: Some(5_000), ..user(1, "a") };
        assert_eq!(list_users(&mut tx, None, 9).await?, [expected.clone(), user(2, "b")]);

        assert!(enable_user(&mut tx, id(1)).await?);
        assert!(!enable_user(&mut tx, id(1)).await?, "it may be used already");
        assert!(!enable_user(&mut tx, id(3)).await?);
        assert_eq!(find_user(&mut tx, id(1)).await?, Some(UserRow { disabled_at: None, ..expected }));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_grant_that_changes_raises_the_scope_version() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        create_user(&mut tx, user(2, "b")).await?;
        assert!(put_grant(&mut tx, id(1), "R1", UPPER, 100).await?);
        assert!(!put_grant(&mut tx, id(1), "R1", UPPER, 150).await?, "it holds already");
        assert_eq!(scope_version(&mut tx, 1).await?, Some(2));
        assert!(revoke_grant(&mut tx, id(1), "R1", UPPER, 200).await?);
        assert!(!revoke_grant(&mut tx, id(1), "R1", UPPER, 250).await?, "it is revoked already");
        assert!(!revoke_grant(&mut tx, id(1), "R1", LOWER, 250).await?);
        assert_eq!(list_grants(&mut tx, id(1), 9).await?, [grant("R1", UPPER, 100, Some(200))]);
        assert_eq!(scope_version(&mut tx, 1).await?, Some(3));
        assert!(put_grant(&mut tx, id(1), "R1", UPPER, 300).await?, "it holds again");
        assert_eq!(list_grants(&mut tx, id(1), 9).await?, [grant("R1", UPPER, 300, None)]);
        assert_eq!(scope_version(&mut tx, 1).await?, Some(4));
        assert_eq!(scope_version(&mut tx, 2).await?, Some(1), "another person is left alone");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn grants_are_listed_by_role_then_feed() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        create_user(&mut tx, user(2, "b")).await?;
        put_grant(&mut tx, id(1), "R3", "*", 100).await?;
        put_grant(&mut tx, id(1), "R1", LOWER, 100).await?;
        put_grant(&mut tx, id(1), "R1", UPPER, 100).await?;
        put_grant(&mut tx, id(2), "R1", UPPER, 100).await?;

        let all = [grant("R1", UPPER, 100, None), grant("R1", LOWER, 100, None), grant("R3", "*", 100, None)];
        assert_eq!(list_grants(&mut tx, id(1), 3).await?, all);
        assert_eq!(list_grants(&mut tx, id(1), 2).await?, all[..2]);
        assert_eq!(list_grants(&mut tx, id(3), 2).await?, []);
        let nobody = put_grant(&mut tx, id(3), "R1", UPPER, 100).await;
        assert!(matches!(nobody, Err(DbError::ForeignKey)), "{nobody:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_places_of_a_grant_are_exactly_those_given_last() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, user(1, "a")).await?;
        put_grant(&mut tx, id(1), "R7", UPPER, 100).await?;
        put_grant(&mut tx, id(1), "R8", UPPER, 100).await?;
        let place =
            |role: &str, place: u128| GrantPlaceRow { role: role.to_owned(), feed: UPPER.to_owned(), place: id(place) };
        assert!(put_grant_places(&mut tx, (id(1), "R7", UPPER), &[id(9), id(8), id(9)]).await?);
        assert!(!put_grant_places(&mut tx, (id(1), "R7", UPPER), &[id(8), id(9)]).await?, "they are these already");
        assert!(put_grant_places(&mut tx, (id(1), "R8", UPPER), &[id(7)]).await?);
        assert_eq!(scope_version(&mut tx, 1).await?, Some(5));
        let all = [place("R7", 8), place("R7", 9), place("R8", 7)];
        assert_eq!(list_grant_places(&mut tx, id(1), 9).await?, all);
        assert_eq!(list_grant_places(&mut tx, id(1), 2).await?, all[..2]);
        assert!(put_grant_places(&mut tx, (id(1), "R7", UPPER), &[id(6)]).await?);
        assert!(put_grant_places(&mut tx, (id(1), "R8", UPPER), &[]).await?);
        assert_eq!(list_grant_places(&mut tx, id(1), 9).await?, [place("R7", 6)]);
        let none = put_grant_places(&mut tx, (id(1), "R7", LOWER), &[id(6)]).await;
        assert!(matches!(none, Err(DbError::ForeignKey)), "{none:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn holders_of_a_role_are_listed_by_name_with_those_who_lost_it() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        create_user(&mut tx, UserRow { name: "演示乙".to_owned(), ..user(1, "a") }).await?;
        create_user(&mut tx, UserRow { name: "演示甲".to_owned(), disabled_at: Some(9), ..user(2, "b") }).await?;
        for (person, role, feed) in
            [(1, "R1", UPPER), (1, "R1", LOWER), (1, "R2", UPPER), (2, "R1", LOWER), (2, "R1", "*")]
        {
            put_grant(&mut tx, id(person), role, feed, 100).await?;
        }
        revoke_grant(&mut tx, id(1), "R1", LOWER, 200).await?;
        let holder = |person, name: &str, feed: &str, revoked| Holder {
            user: id(person),
            name: name.to_owned(),
            unit: "上湾村委会".to_owned(),
            disabled: person == 2,
            feed: feed.to_owned(),
            revoked,
        };
        let [first, second] = [holder(1, "演示乙", UPPER, false), holder(1, "演示乙", LOWER, true)];
        let [third, fourth] = [holder(2, "演示甲", "*", false), holder(2, "演示甲", LOWER, false)];
        let all = [first, second.clone(), third, fourth.clone()];
        assert_eq!(list_holders(&mut tx, "R1", &Villages::All, 9).await?, all);
        assert_eq!(list_holders(&mut tx, "R1", &Villages::All, 2).await?, all[..2]);
        assert_eq!(list_holders(&mut tx, "R1", &only(&[LOWER]), 9).await?, [second, fourth]);
        assert_eq!(list_holders(&mut tx, "R3", &Villages::All, 9).await?, []);
        Ok(())
    })
    .await;
}

#[test]
fn a_person_in_a_log_line_shows_neither_password_nor_telephone() {
    let shown = format!("{:?}", UserRow { phone: "13-secret".to_owned(), ..user(1, "a") });
    assert!(shown.contains("\"a\"") && !shown.contains("argon2") && !shown.contains("secret"), "{shown}");
}
