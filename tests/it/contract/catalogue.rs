//! Contract of `standard_packs`.

use paicha_db::catalogue::{list_standard_packs, put_standard_pack};
use paicha_tests::databases::both_engines;

#[tokio::test]
async fn a_pack_takes_the_place_of_the_one_with_its_code() {
    both_engines(|db| async move {
        let mut tx = db.begin_write().await?;
        put_standard_pack(&mut tx, "XX-2024", "old", 1).await?;
        put_standard_pack(&mut tx, "AA-2020", "a", 1).await?;
        put_standard_pack(&mut tx, "XX-2024", "new", 2).await?;
        assert_eq!(list_standard_packs(&mut tx, 9).await?, ["a", "new"]);
        assert_eq!(list_standard_packs(&mut tx, 1).await?, ["a"]);
        Ok(())
    })
    .await;
}
