//! Contract of `server_meta`.
//!
//! Also the pattern of a contract file: arrange and act in one transaction, look in another.

use paicha_db::meta::{find_meta, put_meta};
use paicha_tests::databases::both_engines;

#[tokio::test]
async fn a_meta_value_is_found_after_it_was_put_and_replaced() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_meta(&mut tx, "installation", "first").await?;
        put_meta(&mut tx, "installation", "第二").await?;
        tx.commit().await?;

        let mut tx = db.begin_read().await?;
        assert_eq!(find_meta(&mut tx, "installation").await?.as_deref(), Some("第二"));
        assert_eq!(find_meta(&mut tx, "Installation").await?, None);
        Ok(())
    })
    .await;
}
