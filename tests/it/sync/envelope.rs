//! One entry of an envelope that is not an operation: it alone is refused and kept; without a number the batch ends before it.

use super::{World, statuses, verify};
use anyhow::{Context as _, Result};
use paicha_db::ops;
use paicha_tests::databases::ENGINES;
use serde_json::json;
use sync_protocol::push::Stopped;

#[tokio::test]
async fn one_bad_entry_is_refused_alone_and_kept() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let mut batch = [1, 2, 3, 4].map(|record| phone.create(record, "general"));
        batch[1]["id"] = json!("not an id");
        batch[2]["group"] = json!({"id": "none"});
        let first = phone.push(&world, &batch).await?;
        assert_eq!(statuses(&first), ["applied", "refused", "refused", "applied"]);
        assert_eq!(first.results.iter().map(|result| result.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((first.consumed_to, &first.stopped), (4, &None));
        let again = phone.push(&world, &batch).await?;
        assert!(again.results.iter().all(|result| result.replayed), "{again:?}");

        let mut tx = world.app.database.begin_read().await?;
        let life = ops::list_answers(&mut tx, phone.incarnation, 2, 2).await?;
        let kept = ops::find_op(&mut tx, life[0].id).await?.context("the entry")?;
        tx.rollback().await?;
        assert_eq!(kept.body, batch[1].to_string().into_bytes());
        let report = verify::verify(&world).await?;
        assert!(report.is_clean(), "{:?}", verify::sentences(&report));
        world.remove().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_entry_without_a_number_ends_the_batch_before_it() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut phone = world.phone(1).await?;
        let batch = [1, 2, 3].map(|record| phone.create(record, "general"));
        for bad in [json!("two"), json!(null), json!(1.5)] {
            let mut broken = batch.clone();
            broken[1]["seq"] = bad;
            let end = phone.push(&world, &broken).await?;
            assert_eq!((end.results.len(), end.consumed_to), (1, 1));
            assert_eq!(end.stopped, Some(Stopped::Unreadable { expect: 2 }));
        }
        let none = phone.push(&world, &[json!(7)]).await?;
        assert_eq!((none.results.len(), none.stopped), (0, Some(Stopped::Unreadable { expect: 2 })));
        assert_eq!(statuses(&phone.push(&world, &batch[1..]).await?), ["applied", "applied"]);
        world.remove().await?;
    }
    Ok(())
}
