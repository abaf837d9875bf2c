//! More operations wait for one record than are read at a time: its creation succeeds, and each is released once, in sequence.

use super::{VILLAGE, World, statuses, verify};
use anyhow::Result;
use paicha_db::ops;
use paicha_tests::databases::ENGINES;
use serde_json::json;
use sync_protocol::limits::PUSH_OPS_MAX;

/// Five batches of one phone.
const WAITING: usize = 2_500;

#[tokio::test]
async fn a_record_that_thousands_wait_for_is_made_and_releases_each_once_in_order() -> Result<()> {
    for engine in ENGINES {
        let world = World::new(engine).await?;
        let mut early = world.phone(1).await?;
        for _ in 0..WAITING / PUSH_OPS_MAX {
            let ops: Vec<_> =
                (0..PUSH_OPS_MAX).map(|_| early.set(1, "level", json!(null), json!("suspected"))).collect();
            let end = early.push(&world, &ops).await?;
            assert!(statuses(&end).iter().all(|status| status == "held"), "{end:?}");
        }
        let mut late = world.phone(2).await?;
        let ops = [late.create(1, "general")];
        let end = late.push(&world, &ops).await?;
        assert_eq!((statuses(&end), end.stopped), (vec!["applied".to_owned()], None));
        // The phone that waited goes on where it stands.
        let more = early.set(1, "level", json!("suspected"), json!("major_direct"));
        assert_ne!(statuses(&early.push(&world, &[more]).await?), ["held"]);

        let mut tx = world.app.database.begin_read().await?;
        let mut released = Vec::new();
        let mut after = 0;
        loop {
            let entries = ops::list_ledger(&mut tx, VILLAGE, after, 1_000).await?;
            let Some(last) = entries.last() else { break };
            after = last.vrev;
            released.extend(entries.iter().filter(|entry| entry.effect == "released").map(|entry| entry.op.seq));
        }
        tx.rollback().await?;
        assert_eq!(released, (1..=i64::try_from(WAITING)?).collect::<Vec<_>>());
        let report = verify::verify(&world).await?;
        assert!(report.is_clean(), "{:?}", verify::sentences(&report));
        world.remove().await?;
    }
    Ok(())
}
